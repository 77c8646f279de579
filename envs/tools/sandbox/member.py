"""A process that runs model-written code: it waits for a cell, runs it, and can be forked between two cells.

Its descriptors are 0 (nothing to read), 1 and 2 (output), 3 (the supervisor) and 4 (results).
"""

import io
import json
import os
import signal
import socket
import struct
import sys
from os import fork  # not the one that a cell may have put in its place
from typing import Any

from palaestra.envs.tools.sandbox.cell import Interpreter, run_cell
from palaestra.envs.tools.sandbox.frames import HEADER, receive_json
from palaestra.envs.tools.sandbox.virtual import VirtualWorld, address_itself

CONTROL, RESULTS, FIRST_FREE = 3, 4, 5
RUN, FORK, READY = b"R", b"F", b"Y"
PID = struct.Struct("!I")
MAX_REQUEST = 1 << 30


def take_descriptors(control: int, output: int, results: int) -> None:
    """Put the descriptors in their places and close all others."""
    nothing = os.open(os.devnull, os.O_RDONLY)  # not the host's, whose flags would pass from one call to the next
    moved = [os.dup(os.dup(os.dup(os.dup(os.dup(number))))) for number in (nothing, control, output, results)]
    for number, places in zip(moved, ((0,), (CONTROL,), (1, 2), (RESULTS,))):
        for place in places:
            os.dup2(number, place, inheritable=place < CONTROL)
    os.closerange(FIRST_FREE, 65536)


def serve_cells(world: VirtualWorld, limits: dict[str, Any], session: bool, folder: str) -> None:
    """Run cells as the supervisor asks; returns only by ending the process.

    Args:
        world: clock and chance.
        limits: the fields of ``Limits``.
        session: wait for more after the first cell.
        folder: the working directory.
    """
    os.environ.update(HOME=folder, TMPDIR=folder)
    address_itself(world)
    interpreter = Interpreter(limit=limits["output"])
    sys.modules["__main__"] = interpreter.module
    forked: list[int] = []
    control = socket.socket(fileno=CONTROL)
    _open_streams()
    while True:
        kind, descriptors, _, _ = socket.recv_fds(control, 1, 3)
        if kind == FORK:
            child = fork()
            if child:
                _after_fork(control, descriptors, forked, child)
                continue
            forked.clear()
            control.detach()
            take_descriptors(*descriptors)
            control = socket.socket(fileno=CONTROL)
            world.adopt_process()
            control.sendall(READY)
        elif kind == RUN:
            _run(world, interpreter, receive_json(control, MAX_REQUEST), limits, folder)
            for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
                signal.setitimer(timer, 0)  # nothing happens while the process waits
        if kind not in (RUN, FORK) or (kind == RUN and not session):
            os._exit(0)


def _open_streams() -> None:
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(number, "w", closefd=False)
        # One buffer each, so that both keep their order only by flushing: errors are written at once.
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _after_fork(control: socket.socket, descriptors: list[int], forked: list[int], child: int) -> None:
    for number in descriptors:
        os.close(number)
    for number in list(forked):
        if os.waitpid(number, os.WNOHANG)[0]:
            forked.remove(number)
    forked.append(child)
    control.sendall(PID.pack(child))


def _run(
    world: VirtualWorld, interpreter: Interpreter, request: dict[str, Any], limits: dict[str, Any], folder: str
) -> None:
    if request["seed"] is not None:
        world.seed(request["seed"])
    world.set_clock(request["clock"])
    result = run_cell(interpreter, request | {"limit": limits["files"]}, folder)
    payload = json.dumps(result | {"clock": world.nanoseconds / 1e9}).encode()
    payload = HEADER.pack(len(payload)) + payload
    while payload:
        payload = payload[os.write(RESULTS, payload) :]
