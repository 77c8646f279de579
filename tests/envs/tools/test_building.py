"""Plain data from JSON become what the hints say, to the type."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from palaestra.envs.tools.spec import ToolSpec


class Colour(Enum):
    RED = "red"


@dataclass
class Place:
    street: str
    zip: int = 0


class Note(TypedDict):
    text: str
    colour: NotRequired[Colour]


@pytest.mark.parametrize(
    ("hint", "value", "built"),
    [
        (int, 3.0, 3),
        (float, 3, 3.0),
        (int | float, 3.0, 3.0),
        (int | float, 3, 3),
        (int | None, None, None),
        (int | None, 3.0, 3),
        (list[int], [1.0], [1]),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (tuple[int, ...], [1, 2.0], (1, 2)),
        (tuple[Colour, str], ["red", "a"], (Colour.RED, "a")),
        (Literal[1, "a"], 1.0, 1),
        (Literal[True, 1], 1, 1),
        (Note, {"text": "a", "colour": "red"}, {"text": "a", "colour": Colour.RED}),
        (Place | str, {"street": "a"}, Place("a")),
        (Place | str, "a", "a"),
        (Any, [1.0], [1.0]),
    ],
)
def test_each_hint_builds_its_type(hint, value, built):
    def function(a):
        """Takes one.

        Args:
            a: it.
        """

    function.__annotations__["a"] = hint
    spec = ToolSpec.of(function)
    assert spec.problem({"a": value}) == ""
    assert repr(spec.bound(function, {"a": value})) == repr({"a": built})
