"""awk's values: numbers, texts and what compares as either, with its arithmetic and functions of numbers."""

import math
import re
from collections.abc import Callable
from typing import Any

LEADING = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Field(str):
    """A text from the input: it compares as a number if it looks like one."""

    __slots__ = ()


Value = str | float | None
"""A value; None: a variable that was never set."""


def number(value: Value) -> float:
    """A value as a number: what it begins with, or 0."""
    if isinstance(value, float):
        return value
    match = LEADING.match(value or "")
    try:
        return float(match[0]) if match else 0.0
    except OverflowError:
        return math.inf


def looks_numeric(value: Value) -> bool:
    """Whether it compares as a number."""
    if value is None or isinstance(value, float):
        return True
    match = LEADING.match(value) if isinstance(value, Field) else None
    return match is not None and not value[match.end() :].strip()


def between(separator: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text between matches that are not empty; groups of the separator are no parts."""
    parts, at = [], 0
    for match in separator.finditer(text):
        if match[0]:
            parts.append(text[at : match.start()])
            at = match.end()
    return [*parts, text[at:]]


def part(text: str, start: float, length: float) -> str:
    """``substr``: characters from ``start`` (1 is the first), rounded as POSIX says."""
    if math.isnan(start) or math.isnan(length):
        return ""
    first = max(start, -1e9) if math.isfinite(start) else (1e9 if start > 0 else -1e9)
    low = math.floor(first + 0.5)
    high = low + math.floor(min(max(length, -1e9), 2e9) + 0.5) if math.isfinite(length) else len(text) + 1
    return text[max(low, 1) - 1 : max(high, 1) - 1]


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC: dict[str, Callable[[float, float], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "^": lambda a, b: a**b,
}
NUMERIC: dict[str, Callable[..., float]] = {
    "int": lambda a: float(math.trunc(a)) if math.isfinite(a) else a,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": lambda a: math.log(a) if a else -math.inf,
    "sin": math.sin,
    "cos": math.cos,
    "atan2": math.atan2,
}
