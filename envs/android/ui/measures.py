"""Dp as whole px, remembered."""

from typing import Any

from palaestra.envs.android.ui.view import Bounds


class Pixels(dict):
    """Dp -> px, remembered."""

    def __init__(self, scale: float):
        super().__init__()
        self.scale = scale

    def __missing__(self, dp: float) -> int:
        px = self[dp] = int(dp * self.scale + 0.5)
        return px


class Sides(dict):
    """Padding or margin as written (one number, two, or four) -> px (left, top, right, bottom), remembered."""

    def __init__(self, px: Pixels):
        super().__init__()
        self.px = px

    def __missing__(self, spacing: Any) -> Bounds:
        if not isinstance(spacing, tuple):
            written = (spacing,) * 4
        else:
            written = spacing * 2 if len(spacing) == 2 else spacing
        sides = self[spacing] = tuple(self.px[side] for side in written)
        return sides


_MEASURES: dict[float, tuple[Pixels, Sides]] = {}


def measures_of(scale: float) -> tuple[Pixels, Sides]:
    """The measures of a theme with so many px per dp."""
    if scale not in _MEASURES:
        px = Pixels(scale)
        _MEASURES[scale] = px, Sides(px)
    return _MEASURES[scale]
