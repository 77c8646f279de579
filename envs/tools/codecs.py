r"""Formats in which a language model writes a turn: text to calls or an answer, and back.

``decode`` never raises and takes time linear in the text. ``decode(encode(turn))`` is the turn, for every content and
every call whose arguments are JSON, nested at most 100 deep and with integers of at most 4300 digits.

=========== =====================================================================================================
``hermes``  ``<tool_call>{"name": ..., "arguments": {...}}</tool_call>`` per call, after the content; the format of
            Hermes and Qwen. The last ``</tool_call>`` may be missing, as where generation stops at it.
``json``    an object ``{"content": text, "calls": [{"name": ..., "arguments": {...}}]}``; a text that doesn't begin
            with ``{`` is an answer. Without calls, the content of the object is the answer.
``tags``    ``<function=NAME><parameter=KEY>value</parameter></function>`` per call, after the content; the format of
            Qwen3-Coder. A text is written as it is where the schema wants one, every other value as JSON.
``python``  fenced blocks ``python`` (or ``tool_code``) of calls in Python's syntax with literal arguments, one per
            line, after the content; read by ``ast`` and never evaluated.
=========== =====================================================================================================

Whatever follows the first call and is no call is ignored. Thoughts are no part of the turn: what stands in
``<think>...</think>`` at the beginning, or before a ``</think>`` whose beginning was in the prompt.

A content that has one of the codec's marks, such as ``<tool_call>``, is written with a backslash in the mark
(``<\tool_call>``), a mark that already has some with one more; ``decode`` takes one away. The ``json`` codec writes
such an answer as an object instead. In the values of ``tags``, ``&lt;`` stands for ``<``, and ``&text;`` before a text
that could be read as JSON says that it is a text; ``&amp;`` stands for the ``&`` of one of these.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from palaestra.data.errors import InputError
from palaestra.envs.tools import python_syntax
from palaestra.envs.tools.calls import BadCall, ToolCall, Turn
from palaestra.envs.tools.fits import is_of, kinds
from palaestra.envs.tools.json_text import Problem, json_value, tagless
from palaestra.envs.tools.python_syntax import SHOWN
from palaestra.envs.tools.spec import ToolSpec

HERMES_FORM = '<tool_call>{"name": "...", "arguments": {...}}</tool_call>'
JSON_FORM = '{"content": "...", "calls": [{"name": "...", "arguments": {...}}]}'
TAGS_FORM = "<function=NAME><parameter=KEY>value</parameter></function>"
FENCE = re.compile(r"```(?:python|tool_code)\n(.*?)(?:(?<=\n)```|\Z)", re.DOTALL)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&#10;": "\n", "&amp;": "&"}
"""In the names of ``tags``."""
ENTITY = re.compile("|".join(ENTITIES))
THOUGHT_END = "</think>"


class Codec(Protocol):
    """Translates between an assistant's text and a ``Turn``."""

    name: str

    def encode(self, turn: Turn) -> str:
        """The turn as text; what it has of ``BadCall`` is left out.

        Raises:
            ValueError: an argument is no JSON.
        """

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """The turn that a text means; its calls have no ids.

        Args:
            text: whatever the agent wrote.
            specs: of the tools that can be called; others are decoded too.
        """


class Marks:
    """Escapes for marks in a content: a backslash within each.

    Args:
        parts: regular expressions of what follows the backslash, by what comes before it.
    """

    def __init__(self, parts: Mapping[str, str]):
        self._mark = re.compile("|".join(rf"(?<={first})\\*(?={rest})" for first, rest in parts.items()))
        self._escaped = re.compile("|".join(rf"(?<={first})\\+(?={rest})" for first, rest in parts.items()))

    def escape(self, content: str) -> str:
        """The content without any mark."""
        return self._mark.sub(lambda backslashes: "\\" + backslashes[0], content)

    def unescape(self, content: str) -> str:
        """The content that was escaped."""
        return self._escaped.sub(lambda backslashes: backslashes[0][1:], content) if "\\" in content else content


