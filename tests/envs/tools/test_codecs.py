"""Turns as text and back: what a model writes is read exactly, and nothing that it writes is too much."""

import json
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.tools import answers
from palaestra.envs.tools.calls import BadCall, ToolCall, Turn
from palaestra.envs.tools.codecs import CODECS, codec
from palaestra.envs.tools.spec import ToolSpec

MARKS: tuple[str, ...] = (
    "</tool_call>",
    "<tool_call>",
    "</parameter>\n",
    "</function>",
    "```",
    "\n```\n",
    "&lt;",
    "&amp;lt;",
    "&text;7",
)
MARKS += (
    "<think>",
    "</think>",
    "```python\n",
    "```tool_code",
    "<function=",
    "<parameter=",
    "&#10;",
    "<\\tool_call>",
    "{",
    "'''",
    '"""',
    "\\u003c",
    "\\",
    "true",
    "[1]",
    '"7"',
    "7",
    "\n",
    "",
    "\u2028",
    "é",
    "\U0001f600",
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(MARKS),
    st.lists(st.sampled_from(MARKS)).map("".join),
)
INTEGERS = st.one_of(st.integers(-(2**70), 2**70), st.sampled_from([2**53 + 1, -(10**300)]))
NUMBERS = st.one_of(INTEGERS, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1e308, -0.0, 5e-324]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def search(query: str, options: Any, limit: float = 1.0) -> str:
    """Search.

    Args:
        query: what.
        options: anything.
        limit: how many.
    """
    return query


SPECS = [ToolSpec.of(search)]
ARGUMENTS = st.fixed_dictionaries({"query": TEXTS, "options": SCALARS | VALUES}, optional={"limit": NUMBERS})
CALLS = st.lists(ARGUMENTS.map(lambda arguments: ToolCall("", "search", arguments)), min_size=1, max_size=3).map(tuple)


Shape = tuple[dict[str, Any], st.SearchStrategy[Any]]
"""A schema, and the values that it admits."""
NAMES = st.sampled_from(
    ["a", "b", "class", "list-files", "$x", "a>b", "&lt;", "<function=", "l1\nl2", "ﬁ", "__debug__", ""]
)
SCALAR_SHAPES: list[Shape] = [
    ({"type": "string"}, TEXTS),
    ({"type": "integer"}, st.one_of(INTEGERS, st.just(2.0))),
    ({"type": "number"}, NUMBERS),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "null"}, st.none()),
    ({"type": ["string", "null"]}, st.none() | TEXTS),
    ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, INTEGERS | TEXTS),
    ({"type": "string", "enum": ["7", "a"]}, st.sampled_from(["7", "a"])),
    ({"enum": ["7", 7, None]}, st.sampled_from(["7", 7, None])),
    ({"description": "anything"}, SCALARS | VALUES),
]


def list_shape(item: Shape) -> Shape:
    return {"type": "array", "items": item[0]}, st.lists(item[1], max_size=3)


def object_shape(parts: dict[str, Shape]) -> Shape:
    schemas = {name: schema for name, (schema, _) in parts.items()}
    schema = {"type": "object", "properties": schemas, "required": list(parts)[:1], "additionalProperties": False}
    values = {name: value for name, (_, value) in parts.items()}
    first = {name: values.pop(name) for name in list(parts)[:1]}
    return schema, st.fixed_dictionaries(first, optional=values)


def pair_shape(items: tuple[Shape, Shape]) -> Shape:
    prefix = {"prefixItems": [schema for schema, _ in items], "items": False, "minItems": 2, "maxItems": 2}
    return {"type": "array", **prefix}, st.tuples(*(value for _, value in items)).map(list)


def union_shape(options: tuple[Shape, Shape]) -> Shape:
    return {"anyOf": [schema for schema, _ in options]}, st.one_of(*(value for _, value in options))


SHAPES: st.SearchStrategy[Shape] = st.recursive(
    st.sampled_from(SCALAR_SHAPES),
    lambda inner: st.one_of(
        inner.map(list_shape),
        st.dictionaries(NAMES, inner, max_size=3).map(object_shape),
        st.tuples(inner, inner).map(pair_shape),
        st.tuples(inner, inner).map(union_shape),
    ),
    max_leaves=6,
)


