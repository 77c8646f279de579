"""Rasterises windows: only the bands of the screen whose display lists are new are drawn.

The screen is drawn in fixed bands: anti-aliasing differs slightly where a curve is clipped, so clipping only at the
same places makes a band's pixels a function of its display list. Hence bands that were drawn before, by any phone of
the process, are copied: tasks return to the same screens again and again.

The canvas scales logical pixels, so small images are drawn at their size.
"""

import collections
import functools
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from palaestra.envs.android.drawing.display_list import Entry, draw, is_opaque, listed
from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.fonts import skia
from palaestra.envs.android.ui.rotation import area_to_frame, area_to_shown, shown_size, turn
from palaestra.envs.android.ui.screen import ScreenPhone, Window
from palaestra.envs.android.ui.theme import Theme

BANDS = 12
"""Number of horizontal bands in which the screen is drawn."""
LARGE = 0.2
"""An app's own drawing of at least this share of the screen is cached as a picture: wallpapers and photos are slow."""
KEPT = 8
"""Most pictures that a process caches."""
BAND_BYTES = 32 << 20
"""Most bytes of drawn bands that a process caches."""


class _Content:
    """Entries as a key, hashed once."""

    __slots__ = ("_hash", "entries")

    def __init__(self, entries: list[Entry], hashes: list[int]):
        self.entries, self._hash = entries, hash(tuple(hashes))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self._hash == other._hash and self.entries == other.entries


class _Strip:
    """The part of a window's display list that touches one band; equal parts are the same object."""

    __slots__ = ("__weakref__", "entries")

    def __init__(self, entries: list[Entry]):
        self.entries = entries


_strips: weakref.WeakValueDictionary[_Content, _Strip] = weakref.WeakValueDictionary()


def _strip(entries: list[Entry], hashes: list[int]) -> _Strip:
    """The strip of these entries, whose hashes are given."""
    content = _Content(entries, hashes)
    strip = _strips.get(content)
    if strip is None:
        strip = _strips[content] = _Strip(entries)
    return strip


class _Layer(NamedTuple):
    """A window as last drawn: the window, the path of the pressed view, and its display list by bands."""

    window: Window
    pressed: str | None
    strips: list[_Strip | None]


class Bands:
    """Drawn bands by what they show; those not used for longest are dropped.

    Args:
        limit: bytes of pixels.
    """

    def __init__(self, limit: int = BAND_BYTES):
        self._limit, self._size = limit, 0
        self._bands: collections.OrderedDict[Any, np.ndarray] = collections.OrderedDict()

    def get(self, key: Any) -> np.ndarray | None:
        """The pixels of a band, which nobody may change; None if it must be drawn."""
        pixels = self._bands.get(key)
        if pixels is not None:
            self._bands.move_to_end(key)
        return pixels

    def put(self, key: Any, pixels: np.ndarray) -> None:
        """Keep a band that is not there yet."""
        self._bands[key] = pixels
        self._size += pixels.nbytes
        while self._size > self._limit:
            self._size -= self._bands.popitem(last=False)[1].nbytes


@functools.cache
def shared_bands() -> Bands:
    """The bands that all phones of this process share."""
    return Bands()


