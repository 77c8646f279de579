"""What a window draws, as a list of plain tuples: equal tuples mean equal pixels; and how each of them is drawn.

Shapes and measures are Material 3's (m3.material.io).
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from palaestra.envs.android.drawing import controls
from palaestra.envs.android.drawing.controls import DISABLED
from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.fonts import skia
from palaestra.envs.android.ui.shaping import (
    RIGHT_TO_LEFT_MARK,
    begins_leftward,
    paragraph_is_leftward,
)
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import Bounds, Radius, View

Entry = tuple[Any, ...]
"""(kind, bounds, cut, extent, ...): ``extent`` contains every affected pixel; ``cut`` clips unless None; the others are
arguments of the kind's function."""
SHADOW_DP = (0, 1, 3, 6, 8, 12)
"""Height of Material's elevation levels."""
OVERHANG_DP = 2
"""Maximum distance of glyphs beyond their box."""
LABEL_OVERHANG_DP = 10
"""The floating label of a field stands on its border."""


def listed(root: View, screen: Bounds, theme: Theme, pressed: str | None) -> list[Entry]:
    """The display list of a laid-out tree, from the bottom up.

    Args:
        root: of a window.
        screen: bounds of the drawing area; shadows reach beyond a window.
        theme: for measures and colours.
        pressed: path of the view under a finger.
    """
    entries: list[Entry] = []
    _list(root, theme, pressed, entries, screen)
    return entries


def is_opaque(entry: Entry, theme: Theme, left: float, top: float, right: float, bottom: float) -> bool:
    """Whether an entry hides everything below it in a rectangle."""
    if entry[0] != "box" or entry[6] or entry[4] is None:
        return False
    bounds = entry[2] or entry[1]
    covers = bounds[0] <= left and bounds[1] <= top and bounds[2] >= right and bounds[3] >= bottom
    return covers and theme.color(entry[4]) >> 24 == 0xFF


def draw(brush: Brush, entry: Entry) -> None:
    """Draw one entry."""
    cut = entry[2]
    if cut is None:
        _KINDS[entry[0]](brush, entry[1], *entry[4:])
        return
    canvas = brush.canvas
    canvas.save()
    canvas.clipRect(skia().Rect(*cut), doAntiAlias=entry[0] == "own")  # a disc would lose its outermost pixels
    _KINDS[entry[0]](brush, entry[1], *entry[4:])
    canvas.restore()


# --- from views to entries


def _list(view: View, theme: Theme, pressed: str | None, entries: list[Entry], within: Bounds) -> None:
    """Append the entries of a view and its children; ``within`` is the visible part of the enclosing scrollers."""
    clip = view.clip
    if clip is None:
        return
    kind, bounds = view.kind, view.bounds
    cut = None if clip == bounds else clip
    if kind == "box":
        if view.background is not None or view.border is not None or view.path == pressed:
            _add_box(view, theme, pressed, entries, within)
    elif kind == "text":
        if view.background is not None or view.path == pressed:
            _add_box(view, theme, pressed, entries, within)
        if view.text:
            place = (view.lines, view.text_align, _sides(view.padding, theme))
            if view.marks:
                entries.append(("marks", bounds, cut, clip, view.text, view.font, view.marks, *place))
            words = (view.text, view.font, _shade(view), *place)
            entries.append(("text", bounds, cut, _around(clip, theme.px(OVERHANG_DP), within), *words))
    elif kind == "icon":
        if view.background is not None or view.path == pressed:
            _add_box(view, theme, pressed, entries, within)
        extent = _around(clip, theme.px(OVERHANG_DP), within)
        entries.append(("icon", bounds, cut, extent, view.icon, theme.px(view.size), _shade(view)))
    elif kind == "button":
        _add_box(view, theme, pressed, entries, within)
        words = (view.text, view.icon, view.font, theme.px(view.size), _shade(view), _sides(view.padding, theme))
        entries.append(("label", bounds, cut, _around(clip, theme.px(OVERHANG_DP), within), *words))
    elif kind == "field":
        entries.append(_field_entry(view, theme, within))
    elif kind == "divider":
        entries.append(("box", bounds, cut, clip, view.foreground, None, 0, False, True))
    elif kind in _CONTROLS:
        overhang = theme.px(12)
        extent = _around(bounds, overhang, within)
        down = view.path == pressed
        cut = _cut(bounds, overhang, within)
        entries.append((kind, bounds, cut, extent, *(getattr(view, name) for name in _CONTROLS[kind]), down))
    elif kind == "thumbnail" or view.draw is not None:
        if view.background is not None or view.path == pressed:
            _add_box(view, theme, pressed, entries, within)
        draws = _small(view.value, theme) if view.draw is None else view.draw
        entries.append(("own", bounds, clip, clip, _corners(view.radius, theme), *draws))
    if view.children:
        if view.layout in ("scroll", "list"):
            within = clip
        for child in view.children:
            _list(child, theme, pressed, entries, within)


