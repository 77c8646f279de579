"""Quick checks of plain data by JSON Schema, for the schemas that type hints become.

jsonschema takes tens of microseconds for the simplest arguments; these checks take about one. They are one-sided: true
means that jsonschema accepts the data and that all numbers are finite, false means that jsonschema must be asked.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]

ANNOTATIONS = {"description", "default", "title", "examples"}
"""Keywords that restrict nothing."""
KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}


def quick_check(schema: Any) -> Check | None:
    """The quick check of a schema, None if it has keywords that are not known here."""
    if not isinstance(schema, Mapping):
        return None
    keywords = schema.keys() - ANNOTATIONS
    if not keywords:
        return _is_scalar
    if keywords == {"anyOf"}:
        return _any_of([quick_check(part) for part in schema["anyOf"]])
    if "enum" in keywords:
        return _enumeration(schema) if keywords <= {"type", "enum"} else None
    kind = schema.get("type")
    if isinstance(kind, list):
        rest = {name: part for name, part in schema.items() if name != "type"}
        return _any_of([quick_check(rest | {"type": each}) for each in kind])
    if kind == "object":
        return _object(schema, keywords)
    if kind == "array":
        return _array(schema, keywords)
    return SCALARS.get(kind) if isinstance(kind, str) and keywords == {"type"} else None


def kinds(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """The types that a schema names, None if it names none."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset([kind])
    if isinstance(kind, list):
        return frozenset(kind)
    if "enum" in schema:
        return frozenset(KINDS[type(value)] for value in schema["enum"])
    parts = [kinds(part) for part in schema.get("anyOf", ()) if isinstance(part, Mapping)]
    named = [part for part in parts if part is not None]
    return frozenset().union(*named) if parts and len(named) == len(parts) else None


def is_of(value: Any, named: frozenset[str]) -> bool:
    """Whether plain data is of one of the named types."""
    kind = KINDS[type(value)]
    if kind in named or (kind == "integer" and "number" in named):
        return True
    return kind == "number" and "integer" in named and value.is_integer()


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_scalar(value: Any) -> bool:
    return type(value) in (str, bool, type(None)) or _is_number(value)


SCALARS: dict[str, Check] = {
    "string": lambda value: type(value) is str,
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
    "number": _is_number,
}


def _any_of(checks: list[Check | None]) -> Check | None:
    known = [check for check in checks if check is not None]
    return (lambda value: any(check(value) for check in known)) if known else None


def _enumeration(schema: Mapping[str, Any]) -> Check | None:
    texts = frozenset(value for value in schema["enum"] if type(value) is str)
    if schema.get("type", "string") != "string":
        return None
    return lambda value: type(value) is str and value in texts


def _array(schema: Mapping[str, Any], keywords: set[str]) -> Check | None:
    if keywords == {"type", "items"}:
        each = quick_check(schema["items"])
        return each and (lambda value: type(value) is list and all(map(each, value)))
    if keywords == {"type", "prefixItems", "items", "minItems", "maxItems"} and schema["items"] is False:
        checks = [quick_check(part) for part in schema["prefixItems"]]
        known = [check for check in checks if check is not None]
        count = len(known)
        if not len(checks) == count == schema["minItems"] == schema["maxItems"]:
            return None
        return lambda value: (
            type(value) is list and len(value) == count and all(check(each) for check, each in zip(known, value))
        )
    return None


def _object(schema: Mapping[str, Any], keywords: set[str]) -> Check | None:
    if keywords - {"type", "properties", "required", "additionalProperties"} or "additionalProperties" not in keywords:
        return None
    more = schema["additionalProperties"]
    other = quick_check(more) if more is not False else None
    known = {name: quick_check(part) for name, part in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))

    def check(value: Any) -> bool:
        if type(value) is not dict or not required <= value.keys():
            return False
        for name, each in value.items():
            part = known.get(name, other)
            if part is None or not part(each):
                return False
        return True

    return check
