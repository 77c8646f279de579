"""Formats in which a language model writes a turn: text to calls or an answer, and back.

``decode`` never raises and takes time linear in the text. ``decode(encode(turn))`` is the turn, for every call that a
schema admits and every content that doesn't itself look like a call; ``encode`` refuses the others.

=========== =====================================================================================================
``hermes``  ``<tool_call>{"name": ..., "arguments": {...}}</tool_call>`` per call, after the content; Qwen's format.
``json``    an object ``{"content": text, "calls": [{"name": ..., "arguments": {...}}]}``; any other text is an answer.
``tags``    ``<function=NAME><parameter=KEY>value</parameter></function>`` per call; texts as they are, other values
            as JSON; Qwen3-Coder's format.
``python``  a fenced block ``python`` of calls in Python's syntax with literal arguments, one per line; read by ``ast``
            and never evaluated.
=========== =====================================================================================================

A part ``<think>...</think>`` at the beginning is not part of the content.
"""

import ast
import difflib
import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from palaestra.data.errors import InputError
from palaestra.envs.tools.calls import BadCall, ToolCall, Turn
from palaestra.envs.tools.spec import ToolSpec

MAX_DEPTH = 100
"""Nesting of values in a call."""
SHOWN = 200
"""Characters of a bad call that are kept."""
THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)
FUNCTION = re.compile(r"<function=([^<>\n]{0,200})>(.*?)(</function>|(?=<function=)|\Z)", re.DOTALL)
PARAMETER = re.compile(r"<parameter=([^<>\n]{0,200})>\n?(.*?)\n?(</parameter>|(?=<parameter=)|\Z)", re.DOTALL)
FENCE = re.compile(r"```(?:python|tool_code)\n(.*?)(\n```|\Z)", re.DOTALL)
HERMES_FORM = '<tool_call>{"name": "...", "arguments": {...}}</tool_call>'
TAGS_FORM = "<function=NAME><parameter=KEY>value</parameter></function>"


class Codec(Protocol):
    """Translates between an assistant's text and a ``Turn``."""

    name: str

    def encode(self, turn: Turn) -> str:
        """The turn as text; its calls are ``ToolCall``.

        Raises:
            ValueError: the content looks like a call.
        """

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """The turn that a text means; its calls have no ids.

        Args:
            text: whatever the agent wrote.
            specs: of the tools that can be called; others are decoded too.
        """


class Hermes:
    """See the module."""

    name = "hermes"
    begin, end = "<tool_call>", "</tool_call>"

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        _refuse(self.begin in turn.content, turn)
        calls = [f"{self.begin}\n{_as_json(_object(call))}\n{self.end}" for call in _calls(turn)]
        return "\n".join([*([turn.content] if turn.content or not calls else []), *calls])

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        content, *parts = _without_thought(text).split(self.begin)
        return Turn(_content(content, bool(parts)), tuple(map(self._call, parts)))

    def _call(self, part: str) -> ToolCall | BadCall:
        body, end, rest = part.partition(self.end)
        if not end:
            body = rest or body
        return _call_of_json(body, HERMES_FORM)


class Json:
    """See the module."""

    name = "json"

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        if not turn.calls:
            _refuse(turn.content.lstrip().startswith("{"), turn)
            return turn.content
        return _as_json({"content": turn.content, "calls": [_object(call) for call in _calls(turn)]})

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        form = '{"content": "...", "calls": [{"name": "...", "arguments": {...}}]}'
        text = _without_thought(text)
        if not text.lstrip().startswith("{"):
            return Turn(text)
        value = _json(text)
        if isinstance(value, _Problem):
            return Turn("", (BadCall(text[:SHOWN], f"{value.reason}; a turn with calls is {form}"),))
        content, calls = value.get("content", ""), value.get("calls")
        if not isinstance(content, str) or not isinstance(calls, list) or not calls:
            return Turn("", (BadCall(text[:SHOWN], f"a turn with calls is {form}"),))
        return Turn(content, tuple(_call_of_value(call, form) for call in calls))


