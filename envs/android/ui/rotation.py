"""Quarter turns: what is shown turns, the frame and its touches stay in the phone's natural shape.

As in Android's ``Surface.ROTATION_90``, one quarter turn draws the content turned clockwise, for somebody who holds the
phone turned the other way. ``natural`` is the logical (width, height) of the phone upright.
"""

from typing import Any

Size = tuple[int, int]
Area = tuple[float, float, float, float]


def shown_size(natural: Size, turns: int) -> Size:
    """Width and height of what is shown."""
    return natural if turns % 2 == 0 else (natural[1], natural[0])


def to_shown(x: float, y: float, natural: Size, turns: int) -> tuple[float, float]:
    """A point of the frame, as the content has it."""
    width, height = natural
    turned = ((x, y), (y, width - 1 - x), (width - 1 - x, height - 1 - y), (height - 1 - y, x))
    return turned[turns % 4]


def area_to_shown(area: Area, natural: Size, turns: int) -> Area:
    """A rectangle (left, top, right, bottom) of the frame, as the content has it."""
    left, top, right, bottom = area
    width, height = natural
    turned = (
        area,
        (top, width - right, bottom, width - left),
        (width - right, height - bottom, width - left, height - top),
        (height - bottom, left, height - top, right),
    )
    return turned[turns % 4]


def area_to_frame(area: Area, natural: Size, turns: int) -> Area:
    """A rectangle of the content, as the frame has it."""
    return area_to_shown(area, shown_size(natural, turns), -turns)


def turn(canvas: Any, natural: Size, turns: int) -> None:
    """Have a Skia canvas that draws in the frame draw the content."""
    width, height = natural
    x, y = ((0, 0), (width, 0), (width, height), (0, height))[turns % 4]
    canvas.translate(x, y)
    canvas.rotate(90 * (turns % 4))
