"""Errors of the user's own agents, in a line."""

import contextlib
import inspect
import traceback
from collections.abc import Iterator
from typing import Any

from palaestra.data.errors import InputError


class AgentError(InputError):
    """The user's agent raised an error, or returned something else than an action."""

    status = 1


@contextlib.contextmanager
def shown_in_a_line(name: str, code: Any) -> Iterator[None]:
    """Turn an error into an ``AgentError`` of one line, which shows the last line of the agent's own file.

    Args:
        name: of the agent.
        code: its function, class or object.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # whatever the user's code raises
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
        raise AgentError(f"{name}: {_place(error, code)}{reason}") from error


def _place(error: Exception, code: Any) -> str:
    """File, line number and line of the agent's code where an error was raised; empty if it was raised elsewhere."""
    with contextlib.suppress(TypeError, OSError):
        kind = code if isinstance(code, type) or hasattr(code, "__code__") else type(code)
        file = inspect.getfile(kind)
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == file:
                return f"{frame.filename}:{frame.lineno}: {frame.line}: "
    return ""
