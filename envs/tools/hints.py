"""Type hints as JSON Schema, and plain data as the objects that hints ask for."""

import inspect
import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
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
from palaestra.envs.tools.docstrings import sections

PRIMITIVES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
UNIONS = (Union, types.UnionType)


@dataclass(frozen=True)
class Build:
    """A parameter's hint."""

    hint: Any

    @property
    def is_plain(self) -> bool:
        """Whether its values are plain data as they come from JSON."""
        return _is_plain(self.hint)


def schema_of(hint: Any, where: str, inside: tuple[Any, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of a type hint.

    Args:
        hint: see the module.
        where: what has the hint, for the message.
        inside: dataclasses and dicts that contain it.

    Raises:
        InputError: it has no schema, or contains itself.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in PRIMITIVES or hint is None:
        return {"type": PRIMITIVES[type(None) if hint is None else hint]}
    if origin in (Annotated, Required, NotRequired):
        text = next((part for part in parts[1:] if isinstance(part, str)), "")
        return schema_of(parts[0], where, inside) | ({"description": text} if text else {})
    if origin is Literal:
        return _enumeration(list(parts))
    if origin in UNIONS:
        return _union([schema_of(part, where, inside) for part in parts])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration([member.value for member in hint])
    if origin in (list, Sequence) or hint is list:
        return {"type": "array", "items": schema_of(parts[0], where, inside) if parts else {}}
    if origin is tuple:
        return _tuple(parts, where, inside)
    if origin in (dict, Mapping) or hint is dict:
        if parts and parts[0] is not str:
            raise InputError(f"{where}: the keys of {hint} are no texts, as in JSON")
        return {"type": "object", "additionalProperties": schema_of(parts[1], where, inside) if parts else {}}
    if is_dataclass(hint) or is_typeddict(hint):
        if hint in inside:
            raise InputError(f"{where}: {hint.__name__} contains itself, which has no schema here")
        return _record(hint, where, (*inside, hint))
    raise InputError(f"{where}: {hint!r} has no JSON Schema")


def _enumeration(values: list[Any]) -> dict[str, Any]:
    kinds = {PRIMITIVES.get(type(value)) for value in values}
    return ({"type": kinds.pop()} if len(kinds) == 1 and None not in kinds else {}) | {"enum": values}


def _union(parts: list[dict[str, Any]]) -> dict[str, Any]:
    if all(part.keys() == {"type"} for part in parts):
        return {"type": [part["type"] for part in parts]}
    return {"anyOf": parts}


def _tuple(parts: tuple[Any, ...], where: str, inside: tuple[Any, ...]) -> dict[str, Any]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return {"type": "array", "items": schema_of(parts[0], where, inside)}
    prefix = [schema_of(part, where, inside) for part in parts]
    return {"type": "array", "prefixItems": prefix, "items": False, "minItems": len(parts), "maxItems": len(parts)}


def _record(kind: Any, where: str, inside: tuple[Any, ...]) -> dict[str, Any]:
    """The schema of a dataclass or a ``TypedDict``."""
    documented = sections(inspect.getdoc(kind) or "").arguments
    hints = get_type_hints(kind, include_extras=True)
    if is_typeddict(kind):
        schema = object_schema(hints, documented, {}, where, inside)
        schema["required"] = [name for name in hints if name in kind.__required_keys__]
        return schema
    own = {field.name: field for field in fields(kind) if field.init}
    defaults = {name: plain(field.default) for name, field in own.items() if field.default is not MISSING}
    made = {name: plain(field.default_factory()) for name, field in own.items() if field.default_factory is not MISSING}
    return object_schema({name: hints[name] for name in own}, documented, defaults | made, where, inside)


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


def _is_plain(hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal or hint is Any or hint is None or hint in PRIMITIVES:
        return hint is not float  # a whole number is a number in JSON
    if origin in (list, dict, Sequence, Mapping, *UNIONS):
        return all(map(_is_plain, parts))
    return hint in (list, dict) or is_typeddict(hint)


def built(hint: Any, value: Any) -> Any:
    """Plain data that fit a hint's schema, as the hint's objects."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Annotated, Required, NotRequired):
        return built(parts[0], value)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if origin in UNIONS:
        return _one_of(parts, value)
    if origin in (list, Sequence) and parts:
        return [built(parts[0], each) for each in value]
    if origin is tuple:
        kinds = [parts[0]] * len(value) if parts[1:] == (Ellipsis,) else parts
        return tuple(built(kind, each) for kind, each in zip(kinds, value, strict=True))
    if origin in (dict, Mapping) and parts:
        return {name: built(parts[1], each) for name, each in value.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        return hint(**{name: built(hints[name], each) for name, each in value.items()})
    return value


def _one_of(hints: Sequence[Any], value: Any) -> Any:
    """The value by the first hint of a union whose schema it fits."""
    from jsonschema import Draft202012Validator

    for hint in hints:
        if Draft202012Validator(schema_of(hint, "union")).is_valid(value):
            return built(hint, value)
    raise ValueError(f"{value!r} fits none of {hints}")


def plain(value: Any) -> Any:
    """A result as plain data for JSON: dataclasses as dicts, tuples as lists, enums as their values.

    Raises:
        ValueError: it has NaN or infinity.
        TypeError: it has something else that is not JSON.
    """
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a result has NaN or infinity, which are no JSON numbers")
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise TypeError(f"a result has {type(value).__name__}, which is not JSON")
