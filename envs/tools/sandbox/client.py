"""The host's side: starts a fork server per tier and process, and opens rooms in it."""

import contextlib
import os
import select
import socket
import subprocess
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import IO

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.bubblewrap import find_bubblewrap
from palaestra.envs.tools.sandbox.clean import folder_prefix, remove_folder
from palaestra.envs.tools.sandbox.frames import receive_frame, receive_json, send_json
from palaestra.envs.tools.sandbox.tiers import Limits, Tier
from palaestra.envs.tools.sandbox.zygote import ENVIRONMENT, NEW_ROOM, launch_command

START_SECONDS = 60.0
"""Seconds that the fork server may take to start."""
GRACE = 30.0
"""Seconds beyond a call's wall time after which the fork server is taken for dead."""


class Lost(Exception):
    """The room, or the process in it to continue from, is gone."""


@dataclass(frozen=True)
class Raw:
    """What a room says of a cell: unchecked bytes.

    Attributes:
        stop: why it was stopped, or "".
        forkable: whether the process can be forked for further cells.
        output: what was printed.
        result: JSON, if the process is honest.
    """

    stop: str
    forkable: bool
    output: bytes
    result: bytes


class Room:
    """The processes of one call or of a session. Not for several threads at once.

    Args:
        connection: to the room's supervisor.
        limits: of its calls.
        session: whether its processes stay for further cells.
        folder: the working directory, in T1.
    """

    def __init__(self, connection: socket.socket, limits: Limits, session: bool, folder: str):
        self.limits = limits
        self._connection = connection
        self._folder = folder
        self._keys = 0
        self._owner = os.getpid()
        connection.settimeout(limits.wall + GRACE)
        send_json(connection, {"limits": vars(limits), "session": session, "folder": folder})

    def run(
        self, code: str, files: dict[str, str], seed: int | None, clock: float, parent: int = 0, how: str = "new"
    ) -> tuple[int, Raw]:
        """Run a cell and return its process's key and what came of it.

        Args:
            code: of the cell.
            files: all files, as base64 by path.
            seed: start chance from it; None to go on.
            clock: seconds since 1970.
            parent: key of the process to continue from.
            how: ``new`` for a new process, ``fork`` for a fork of the parent, ``same`` for the parent itself.

        Raises:
            Lost: the room or the parent is gone.
        """
        self._keys += 1
        request = {"op": "run", "key": self._keys, "parent": parent, "how": how, "code": code, "files": files}
        try:
            send_json(self._connection, request | {"seed": seed, "clock": clock})
            header = receive_json(self._connection, 1 << 10)
            output = receive_frame(self._connection, self.limits.output * 4 + (1 << 17))
            result = receive_frame(self._connection, 1 << 30)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise Lost(str(error)) from None
        if header["stop"] == "lost":
            raise Lost("the process to continue from is gone")
        return self._keys, Raw(header["stop"], header["forkable"], output, result)

    @property
    def ours(self) -> bool:
        """Whether this process opened it, not one that this was forked from."""
        return self._owner == os.getpid()

    @property
    def alive(self) -> bool:
        """Whether the supervisor is still there; it says nothing before it is asked."""
        return not select.select([self._connection], [], [], 0)[0]

    def drop(self, key: int) -> None:
        """End a process."""
        with contextlib.suppress(OSError):
            send_json(self._connection, {"op": "drop", "key": key})

    def close(self) -> None:
        """End all processes of the room."""
        self._connection.close()
        if self._folder and self.ours:
            remove_folder(self._folder)


