"""A screen of an app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from palaestra.envs.android.system.activities import Record
from palaestra.envs.android.system.runtime import Runtime
from palaestra.envs.android.ui.view import View


@dataclass
class Page:
    """One screen of an app, as currently drawn.

    Attributes:
        root: the content between status bar and navigation bar.
        windows: dialogs, sheets and menus over it (``view.dialog`` and the like), topmost last.
        on_back: handler of the back key; by default the activity is finished.
        live: whether it shows time passing, like a running stopwatch; other pages change by events and every minute.
        title: spoken by a screen reader.
        full_screen: draw under the status bar and the navigation bar as well.
        background: colour of the whole window.
        status_color: of clock and icons in the status bar.
    """

    root: View
    windows: Sequence[View] = ()
    on_back: Callable[[], Any] | None = None
    live: bool = False
    title: str = ""
    full_screen: bool = False
    background: str = "surface"
    status_color: str = "on_surface"


def page_of(phone: Runtime, record: Record) -> Page:
    """The screen of an activity, drawn by its app."""
    activity = phone.activity(record)
    return getattr(activity.app, activity.app.activities[record["cls"]])(activity)
