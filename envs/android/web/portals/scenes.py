"""Pictures of content pages, drawn from a few shapes."""

from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import View, image

GROUNDS = (
    ("#27476B", "#E7A977", "#F6D8A8"),
    ("#1F5B57", "#8CC7A1", "#E4F0C6"),
    ("#40305E", "#B86B8E", "#F2C6B4"),
    ("#20364B", "#5C8FB3", "#CFE3EE"),
    ("#5A3A22", "#C98A4B", "#F3DDB5"),
    ("#2E4A2F", "#7FA65A", "#E9EFC3"),
)
"""Colours of the foreground, the middle and the sky."""


def scene(number: int, width: float, height: float, glyph: str = "", **options: object) -> View:
    """A picture of hills below a sky; a glyph on it says what it stands for."""
    return image((draw_scene, number % 997, glyph), width, height, **{"desc": "", **options})  # type: ignore[arg-type]


def draw_scene(brush: Brush, rect: Rect, look: Theme, number: int, glyph: str) -> None:
    """Sky, sun, two rows of hills."""
    left, top, right, bottom = rect
    width, height = right - left, bottom - top
    front, middle, sky = GROUNDS[number % len(GROUNDS)]
    brush.canvas.save()
    brush.clip(rect)
    brush.rect(rect, sky)
    brush.circle(left + width * (0.2 + 0.06 * (number % 11)), top + height * 0.35, height * 0.14, "#FFF6DF")
    for row, color in enumerate((middle, front)):
        level = top + height * (0.5 + 0.22 * row)
        shift = (number // (7 + row)) % 5
        peaks = [
            (left + width * step / 6, level + height * 0.16 * ((step * 3 + shift) % 4 - 1.5) / 2) for step in range(7)
        ]
        brush.polygon([(left, bottom), *peaks, (right, bottom)], color)
    if glyph:
        size = min(width, height) * 0.4
        x, y = left + width / 2, top + height / 2
        brush.circle(x, y, size * 0.8, "#99000000")
        brush.glyph(glyph, (x - size / 2, y - size / 2, x + size / 2, y + size / 2), size, "#FFFFFF")
    brush.canvas.restore()
