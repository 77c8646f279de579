"""JSON as agents write it: read strictly, with a reason for whatever can't be read, and without any exception."""

import json
import math
from typing import Any

MAX_DEPTH = 100
"""Nesting of a call's arguments, which are 1 deep if none is a list or a dict."""


class Problem:
    """Why a text is no JSON, for the agent.

    Attributes:
        reason: what is wrong.
    """

    def __init__(self, reason: str):
        self.reason = reason


def json_value(text: str, around: int = 0) -> Any:
    """The value that a text is in JSON, or a ``Problem``; NaN and numbers beyond a double's range are no JSON.

    Args:
        text: of the value.
        around: how much deeper it may be nested than a call's arguments, of which it is a part or which it contains.
    """
    try:
        value = DECODER.decode(text)
    except RecursionError:
        return Problem("the JSON is nested too deeply")
    except ValueError as error:  # also of an integer with thousands of digits
        return Problem(f"broken JSON: {error}")
    return Problem(f"arguments are nested more than {MAX_DEPTH} deep") if is_deep(value, MAX_DEPTH + around) else value


def is_deep(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether lists and dicts are nested deeper than that; a list of numbers is 1 deep."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(depth):
        if not level:
            return False
        parts = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
        level = [part for part in parts if isinstance(part, dict | list)]
    return bool(level)


def is_finite(value: Any) -> bool:
    """Whether all numbers in plain data are JSON's: neither NaN nor infinity."""
    rest = [value]
    while rest:
        value = rest.pop()
        if isinstance(value, float):
            if not math.isfinite(value):
                return False
        elif isinstance(value, dict):
            rest.extend(value.values())
        elif isinstance(value, list | tuple):
            rest.extend(value)
    return True


def tagless(value: Any) -> str:
    """JSON in which no tag of a codec or of a chat template can occur: ``<`` is escaped.

    Raises:
        ValueError: a number is NaN, infinite, or has more digits than Python writes (4300).
    """
    return ENCODER.encode(value).replace("<", "\\u003c")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is beyond the range of numbers")
    return value


DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite_float)
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
