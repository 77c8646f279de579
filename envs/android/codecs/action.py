"""The actions of an agent on the phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from palaestra.envs.android.ui.rotation import shown_size, to_shown

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
DIRECTIONS = ("up", "down", "left", "right")
SCROLL_MS = 300
"""Duration of a scrolling swipe: that of Android's ``input swipe``, which AndroidWorld uses."""


class Picture(NamedTuple):
    """The image in an observation: its size, and the quarter turns of the content in it."""

    width: int
    height: int
    turns: int

    def to_screen(self, x: float, y: float, size: Size) -> Point:
        """The logical pixel that the centre of a pixel of the image shows, on a screen of a logical size."""
        natural = shown_size(size, self.turns)
        frame = (int((x + 0.5) * natural[0] / self.width), int((y + 0.5) * natural[1] / self.height))
        return to_shown(*frame, natural, self.turns)


@dataclass(frozen=True)
class Action:
    """One action. Points are in logical pixels (the phone's ``wm size``), whatever the size of the image."""

    kind: str
    """One of ``KINDS``."""
    point: Point | None = None
    """Where the finger goes down; for ``type``, the field to tap first."""
    to: Point | None = None
    """Where a swipe ends."""
    ms: int = 500
    """Duration of a swipe."""
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


def scroll(box: Sequence[float], direction: str) -> Action:
    """AndroidWorld's swipe to scroll a box: from its centre to the edge that the content moves to."""
    left, top, right, bottom = (int(edge) for edge in box)
    x, y = (left + right) // 2, (top + bottom) // 2
    ends = {"down": (x, top), "up": (x, bottom), "right": (left, y), "left": (right, y)}
    return Action("swipe", (x, y), ends[direction], ms=SCROLL_MS)
