"""Random turns, for agents that act randomly and for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.spec import ToolSpec

ANSWER_SHARE = 0.05
WORDS = ("", "1", "42", "pen", "north", "Anna", "a.txt", "total", "*", "2026-01-05", "SELECT 1", "print(1)")


def random_turn(random: np.random.Generator, specs: Sequence[ToolSpec]) -> Turn:
    """A call of a random tool with random arguments of its schema; with ``ANSWER_SHARE``, an answer."""
    if random.random() < ANSWER_SHARE:
        return Turn(_word(random))
    spec = specs[int(random.integers(len(specs)))]
    return Turn("", (ToolCall("", spec.name, random_value(random, spec.parameters, spec.parameters)),))


def random_value(random: np.random.Generator, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """A random value that a schema admits; ``root`` holds its ``$defs``."""
    if "$ref" in schema:
        return random_value(random, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][int(random.integers(len(schema["enum"])))]
    if "const" in schema:
        return schema["const"]
    if options := schema.get("anyOf"):
        return random_value(random, options[int(random.integers(len(options)))], root)
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        kind = kind[int(random.integers(len(kind)))]
    if kind == "object":
        required = schema.get("required", ())
        parts = schema.get("properties", {}).items()
        return {
            name: random_value(random, part, root) for name, part in parts if name in required or random.random() < 0.5
        }
    if kind == "array":
        count = int(random.integers(schema.get("minItems", 0), schema.get("maxItems", 3) + 1))
        return [random_value(random, schema.get("items", {}), root) for _ in range(count)]
    return _leaf(random, kind)


def _leaf(random: np.random.Generator, kind: str) -> Any:
    if kind == "integer":
        return int(random.integers(-2, 20))
    if kind == "number":
        return round(float(random.normal(5, 10)), 2)
    if kind == "boolean":
        return bool(random.integers(2))
    return None if kind == "null" else _word(random)


def _word(random: np.random.Generator) -> str:
    return WORDS[int(random.integers(len(WORDS)))]
