"""Pixels: windows as a list of what is drawn, the list compared with the last one, only what differs drawn again.

Logical pixels are scaled by the canvas, so that a small picture is drawn small. One buffer of RGBA and one of RGB stay
between frames; a frame is one copy of the latter.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.brush import Brush
from palaestra.envs.android.theme import Theme, skia
from palaestra.envs.android.view import View

Box = tuple[int, int, int, int]
Entry = tuple[Any, ...]
"""What is drawn for a view, all that its pixels depend on: (kind, bounds, clip, extent, ...)."""
DISABLED = 0.38
MOST_RECTS = 6
"""More damaged rectangles than that are drawn as their hull."""
SHADOW_DP = (0, 1, 3, 6, 8, 12)
"""Height of Material's elevation levels."""


class Painter:
    """Draws one phone at one size.

    Args:
        size: logical width and height, px.
        render: width and height of frames, px.
    """

    def __init__(self, size: tuple[int, int], render: tuple[int, int]):
        width, height = render
        self._size, self._render = size, render
        self._scale = (width / size[0], height / size[1])
        self._rgba = np.zeros((height, width, 4), np.uint8)
        self._rgb = np.zeros((height, width, 3), np.uint8)
        module = skia()
        self._surface = module.Surface(
            self._rgba, colorType=module.kRGBA_8888_ColorType, alphaType=module.kPremul_AlphaType
        )
        self._listed: dict[str, tuple[Any, Any, list[Entry]]] = {}
        self._drawn: list[Entry] = []
        self._theme: Theme | None = None

    def frame(self, windows: Sequence[Any], theme: Theme, pressed: Sequence[str] | None) -> np.ndarray:
        """The screen, (height, width, 3) uint8, fresh and contiguous.

        Args:
            windows: laid out, the lowest first.
            theme: colours and type.
            pressed: window and path of the view under a finger.
        """
        entries = self._entries(windows, theme, pressed)
        if theme is not self._theme:
            self._theme = theme
            damage = [(0, 0, *self._render)]
        else:
            damage = self._damage(entries)
        for area in damage:
            self._draw(entries, theme, area)
        self._drawn = entries
        return self._rgb.copy()

    def _entries(self, windows: Sequence[Any], theme: Theme, pressed: Sequence[str] | None) -> list[Entry]:
        """The display list; a window that is the same object as last time needs no new one."""
        listed: dict[str, tuple[Any, Any, list[Entry]]] = {}
        entries: list[Entry] = []
        for window in windows:
            down = pressed[1] if pressed is not None and pressed[0] == window.name else None
            old = self._listed.get(window.name)
            if old is None or old[0] is not window or old[1] != down or theme is not self._theme:
                found: list[Entry] = []
                _list(window.root, theme, down, found)
                old = (window, down, found)
            listed[window.name] = old
            entries += old[2]
        self._listed = listed
        return entries

    def _damage(self, entries: list[Entry]) -> list[Box]:
        """Rectangles of the frame where the lists differ."""
        if entries == self._drawn:
            return []
        old, new = set(self._drawn), set(entries)
        stay_old = [entry for entry in self._drawn if entry in new]
        stay_new = [entry for entry in entries if entry in old]
        if stay_old != stay_new:  # something went in front of something else
            return [(0, 0, *self._render)]
        return _merged([self._pixels(entry[3]) for entry in old ^ new])

    def _pixels(self, extent: Box) -> Box:
        """The pixels of the frame that an extent touches."""
        (sx, sy), (width, height) = self._scale, self._render
        left, top, right, bottom = extent
        return (
            max(0, int(left * sx) - 1),
            max(0, int(top * sy) - 1),
            min(width, -int(-right * sx // 1) + 1),
            min(height, -int(-bottom * sy // 1) + 1),
        )

    def _draw(self, entries: list[Entry], theme: Theme, area: Box) -> None:
        """Draw a part of the frame anew, and convert it."""
        left, top, right, bottom = area
        if left >= right or top >= bottom:
            return
        sx, sy = self._scale
        module = skia()
        with self._surface as canvas:
            canvas.save()
            canvas.clipIRect(module.IRect(left, top, right, bottom)) if hasattr(canvas, "clipIRect") else \
                canvas.clipRect(module.Rect(left, top, right, bottom))  # fmt: skip
            canvas.clear(0xFF000000)
            canvas.scale(sx, sy)
            brush = Brush(canvas, theme)
            x1, y1, x2, y2 = left / sx, top / sy, right / sx, bottom / sy
            for entry in entries:
                extent = entry[3]
                if extent[0] < x2 and extent[2] > x1 and extent[1] < y2 and extent[3] > y1:
                    _draw(brush, entry)
            canvas.restore()
        part, source = self._rgb[top:bottom, left:right], self._rgba[top:bottom, left:right]
        for channel in range(3):
            part[..., channel] = source[..., channel]


def png(pixels: np.ndarray) -> bytes:
    """A frame as PNG."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _merged(boxes: list[Box]) -> list[Box]:
    """Rectangles that cover the same, without overlaps; few."""
    merged: list[Box] = []
    for box in boxes:
        while (other := next((one for one in merged if _touch(one, box)), None)) is not None:
            merged.remove(other)
            box = _hull(box, other)
        merged.append(box)
    if len(merged) > MOST_RECTS:
        hull = merged[0]
        for box in merged[1:]:
            hull = _hull(hull, box)
        return [hull]
    return merged


def _touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _hull(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


# --- the display list


def _list(view: View, theme: Theme, pressed: str | None, found: list[Entry]) -> None:
    """Add what a view and its children draw."""
    clip = view.clip
    if clip is None:
        return
    kind = view.kind
    down = pressed is not None and view.path == pressed
    if kind == "box":
        if view.background is not None or view.border is not None or down:
            found.append(_boxed(view, theme, clip, down))
    elif kind == "text":
        if view.background is not None or down:
            found.append(_boxed(view, theme, clip, down))
        if view.text:
            found.append(
                (
                    "text", view.bounds, clip, clip, view.text, view.font, view.foreground, view.lines,
                    view.text_align, _sides(view.padding, theme),
                )
            )  # fmt: skip
    elif kind == "icon":
        if view.background is not None or down:
            found.append(_boxed(view, theme, clip, down))
        found.append(("icon", view.bounds, clip, clip, view.icon, theme.px(view.size), _shade(view)))
    elif kind == "button":
        found.append(_boxed(view, theme, clip, down))
        found.append(
            (
                "label", view.bounds, clip, clip, view.text, view.icon, view.font, theme.px(view.size),
                theme.px(8), _shade(view), _sides(view.padding, theme),
            )
        )  # fmt: skip
    elif kind == "field":
        found.append(
            (
                "field", view.bounds, clip, _grown(view.bounds, 0 if view.style != "outlined" else theme.px(10)),
                view.text if not view.password else "•" * len(view.text), view.hint, view.label, view.style, view.font,
                view.background, view.border, view.radius, view.focused, view.cursor, view.selection, view.inner,
                view.offset, view.lines, view.foreground, view.enabled,
            )
        )  # fmt: skip
    elif kind in ("switch", "checkbox", "radio"):
        found.append((kind, view.bounds, clip, clip, view.checked, view.enabled, view.text, down))
    elif kind == "slider":
        found.append((kind, view.bounds, clip, clip, view.value, view.low, view.high, view.enabled, down))
    elif kind == "progress":
        found.append((kind, view.bounds, clip, clip, view.value, view.style, view.foreground))
    elif kind == "divider":
        found.append(("box", view.bounds, clip, clip, view.foreground, None, 0, 0, False, view.enabled))
    elif view.draw is not None:
        if view.background is not None or down:
            found.append(_boxed(view, theme, clip, down))
        found.append(("draw", view.bounds, clip, clip, view.draw))
    for child in view.children:
        _list(child, theme, pressed, found)


def _boxed(view: View, theme: Theme, clip: Box, down: bool) -> Entry:
    """Background, border, shadow and the darker look of what is pressed."""
    radius = view.radius
    if radius:
        radius = tuple(theme.px(r) for r in radius) if isinstance(radius, tuple) else theme.px(radius)
    height = theme.px(SHADOW_DP[min(int(view.elevation), 5)]) if view.elevation else 0
    extent = _grown(clip, 2 * height) if height else clip
    return ("box", view.bounds, clip, extent, view.background, view.border, radius, height, down, view.enabled)


def _shade(view: View) -> str:
    """The colour of a glyph or label; pale where it can't be used."""
    return view.foreground if view.enabled else f"on_surface:{DISABLED}"


def _grown(box: Box, by: int) -> Box:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by) if by else box


def _sides(spacing: Any, theme: Theme) -> Box:
    if not spacing:
        return (0, 0, 0, 0)
    if not isinstance(spacing, tuple):
        spacing = (spacing,) * 4
    elif len(spacing) == 2:
        spacing = spacing * 2
    return tuple(theme.px(side) for side in spacing)  # type: ignore[return-value]


# --- drawing


def _draw(brush: Brush, entry: Entry) -> None:
    kind, bounds, clip = entry[:3]
    inside = kind == "box" or (
        clip[0] <= bounds[0] and clip[1] <= bounds[1] and clip[2] >= bounds[2] and clip[3] >= bounds[3]
    )
    if kind == "box" and entry[7] == 0 and clip != bounds:
        inside = False
    if inside and kind != "draw":
        _KINDS[kind](brush, bounds, *entry[4:])
        return
    brush.canvas.save()
    brush.canvas.clipRect(skia().Rect(*clip))
    _KINDS[kind](brush, bounds, *entry[4:])
    brush.canvas.restore()


def _box(brush, bounds, background, border, radius, height, down, enabled) -> None:
    if height and background is not None:
        brush.shadow(bounds, radius, height)
    if background is not None:
        brush.rect(bounds, background if enabled else "on_surface:0.12", radius)
    if border is not None:
        brush.rect(bounds, border, radius, stroke=max(1, brush.theme.px(1)))
    if down:
        brush.rect(bounds, "on_surface:0.12", radius)


def _text(brush, bounds, value, role, color, lines, align, padding) -> None:
    theme = brush.theme
    left, top, right = bounds[0] + padding[0], bounds[1] + padding[1], bounds[2] - padding[2]
    room = max(0, right - left)
    spans = theme.breaks(value, role, room)
    shown = spans[:lines] if lines else spans
    height = theme.line_height(role)
    free = bounds[3] - padding[3] - top - height * len(shown)
    y = top + theme.baseline(role) + (free / 2 if free > 0 and len(shown) == 1 else 0)
    for number, (start, end) in enumerate(shown):
        line = value[start:end].rstrip(" ")
        if number == len(shown) - 1 and len(shown) < len(spans):
            line = theme.ellipsize(value[start:].partition("\n")[0] + "…", role, room)
        spare = room - theme.measure(line, role) if align != "start" else 0
        x = left + (spare / 2 if align == "center" else spare if align == "end" else 0)
        brush.text(line, x, y, role, color)
        y += height


def _icon(brush, bounds, name, size, color) -> None:
    brush.glyph(name, bounds, size, color)


def _label(brush, bounds, value, name, role, size, gap, color, padding) -> None:
    """Icon and words of a button, in its middle."""
    left, right = bounds[0] + padding[0], bounds[2] - padding[2]
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
    brush, bounds, value, hint, label, style, role, background, border, radius, focused, cursor, selection, inner,
    offset, lines, color, enabled,
) -> None:  # fmt: skip
    theme = brush.theme
    px = theme.px
    corner = tuple(px(r) for r in radius) if isinstance(radius, tuple) else px(radius)
    if background is not None:
        brush.rect(bounds, background, corner)
    floats = bool(label) and (bool(value) or focused)
    accent = "primary" if focused else border or "outline"
    if border is not None:
        brush.rect(bounds, accent if enabled else "on_surface:0.12", corner, stroke=px(2) if focused else px(1))
    elif style == "filled":
        width = px(2) if focused else px(1)
        brush.rect((bounds[0], bounds[3] - width, bounds[2], bounds[3]), accent)
    ink = color if enabled else f"on_surface:{DISABLED}"
    left, top, right, bottom = inner
    if floats:
        _floating(brush, bounds, label, style, "primary" if focused else "on_surface_variant")
    brush.canvas.save()
    brush.canvas.clipRect(skia().Rect(left - px(2), top, right + px(2), bottom))
    height = theme.line_height(role)
    shown = value or (hint if (not label or floats) else label)
    ink = ink if value else "on_surface_variant"
    if lines == 1:
        _field_line(brush, shown, 0, left - offset, top, role, ink, cursor, selection, focused and bool(value))
        if focused and not value:
            _caret(brush, left, top, height)
    else:
        y = top - offset
        spans = theme.breaks(shown, role, max(1, right - left))
        for number, (start, end) in enumerate(spans):
            last = number == len(spans) - 1
            if y + height > top and y < bottom:
                here = focused and bool(value)
                line = shown[start:end]
                holds = here and start <= cursor and (cursor < end or last or value[end : end + 1] == "\n" == value[
                    cursor : cursor + 1] or (cursor == end and spans[number + 1][0] > end))  # fmt: skip
                _field_line(brush, line, start, left, y, role, ink, cursor if holds else None, selection, here)
            y += height
        if focused and not value:
            _caret(brush, left, top, height)
    brush.canvas.restore()


def _floating(brush, bounds, label, style, color) -> None:
    """A label that has made room for the text."""
    theme = brush.theme
    height = theme.line_height("body_small")
    x = bounds[0] + theme.px(16)
    top = bounds[1] + theme.px(8) if style != "outlined" else bounds[1] - height / 2
    if style == "outlined":
        width, inset = theme.measure(label, "body_small"), theme.px(4)
        brush.rect((x - inset, bounds[1], x + width + inset, bounds[1] + theme.px(2)), "surface")
    brush.text(label, x, top + theme.baseline("body_small"), "body_small", color)


def _field_line(brush, line, start, x, top, role, color, cursor, selection, focused) -> None:
    """A line of a field, its selection and its cursor."""
    theme = brush.theme
    height = theme.line_height(role)
    if focused and selection is not None and selection[0] < selection[1]:
        first, last = max(0, selection[0] - start), min(len(line), selection[1] - start)
        if first < last:
            begin, end = theme.measure(line[:first], role), theme.measure(line[:last], role)
            brush.rect((x + begin, top, x + end, top + height), "primary:0.3")
    brush.text(line, x, top + theme.baseline(role), role, color)
    if focused and cursor is not None and (selection is None or selection[0] == selection[1]):
        _caret(brush, x + theme.measure(line[: cursor - start], role), top, height)


def _caret(brush, x, top, height) -> None:
    width = brush.theme.px(2)
    brush.rect((x, top + height * 0.1, x + width, top + height * 0.9), "primary")


def _switch(brush, bounds, checked, enabled, words, down) -> None:
    px = brush.theme.px
    right, middle = bounds[2], (bounds[1] + bounds[3]) / 2
    left = right - px(52)
    box = (left, middle - px(16), right, middle + px(16))
    faint = "" if enabled else ":0.38"
    if checked:
        brush.rect(box, "primary" + faint, px(16))
        brush.circle(right - px(16), middle, px(14 if down else 12), "on_primary")
        brush.glyph("check", (right - px(28), middle - px(12), right - px(4), middle + px(12)), px(16), "primary")
    else:
        brush.rect(box, "surface_container_highest" + faint, px(16))
        brush.rect(box, "outline" + faint, px(16), stroke=px(2))
        brush.circle(left + px(16), middle, px(14 if down else 8), "outline" + faint)
    _beside(brush, (bounds[0], bounds[1], left, bounds[3]), words, px(0))


def _checkbox(brush, bounds, checked, enabled, words, down) -> None:
    px = brush.theme.px
    x, middle = bounds[0] + px(20), (bounds[1] + bounds[3]) / 2
    if not words:
        x = (bounds[0] + bounds[2]) / 2
    box = (x - px(9), middle - px(9), x + px(9), middle + px(9))
    faint = "" if enabled else ":0.38"
    if down:
        brush.circle(x, middle, px(20), "on_surface:0.1")
    if checked:
        brush.rect(box, "primary" + faint, px(2))
        brush.glyph("check-bold", box, px(16), "on_primary")
    else:
        brush.rect(box, "on_surface_variant" + faint, px(2), stroke=px(2))
    _beside(brush, bounds, words, px(48))


def _radio(brush, bounds, checked, enabled, words, down) -> None:
    px = brush.theme.px
    x, middle = bounds[0] + px(20), (bounds[1] + bounds[3]) / 2
    if not words:
        x = (bounds[0] + bounds[2]) / 2
    faint = "" if enabled else ":0.38"
    color = ("primary" if checked else "on_surface_variant") + faint
    if down:
        brush.circle(x, middle, px(20), "on_surface:0.1")
    brush.circle(x, middle, px(9), color, stroke=px(2))
    if checked:
        brush.circle(x, middle, px(5), color)
    _beside(brush, bounds, words, px(48))


def _beside(brush, bounds, words, shift) -> None:
    if words:
        height = brush.theme.line_height("body_large")
        top = (bounds[1] + bounds[3] - height) / 2
        brush.text(words, bounds[0] + shift, top + brush.theme.baseline("body_large"), "body_large", "on_surface")


def _slider(brush, bounds, value, low, high, enabled, down) -> None:
    px = brush.theme.px
    left, right, middle = bounds[0] + px(16), bounds[2] - px(16), (bounds[1] + bounds[3]) / 2
    share = (value - low) / (high - low) if high > low else 0.0
    at = left + min(max(share, 0.0), 1.0) * (right - left)
    faint = "" if enabled else ":0.38"
    brush.rect((left - px(6), middle - px(2), right + px(6), middle + px(2)), "secondary_container", px(2))
    brush.rect((left - px(6), middle - px(2), at, middle + px(2)), "primary" + faint, px(2))
    if down:
        brush.circle(at, middle, px(20), "primary:0.12")
    brush.circle(at, middle, px(10), "primary" + faint)


def _progress(brush, bounds, value, style, color) -> None:
    px = brush.theme.px
    if style == "circular":
        inset = px(4)
        box = (bounds[0] + inset, bounds[1] + inset, bounds[2] - inset, bounds[3] - inset)
        if value is not None:
            brush.arc(box, 0, 360, "secondary_container", px(4))
        brush.arc(box, -90, 270 if value is None else 360 * min(max(value, 0.0), 1.0), color, px(4))
        return
    left, top, right, bottom = bounds
    brush.rect(bounds, "secondary_container", px(2))
    begin, end = (0.2, 0.6) if value is None else (0.0, min(max(value, 0.0), 1.0))
    brush.rect((left + begin * (right - left), top, left + end * (right - left), bottom), color, px(2))


def _own(brush, bounds, draw) -> None:
    """An app's own drawing."""
    function, *arguments = draw
    function(brush, bounds, brush.theme, *arguments)


_KINDS = {
    "box": _box,
    "text": _text,
    "icon": _icon,
    "label": _label,
    "field": _field,
    "switch": _switch,
    "checkbox": _checkbox,
    "radio": _radio,
    "slider": _slider,
    "progress": _progress,
    "draw": _own,
}
