"""Notes in plain files: browse, create, edit, rename, move, delete, search; they lie in Documents/Markor."""

import datetime
import re

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import MAIN, VIEW
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    bottom_bar,
    column,
    dialog,
    fab,
    icon,
    icon_button,
    lazy_list,
    list_item,
    menu,
    radio,
    row,
    scaffold,
    scroll,
    stack,
    text,
    text_field,
)

PACKAGE = "net.gsantner.markor"
BROWSER = f"{PACKAGE}.activity.MainActivity"
EDITOR = f"{PACKAGE}.activity.DocumentActivity"
NOTES = f"{STORAGE}/Documents/Markor"
EXTENSIONS = (".md", ".txt")
TABS = (
    ("folder-outline", "Files"),
    ("format-list-checks", "To-Do"),
    ("lightning-bolt-outline", "QuickNote"),
    ("dots-horizontal", "More"),
)
SPECIAL = {1: "todo.txt", 2: "quicknote.md"}
"""Files behind tabs."""
SORTS = (("name", "Name"), ("-time", "Date"), ("-size", "File size"))
ROW_DP = 68
EXAMPLE = ("shopping_list.md", "# Shopping\n\n- bread\n- tomatoes\n- olive oil\n")


class Markor(App):
    """Browser and editor."""

    package = PACKAGE
    label = "Markor"
    icon = "notebook-edit-outline"
    color = "#D32F2F"
    system = False
    activities = {BROWSER: "browser", EDITOR: "editor"}
    launcher = BROWSER
    filters = (
        {"activity": BROWSER, "action": MAIN},
        {"activity": EDITOR, "action": VIEW, "scheme": "file", "type": "text/*"},
    )

    def install(self, phone: Phone):
        phone.files.mkdir(NOTES, parents=True)
        phone.files.write(f"{NOTES}/{EXAMPLE[0]}", EXAMPLE[1].encode())

    def on_pause(self, activity: Activity):
        if activity.name == EDITOR:
            save(activity)

    # --- browser

    def browser(self, activity: Activity) -> Page:
        """Files of a folder, or what another tab shows."""
        state, phone = activity.state, activity.phone
        phone.files.mkdir(NOTES, parents=True)
        state.setdefault("path", NOTES)
        if not phone.files.isdir(state["path"]):
            state["path"] = NOTES
        chosen = [path for path in state.setdefault("selected", []) if phone.files.exists(path)]
        state["selected"] = chosen
        entries = listed(activity)
        tab = 0
        bottom = bottom_bar(list(TABS), tab, lambda index: self._turn(activity, index), id="bottom_navigation_bar")
        plus = fab(
            "plus",
            lambda: state.update(dialog="new", name="", extension=".md", kind=False),
            "Create a new file or folder",
            id="fab_add_new_item",
        )
        bar = self._selection_bar(activity, entries) if chosen else self._bar(activity)
        leave = (lambda: up(activity)) if chosen or state.get("searching") or state["path"] != NOTES else None
        page = scaffold(bar, self._list(activity, entries), plus, bottom)
        return Page(page, self._windows(activity), on_back=leave, title="Markor")

    def _turn(self, activity: Activity, index: int) -> None:
        if index in SPECIAL:
            path = f"{NOTES}/{SPECIAL[index]}"
            if not activity.phone.files.exists(path):
                activity.phone.files.write(path, b"")
            activity.start(EDITOR, path=path)
        elif index == 3:
            activity.state["dialog"] = "about"

    def _bar(self, activity: Activity) -> View:
        state = activity.state
        if state.get("searching"):
            return row(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Collapse"),
                text_field(
                    state.get("query", ""),
                    lambda value: state.update(query=value),
                    hint="Search",
                    style="bare",
                    weight=1,
                    autofocus=True,
                    id="search_src_text",
                    action="search",
                ),
                width=FILL,
                height=64,
                padding=(4, 0),
            )
        inside = state["path"] != NOTES
        return row(
            icon_button("arrow-left", lambda: up(activity), "Navigate up") if inside else None,
            text(
                state["path"].rpartition("/")[2],
                "title_large",
                lines=1,
                weight=1,
                id="toolbar_title",
                margin=(4 if inside else 12, 0, 0, 0),
            ),
            icon_button("magnify", lambda: state.update(searching=True, query=""), "Search", id="action_search"),
            icon_button("sort", lambda: state.update(dialog="sort"), "Sort", id="action_sort"),
            icon_button("dots-vertical", lambda: state.update(menu="place"), "More options"),
            width=FILL,
            height=64,
            padding=(4, 0),
            id="toolbar",
        )

    def _selection_bar(self, activity: Activity, entries: list[str]) -> View:
        state = activity.state
        return row(
            icon_button("close", lambda: state.update(selected=[]), "Clear selection"),
            text(str(len(state["selected"])), "title_large", weight=1),
            icon_button(
                "delete-outline", lambda: state.update(dialog="delete"), "Delete", id="action_delete_selected_items"
            ),
            icon_button(
                "select-all", lambda: state.update(selected=list(entries)), "Select all", id="action_select_all"
            ),
            icon_button("dots-vertical", lambda: state.update(menu="selection"), "More options"),
            width=FILL,
            height=64,
            padding=(4, 0),
            background="surface_container_highest",
        )

    def _list(self, activity: Activity, entries: list[str]) -> View:
        state, phone = activity.state, activity.phone
        if not entries:
            return stack(
                column(
                    icon("note-off-outline", 72, "outline"),
                    text("Nothing here", "title_medium", id="empty"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )

        def build(index: int) -> View:
            path = entries[index]
            folder, marked = phone.files.isdir(path), path in state["selected"]
            glyph = "check-circle" if marked else "folder" if folder else "file-document-outline"
            return list_item(
                path.rpartition("/")[2],
                described(phone, path),
                height=ROW_DP,
                key=path,
                selected=marked,
                leading=icon(glyph, 28, "primary" if marked or folder else "on_surface_variant"),
                title_id="opoc_filesystem_item__title",
                subtitle_id="opoc_filesystem_item__description",
                on_click=lambda: press(activity, path),
                on_long_click=lambda: choose(activity, path),
            )

        return lazy_list(len(entries), build, ROW_DP, id="ui__filesystem_dialog__list", padding=(0, 0, 0, 96))

    def _windows(self, activity: Activity) -> list[View]:
        state = activity.state

        def close_menu() -> None:
            state["menu"] = ""

        if state.get("menu") == "place":
            return [menu([("Sort by", lambda: state.update(dialog="sort")), ("Reload", lambda: None)], close_menu)]
        if state.get("menu") == "selection":
            one = len(state["selected"]) == 1
            name = state["selected"][0].rpartition("/")[2] if state["selected"] else ""
            start = {"folder": NOTES}
            return [
                menu(
                    [
                        ("Move", lambda: state.update(dialog="move", **start)),
                        ("Copy", lambda: state.update(dialog="copy", **start)),
                        ("Rename", (lambda: state.update(dialog="rename", name=name)) if one else None),
                        ("Info", (lambda: state.update(dialog="info")) if one else None),
                    ],
                    close_menu,
                )
            ]
        kind = state.get("dialog")
        make = {
            "new": self._new,
            "delete": self._sure,
            "rename": self._rename,
            "move": self._target,
            "copy": self._target,
            "sort": self._sort,
            "info": self._info,
            "about": self._about,
        }.get(kind or "")
        return [make(activity)] if make else []

    def _new(self, activity: Activity) -> View:
        """The dialog for a new file or folder."""
        state = activity.state
        extension = row(
            text("Type", "body_large", "on_surface_variant", weight=1),
            *(
                row(
                    radio(state["extension"] == one),
                    text(one, "body_large"),
                    gap=0,
                    height=48,
                    key=one,
                    padding=(0, 0, 8, 0),
                    on_click=lambda one=one: state.update(extension=one),
                )
                for one in EXTENSIONS
            ),
            width=FILL,
        )

        def rename(value: str) -> None:
            state["name"] = value
            found = next((one for one in EXTENSIONS if value.endswith(one)), None)
            state["extension"] = found or state["extension"]

        field = text_field(
            state["name"], rename, label="Name", autofocus=True, action="done", id="new_file_dialog__name"
        )
        return dialog(
            "Create",
            field,
            extension,
            on_dismiss=lambda: shut(activity),
            buttons=[
                ("Folder", lambda: make_folder(activity)),
                ("Cancel", lambda: shut(activity)),
                ("OK", lambda: make_note(activity)),
            ],
        )

    def _sure(self, activity: Activity) -> View:
        names = "\n".join(path.rpartition("/")[2] for path in activity.state["selected"])
        return dialog(
            "Confirm delete",
            names,
            on_dismiss=lambda: shut(activity),
            buttons=[("Cancel", lambda: shut(activity)), ("OK", lambda: delete(activity))],
        )

    def _rename(self, activity: Activity) -> View:
        state = activity.state
        field = text_field(
            state["name"],
            lambda value: state.update(name=value),
            label="Name",
            autofocus=True,
            action="done",
            on_submit=lambda: rename_note(activity),
            id="rename_name",
        )
        return dialog(
            "Rename",
            field,
            on_dismiss=lambda: shut(activity),
            buttons=[("Cancel", lambda: shut(activity)), ("OK", lambda: rename_note(activity))],
        )

    def _target(self, activity: Activity) -> View:
        """The folder that something is moved or copied to."""
        state, files = activity.state, activity.phone.files
        folder = state["folder"]
        below = [name for name in files.listdir(folder) if files.isdir(f"{folder}/{name}")]
        rows = (
            [
                list_item(
                    "..",
                    "Parent folder",
                    leading=icon("folder-upload-outline"),
                    key="..",
                    on_click=lambda: state.update(folder=folder.rpartition("/")[0]),
                )
            ]
            if folder != STORAGE
            else []
        )
        rows += [
            list_item(
                name,
                leading=icon("folder", 28, "primary"),
                key=name,
                on_click=lambda name=name: state.update(folder=f"{folder}/{name}"),
            )
            for name in below
        ]
        title = "Move" if state["dialog"] == "move" else "Copy"
        return dialog(
            title,
            folder.removeprefix(STORAGE) or "/",
            *rows,
            on_dismiss=lambda: shut(activity),
            buttons=[("Cancel", lambda: shut(activity)), ("Select this folder", lambda: put(activity))],
        )

    def _sort(self, activity: Activity) -> View:
        state = activity.state
        rows = [
            row(
                radio(activity.prefs.get("sort", "name") == value),
                text(label, "body_large"),
                width=FILL,
                height=48,
                gap=8,
                key=value,
                on_click=lambda value=value: self._sorted(activity, value),
            )
            for value, label in SORTS
        ]
        return dialog("Sort by", *rows, on_dismiss=lambda: state.update(dialog=""))

    def _sorted(self, activity: Activity, value: str) -> None:
        activity.prefs["sort"] = value
        shut(activity)

    def _info(self, activity: Activity) -> View:
        path = activity.state["selected"][0]
        return dialog(
            path.rpartition("/")[2],
            path,
            described(activity.phone, path),
            buttons=[("OK", lambda: shut(activity))],
            on_dismiss=lambda: shut(activity),
        )

    def _about(self, activity: Activity) -> View:
        return dialog(
            "Markor",
            "Notes in plain files.",
            buttons=[("OK", lambda: shut(activity))],
            on_dismiss=lambda: shut(activity),
        )

    # --- editor

    def editor(self, activity: Activity) -> Page:
        """A note's text; it is saved when it is left."""
        state, files = activity.state, activity.phone.files
        path = state.setdefault("path", note_of(activity))
        if "text" not in state:
            state["text"] = files.read(path).decode("utf-8", "replace") if files.exists(path) else ""
            state["saved"] = state["text"]
        name = path.rpartition("/")[2]

        def leave() -> None:
            save(activity)
            activity.finish()

        def keep() -> None:
            activity.toast("Saved")
            save(activity)

        def type_(value: str) -> None:
            state.setdefault("undo", []).append(state["text"])
            del state["undo"][:-50]
            state["text"] = value

        def undo() -> None:
            if state.get("undo"):
                state["text"] = state["undo"].pop()

        viewing = state.get("view")
        bar = row(
            icon_button("arrow-left", leave, "Navigate up"),
            text(
                name.rpartition(".")[0] or name, "title_large", lines=1, weight=1, id="note__activity__text_note_title"
            ),
            icon_button("undo", undo if state.get("undo") else None, "Undo", enabled=bool(state.get("undo"))),
            icon_button("content-save-outline", keep, "Save", id="action_save"),
            icon_button(
                "pencil-outline" if viewing else "eye-outline",
                lambda: state.update(view=not viewing),
                "Edit mode" if viewing else "View mode",
                id="action_preview",
            ),
            width=FILL,
            height=64,
            padding=(4, 0),
            id="toolbar",
        )
        if viewing:
            body: View = scroll(
                *formatted(state["text"]), padding=(20, 12), gap=4, id="document__fragment_view_webview"
            )
        else:
            body = text_field(
                state["text"],
                type_,
                input_type="multiline",
                style="bare",
                hint="",
                height=FILL,
                id="document__fragment__edit__highlighting_editor",
                padding=(16, 12, 16, 12),
                autofocus=not state["text"],
                key="editor",
            )
        return Page(scaffold(bar, body), on_back=leave, title=name)


def note_of(activity: Activity) -> str:
    """The file that an editor was opened for."""
    files = activity.phone.files
    path = str(activity.intent["extras"].get("path") or activity.intent["data"].removeprefix("file://"))
    if not path.startswith("/") or files.isdir(path) or not files.isdir(path.rpartition("/")[0]):
        return f"{NOTES}/quicknote.md"  # what came with the intent is no place for a note
    return path


def save(activity: Activity) -> None:
    """Write an editor's text, if it was changed."""
    state = activity.state
    if state.get("text") == state.get("saved"):
        return
    try:
        activity.phone.files.write(state["path"], state["text"].encode())
        state["saved"] = state["text"]
    except OSError:
        activity.toast("Couldn’t save")


def shut(activity: Activity) -> None:
    """Close the dialog."""
    activity.state["dialog"] = ""


def listed(activity: Activity) -> list[str]:
    """Paths that show: folders first, in the order asked for."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        found = [path for path in files.walk(NOTES) if words and words in path.rpartition("/")[2].casefold()]
    else:
        found = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    order = activity.prefs.get("sort", "name")
    keys = {
        "name": lambda path: path.rpartition("/")[2].casefold(),
        "time": lambda path: files.stat(path).mtime_us,
        "size": lambda path: files.stat(path).size,
    }
    ordered = sorted(found, key=keys[order.lstrip("-")], reverse=order.startswith("-"))
    return sorted(ordered, key=lambda path: not files.isdir(path))


def described(phone: Phone, path: str) -> str:
    """When it was changed, and how much it holds."""
    told = phone.files.stat(path)
    moment = datetime.datetime.fromtimestamp(told.mtime_us / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
    when = f"{moment:%m/%d/%y, %H:%M}"
    if phone.files.isdir(path):
        count = len(phone.files.listdir(path))
        return f"{when}  ({count} file{'' if count == 1 else 's'})"
    return f"{when}  {told.size} B"


def press(activity: Activity, path: str) -> None:
    """A tap on a row."""
    state = activity.state
    if state["selected"]:
        choose(activity, path)
    elif activity.phone.files.isdir(path):
        state.update(path=path, searching=False)
        activity.record["scroll"].clear()
    else:
        activity.start(EDITOR, path=path)


def choose(activity: Activity, path: str) -> None:
    """Add a row to the selection, or take it out."""
    selected = activity.state["selected"]
    (selected.remove if path in selected else selected.append)(path)


def up(activity: Activity) -> None:
    """Out of the selection, the search, the folder."""
    state = activity.state
    if state["selected"]:
        state["selected"] = []
    elif state.get("searching"):
        state["searching"] = False
    else:
        state["path"] = state["path"].rpartition("/")[0]


def fits(activity: Activity, name: str) -> bool:
    """Whether a name can be given in the folder that is open; says why not."""
    path = f"{activity.state['path']}/{name}"
    if not name or "/" in name or len(name.encode()) > 200:
        activity.toast("Type a name without /")
    elif activity.phone.files.exists(path):
        activity.toast("It is there already")
    else:
        return True
    return False


def make_note(activity: Activity) -> None:
    """Create a file and open it."""
    state = activity.state
    name = state["name"].strip()
    if name and not name.endswith(EXTENSIONS):
        name += state["extension"]
    if fits(activity, name):
        path = f"{state['path']}/{name}"
        shut(activity)
        try:
            activity.phone.files.write(path, b"")
        except OSError:
            activity.toast("Couldn’t create the file")
            return
        activity.start(EDITOR, path=path)


def make_folder(activity: Activity) -> None:
    """Create a folder."""
    name = activity.state["name"].strip()
    if fits(activity, name):
        activity.phone.files.mkdir(f"{activity.state['path']}/{name}")
        shut(activity)


def rename_note(activity: Activity) -> None:
    """Give the selected one another name."""
    state = activity.state
    path, name = state["selected"][0], state["name"].strip()
    if path.rpartition("/")[2] == name:
        shut(activity)
    elif fits(activity, name):
        activity.phone.files.move(path, f"{path.rpartition('/')[0]}/{name}")
        state["selected"] = []
        shut(activity)


def delete(activity: Activity) -> None:
    """Remove the selection."""
    for path in activity.state["selected"]:
        activity.phone.files.remove(path, recursive=True)
    activity.state["selected"] = []
    shut(activity)


def put(activity: Activity) -> None:
    """Move or copy the selection to the folder that was chosen."""
    state, files = activity.state, activity.phone.files
    for path in state["selected"]:
        target = f"{state['folder']}/{path.rpartition('/')[2]}"
        try:
            if target != path:
                (files.move if state["dialog"] == "move" else files.copy)(path, target)
        except OSError:
            activity.toast(f"Couldn’t {state['dialog']} {path.rpartition('/')[2]}")
    state["selected"] = []
    shut(activity)


def formatted(value: str) -> list[View]:
    """Markdown's simplest marks as views: headings, bullets, boxes to tick, rules; emphasis loses its marks."""
    views: list[View] = []
    for number, line in enumerate(value.split("\n")):
        level = len(line) - len(line.lstrip("#"))
        if 1 <= level <= 6 and line[level : level + 1] == " ":
            font = ("headline_medium", "headline_small", "title_large")[min(level, 3) - 1]
            views.append(text(line[level + 1 :], font, padding=(0, 8, 0, 4), key=str(number)))
        elif line.lstrip().startswith(("- ", "* ")):
            told, mark = line.lstrip()[2:], text("•", "body_large", width=20)
            if told[:4] in ("[ ] ", "[x] ", "[X] "):
                glyph = "checkbox-blank-outline" if told[1] == " " else "checkbox-marked"
                told, mark = told[4:], icon(glyph, 20, margin=(0, 2, 8, 0))
            views.append(
                row(mark, text(plain(told), "body_large", weight=1), width=FILL, align="start", key=str(number))
            )
        elif line.strip() == "---":
            views.append(View("divider", "android.view.View", width=FILL, height=1, foreground="outline_variant"))
        elif line.strip():
            views.append(text(plain(line), "body_large", width=FILL, key=str(number)))
    return views


def plain(line: str) -> str:
    """A line without the marks of emphasis."""
    return re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", line)
