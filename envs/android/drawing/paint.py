"""Rasterises windows: display lists are compared with the previous ones, and only differences are redrawn.

The screen is redrawn in fixed bands: anti-aliasing differs slightly where a curve is clipped, so clipping only at the
same places makes the image independent of earlier frames.

The canvas scales logical pixels, so small images are drawn at their size. An RGBA and an RGB buffer are kept between
frames; a frame is a copy of the latter.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from palaestra.envs.android.drawing.display_list import Entry, draw, is_opaque, listed
from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.rotation import area_to_frame, area_to_shown, shown_size, turn
from palaestra.envs.android.ui.screen import ScreenPhone, Window
from palaestra.envs.android.ui.theme import Theme, skia

BANDS = 12
"""Number of horizontal bands in which the screen is drawn."""
LARGE = 0.2
"""An app's own drawing of at least this share of the screen is cached as a picture: wallpapers and photos are slow."""
KEPT = 8
"""Most pictures that a process caches."""


class _Layer(NamedTuple):
    """A window as last drawn: the window, the path of the pressed view, and its display list."""

    window: Window
    pressed: str | None
    entries: list[Entry]


class Painter:
    """Draws one phone at one size.

    Args:
        size: logical width and height of the phone upright, px.
        render: width and height of frames, px.
    """

    def __init__(self, size: tuple[int, int], render: tuple[int, int]):
        width, height = render
        self.size = size
        self._width, self._height = width, height
        self._size, self._turns = size, 0
        self._scale = (width / size[0], height / size[1])
        self._edges = [round(height * band / BANDS) for band in range(BANDS + 1)]
        self._band = [band for band in range(BANDS) for _ in range(self._edges[band], self._edges[band + 1])]
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

    def frame(
        self, windows: Sequence[Window], theme: Theme, pressed: Sequence[str] | None, turns: int = 0
    ) -> np.ndarray:
        """The screen, (height, width, 3) uint8, fresh and contiguous.

        Args:
            windows: laid out, the lowest first.
            theme: colours and type.
            pressed: window and path of the view under a finger.
            turns: quarter turns of the content, 0 to 3.
        """
        if turns != self._turns:
            self._turns, self._theme, self._layers = turns, None, {}
        layers = {window.name: self._layer(window, theme, pressed) for window in windows}
        damaged = self._damaged(layers) if theme is self._theme else range(BANDS)
        self._theme, self._layers = theme, layers
        if damaged:
            self._draw(damaged, theme)
        return self._rgb.copy()

    def _layer(self, window: Window, theme: Theme, pressed: Sequence[str] | None) -> _Layer:
        """The window's list; reused while the window is the same object."""
        down = pressed[1] if pressed is not None and pressed[0] == window.name else None
        old = self._layers.get(window.name)
        if old is not None and old.window is window and old.pressed == down and theme is self._theme:
            return old
        return _Layer(window, down, listed(window.root, (0, 0, *shown_size(self._size, self._turns)), theme, down))

    def _damaged(self, layers: dict[str, _Layer]) -> Iterable[int]:
        """The bands where the lists differ; all of them where something went in front of something."""
        before = self._layers
        if [name for name in before if name in layers] != [name for name in layers if name in before]:
            return range(BANDS)
        bands: set[int] = set()
        for name in before | layers:
            old, new = before[name].entries if name in before else [], layers[name].entries if name in layers else []
            if old is new or old == new:
                continue
            was, now = set(old), set(new)
            if [entry for entry in old if entry in now] != [entry for entry in new if entry in was]:
                return range(BANDS)
            for entry in was ^ now:
                bands.update(self._touched(entry))
        return sorted(bands)

    def _touched(self, entry: Entry) -> range:
        """The bands that an entry may have pixels in."""
        scale, last = self._scale[1], self._height - 1
        _, top, _, bottom = area_to_frame(entry[3], self._size, self._turns) if self._turns else entry[3]
        first_row, last_row = int(top * scale), int(bottom * scale)
        if last_row < 0 or first_row > last or bottom <= top:
            return range(0)
        return range(self._band[max(0, first_row)], self._band[min(last, last_row)] + 1)

    def _draw(self, damaged: Iterable[int], theme: Theme) -> None:
        """Draw bands anew."""
        module = skia()
        lists: dict[int, list[Entry]] = {band: [] for band in damaged}
        for layer in self._layers.values():
            for entry in layer.entries:
                for band in self._touched(entry):
                    if band in lists:
                        lists[band].append(entry)
        width, (sx, sy) = self._width, self._scale
        pictures: dict[int, Any] = {}
        with self._surface as canvas:
            brush = Brush(canvas, theme)
            for band, entries in lists.items():
                top, bottom = self._edges[band], self._edges[band + 1]
                canvas.save()
                canvas.clipRect(module.Rect(0, top, width, bottom))
                canvas.clear(0xFF000000)
                canvas.scale(sx, sy)
                turn(canvas, self._size, self._turns)
                area = area_to_shown((0, top / sy, width / sx, bottom / sy), self._size, self._turns)
                for entry in entries[_lowest(entries, theme, area) :]:
                    if entry[0] == "own" and self._is_large(entry):
                        if id(entry) not in pictures:
                            pictures[id(entry)] = _picture(entry, theme, self._scale, self._size, self._turns)
                        _put(canvas, *pictures[id(entry)])
                    else:
                        draw(brush, entry)
                canvas.restore()
        for band in lists:
            self._convert(self._edges[band], self._edges[band + 1])

    def _is_large(self, entry: Entry) -> bool:
        left, top, right, bottom = entry[3]
        return (right - left) * (bottom - top) > LARGE * self._size[0] * self._size[1]

    def _convert(self, top: int, bottom: int) -> None:
        """RGBA to RGB: four bytes are written for every pixel, each fourth one is overwritten by the next pixel."""
        begin = top * self._width
        count = (bottom - top) * self._width
        after = self._buffer[3 * (begin + count)]  # belongs to the next band
        target = as_strided(self._buffer[3 * begin : 3 * begin + 4].view(np.uint32), (count,), (3,))
        target[...] = self._rgba.reshape(-1).view(np.uint32)[begin : begin + count]
        self._buffer[3 * (begin + count)] = after


