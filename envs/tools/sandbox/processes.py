"""What the kernel says of the processes below the supervisor, read from ``/proc`` by the supervisor itself."""

import contextlib
import os
import resource
import signal
from collections.abc import Collection
from dataclasses import dataclass
from time import sleep  # imported before the virtual clock is installed

from palaestra.envs.tools.sandbox.tree import SYSTEM, python_folders

SUPERVISOR = 1
"""The supervisor's number in a namespace of its own."""
ROUNDS = 1000
"""Rounds of killing before the supervisor gives up; each takes a millisecond or more."""


@dataclass(frozen=True)
class Usage:
    """What some processes use together.

    Attributes:
        processes: that are alive.
        threads: in them.
        memory: resident bytes, pages shared by several processes counted in each.
        seconds: of processor time, with that of their children that have ended.
    """

    processes: int
    threads: int
    memory: int
    seconds: float


def usage(pids: Collection[int]) -> Usage:
    """What processes use; those that are gone use nothing."""
    alive = threads = pages = ticks = 0
    for pid in pids:
        fields = _status(pid)
        if fields:
            alive += 1
            ticks += sum(map(int, fields[11:15]))
            threads += int(fields[17])
            pages += int(fields[21])
    ended = os.times()
    seconds = ticks / os.sysconf("SC_CLK_TCK") + ended.children_user + ended.children_system
    return Usage(alive, threads, pages * resource.getpagesize(), seconds)


def _status(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the third, the state, on; empty if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # the name in it may be any bytes
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def parent_of(pid: int) -> int:
    """The number of a process's parent, 0 if there is no such process."""
    fields = _status(pid)
    return int(fields[1]) if fields else 0


def _numbers() -> set[int]:
    try:
        return {int(name) for name in os.listdir("/proc") if name.isdigit()}
    except OSError:
        return set()


def threads_of_user() -> int:
    """Threads of this user on the whole machine, at least 1."""
    count = 0
    for pid in _numbers():
        with contextlib.suppress(OSError, IndexError):
            if os.stat(f"/proc/{pid}").st_uid == os.geteuid():
                count += int(_status(pid)[17])
    return max(1, count)


def listed(everything: bool) -> set[int]:
    """The processes below the supervisor.

    Args:
        everything: it has a namespace of its own, so all others are below it.
    """
    if everything:
        return _numbers() - {SUPERVISOR}
    below: set[int] = set()
    waiting = [_own_number()]
    while waiting:
        new = _children(waiting.pop()) - below
        below |= new
        waiting += new
    return below


def _own_number() -> int:
    """This process's real number: ``os.getpid`` is the one that model-written code sees."""
    try:
        return int(os.readlink("/proc/self"))
    except OSError:
        return 0


def _children(pid: int) -> set[int]:
    """The children of all threads of a process."""
    children: set[int] = set()
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                children.update(map(int, file.read().split()))
    except ProcessLookupError:
        return children
    except FileNotFoundError:
        # The process is gone, or the kernel was built without these lists.
        if not os.path.exists("/proc/self/task") or os.path.exists(f"/proc/self/task/{_own_number()}/children"):
            return children
        return {other for other in _numbers() if parent_of(other) == pid}
    return children


def kill_descendants(keep: set[int], everything: bool = False) -> None:
    """Kill the processes below the supervisor, and those that they start meanwhile.

    Args:
        keep: processes that stay.
        everything: the supervisor has a namespace of its own.

    Raises:
        RuntimeError: there are always new ones.
    """
    for _ in range(ROUNDS):
        reap()
        left = {pid for pid in listed(everything) - keep if _status(pid)[:1] not in ([], ["Z"])}
        if not left:
            return
        for sent in (signal.SIGSTOP, signal.SIGKILL):  # first none of them may start another
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, sent)
        sleep(0.0005)
    raise RuntimeError("processes are started faster than they can be killed")


def reap() -> None:
    """Take leave of children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _can_change(line: str) -> bool:
    """Whether a line of ``/proc/PID/maps`` is of a shared mapping, other than one of a file that code may only read."""
    fields = line.split(None, 5)
    folders = (f"{folder}/" for folder in (*SYSTEM, *python_folders()))
    return fields[1].endswith("s") and not (fields[1] == "r--s" and fields[-1].startswith(tuple(folders)))


def can_fork(pid: int, output: int, results: int) -> bool:
    """Whether a fork of a process would be a copy that shares nothing that can change.

    A second thread would be lost; an open file's position and a shared mapping would be shared, even a mapping that
    can't be written now, since that can be changed.

    Args:
        pid: of the process.
        output: the reading end of its output.
        results: the reading end of its results.
    """
    ends = [f"pipe:[{os.fstat(number).st_ino}]" for number in (output, results)]
    expected = {"0": "/dev/null", "1": ends[0], "2": ends[0], "4": ends[1]}
    try:
        with open(f"/proc/{pid}/maps", errors="replace") as file:
            shared = any(_can_change(line) for line in file)
        links = {name: os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}
        right = links.pop("3", "").startswith("socket:") and links.items() <= expected.items()
        return right and not shared and _status(pid)[17] == "1"
    except (OSError, IndexError):
        return False
