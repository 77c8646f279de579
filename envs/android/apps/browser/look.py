"""Colours of the browser's own surfaces: the phone's, or a dark set of their own for private tabs."""

import zlib
from typing import NamedTuple

from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.theme import FIXED, Theme
from palaestra.envs.android.ui.view import View, image

DISCS = ("#1A73E8", "#B3261E", "#146C2E", "#8430CE", "#9A5B00", "#00639B", "#A50E5E", "#3C4043")
"""Colours of the discs that stand for sites."""


class Look(NamedTuple):
    """Colours.

    Attributes:
        bar: of toolbars and the browser's own pages.
        pill: of what lies on them.
        ink: of words.
        faint: of words and glyphs of less weight.
    """

    bar: str
    pill: str
    ink: str
    faint: str


NORMAL = Look("surface", "surface_container_highest", "on_surface", "on_surface_variant")
PRIVATE = Look("#202124", "#3C4043", "#E8EAED", "#BDC1C6")


def look_of(private: bool) -> Look:
    """The colours of a private tab, or of another."""
    return PRIVATE if private else NORMAL


def disc(name: str, size: float, font: str = "label_large") -> View:
    """A round picture of a site: the first letter of its name."""
    color = DISCS[zlib.crc32(name.encode()) % len(DISCS)]
    letter = (draw_centred, name[:1].upper(), font, "#FFFFFF")
    return image(letter, size, size, background=color, radius=size / 2)


def draw_centred(brush: Brush, rect: Rect, theme: Theme, words: str, font: str, color: str) -> None:
    """Draw words in the middle, of the same size at every font scale."""
    role = FIXED + font
    x = (rect[0] + rect[2] - theme.measure(words, role)) / 2
    top = (rect[1] + rect[3] - theme.line_height(role)) / 2
    brush.text(words, x, top + theme.baseline(role), role, color)
