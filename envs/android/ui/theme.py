"""The theme of a stock Material 3 phone: colours, type, icons and text metrics.

Colours and type sizes are the public Material 3 tokens (m3.material.io), in the blue of a phone out of the box. Text is
measured at the logical resolution with unhinted linear metrics, so that one layout serves every render size.
"""

import functools
from typing import NamedTuple

from palaestra.data.errors import InputError
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui import shaping
from palaestra.envs.android.ui.fonts import BOX, EMOJI_ICON, INVISIBLE, ROBOTO, SHAPED, character

ELLIPSIS = "…"
FIXED = "fixed "
"""Before the name of a type role: text of controls of a given size, which doesn't follow the font scale."""


class Role(NamedTuple):
    """A type role: glyph size and line height in sp, and the weight (300, 400, 500 or 700)."""

    size: float
    weight: int
    line: float


FONTS: dict[str, Role] = {
    "display_huge": Role(80, 300, 88),
    "display_large": Role(57, 400, 64),
    "display_medium": Role(45, 400, 52),
    "display_small": Role(36, 400, 44),
    "headline_large": Role(32, 400, 40),
    "headline_medium": Role(28, 400, 36),
    "headline_small": Role(24, 400, 32),
    "title_large": Role(22, 400, 28),
    "title_medium": Role(16, 500, 24),
    "title_small": Role(14, 500, 20),
    "body_large": Role(16, 400, 24),
    "body_medium": Role(14, 400, 20),
    "body_small": Role(12, 400, 16),
    "label_large": Role(14, 500, 20),
    "label_medium": Role(12, 500, 16),
    "label_small": Role(11, 500, 16),
}

_LIGHT = {
    "primary": "#0B57D0",
    "on_primary": "#FFFFFF",
    "primary_container": "#D3E3FD",
    "on_primary_container": "#0842A0",
    "secondary": "#00639B",
    "on_secondary": "#FFFFFF",
    "secondary_container": "#C2E7FF",
    "on_secondary_container": "#004A77",
    "tertiary": "#146C2E",
    "on_tertiary": "#FFFFFF",
    "tertiary_container": "#C4EED0",
    "on_tertiary_container": "#0F5223",
    "error": "#B3261E",
    "on_error": "#FFFFFF",
    "error_container": "#F9DEDC",
    "on_error_container": "#8C1D18",
    "background": "#F8FAFD",
    "on_background": "#1F1F1F",
    "surface": "#F8FAFD",
    "on_surface": "#1F1F1F",
    "surface_variant": "#E1E3E1",
    "on_surface_variant": "#444746",
    "surface_dim": "#D3DBE5",
    "surface_bright": "#FFFFFF",
    "surface_container_lowest": "#FFFFFF",
    "surface_container_low": "#F3F6FC",
    "surface_container": "#F0F4F9",
    "surface_container_high": "#E9EEF6",
    "surface_container_highest": "#DDE3EA",
    "outline": "#747775",
    "outline_variant": "#C4C7C5",
    "inverse_surface": "#303030",
    "inverse_on_surface": "#F2F2F2",
    "inverse_primary": "#A8C7FA",
    "scrim": "#000000",
    "shadow": "#000000",
}
_DARK = {
    "primary": "#A8C7FA",
    "on_primary": "#062E6F",
    "primary_container": "#0842A0",
    "on_primary_container": "#D3E3FD",
    "secondary": "#7FCFFF",
    "on_secondary": "#003355",
    "secondary_container": "#004A77",
    "on_secondary_container": "#C2E7FF",
    "tertiary": "#6DD58C",
    "on_tertiary": "#0A3818",
    "tertiary_container": "#0F5223",
    "on_tertiary_container": "#C4EED0",
    "error": "#F2B8B5",
    "on_error": "#601410",
    "error_container": "#8C1D18",
    "on_error_container": "#F9DEDC",
    "background": "#131314",
    "on_background": "#E3E3E3",
    "surface": "#131314",
    "on_surface": "#E3E3E3",
    "surface_variant": "#444746",
    "on_surface_variant": "#C4C7C5",
    "surface_dim": "#131314",
    "surface_bright": "#37393B",
    "surface_container_lowest": "#0E0E0E",
    "surface_container_low": "#1B1B1B",
    "surface_container": "#1E1F20",
    "surface_container_high": "#282A2C",
    "surface_container_highest": "#333537",
    "outline": "#8E918F",
    "outline_variant": "#444746",
    "inverse_surface": "#E3E3E3",
    "inverse_on_surface": "#303030",
    "inverse_primary": "#0B57D0",
    "scrim": "#000000",
    "shadow": "#000000",
}
COLORS = {"light": _LIGHT, "dark": _DARK}

