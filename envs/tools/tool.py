"""Tools: methods of a world, with what the agent is told of them and what a call costs."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from palaestra.envs.tools.spec import ToolSpec

Function = TypeVar("Function", bound=Callable[..., Any])


class Tool(NamedTuple):
    """A tool of a kind of world.

    Attributes:
        function: takes the world and the arguments.
        spec: what the agent is told.
        seconds: of the virtual clock that a call takes.
        price: money that a call costs.
        reads: whether it only reads.
    """

    function: Callable[..., Any]
    spec: ToolSpec
    seconds: float
    price: float
    reads: bool


def tool(*, seconds: float = 1.0, price: float = 0.0, reads: bool = False) -> Callable[[Function], Function]:
    """Make a method of a tool world a tool; its hints and docstring become the tool's schema.

    The method returns plain data, dataclasses or text, and raises ``ToolError`` for what the agent should read. What it
    writes to the database takes effect only if it returns.

    Args:
        seconds: of the virtual clock that a call takes.
        price: money that a call costs.
        reads: whether it only reads.
    """

    def mark(function: Function) -> Function:
        function.__dict__["tool"] = (seconds, price, reads)
        return function

    return mark


def tools_of(kind: type) -> dict[str, Tool]:
    """The tools of a world's class by name, in the order of their definition."""
    return _tools(kind)


@functools.cache
def _tools(kind: Any) -> dict[str, Tool]:
    functions = [value for base in reversed(kind.__mro__) for value in vars(base).values() if hasattr(value, "tool")]
    return {each.__name__: Tool(each, ToolSpec.of(each), *each.tool) for each in functions}
