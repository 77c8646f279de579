"""Reading an agent's turn: a text, a list of calls, or a message; what can't be read becomes a ``BadCall``."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.text import readable
from palaestra.envs.tools.calls import BadCall, Fault, ToolCall, Turn
from palaestra.envs.tools.codecs import Codec
from palaestra.envs.tools.spec import ToolSpec

MAX_CALLS_PER_TURN = 64
MAX_TURN = 1 << 16
"""Characters of a turn."""
MAX_ARGUMENTS = 1 << 14
"""Characters of a call's arguments as JSON."""
SHOWN = 200
"""Characters of a bad call that are kept."""
MAX_RESULT = 8000
"""Characters of a result; a longer one is cut."""
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, allow_nan=False)
CONTROL_TOKEN = re.compile(r"<\|\w{1,40}\|>|</?s>")
"""Markers of chat templates, which only a tokenizer may write."""


def read(action: Any, codec: Codec, specs: Sequence[ToolSpec]) -> Turn:
    """The turn that an action is; one that can't be read has one ``BadCall``, with the reason.

    Args:
        action: a text in the codec's format, a list of ``ToolCall``, or a dict with ``content`` and, as of OpenAI's
            API, ``tool_calls``, whose arguments are a JSON text or a dict.
        codec: of texts.
        specs: of the tools that can be called.
    """
    if isinstance(action, str):
        return _unreadable_text(action) or codec.decode(action, specs)
    if isinstance(action, Mapping):
        return _of_message(action)
    if isinstance(action, Sequence) and action and all(isinstance(each, ToolCall) for each in action):
        return Turn("", tuple(map(_checked, action)))
    return _unreadable("", "a turn is a text, a list of calls, or a message", Fault.NOT_TEXT)


def _of_message(message: Mapping[str, Any]) -> Turn:
    content, calls = message.get("content") or "", message.get("tool_calls") or []
    if message.get("role", "assistant") != "assistant" or not isinstance(content, str) or not isinstance(calls, list):
        reason = 'a message is {"role": "assistant", "content": text, "tool_calls": [...]}'
        return _unreadable("", reason, Fault.MALFORMED)
    if not calls and "content" not in message:
        return _unreadable("", "the message has neither content nor calls", Fault.MALFORMED)
    return _unreadable_text(content) or Turn(content, tuple(map(_call_of_message, calls)))


def _call_of_message(call: Any) -> ToolCall | BadCall:
    try:
        function, identity = call["function"], call.get("id") or ""
        name, arguments = function["name"], function.get("arguments") or {}
        arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        form = '{"id": text, "function": {"name": text, "arguments": JSON text}}'
        return BadCall(shown(call), f"a call in a message is {form} ({type(error).__name__}: {error})")
    if not (isinstance(name, str) and isinstance(identity, str) and isinstance(arguments, Mapping)):
        return BadCall(shown(call), "a call's name and id are texts, its arguments an object")
    return ToolCall(readable(identity)[:80], readable(name), arguments)


def _checked(call: ToolCall) -> ToolCall | BadCall:
    if isinstance(call.id, str) and isinstance(call.name, str) and isinstance(call.arguments, Mapping):
        return call
    return BadCall(shown(call.name), "a call's name and id are texts, its arguments an object")


def shown(value: Any) -> str:
    """The beginning of a value's ``repr``, for a record of what is wrong with it."""
    try:
        return readable(repr(value)[:SHOWN])
    except (RecursionError, ValueError):  # nested too deeply; an integer with thousands of digits
        return f"({type(value).__name__})"


def _unreadable(text: str, reason: str, fault: Fault) -> Turn:
    return Turn("", (BadCall(text[:SHOWN], reason, fault),))


def _unreadable_text(text: str) -> Turn | None:
    """The turn that a text is if it may not be decoded."""
    if len(text) > MAX_TURN:
        return _unreadable("", f"the turn has {len(text)} characters; at most {MAX_TURN} are allowed", Fault.TOO_LARGE)
    try:
        text.encode()
    except UnicodeEncodeError:
        reason = "the turn has lone surrogates, which are no characters"
        return _unreadable(readable(text), reason, Fault.NOT_TEXT)
    if marker := CONTROL_TOKEN.search(text):
        return _unreadable(text, f"the turn has {marker[0]}, a marker of chat templates", Fault.CONTROL_TOKENS)
    return None


def arguments_problem(spec: ToolSpec, arguments: Any) -> tuple[str, str, Fault | None]:
    """A call's arguments as JSON, and what is wrong with them: the message for the agent, and its counter."""
    try:
        text = ENCODER.encode(arguments)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        fault = Fault.NOT_TEXT if isinstance(error, UnicodeError) else Fault.ARGUMENTS
        return "", f"the arguments are no JSON: {error}", fault
    if len(text) > MAX_ARGUMENTS:
        return "", f"the arguments have {len(text)} characters; at most {MAX_ARGUMENTS} are allowed", Fault.TOO_LARGE
    problem = spec.problem(arguments)
    return text, problem, Fault.ARGUMENTS if problem else None


def bounded(calls: tuple[ToolCall | BadCall, ...]) -> tuple[ToolCall | BadCall, ...]:
    """A turn's calls, at most ``MAX_CALLS_PER_TURN`` of them; the rest is one ``BadCall``."""
    if len(calls) <= MAX_CALLS_PER_TURN:
        return calls
    rest = f"at most {MAX_CALLS_PER_TURN} calls are allowed in a turn; {len(calls) - MAX_CALLS_PER_TURN} were not run"
    return (*calls[:MAX_CALLS_PER_TURN], BadCall("", rest, Fault.TOO_LARGE))


def recorded(call: ToolCall | BadCall, is_invalid: bool) -> dict[str, Any]:
    """What a record keeps of a call: its arguments, of an invalid one only if they are JSON that isn't too long."""
    if isinstance(call, BadCall):
        return {"text": readable(call.text)}
    if not is_invalid:
        return {"arguments": call.arguments}
    try:
        text = ENCODER.encode(call.arguments)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return {"text": shown(call.arguments)}
    return {"arguments": call.arguments} if len(text) <= MAX_ARGUMENTS else {"text": text[:SHOWN]}


def cut(text: str) -> str:
    """A result's text, cut if it is too long."""
    if len(text) <= MAX_RESULT:
        return text
    return f"{text[:MAX_RESULT]}... (cut; {len(text) - MAX_RESULT} more characters)"


def described(turn: Turn, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The decoded turn and what was wrong with it, for ``info``.

    Args:
        turn: as it was decoded.
        results: the records of its calls.
    """
    calls = [{name: each[name] for name in ("id", "name", "arguments", "text") if name in each} for each in results]
    errors = [each["error"] for each in results if "error" in each]
    action = {"content": turn.content, "calls": calls}
    return {"action": action} | ({"action_error": "; ".join(errors)} if errors else {})
