"""Pictures of products, drawn from simple shapes in the product's colour."""

from collections.abc import Callable

from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import View, image
from palaestra.envs.android.web.catalogue import COLOURS, Product

ANGLES = 4
"""Pictures of a product."""
_HEX = {
    "Black": "#2B2D31",
    "White": "#FCFCFD",
    "Silver": "#A9AFB8",
    "Blue": "#2F6FB5",
    "Red": "#B93A3A",
    "Grey": "#7C828B",
    "Green": "#3F8A5B",
    "Rose Gold": "#D9A59A",
    "Space Grey": "#5B6068",
    "Gold": "#D6BE96",
}
_OTHERS = ("#4A6FA5", "#8C5E9E", "#C0713A", "#3D8B8B", "#A34E63", "#6B7F3A", "#54596B")
_TILES = ("#E1E7EF", "#EDE5DA", "#DDEAE1", "#E8DFEC")
_DARK, _LIGHT = "#24272C", "#F7F8FA"


def picture(product: Product, width: float, height: float, angle: int = 0, **options: object) -> View:
    """A product's picture in a box; `angle` is one of ``ANGLES``."""
    draw = (draw_product, product.shape, colour_of(product), product.id % 97, angle)
    return image(draw, width, height, desc="", **options)


def colour_of(product: Product) -> str:
    """The colour that its name says, or one of its own."""
    named = next((value for axis, value in product.options if axis in COLOURS), "")
    return _HEX.get(named) or _OTHERS[product.id % len(_OTHERS)]


def draw_product(brush: Brush, rect: Rect, look: Theme, shape: str, colour: str, variant: int, angle: int) -> None:
    """A tile with the product in it.

    Args:
        brush: draws.
        rect: of the tile, px.
        look: the theme; the tile is the same in all.
        shape: one of ``_SHAPES``, or the name of a glyph.
        colour: of the product.
        variant: makes two products of one shape and colour differ.
        angle: number of the picture.
    """
    left, top, right, bottom = rect
    brush.rect(rect, _TILES[(variant + angle) % len(_TILES)], min(right - left, bottom - top) * 0.04)
    side = min(right - left, bottom - top) * (0.78, 0.62, 0.9, 0.7)[angle % ANGLES]
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    drawn = _SHAPES.get(shape)
    if drawn is None:
        brush.circle(x + side / 2, y + side / 2, side * 0.46, colour)
        brush.glyph(shape, (x, y, x + side, y + side), side * 0.56, _DARK if colour == _HEX["White"] else _LIGHT)
        return
    drawn(_Pen(brush, x, y, side), colour, variant)


class _Pen:
    """Draws in units of the picture's side."""

    def __init__(self, brush: Brush, x: float, y: float, side: float):
        self._brush, self._x, self._y, self._side = brush, x, y, side

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, radius: float = 0.02) -> None:
        x, y, side = self._x, self._y, self._side
        rect = (x + left * side, y + top * side, x + right * side, y + bottom * side)
        self._brush.rect(rect, colour, radius * side)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self._brush.circle(self._x + x * self._side, self._y + y * self._side, radius * self._side, colour)

    def arc(
        self, box: tuple[float, float, float, float], start: float, sweep: float, colour: str, width: float
    ) -> None:
        x, y, side = self._x, self._y, self._side
        rect = (x + box[0] * side, y + box[1] * side, x + box[2] * side, y + box[3] * side)
        self._brush.arc(rect, start, sweep, colour, width * side)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> None:
        x, y, side = self._x, self._y, self._side
        self._brush.line(x + x1 * side, y + y1 * side, x + x2 * side, y + y2 * side, colour, width * side)

    def polygon(self, points: list[tuple[float, float]], colour: str) -> None:
        self._brush.polygon([(self._x + x * self._side, self._y + y * self._side) for x, y in points], colour)


def _screen(pen: _Pen, left: float, top: float, right: float, bottom: float, variant: int) -> None:
    """A lit screen: a plain of colour and a hill."""
    sky, hill = (("#8FB8E8", "#3C5F8F"), ("#F2B880", "#8A4B54"), ("#A7D3C0", "#3D6B5B"), ("#C6B6E8", "#5A4A8F"))[
        variant % 4
    ]
    pen.box(left, top, right, bottom, sky, 0.01)
    middle = left + (right - left) * (0.3 + 0.1 * (variant % 5))
    pen.polygon([(left, bottom), (middle, top + (bottom - top) * 0.45), (right, bottom)], hill)


def _laptop(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.14, 0.16, 0.86, 0.68, _DARK, 0.03)
    _screen(pen, 0.17, 0.19, 0.83, 0.65, variant)
    pen.polygon([(0.14, 0.69), (0.86, 0.69), (1.0, 0.82), (0.0, 0.82)], colour)
    pen.box(0.0, 0.81, 1.0, 0.85, colour, 0.02)
    pen.polygon([(0.2, 0.71), (0.8, 0.71), (0.84, 0.76), (0.16, 0.76)], _DARK)


def _tower(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.26, 0.06, 0.74, 0.94, _DARK, 0.04)
    pen.box(0.3, 0.1, 0.7, 0.9, "#3A3E45", 0.03)
    for row in range(3):
        pen.disc(0.5, 0.25 + 0.22 * row, 0.09, colour)
        pen.disc(0.5, 0.25 + 0.22 * row, 0.04 + 0.005 * (variant % 4), _DARK)


def _monitor(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.02, 0.12, 0.98, 0.7, _DARK, 0.03)
    _screen(pen, 0.05, 0.15, 0.95, 0.66, variant)
    pen.box(0.45, 0.7, 0.55, 0.84, colour, 0)
    pen.box(0.28, 0.83, 0.72, 0.88, colour, 0.02)