class ForkServer:
    """A running fork server of a tier.

    Args:
        tier: T1, T2 or T3.

    Raises:
        InputError: it can't be started.
    """

    def __init__(self, tier: Tier):
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._folder = tempfile.mkdtemp(prefix=folder_prefix()) if tier == Tier.T1 else ""
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        bubblewrap = find_bubblewrap() if tier == Tier.T3 else ""
        command = launch_command("zygote", tier, str(number), str(self.owner), bubblewrap)
        quiet = subprocess.DEVNULL
        with tempfile.TemporaryFile() as errors:
            try:
                self._process = subprocess.Popen(
                    command,
                    env=ENVIRONMENT,
                    pass_fds=[number],
                    stdin=quiet,
                    stdout=quiet,
                    stderr=errors,
                    cwd="/",
                    start_new_session=True,
                )
            finally:
                theirs.close()
            self._control = ours
            error = self._wait_for_start(errors)
        if error:
            self.close()
            raise InputError(f"sandbox {tier}: {error}; `palaestra sandbox` says what this machine can do")

    def _wait_for_start(self, errors: IO[bytes]) -> str:
        """Wait until it serves; returns the reason if it doesn't."""
        self._control.settimeout(START_SECONDS)
        try:
            return receive_json(self._control, 1 << 16)["error"]
        except TimeoutError:
            return f"its fork server didn't start in {START_SECONDS:g} s"
        except (OSError, EOFError, ValueError):
            status = self._process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace").split("\n")
            return f"its fork server ended with status {status} {' '.join(said[-2:]).strip()}".strip()

    def open(self, limits: Limits, session: bool) -> Room:
        """Open a room.

        Raises:
            Lost: the fork server is gone.
        """
        folder = tempfile.mkdtemp(dir=self._folder) if self._folder else ""
        ours, theirs = socket.socketpair()
        try:
            with self._lock:
                socket.send_fds(self._control, [NEW_ROOM], [theirs.fileno()])
            return Room(ours, limits, session, folder)
        except OSError as error:
            ours.close()
            raise Lost(str(error)) from None
        finally:
            theirs.close()

    @property
    def alive(self) -> bool:
        """Whether it is running, and this process's own."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End it and everything in it. A fork of the process that started it only lets it go."""
        self._control.close()
        if self.owner == os.getpid():
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._folder:
                remove_folder(self._folder)


class _Servers:
    """The fork servers of this process, one per tier, each as long as somebody uses it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[Tier, ForkServer] = {}
        self.users: dict[Tier, int] = {}

    def get(self, tier: Tier) -> ForkServer:
        with self.lock:
            server = self.running.get(tier)
            if server is None or not server.alive:
                if server is not None:
                    server.close()
                server = self.running[tier] = ForkServer(tier)
            return server

    def add_user(self, tier: Tier) -> None:
        with self.lock:
            self.users[tier] = self.users.get(tier, 0) + 1

    def remove_user(self, tier: Tier) -> None:
        with self.lock:
            self.users[tier] -= 1
            server = self.running.pop(tier, None) if self.users[tier] == 0 else None
        if server is not None:
            server.close()


_SERVERS = _Servers()


def _release(tier: Tier, spare: list[Room]) -> None:
    while spare:
        spare.pop().close()
    _SERVERS.remove_user(tier)


class Connection:
    """A user of this process's fork server of a tier, which starts when it is first needed.

    One room for the next call is kept ready, since making it takes longer than most calls.

    Args:
        tier: T1, T2 or T3.
        limits: of the calls.
    """

    def __init__(self, tier: Tier, limits: Limits):
        self.tier, self.limits = tier, limits
        self._spare: list[Room] = []
        _SERVERS.add_user(tier)
        self._finalizer = weakref.finalize(self, _release, tier, self._spare)

    def call(self, code: str, files: dict[str, str], seed: int, clock: float) -> Raw:
        """Run code in a room of its own; see ``Room.run``.

        Raises:
            Lost: the room ended with the code.
            InputError: the fork server can't be started.
        """
        try:
            room = self._spare.pop()  # atomic, as other threads may want it too
        except IndexError:
            room = None
        if room is None or not room.ours or not room.alive:
            room = self.open(session=False)
        try:
            _, raw = room.run(code, files, seed, clock)
        finally:
            room.close()
        with contextlib.suppress(InputError, Lost):  # then the next call says so
            if not self._spare:
                self._spare.append(self.open(session=False))
        return raw

    def open(self, session: bool) -> Room:
        """Open a room; starts the fork server again if it has ended.

        Raises:
            InputError: the fork server can't be started.
        """
        try:
            return _SERVERS.get(self.tier).open(self.limits, session)
        except Lost:
            return _SERVERS.get(self.tier).open(self.limits, session)

    def close(self) -> None:
        """Let the fork server go; it ends with its last user."""
        self._finalizer()
