"""Shared code of the clock's tabs: the app's names, the content of a tab, and times of day as text."""

from collections.abc import Sequence
from typing import NamedTuple

from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.view import View

PACKAGE = "com.google.android.deskclock"
DESK = "com.android.deskclock.DeskClock"
SECOND = 1_000_000
"""Times are microseconds."""


class Tab(NamedTuple):
    """The current content of a tab.

    Attributes:
        body: between the bars.
        button: floats over it.
        windows: dialogs, the topmost last.
        live: see ``Page``.
    """

    body: View
    button: View | None = None
    windows: Sequence[View] = ()
    live: bool = False


def is_24_hours(phone: Phone) -> bool:
    """Whether times are shown with 24 hours."""
    return phone.settings.get("system", "time_12_24", "24") == "24"


def time_text(phone: Phone, hour: int, minute: int) -> str:
    """``08:30`` or ``8:30 AM``."""
    if is_24_hours(phone):
        return f"{hour:02d}:{minute:02d}"
    return f"{(hour + 11) % 12 + 1}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"