@functools.lru_cache(maxsize=KEPT)
def _picture(
    entry: Entry, theme: Theme, scale: tuple[float, float], size: tuple[int, int], turns: int
) -> tuple[Any, int, int]:
    """An entry drawn by itself, and where its upper left corner is in the frame."""
    module, (sx, sy) = skia(), scale
    left, top, right, bottom = area_to_frame(entry[3], size, turns)
    x, y = int(left * sx), int(top * sy)
    pixels = np.zeros((-int(-bottom * sy // 1) - y, -int(-right * sx // 1) - x, 4), np.uint8)
    formats = {"colorType": module.kRGBA_8888_ColorType, "alphaType": module.kPremul_AlphaType}
    with module.Surface(pixels, **formats) as canvas:
        canvas.translate(-x, -y)
        canvas.scale(sx, sy)
        turn(canvas, size, turns)
        draw(Brush(canvas, theme), entry)
    if pixels[..., 3].min() == 0xFF:
        formats["alphaType"] = module.kOpaque_AlphaType  # copied, not blended
    return module.Image.fromarray(pixels, copy=True, **formats), x, y


def _put(canvas: Any, image: Any, x: int, y: int) -> None:
    """Pixel by pixel, whatever the canvas's scale."""
    canvas.save()
    canvas.resetMatrix()
    canvas.drawImage(image, x, y)
    canvas.restore()


def screenshot(phone: ScreenPhone, render: tuple[int, int] | None = None) -> np.ndarray:
    """The screen as its user sees it: (height, width, 3) uint8, in full logical size by default."""
    painter = Painter(phone.size, render or phone.size)
    return painter.frame(phone.windows(), phone.theme, phone.state["pressed"])


def png(pixels: np.ndarray) -> bytes:
    """A frame as PNG."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _lowest(entries: list[Entry], theme: Any, area: tuple[float, float, float, float]) -> int:
    """The first entry to draw: nothing below a rectangle that covers the whole band is visible."""
    for index in range(len(entries) - 1, 0, -1):
        if is_opaque(entries[index], theme, *area):
            return index
    return 0
