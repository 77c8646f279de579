"""The editor: a note's text, saved on leaving, and a preview of its Markdown."""

import re

from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.apps.markor.notes import NOTES
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.content_types import file_behind
from palaestra.envs.android.ui.controls import icon_button, text_field
from palaestra.envs.android.ui.groups import scaffold, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, Action, View, divider, icon, row, scroll, text

MAX_UNDO = 50


def editor_page(activity: Activity) -> Page:
    """A note's text."""
    state, files = activity.state, activity.phone.files
    path = state.setdefault("path", note_of(activity))
    if "text" not in state:
        state["text"] = files.read(path).decode("utf-8", "replace") if files.exists(path) else ""
        state["saved"] = state["text"]

    def leave() -> None:
        save(activity)
        activity.finish()

    body = _preview(state["text"]) if state.get("view") else _field(activity)
    name = name_of(path)
    return Page(scaffold(_bar(activity, name, leave), body), on_back=leave, title=name)


def _bar(activity: Activity, name: str, leave: Action) -> View:
    state = activity.state
    viewing = state.get("view")

    def undo() -> None:
        if state.get("undo"):
            state["text"] = state["undo"].pop()

    def keep() -> None:
        activity.toast("Saved")
        save(activity)

    title = name.rpartition(".")[0] or name
    return toolbar(
        icon_button("arrow-left", leave, "Navigate up"),
        text(title, "title_large", lines=1, weight=1, id="note__activity__text_note_title"),
        icon_button("undo", undo if state.get("undo") else None, "Undo", enabled=bool(state.get("undo"))),
        icon_button("content-save-outline", keep, "Save", id="action_save"),
        icon_button(
            "pencil-outline" if viewing else "eye-outline",
            lambda: state.update(view=not viewing),
            "Edit mode" if viewing else "View mode",
            id="action_preview",
        ),
        id="toolbar",
    )


def _field(activity: Activity) -> View:
    state = activity.state

    def change(value: str) -> None:
        state.setdefault("undo", []).append(state["text"])
        del state["undo"][:-MAX_UNDO]
        state["text"] = value

    return text_field(
        state["text"],
        change,
        input_type="multiline",
        capitals="sentences",
        style="bare",
        hint="",
        height=FILL,
        id="document__fragment__edit__highlighting_editor",
        padding=(16, 12, 16, 12),
        autofocus=not state["text"],
        key="editor",
    )


def _preview(markdown: str) -> View:
    return scroll(*formatted(markdown), padding=(20, 12), gap=4, id="document__fragment_view_webview")


def note_of(activity: Activity) -> str:
    """The intent's file, or the quick note."""
    files = activity.phone.files
    path = str(activity.intent["extras"].get("path") or file_behind(activity.phone, activity.intent["data"]))
    if not path.startswith("/") or files.isdir(path) or not files.isdir(path.rpartition("/")[0]):
        return f"{NOTES}/quicknote.md"  # the intent names no file that could be written
    return path


def save(activity: Activity) -> None:
    """Write the text, if it was changed."""
    state = activity.state
    if state.get("text") == state.get("saved"):
        return
    try:
        activity.phone.files.write(state["path"], state["text"].encode())
        state["saved"] = state["text"]
    except OSError:
        activity.toast("Couldn’t save")


def formatted(markdown: str) -> list[View]:
    """The simplest Markdown as views: headings, bullets, check boxes, rules; marks of emphasis are removed."""
    views: list[View] = []
    for number, line in enumerate(markdown.split("\n")):
        level = len(line) - len(line.lstrip("#"))
        if 1 <= level <= 6 and line[level : level + 1] == " ":
            font = ("headline_medium", "headline_small", "title_large")[min(level, 3) - 1]
            views.append(text(line[level + 1 :], font, padding=(0, 8, 0, 4), key=str(number)))
        elif line.lstrip().startswith(("- ", "* ")):
            item, mark = line.lstrip()[2:], text("•", "body_large", width=20)
            if item[:4] in ("[ ] ", "[x] ", "[X] "):
                glyph = "checkbox-blank-outline" if item[1] == " " else "checkbox-marked"
                item, mark = item[4:], icon(glyph, 20, margin=(0, 2, 8, 0))
            words = text(plain(item), "body_large", weight=1)
            views.append(row(mark, words, width=FILL, align="start", key=str(number)))
        elif line.strip() == "---":
            views.append(divider())
        elif line.strip():
            views.append(text(plain(line), "body_large", width=FILL, key=str(number)))
    return views


def plain(line: str) -> str:
    """A line without the marks of emphasis."""
    return re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", line)
