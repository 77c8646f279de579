"""What makes the web harder: each obstacle is a knob that can be turned alone."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from palaestra.data.errors import InputError


class Knob(NamedTuple):
    """An obstacle.

    Attributes:
        paper: its value in the preset ``paper``, the default.
        hard: its value in the preset ``hard``.
        high: the largest value; 0 is off.
        whole: whether only whole numbers make sense.
        meaning: of the value.
    """

    paper: float
    hard: float
    high: float
    whole: bool
    meaning: str


KNOBS: Mapping[str, Knob] = MappingProxyType(
    {
        "cookies": Knob(1, 1, 1, True, "a wall asks for consent to cookies on the first visit of a host"),
        "sponsored": Knob(1, 2, 4, True, "sponsored results before the first result that is not"),
        "popup": Knob(0, 0.5, 1, False, "share of hosts that offer a newsletter over the page"),
        "slow": Knob(0, 0.25, 1, False, "share of pages that are blank for seconds"),
        "captcha": Knob(0, 0.25, 1, False, "share of hosts that first ask whether the visitor is human"),
        "missing": Knob(0, 0.1, 1, False, "share of pages below a site's first that are not found until loaded again"),
        "dark": Knob(0, 1, 1, True, "the phone's dark theme"),
        "font": Knob(0, 0.3, 1, False, "added to the phone's font scale of 1"),
        "layout": Knob(0, 2, 3, True, "variant of the sites' layout"),
        "language": Knob(0, 0, 1, True, "language of the sites: 0 English, 1 Spanish"),
    }
)
PRESETS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "none": dict.fromkeys(KNOBS, 0),
        "paper": {name: knob.paper for name, knob in KNOBS.items()},
        "hard": {name: knob.hard for name, knob in KNOBS.items()},
    }
)


def knobs_of(web: str | Mapping[str, float]) -> dict[str, float]:
    """All knobs.

    Args:
        web: the name of a preset, or the knobs that are on; all others are then off.

    Raises:
        InputError: there is no such preset or knob, or a value is out of range.
    """
    if isinstance(web, str):
        if web not in PRESETS:
            raise InputError(f"web {web!r}: must be one of {', '.join(PRESETS)}, or knobs by name")
        return dict(PRESETS[web])
    if not isinstance(web, Mapping):
        raise InputError(f"web {web!r}: must be one of {', '.join(PRESETS)}, or knobs by name")
    for name, value in web.items():
        _check(name, value)
    return dict(PRESETS["none"]) | dict(web)


def _check(name: object, value: object) -> None:
    """Check one knob."""
    knob = KNOBS.get(name) if isinstance(name, str) else None
    if knob is None:
        similar = difflib.get_close_matches(str(name), KNOBS, n=1)
        hint = f"; did you mean {similar[0]}?" if similar else ""
        raise InputError(f"web: no knob {name!r} ({', '.join(KNOBS)}){hint}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= knob.high:
        raise InputError(f"web: {name} {value!r} must be a number from 0 to {knob.high:g}: {knob.meaning}")
    if knob.whole and value != int(value):
        raise InputError(f"web: {name} {value!r} must be a whole number: {knob.meaning}")
