"""What agents are told of tools: schemas from hints, everybody's formats and back, arguments checked and built."""

import json
import pickle
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.tools.fits import quick_check
from palaestra.envs.tools.hints import plain
from palaestra.envs.tools.spec import ToolSpec


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Place:
    """A place.

    Attributes:
        street: with the number.
        zip: five digits.
    """

    street: str
    zip: int = 0


@dataclass
class Parcel:
    """A parcel.

    Attributes:
        to: where it goes.
        items: what is in it.
    """

    to: Place
    items: list[tuple[str, int]] = field(default_factory=list)


class Note(TypedDict):
    text: str
    colour: NotRequired[Colour]


def send(
    self,
    parcels: list[Parcel],
    speed: Literal["slow", "fast"] = "slow",
    weight: float | None = None,
    notes: dict[str, Note] = {},  # noqa: B006 (as people write it)
    colour: Colour = Colour.RED,
    code: Annotated[int, "of a voucher"] = 0,
    more: Any = None,
) -> dict[str, int]:
    """Send parcels.

    They leave
    today.

    Args:
        parcels: what is sent,
            each with its address.
        speed: how fast.
        weight (float): in kg.
        notes: by name.
        colour: of the paper.
        code: a number.
        more: anything.

    Returns:
        The costs by parcel.

    Raises:
        ValueError: never.
    """
    raise NotImplementedError


SPEC = ToolSpec.of(send)


def test_a_typed_function_becomes_a_schema():
    place = {
        "type": "object",
        "properties": {
            "street": {"type": "string", "description": "with the number."},
            "zip": {"type": "integer", "description": "five digits.", "default": 0},
        },
        "required": ["street"],
        "additionalProperties": False,
    }
    pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}
    items = {"type": "array", "items": pair | {"minItems": 2, "maxItems": 2}}
    parcel = {
        "type": "object",
        "properties": {
            "to": place | {"description": "where it goes."},
            "items": items | {"description": "what is in it.", "default": []},
        },
        "required": ["to"],
        "additionalProperties": False,
    }
    colour = {"type": "string", "enum": ["red", "blue"]}
    note = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "colour": colour},
        "required": ["text"],
        "additionalProperties": False,
    }
    assert (SPEC.name, SPEC.description, SPEC.returned) == (
        "send",
        "Send parcels.\n\nThey leave today.",
        "The costs by parcel.",
    )
    assert SPEC.parameters["properties"] == {
        "parcels": {"type": "array", "items": parcel, "description": "what is sent, each with its address."},
        "speed": {"type": "string", "enum": ["slow", "fast"], "description": "how fast.", "default": "slow"},
        "weight": {"type": ["number", "null"], "description": "in kg.", "default": None},
        "notes": {"type": "object", "additionalProperties": note, "description": "by name.", "default": {}},
        "colour": colour | {"description": "of the paper.", "default": "red"},
        "code": {"type": "integer", "description": "a number.", "default": 0},
        "more": {"description": "anything.", "default": None},
    }
    assert SPEC.parameters["required"] == ["parcels"]
    assert SPEC.returns == {"type": "object", "additionalProperties": {"type": "integer"}}
    jsonschema.Draft202012Validator.check_schema(dict(SPEC.parameters))


def test_formats_lead_there_and_back():
    forms = {"openai": ToolSpec.from_openai, "hugging_face": ToolSpec.from_hugging_face, "mcp": ToolSpec.from_mcp}
    for name, back in forms.items():
        form = json.loads(json.dumps(getattr(SPEC, name)()))
        again = back(form)
        assert (again.name, again.description, again.parameters) == (SPEC.name, SPEC.description, SPEC.parameters)
        assert getattr(again, name)() == form
    assert ToolSpec.from_openai(SPEC.hugging_face()) == SPEC
    assert ToolSpec.from_mcp(SPEC.mcp()).returns == SPEC.returns


def test_the_text_names_everything_that_a_model_needs():
    text = SPEC.text()
    assert text.startswith("send(parcels: list of {to: {street: string, zip?: integer}, items?: list of")
    assert 'speed: "slow" | "fast" = "slow"' in text
    assert "    speed: how fast." in text


def test_transformers_gives_simple_functions_the_same_schema():
    from transformers.utils import get_json_schema

    def search(query: str, count: int = 3, exact: bool = False, kinds: list[str] | None = None) -> str:
        """Search the index.

        Args:
            query: What to look for.
            count: How many.
            exact: Whether words must match.
            kinds: Of pages.

        Returns:
            The titles.
        """
        return ""

    theirs, ours = get_json_schema(search)["function"], ToolSpec.of(search).hugging_face()["function"]
    assert (ours["name"], ours["description"], ours["return"]) == (
        theirs["name"],
        theirs["description"],
        theirs["return"],
    )
    assert ours["parameters"]["required"] == theirs["parameters"]["required"]
    for name, part in theirs["parameters"]["properties"].items():
        own = ours["parameters"]["properties"][name]
        assert own["description"] == part["description"]
        for value in ("a", 1, True, None, ["a"], [1], 1.5):
            accepts = [jsonschema.Draft202012Validator(_standard(schema)).is_valid(value) for schema in (own, part)]
            assert accepts[0] == accepts[1], (name, value)


