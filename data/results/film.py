"""Frames of an episode as a small GIF, and as a strip of stills for print and reduced motion."""

import io
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

COLOURS = 128


def gif(frames: np.ndarray, frames_per_second: float, limit: int = 1_500_000) -> bytes:
    """An endless GIF of at most ``limit`` bytes: frames are dropped, then scaled down, until it fits.

    Args:
        frames: (T, height, width, 3) uint8.
        frames_per_second: of ``frames``; dropping frames does not change the film's speed. Browsers don't play GIFs
            faster than 50 frames a second.
        limit: bytes.
    """
    stride, scale = max(1, round(frames_per_second / 25)), 1.0
    slowest = max(stride, int(frames_per_second / 12))
    while True:
        encoded = _encode(frames[::stride], scale, 1000 * stride / frames_per_second)
        excess = len(encoded) / limit
        if excess <= 1 or len(frames[::stride]) == 1:
            return encoded
        if stride < slowest:
            stride = min(slowest, math.ceil(stride * excess))
        else:
            scale *= min(0.9, excess**-0.5)


def strip(frames: np.ndarray, count: int = 6) -> bytes:
    """A PNG of ``count`` frames side by side, evenly spaced in time.

    Args:
        frames: (T, height, width, 3) uint8.
        count: stills; fewer if there are fewer frames.
    """
    chosen = np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))
    gap = np.full((frames.shape[1], 4, 3), 255, np.uint8)
    pieces = [piece for i in chosen for piece in (gap, frames[i])][1:]
    stream = io.BytesIO()
    _image(np.concatenate(pieces, axis=1)).quantize(COLOURS).save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _encode(frames: np.ndarray, scale: float, milliseconds: float) -> bytes:
    from PIL import Image

    # One palette for all frames avoids flicker, and unchanged pixels then compress well.
    samples = frames[np.linspace(0, len(frames) - 1, 8).astype(int)]
    palette = _image(np.concatenate(samples)).quantize(COLOURS)
    size = (max(1, round(frames.shape[2] * scale)), max(1, round(frames.shape[1] * scale)))
    images = []
    for frame in frames:
        image = _image(frame)
        image = image.resize(size, Image.Resampling.LANCZOS) if scale < 1 else image
        images.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    stream = io.BytesIO()
    hundredths = max(20, 10 * round(milliseconds / 10))
    options = {"append_images": images[1:], "duration": hundredths, "loop": 0, "optimize": True}
    images[0].save(stream, format="GIF", save_all=True, **options)
    return stream.getvalue()


def _image(pixels: np.ndarray) -> "Image.Image":
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8))
