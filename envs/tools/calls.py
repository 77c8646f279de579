"""One assistant turn as data: tool calls, their results, and what was said.

Arguments are dicts everywhere; only OpenAI's messages hold them as JSON text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ToolError(Exception):
    """Raised by a tool; the agent reads the message as the call's result."""


class Fault(StrEnum):
    """Why a call, or a whole turn, was answered with an error; the names of the counters in ``info["errors"]``."""

    UNKNOWN_TOOL = "unknown_tool"
    MALFORMED = "malformed"
    """Not in the codec's format: broken JSON, no name, arguments that are no object."""
    ARGUMENTS = "arguments"
    """The arguments don't fit the tool's schema."""
    TOO_LARGE = "too_large"
    """An argument or the turn is longer than allowed."""
    NOT_TEXT = "not_text"
    """The turn is no text, or has lone surrogates."""
    CONTROL_TOKENS = "control_tokens"
    """The turn has a chat template's markers, such as ``<|im_start|>``."""
    FAILED = "failed"
    """The tool itself reported an error."""
    CRASHED = "crashed"
    """The tool raised an error that it doesn't report on purpose: a fault of the world."""


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool.

    Attributes:
        id: unique within an episode; empty until the world numbers it.
        name: of the tool.
        arguments: plain data for JSON, by parameter.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BadCall:
    """What was meant as a call and can't be read as one.

    Attributes:
        text: what the agent wrote.
        reason: what is wrong with it, for the agent.
        fault: its counter.
        name: of the tool, if it could be read.
    """

    text: str
    reason: str
    fault: Fault = Fault.MALFORMED
    name: str = ""


@dataclass(frozen=True)
class Turn:
    """One assistant turn. Without calls, ``content`` is an answer.

    Attributes:
        content: the text besides the calls.
        calls: in the order in which they were written.
    """

    content: str = ""
    calls: tuple[ToolCall | BadCall, ...] = ()


@dataclass(frozen=True)
class ToolResult:
    """What a call returned.

    Attributes:
        id: of the call.
        content: the text for the agent.
        structured: the same as plain data, None for errors.
        is_error: whether the call failed.
    """

    id: str
    content: str
    structured: Any = None
    is_error: bool = False
