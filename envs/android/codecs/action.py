"""What an agent does in one step."""

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
"""Of a box's width or height, from its middle to each end of a swipe that scrolls it."""


@dataclass(frozen=True)
class Action:
    """What an agent does in one step. Points are logical pixels (the phone's ``wm size``), whatever is drawn."""

    kind: str
    """One of ``KINDS``."""
    point: Point | None = None
    """Where the finger goes down; for ``type``, the field to tap first."""
    to: Point | None = None
    """Where a swipe ends."""
    text: str = ""
    """Of ``type``, ``answer``, ``open_app``; the name of a ``key``; ``complete`` or ``infeasible``."""
    clear: bool = False
    """``type``: empty the field first."""
    enter: bool = False
    """``type``: press Enter afterwards."""
    error: str = ""
    """Why the words could not be read; the action is then idle."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else the words contained, such as Auto-UI's plan."""

    @property
    def start(self) -> Point:
        """Where the finger goes down, for kinds of action that have such a point."""
        if self.point is None:
            raise ValueError(f"{self.kind} without a point")
        return self.point

    @property
    def end(self) -> Point:
        """Where a swipe ends."""
        if self.to is None:
            raise ValueError(f"{self.kind} without an end")
        return self.to


def idle(error: str) -> Action:
    """Nothing is done, and why."""
    return Action("idle", error=error)


def scroll(box: Sequence[float], direction: str, sense: int = -1) -> Action:
    """A swipe within a box, from its middle towards its edge; ``sense`` -1 moves the content's way, 1 the finger's."""
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    dx, dy = (sense * step for step in DIRECTIONS[direction])
    start = (x - dx * REACH * (right - left), y - dy * REACH * (bottom - top))
    return Action("swipe", start, (x + dx * REACH * (right - left), y + dy * REACH * (bottom - top)))
