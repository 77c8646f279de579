"""A function over many tasks, its results in the order of the tasks, computed by one process or several."""

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Workers = dict[Connection, BaseProcess]


def run_in_order(
    function: Callable[[Task], Result], tasks: Sequence[Task], processes: int, needed: Callable[[Task], bool]
) -> Generator[tuple[Task, Result], None, None]:
    """Yield (task, its result) in the order of ``tasks``, those left out that are not needed when their turn comes.

    Args:
        function: importable by name, as are the tasks' and results' types.
        tasks: what to compute.
        processes: 1 computes here, when asked for the next result. More are started afresh (spawned), so scripts
            that use them need ``if __name__ == "__main__":``. They end with this generator, however it ends, and
            notice by themselves when this process is killed.
        needed: asked before a task is started and again before it is yielded; once False for a task, always False.
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
    context = multiprocessing.get_context("spawn")
    workers: Workers = {}
    try:
        for _ in range(processes):
            ours, theirs = context.Pipe()
            workers[ours] = context.Process(target=_work, args=(function, theirs), daemon=True)
            workers[ours].start()
            theirs.close()
        yield from _share_out(tasks, workers, needed)
    finally:
        for connection, worker in workers.items():
            worker.terminate()
            connection.close()
        for worker in workers.values():
            worker.join()


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
            answered: list[Any] = wait(busy)
            for connection in answered:
                with _alive(workers[connection]):
                    result, error = connection.recv()
                if error is not None:
                    raise error
                results[busy.pop(connection)] = result
                idle.append(connection)


@contextlib.contextmanager
def _alive(worker: BaseProcess) -> Iterator[None]:
    """Say so when the pipe turns out to be broken because the worker is gone."""
    try:
        yield
    except (EOFError, ConnectionError):
        worker.join()
        raise RuntimeError(f"a worker process died (exit status {worker.exitcode}); was there enough memory?") from None


def _work(function: Callable[[Any], Any], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    # The pipe ends when the parent does, also by SIGKILL.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            task = connection.recv()
            answer: tuple[Any, Exception | None]
            try:
                answer = function(task), None
            except Exception as error:
                answer = None, error
            connection.send(answer)
