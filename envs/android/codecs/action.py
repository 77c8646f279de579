"""The actions of an agent on the phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]
Size = tuple[int, int]

KINDS = (
    "tap",
    "double_tap",
    "long_press",
    "swipe",
    "type",
    "key",
    "open_app",
    "wait",
    "answer",
    "status",
    "idle",
)
STATUSES = ("complete", "infeasible")
DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
REACH = 0.35
"""Distance from the centre of a box to each end of a scrolling swipe, as a share of its width or height."""


@dataclass(frozen=True)
class Action:
    """One action. Points are in logical pixels (the phone's ``wm size``), whatever the size of the image."""

    kind: str
    """One of ``KINDS``."""
    point: Point | None = None
    """Where the finger goes down; for ``type``, the field to tap first."""
    to: Point | None = None
    """Where a swipe ends."""
    text: str = ""
    """The text of ``type`` and ``answer``, the app or key, or the status: ``complete`` or ``infeasible``."""
    clear: bool = False
    """``type``: empty the field first."""
    enter: bool = False
    """``type``: press Enter afterwards."""
    error: str = ""
    """Why the text could not be parsed; the action is then idle."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Other content of the text, such as Auto-UI's plan."""

    @property
    def start(self) -> Point:
        """``point``, for kinds of action that have one."""
        if self.point is None:
            raise ValueError(f"{self.kind} without a point")
        return self.point

    @property
    def end(self) -> Point:
        """``to``, for swipes."""
        if self.to is None:
            raise ValueError(f"{self.kind} without an end")
        return self.to


def idle(error: str) -> Action:
    """An action that does nothing, with the reason."""
    return Action("idle", error=error)


def scroll(box: Sequence[float], direction: str, sense: int = -1) -> Action:
    """A swipe through the centre of a box. ``sense`` 1: the finger moves in ``direction``; -1: the opposite way."""
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    dx, dy = (sense * step for step in DIRECTIONS[direction])
    start = (x - dx * REACH * (right - left), y - dy * REACH * (bottom - top))
    return Action("swipe", start, (x + dx * REACH * (right - left), y + dy * REACH * (bottom - top)))