class Hermes:
    """See the module."""

    name = "hermes"
    _begin, _end = "<tool_call>", "</tool_call>"
    _marks = Marks({"<": "(?:tool_call|/?think)>"})

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        calls = [f"{self._begin}\n{tagless(_object(call))}\n{self._end}" for call in _calls(turn)]
        return _joined(self._marks.escape(turn.content), calls)

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        content, *parts = _without_thoughts(text, self._begin).split(self._begin)
        content = self._marks.unescape(content.removesuffix("\n") if parts else content)
        return Turn(content, tuple(map(self._call, parts)))

    def _call(self, part: str) -> ToolCall | BadCall:
        body, end, _ = part.partition(self._end)
        value = json_value(body, around=1)
        if isinstance(value, Problem):
            missing = "" if end else f", or {self._end} is missing"
            return BadCall(body[:SHOWN], f"{value.reason}{missing}; a call is {HERMES_FORM}")
        return _call_of_value(value, body, HERMES_FORM)


class Json:
    """See the module."""

    name = "json"

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        calls = [_object(call) for call in _calls(turn)]
        if calls or _is_object(turn.content) or "think>" in turn.content:
            return tagless({"content": turn.content, "calls": calls})
        return turn.content

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        if not _is_object(text):
            text = _without_thoughts(text)
        if not _is_object(text):
            return Turn(text)
        value = json_value(text, around=3)
        if isinstance(value, Problem):
            return _bad_turn(text, f"{value.reason}; a turn with calls is {JSON_FORM}")
        calls = value.get("calls")
        content = value.get("content", "" if calls else None)
        if not isinstance(content, str) or not isinstance(calls, list):
            return _bad_turn(text, f"a turn with calls is {JSON_FORM}")
        return Turn(content, tuple(_call_of_value(call, text, JSON_FORM) for call in calls))


class Tags:
    """See the module."""

    name = "tags"
    _function, _parameter = "<function=", "<parameter="
    _marks = Marks({"<": "(?:function=|tool_call>|/?think>)"})

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        return _joined(self._marks.escape(turn.content), [self._encoded(call) for call in _calls(turn)])

    def _encoded(self, call: ToolCall) -> str:
        parts = [
            f"{self._parameter}{_tag_name(name)}>\n{_tagged(value)}\n</parameter>\n"
            for name, value in call.arguments.items()
        ]
        return f"{self._function}{_tag_name(call.name)}>\n{''.join(parts)}</function>"

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        content, *parts = _without_thoughts(text, self._function).split(self._function)
        if parts:  # Qwen3-Coder's calls are also inside of <tool_call>
            content = content.removesuffix("<tool_call>\n").removesuffix("\n")
        known = {spec.name: spec for spec in specs}
        return Turn(self._marks.unescape(content), tuple(self._call(part, known) for part in parts))

    def _call(self, part: str, known: Mapping[str, ToolSpec]) -> ToolCall | BadCall:
        name, body, _ = _cut(part, "</function>")
        shown = f"{self._function}{part[:SHOWN]}"[:SHOWN]
        if body is None:
            return BadCall(shown, f"</function> is missing; a call is {TAGS_FORM}", name=name)
        properties = known[name].parameters.get("properties", {}) if name in known else {}
        outside, *values = body.split(self._parameter)
        arguments: dict[str, Any] = {}
        for each in values:
            key, value, after = _cut(each, "</parameter>")
            if value is None:
                return BadCall(shown, f"</parameter> is missing after {key}; a call is {TAGS_FORM}", name=name)
            if key in arguments:
                return BadCall(shown, f"{key} is given twice", name=name)
            arguments[key] = _untagged(value.removeprefix("\n").removesuffix("\n"), properties.get(key, {}))
            outside = outside.strip() or after
        if outside.strip():
            return BadCall(shown, f"there is text outside of <parameter=...>; a call is {TAGS_FORM}", name=name)
        return ToolCall("", name, arguments)


class Python:
    """See the module."""

    name = "python"
    _marks = Marks({"```": r"(?:python|tool_code)(?:\n|\Z)", "<": "/?think>"})

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        calls = [python_syntax.written(call) for call in _calls(turn)]
        return _joined(self._marks.escape(turn.content), ["```python", *calls, "```"] if calls else [])

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        text = _without_thoughts(text, "```python\n", "```tool_code\n")
        blocks = list(FENCE.finditer(text))
        if not blocks:
            return Turn(self._marks.unescape(text))
        content = self._marks.unescape(text[: blocks[0].start()].removesuffix("\n"))
        known = {spec.name: spec for spec in specs}
        calls = tuple(call for block in blocks for call in python_syntax.read(block[1], known))
        return Turn(
            content, calls or (BadCall(text[:SHOWN], f"the block has no call such as {python_syntax.ALLOWED}"),)
        )


