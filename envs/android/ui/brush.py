"""Drawing on a Skia canvas in logical pixels: the few shapes that views and apps are made of."""

import functools
from collections.abc import Sequence
from typing import Any

from palaestra.envs.android.ui.emoji import EMOJI
from palaestra.envs.android.ui.fonts import BOX, EMOJI_ICON, FALLBACK, SHAPED, font, glyph, skia
from palaestra.envs.android.ui.shaping import shaped
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import Radius

Rect = tuple[float, float, float, float]


@functools.lru_cache(maxsize=4096)
def _paint(argb: int, stroke: float = 0.0, blur: float = 0.0) -> Any:
    made = skia().Paint(Color=argb, AntiAlias=True)
    if stroke:
        made.setStyle(skia().Paint.kStroke_Style)
        made.setStrokeWidth(stroke)
        made.setStrokeCap(skia().Paint.kRound_Cap)
        made.setStrokeJoin(skia().Paint.kRound_Join)
    if blur:
        made.setMaskFilter(skia().MaskFilter.MakeBlur(skia().kNormal_BlurStyle, blur))
    return made


@functools.lru_cache(maxsize=256)
def _gradient(top: float, bottom: float, colors: tuple[int, ...]) -> Any:
    ends = [skia().Point(0, top), skia().Point(0, bottom)]
    return skia().Paint(Shader=skia().GradientShader.MakeLinear(ends, list(colors)), AntiAlias=True)


@functools.lru_cache(maxsize=4096)
def _blob(value: str, face: int, weight: int, size: float) -> Any:
    return skia().TextBlob.MakeFromString(value, font(face, weight, size))


@functools.lru_cache(maxsize=4096)
def _glyph_blob(name: str, size: float) -> tuple[Any, float, float]:
    """An icon's blob, and the shift that puts the middle of its box on the point."""
    made = font(EMOJI_ICON, 400, size)
    character = glyph(name)
    metrics = made.getMetrics()
    middle = -(metrics.fAscent + metrics.fDescent) / 2
    return skia().TextBlob.MakeFromString(character, made), -made.measureText(character) / 2, middle


def _round(area: Any, radii: Sequence[float]) -> Any:
    """A rectangle with a radius for each corner, clockwise from the upper left."""
    made = skia().RRect()
    made.setRectRadii(area, [skia().Point(radius, radius) for radius in radii])
    return made


