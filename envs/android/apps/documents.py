"""The file manager: browse, search, sort, select; copy, move, rename, delete, new folder."""

import datetime
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.providers import mime_type
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    button,
    column,
    dialog,
    divider,
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

PACKAGE = "com.google.android.documentsui"
FILES = "com.android.documentsui.files.FilesActivity"
STORAGE_LABEL = "sdk_gphone_x86_64"
ROOTS = (
    ("recent", "Recent", "clock-outline"),
    ("image/", "Images", "image-outline"),
    ("video/", "Videos", "movie-outline"),
    ("audio/", "Audio", "music-note"),
    ("text/", "Documents", "file-document-outline"),
    ("downloads", "Downloads", "download"),
    ("storage", STORAGE_LABEL, "cellphone"),
)
GLYPHS = (
    ("image/", "image", "#1A73E8"),
    ("video/", "movie", "#E8710A"),
    ("audio/", "music-note", "#A142F4"),
    ("text/", "file-document", "#1E8E3E"),
    ("application/pdf", "file-pdf-box", "#D93025"),
)
SORTS = (
    ("name", "File name (A to Z)"),
    ("-name", "File name (Z to A)"),
    ("-size", "Size (largest first)"),
    ("size", "Size (smallest first)"),
    ("-time", "Modified (newest first)"),
    ("time", "Modified (oldest first)"),
)
RECENT = 40
ROW_DP = 68


