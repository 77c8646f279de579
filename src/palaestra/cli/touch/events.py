"""What a browser's pointer and keys mean on the phone.

Events are plain data: ``{"type": "down", "x": 12, "y": 30, "t": 1000}`` with a place on the page's picture, in its
pixels, and a time in ms. ``down``, ``move`` and ``up`` are one finger; the world moves only when it is lifted, by one
action: a tap, a long press or a swipe. All the other events are an action each.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs.action import Action, Point, Size

LONG_PRESS_MS = 500
"""A finger that stays for so long presses; Android's own default is 400 ms, and a mouse is slower."""
SLOP = 0.02
"""Part of the screen's width that a finger may stray without swiping: Android's 8 dp."""
SWIPE_MS = (50, 5_000)
"""Shortest and longest swipe."""
MOST_TEXT = 10_000
"""Characters of a text or a command line."""
MOST = 1e15
"""Bound of places and times: nothing above is a pixel or a millisecond."""
KEYS = (
    *("BACK", "HOME", "APP_SWITCH", "ENTER", "DEL", "FORWARD_DEL", "TAB"),
    *("DPAD_UP", "DPAD_DOWN", "DPAD_LEFT", "DPAD_RIGHT", "MOVE_HOME", "MOVE_END"),
)
"""Keys that the page may press, named as in Android."""


@dataclass
class Finger:
    """A finger on the screen: where and when it went down, where it is, and how far it has ever been from there."""

    start: Point
    begun_ms: float
    at: Point
    furthest: float = 0.0
    twice: bool = False
    """Its tap counts double."""


class Hand:
    """Turns the page's events into actions; holds the finger that is down.

    Attributes:
        finger: None while no finger is down.
    """

    def __init__(self) -> None:
        self.finger: Finger | None = None

    def take(self, event: Mapping[str, Any], picture: Size, screen: Size) -> Action | None:
        """The action that an event completes, or None.

        Args:
            event: of the page.
            picture: width and height of the page's picture.
            screen: logical width and height of the phone's screen, as it is turned.

        Raises:
            InputError: it is no event, or its fields are wrong.
        """
        kind = event.get("type")
        if kind in ("down", "move", "up"):
            return self._pointed(event, picture, screen)
        if kind == "cancel":
            self.finger = None
            return None
        return _typed(event)

    def _pointed(self, event: Mapping[str, Any], picture: Size, screen: Size) -> Action | None:
        x, y, now = (_number(event, name) for name in ("x", "y", "t"))
        at = _on_screen(x, picture[0], screen[0]), _on_screen(y, picture[1], screen[1])
        if event["type"] == "down":
            self.finger = Finger(at, now, at, twice=event.get("twice") is True)
            return None
        if self.finger is None:
            return None  # it went down elsewhere, or its gesture was cancelled
        self.finger.at = at
        self.finger.furthest = max(self.finger.furthest, math.dist(self.finger.start, at))
        return self._lifted(now, screen) if event["type"] == "up" else None

    def _lifted(self, now: float, screen: Size) -> Action:
        finger, self.finger = self.finger, None
        assert finger is not None
        ms = now - finger.begun_ms
        if finger.furthest > SLOP * min(screen):
            shortest, longest = SWIPE_MS
            return Action("swipe", finger.start, finger.at, ms=int(min(max(ms, shortest), longest)))
        if ms >= LONG_PRESS_MS:
            return Action("long_press", finger.start)
        return Action("double_tap" if finger.twice else "tap", finger.start)


def _on_screen(place: float, shown: int, size: int) -> float:
    """The whole logical pixel at a place on the picture; a finger that has left the screen is at its edge."""
    return float(min(max(int(place * size / shown), 0), size - 1))


def _typed(event: Mapping[str, Any]) -> Action:
    kind = event.get("type")
    if kind == "text":
        return Action("type", text=_text(event), clear=event.get("clear") is True)
    if kind == "clear":
        return Action("type", clear=True)
    if kind == "key":
        return Action("key", text=_among(event, "key", KEYS))
    if kind == "answer":
        return Action("answer", text=_text(event))
    if kind == "status":
        return Action("status", text=_among(event, "status", ("complete", "infeasible")))
    if kind == "wait":
        return Action("wait")
    raise InputError(f"{kind!r} is no event of this page")


def _text(event: Mapping[str, Any]) -> str:
    text = event.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= MOST_TEXT:
        raise InputError(f"{event['type']}: needs a text of 1 to {MOST_TEXT} characters")
    return text.encode("utf-8", "replace").decode()  # half characters can't be stored


def _among(event: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    if event.get(name) not in choices:
        raise InputError(f"{name} {event.get(name)!r}: must be one of {', '.join(choices)}")
    return str(event[name])


def _number(event: Mapping[str, Any], name: str) -> float:
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MOST:
        raise InputError(f"{event['type']}: {name} must be a number")
    return float(value)
