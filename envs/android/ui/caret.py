"""Positions in the text of a field: which one is nearest to a point, and where one is drawn."""

import bisect

from palaestra.envs.android.ui.screen import ScreenPhone
from palaestra.envs.android.ui.shaping import paragraph_is_leftward
from palaestra.envs.android.ui.view import View


def _lines(phone: ScreenPhone, view: View) -> tuple[str, list[tuple[int, int]]]:
    """What a field shows, and the spans of its lines."""
    drawn = "•" * len(view.text) if view.password else view.text
    if view.lines == 1:
        return drawn, [(0, len(drawn))]
    inner = view.inner or view.bounds
    return drawn, phone.theme.breaks(drawn, view.font, max(1, inner[2] - inner[0]))


def index_at(phone: ScreenPhone, view: View, x: float, y: float) -> int:
    """The place in a field's text that is nearest to a point."""
    if not view.text or view.inner is None:
        return len(view.text)
    measure = phone.theme.measure
    drawn, lines = _lines(phone, view)
    left, top = view.inner[:2]
    if view.lines == 1:
        number, along = 0, x - left + view.offset
    else:
        row_height = phone.theme.line_height(view.font)
        number, along = int(min(max(0, (y - top + view.offset) // row_height), len(lines) - 1)), x - left
    start, end = lines[number]
    if paragraph_is_leftward(drawn, start):
        along = view.inner[2] - x + (view.offset if view.lines == 1 else 0)
    if number + 1 < len(lines) and lines[number + 1][0] == end > start:
        end -= 1  # behind the space at which a line is broken begins the next one
    at = start + bisect.bisect_left(range(start, end), along, key=lambda i: measure(drawn[start : i + 1], view.font))
    if at < end:
        before, after = measure(drawn[start:at], view.font), measure(drawn[start : at + 1], view.font)
        at += along - before > after - along
    return at


def caret(phone: ScreenPhone, view: View, place: int) -> tuple[float, int, int]:
    """Where a place in the text is: x, top and bottom, px."""
    drawn, lines = _lines(phone, view)
    left, top, right, _ = view.inner or view.bounds
    height = phone.theme.line_height(view.font)
    number = max((i for i, (start, _) in enumerate(lines) if start <= place), default=0)
    along = phone.theme.measure(drawn[lines[number][0] : place], view.font)
    if view.lines == 1:
        along -= view.offset
    x = right - along if paragraph_is_leftward(drawn, lines[number][0]) else left + along
    if view.lines == 1:
        return x, top, top + height
    top += number * height - view.offset
    return x, top, top + height


def word_at(value: str, at: int) -> tuple[int, int]:
    """The word at a place, or the one that ends there."""
    if not (at < len(value) and _is_part(value[at])) and at > 0 and _is_part(value[at - 1]):
        at -= 1
    start = end = at
    while start > 0 and _is_part(value[start - 1]):
        start -= 1
    while end < len(value) and _is_part(value[end]):
        end += 1
    return start, end


def _is_part(character: str) -> bool:
    return character.isalnum() or character in "_'’"