class Tags:
    """See the module.

    In texts ``&lt;`` stands for ``<``, and ``&amp;`` for the ``&`` of these marks; ``&text;`` before a text that could
    be read as JSON says that it is a text.
    """

    name = "tags"

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        _refuse("<function=" in turn.content, turn)
        calls = [self._encoded(call) for call in _calls(turn)]
        return "\n".join([*([turn.content] if turn.content or not calls else []), *calls])

    @staticmethod
    def _encoded(call: ToolCall) -> str:
        parts = [f"<parameter={name}>\n{_tagged(value)}\n</parameter>\n" for name, value in call.arguments.items()]
        return f"<function={call.name}>\n{''.join(parts)}</function>"

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        text = _without_thought(text)
        content, begin, rest = text.partition("<function=")
        known = {spec.name: spec for spec in specs}
        calls = [self._call(match, known) for match in FUNCTION.finditer(begin + rest)]
        if begin and not calls:
            calls = [BadCall(text[:SHOWN], f"a call is {TAGS_FORM}")]
        return Turn(_content(content, bool(calls)), tuple(calls))

    @staticmethod
    def _call(match: re.Match[str], known: Mapping[str, ToolSpec]) -> ToolCall | BadCall:
        name, body, end = match[1], match[2], match[3]
        if not end:
            return BadCall(match[0][:SHOWN], f"</function> is missing; a call is {TAGS_FORM}", name=name)
        properties = known[name].parameters.get("properties", {}) if name in known else {}
        arguments = {}
        for part in PARAMETER.finditer(body):
            if not part[3]:
                return BadCall(match[0][:SHOWN], f"</parameter> is missing after {part[1]}", name=name)
            arguments[part[1]] = _untagged(part[2], properties.get(part[1], {}))
        return ToolCall("", name, arguments)


class Python:
    """See the module."""

    name = "python"

    def encode(self, turn: Turn) -> str:
        """See ``Codec``."""
        _refuse(FENCE.search(turn.content) is not None, turn)
        calls = [f"{call.name}({self._arguments(call.arguments)})" for call in _calls(turn)]
        block = ["```python", *calls, "```"] if calls else []
        return "\n".join([*([turn.content] if turn.content or not calls else []), *block])

    @staticmethod
    def _arguments(arguments: Mapping[str, Any]) -> str:
        if all(name.isidentifier() and name.isascii() for name in arguments):
            with_keywords = ", ".join(f"{name}={_literal(value)}" for name, value in arguments.items())
            if _parses(f"f({with_keywords})"):
                return with_keywords
        return f"**{_literal(dict(arguments))}"

    def decode(self, text: str, specs: Sequence[ToolSpec]) -> Turn:
        """See ``Codec``."""
        text = _without_thought(text)
        match = FENCE.search(text)
        if match is None:
            return Turn(text)
        known = {spec.name: spec for spec in specs}
        calls = tuple(self._calls(match[1], known)) or (BadCall("", "the block has no call"),)
        return Turn(_content(text[: match.start()], True), calls)

    @staticmethod
    def _calls(code: str, known: Mapping[str, ToolSpec]) -> list[ToolCall | BadCall]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of unknown escapes in the agent's strings
                body = ast.parse(code).body
            return [_call_of_syntax(statement, code, known) for statement in body]
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            return [BadCall(code[:SHOWN], f"the block is not Python: {error}")]


CODECS: dict[str, Callable[[], Codec]] = {each.name: each for each in (Hermes, Json, Tags, Python)}


def codec(name: str) -> Codec:
    """The codec of that name.

    Raises:
        InputError: there is none.
    """
    if name not in CODECS:
        similar = difflib.get_close_matches(str(name), CODECS, n=1)
        hint = f" (did you mean {similar[0]}?)" if similar else ""
        raise InputError(f"codec {name!r}: must be {', '.join(CODECS)}{hint}")
    return CODECS[name]()


class _Problem:
    """Why a text is not the JSON object that was expected."""

    def __init__(self, reason: str):
        self.reason = reason


def _json(text: str) -> Any:
    """A JSON object, or a ``_Problem``."""
    try:
        value = DECODER.decode(text)
    except RecursionError:
        return _Problem("the JSON is nested too deeply")
    except ValueError as error:  # also of an integer with thousands of digits
        return _Problem(f"broken JSON: {error}")
    return value if isinstance(value, dict) else _Problem("the JSON is no object")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


DECODER = json.JSONDecoder(parse_constant=_no_constant)
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _call_of_json(text: str, form: str) -> ToolCall | BadCall:
    value = _json(text)
    if isinstance(value, _Problem):
        return BadCall(text[:SHOWN], f"{value.reason}; a call is {form}")
    return _call_of_value(value, form)