@st.composite
def calls_with_their_spec(draw):
    schema, values = object_shape(draw(st.dictionaries(NAMES, SHAPES, max_size=4)))
    return ToolSpec(draw(NAMES), "", schema), draw(values)


def same(left, right):
    """Equal with their types, so that 1 isn't True or 1.0."""
    return repr(left) == repr(right)


@pytest.mark.parametrize("name", CODECS)
@given(calls=CALLS, content=TEXTS)
@settings(max_examples=60, deadline=None)
def test_decode_is_the_inverse_of_encode(name, calls, content):
    text = codec(name).encode(Turn(content, calls))
    assert same(codec(name).decode(text, SPECS), Turn(content, calls))


@pytest.mark.parametrize("name", CODECS)
def test_every_two_marks_are_read_back_wherever_they_stand(name):
    for text in (first + second for first in MARKS for second in MARKS):
        for value in (text, [text], {text: text}):
            turn = Turn(text, (ToolCall("", "search", {"query": text, "options": value}),) * 2)
            assert same(codec(name).decode(codec(name).encode(turn), SPECS), turn)


@pytest.mark.parametrize("name", CODECS)
@given(content=TEXTS)
@settings(max_examples=60, deadline=None)
@example(content="```python")
@example(content="``````python\n```\\python\n")
@example(content="<\\tool_call><\\\\tool_call>")
@example(content="a</think>b")
def test_answers_are_read_back_too(name, content):
    assert codec(name).decode(codec(name).encode(Turn(content)), SPECS) == Turn(content)


@pytest.mark.parametrize("name", CODECS)
@given(call=calls_with_their_spec())
@settings(max_examples=60, deadline=None)
def test_every_call_that_a_schema_admits_is_read_back(name, call):
    tool, arguments = call
    assert tool.problem(arguments) == ""
    turn = Turn("", (ToolCall("", tool.name, arguments),))
    assert same(codec(name).decode(codec(name).encode(turn), [tool]), turn)


@pytest.mark.parametrize("name", CODECS)
def test_arguments_may_be_nested_a_hundred_deep_and_no_deeper(name):
    def turn(depth):
        value: Any = 1
        for _ in range(depth - 1):  # the arguments themselves are the first
            value = [value]
        return Turn("", (ToolCall("", "search", {"query": "a", "options": value}),))

    assert codec(name).decode(codec(name).encode(turn(100)), SPECS) == turn(100)
    assert codec(name).decode(codec(name).encode(turn(101)), SPECS) != turn(101)


def test_a_mark_in_an_answer_is_written_with_a_backslash():
    assert codec("hermes").encode(Turn("a <tool_call> b")) == "a <\\tool_call> b"
    assert codec("json").encode(Turn("{}")) == '{"content": "{}", "calls": []}'


PIECES: tuple[str, ...] = (
    "<tool_call>",
    "</tool_call>",
    '{"name": "search", ',
    '"arguments": {',
    "}",
    "[",
    "```python\n",
    "\n```",
    "search(",
)
PIECES += (
    "<function=search>",
    "<parameter=query>",
    "</parameter>",
    "</function>",
    "<think>",
    "\ud800",
    "\0",
    ")",
    "*",
    "=",
)


