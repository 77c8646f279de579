"""A dialog in which a folder of the shared storage is chosen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import list_item
from palaestra.envs.android.ui.view import Action, View, icon


def folder_dialog(
    phone: Phone,
    title: str,
    folder: str,
    *,
    on_open: Callable[[str], Any],
    on_cancel: Action,
    select: tuple[str, Action],
) -> View:
    """The folders in a folder, and the one above it.

    Args:
        phone: whose storage it is.
        title: headline.
        folder: the one that is open.
        on_open: called with the folder that is opened next.
        on_cancel: called by Cancel, back and a touch outside.
        select: label and action of the button that chooses the open folder.
    """
    below = [name for name in phone.files.listdir(folder) if phone.files.isdir(f"{folder}/{name}")]
    rows = [_row(name, "folder", partial(on_open, f"{folder}/{name}")) for name in below]
    if folder != STORAGE:
        rows.insert(0, _row("..", "folder-upload-outline", partial(on_open, folder.rpartition("/")[0])))
    path = folder.removeprefix(STORAGE) or "/"
    return dialog(title, path, *rows, buttons=[("Cancel", on_cancel), select], on_dismiss=on_cancel)


def _row(name: str, glyph: str, on_click: Action) -> View:
    summary, color = ("Parent folder", "on_surface_variant") if name == ".." else ("", "primary")
    return list_item(name, summary, leading=icon(glyph, 28, color), key=name, on_click=on_click)