def _call_of_value(value: Any, form: str) -> ToolCall | BadCall:
    name, arguments = (value.get("name"), value.get("arguments", {})) if isinstance(value, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        name = name if isinstance(name, str) else ""
        return BadCall(repr(value)[:SHOWN], f"a call has a name and an object of arguments: {form}", name=name)
    if _is_deep(arguments):
        return BadCall(repr(name)[:SHOWN], f"the arguments are nested more than {MAX_DEPTH} deep", name=name)
    return ToolCall("", name, arguments)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            part for each in level for part in (each.values() if isinstance(each, dict) else each) if _is_nested(part)
        ]
        if not level:
            return False
    return True


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _calls(turn: Turn) -> list[ToolCall]:
    return [call for call in turn.calls if isinstance(call, ToolCall)]


def _object(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(call.arguments)}


def _as_json(value: Any) -> str:
    """JSON in which no tag of a template can occur."""
    return ENCODER.encode(value).replace("<", "\\u003c")


def _refuse(is_call: bool, turn: Turn) -> None:
    if is_call or turn.content.lstrip().startswith("<think>"):
        raise ValueError(f"the content looks like a call: {turn.content[:80]!r}")


def _without_thought(text: str) -> str:
    """The text after its thoughts; thoughts without an end are all of it."""
    if not text.lstrip().startswith("<think>"):
        return text
    match = THOUGHT.match(text)
    return text[match.end() :] if match else ""


def _content(text: str, before_calls: bool) -> str:
    """The content before calls, without the line break that sets it apart."""
    return text.removesuffix("\n") if before_calls else text


def _tagged(value: Any) -> str:
    if isinstance(value, str):
        escaped = re.sub(r"&(?=amp;|lt;|text;)", "&amp;", value).replace("<", "&lt;")
        return escaped if isinstance(_json_value(value), _Problem) else f"&text;{escaped}"
    return _as_json(value)


def _untagged(text: str, schema: Mapping[str, Any]) -> Any:
    """A parameter's value: a text as it is where the schema wants one, otherwise JSON if it can be read as such."""
    plain = text.removeprefix("&text;").replace("&lt;", "<").replace("&amp;", "&")
    if schema.get("type") == "string" or text.startswith("&text;"):
        return plain
    value = _json_value(text)
    return plain if isinstance(value, _Problem) else value


def _json_value(text: str) -> Any:
    try:
        value = DECODER.decode(text)
        return _Problem("nested too deeply") if _is_nested(value) and _is_deep(value) else value
    except (ValueError, RecursionError) as error:
        return _Problem(str(error))


def _literal(value: Any) -> str:
    """A JSON value in Python's syntax, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(name)}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return repr(value).replace("`", "\\x60") if isinstance(value, str) else repr(value)


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _call_of_syntax(statement: ast.stmt, code: str, known: Mapping[str, ToolSpec]) -> ToolCall | BadCall:
    node = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        text = ast.get_source_segment(code, statement) or ""
        return BadCall(text[:SHOWN], "only calls such as tool(argument=1) are allowed, one per line")
    name, spec = node.func.id, known.get(node.func.id)
    order = list(spec.parameters.get("properties", {})) if spec else []
    if len(node.args) > len(order):
        return BadCall(name, f"{name} takes {len(order)} arguments; give them by name", name=name)
    arguments: dict[str, Any] = {}
    try:
        given = [(key, each) for key, each in zip(order, node.args)]
        for key, each in [*given, *((keyword.arg, keyword.value) for keyword in node.keywords)]:
            more = ast.literal_eval(each)
            more = {key: more} if key is not None else more
            if twice := arguments.keys() & more.keys():
                return BadCall(name, f"{name}: {', '.join(map(str, twice))} is given twice", name=name)
            arguments |= more
        json.dumps(arguments, allow_nan=False)
    except (ValueError, TypeError, AttributeError, SyntaxError, MemoryError, RecursionError):
        return BadCall(
            name, f"{name}: arguments must be literals, such as 1, 'text', [1, 2] or {{'a': None}}", name=name
        )
    if not all(isinstance(key, str) for key in arguments) or _is_deep(arguments):
        return BadCall(name, f"{name}: arguments must be named, and not be nested deeply", name=name)
    return ToolCall("", name, _listed(arguments))


def _listed(value: Any) -> Any:
    """Literals as JSON has them: tuples as lists."""
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value
