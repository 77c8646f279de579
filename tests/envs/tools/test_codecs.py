"""Turns as text and back: what a model writes is read exactly, and nothing that it writes is too much."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
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
MARKS += ("<think>", "'''", '"""', "\\u003c", "\\", "true", "[1]", '"7"', "7", "\n", "", "\u2028", "é", "\U0001f600")
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(MARKS),
    st.lists(st.sampled_from(MARKS)).map("".join),
)
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def search(query: str, options: dict[str, Any] | list | str | int | None, limit: float = 1.0) -> str:
    """Search.

    Args:
        query: what.
        options: anything.
        limit: how many.
    """
    return query


SPECS = [ToolSpec.of(search)]
ARGUMENTS = st.fixed_dictionaries({"query": TEXTS, "options": VALUES}, optional={"limit": NUMBERS})
CALLS = st.lists(ARGUMENTS.map(lambda arguments: ToolCall("", "search", arguments)), min_size=1, max_size=3).map(tuple)


def same(left, right):
    """Equal with their types, so that 1 isn't True or 1.0."""
    return repr(left) == repr(right)


@pytest.mark.parametrize("name", CODECS)
@given(calls=CALLS, content=TEXTS)
@settings(max_examples=150, deadline=None)
def test_decode_is_the_inverse_of_encode(name, calls, content):
    try:
        text = codec(name).encode(Turn(content, calls))
    except ValueError:
        assert any(mark in content for mark in ("<tool_call>", "<function=", "```", "<think>"))
        return
    assert same(codec(name).decode(text, SPECS), Turn(content, calls))


@pytest.mark.parametrize("name", CODECS)
@given(content=TEXTS)
@settings(max_examples=100, deadline=None)
def test_answers_are_read_back_too(name, content):
    try:
        text = codec(name).encode(Turn(content))
    except ValueError:
        return
    assert codec(name).decode(text, SPECS) == Turn(content)


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
@settings(max_examples=200, deadline=None)
@example(text="<tool_call>" + "[" * 100_000)
@example(text='<tool_call>{"name": "a", "arguments": {"x": ' + "[" * 100_000)
@example(text="{" * 100_000)
@example(text='{"calls": ' * 20_000)
@example(text="```python\n" + "(" * 100_000)
@example(text="```python\nsearch(" + "-" * 100_000 + "1)")
@example(text="```python\nsearch(query=" + "1+" * 50_000 + "1)")
@example(text="```python\nsearch(**{'a': 1}, **{2: 3})\n```")
@example(text="```python\n" + "\n".join(["search()"] * 20_000))
@example(text="<tool_call>" + "9" * 100_000)
@example(text="<tool_call>" * 100_000)
@example(text="<function=" * 100_000)
@example(text="<function=search>" * 60_000)
@example(text="<function=search>" + "<parameter=query>" * 60_000)
@example(text="<think>" * 100_000)
@example(text="```python\n" * 100_000)
def test_any_text_is_decoded(name, text):
    turn = codec(name).decode(text, SPECS)
    for call in turn.calls:
        assert (call.reason and len(call.text) <= 200) if isinstance(call, BadCall) else json.dumps(call.arguments)


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
        ("json", '{"content": "a"}', "a turn with calls"),
        ("tags", "<function=search>\n<parameter=query>a</parameter>", "</function> is missing"),
        ("tags", "<function=search>\n<parameter=query>a</function>", "</parameter> is missing"),
        ("python", "```python\nimport os\n```", "only calls"),
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