def _standard(schema):
    """Transformers writes ``nullable``, which is OpenAPI's and not JSON Schema's."""
    kinds = schema.get("type")
    if schema.get("nullable"):
        schema = {**schema, "type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]}
    return schema


def no_docstring(a: int):
    return a


def no_hint(a):
    """Has none.

    Args:
        a: one.
    """


def undocumented(a: int):
    """Has no Args."""


def many(*a: int):
    """Takes many.

    Args:
        a: some.
    """


def strange(a: set[int]):
    """Takes a set.

    Args:
        a: no JSON.
    """


@dataclass
class Chain:
    next: "Chain | None" = None


def recursive(a: Chain):
    """Takes itself.

    Args:
        a: endless.
    """


@dataclass
class Unreadable:
    field: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


class Point(Enum):
    ORIGIN = (0, 0)


def with_hint(hint, **defaults):
    def function(a):
        """Takes one.

        Args:
            a: it.
        """

    function.__annotations__["a"] = hint
    function.__defaults__ = tuple(defaults.values()) or None
    return function


@pytest.mark.parametrize(
    ("hint", "defaults", "reason"),
    [
        (Unreadable, {}, "a: a hint of Unreadable can't be read: name 'Nowhere' is not defined"),
        ("int |", {}, "a hint can't be read"),
        (Point, {}, "a: Point: the values must be texts"),
        (Literal[b"a"], {}, "a: .*: the values must be texts"),
        (Literal[Colour.RED], {}, "a: .*: the values must be texts"),
        (dict[int, str], {}, "a: the keys of .* are no texts"),
        (float, {"a": float("nan")}, "a: the default nan is not JSON"),
        (Any, {"a": {1}}, r"a: the default \{1\} is not JSON"),
    ],
)
def test_a_hint_or_default_that_is_no_json_is_refused_in_a_line(hint, defaults, reason):
    with pytest.raises(InputError, match=reason) as refused:
        ToolSpec.of(with_hint(hint, **defaults))
    assert "function" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("thing", [int, 3, Place])
def test_only_functions_and_methods_are_tools(thing):
    with pytest.raises(InputError, match="must be a function or a method"):
        ToolSpec.of(thing)


def test_descriptions_come_from_strings_after_fields_and_from_annotated_too():
    @dataclass
    class Box:
        width: int
        """In metres,
        outside."""
        depth: int = 1

    def pack(box: Box, note: Annotated[str, "what to write"]) -> None:
        """Pack.

        Args:
            box: to fill.
        """

    properties = ToolSpec.of(pack).parameters["properties"]
    assert properties["note"] == {"type": "string", "description": "what to write"}
    assert properties["box"]["properties"] == {
        "width": {"type": "integer", "description": "In metres, outside."},
        "depth": {"type": "integer", "default": 1},
    }


def test_a_method_is_a_tool_bound_or_not():
    class Shop:
        def buy(self, count: int) -> None:
            """Buy.

            Args:
                count: how many.
            """

    assert ToolSpec.of(Shop.buy) == ToolSpec.of(Shop().buy)
    assert list(ToolSpec.of(Shop.buy).parameters["properties"]) == ["count"]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (no_docstring, "no docstring"),
        (no_hint, "a has no type hint"),
        (undocumented, "don't describe a"),
        (many, "can't be given by name"),
        (strange, "has no JSON Schema"),
        (recursive, "contains itself"),
    ],
)
def test_what_has_no_schema_is_refused_in_a_line(function, reason):
    with pytest.raises(InputError, match=reason) as refused:
        ToolSpec.of(function)
    assert function.__name__ in str(refused.value)


@pytest.mark.parametrize(
    "form", [{}, {"function": {}}, {"function": {"name": 3}}, {"function": {"name": "a", "parameters": {"type": 3}}}]
)
def test_what_is_no_tool_of_others_is_refused(form):
    with pytest.raises(InputError):
        ToolSpec.from_openai(form)


