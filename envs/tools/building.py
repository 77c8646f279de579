"""Plain data, as they come from JSON, as the objects that type hints ask for."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin, is_typeddict

from palaestra.envs.tools.fits import Check, quick_check
from palaestra.envs.tools.hints import QUALIFIERS, UNIONS, record_hints, schema_of

Builder = Callable[[Any], Any]


def builder(hint: Any, where: str) -> Builder | None:
    """How data that fit the hint's schema become what the hint says; None if they are it already.

    Dataclasses, enums and tuples are made; in JSON, 2 is a number and 2.0 an integer, so both become the hint's type.

    Args:
        hint: has a schema, see ``hints.schema_of``.
        where: what has the hint, for messages.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin in QUALIFIERS:
        return builder(parts[0], where)
    if hint is int or hint is float:
        return _whole if hint is int else _real
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if origin is Literal:
        return None if all(isinstance(part, str) for part in parts) else functools.partial(_literal, parts)
    if origin in UNIONS:
        return _union(parts, where)
    if origin is tuple:
        return _tuple(parts, where)
    if origin in (list, Sequence) and parts:
        return _list(builder(parts[0], where))
    if origin in (dict, Mapping) and parts:
        return _dict(builder(parts[1], where))
    if is_typeddict(hint) or (is_dataclass(hint) and isinstance(hint, type)):
        return _record(hint, where)
    return None


def _whole(value: Any) -> int:
    return value if type(value) is int else int(value)


def _real(value: Any) -> float:
    return value if type(value) is float else float(value)


def _literal(members: tuple[Any, ...], value: Any) -> Any:
    """The member that equals the value, where True is not 1."""
    return next(each for each in members if each == value and isinstance(each, bool) == isinstance(value, bool))


def _list(build: Builder | None) -> Builder | None:
    return build and (lambda value: [build(each) for each in value])


def _dict(build: Builder | None) -> Builder | None:
    return build and (lambda value: {name: build(each) for name, each in value.items()})


def _tuple(parts: tuple[Any, ...], where: str) -> Builder:
    if len(parts) == 2 and parts[1] is Ellipsis:
        each = builder(parts[0], where)
        return (lambda value: tuple(map(each, value))) if each else tuple
    builders = [builder(part, where) for part in parts]
    return lambda value: tuple(build(part) if build else part for build, part in zip(builders, value, strict=True))


def _record(kind: Any, where: str) -> Builder | None:
    built = {name: builder(hint, where) for name, hint in record_hints(kind, where).items()}
    builders = {name: build for name, build in built.items() if build}
    if not builders and is_typeddict(kind):
        return None
    return lambda value: kind(
        **{name: builders[name](part) if name in builders else part for name, part in value.items()}
    )


def _union(parts: tuple[Any, ...], where: str) -> Builder | None:
    """By the first hint whose schema the value fits: 2.0 is a float, not an int, if the union has both."""
    builders = [builder(part, where) for part in parts]
    if not any(builders):
        return None
    schemas = [schema_of(part, where) for part in parts]
    quick = [quick_check(schema) for schema in schemas]

    @functools.cache
    def exact() -> list[Check]:
        from jsonschema import Draft202012Validator

        return [Draft202012Validator(schema).is_valid for schema in schemas]

    def build(value: Any) -> Any:
        for check, make in zip(quick, builders):
            if check is not None and check(value):
                return make(value) if make else value
        for check, make in zip(exact(), builders):
            if check(value):
                return make(value) if make else value
        raise ValueError(f"{where}: {value!r} fits none of {', '.join(map(str, parts))}")

    return build
