"""How switches, check boxes, radio buttons, sliders and progress bars are drawn."""

from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.view import Bounds

DISABLED = 0.38
"""Opacity of disabled controls."""


def draw_switch(brush: Brush, bounds: Bounds, checked: bool, enabled: bool, down: bool) -> None:
    """A track with its thumb, at the right edge of the bounds."""
    px = brush.theme.px
    right, middle = bounds[2], (bounds[1] + bounds[3]) / 2
    left = right - px(52)
    box = (left, middle - px(16), right, middle + px(16))
    faint = "" if enabled else ":0.38"
    if checked:
        brush.rect(box, "primary" if enabled else "on_surface:0.12", px(16))
        brush.circle(right - px(16), middle, px(14 if down else 12), "on_primary" if enabled else "surface")
        mark = "primary" if enabled else f"on_surface:{DISABLED}"
        brush.glyph("check", (right - px(28), middle - px(12), right - px(4), middle + px(12)), px(16), mark)
    else:
        brush.rect(box, "surface_container_highest" + faint, px(16))
        brush.rect(box, "outline" + faint, px(16), stroke=px(2))
        brush.circle(left + px(16), middle, px(14 if down else 8), "outline" + faint)


def draw_checkbox(brush: Brush, bounds: Bounds, checked: bool, enabled: bool, words: str, down: bool) -> None:
    """A checkbox with text beside it."""
    px = brush.theme.px
    x, middle = _mark_place(brush, bounds, words, down)
    box = (x - px(9), middle - px(9), x + px(9), middle + px(9))
    faint = "" if enabled else ":0.38"
    if checked:
        brush.rect(box, "primary" if enabled else f"on_surface:{DISABLED}", px(2))
        brush.glyph("check-bold", box, px(16), "on_primary" if enabled else "surface")
    else:
        brush.rect(box, "on_surface_variant" + faint, px(2), stroke=px(2))
    _beside(brush, bounds, words, enabled)


def draw_radio(brush: Brush, bounds: Bounds, checked: bool, enabled: bool, words: str, down: bool) -> None:
    """A radio button with text beside it."""
    px = brush.theme.px
    x, middle = _mark_place(brush, bounds, words, down)
    color = ("primary" if checked else "on_surface_variant") if enabled else f"on_surface:{DISABLED}"
    brush.circle(x, middle, px(9), color, stroke=px(2))
    if checked:
        brush.circle(x, middle, px(5), color)
    _beside(brush, bounds, words, enabled)


def _mark_place(brush: Brush, bounds: Bounds, words: str, down: bool) -> tuple[float, float]:
    """The centre of a checkbox or radio button; draws a halo while it is pressed."""
    x = bounds[0] + brush.theme.px(20) if words else (bounds[0] + bounds[2]) / 2
    y = (bounds[1] + bounds[3]) / 2
    if down:
        brush.circle(x, y, brush.theme.px(20), "on_surface:0.1")
    return x, y


def _beside(brush: Brush, bounds: Bounds, words: str, enabled: bool) -> None:
    if not words:
        return
    theme = brush.theme
    left = bounds[0] + theme.px(48)
    top = (bounds[1] + bounds[3] - theme.line_height("body_large")) / 2
    line = theme.ellipsize(words, "body_large", max(0, bounds[2] - left))
    color = "on_surface" if enabled else f"on_surface:{DISABLED}"
    brush.text(line, left, top + theme.baseline("body_large"), "body_large", color)


def draw_slider(brush: Brush, bounds: Bounds, value: float, low: float, high: float, enabled: bool, down: bool) -> None:
    """A track, filled up to its thumb."""
    px = brush.theme.px
    left, right, middle = bounds[0] + px(16), bounds[2] - px(16), (bounds[1] + bounds[3]) / 2
    share = (value - low) / (high - low) if high > low else 0.0
    at = left + min(max(share, 0.0), 1.0) * (right - left)
    color = "primary" if enabled else f"on_surface:{DISABLED}"
    brush.rect((left - px(6), middle - px(2), right + px(6), middle + px(2)), "secondary_container", px(2))
    brush.rect((left - px(6), middle - px(2), at, middle + px(2)), color, px(2))
    if down:
        brush.circle(at, middle, px(20), "primary:0.12")
    brush.circle(at, middle, px(10), color)


def draw_progress(brush: Brush, bounds: Bounds, value: float | None, style: str, color: str, down: bool) -> None:
    """A bar or a ring, filled by a share or busy."""
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
    if end > begin:
        brush.rect((left + begin * (right - left), top, left + end * (right - left), bottom), color, px(2))
