"""Time, chance and process numbers inside the sandbox: functions of the seed and a virtual clock.

``install`` replaces what the standard library offers, once, before other modules take the names over. Code that goes
around the library (ctypes, a compiled extension) still meets the real things; a replay finds the difference.
"""

import hashlib
import os
import random
import selectors
import sys
import threading
import time
import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

TICK = 1_000
"""Nanoseconds that pass with each reading of the clock, so that code that waits for a time goes on."""
PROCESS = 2
"""The process number that code sees."""
NODE = 0x02_00_00_00_00_01
"""The hardware address in ``uuid1``: one of the locally administered."""


class VirtualWorld:
    """The clock and the source of chance of the code that runs in this process.

    Attributes:
        nanoseconds: since 1970 on the virtual clock.
        started: the clock's first value, from which ``monotonic`` counts.
        real_process: the number of the process that ``os.getpid`` calls ``PROCESS``; its children keep theirs.
        read_process: the real ``os.getpid``.
    """

    def __init__(self) -> None:
        self.nanoseconds = 0
        self.started = 0
        self.real_process = 0
        self.read_process = os.getpid
        self._key = b""
        self._blocks = 0
        self._buffer = b""

    def seed(self, seed: int) -> None:
        """Start all sources of chance afresh."""
        self._key = hashlib.sha256(f"palaestra sandbox {seed}".encode()).digest()
        self._blocks, self._buffer = 0, b""
        random.seed(seed)

    def adopt_process(self) -> None:
        """Make this process the one that code sees as ``PROCESS``."""
        self.real_process = self.read_process()

    def set_clock(self, seconds: float) -> None:
        """Set the virtual clock to seconds since 1970."""
        self.nanoseconds = self.started = round(seconds * 1e9)

    def read_clock(self) -> int:
        """Nanoseconds since 1970; every reading takes a microsecond."""
        self.nanoseconds += TICK
        return self.nanoseconds

    def pass_time(self, seconds: float) -> None:
        """Set the virtual clock forward."""
        self.nanoseconds += round(seconds * 1e9)

    def random_bytes(self, size: int) -> bytes:
        """The next bytes of the stream: SHA-256 of key and counter."""
        if size < 0:
            raise ValueError("negative argument not allowed")
        parts = [self._buffer]
        have = len(self._buffer)
        while have < size:
            parts.append(hashlib.sha256(self._key + self._blocks.to_bytes(8, "big")).digest())
            self._blocks += 1
            have += 32
        data = b"".join(parts)
        self._buffer = data[size:]
        return data[:size]


def install(world: VirtualWorld) -> None:
    """Replace clocks, entropy and the process number by those of ``world``, for this process and its forks."""
    # The compiled datetime reads the real clock; the one in Python asks the module time.
    for name in ("_datetime", "_zoneinfo"):
        sys.modules[name] = None  # type: ignore[assignment]
    sys.modules.pop("datetime", None)
    _replace_clocks(world)
    _replace_waiting(world)
    _replace_entropy(world)
    world.adopt_process()
    real = world.read_process
    register = os.register_at_fork if hasattr(os, "register_at_fork") else None
    if register:
        # What runs in the original would let it count the branches of a session, and tell the next one.
        _replace(
            os,
            "register_at_fork",
            lambda *, before=None, after_in_child=None, after_in_parent=None: (
                register(after_in_child=after_in_child) if after_in_child else None
            ),
        )
    _replace(os, "getpid", lambda: PROCESS if (number := real()) == world.real_process else number)


def address_itself(world: VirtualWorld) -> None:
    """Have the number that code sees as its own mean this process; in T1 another one on the machine may have it.

    For processes that run code, not for the supervisor.
    """
    for name in ("kill", "killpg", "getpgid", "getsid", "setpgid", "pidfd_open", "sched_getaffinity"):
        if function := getattr(os, name, None):
            _replace(
                os,
                name,
                lambda number, *rest, function=function: function(
                    world.real_process if number == PROCESS else number, *rest
                ),
            )


def _replace(module: ModuleType, name: str, function: Callable[..., Any]) -> None:
    function.__name__ = function.__qualname__ = name
    function.__module__ = module.__name__
    setattr(module, name, function)
    if module is os:
        setattr(sys.modules["posix"], name, function)


