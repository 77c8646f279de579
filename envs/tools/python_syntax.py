"""Calls in Python's syntax with literal arguments: written, and read by ``ast`` without evaluating anything."""

import ast
import keyword
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.tools.calls import BadCall, ToolCall
from palaestra.envs.tools.json_text import MAX_DEPTH, is_deep
from palaestra.envs.tools.spec import ToolSpec

SHOWN = 200
"""Characters of a bad call that are kept."""
MAX_INTEGER = 10**4300
"""Integers below have at most the 4300 digits that Python writes."""
LINE_END = re.compile(r"\r\n|\r|\n")
ALLOWED = "tool(argument=1), one per line"
LITERALS = "literals, such as 1, 'text', [1, 2] or {'a': None}"


def written(call: ToolCall) -> str:
    """A call on one line.

    A name that isn't one in Python is written as ``tools["the name"](...)``, arguments with such names as ``**{...}``.

    Raises:
        ValueError: an integer has more digits than Python writes (4300), or a number is NaN or infinite.
    """
    name = call.name if _is_name(call.name) else f"tools[{_literal(call.name)}]"
    if all(map(_is_name, call.arguments)):
        return f"{name}({', '.join(f'{key}={_literal(value)}' for key, value in call.arguments.items())})"
    return f"{name}(**{_literal(dict(call.arguments))})"


def read(code: str, specs: Mapping[str, ToolSpec]) -> list[ToolCall | BadCall]:
    """The calls in a piece of code; positional arguments get the names of the tool's parameters in their order."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unknown escapes in the agent's strings
            statements = ast.parse(code).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return [BadCall(code[:SHOWN], f"the block is not Python: {error}")]
    lines = LINE_END.split(code)
    return [_call(each, lines[each.lineno - 1 : each.lineno], specs) for each in statements]


def _is_name(text: str) -> bool:
    """Whether Python takes a text as a name as it is; it changes some characters beyond ASCII."""
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and text != "__debug__"


def _literal(value: Any) -> str:
    """A JSON value in Python's syntax, on one line."""
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(name)}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    return repr(value)


def _call(statement: ast.stmt, line: Sequence[str], specs: Mapping[str, ToolSpec]) -> ToolCall | BadCall:
    text = line[0][:SHOWN] if line else ""
    node = statement.value if isinstance(statement, ast.Expr) else None
    name = _name(node.func) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or name is None:
        return BadCall(text, f"only calls such as {ALLOWED}, are allowed")
    order = list(specs[name].parameters.get("properties", {})) if name in specs else []
    if len(node.args) > len(order):
        return BadCall(text, f"{name} takes {len(order)} arguments; give them by name", name=name)
    arguments: dict[str, Any] = {}
    try:
        for key, value in [*zip(order, node.args), *((each.arg, each.value) for each in node.keywords)]:
            given = _plain(ast.literal_eval(value))
            more = {key: given} if key is not None else dict(given.items())
            if twice := arguments.keys() & more.keys():
                return BadCall(text, f"{name}: {', '.join(sorted(twice))} is given twice", name=name)
            arguments |= more
    except (ValueError, TypeError, AttributeError, SyntaxError, MemoryError, RecursionError):
        return BadCall(text, f"{name}: arguments must be {LITERALS}", name=name)
    if is_deep(arguments):
        return BadCall(text, f"{name}: arguments are nested more than {MAX_DEPTH} deep", name=name)
    return ToolCall("", name, arguments)


def _name(node: ast.expr) -> str | None:
    """The tool that is called: ``tool`` or ``tools["tool"]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "tools":
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key if isinstance(key, str) else None
    return None


def _plain(value: Any) -> Any:
    """A literal as JSON has it: a tuple as a list.

    Raises:
        ValueError: a number isn't JSON's.
        TypeError: something else isn't.
    """
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a key is no text")
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is infinite")
    if isinstance(value, int) and abs(value) >= MAX_INTEGER:
        raise ValueError("an integer has too many digits")
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is not JSON")
