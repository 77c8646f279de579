"""The supervisor of a call, or of a session's processes: starts them, holds them to their limits, ends them.

It is trusted and runs no code of a model. In tiers T2 and T3 it is process 1 of a namespace of its own, so that
everything in the room ends with it.
"""

import contextlib
import os
import resource
import select
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from time import monotonic  # imported before the virtual clock is installed
from typing import Any

from palaestra.envs.tools.sandbox import kernel, processes
from palaestra.envs.tools.sandbox.cell import empty_folder
from palaestra.envs.tools.sandbox.confine import confine
from palaestra.envs.tools.sandbox.frames import HEADER, receive_json, send_frame, send_json
from palaestra.envs.tools.sandbox.member import FORK, MAX_REQUEST, PID, READY, RUN, serve_cells, take_descriptors
from palaestra.envs.tools.sandbox.tree import WORK, mount_proc, mount_work
from palaestra.envs.tools.sandbox.virtual import VirtualWorld

POLL = 0.01
"""Seconds between two looks at what the processes use."""
PATIENCE = 5.0
"""Seconds that a process may take to receive a request, or to fork."""
UNUSED = 0
"""Key of the process that has run nothing; a session's others are forks of it, so that all begin alike."""
CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that don't start a character."""


@dataclass
class Member:
    """A process that runs cells, seen from the supervisor.

    Attributes:
        pid: its number here.
        control: where it takes requests.
        output: the reading end of its output.
        results: the reading end of its results.
        handle: becomes readable when it ends.
    """

    pid: int
    control: socket.socket
    output: int
    results: int
    handle: int

    def can_fork(self) -> bool:
        """See ``processes.can_fork``."""
        return processes.can_fork(self.pid, self.output, self.results)

    def close(self) -> None:
        """Kill the process and close everything."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.control.close()
        for number in {self.output, self.results, self.handle} - {-1}:
            os.close(number)


@dataclass
class Watch:
    """What is known of a running cell.

    Attributes:
        output: bytes so far.
        characters: in them.
        results: bytes so far, with their header.
        stop: why it is to be stopped, or "".
    """

    output: bytearray
    results: bytearray
    characters: int = 0
    stop: str = ""

    @property
    def complete(self) -> bool:
        """Whether the whole result is there."""
        return len(self.results) >= HEADER.size and len(self.results) >= self.expected

    @property
    def expected(self) -> int:
        """Bytes of the result with its header."""
        return HEADER.size + HEADER.unpack(self.results[: HEADER.size])[0]


class Room:
    """The processes of one call or session.

    Args:
        host: the connection to whom the room belongs.
        world: clock and chance, for the processes.
        isolated: tiers T2 and T3.
        user_threads: that the user had when the sandbox started.
    """

    def __init__(self, host: socket.socket, world: VirtualWorld, isolated: bool, user_threads: int):
        config = receive_json(host, 1 << 16)
        self.host, self.world, self.isolated, self.user_threads = host, world, isolated, user_threads
        self.limits, self.session = config["limits"], config["session"]
        self.folder = WORK if isolated else config["folder"]
        self.members: dict[int, Member] = {}
        if isolated:
            kernel.unshare(kernel.NEWNS)
            mount_proc()
            mount_work(self.limits["files"], self.limits["entries"])
        elif sys.platform == "linux":
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
        self.base = processes.usage([world.read_process()]).memory
        # Files as base64, plus value, error and names.
        self.max_result = self.limits["files"] * 4 // 3 + 24 * self.limits["output"] + self.limits["entries"] * 4096

    def serve(self) -> None:
        """Answer the host's requests until it goes away, or after one if this is no session."""
        self.members[UNUSED] = self._start()
        while True:
            request = receive_json(self.host, MAX_REQUEST)
            if request["op"] == "drop":
                self._drop(request["key"])
                continue
            self._run(request)
            if not self.session:
                return

    def close(self) -> None:
        """End all processes of the room."""
        if self.isolated:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # all in this namespace, but not process 1
        else:
            processes.kill_descendants(keep=set())
            with contextlib.suppress(OSError):
                empty_folder(self.folder)

    def _run(self, request: dict[str, Any]) -> None:
        member = self._member(request["parent"], request["how"])
        if member is None:
            self._reply(Watch(bytearray(), bytearray(), stop="lost"), False)
            return
        watch = self._watch(member, request)
        alive = self.session and watch.complete and not watch.stop
        if alive:
            self.members[request["key"]] = member
            processes.kill_descendants({other.pid for other in self.members.values()}, everything=self.isolated)
        elif self.session:
            member.close()
            processes.kill_descendants({other.pid for other in self.members.values()}, everything=self.isolated)
        else:
            self.close()
        self._reply(watch, alive and member.can_fork())

    def _reply(self, watch: Watch, forkable: bool) -> None:
        send_json(self.host, {"stop": watch.stop, "forkable": forkable})
        send_frame(self.host, bytes(watch.output))
        send_frame(self.host, bytes(watch.results[HEADER.size :]) if watch.complete else b"")

    def _drop(self, key: int) -> None:
        if member := self.members.pop(key, None):
            member.close()

    def _member(self, parent: int, how: str) -> Member | None:
        """The process for the next cell; None if the one to continue from is gone."""
        if how == "new":
            if not self.session:
                return self.members.pop(UNUSED)
            parent = UNUSED
        elif how == "same":
            return self.members.pop(parent, None)
        empty_folder(self.folder)
        origin = self.members.get(parent)
        member = self._fork(origin) if origin else None
        if member is None:
            self._drop(parent)
        return member

    def _start(self) -> Member:
        """Fork a process from this one, confine it, and let it wait for a cell."""
        ours, theirs = socket.socketpair()
        output, write_output = os.pipe()
        results, write_results = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.setsid()
                take_descriptors(theirs.detach(), write_output, write_results)
                os.chdir(self.folder)
                self.world.adopt_process()
                confine(self.limits, self.session, self.isolated, self.user_threads)
                serve_cells(self.world, self.limits, self.session, self.folder)
            finally:
                os._exit(1)
        theirs.close()
        os.close(write_output)
        os.close(write_results)
        return self._known(pid, ours, output, results)

    def _fork(self, origin: Member) -> Member | None:
        """Have a waiting process fork; None if it doesn't, or if the two would share something."""
        if select.select([origin.control], [], [], 0)[0]:
            return None  # it ended, or a cell wrote there to be taken for an answer
        ours, theirs = socket.socketpair()
        output, write_output = os.pipe()
        results, write_results = os.pipe()
        try:
            origin.control.settimeout(PATIENCE)
            socket.send_fds(origin.control, [FORK], [theirs.fileno(), write_output, write_results])
            (pid,) = PID.unpack(origin.control.recv(PID.size, socket.MSG_WAITALL))
            ours.settimeout(PATIENCE)
            # A cell can have arranged for something to happen at a fork, so look again.
            if ours.recv(1) == READY and processes.parent_of(pid) == origin.pid:
                if processes.can_fork(pid, output, results):
                    return self._known(pid, ours, output, results)
                os.kill(pid, signal.SIGKILL)
        except (OSError, struct.error):
            pass
        finally:
            theirs.close()
            os.close(write_output)
            os.close(write_results)
        ours.close()
        os.close(output)
        os.close(results)
        return None

    def _known(self, pid: int, control: socket.socket, output: int, results: int) -> Member:
        os.set_blocking(output, False)
        os.set_blocking(results, False)
        control.settimeout(PATIENCE)
        return Member(pid, control, output, results, os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1)

    def _watch(self, member: Member, request: dict[str, Any]) -> Watch:
        """Run a cell until it has its result, ends, or must be stopped."""
        watch = Watch(bytearray(), bytearray())
        used, deadline = self._used(member, request["how"]), monotonic() + self.limits["wall"]
        try:
            member.control.sendall(RUN)
            cell = {name: request[name] for name in ("code", "files", "clock", "seed")}
            send_json(member.control, cell | {"present": request["how"] == "same"})
        except OSError:
            watch.stop = "killed"
        poll = select.poll()
        for number in {member.output, member.results, member.handle, self.host.fileno()} - {-1}:
            poll.register(number, select.POLLIN)
        look = monotonic() + POLL
        while not watch.stop and not watch.complete:
            events = dict(poll.poll(POLL * 1000))
            if self.host.fileno() in events:
                raise EOFError("the host is gone, or talks out of turn")
            self._read_results(member, watch)
            self._read_output(member, watch)
            if events.get(member.output, 0) & select.POLLHUP:
                poll.unregister(member.output)  # closed by all who could write to it
            ended = member.handle in events or events.get(member.results, 0) & select.POLLHUP
            if ended and not watch.complete:
                watch.stop = watch.stop or "killed"
            if not watch.stop and (now := monotonic()) >= look:
                look = now + POLL
                watch.stop = self._excess(member, used, now > deadline)
        if not watch.stop:
            self._read_output(member, watch)
        return watch

    def _excess(self, member: Member, used: float, late: bool) -> str:
        """The limit that the running cell exceeds, or ""."""
        usage = self._usage(member)
        if late or usage.seconds - used > self.limits["seconds"]:
            return "time"
        if usage.memory - self.base * usage.processes > self.limits["memory"]:
            return "memory"
        return "processes" if usage.threads > self.limits["processes"] else ""

    def _used(self, member: Member, how: str) -> float:
        """Seconds of processor time before the cell; those of a new process are few."""
        return self._usage(member).seconds if how == "same" else 0.0

    def _usage(self, member: Member) -> processes.Usage:
        frozen = {other.pid for other in self.members.values()}
        running = processes.listed(self.isolated) - frozen
        return processes.usage(sorted(running | {member.pid}))

    def _read_results(self, member: Member, watch: Watch) -> None:
        for chunk in _available(member.results):
            watch.results += chunk
            if len(watch.results) > HEADER.size and watch.expected > self.max_result:
                watch.stop = "killed"
                watch.results.clear()
                return
            if watch.complete:
                del watch.results[watch.expected :]
                return

    def _read_output(self, member: Member, watch: Watch) -> None:
        for chunk in _available(member.output):
            watch.output += chunk
            watch.characters += len(chunk.translate(None, CONTINUATION))  # characters that start here
            # A character has 4 bytes at most; bytes that start none are no characters, but need memory too.
            if watch.characters > self.limits["output"] or len(watch.output) > 4 * self.limits["output"]:
                watch.stop = "output"
                return


def _available(number: int) -> Any:
    """What can be read now, in pieces."""
    while True:
        try:
            chunk = os.read(number, 1 << 16)
        except BlockingIOError:
            return
        if not chunk:
            return
        yield chunk


def supervise(host: socket.socket, world: VirtualWorld, isolated: bool, user_threads: int) -> None:
    """Serve a room in this process; returns only by ending it."""
    rooms: list[Room] = []
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the fork server's death, in T1
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        rooms.append(Room(host, world, isolated, user_threads))
        rooms[0].serve()
    except (EOFError, ConnectionError, SystemExit):
        pass
    finally:
        try:
            _end(rooms)
        except SystemExit:  # the signal came just then, and is ignored from now on
            _end(rooms)
        finally:
            os._exit(0)


def _end(rooms: list[Room]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for room in rooms:
        room.close()
