"""The browser's menus and dialogs."""

from functools import partial

from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.apps.markor.notes import (
    EXTENSIONS,
    NOTES,
    close_dialog,
    delete,
    described,
    make_folder,
    make_note,
    put,
    rename_note,
)
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.ui.controls import radio, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import choice, list_item
from palaestra.envs.android.ui.view import FILL, Action, View, icon, row, text

SORTS = (("name", "Name"), ("-time", "Date"), ("-size", "File size"))


def windows(activity: Activity) -> list[View]:
    """What is open over the list."""
    if activity.state.get("menu") == "place":
        return [_place_menu(activity)]
    if activity.state.get("menu") == "selection":
        return [_selection_menu(activity)]
    make = DIALOGS.get(activity.state.get("dialog", ""))
    return [make(activity)] if make else []


def _place_menu(activity: Activity) -> View:
    state = activity.state
    items = [("Sort by", lambda: state.update(dialog="sort")), ("Reload", lambda: None)]
    return menu(items, lambda: state.update(menu=""))


def _selection_menu(activity: Activity) -> View:
    state = activity.state
    single = len(state["selected"]) == 1

    def new_name() -> None:
        state.update(dialog="rename", name=name_of(state["selected"][0]))

    items = [
        ("Move", lambda: state.update(dialog="move", folder=NOTES)),
        ("Copy", lambda: state.update(dialog="copy", folder=NOTES)),
        ("Rename", new_name if single else None),
        ("Info", (lambda: state.update(dialog="info")) if single else None),
    ]
    return menu(items, lambda: state.update(menu=""))


def _dialog(activity: Activity, title: str, *children: View | str, buttons: list[tuple[str, Action]]) -> View:
    """A dialog that is closed by back and by a touch outside."""
    return dialog(title, *children, buttons=buttons, on_dismiss=lambda: close_dialog(activity))


def _cancel(activity: Activity) -> tuple[str, Action]:
    return "Cancel", lambda: close_dialog(activity)


def _new(activity: Activity) -> View:
    """The dialog for a new file or folder."""
    state = activity.state

    def change(name: str) -> None:
        state["name"] = name
        typed = next((extension for extension in EXTENSIONS if name.endswith(extension)), None)
        state["extension"] = typed or state["extension"]

    field = text_field(state["name"], change, label="Name", autofocus=True, action="done", id="new_file_dialog__name")
    label = text("Type", "body_large", "on_surface_variant", weight=1)
    extensions = row(label, *(_extension(activity, extension) for extension in EXTENSIONS), width=FILL)
    folder, note = ("Folder", lambda: make_folder(activity)), ("OK", lambda: make_note(activity))
    return _dialog(activity, "Create", field, extensions, buttons=[folder, _cancel(activity), note])


def _extension(activity: Activity, extension: str) -> View:
    state = activity.state
    return row(
        radio(state["extension"] == extension),
        text(extension, "body_large"),
        gap=0,
        height=48,
        key=extension,
        padding=(0, 0, 8, 0),
        on_click=lambda: state.update(extension=extension),
    )


def _delete(activity: Activity) -> View:
    names = "\n".join(map(name_of, activity.state["selected"]))
    confirm = ("OK", lambda: delete(activity))
    return _dialog(activity, "Confirm delete", names, buttons=[_cancel(activity), confirm])


def _rename(activity: Activity) -> View:
    state = activity.state

    def confirm() -> None:
        rename_note(activity)

    field = text_field(
        state["name"],
        lambda value: state.update(name=value),
        label="Name",
        autofocus=True,
        action="done",
        on_submit=confirm,
        id="rename_name",
    )
    return _dialog(activity, "Rename", field, buttons=[_cancel(activity), ("OK", confirm)])


def _target(activity: Activity) -> View:
    """The dialog for the folder to move or copy to."""
    state, files = activity.state, activity.phone.files
    folder = state["folder"]
    below = [name for name in files.listdir(folder) if files.isdir(f"{folder}/{name}")]
    rows = [_folder(activity, name) for name in below]
    if folder != STORAGE:
        rows.insert(0, _parent(activity))
    title = "Move" if state["dialog"] == "move" else "Copy"
    select = ("Select this folder", lambda: put(activity))
    path = folder.removeprefix(STORAGE) or "/"
    return _dialog(activity, title, path, *rows, buttons=[_cancel(activity), select])


def _parent(activity: Activity) -> View:
    state = activity.state

    def go_up() -> None:
        state.update(folder=state["folder"].rpartition("/")[0])

    return list_item("..", "Parent folder", leading=icon("folder-upload-outline"), key="..", on_click=go_up)


def _folder(activity: Activity, name: str) -> View:
    state = activity.state

    def go_down() -> None:
        state.update(folder=f"{state['folder']}/{name}")

    return list_item(name, leading=icon("folder", 28, "primary"), key=name, on_click=go_down)


def _sort(activity: Activity) -> View:
    current = activity.prefs.get("sort", "name")

    def sort(order: str) -> None:
        activity.prefs["sort"] = order
        close_dialog(activity)

    rows = [choice(label, current == order, partial(sort, order), order) for order, label in SORTS]
    return _dialog(activity, "Sort by", *rows, buttons=[])


def _info(activity: Activity) -> View:
    path = activity.state["selected"][0]
    close = ("OK", lambda: close_dialog(activity))
    return _dialog(activity, name_of(path), path, described(activity.phone, path), buttons=[close])


def _about(activity: Activity) -> View:
    close = ("OK", lambda: close_dialog(activity))
    return _dialog(activity, "Markor", "Notes in plain files.", buttons=[close])


DIALOGS = {
    "new": _new,
    "delete": _delete,
    "rename": _rename,
    "move": _target,
    "copy": _target,
    "sort": _sort,
    "info": _info,
    "about": _about,
}
"""The function that draws each dialog."""
