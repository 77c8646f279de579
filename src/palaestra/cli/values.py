"""How the command line reads numbers and paths: ``1e6`` is an integer, and ``~`` is the home folder."""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from palaestra.data.errors import InputError

LARGEST_EXPONENT = 18
"""Integers are below 10 to the power of one more."""
VALUES = ConstructorRegistry()
"""Rules of all verbs, for use as a context around tyro."""


def integer(text: str) -> int:
    """An integer written as ``1000000``, ``1_000_000`` or ``1e6``.

    Raises:
        ValueError: it is none.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT or number != number.to_integral_value():
        raise ValueError(f"{text!r} is not an integer, such as 20000, 20_000 or 2e4")
    return int(number)


def json_object(flag: str, text: str, example: str) -> dict[str, Any]:
    """The JSON object that a flag has as its value.

    Raises:
        InputError: it is none.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{flag} {text!r} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{flag} {text!r}: must be a JSON object, such as '{example}'")
    return value


@VALUES.primitive_rule
def _integers(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    return _one_word("INT", integer, int) if info.type is int else None


@VALUES.primitive_rule
def _paths(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    return _one_word("PATH", lambda text: Path(text).expanduser(), Path) if info.type is Path else None


def _one_word(metavar: str, read: Any, kind: type) -> PrimitiveConstructorSpec[Any]:
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: read(words[0]),
        is_instance=lambda value: isinstance(value, kind),
        str_from_instance=lambda value: [str(value)],
    )