@pytest.mark.parametrize("name", CODECS)
@given(text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=100, deadline=None)
@example(text="[" * 1_000_000)
@example(text="<tool_call>" * 90_000)
@example(text="<tool_call>" + "[" * 1_000_000)
@example(text='<tool_call>{"name": "a", "arguments": {"x": ' + "[" * 100_000)
@example(text="{" * 100_000)
@example(text='{"calls": ' * 20_000)
@example(text="```python\n" + "(" * 100_000)
@example(text="```python\nsearch(" + "-" * 100_000 + "1)")
@example(text="```python\nsearch(query=" + "1+" * 50_000 + "1)")
@example(text="```python\nsearch(**{'a': 1}, **{2: 3})\n```")
@example(text="```python\n" + "\n".join(["search()"] * 5_000))
@example(text="<tool_call>" + "9" * 100_000)
@example(text='<tool_call>{"name": 1, "arguments": ' + "[" * 400 + "]" * 400 + "}")
@example(text='{"calls": [{"name": 1, "arguments": ' + "[" * 400 + "]" * 400 + "}]}")
@example(text="```python\n" + "x\n" * 20_000)
@example(text="```python\n" + "x;" * 20_000)
@example(text="</think>" * 100_000)
@example(text="<function=" * 100_000)
@example(text="<function=search>" * 60_000)
@example(text="<function=search>" + "<parameter=query>" * 60_000)
@example(text="<think>" * 100_000)
@example(text="```python\n" * 100_000)
def test_any_text_is_decoded(name, text):
    turn = codec(name).decode(text, SPECS)
    for call in turn.calls:
        if isinstance(call, BadCall):
            assert call.reason
            assert len(call.text) <= 200
        else:
            assert json.dumps(call.arguments, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hermes", '<tool_call>{"name": "search", "arguments": {"query": "a"}}'),
        ("hermes", 'I see.\n<tool_call>\n{"name": "search", "arguments": {"query": "a"}}\n</tool_call>'),
        (
            "hermes",
            '<think>\nHm.\n</think>\n\n<tool_call>\n{"arguments": {"query": "a"}, "name": "search"}\n</tool_call>',
        ),
        ("json", '{"calls": [{"name": "search", "arguments": {"query": "a"}}]}'),
        ("tags", "<function=search>\n<parameter=query>\na\n</parameter>\n</function>"),
        ("tags", "<function=search><parameter=query>a</parameter></function>"),
        ("python", "```python\nsearch('a')\n```"),
        ("python", "```tool_code\nsearch(query='a')\n```"),
        (
            "tags",
            "I see.\n<tool_call>\n<function=search>\n<parameter=query>\na\n</parameter>\n</function>\n</tool_call>",
        ),
        ("hermes", 'Hm.\n</think>\n\n<tool_call>{"name": "search", "arguments": {"query": "a"}}</tool_call>'),
        ("json", 'Hm {.\n</think>\n{"content": "", "calls": [{"name": "search", "arguments": {"query": "a"}}]}'),
    ],
)
def test_what_models_write_is_understood(name, text):
    turn = codec(name).decode(text, SPECS)
    assert turn.calls == (ToolCall("", "search", {"query": "a"}),)
    assert turn.content in ("", "I see.")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("hermes", '<tool_call>{"name": "search", "arguments": }</tool_call>', "broken JSON"),
        ("hermes", "<tool_call>[]</tool_call>", "no object"),
        ("hermes", '<tool_call>{"name": "search", "arguments": "a"}</tool_call>', "an object of arguments"),
        ("hermes", '<tool_call>{"name": "search", "arguments": {"limit": NaN}}</tool_call>', "no JSON number"),
        ("hermes", '<tool_call>{"name": "search", "arguments": {"limit": 1e400}}</tool_call>', "beyond the range"),
        ("hermes", '<tool_call>{"name": "search", "arguments": {', "</tool_call> is missing; a call is <tool_call>{"),
        ("json", '{"content": "a"}', "a turn with calls"),
        ("json", '{"calls": []}', "a turn with calls"),
        ("json", '{"calls": [7]}', "no object"),
        ("tags", "<function=search>\n<parameter=query>a</parameter>", "</function> is missing"),
        ("tags", "<function=search>\n<parameter=query>a</function>", "</parameter> is missing"),
        ("tags", "<function=search>query=a</function>", "text outside"),
        ("tags", "<function=search\nquery=a</function>", "</function> is missing"),
        ("tags", f"<function=search>{'<parameter=query>a</parameter>' * 2}</function>", "query is given twice"),
        ("python", "```python\nimport os\n```", "only calls"),
        ("python", "```python\n```", "has no call"),
        ("python", "```python\nsearch(options={'a': {1: 2}})\n```", "must be literals"),
        ("python", "```python\nsearch(options={1, 2})\n```", "must be literals"),
        ("python", "```python\nsearch(limit=1e400)\n```", "must be literals"),
        ("python", "```python\nsearch(options=0x" + "f" * 5000 + ")\n```", "must be literals"),
        ("python", "```python\nsearch(options=[a for a in 'b'])\n```", "must be literals"),
        ("python", "```python\nsearch(limit=1 + 1)\n```", "must be literals"),
        ("python", "```python\nsearch(*['a'])\n```", "must be literals"),
        ("python", "```python\nsearch(query=name)\n```", "must be literals"),
        ("python", "```python\nsearch(query=f'{1}')\n```", "must be literals"),
        ("python", "```python\nsearch('a', None, 1.0, 2)\n```", "takes 3 arguments"),
        ("python", "```python\nsearch('a', query='b')\n```", "given twice"),
        ("python", "```python\nsearch(1)(2)\n```", "only calls"),
        ("python", "```python\nsearch(\n```", "not Python"),
    ],
)
def test_a_bad_call_says_what_is_wrong(name, text, reason):
    (call,) = codec(name).decode(text, SPECS).calls
    assert isinstance(call, BadCall)
    assert reason in call.reason


