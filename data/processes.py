"""Processes that start afresh ("spawned"): each of them first imports the script that runs."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from palaestra.data.errors import InputError

STARTING = "palaestra, importing "
"""Beginning of a process's name until its function is called."""
UNGUARDED = 101
"""Exit status of a process in which the script started processes again."""
JOIN_SECONDS = 5


def check_guard() -> None:
    """End this process if it is one of ours and still imports the script; call it before processes are prepared.

    A script that starts processes outside of ``if __name__ == "__main__":`` would start them in each of them again.
    The process ends without a word, and ``death`` says why in the one that started it.
    """
    if multiprocessing.current_process().name.startswith(STARTING):
        raise SystemExit(UNGUARDED)


def spawn(name: str, function: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a process that calls a function; it ends with this one.

    Args:
        name: of the process.
        function: importable by name.
        *arguments: of the function, which can be pickled.
    """
    check_guard()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_run, args=(name, function, arguments), name=STARTING + name, daemon=True)
    process.start()
    return process


def _run(name: str, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    multiprocessing.current_process().name = name
    function(*arguments)


def death(process: BaseProcess, noun: str = "worker", hint: str = "") -> Exception:
    """The error to raise when a process has closed its connection.

    Args:
        process: from ``spawn``.
        noun: whose process it is, for the message.
        hint: ends the message.
    """
    process.join(JOIN_SECONDS)
    if process.exitcode == UNGUARDED:
        return InputError(
            "processes import the script that starts them: put what it does under"
            ' `if __name__ == "__main__":`, or ask for no processes (processes=0)'
        )
    return RuntimeError(f"a {noun} process has died (exit status {process.exitcode}){hint}")
