"""Apply a function to tasks in one or several processes, with results in the order of the tasks."""

import contextlib
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import Pipe, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from palaestra.data.processes import check_guard, death, spawn

Task = TypeVar("Task")
Result = TypeVar("Result")
Workers = dict[Connection, BaseProcess]


def run_in_order(
    function: Callable[[Task], Result], tasks: Sequence[Task], processes: int, needed: Callable[[Task], bool]
) -> Generator[tuple[Task, Result], None, None]:
    """Yield (task, result) in the order of ``tasks``, skipping tasks that are no longer needed.

    Args:
        function: importable by name, as are the tasks' and results' types.
        tasks: arguments of the function.
        processes: 1 computes each result in this process, on demand. More processes are spawned, so scripts that use
            them need ``if __name__ == "__main__":``. They are terminated when this generator ends or is closed,
            and exit when this process is killed.
        needed: called before a task is started and again before it is yielded; once False for a task, always False.
    """
    if processes > 1:
        yield from _in_processes(function, tasks, min(processes, len(tasks)), needed)
        return
    for task in tasks:
        if needed(task):
            yield task, function(task)


def _in_processes(
    function: Callable[[Task], Result], tasks: Sequence[Task], processes: int, needed: Callable[[Task], bool]
) -> Generator[tuple[Task, Result], None, None]:
    check_guard()
    workers: Workers = {}
    try:
        for number in range(processes):
            parent_end, worker_end = Pipe()
            with _interrupts_blocked():
                workers[parent_end] = spawn(f"worker {number}", _work, function, worker_end)
            worker_end.close()
        yield from _share_out(tasks, workers, needed)
    finally:
        for connection, worker in workers.items():
            worker.terminate()
            connection.close()
        for worker in workers.values():
            worker.join()


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back; a process started meanwhile never gets it, so that it does not end with a traceback."""
    resource_tracker.ensure_running()  # multiprocessing unblocks the signal when it starts this
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _share_out(
    tasks: Sequence[Task], workers: Workers, needed: Callable[[Task], bool]
) -> Generator[tuple[Task, Any], None, None]:
    waiting, idle = deque(range(len(tasks))), list(workers)
    busy: dict[Any, int] = {}
    results: dict[int, Any] = {}
    turn = 0
    while turn < len(tasks):
        if not needed(tasks[turn]):
            results.pop(turn, None)
            turn += 1
        elif turn in results:
            yield tasks[turn], results.pop(turn)
            turn += 1
        else:
            while idle and waiting:
                number = waiting.popleft()
                if needed(tasks[number]):
                    connection = idle.pop()
                    busy[connection] = number
                    with _alive(workers[connection]):
                        connection.send(tasks[number])
            ready: list[Any] = wait(busy)
            for connection in ready:
                with _alive(workers[connection]):
                    result, error = connection.recv()
                if error is not None:
                    raise error
                results[busy.pop(connection)] = result
                idle.append(connection)


@contextlib.contextmanager
def _alive(worker: BaseProcess) -> Iterator[None]:
    """Raise an error that names the worker's exit status if its pipe is broken."""
    try:
        yield
    except (EOFError, ConnectionError):
        raise death(worker, hint="; was there enough memory?") from None


def _work(function: Callable[[Any], Any], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent terminates its workers
    # The pipe closes when the parent exits, also by SIGKILL.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            task = connection.recv()
            response: tuple[Any, Exception | None]
            try:
                response = function(task), None
            except Exception as error:
                response = None, error
            connection.send(response)
