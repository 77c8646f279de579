"""The interface of oracles: their view of the phone, and helpers for their actions."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from palaestra.envs.android.codecs.action import Action, scroll
from palaestra.envs.android.codecs.elements import Element, above_keyboard, centre


@dataclass(frozen=True)
class OracleView:
    """An oracle's view of the phone: the elements of an observation."""

    elements: Sequence[Element]
    size: tuple[int, int]
    answers: Sequence[str] = field(default=())

    def all(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> list[Element]:
        """Elements with the given fields, such as ``text="Save"``; ``None`` matches anything.

        A string that ends in ``*`` matches a prefix, ignoring case.
        """
        return [
            e for e in self.elements if (where is None or where(e)) and all(_like(e[k], v) for k, v in exact.items())
        ]

    def has(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> bool:
        """Whether an element matches."""
        return bool(self.all(where, **exact))

    def one(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Element:
        """The first matching element.

        Raises:
            LookupError: none matches; the message lists the elements.
        """
        elements = self.all(where, **exact)
        if not elements:
            names = [e["text"] or e["desc"] or e["id"] for e in self.elements]
            raise LookupError(f"no element with {exact or where} among {names}")
        return elements[0]

    def tap(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Action:
        """A tap on the first matching element."""
        return Action("tap", centre(self.one(where, **exact)))

    def long_press(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Action:
        """A long press on the first matching element."""
        return Action("long_press", centre(self.one(where, **exact)))

    def scroll(self, direction: str = "down") -> Action:
        """A swipe on the largest list of the screen."""
        lists = self.all(scrollable=True)
        box = max((e["bounds"] for e in lists), key=_area, default=(0, 0, *self.size))
        return scroll(above_keyboard(box, self.elements), direction)


def _like(value: Any, pattern: Any) -> bool:
    if isinstance(pattern, str) and pattern.endswith("*"):
        return isinstance(value, str) and value.lower().startswith(pattern[:-1].lower())
    return pattern is None or value == pattern


def _area(bounds: Sequence[int]) -> int:
    left, top, right, bottom = bounds
    return (right - left) * (bottom - top)


Oracle = Generator[Action, OracleView, None]
"""A coroutine that receives views of the screen and yields actions."""
Route = Generator[Action, OracleView, OracleView]
"""A coroutine that navigates to a screen and returns its view (``yield from``)."""


def open_app(name: str) -> Action:
    """Open an app by its label."""
    return Action("open_app", text=name)


def type_text(text: str, field_: Element | None = None, *, clear: bool = False) -> Action:
    """Type into a field, by default the focused one."""
    return Action("type", None if field_ is None else centre(field_), text=text, clear=clear)


def back() -> Action:
    """The back key."""
    return Action("key", text="BACK")


def done() -> Action:
    """Report that the task is complete."""
    return Action("status", text="complete")


def scroll_to(screen: OracleView, tries: int = 12, **exact: Any) -> Route:
    """Scroll down, then up, until an element is there; returns the screen that shows it."""
    for direction in ("down", "up"):
        for _ in range(tries):
            if screen.has(**exact):
                return screen
            before = [e["text"] for e in screen.elements]
            screen = yield screen.scroll(direction)
            if [e["text"] for e in screen.elements] == before:
                break
    screen.one(**exact)
    return screen