_ASCENT, _DESCENT = 1900 / 2048, 500 / 2048  # of Roboto, in em
_BREAK_AFTER = frozenset(" \t-/\u200b–—")


class Run(NamedTuple):
    """A run of characters drawn by one font, and where it starts, px."""

    face: int
    text: str
    x: float
    width: float


class Theme:
    """One look: light or dark, at one font scale and one logical density. Make it with ``theme``, which shares them.

    Attributes:
        name: ``"light"`` or ``"dark"``.
        scale: logical px per dp.
        text_scale: logical px per sp.
    """

    def __init__(self, name: str, font_scale: float, density: int):
        if name not in COLORS:
            raise InputError(f"theme {name!r}: light or dark")
        self.name = name
        self.font_scale = font_scale
        self.density = density
        self.scale = density / 160
        self.text_scale = self.scale * font_scale
        self._colors: dict[str, int] = {}
        self._fixed: dict[str, Role] = {}
        for method in ("measure", "breaks", "text_size", "ellipsize", "runs", "_paragraph"):  # bound: freed with it
            setattr(self, method, functools.lru_cache(maxsize=1 << 13)(getattr(self, method)))

    def px(self, dp: float) -> int:
        """``dp`` in whole logical px."""
        return int(dp * self.scale + 0.5)

    def color(self, token: str) -> int:
        """A colour as the integer 0xAARRGGBB: a token of ``COLORS``, ``#RRGGBB`` or ``#AARRGGBB``.

        ``token:0.38`` is the token with that opacity.

        Raises:
            InputError: there is no such token.
        """
        color = self._colors.get(token)
        if color is None:
            color = self._colors[token] = self._parse(token)
        return color

    def _parse(self, token: str) -> int:
        base, _, opacity = token.partition(":")
        text = COLORS[self.name].get(base, base)
        if not text.startswith("#") or len(text) not in (7, 9):
            raise InputError(f"no colour named {token!r}")
        value = int(text[1:], 16) | (0xFF000000 if len(text) == 7 else 0)
        if opacity:
            value = (value & 0xFFFFFF) | (round(float(opacity) * (value >> 24)) << 24)
        return value

    def role(self, name: str) -> Role:
        """Sizes of a type role; after ``FIXED`` those that give the same px at every font scale.

        Raises:
            InputError: there is no such role.
        """
        role = FONTS.get(name) or self._fixed.get(name)
        if role is None and name.startswith(FIXED):
            size, weight, line = self.role(name.removeprefix(FIXED))
            role = self._fixed[name] = Role(size / self.font_scale, weight, line / self.font_scale)
        if role is None:
            raise InputError(f"no type role named {name!r}")
        return role

    def line_height(self, role: str) -> int:
        """Height of one line, logical px."""
        return int(self.role(role).line * self.text_scale + 0.5)

    def baseline(self, role: str) -> float:
        """From the top of a line to its baseline, logical px."""
        kind = self.role(role)
        size = kind.size * self.text_scale
        return (self.line_height(role) + (_ASCENT - _DESCENT) * size) / 2

    def measure(self, text: str, role: str) -> int:
        """Width of ``text`` on one line, logical px, rounded up. Cached."""
        return -int(-self._width(text, role) // 1)

    def _width(self, text: str, role: str) -> float:
        kind = self.role(role)
        weight = kind.weight
        if shaping.is_special(text):
            return sum(run.width for run in self.runs(text, role))
        return sum(character(char, weight)[1] for char in text) * kind.size * self.text_scale

    def runs(self, text: str, role: str) -> tuple[Run, ...]:
        """``text`` as runs of one font each, left to right. Cached."""
        kind = self.role(role)
        em = kind.size * self.text_scale
        if shaping.is_special(text):
            return self._shaped_runs(text, kind.weight, em)
        runs: list[Run] = []
        face, start, x, at = -1, 0, 0.0, 0.0
        for index, char in enumerate(text):
            new, advance = character(char, kind.weight)
            if char in INVISIBLE:  # stays with whatever it follows
                new = face if face >= 0 else ROBOTO
            if (new != face or new in (EMOJI_ICON, BOX)) and index > start:
                runs.append(Run(face, text[start:index], x, at - x))
                start, x = index, at
            face = new
            at += advance * em
        if text:
            runs.append(Run(face, text[start:], x, at - x))
        return tuple(run for run in runs if run.width)

    def _shaped_runs(self, text: str, weight: int, em: float) -> tuple[Run, ...]:
        """``runs`` of a text with characters that may have to be shaped."""
        runs: list[Run] = []
        x = 0.0
        for face, piece in shaping.pieces(text, weight):
            if face == SHAPED:
                width = shaping.shaped(piece, weight, em).width
            else:
                width = sum(character(char, weight)[1] for char in piece) * em
            if width:
                runs.append(Run(face, piece, x, width))
            x += width
        return tuple(runs)

    def breaks(self, text: str, role: str, width: int) -> list[tuple[int, int]]:
        """Spans (start, end) of the lines of ``text`` in a column of ``width`` logical px. Cached: don't change it.

        A span holds the spaces at which its line was broken, but not the newline; an empty text is one empty line.
        """
        spans: list[tuple[int, int]] = []
        start = 0
        for paragraph in text.split("\n"):
            spans += [(start + first, start + last) for first, last in self._paragraph(paragraph, role, width)]
            start += len(paragraph) + 1
        return spans

    def _paragraph(self, text: str, role: str, width: int) -> list[tuple[int, int]]:
        kind = self.role(role)
        if self.measure(text, role) <= width:
            return [(0, len(text))]
        room = width / (kind.size * self.text_scale)
        spans: list[tuple[int, int]] = []
        start, last, at, at_last = 0, 0, 0.0, 0.0  # last: the newest place to break after; at: em since start
        for index, char in enumerate(text):
            advance = character(char, kind.weight)[1]
            at += advance
            if at > room and char not in " \t" and index > start:
                if last <= start:
                    last, at_last = index, at - advance
                spans.append((start, last))
                start, at = last, at - at_last
            if char in _BREAK_AFTER or char >= "\u2e80":
                last, at_last = index + 1, at
        return [*spans, (start, len(text))]

    def text_size(self, text: str, role: str, width: int, lines: int = 0) -> tuple[int, int]:
        """(width, height) in logical px of ``text`` wrapped into ``width``, ``lines`` lines at most (0: any)."""
        spans = self.breaks(text, role, width)
        visible = spans[:lines] if lines else spans
        widest = max(self.measure(text[start:end].rstrip(" "), role) for start, end in visible)
        if len(visible) < len(spans):
            widest = width
        return min(widest, width), len(visible) * self.line_height(role)

    def ellipsize(self, text: str, role: str, width: int) -> str:
        """``text`` on one line, cut with an ellipsis where ``width`` logical px are too few. Cached."""
        if self.measure(text, role) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self._width(text[:middle].rstrip() + ELLIPSIS, role) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + ELLIPSIS


@functools.lru_cache(maxsize=64)
def theme(name: str = "light", font_scale: float = 1.0, density: int = 420) -> Theme:
    """The theme with these properties; cached and shared."""
    return Theme(name, font_scale, density)


def theme_of(phone: Phone) -> Theme:
    """The theme of a phone according to its settings."""
    settings = phone.settings
    scale = settings.number("system", "font_scale", 1.0)
    return _chosen(settings.is_dark, scale, phone.density)


@functools.lru_cache(maxsize=64)
def _chosen(dark: bool, scale: float, density: int) -> Theme:
    """The theme by the settings' numbers, limited to what a phone offers."""
    return theme("dark" if dark else "light", min(max(scale, 0.5), 2.0), density)
