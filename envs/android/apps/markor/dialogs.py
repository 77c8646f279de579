"""The browser's menus and dialogs."""

from functools import partial
from typing import Any

from palaestra.envs.android.apps.folders import folder_dialog
from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.apps.markor.notes import (
    NOTES,
    TYPES,
    close_dialog,
    delete,
    described,
    make_folder,
    make_note,
    put,
    rename_note,
)
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import choice
from palaestra.envs.android.ui.view import FILL, Action, View, column, icon, row, text

SORTS = (("name", "Name"), ("-time", "Date"), ("-size", "File size"))


def windows(activity: Activity) -> list[View]:
    """What is open over the list."""
    chosen = (DIALOGS.get(activity.state.get("dialog", "")), MENUS.get(activity.state.get("menu", "")))
    return [make(activity) for make in chosen if make]


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
    """The dialog for a new file or folder: a file's name is the name followed by the extension."""
    state = activity.state

    def field(part: str, **options: Any) -> View:
        def keep(value: str) -> None:
            state[part] = value

        return text_field(state[part], keep, **options)

    name = field("name", label="Name", autofocus=True, action="next", weight=2, id="new_file_dialog__name")
    extension = field("extension", hint=".md", action="done", weight=1, id="new_file_dialog__ext")
    folder, note = ("Folder", lambda: make_folder(activity)), ("OK", lambda: make_note(activity))
    fields = row(name, extension, width=FILL, gap=8, padding=(0, 8, 0, 0))
    advice = text("A folder is created without extension", "body_small", "on_surface_variant")
    return _dialog(activity, "Create", fields, _type(activity), advice, buttons=[folder, _cancel(activity), note])


def _type(activity: Activity) -> View:
    """The field with the type of file; its list sets the extension."""
    state = activity.state
    spinner = row(
        text(state["type"], "body_large", lines=1, weight=1),
        icon("menu-down"),
        width=FILL,
        height=56,
        radius=4,
        border="outline",
        padding=(16, 0, 8, 0),
        cls="android.widget.Spinner",
        id="new_file_dialog__type",
        desc=f"Type {state['type']}",
        key="type",
        on_click=lambda: state.update(menu="types"),
    )
    return column(spinner, width=FILL)


def _types_menu(activity: Activity) -> View:
    state = activity.state

    def select(kind: str) -> None:
        state.update(type=kind, extension=TYPES[kind])
        activity.prefs["type"] = kind

    items = [(kind, partial(select, kind)) for kind in TYPES]
    return menu(items, lambda: state.update(menu=""), anchor="new_file_dialog__type")


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
    state = activity.state
    return folder_dialog(
        activity.phone,
        "Move" if state["dialog"] == "move" else "Copy",
        state["folder"],
        on_open=lambda folder: state.update(folder=folder),
        on_cancel=lambda: close_dialog(activity),
        select=("Select this folder", lambda: put(activity)),
    )


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


MENUS = {"place": _place_menu, "selection": _selection_menu, "types": _types_menu}
"""The function that draws each menu."""
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