CODECS: dict[str, Callable[[], Codec]] = {each.name: each for each in (Hermes, Json, Tags, Python)}


def codec(name: str) -> Codec:
    """The codec of that name.

    Raises:
        InputError: there is none.
    """
    if not isinstance(name, str) or name not in CODECS:
        similar = difflib.get_close_matches(str(name), CODECS, n=1)
        hint = f" (did you mean {similar[0]}?)" if similar else ""
        raise InputError(f"codec {name!r}: must be {', '.join(CODECS)}{hint}")
    return CODECS[name]()


def _calls(turn: Turn) -> list[ToolCall]:
    return [call for call in turn.calls if isinstance(call, ToolCall)]


def _object(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(call.arguments)}


def _joined(content: str, calls: list[str]) -> str:
    """Content and calls on lines of their own."""
    return "\n".join([content, *calls] if content or not calls else calls)


def _without_thoughts(text: str, *begins: str) -> str:
    """The text after its thoughts; thoughts without an end are all of it.

    Args:
        text: of the turn.
        begins: of calls; a ``</think>`` in one of these ends no thought, unless one began at the beginning.
    """
    if "think>" not in text:
        return text
    is_begun = text.lstrip().startswith("<think>")
    end = text.find(THOUGHT_END)
    if end < 0:
        return "" if is_begun else text
    if not is_begun and any(text.find(begin, 0, end) >= 0 for begin in begins):
        return text
    return text[end + len(THOUGHT_END) :].lstrip()


def _is_object(text: str) -> bool:
    return text.lstrip().startswith("{")


def _bad_turn(text: str, reason: str) -> Turn:
    return Turn("", (BadCall(text[:SHOWN], reason),))


def _call_of_value(value: Any, text: str, form: str) -> ToolCall | BadCall:
    """The call that a JSON value of ``text`` means."""
    if not isinstance(value, dict):
        return BadCall(text[:SHOWN], f"the JSON is no object; a call is {form}")
    name, arguments = value.get("name"), value.get("arguments", {})
    if isinstance(name, str) and isinstance(arguments, dict):
        return ToolCall("", name, arguments)
    name = name if isinstance(name, str) else ""
    return BadCall(text[:SHOWN], f"a call has a name and an object of arguments: {form}", name=name)


def _cut(part: str, end: str) -> tuple[str, str | None, str]:
    """Name, value and the rest of what follows ``<function=`` or ``<parameter=``; no value if something is missing."""
    head, _, rest = part.partition(">")
    if "\n" in head or "<" in head:
        return "", None, ""
    value, is_ended, after = rest.partition(end)
    return ENTITY.sub(lambda entity: ENTITIES[entity[0]], head), value if is_ended else None, after


def _tag_name(name: str) -> str:
    escaped = re.sub(r"&(?=(?:amp|lt|gt|#10);)", "&amp;", name)
    return escaped.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "&#10;")


def _tagged(value: Any) -> str:
    """A parameter's value between its tags."""
    if not isinstance(value, str):
        return tagless(value)
    escaped = re.sub(r"&(?=(?:amp|lt|text);)", "&amp;", value).replace("<", "&lt;")
    return escaped if isinstance(json_value(value, around=-1), Problem) else f"&text;{escaped}"


def _untagged(text: str, schema: Mapping[str, Any]) -> Any:
    """A parameter's value: a text where the schema wants one, otherwise JSON if it can be read as such."""
    plain = text.removeprefix("&text;").replace("&lt;", "<").replace("&amp;", "&")
    named = kinds(schema) if isinstance(schema, Mapping) else None
    if text.startswith("&text;") or named == {"string"}:
        return plain
    value = json_value(text, around=-1)
    if isinstance(value, Problem) or (named and "string" in named and not is_of(value, named)):
        return plain
    return value
