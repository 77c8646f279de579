"""Error handling of the command line: one line on stderr and an exit status."""

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

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def exit_with(run: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit with its status: 0 or 1, 2 after a user error, 130 after Ctrl-C."""
    try:
        status = run() or 0
    except InputError as error:
        status = _report(str(error), error.status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        reason = f"{error.filename or 'writing'}: {error.strerror}; free some room or choose another place"
        status = _report(reason, InputError.status)
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
    text = re.sub(r"\x1b\[[0-9;]*m", "", box)
    lines = [line.strip("│ ") for line in text.splitlines() if line.startswith("│")]
    similar = [line for line in lines if line.startswith("--")][:2] if "Unrecognized" in text else []
    message = " ".join(lines[: next((i for i, line in enumerate(lines) if set(line) == {"─"}), 1)])
    return message + (f" (did you mean {', '.join(flag.split()[0] for flag in similar)}?)" if similar else "")