def _small(thumbnail: tuple[View | None, tuple[int, int]], theme: Theme) -> tuple[Any, ...]:
    """The entries of a thumbnail; empty if its tree can't be drawn."""
    (root, size), entries = thumbnail, list[Entry]()
    with contextlib.suppress(Exception):  # an app's mistake shows when it comes to the front, not in its picture
        entries = listed(root, (0, 0, *size), theme, None) if root is not None else []
    return draw_small, size, tuple(entries)


_CONTROLS = {
    "switch": ("checked", "enabled"),
    "checkbox": ("checked", "enabled", "text"),
    "radio": ("checked", "enabled", "text"),
    "slider": ("value", "low", "high", "enabled"),
    "progress": ("value", "style", "foreground"),
}
"""Kinds whose pixels depend on these attributes, and on whether they are pressed."""


def _add_box(view: View, theme: Theme, pressed: str | None, entries: list[Entry], within: Bounds) -> None:
    """Shadow, background, border, and the darker look of what is pressed."""
    bounds, clip = view.bounds, view.clip
    cut = None if clip == bounds else clip
    radius = _corners(view.radius, theme)
    if view.elevation and view.background is not None and view.enabled:
        height = theme.px(SHADOW_DP[min(int(view.elevation), 5)])
        extent = _around(bounds, 3 * height, within)
        entries.append(("shadow", bounds, _cut(bounds, 3 * height, within), extent, radius, height))
    entries.append(("box", bounds, cut, clip, view.background, view.border, radius, view.path == pressed, view.enabled))


def _field_entry(view: View, theme: Theme, within: Bounds) -> Entry:
    text = "•" * len(view.text) if view.password else view.text
    looks = (
        view.style,
        view.font,
        view.background,
        view.border,
        _corners(view.radius, theme),
        view.lines,
        view.foreground,
    )
    edited = (view.focused, view.cursor, view.selection) if view.focused else (False, None, None)
    overhang = theme.px(LABEL_OVERHANG_DP)
    return (
        "field",
        view.bounds,
        _cut(view.bounds, overhang, within),
        _around(view.bounds, overhang, within),
        text,
        view.hint,
        view.label,
        *looks,
        *edited,
        view.inner,
        view.offset,
        view.enabled,
    )


def _shade(view: View) -> str:
    """The colour of a glyph or label; pale if disabled."""
    return view.foreground or "" if view.enabled else f"on_surface:{DISABLED}"


def _around(box: Bounds, px: int, within: Bounds) -> Bounds:
    """The box and some room around it, as far as that shows."""
    return (
        max(box[0] - px, within[0]),
        max(box[1] - px, within[1]),
        min(box[2] + px, within[2]),
        min(box[3] + px, within[3]),
    )


def _cut(box: Bounds, px: int, within: Bounds) -> Bounds | None:
    """Where to cut off what reaches beyond its box; None if nothing needs cutting."""
    fits = box[0] - px >= within[0] and box[1] - px >= within[1]
    return None if fits and box[2] + px <= within[2] and box[3] + px <= within[3] else within


def _sides(spacing: Any, theme: Theme) -> Bounds:
    if not spacing:
        return (0, 0, 0, 0)
    if not isinstance(spacing, tuple):
        spacing = (spacing,) * 4
    elif len(spacing) == 2:
        spacing = spacing * 2
    left, top, right, bottom = spacing
    return theme.px(left), theme.px(top), theme.px(right), theme.px(bottom)


def _corners(radius: Any, theme: Theme) -> Any:
    if not radius:
        return 0
    return tuple(theme.px(corner) for corner in radius) if isinstance(radius, tuple) else theme.px(radius)


# --- drawing


def _shadow(brush: Brush, bounds: Bounds, radius: Radius, height: float) -> None:
    brush.shadow(bounds, radius, height)


def _box(
    brush: Brush, bounds: Bounds, background: str | None, border: str | None, radius: Radius, down: bool, enabled: bool
) -> None:
    if background is not None:
        brush.rect(bounds, background if enabled else "on_surface:0.12", radius)
    if border is not None:
        brush.rect(bounds, border if enabled else "on_surface:0.12", radius, stroke=max(1, brush.theme.px(1)))
    if down:
        brush.rect(bounds, "on_surface:0.12", radius)


def _text(
    brush: Brush, bounds: Bounds, value: str, role: str, color: str, lines: int, align: str, padding: Bounds
) -> None:
    box = (bounds[0] + padding[0], bounds[1], bounds[2] - padding[2], bounds[3])
    for _, line, x, top, leftward, fits in _lines(brush.theme, bounds, value, role, lines, align, padding):
        y = top + brush.theme.baseline(role)
        if not fits:
            _clipped_text(brush, box, line, y, role, color)
        else:
            brush.text(RIGHT_TO_LEFT_MARK + line if leftward else line, x, y, role, color)