class Documents(App):
    """One activity: a place, what is selected there, and what is being moved."""

    package = PACKAGE
    label = "Files"
    icon = "folder"
    color = "#1A73E8"
    activities = {FILES: "files"}
    launcher = FILES
    filters = (
        {"activity": FILES, "action": MAIN},
        {"activity": FILES, "action": VIEW, "type": "vnd.android.document/root"},
        {"activity": FILES, "action": "android.intent.action.VIEW_DOWNLOADS"},
        {"activity": FILES, "action": "android.provider.action.BROWSE"},
    )

    def install(self, phone: Phone):
        notes = {
            "Download/boarding_pass.pdf": b"%PDF-1.4 boarding pass\n",
            "Download/manual.txt": b"Press the button.\n",
            "Documents/budget.csv": b"item,cost\nrent,900\nfood,310\n",
            "Music/harbour_lights.mp3": b"ID3 harbour lights\n",
        }
        for name, data in notes.items():
            phone.files.write(f"{STORAGE}/{name}", data)

    def files(self, activity: Activity) -> Page:
        """The place that is open."""
        state = activity.state
        if "root" not in state:
            state.update(root="downloads", path=f"{STORAGE}/Download", selected=[], sort="name")
        entries = listed(activity)
        state["selected"] = [path for path in state["selected"] if activity.phone.files.exists(path)]
        if state.get("searching"):
            bar = self._search_bar(activity)
        elif state["selected"]:
            bar = self._selection_bar(activity, entries)
        else:
            bar = self._bar(activity)
        body = self._list(activity, entries)
        bottom = self._picker(activity) if state.get("picking") else None
        page = scaffold(column(bar, self._crumbs(activity), width=FILL), body, bottom=bottom)
        return Page(page, self._windows(activity, entries), on_back=lambda: back(activity), title=title_of(state))

    def _bar(self, activity: Activity) -> View:
        state = activity.state
        return row(
            icon_button("menu", lambda: state.update(drawer=True), "Show roots", foreground="on_surface"),
            text(title_of(state), "title_large", lines=1, weight=1, id="toolbar_title"),
            icon_button("magnify", lambda: state.update(searching=True, query=""), "Search", id="option_menu_search"),
            icon_button("dots-vertical", lambda: state.update(menu="place"), "More options"),
            width=FILL,
            height=64,
            padding=(4, 0),
            id="toolbar",
        )

    def _search_bar(self, activity: Activity) -> View:
        state = activity.state
        return row(
            icon_button("arrow-left", lambda: state.update(searching=False), "Collapse"),
            text_field(
                state.get("query", ""),
                lambda value: state.update(query=value),
                hint="Search this phone",
                style="bare",
                weight=1,
                autofocus=True,
                id="search_src_text",
                action="search",
            ),
            icon_button("close", lambda: state.update(query=""), "Clear query") if state.get("query") else None,
            width=FILL,
            height=64,
            padding=(4, 0),
        )

    def _selection_bar(self, activity: Activity, entries: list[str]) -> View:
        state = activity.state
        return row(
            icon_button("close", lambda: state.update(selected=[]), "Close"),
            text(f"{len(state['selected'])} selected", "title_large", lines=1, weight=1, id="action_bar_title"),
            icon_button("share-variant-outline", lambda: activity.toast("Nothing to share with"), "Share"),
            icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="action_menu_delete"),
            icon_button("dots-vertical", lambda: state.update(menu="selection"), "More options"),
            width=FILL,
            height=64,
            padding=(4, 0),
            background="surface_container_highest",
        )

    def _crumbs(self, activity: Activity) -> View | None:
        """The way down to the folder; every step can be pressed."""
        state = activity.state
        if not state["path"] or state.get("searching"):
            return None
        base = STORAGE if state["root"] == "storage" else f"{STORAGE}/Download"
        names = [name for name in state["path"].removeprefix(base).split("/") if name]
        steps: list[View] = []
        for depth, label in enumerate([title_of({**state, "path": base}), *names]):
            path = "/".join([base, *names[:depth]])
            last = depth == len(names)
            steps.append(
                text(
                    label,
                    "label_large",
                    "primary" if last else "on_surface_variant",
                    1,
                    padding=(8, 12),
                    on_click=lambda path=path: open_folder(activity, path),
                    key=path,
                    id="breadcrumb_text",
                )
            )
            if not last:
                steps.append(icon("chevron-right", 18))
        return scroll(*steps, horizontal=True, padding=(8, 0), height=44, align="center", key="crumbs")

    def _list(self, activity: Activity, entries: list[str]) -> View:
        state, phone = activity.state, activity.phone
        if not entries:
            words = "No items" if not state.get("searching") else "No matches in this phone"
            return stack(
                column(
                    icon("folder-open-outline", 72, "outline"),
                    text(words, "title_medium", id="message"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )

        def build(index: int) -> View:
            path = entries[index]
            name = path.rpartition("/")[2]
            chosen = path in state["selected"]
            glyph, color = ("folder", "on_surface_variant") if phone.files.isdir(path) else glyph_of(path)
            mark = icon("check-circle", 28, "primary") if chosen else icon(glyph, 28, color)
            return list_item(
                name,
                summary_of(phone, path),
                leading=mark,
                selected=chosen,
                height=ROW_DP,
                key=path,
                on_click=lambda: press(activity, path),
                on_long_click=lambda: choose(activity, path),
            )

        return lazy_list(len(entries), build, ROW_DP, id="dir_list", padding=(0, 0, 0, 24))

    def _picker(self, activity: Activity) -> View:
        """What stands below while a target folder is looked for."""
        state = activity.state
        job = state["picking"]
        label = "Move" if job["kind"] == "move" else "Copy"
        return row(
            text(f"{len(job['paths'])} item{'s' if len(job['paths']) > 1 else ''}", "body_medium", weight=1),
            button("Cancel", lambda: state.update(picking=None), "text"),
            button(label, lambda: put(activity), id="button1", enabled=bool(state["path"])),
            width=FILL,
            height=64,
            padding=(24, 0),
            gap=8,
            background="surface_container",
        )

    def _windows(self, activity: Activity, entries: list[str]) -> list[View]:
        state = activity.state
        close_menu, close = (lambda: state.update(menu="")), (lambda: state.update(dialog=""))
        if state.get("drawer"):
            return [self._drawer(activity)]
        if state.get("menu") == "place":
            inside = bool(state["path"])
            items = [
                ("New folder", (lambda: state.update(dialog="folder", name="")) if inside else None),
                ("Sort by…", lambda: state.update(dialog="sort")),
                ("Select all", (lambda: state.update(selected=list(entries))) if entries else None),
            ]
            return [menu(items, close_menu)]
        if state.get("menu") == "selection":
            one = len(state["selected"]) == 1
            name = state["selected"][0].rpartition("/")[2] if state["selected"] else ""
            items = [
                ("Select all", lambda: state.update(selected=list(entries))),
                ("Copy to…", lambda: pick(activity, "copy")),
                ("Move to…", lambda: pick(activity, "move")),
                ("Rename", (lambda: state.update(dialog="rename", name=name)) if one else None),
                ("Get info", (lambda: state.update(dialog="info")) if one else None),
            ]
            return [menu(items, close_menu)]
        return self._dialogs(activity, close)

    def _dialogs(self, activity: Activity, close) -> list[View]:
        state, phone = activity.state, activity.phone
        kind = state.get("dialog")
        if kind == "delete":
            count = len(state["selected"])
            what = f"“{state['selected'][0].rpartition('/')[2]}”" if count == 1 else f"{count} items"
            return [
                dialog(
                    "",
                    f"Delete {what}?",
                    buttons=[("Cancel", close), ("OK", lambda: delete(activity))],
                    on_dismiss=close,
                )
            ]
        if kind in ("folder", "rename"):
            title = "New folder" if kind == "folder" else "Rename"
            does = (lambda: make_folder(activity)) if kind == "folder" else (lambda: rename(activity))
            field = text_field(
                state["name"],
                lambda value: state.update(name=value),
                hint=title,
                autofocus=True,
                on_submit=does,
                id="text1",
                action="done",
            )
            return [dialog(title, field, buttons=[("Cancel", close), ("OK", does)], on_dismiss=close)]
        if kind == "sort":

            def sort(value: str) -> None:
                state.update(sort=value, dialog="")

            rows = [
                row(
                    radio(state["sort"] == value),
                    text(label, "body_large"),
                    width=FILL,
                    height=48,
                    gap=8,
                    on_click=lambda value=value: sort(value),
                    key=value,
                )
                for value, label in SORTS
            ]
            return [dialog("Sort by", *rows, on_dismiss=close)]
        if kind == "info" and state["selected"]:
            path = state["selected"][0]
            told = phone.files.stat(path)
            moment = datetime.datetime.fromtimestamp(told.mtime_us / 1e6, datetime.UTC)
            lines = [f"Location: {path}", f"Size: {size_text(told.size)}", f"Modified: {moment:%b %d, %Y %H:%M}"]
            return [dialog(path.rpartition("/")[2], *lines, buttons=[("OK", close)], on_dismiss=close)]
        return []

    def _drawer(self, activity: Activity) -> View:
        """The roots, in a panel from the left."""
        state = activity.state
        rows = [
            list_item(
                label,
                "4.84 GB free" if root == "storage" else "",
                leading=icon(glyph),
                title_id="title",
                radius=28,
                margin=(12, 0),
                selected=state["root"] == root,
                key=root,
                on_click=lambda root=root: open_root(activity, root),
            )
            for root, label, glyph in ROOTS
        ]
        panel = column(
            text("Files", "title_large", padding=(16, 20)),
            divider(),
            scroll(*rows, id="roots_list"),
            width=300,
            height=FILL,
            background="surface_container_low",
            blocks=True,
            padding=(0, 32, 0, 0),
            id="drawer_roots",
            radius=(0, 16, 16, 0),
        )
        return stack(
            panel,
            width=FILL,
            height=FILL,
            background="#52000000",
            on_dismiss=lambda: state.update(drawer=False),
            title="Roots",
        )


def title_of(state: dict[str, Any]) -> str:
    """The name of the place."""
    label = next(label for root, label, _ in ROOTS if root == state["root"])
    base = {"storage": STORAGE, "downloads": f"{STORAGE}/Download"}.get(state["root"], "")
    return label if not state["path"] or state["path"] == base else state["path"].rpartition("/")[2]


def listed(activity: Activity) -> list[str]:
    """Paths of what shows, in the order asked for, folders first."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        found = [path for path in visible(files) if words and words in path.rpartition("/")[2].casefold()]
    elif state["root"] in ("storage", "downloads"):
        if not files.isdir(state["path"]):
            state["path"] = STORAGE
        found = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    elif state["root"] == "recent":
        return sorted(visible(files), key=lambda path: -files.stat(path).mtime_us)[:RECENT]
    else:
        found = [path for path in visible(files) if mime_type(path).startswith(state["root"])]
    keys = {
        "name": lambda path: path.rpartition("/")[2].casefold(),
        "size": lambda path: files.stat(path).size,
        "time": lambda path: files.stat(path).mtime_us,
    }
    ordered = sorted(found, key=keys[state["sort"].lstrip("-")], reverse=state["sort"].startswith("-"))
    return sorted(ordered, key=lambda path: not files.isdir(path))


def visible(files) -> list[str]:
    """Files of the shared storage that aren't hidden."""
    return [path for path in files.walk(STORAGE) if "/." not in path and not path.startswith(f"{STORAGE}/Android/")]


def glyph_of(path: str) -> tuple[str, str]:
    """Icon and colour of a kind of file."""
    kind = mime_type(path)
    return next(((glyph, color) for start, glyph, color in GLYPHS if kind.startswith(start)), ("file", "outline"))


def summary_of(phone: Phone, path: str) -> str:
    """``15:34 · 12 B · TXT file``."""
    told = phone.files.stat(path)
    moment = datetime.datetime.fromtimestamp(told.mtime_us / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
    when = f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"
    if phone.files.isdir(path):
        return when
    extension = path.rpartition("/")[2].rpartition(".")[2].upper()
    return f"{when} · {size_text(told.size)} · {extension} file"


def size_text(size: int) -> str:
    """A size as the app shows it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.2f} {unit}" if unit != "B" and size < 100 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def open_root(activity: Activity, root: str) -> None:
    """Go to a root."""
    path = {"storage": STORAGE, "downloads": f"{STORAGE}/Download"}.get(root, "")
    activity.state.update(root=root, path=path, drawer=False, searching=False, selected=[])


def open_folder(activity: Activity, path: str) -> None:
    """Go to a folder."""
    activity.state.update(path=path, selected=[])
    activity.record["scroll"].clear()


def press(activity: Activity, path: str) -> None:
    """A tap on a row."""
    state, phone = activity.state, activity.phone
    if state["selected"]:
        choose(activity, path)
    elif phone.files.isdir(path):
        if state["root"] not in ("storage", "downloads"):
            state["root"] = "storage"
        state["searching"] = False
        open_folder(activity, path)
    elif not state.get("picking"):
        error = activity.start(intent(VIEW, data=f"file://{path}", type=mime_type(path)))
        if error:
            activity.toast("Can’t open file")


def choose(activity: Activity, path: str) -> None:
    """Add a row to the selection, or take it out."""
    selected = activity.state["selected"]
    if not activity.state.get("picking"):
        (selected.remove if path in selected else selected.append)(path)


def back(activity: Activity) -> None:
    """Up: out of the selection, the search, the folder, the app."""
    state = activity.state
    base = {"storage": STORAGE, "downloads": f"{STORAGE}/Download"}.get(state["root"], "")
    if state["selected"]:
        state["selected"] = []
    elif state.get("searching"):
        state["searching"] = False
    elif state["path"] != base:
        open_folder(activity, state["path"].rpartition("/")[0])
    elif state.get("picking"):
        state["picking"] = None
    else:
        activity.finish()


def pick(activity: Activity, kind: str) -> None:
    """Look for a folder to move or copy the selection to."""
    state = activity.state
    state["picking"] = {"kind": kind, "paths": list(state["selected"])}
    state["selected"] = []


def put(activity: Activity) -> None:
    """Move or copy to the folder that is open."""
    state, files = activity.state, activity.phone.files
    job, target = state["picking"], state["path"]
    state["picking"] = None
    done = 0
    for path in job["paths"]:
        name = path.rpartition("/")[2]
        place = free_name(files, target, name) if job["kind"] == "copy" or f"{target}/{name}" != path else path
        try:
            if place != path:
                (files.move if job["kind"] == "move" else files.copy)(path, place)
            done += 1
        except OSError:
            activity.toast(f"Couldn’t {job['kind']} {name}")
    if done:
        activity.toast(f"{'Moved' if job['kind'] == 'move' else 'Copied'} {done} item{'s' if done > 1 else ''}")


def free_name(files, folder: str, name: str) -> str:
    """A path in a folder that nothing has: ``name (1).ext`` if it must be."""
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, dot + extension) if dot and stem else (name, "")
    path, number = f"{folder}/{name}", 0
    while files.exists(path):
        number += 1
        path = f"{folder}/{stem} ({number}){extension}"
    return path


def delete(activity: Activity) -> None:
    """Remove the selection."""
    state = activity.state
    for path in state["selected"]:
        activity.phone.files.remove(path, recursive=True)
    count = len(state["selected"])
    state.update(selected=[], dialog="")
    activity.toast(f"Deleted {count} item{'s' if count > 1 else ''}")


def make_folder(activity: Activity) -> None:
    """The new folder's dialog is confirmed."""
    state, files = activity.state, activity.phone.files
    name = state["name"].strip()
    if not name or "/" in name:
        activity.toast("Type a name without /")
    elif files.exists(f"{state['path']}/{name}"):
        activity.toast("A file with this name already exists")
    else:
        try:
            files.mkdir(f"{state['path']}/{name}")
        except OSError:
            activity.toast("Couldn’t create the folder")
        state["dialog"] = ""


def rename(activity: Activity) -> None:
    """The dialog for another name is confirmed."""
    state, files = activity.state, activity.phone.files
    path, name = state["selected"][0], state["name"].strip()
    place = f"{path.rpartition('/')[0]}/{name}"
    if not name or "/" in name:
        activity.toast("Type a name without /")
    elif place != path and files.exists(place):
        activity.toast("A file with this name already exists")
    else:
        try:
            files.move(path, place)
        except OSError:
            activity.toast("Couldn’t rename it")
        state.update(selected=[], dialog="")
