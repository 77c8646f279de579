"""awk's ``printf``."""

import math
import re
from collections.abc import Callable, Sequence

from palaestra.envs.android.shell.awk.syntax import Fault
from palaestra.envs.android.shell.awk.values import Value, number

FORMAT = re.compile(r"%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?([diouxXeEfFgGcs%])")
MAX_WIDTH = 9999


def formatted(values: Sequence[Value], text_of: Callable[[Value], str]) -> str:
    """What ``printf`` prints.

    Args:
        values: the format, and the values for it.
        text_of: a value as a text.

    Raises:
        Fault: the format asks for what there is not, or for more values.
    """
    rest = list(values[1:])

    def shown(match: re.Match[str]) -> str:
        flags, width, precision, kind = match.groups()
        if kind == "%":
            return "%"
        sizes = [
            str(_whole(number(rest.pop(0))) if rest else 0) if size == "*" else size for size in (width, precision)
        ]
        if any(size and abs(int(size[:9])) > MAX_WIDTH for size in sizes):
            raise Fault("a width of printf is too large")
        if not rest:
            raise Fault(f"not enough arguments for printf format {match[0]!r}")
        form = f"%{flags}{sizes[0]}" + (f".{sizes[1] or 0}" if sizes[1] is not None else "")
        return _shown(form, kind, rest.pop(0), text_of)

    text = text_of(values[0])
    if "%" in FORMAT.sub("", text):
        raise Fault(f"unknown conversion in printf format {text!r}")
    return FORMAT.sub(shown, text)


def _whole(value: float) -> int:
    return int(value) if math.isfinite(value) else 0


def _shown(form: str, kind: str, value: Value, text_of: Callable[[Value], str]) -> str:
    """A value in a conversion of Python's, whose letters are the same."""
    if kind == "s":
        return f"{form}s" % text_of(value)
    if kind == "c":
        by_number = isinstance(value, float) and 0 <= value < 0x110000
        return f"{form}s" % (chr(int(number(value))) if by_number else text_of(value)[:1])
    if kind in "diouxX":
        return f"{form}{'d' if kind in 'iu' else kind}" % _whole(number(value))
    return f"{form}{kind}" % number(value)
