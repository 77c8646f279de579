"""Geometry of the screen's elements: their centres, and the element that a point or a swipe refers to."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.codecs.action import DIRECTIONS, Action, Point, Size, scroll

Element = Mapping[str, Any]
"""One of ``accessibility.elements``."""
KEYBOARD = "com.google.android.inputmethod.latin"
"""The package of the soft keyboard's elements."""


def centre(element: Element) -> Point:
    """The centre of an element, where it is touched."""
    left, top, right, bottom = element["bounds"]
    return (left + right) / 2, (top + bottom) / 2


def index_at(point: Point, elements: Sequence[Element]) -> int | None:
    """The index of the element whose centre is a point; None if there is none."""
    return next((index for index, element in enumerate(elements) if centre(element) == point), None)


def scroll_element(index: int | None, direction: str, elements: Sequence[Element], size: Size) -> Action:
    """A swipe that scrolls an element, or the whole screen if the index is None."""
    box = (0, 0, *size) if index is None else elements[index]["bounds"]
    return scroll(above_keyboard(box, elements), direction)


def above_keyboard(box: Sequence[float], elements: Sequence[Element]) -> Sequence[float]:
    """The box without the part that the soft keyboard covers, if the box's centre is covered."""
    left, top, right, bottom = box
    keys = [element["bounds"] for element in elements if element.get("package") == KEYBOARD]
    if not keys:
        return box
    highest = min(keys, key=lambda key: key[1])
    edge = highest[1] - (highest[3] - highest[1]) // 2  # the keyboard begins somewhat above its keys
    return (left, top, right, edge) if top < edge <= (top + bottom) / 2 else box


def scrolled(action: Action, elements: Sequence[Element], size: Size) -> tuple[str, int | None]:
    """The direction in which a swipe scrolls, and the index of the element; None for the whole screen.

    The element with index 0 is not considered: AndroidWorld takes index 0 for no index.

    Raises:
        ValueError: the swipe scrolls no element.
    """
    for index in (None, *range(1, len(elements))):
        for direction in DIRECTIONS:
            candidate = scroll_element(index, direction, elements, size)
            if math.dist(candidate.start, action.start) + math.dist(candidate.end, action.end) < 1:
                return direction, index
    raise ValueError("no scroll of an element equals this swipe")


def word_for(words: Mapping[str, str], key: str) -> str:
    """The word for a key.

    Raises:
        ValueError: there is none.
    """
    for word, meaning in words.items():
        if meaning == key:
            return word
    raise ValueError(f"no word for the key {key}")
