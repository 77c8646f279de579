"""Seeds that train in processes of their own, at most as many at a time as threads were granted."""

import contextlib
import multiprocessing
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.agents.training.trainer import DivergedError
from palaestra.data.errors import InputError
from palaestra.data.processes import JOIN_SECONDS, check_guard, death, spawn


class SideBySide:
    """One process per seed; results equal those of one process.

    Args:
        make: makes a seed's learner in its process: a function at the top level of a module.
        arguments: of ``make``, one tuple per seed.
        threads: number of seeds that compute at a time.
    """

    def __init__(self, make: Any, arguments: Sequence[tuple[Any, ...]], threads: int):
        check_guard()
        context = multiprocessing.get_context("spawn")
        self._gate = context.BoundedSemaphore(threads)  # kept: it is gone for the processes with its last reference
        self._connections, self._processes = [], []
        for number, each in enumerate(arguments):
            own, other = context.Pipe()
            self._processes.append(spawn(f"seed {number}", _serve, other, self._gate, make, each))
            other.close()
            self._connections.append(own)

    def ask(self, *requests: tuple[str, Any]) -> list[Any]:
        """Send every process its request, or all of them the same one; the responses in order.

        Raises:
            DivergedError: a learner has diverged.
            InputError: a learner raised another one.
            RuntimeError: a process has died.
        """
        sent = requests if len(requests) > 1 else requests * len(self._connections)
        for connection, request in zip(self._connections, sent):
            with contextlib.suppress(ConnectionError):  # the process has died, as its missing response will tell
                connection.send(request)
        responses = []
        for connection, process in zip(self._connections, self._processes):
            try:
                kind, value = connection.recv()
            except (EOFError, ConnectionError):
                raise death(process, "seed's") from None
            if kind == "diverged":
                raise DivergedError(*value)
            if kind == "refused":
                raise InputError(value)
            responses.append(value)
        return responses

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(JOIN_SECONDS)


def _serve(connection: Any, gate: Any, make: Any, arguments: tuple[Any, ...]) -> None:
    """Answer requests with a learner until the connection closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the trainer stops between two updates
    import torch

    torch.set_num_threads(1)
    try:
        learner = make(*arguments)
        while True:
            name, value = connection.recv()
            connection.send(("done", _answer(learner, gate, name, value)))
    except DivergedError as error:
        connection.send(("diverged", (error.seed, error.reason)))
    except InputError as error:
        connection.send(("refused", str(error)))
    except (EOFError, ConnectionError):
        pass  # the trainer has ended, or was killed


def _answer(learner: Any, gate: Any, name: str, value: Any) -> Any:
    if name == "prepare":
        with gate:
            return learner.prepare()
    if name == "load":
        return learner.load_state_dict(value)
    if name == "state":
        return learner.state_dict()
    reports: list[Mapping[str, float]] = []
    for _ in range(value):
        with gate:
            reports.append(learner.advance())
    return reports[-1]
