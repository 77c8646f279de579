"""What the clock's tabs share."""

from collections.abc import Sequence
from typing import NamedTuple

from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.view import View

PACKAGE = "com.google.android.deskclock"
DESK = "com.android.deskclock.DeskClock"
SECOND = 1_000_000
"""Microseconds."""


class Tab(NamedTuple):
    """A tab as currently drawn."""

    body: View
    button: View | None = None
    windows: Sequence[View] = ()
    tick: int = 0
    """Ms between drawings while time passes."""


def time_text(phone: Phone, hour: int, minute: int) -> str:
    """``08:30`` or ``8:30 AM``."""
    if phone.settings.has_24_hours:
        return f"{hour:02d}:{minute:02d}"
    return f"{(hour + 11) % 12 + 1}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"