def _replace_clocks(world: VirtualWorld) -> None:
    def elapsed() -> int:
        return world.read_clock() - world.started

    real_sleep = time.sleep

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if has_company():
            real_sleep(seconds)
        world.pass_time(seconds)

    _replace(time, "time", lambda: world.read_clock() / 1e9)
    _replace(time, "time_ns", lambda: world.read_clock())
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        _replace(time, name, lambda: elapsed() / 1e9)
        _replace(time, f"{name}_ns", lambda: elapsed())
    _replace(time, "sleep", sleep)
    _replace(time, "clock_gettime", lambda clock: (elapsed() if clock else world.read_clock()) / 1e9)
    _replace(time, "clock_gettime_ns", lambda clock: elapsed() if clock else world.read_clock())
    _replace_calendar(world)


def has_company() -> bool:
    """Whether something can happen while this thread waits: there are other threads, or child processes."""
    if threading.active_count() > 1:
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _replace_waiting(world: VirtualWorld) -> None:
    """Let the virtual clock pass a wait that ran out, without waiting where nothing can happen."""
    for kind in {selectors.SelectSelector, selectors.DefaultSelector, getattr(selectors, "PollSelector", None)} - {
        None
    }:
        _replace_select(world, kind)
    wait = threading.Condition.wait

    def wait_or_pass(self: threading.Condition, timeout: float | None = None) -> bool:
        notified = wait(self, timeout)
        if not notified and timeout:
            world.pass_time(timeout)
        return notified

    threading.Condition.wait = wait_or_pass  # type: ignore[method-assign]


def _replace_select(world: VirtualWorld, kind: Any) -> None:
    select = kind.select

    def select_or_pass(self: Any, timeout: float | None = None) -> Any:
        # One descriptor is asyncio's, through which other threads and signals wake it.
        idle = timeout is not None and len(self.get_map()) <= 1 and not has_company()
        ready = select(self, 0 if idle else timeout)
        if not ready and timeout and timeout > 0:
            world.pass_time(timeout)
        return ready

    kind.select = select_or_pass


def _replace_calendar(world: VirtualWorld) -> None:
    """The functions of ``time`` whose argument defaults to now."""
    gmtime, localtime, ctime, asctime, strftime = time.gmtime, time.localtime, time.ctime, time.asctime, time.strftime

    def now() -> float:
        return world.read_clock() / 1e9

    _replace(time, "gmtime", lambda seconds=None: gmtime(now() if seconds is None else seconds))
    _replace(time, "localtime", lambda seconds=None: localtime(now() if seconds is None else seconds))
    _replace(time, "ctime", lambda seconds=None: ctime(now() if seconds is None else seconds))
    _replace(time, "asctime", lambda moment=None: asctime(localtime(now()) if moment is None else moment))
    _replace(time, "strftime", lambda form, moment=None: strftime(form, localtime(now()) if moment is None else moment))


def _replace_entropy(world: VirtualWorld) -> None:
    def urandom(size: int) -> bytes:
        return world.random_bytes(size)

    _replace(os, "urandom", urandom)
    if hasattr(os, "getrandom"):
        _replace(os, "getrandom", lambda size, flags=0: world.random_bytes(size))
    random._urandom = urandom  # type: ignore[attr-defined]
    original: Any = random.Random

    class Random(original):
        """A generator that takes its seed from the sandbox when it is given none."""

        def __new__(cls, *arguments: Any, **named: Any) -> Any:
            # The compiled constructor seeds itself too, from what it is given.
            return original.__new__(cls, 0)

        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(int.from_bytes(world.random_bytes(32), "big") if a is None else a, version)

    Random.__module__, Random.__qualname__ = "random", "Random"
    random.Random = Random  # type: ignore[misc]
    generator = Random(0)
    random._inst = generator
    for name, value in list(vars(random).items()):
        if isinstance(getattr(value, "__self__", None), original):
            setattr(random, name, getattr(generator, name))
    uuid._generate_time_safe = uuid._UuidCreate = None  # type: ignore[attr-defined]
    uuid.getnode = lambda: NODE
