"""Ranges of hyperparameters, declared as annotations of their fields: ``discount: Share = 0.99``."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from palaestra.data.errors import InputError


@dataclass(frozen=True)
class Range:
    """The finite numbers from ``low`` to ``high``.

    Attributes:
        low: lower bound.
        high: upper bound.
        above: whether ``low`` itself is excluded.
        below: whether ``high`` itself is excluded.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, number: float) -> bool:
        high_enough = self.low < number if self.above else self.low <= number
        low_enough = number < self.high if self.below else number <= self.high
        return high_enough and low_enough and math.isfinite(number)

    def __str__(self) -> str:
        if math.isfinite(self.low) and math.isfinite(self.high) and not (self.above or self.below):
            return f"from {self.low:g} to {self.high:g}"
        bounds = [f"{'above' if self.above else 'at least'} {self.low:g}"] if math.isfinite(self.low) else []
        bounds += [f"{'below' if self.below else 'at most'} {self.high:g}"] if math.isfinite(self.high) else []
        return " and ".join(bounds) or "finite"


@dataclass(frozen=True)
class Ascending:
    """Two numbers in ascending order."""


Number = Annotated[float, Range()]
"""Any finite number."""
NotNegative = Annotated[float, Range(0)]
"""A number of at least 0, such as a step size or the standard deviation of noise."""
Positive = Annotated[float, Range(0, above=True)]
"""A number above 0, such as a divisor."""
Share = Annotated[float, Range(0, 1)]
"""A number from 0 to 1, such as a discount factor or a Polyak rate."""
BelowOne = Annotated[float, Range(0, 1, below=True)]
"""A number from 0 to below 1, such as a dropout rate or the weight of the past in a moving average."""
Integer = Annotated[int, Range()]
"""Any integer."""
CountFromZero = Annotated[int, Range(0)]
"""An integer of at least 0."""
Count = Annotated[int, Range(1)]
"""An integer of at least 1, such as a width or a period."""
GroupSize = Annotated[int, Range(2)]
"""An integer of at least 2, such as a number of samples that are compared with each other."""
Interval = Annotated[tuple[Number, Number], Ascending()]
"""A lower and a higher number."""


def check(config: Any) -> None:
    """Check the values of a dataclass of hyperparameters or options against its fields' annotations.

    Raises:
        InputError: a number is out of its range; the message names its flag.
    """
    hints = _hints(config.__class__)
    for field in fields(config):
        hint, value = hints[field.name], getattr(config, field.name)
        numbers = list(_numbers(hint, value))
        faults = [
            str(allowed) if math.isfinite(number) else "finite" for number, allowed in numbers if number not in allowed
        ]
        if not faults and Ascending() in getattr(hint, "__metadata__", ()) and value[0] >= value[1]:
            faults = ["a lower and a higher number"]
        if faults:
            values = " ".join(str(number) for number, _ in numbers)
            raise InputError(f"--{field.name.replace('_', '-')} must be {faults[0]}, got {values}")


@cache
def _hints(config: type) -> dict[str, Any]:
    return get_type_hints(config, include_extras=True)


def _numbers(hint: Any, value: Any) -> Iterator[tuple[float, Range]]:
    """The numbers in a field's value, each with the range that the field's annotation declares for it."""
    declared = [extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Range)]
    if declared and _is_number(value):
        yield value, declared[0]
    elif get_origin(hint) is Annotated:
        yield from _numbers(hint.__origin__, value)
    elif get_origin(hint) is tuple and isinstance(value, tuple):
        first, *rest = get_args(hint)
        for inner, item in zip([first] * len(value) if rest == [...] else [first, *rest], value):
            yield from _numbers(inner, item)
    elif hint in (int, float) and _is_number(value):
        yield value, Range()
    else:  # a union; None has no numbers
        for option in get_args(hint):
            yield from _numbers(option, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
