"""Mistakes on the command line: one line on stderr, and an exit status."""

import contextlib
import errno
import functools
import io
import os
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from palaestra.data.errors import InputError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def exit_with(run: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit: 0, 1 where the command says so, 2 after a user's mistake, 130 after Ctrl-C."""
    try:
        status = run() or 0
    except InputError as error:
        status = _complain(str(error), error.status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        reason = f"{error.filename or 'writing'}: {error.strerror}; free some room or choose another place"
        status = _complain(reason, InputError.status)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _complain(message: str, status: int) -> int:
    print(f"palaestra: {' '.join(message.split())}", file=sys.stderr)
    return status


def deferred(function: Callable[..., Any]) -> Callable[..., Callable[[], Any]]:
    """The same signature, but a call only binds its arguments: tyro parses, and what it returns is run afterwards."""

    @functools.wraps(function)
    def bind(*args: Any, **options: Any) -> Callable[[], Any]:
        return functools.partial(function, *args, **options)

    return bind


def parsed(parse: Callable[[], Any], prog: str) -> Any:
    """What tyro makes of a command line.

    Args:
        parse: calls tyro.
        prog: the command, as its help page is asked for: ``palaestra data make``.

    Raises:
        InputError: tyro complains; its box becomes one line.
        SystemExit: it has printed a help page.
    """
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return parse()
    except SystemExit as stop:
        if not stop.code:
            raise
        raise InputError(f"{_without_box(complaint.getvalue())}; see {prog} --help") from None


def _without_box(complaint: str) -> str:
    """Tyro's message as one line, with the flags that may have been meant."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", complaint)
    lines = [line.strip("│ ") for line in text.splitlines() if line.startswith("│")]
    similar = [line for line in lines if line.startswith("--")][:2] if "Unrecognized" in text else []
    message = " ".join(lines[: next((i for i, line in enumerate(lines) if set(line) == {"─"}), 1)])
    return message + (f" (did you mean {', '.join(flag.split()[0] for flag in similar)}?)" if similar else "")
