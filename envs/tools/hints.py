"""Type hints as JSON Schema, and plain data for JSON from the objects that tools return."""

import inspect
import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from palaestra.data.errors import InputError
from palaestra.envs.tools.docstrings import field_texts, sections

PRIMITIVES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
UNIONS = (Union, types.UnionType)
QUALIFIERS = (Annotated, Required, NotRequired)
UNREADABLE = (NameError, SyntaxError, TypeError, AttributeError, ValueError)
"""What evaluating a hint that is written as text can raise."""


def schema_of(hint: Any, where: str, inside: tuple[Any, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of a type hint.

    Args:
        hint: see ``spec``.
        where: what has the hint, for the message.
        inside: dataclasses and dicts that contain it.

    Raises:
        InputError: it has no schema, or contains itself.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if origin in QUALIFIERS:
        text = next((part for part in parts[1:] if isinstance(part, str)), "")
        return schema_of(parts[0], where, inside) | ({"description": text} if text else {})
    if origin is Literal:
        return _enumeration(list(parts), f"{where}: {hint}")
    if primitive := next((name for kind, name in PRIMITIVES.items() if hint is kind), "null" if hint is None else ""):
        return {"type": primitive}
    if origin in UNIONS:
        return _union([schema_of(part, where, inside) for part in parts])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration([member.value for member in hint], f"{where}: {hint.__name__}")
    if origin in (list, Sequence) or hint is list:
        return {"type": "array", "items": schema_of(parts[0], where, inside) if parts else {}}
    if origin is tuple:
        return _tuple(parts, where, inside)
    if origin in (dict, Mapping) or hint is dict:
        if parts and parts[0] is not str:
            raise InputError(f"{where}: the keys of {hint} are no texts, as in JSON")
        return {"type": "object", "additionalProperties": schema_of(parts[1], where, inside) if parts else {}}
    if is_typeddict(hint) or (is_dataclass(hint) and isinstance(hint, type)):
        if hint in inside:
            raise InputError(f"{where}: {hint.__name__} contains itself, which has no schema here")
        return _record(hint, where, (*inside, hint))
    raise InputError(f"{where}: {hint!r} has no JSON Schema")


def _enumeration(values: list[Any], where: str) -> dict[str, Any]:
    """The schema of an enum or a ``Literal``."""
    is_json = all(type(value) in PRIMITIVES and (type(value) is not float or math.isfinite(value)) for value in values)
    if not values or not is_json:
        raise InputError(f"{where}: the values must be texts, numbers, truth values or None, as in JSON")
    named = {PRIMITIVES[type(value)] for value in values}
    return ({"type": named.pop()} if len(named) == 1 else {}) | {"enum": values}


def _union(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if all(part.keys() == {"type"} for part in parts):
        return {"type": [part["type"] for part in parts]}
    return {"anyOf": parts}


def _tuple(parts: tuple[Any, ...], where: str, inside: tuple[Any, ...]) -> dict[str, Any]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return {"type": "array", "items": schema_of(parts[0], where, inside)}
    prefix = {"prefixItems": [schema_of(part, where, inside) for part in parts]} if parts else {}
    return {"type": "array", **prefix, "items": False, "minItems": len(parts), "maxItems": len(parts)}


def record_hints(kind: Any, where: str) -> dict[str, Any]:
    """The hints of a dataclass or a ``TypedDict`` by the names that it is made from.

    Raises:
        InputError: a hint names something that isn't there.
    """
    try:
        hints = get_type_hints(kind, include_extras=True)
    except UNREADABLE as error:
        raise InputError(f"{where}: a hint of {kind.__name__} can't be read: {error}") from None
    if is_typeddict(kind):
        return hints
    return {field.name: hints[field.name] for field in fields(kind) if field.init}


def _record(kind: Any, where: str, inside: tuple[Any, ...]) -> dict[str, Any]:
    """The schema of a dataclass or a ``TypedDict``."""
    hints = record_hints(kind, where)
    documented = sections(inspect.getdoc(kind) or "").arguments
    if not hints.keys() <= documented.keys():
        documented = field_texts(kind) | documented
    if is_typeddict(kind):
        schema = object_schema(hints, documented, {}, where, inside)
        schema["required"] = [name for name, hint in hints.items() if _is_required(kind, name, hint)]
        return schema
    defaults = {}
    for field in fields(kind):
        made = field.default if field.default_factory is MISSING else field.default_factory()
        if field.init and made is not MISSING:
            defaults[field.name] = default_value(made, f"{where}: {field.name}")
    return object_schema(hints, documented, defaults, where, inside)


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    """Whether a ``TypedDict`` needs a key; its own list is wrong where hints are written as texts."""
    origin = get_origin(hint)
    return origin is Required or (origin is not NotRequired and name in kind.__required_keys__)


def default_value(value: Any, where: str) -> Any:
    """A default as plain data.

    Raises:
        InputError: it is not JSON.
    """
    try:
        return plain(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: the default {value!r} is not JSON") from None


def object_schema(
    hints: Mapping[str, Any],
    descriptions: Mapping[str, str],
    defaults: Mapping[str, Any],
    where: str,
    inside: tuple[Any, ...] = (),
) -> dict[str, Any]:
    """The schema of an object with these properties and no others; those without a default are required."""
    properties = {}
    for name, hint in hints.items():
        schema = schema_of(hint, f"{where}: {name}", inside)
        schema |= {"description": descriptions[name]} if name in descriptions else {}
        properties[name] = schema | ({"default": defaults[name]} if name in defaults else {})
    required = [name for name in hints if name not in defaults]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def plain(value: Any) -> Any:
    """A result as plain data for JSON: dataclasses as dicts, tuples as lists, enums as their values.

    Raises:
        ValueError: it has NaN or infinity, or two keys of a dict are the same text.
        TypeError: it has something else that is not JSON.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a result has NaN or infinity, which are no JSON numbers")
        return float(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        by_text = {str(name): plain(each) for name, each in value.items()}
        if len(by_text) < len(value):
            raise ValueError(f"a result has keys that are the same text in JSON: {', '.join(map(repr, value))}")
        return by_text
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise TypeError(f"a result has {type(value).__name__}, which is not JSON")