class Painter:
    """Draws one phone at one size.

    Args:
        size: logical width and height of the phone upright, px.
        render: width and height of frames, px.
        bands: drawn earlier; None: every band is drawn when it changes.
    """

    def __init__(self, size: tuple[int, int], render: tuple[int, int], bands: Bands | None = None):
        width, height = render
        self.size = size
        self._width, self._height = width, height
        self._size, self._turns = size, 0
        self._scale = (width / size[0], height / size[1])
        self._edges = [round(height * band / BANDS) for band in range(BANDS + 1)]
        self._band = [band for band in range(BANDS) for _ in range(self._edges[band], self._edges[band + 1])]
        self._rgba = np.zeros((height, width, 4), np.uint8)
        module = skia()
        self._surface = module.Surface(
            self._rgba, colorType=module.kRGBA_8888_ColorType, alphaType=module.kPremul_AlphaType
        )
        self._bands = bands
        self._layers: dict[str, _Layer] = {}
        self._shown: list[list[_Strip] | None] = [None] * BANDS
        self._pixels: list[np.ndarray] = [np.empty((0, width, 3), np.uint8)] * BANDS
        self._theme: Theme | None = None
        self._looks: object = None

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
        if turns != self._turns or theme is not self._theme:
            self._turns, self._theme, self._layers = turns, theme, {}
            self._looks = _looks(self._size, self._width, self._height, turns, theme)
            self._shown = [None] * BANDS
        self._layers = layers = {window.name: self._layer(window, theme, pressed) for window in windows}
        missing: dict[int, list[_Strip]] = {}
        for band in range(BANDS):
            strips = [strip for layer in layers.values() if (strip := layer.strips[band]) is not None]
            if strips != self._shown[band]:
                self._shown[band] = strips
                pixels = self._bands.get((self._looks, band, *strips)) if self._bands is not None else None
                if pixels is None:
                    missing[band] = strips
                else:
                    self._pixels[band] = pixels
        if missing:
            self._draw(missing, theme)
        return np.concatenate(self._pixels)

    def _layer(self, window: Window, theme: Theme, pressed: Sequence[str] | None) -> _Layer:
        """The window's list; reused while the window is the same object."""
        down = pressed[1] if pressed is not None and pressed[0] == window.name else None
        old = self._layers.get(window.name)
        if old is not None and old.window is window and old.pressed == down:
            return old
        entries: list[list[Entry]] = [[] for _ in range(BANDS)]
        hashes: list[list[int]] = [[] for _ in range(BANDS)]
        touched = self._touched
        for entry in listed(window.root, (0, 0, *shown_size(self._size, self._turns)), theme, down):
            number = hash(entry)
            for band in touched(entry):
                entries[band].append(entry)
                hashes[band].append(number)
        strips = [_strip(*pair) if pair[0] else None for pair in zip(entries, hashes, strict=True)]
        return _Layer(window, down, strips)

    def _touched(self, entry: Entry) -> range:
        """The bands that an entry may have pixels in."""
        scale, last = self._scale[1], self._height - 1
        _, top, _, bottom = area_to_frame(entry[3], self._size, self._turns) if self._turns else entry[3]
        first_row, last_row = int(top * scale), int(bottom * scale)
        if last_row < 0 or first_row > last or bottom <= top:
            return range(0)
        return range(self._band[max(0, first_row)], self._band[min(last, last_row)] + 1)

    def _draw(self, missing: dict[int, list[_Strip]], theme: Theme) -> None:
        """Draw bands anew."""
        module = skia()
        width, (sx, sy) = self._width, self._scale
        pictures: dict[int, Any] = {}
        with self._surface as canvas:
            brush = Brush(canvas, theme)
            for band, strips in missing.items():
                top, bottom = self._edges[band], self._edges[band + 1]
                canvas.save()
                canvas.clipRect(module.Rect(0, top, width, bottom))
                canvas.clear(0xFF000000)
                canvas.scale(sx, sy)
                turn(canvas, self._size, self._turns)
                area = area_to_shown((0, top / sy, width / sx, bottom / sy), self._size, self._turns)
                entries = [entry for strip in strips for entry in strip.entries]
                for entry in entries[_lowest(entries, theme, area) :]:
                    if entry[0] == "own" and self._is_large(entry):
                        if id(entry) not in pictures:
                            pictures[id(entry)] = _picture(entry, theme, self._scale, self._size, self._turns)
                        _put(canvas, *pictures[id(entry)])
                    else:
                        draw(brush, entry)
                canvas.restore()
        for band, strips in missing.items():
            pixels = _without_alpha(self._rgba[self._edges[band] : self._edges[band + 1]])
            self._pixels[band] = pixels
            if self._bands is not None:
                self._bands.put((self._looks, band, *strips), pixels)

    def _is_large(self, entry: Entry) -> bool:
        left, top, right, bottom = entry[3]
        return (right - left) * (bottom - top) > LARGE * self._size[0] * self._size[1]


@functools.lru_cache(maxsize=256)
def _looks(size: tuple[int, int], width: int, height: int, turns: int, theme: Theme) -> object:
    """An object that stands for all that a band's pixels depend on besides the band and its entries."""
    return object()


def _without_alpha(rgba: np.ndarray) -> np.ndarray:
    """RGBA to RGB: four bytes are written for every pixel, each fourth one is overwritten by the next pixel."""
    height, width, _ = rgba.shape
    count = height * width
    buffer = np.empty(3 * count + 1, np.uint8)  # the last pixel's fourth byte goes into the spare one
    np.ndarray((count,), np.uint32, buffer, 0, (3,))[...] = rgba.reshape(-1).view(np.uint32)
    return buffer[:-1].reshape(height, width, 3)


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
