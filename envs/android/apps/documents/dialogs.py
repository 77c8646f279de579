"""The file manager's windows: the drawer with the roots, menus, dialogs."""

import datetime
from functools import partial
from typing import Any

from palaestra.envs.android.apps.documents.actions import delete, make_folder, open_root, pick, rename
from palaestra.envs.android.apps.documents.places import ROOTS, size_text
from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import choice, list_item
from palaestra.envs.android.ui.view import FILL, View, column, divider, icon, scroll, stack, text

SORTS = (
    ("name", "File name (A to Z)"),
    ("-name", "File name (Z to A)"),
    ("-size", "Size (largest first)"),
    ("size", "Size (smallest first)"),
    ("-time", "Modified (newest first)"),
    ("time", "Modified (oldest first)"),
)


def windows(activity: Activity, entries: list[str]) -> list[View]:
    """What is open over the list of ``entries``."""
    state = activity.state
    if state.get("drawer"):
        return [_drawer(activity)]
    if state.get("menu") == "place":
        return [_place_menu(state, entries)]
    if state.get("menu") == "selection":
        return [_selection_menu(activity, entries)]
    kind = state.get("dialog")
    if kind == "delete":
        return [_delete_dialog(activity)]
    if kind in ("folder", "rename"):
        return [_name_dialog(activity, kind)]
    if kind == "sort":
        return [_sort_dialog(state)]
    if kind == "info" and state["selected"]:
        return [_info_dialog(activity)]
    return []


def _drawer(activity: Activity) -> View:
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
            on_click=partial(open_root, activity, root),
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


def _place_menu(state: dict[str, Any], entries: list[str]) -> View:
    def new_folder() -> None:
        state.update(dialog="folder", name="")

    items = [
        ("New folder", new_folder if state["path"] else None),
        ("Sort by…", lambda: state.update(dialog="sort")),
        ("Select all", (lambda: state.update(selected=list(entries))) if entries else None),
    ]
    return menu(items, lambda: state.update(menu=""))


def _selection_menu(activity: Activity, entries: list[str]) -> View:
    state = activity.state
    single = len(state["selected"]) == 1

    def new_name() -> None:
        state.update(dialog="rename", name=name_of(state["selected"][0]))

    items = [
        ("Select all", lambda: state.update(selected=list(entries))),
        ("Copy to…", lambda: pick(activity, "copy")),
        ("Move to…", lambda: pick(activity, "move")),
        ("Rename", new_name if single else None),
        ("Get info", (lambda: state.update(dialog="info")) if single else None),
    ]
    return menu(items, lambda: state.update(menu=""))


def _delete_dialog(activity: Activity) -> View:
    selected = activity.state["selected"]
    what = f"“{name_of(selected[0])}”" if len(selected) == 1 else f"{len(selected)} items"

    def close() -> None:
        activity.state.update(dialog="")

    buttons = [("Cancel", close), ("OK", lambda: delete(activity))]
    return dialog("", f"Delete {what}?", buttons=buttons, on_dismiss=close)


def _name_dialog(activity: Activity, kind: str) -> View:
    """The dialog for the name of a new folder, or a new name of what is selected."""
    state = activity.state
    title, confirm = ("New folder", make_folder) if kind == "folder" else ("Rename", rename)

    def close() -> None:
        state.update(dialog="")

    def confirmed() -> None:
        confirm(activity)

    field = text_field(
        state["name"],
        lambda value: state.update(name=value),
        hint=title,
        autofocus=True,
        on_submit=confirmed,
        id="text1",
        action="done",
    )
    return dialog(title, field, buttons=[("Cancel", close), ("OK", confirmed)], on_dismiss=close)


def _sort_dialog(state: dict[str, Any]) -> View:
    def sort(order: str) -> None:
        state.update(sort=order, dialog="")

    rows = [choice(label, state["sort"] == order, partial(sort, order), order) for order, label in SORTS]
    return dialog("Sort by", *rows, on_dismiss=lambda: state.update(dialog=""))


def _info_dialog(activity: Activity) -> View:
    path = activity.state["selected"][0]
    stat = activity.phone.files.stat(path)
    moment = datetime.datetime.fromtimestamp(stat.mtime_us / 1e6, datetime.UTC)

    def close() -> None:
        activity.state.update(dialog="")

    lines = [f"Location: {path}", f"Size: {size_text(stat.size)}", f"Modified: {moment:%b %d, %Y %H:%M}"]
    return dialog(name_of(path), *lines, buttons=[("OK", close)], on_dismiss=close)