def test_calls_are_read_from_every_block():
    text = "First:\n```python\nsearch('a', -1)\nsearch('b', (1, [None]))\n```\nthen\n```python\nsearch('c')\n```"
    turn = codec("python").decode(text, SPECS)
    given = [{"query": "a", "options": -1}, {"query": "b", "options": [1, [None]]}, {"query": "c"}]
    assert turn == Turn("First:", tuple(ToolCall("", "search", each) for each in given))


def test_a_thought_is_no_part_of_the_turn():
    for name in CODECS:
        for text in ("<think>2 + 2 = 5</think>\n\n4", "2 + 2 = 5\n</think>\n4", "\n<think></think>4"):
            assert codec(name).decode(text, SPECS) == Turn("4")
        assert codec(name).decode("<think>without an end", SPECS) == Turn("")
        call = codec(name).encode(Turn("", (ToolCall("", "search", {"query": "a"}),)))
        assert codec(name).decode(f"<think>\n{call}\n</think>\nNo.", SPECS) == Turn("No.")


def test_the_end_of_a_thought_within_an_argument_is_left_there():
    text = '<tool_call>{"name": "search", "arguments": {"query": "a</think>"}}</tool_call>'
    assert codec("hermes").decode(text, SPECS).calls == (ToolCall("", "search", {"query": "a</think>"}),)


@pytest.mark.parametrize(
    ("hint", "value"), [(str, "7"), (str | None, "7"), (int | None, 7), (str | int, 7), (Any, 7), (str | None, "null ")]
)
def test_a_value_without_quotes_is_what_the_schema_wants(hint, value):
    def note(text):
        """Note.

        Args:
            text: of it.
        """

    note.__annotations__["text"] = hint
    (call,) = (
        codec("tags")
        .decode(f"<function=note><parameter=text>{value}</parameter></function>", [ToolSpec.of(note)])
        .calls
    )
    expected = None if value == "null " else value
    assert same(call, ToolCall("", "note", {"text": expected}))


def test_nothing_of_pythons_syntax_is_evaluated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for code in ("open('x', 'w')", "search(open('x', 'w'))", "__import__('os').mkdir('x')", "search(**dict(a=1))"):
        (call,) = codec("python").decode(f"```python\n{code}\n```", SPECS).calls
        assert isinstance(call, BadCall) or call.name == "open"
    assert not list(tmp_path.iterdir())


def test_an_unknown_codec_is_one_line_with_a_guess():
    with pytest.raises(
        InputError, match=r"codec 'herms': must be hermes, json, tags, python \(did you mean hermes\?\)"
    ):
        codec("herms")


def test_reading_takes_time_in_proportion_to_the_text():
    """Counted in lines of Python that are run, for twice the text; the square would be four times as many."""

    def lines(count, make):
        ran = [0]

        def trace(*_):
            ran[0] += 1
            return trace

        text = make(count)
        sys.settrace(trace)
        try:
            assert codec("python").decode(text, []).calls
        finally:
            sys.settrace(None)
        return ran[0]

    for make in (lambda n: "```python\n" + "1\n" * n + "```", lambda n: "```python\n" + "é;" * n + "\n```"):
        assert lines(200, make) < 2.5 * lines(100, make)


def test_what_is_no_call_is_shown_by_its_line():
    calls = codec("python").decode("```python\nf()\né = 'ü'; 1\n2\n```", []).calls
    assert [getattr(call, "text", "") for call in calls][1:] == ["é = 'ü'; 1", "é = 'ü'; 1", "2"]


def test_thousands_of_accents_are_removed_without_being_sorted(monkeypatch):
    seen = []
    normalize = unicodedata.normalize
    monkeypatch.setattr(answers.unicodedata, "normalize", lambda form, text: seen.append(text) or normalize(form, text))
    assert answers.normalised("É" + "\u0315\u0316" * 5000 + "t\u0301é") == "ete"
    assert not any(unicodedata.combining(each) for each in seen[0])