def _lines(
    theme: Theme, bounds: Bounds, value: str, role: str, lines: int, align: str, padding: Bounds
) -> Iterator[tuple[int, str, float, float, bool, bool]]:
    """The lines of a text: its first character, its words, left and top edge, whether it runs leftward, and fits."""
    left, top, right = bounds[0] + padding[0], bounds[1] + padding[1], bounds[2] - padding[2]
    room = max(0, right - left)
    spans = theme.breaks(value, role, room)
    visible = spans[:lines] if lines else spans
    height = theme.line_height(role)
    free = bounds[3] - padding[3] - top - height * len(visible)
    y = top + (free / 2 if free > 0 and len(visible) == 1 else 0)
    for number, (start, end) in enumerate(visible):
        line = value[start:end].rstrip(" ")
        if number == len(visible) - 1 and len(visible) < len(spans):
            line = theme.ellipsize(value[start:].partition("\n")[0] + "…", role, room)
        spare = room - theme.measure(line, role)
        leftward = spare >= 0 and paragraph_is_leftward(value, start)
        before = "end" if leftward else "start"
        x = left + (0 if align == before or spare < 0 else spare / 2 if align == "center" else spare)
        yield start, line, x, y, leftward, spare >= 0
        y += height


def _marks(
    brush: Brush,
    bounds: Bounds,
    value: str,
    role: str,
    marks: tuple[tuple[int, int, str], ...],
    lines: int,
    align: str,
    padding: Bounds,
) -> None:
    """What lies behind marked spans of a text."""
    theme, height = brush.theme, brush.theme.line_height(role)
    for start, line, x, top, leftward, _ in _lines(theme, bounds, value, role, lines, align, padding):
        width = theme.measure(line, role)
        for first, last, color in marks:
            begin, end = max(0, first - start), min(len(line), last - start)
            if begin < end:
                left, right = theme.measure(line[:begin], role), theme.measure(line[:end], role)
                if leftward:
                    left, right = width - right, width - left
                brush.rect((x + left, top, x + right, top + height), color)


def _clipped_text(brush: Brush, box: Bounds, line: str, baseline: float, role: str, color: str) -> None:
    """Draw a line in a space too narrow even for an ellipsis."""
    brush.canvas.save()
    brush.canvas.clipRect(skia().Rect(*box))
    brush.text(line, box[0], baseline, role, color)
    brush.canvas.restore()


def _icon(brush: Brush, bounds: Bounds, name: str, size: int, color: str) -> None:
    brush.glyph(name, bounds, size, color)


def _label(
    brush: Brush, bounds: Bounds, value: str, name: str, role: str, size: int, color: str, padding: Bounds
) -> None:
    """Centred icon and text of a button."""
    left, right = bounds[0] + padding[0], bounds[2] - padding[2]
    gap = brush.theme.px(8)
    room = right - left - (size + gap if name and value else 0)
    words = brush.theme.ellipsize(value, role, max(0, room)) if value else ""
    width = (size if name else 0) + (gap if name and words else 0) + brush.theme.measure(words, role)
    x = (left + right - width) / 2
    if name:
        brush.glyph(name, (x, bounds[1], x + size, bounds[3]), size, color)
        x += size + gap
    if words:
        top = (bounds[1] + bounds[3] - brush.theme.line_height(role)) / 2
        brush.text(words, x, top + brush.theme.baseline(role), role, color)