GOOD = {"parcels": [{"to": {"street": "a 1"}, "items": [["pen", 2]]}]}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"weight": 2, "colour": "blue", "notes": {"x": {"text": "hi", "colour": "red"}}, "more": [1]}, ""),
        ({"speed": "medium"}, "speed: 'medium' is not one of"),
        ({"weight": True}, "weight: True is not of type"),
        ({"parcels": [{"to": {"street": 3}}]}, "parcels[0].to.street: 3 is not of type 'string'"),
        ({"parcels": [{"to": {"street": "a", "city": "b"}}]}, "parcels[0].to: Additional properties"),
        ({"unknown": 1}, "Additional properties are not allowed ('unknown' was unexpected)"),
        ({"weight": float("nan")}, "NaN"),
        ({"more": [float("inf")]}, "NaN"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(change, problem):
    found = SPEC.problem(GOOD | change)
    assert found.startswith(problem) if problem else found == ""
    assert "\n" not in found


def test_a_spec_can_be_sent_to_another_process_after_its_use():
    assert SPEC.problem(GOOD | {"speed": "x"})
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC


def test_what_jsonschema_or_python_cannot_handle_is_a_line_too():
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert SPEC.problem(GOOD | {"speed": deep}) == "the arguments are nested too deeply"
    assert SPEC.problem(GOOD | {"speed": 10**5000}) == "a number has too many digits"
    assert SPEC.problem(GOOD | {"notes": {"a\nb": {"text": 3}}}) == "notes.a b.text: 3 is not of type 'string'"


def test_a_reference_in_the_schema_of_others_is_not_fetched(monkeypatch):
    fetched: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *request, **_: fetched.append(request))
    schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}}
    spec = ToolSpec.from_mcp({"name": "theirs", "inputSchema": schema})
    assert spec.problem({"a": 1}).startswith("the tool's own schema is broken: ")
    assert spec.problem({}) == ""
    assert not fetched


def flat(a: str, b: int, c: float = 1.0, d: bool = False) -> str:
    """A flat schema.

    Args:
        a: text.
        b: whole.
        c: number.
        d: truth.
    """
    return ""


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.integers()))


@given(st.dictionaries(st.sampled_from("abcde"), ANY))
@settings(max_examples=150, deadline=None)
def test_the_short_way_agrees_with_jsonschema(arguments):
    spec = ToolSpec.of(flat)
    numbers = [value for value in arguments.values() if isinstance(value, float)]
    fits = jsonschema.Draft202012Validator(dict(spec.parameters)).is_valid(arguments)
    assert (spec.problem(arguments) == "") == (fits and all(abs(value) < float("inf") for value in numbers))


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (str | None, None, 1),
        (list[int], [1], [True]),
        (Literal["a", "b"], "b", "c"),
        (float, 2, "2"),
        (dict[str, list[Colour]], {"x": ["red"]}, {"x": ["green"]}),
        (Parcel, GOOD["parcels"][0], {"to": {}}),
    ],
)
def test_quick_checks_know_what_hints_become(hint, good, bad):
    parameters = ToolSpec.of(with_hint(hint)).parameters
    check = quick_check(parameters)
    assert check is not None
    assert check({"a": good})
    assert not any(map(check, ({"a": bad}, {}, {"a": good, "b": good})))


def test_arguments_are_built_as_the_hints_say():
    arguments = GOOD | {"colour": "blue", "weight": 2, "notes": {"x": {"text": "hi", "colour": "red"}}}
    bound = SPEC.bound(send, arguments)
    assert bound["parcels"] == [Parcel(Place("a 1"), [("pen", 2)])]
    assert bound["colour"] is Colour.BLUE
    assert (bound["weight"], type(bound["weight"])) == (2.0, float)
    assert plain(bound["parcels"]) == [{"to": {"street": "a 1", "zip": 0}, "items": [["pen", 2]]}]


def test_texts_are_coerced_only_by_the_schema():
    spec = ToolSpec.of(flat)
    given = {"a": "7", "b": "7", "c": "1.5", "d": "true", "e": "7"}
    assert spec.coerced(given) == {"a": "7", "b": 7, "c": 1.5, "d": True, "e": "7"}
    assert spec.coerced({"b": "seven", "c": "NaN", "d": "yes"}) == {"b": "seven", "c": "NaN", "d": "yes"}
    assert "not of type 'integer'" in spec.problem({"a": "x", "b": "7"})
    text = '[{"to": {"street": "7", "zip": "7"}, "items": [["7", "7"]]}]'
    parcel = {"to": {"street": "7", "zip": 7}, "items": [["7", 7]]}
    assert SPEC.coerced({"parcels": text, "weight": "null"}) == {"parcels": [parcel], "weight": None}


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_a_result_without_a_number_is_no_json(value):
    with pytest.raises(ValueError, match="NaN"):
        plain(value)


def test_a_result_is_plain_data_to_the_last_type():
    class Size(StrEnum):
        SMALL = "small"

    result = plain({"a": Size.SMALL, "b": (1, None), 3: [Colour.RED]})
    assert result == {"a": "small", "b": [1, None], "3": ["red"]}
    assert type(result["a"]) is str
    with pytest.raises(ValueError, match="same text"):
        plain({1: 0, "1": 0})


def test_a_result_of_something_else_is_no_json():
    with pytest.raises(TypeError, match="set"):
        plain({"a": {1}})