def _headphones(pen: _Pen, colour: str, variant: int) -> None:
    pen.arc((0.16, 0.1, 0.84, 0.9), 180, 180, colour, 0.09)
    pen.box(0.1, 0.46, 0.3, 0.84, colour, 0.08)
    pen.box(0.7, 0.46, 0.9, 0.84, colour, 0.08)
    pen.box(0.24, 0.49, 0.34, 0.81, _DARK, 0.05)
    pen.box(0.66, 0.49, 0.76, 0.81, _DARK, 0.05)


def _headset(pen: _Pen, colour: str, variant: int) -> None:
    _headphones(pen, colour, variant)
    pen.line(0.2, 0.8, 0.42, 0.92, _DARK, 0.035)
    pen.disc(0.44, 0.92, 0.045, _DARK)


def _earbuds(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.2, 0.58, 0.8, 0.92, colour, 0.14)
    pen.box(0.2, 0.68, 0.8, 0.7, _DARK, 0)
    for x in (0.34, 0.66):
        pen.disc(x, 0.22, 0.11, colour)
        pen.box(x - 0.045, 0.24, x + 0.045, 0.52, colour, 0.04)
        pen.disc(x, 0.22, 0.05, _DARK)


def _speaker(pen: _Pen, colour: str, variant: int) -> None:
    if variant % 2:
        pen.box(0.04, 0.32, 0.96, 0.7, colour, 0.18)
        pen.disc(0.24, 0.51, 0.12, _DARK)
        pen.disc(0.76, 0.51, 0.12, _DARK)
    else:
        pen.box(0.26, 0.1, 0.74, 0.92, colour, 0.2)
        pen.disc(0.5, 0.32, 0.1, _DARK)
        pen.disc(0.5, 0.64, 0.16, _DARK)


def _keyboard(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.0, 0.28, 1.0, 0.74, _DARK, 0.04)
    for row in range(4):
        for column in range(10):
            lit = colour if (row + column + variant) % 3 else _LIGHT
            pen.box(0.045 + 0.092 * column, 0.33 + 0.095 * row, 0.12 + 0.092 * column, 0.4 + 0.095 * row, lit, 0.012)


def _mouse(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.28, 0.1, 0.72, 0.92, colour, 0.22)
    pen.line(0.5, 0.12, 0.5, 0.46, _DARK, 0.02)
    pen.box(0.465, 0.2, 0.535, 0.36, _DARK, 0.03)
    pen.disc(0.5, 0.72, 0.04 + 0.01 * (variant % 3), _DARK)


def _cable(pen: _Pen, colour: str, variant: int) -> None:
    pen.arc((0.2, 0.22, 0.8, 0.82), 120, 300 - 6 * (variant % 5), colour, 0.06)
    pen.box(0.06, 0.72, 0.34, 0.86, colour, 0.03)
    pen.box(0.0, 0.75, 0.08, 0.83, "#9AA0A8", 0.01)
    pen.box(0.66, 0.72, 0.94, 0.86, colour, 0.03)
    pen.box(0.92, 0.75, 1.0, 0.83, "#9AA0A8", 0.01)


def _battery(pen: _Pen, colour: str, variant: int) -> None:
    count = 3 + variant % 2
    for column in range(count):
        left = 0.52 + 0.23 * (column - count / 2)
        pen.box(left + 0.06, 0.12, left + 0.13, 0.2, "#9AA0A8", 0.01)
        pen.box(left, 0.18, left + 0.19, 0.88, _DARK, 0.03)
        pen.box(left, 0.18, left + 0.19, 0.4, colour, 0.03)


def _phone(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.28, 0.04, 0.72, 0.96, colour, 0.08)
    _screen(pen, 0.31, 0.09, 0.69, 0.91, variant)


def _tablet(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.14, 0.06, 0.86, 0.94, colour, 0.05)
    _screen(pen, 0.18, 0.1, 0.82, 0.9, variant)


def _television(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.0, 0.14, 1.0, 0.78, _DARK, 0.02)
    _screen(pen, 0.02, 0.16, 0.98, 0.76, variant)
    pen.line(0.2, 0.8, 0.14, 0.88, _DARK, 0.03)
    pen.line(0.8, 0.8, 0.86, 0.88, _DARK, 0.03)


def _gift(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.04, 0.24, 0.96, 0.78, colour, 0.06)
    pen.box(0.62, 0.24, 0.7, 0.78, _LIGHT, 0)
    pen.disc(0.6, 0.36, 0.06, _LIGHT)
    pen.disc(0.72, 0.36, 0.06, _LIGHT)


def _carton(pen: _Pen, colour: str, variant: int) -> None:
    pen.box(0.12, 0.3, 0.88, 0.86, colour, 0.03)
    pen.polygon([(0.12, 0.3), (0.24, 0.14), (0.76, 0.14), (0.88, 0.3)], _DARK)
    pen.box(0.42, 0.3, 0.58, 0.5, _LIGHT, 0.01)


_SHAPES: dict[str, Callable[[_Pen, str, int], None]] = {
    "laptop": _laptop,
    "tower": _tower,
    "monitor": _monitor,
    "headphones": _headphones,
    "headset": _headset,
    "earbuds": _earbuds,
    "speaker": _speaker,
    "keyboard": _keyboard,
    "mouse": _mouse,
    "cable": _cable,
    "battery": _battery,
    "phone": _phone,
    "tablet": _tablet,
    "television": _television,
    "gift": _gift,
    "box": _carton,
}
