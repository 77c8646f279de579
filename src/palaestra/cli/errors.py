"""Error handling of the command line: one line on stderr and an exit status."""

import contextlib
import functools
import io
import os
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from palaestra.data.errors import InputError
from palaestra.data.store import explain_write_errors

SUGGESTIONS = ("Perhaps you meant", "Arguments similar to")
"""How the parts of tyro's box begin that list similar flags."""


def exit_with(run: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit with its status: 0 or 1, 2 after a user error, 130 after Ctrl-C."""
    try:
        with explain_write_errors():
            status = run() or 0
    except InputError as error:
        status = _report(str(error), error.status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _report(message: str, status: int) -> int:
    print(f"palaestra: {' '.join(message.split())}", file=sys.stderr)
    return status


def deferred(function: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    """The same function, but a call only binds its arguments, so that tyro parses before the command runs."""

    @functools.wraps(function)
    def bind(*args: Any, **options: Any) -> Callable[[], Any]:
        return functools.partial(function, *args, **options)

    return bind


def parsed(parse: Callable[[], Any], prog: str) -> Any:
    """Parse a command line with tyro.

    Args:
        parse: calls tyro.
        prog: the command, as in its usage line: ``palaestra data make``.

    Raises:
        InputError: tyro reports an error; its box is reduced to one line.
        SystemExit: tyro has printed a help page.
    """
    from palaestra.cli.values import VALUES

    stderr = io.StringIO()
    try:
        with contextlib.redirect_stderr(stderr), VALUES:
            return parse()
    except SystemExit as stop:
        if not stop.code:
            raise
        raise InputError(f"{_without_box(stderr.getvalue())}; see {prog} --help") from None


def _without_box(box: str) -> str:
    """Tyro's error message as one line, with similar flags."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", box)
    text = "\n".join(line.strip("│ ") for line in plain.splitlines() if line.startswith("│"))
    error, *parts = re.split(r"\n─+\n", text)
    unknown = [part for part in parts if part.startswith("Unrecognized")]
    lists = [part for part in parts if part.startswith(SUGGESTIONS)]
    similar = dict.fromkeys(flag for part in lists for flag in re.findall(r"^--[\w-]+", part, re.MULTILINE))
    message = " ".join("; ".join([error, *unknown]).split())
    others = [flag for flag in similar if flag not in message.split()]
    return message + (f" (did you mean {', '.join(others[:2])}?)" if others else "")