class Brush:
    """A canvas and a theme. Colours are the theme's tokens, ``#RRGGBB`` or ``#AARRGGBB``."""

    __slots__ = ("canvas", "theme")

    def __init__(self, canvas: Any, theme: Theme):
        self.canvas, self.theme = canvas, theme

    def rect(self, box: Rect, color: str, radius: Radius = 0, stroke: float = 0.0) -> None:
        """A filled rectangle, or its outline of that width; corners may be round."""
        paint = _paint(self.theme.color(color), stroke)
        if stroke:
            half = stroke / 2
            box = (box[0] + half, box[1] + half, box[2] - half, box[3] - half)
        self._shape(box, radius, paint)

    def shadow(self, box: Rect, radius: Radius, height: float) -> None:
        """The shadow of a box that floats at a height in px: a soft one around, a darker one below.

        It is left out in the middle, where the thing itself lies over it.
        """
        left, top, right, bottom = box
        corner = max(radius) if isinstance(radius, tuple) else radius
        drop = 0.55 * height
        self.canvas.save()
        if bottom - top > 2 * corner:
            band = skia().Rect(left, top + corner, right, bottom - corner)
            self.canvas.clipRect(band, skia().ClipOp.kDifference)
        self._shape(box, radius, _paint(0x1A000000, 0.0, 0.55 * height))
        self._shape((left, top + drop, right, bottom + drop), radius, _paint(0x2E000000, 0.0, 0.5 * height))
        self.canvas.restore()

    def _shape(self, box: Rect, radius: Radius, paint: Any) -> None:
        area = skia().Rect(*box)
        if isinstance(radius, tuple):
            self.canvas.drawRRect(_round(area, radius), paint)
        elif radius:
            limit = min((box[2] - box[0]) / 2, (box[3] - box[1]) / 2)
            radius = min(radius, limit)
            self.canvas.drawRoundRect(area, radius, radius, paint)
        else:
            self.canvas.drawRect(area, paint)

    def clip(self, box: Rect, radius: Radius = 0) -> None:
        """Clip everything drawn from now on to a box (``save`` and ``restore`` of the canvas limit that)."""
        corners = radius if isinstance(radius, tuple) else (radius,) * 4
        self.canvas.clipRRect(_round(skia().Rect(*box), corners), doAntiAlias=True)

    def circle(self, x: float, y: float, radius: float, color: str, stroke: float = 0.0) -> None:
        """A disc or a ring."""
        self.canvas.drawCircle(x, y, radius, _paint(self.theme.color(color), stroke))

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, width: float) -> None:
        """A stroke with round ends."""
        self.canvas.drawLine(x1, y1, x2, y2, _paint(self.theme.color(color), width))

    def arc(self, box: Rect, start: float, sweep: float, color: str, width: float) -> None:
        """A part of an ellipse's outline; degrees, clockwise from three o'clock."""
        self.canvas.drawArc(skia().Rect(*box), start, sweep, False, _paint(self.theme.color(color), width))

    def polygon(self, points: Sequence[tuple[float, float]], color: str, stroke: float = 0.0) -> None:
        """A filled polygon, or a line through the points."""
        path = skia().Path()
        path.addPoly([skia().Point(x, y) for x, y in points], not stroke)
        self.canvas.drawPath(path, _paint(self.theme.color(color), stroke))

    def gradient(self, box: Rect, colors: Sequence[str], radius: Radius = 0) -> None:
        """Colours from top to bottom."""
        self._shape(box, radius, _gradient(box[1], box[3], tuple(self.theme.color(color) for color in colors)))

    def image(self, picture: Any, box: Rect, cover: bool = False) -> None:
        """A Skia image in the middle of a box: as large as fits, or so large that it covers the box and more."""
        left, top, right, bottom = box
        sides = (right - left) / picture.width(), (bottom - top) / picture.height()
        scale = max(sides) if cover else min(sides)
        width, height = picture.width() * scale, picture.height() * scale
        x, y = (left + right - width) / 2, (top + bottom - height) / 2
        sampling = skia().SamplingOptions(skia().FilterMode.kLinear)
        self.canvas.drawImageRect(picture, skia().Rect(x, y, x + width, y + height), sampling)

    def glyph(self, name: str, box: Rect, size: float, color: str) -> None:
        """A Material Design icon in the middle of a box; the size of its own box in px."""
        blob, dx, dy = _glyph_blob(name, size)
        x, y = (box[0] + box[2]) / 2 + dx, (box[1] + box[3]) / 2 + dy
        self.canvas.drawTextBlob(blob, x, y, _paint(self.theme.color(color)))

    def text(self, value: str, x: float, baseline: float, role: str, color: str) -> None:
        """One line of text from x on."""
        kind = self.theme.role(role)
        size = kind.size * self.theme.text_scale
        paint = _paint(self.theme.color(color))
        for run in self.theme.runs(value, role):
            if run.face == EMOJI_ICON:
                self._emoji(run.text[0], x + run.x, baseline, size, run.width)
            elif run.face == BOX:
                box = (x + run.x + 2, baseline - 0.7 * size, x + run.x + run.width - 2, baseline)
                self.rect(box, color, 2, stroke=max(1.0, size / 16))
            elif run.face == SHAPED:
                line = shaped(run.text, kind.weight, size, self.theme.color(color))
                line.paragraph.paint(self.canvas, x + run.x, baseline - line.baseline)
            elif run.text.strip():
                weight = kind.weight if run.face != FALLBACK else 700 if kind.weight > 500 else 400
                self.canvas.drawTextBlob(_blob(run.text, run.face, weight, size), x + run.x, baseline, paint)

    def _emoji(self, character: str, x: float, baseline: float, size: float, width: float) -> None:
        name, color = EMOJI[character]
        middle = baseline - 0.36 * size
        self.glyph(name, (x, middle - size, x + width, middle + size), 1.15 * size, color)
