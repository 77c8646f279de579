"""Pixels: windows as lists of what is drawn, compared with the lists before, and only what differs drawn again.

Logical pixels are scaled by the canvas, so that a small picture is drawn small. One buffer of RGBA and one of RGB stay
between frames; a frame is one copy of the latter.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from palaestra.envs.android.brush import Brush
from palaestra.envs.android.display_list import Box, Entry, draw, is_opaque, listed
from palaestra.envs.android.theme import Theme, skia

MOST_RECTS = 6
"""More damaged rectangles than that are drawn as their hull."""


class _Layer(NamedTuple):
    """A window as it was last drawn: the window, the path of what is pressed in it, and its list."""

    window: Any
    pressed: str | None
    entries: list[Entry]


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
        self._buffer = np.zeros(
            height * width * 3 + 1, np.uint8
        )  # the last pixel's fourth byte goes into the spare one
        self._rgb = self._buffer[:-1].reshape(height, width, 3)
        module = skia()
        self._surface = module.Surface(
            self._rgba, colorType=module.kRGBA_8888_ColorType, alphaType=module.kPremul_AlphaType
        )
        self._layers: dict[str, _Layer] = {}
        self._theme: Theme | None = None

    def frame(self, windows: Sequence[Any], theme: Theme, pressed: Sequence[str] | None) -> np.ndarray:
        """The screen, (height, width, 3) uint8, fresh and contiguous.

        Args:
            windows: laid out, the lowest first.
            theme: colours and type.
            pressed: window and path of the view under a finger.
        """
        layers = {window.name: self._layer(window, theme, pressed) for window in windows}
        if theme is not self._theme:
            damage = [(0, 0, *self._render)]
        else:
            damage = self._damage(layers)
        self._theme, self._layers = theme, layers
        for area in damage:
            self._draw(area)
        return self._rgb.copy()

    def _layer(self, window: Any, theme: Theme, pressed: Sequence[str] | None) -> _Layer:
        """The window's list; one that is the same object as last time needs no new one."""
        down = pressed[1] if pressed is not None and pressed[0] == window.name else None
        old = self._layers.get(window.name)
        if old is not None and old.window is window and old.pressed == down and theme is self._theme:
            return old
        return _Layer(window, down, listed(window.root, window.bounds, theme, down))

    def _damage(self, layers: dict[str, _Layer]) -> list[Box]:
        """Rectangles of the frame where the lists differ; all of it where something went in front of something."""
        everything = [(0, 0, *self._render)]
        before = self._layers
        if [name for name in before if name in layers] != [name for name in layers if name in before]:
            return everything
        boxes: list[Box] = []
        for name in before | layers:
            old, new = before[name].entries if name in before else [], layers[name].entries if name in layers else []
            if old is new or old == new:
                continue
            was, now = set(old), set(new)
            if [entry for entry in old if entry in now] != [entry for entry in new if entry in was]:
                return everything
            boxes += [self._pixels(entry[3]) for entry in old if entry not in now]
            boxes += [self._pixels(entry[3]) for entry in new if entry not in was]
        return _merged(boxes) if boxes else []

    def _pixels(self, extent: Box) -> Box:
        """The pixels of the frame that an extent touches."""
        (sx, sy), (width, height) = self._scale, self._render
        left, top, right, bottom = extent
        return (
            max(0, int(left * sx) - 1),
            max(0, int(top * sy) - 1),
            min(width, int(right * sx) + 2),
            min(height, int(bottom * sy) + 2),
        )

    def _draw(self, area: Box) -> None:
        """Draw a part of the frame anew."""
        left, top, right, bottom = area
        if left >= right or top >= bottom:
            return
        sx, sy = self._scale
        x1, y1, x2, y2 = left / sx, top / sy, right / sx, bottom / sy
        theme: Any = self._theme
        entries = []
        for layer in self._layers.values():
            for entry in layer.entries:
                extent = entry[3]
                if extent[0] < x2 and extent[2] > x1 and extent[1] < y2 and extent[3] > y1:
                    if is_opaque(entry, theme, x1, y1, x2, y2):
                        entries.clear()  # nothing below it shows
                    entries.append(entry)
        with self._surface as canvas:
            canvas.save()
            canvas.clipRect(skia().Rect(left, top, right, bottom))
            canvas.clear(0xFF000000)
            canvas.scale(sx, sy)
            brush = Brush(canvas, theme)
            for entry in entries:
                draw(brush, entry)
            canvas.restore()
        self._convert(left, top, right, bottom)

    def _convert(self, left: int, top: int, right: int, bottom: int) -> None:
        """RGBA to RGB: four bytes are written for every pixel, each fourth one is overwritten by the next pixel."""
        width = self._rgb.shape[1]
        target = as_strided(
            self._buffer[(top * width + left) * 3 :][:4].view(np.uint32), (bottom - top, right - left), (3 * width, 3)
        )
        target[...] = self._rgba.view(np.uint32)[top:bottom, left:right, 0]
        if right < width:  # the last pixel of a row has no next one there
            self._rgb[top:bottom, right, 0] = self._rgba[top:bottom, right, 0]
        else:
            self._rgb[top + 1 : bottom + 1, 0, 0] = self._rgba[top + 1 : bottom + 1, 0, 0]


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
