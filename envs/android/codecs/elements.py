"""Geometry of the screen's elements: their centres, and the element that a point or a swipe refers to."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.codecs.action import DIRECTIONS, Action, Point, Size, scroll

Element = Mapping[str, Any]
"""One of ``accessibility.elements``."""


def centre(element: Element) -> Point:
    """The centre of an element, where it is touched."""
    left, top, right, bottom = element["bounds"]
    return (left + right) / 2, (top + bottom) / 2


def index_at(point: Point, elements: Sequence[Element]) -> int | None:
    """The index of the element whose centre is a point; None if there is none."""
    return next((index for index, element in enumerate(elements) if centre(element) == point), None)


def scrolled(action: Action, elements: Sequence[Element], size: Size) -> tuple[str, int]:
    """The direction in which a swipe scrolls, and the index of the element; 0 for the whole screen.

    Raises:
        ValueError: the swipe scrolls no element.
    """
    screen: Sequence[float] = (0, 0, *size)
    boxes = [(0, screen), *((index, element["bounds"]) for index, element in enumerate(elements) if index)]
    for index, box in boxes:
        for direction in DIRECTIONS:
            candidate = scroll(box, direction)
            if math.dist(candidate.start, action.start) + math.dist(candidate.end, action.end) < 1:
                return direction, index
    raise ValueError("AndroidWorld's scroll cannot express this swipe")


def word_for(words: Mapping[str, str], key: str) -> str:
    """The word for a key.

    Raises:
        ValueError: there is none.
    """
    for word, meaning in words.items():
        if meaning == key:
            return word
    raise ValueError(f"no word for the key {key}")