def _field(
    brush: Brush,
    bounds: Bounds,
    value: str,
    hint: str,
    label: str,
    style: str,
    role: str,
    background: str | None,
    border: str | None,
    radius: Radius,
    lines: int,
    color: str,
    focused: bool,
    cursor: int | None,
    selection: tuple[int, int] | None,
    inner: Bounds,
    offset: int,
    enabled: bool,
) -> None:
    theme = brush.theme
    px = theme.px
    if background is not None:
        brush.rect(bounds, background, radius)
    floats = bool(label) and (bool(value) or focused)
    accent = "primary" if focused else border or "outline"
    if border is not None:
        brush.canvas.save()
        if floats:  # the border leaves a gap for the label
            end = bounds[0] + px(20) + theme.measure(label, "body_small")
            gap = skia().Rect(bounds[0] + px(12), bounds[1] - px(1), end, bounds[1] + px(4))
            brush.canvas.clipRect(gap, skia().ClipOp.kDifference)
        brush.rect(bounds, accent if enabled else "on_surface:0.12", radius, stroke=px(2) if focused else px(1))
        brush.canvas.restore()
    elif style == "filled":
        width = px(2) if focused else px(1)
        brush.rect((bounds[0], bounds[3] - width, bounds[2], bounds[3]), accent)
    if floats:
        _floating(brush, bounds, label, style, "primary" if focused else "on_surface_variant")
    words = value or (hint if (not label or floats) else label)
    faint = "on_surface_variant" if color == "on_surface" else f"{color}:0.7"
    ink = f"on_surface:{DISABLED}" if not enabled else color if value else faint
    left, upper, right, lower = inner
    brush.canvas.save()
    brush.canvas.clipRect(skia().Rect(left - px(2), upper, right + px(2), lower))
    height = theme.line_height(role)
    top = upper + max(0, (lower - upper - height) / 2) if lines == 1 else upper
    if focused and not value:
        _caret(brush, left - px(2), top, height)  # before the hint, not in its first letter
    if lines == 1:
        ends = (left - offset, right + offset, begins_leftward(words))
        _field_line(brush, words, 0, *ends, top, role, ink, cursor, selection, focused and bool(value))
    else:
        spans = theme.breaks(words, role, max(1, right - left))
        edited = focused and bool(value)
        held = _line_of(spans, cursor) if edited and cursor is not None else -1
        for number, (start, end) in enumerate(spans):
            y = top - offset + number * height
            if y + height > top and y < lower:
                caret = cursor if number == held else None
                ends = (left, right, paragraph_is_leftward(words, start))
                _field_line(brush, words[start:end], start, *ends, y, role, ink, caret, selection, edited)
    brush.canvas.restore()


def _line_of(spans: list[tuple[int, int]], cursor: int) -> int:
    """The line with the cursor: the last one that begins at it or before it."""
    return max((number for number, (start, _) in enumerate(spans) if start <= cursor), default=0)


def _floating(brush: Brush, bounds: Bounds, label: str, style: str, color: str) -> None:
    """Draw a floating label."""
    theme = brush.theme
    height = theme.line_height("body_small")
    x = bounds[0] + theme.px(16)
    top = bounds[1] + theme.px(8) if style != "outlined" else bounds[1] - height / 2
    brush.text(label, x, top + theme.baseline("body_small"), "body_small", color)


def _field_line(
    brush: Brush,
    line: str,
    start: int,
    x: float,
    right: float,
    leftward: bool,
    top: float,
    role: str,
    color: str,
    cursor: int | None,
    selection: tuple[int, int] | None,
    focused: bool,
) -> None:
    """A line of a field, its selection and its cursor; it begins at ``x``, a leftward one at ``right``."""
    theme = brush.theme
    height = theme.line_height(role)

    def place(index: int) -> float:
        along = theme.measure(line[:index], role)
        return right - along if leftward else x + along

    if focused and selection is not None and selection[0] < selection[1]:
        first, last = max(0, selection[0] - start), min(len(line), selection[1] - start)
        if first < last:
            begin, end = sorted((place(first), place(last)))
            brush.rect((begin, top, end, top + height), "primary:0.3")
    if leftward:
        line = RIGHT_TO_LEFT_MARK + line
        x = right - theme.measure(line, role)
    brush.text(line, x, top + theme.baseline(role), role, color)
    if focused and cursor is not None and (selection is None or selection[0] == selection[1]):
        _caret(brush, place(cursor - start), top, height)


def _caret(brush: Brush, x: float, top: float, height: float) -> None:
    width = brush.theme.px(2)
    brush.rect((x, top + height * 0.1, x + width, top + height * 0.9), "primary")


def draw_small(brush: Brush, bounds: Bounds, look: Theme, size: tuple[int, int], entries: tuple[Entry, ...]) -> None:
    """Draw a display list that was made for a place of another size."""
    left, top, right, bottom = bounds
    canvas = brush.canvas
    canvas.save()
    canvas.translate(left, top)
    canvas.scale((right - left) / size[0], (bottom - top) / size[1])
    for entry in entries:
        draw(brush, entry)
    canvas.restore()


def _own(brush: Brush, bounds: Bounds, radius: Radius, function: Callable[..., Any], *arguments: Any) -> None:
    """An app's own drawing, inside the view's round corners."""
    if radius:
        brush.clip(bounds, radius)
    function(brush, bounds, brush.theme, *arguments)


_KINDS: dict[str, Callable[..., None]] = {
    "shadow": _shadow,
    "box": _box,
    "text": _text,
    "marks": _marks,
    "icon": _icon,
    "label": _label,
    "field": _field,
    "switch": controls.draw_switch,
    "checkbox": controls.draw_checkbox,
    "radio": controls.draw_radio,
    "slider": controls.draw_slider,
    "progress": controls.draw_progress,
    "own": _own,
}
