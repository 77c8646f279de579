"""Phones in processes of their own; pixels come back through shared memory."""

import contextlib
import multiprocessing
import os
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.data.errors import InputError
from palaestra.envs.android.worlds import Android, AndroidTasks, PhoneEnv
from palaestra.envs.vector import WorldVector

JOIN_SECONDS = 5


def make_phones(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/Android-v0", ...)``; see ``make_vector``."""
    return make_vector(Android, num_envs, **options)


def make_tasks(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/AndroidTasks-v0", ...)``; see ``make_vector``."""
    return make_vector(AndroidTasks, num_envs, **options)


def make_vector(
    kind: type[PhoneEnv],
    num_envs: int,
    *,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    processes: int | None = None,
    threads: int = 1,
    **world: Any,
) -> WorldVector:
    """Phones as a vector environment.

    Args:
        kind: ``Android`` or ``AndroidTasks``.
        num_envs: phones.
        autoreset_mode: see ``WorldVector``.
        processes: number of processes; 0 keeps the phones in this one. By default as many as there are cores, and 0 for
            a single phone. Never changes a result.
        threads: ignored.
        **world: arguments of the world.
    """
    if processes is None:
        processes = 0 if num_envs == 1 else min(num_envs, len(os.sched_getaffinity(0)))
    if processes < 0:
        raise InputError(f"processes {processes}: 0 or more")
    if processes == 0:
        return WorldVector([kind(**world) for _ in range(num_envs)], autoreset_mode=autoreset_mode)
    return PhoneVector(kind, num_envs, min(processes, num_envs), world, autoreset_mode)


class RemotePhone:
    """One phone in another process; a stand-in with the parts of a world that ``WorldVector`` and users need."""

    def __init__(self, connection: Connection, index: int, sample: PhoneEnv, pixels: np.ndarray):
        self._connection, self._index, self._pixels = connection, index, pixels
        self.observation_space, self.action_space = sample.observation_space, sample.action_space
        self.metadata, self.render_mode, self.spec = sample.metadata, sample.render_mode, sample.spec
        self.check_options = sample.check_options

    def send(self, name: str, *arguments: Any, **options: Any) -> None:
        """Send a request; ``receive`` returns the answers in the order of the requests."""
        try:
            self._connection.send((self._index, name, arguments, options))
        except (BrokenPipeError, OSError):
            raise RuntimeError("a process that holds phones has died") from None

    def receive(self) -> Any:
        """The answer to the oldest request."""
        try:
            failed, value = self._connection.recv()
        except (EOFError, ConnectionError):
            raise RuntimeError("a process that holds phones has died") from None
        if failed:
            raise RuntimeError(f"a phone failed in its process:\n{value}")
        return value

    def ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Send a request and wait for its answer."""
        self.send(name, *arguments, **options)
        return self.receive()

    def with_pixels(self, observation: dict[str, Any]) -> dict[str, Any]:
        """An observation as the world gave it; its pixels lie in shared memory until the next step."""
        return {"pixels": self._pixels, **observation}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """See the world."""
        observation, info = self.ask("reset", seed=seed, options=options)
        return self.with_pixels(observation), info

    def snapshot(self) -> bytes:
        """See the world."""
        return self.ask("snapshot")

    def restore(self, snapshot: bytes) -> None:
        """See the world."""
        self.ask("restore", snapshot)

    def fingerprint(self) -> str:
        """See the world."""
        return self.ask("fingerprint")

    def render(self) -> np.ndarray:
        """See the world."""
        return self.ask("render")

    def get_wrapper_attr(self, name: str) -> Any:
        """An attribute of the world, by value; methods can be called."""
        return self.ask("get_wrapper_attr", name)

    def close(self) -> None:
        """Do nothing: the vector ends the processes."""


class PhoneVector(WorldVector):
    """``WorldVector`` whose worlds live in processes; rows are what the single worlds would have given."""

    def __init__(
        self,
        kind: type[PhoneEnv],
        num_envs: int,
        processes: int,
        arguments: dict[str, Any],
        autoreset_mode: AutoresetMode | str,
    ):
        sample = kind(**arguments)
        shape = sample.observation_space["pixels"].shape or ()
        self._memory = SharedMemory(create=True, size=max(1, num_envs * int(np.prod(shape))))
        pixels = np.ndarray((num_envs, *shape), np.uint8, self._memory.buf)
        context = multiprocessing.get_context("spawn")
        worlds: list[Any] = []
        self._processes: list[tuple[SpawnProcess, Connection]] = []
        for rows in np.array_split(np.arange(num_envs), processes):
            here, there = context.Pipe()
            task = (there, kind, arguments, self._memory.name, (num_envs, *shape), rows.tolist())
            process = context.Process(target=_serve, args=task, daemon=True)
            process.start()
            there.close()
            self._processes.append((process, here))
            worlds += [RemotePhone(here, int(row), sample, pixels[row]) for row in rows]
        super().__init__(worlds, autoreset_mode=autoreset_mode)
        sample.close()

    def _reset_rows(
        self, rows: np.ndarray, seeds: Sequence[int | None], options: Sequence[Any], infos: dict
    ) -> dict[str, Any]:
        for row in rows.tolist():  # before any request is sent
            self.worlds[row].check_options(options[row])
        for row in rows.tolist():
            self.worlds[row].send("reset", seed=seeds[row], options=options[row])
        for row in rows.tolist():
            observation, info = self.worlds[row].receive()
            self._latest[row] = self.worlds[row].with_pixels(observation)
            self._keep_info(infos, info, row)
        self._begun[rows] = True
        self._terminations[rows] = self._truncations[rows] = False
        return infos

    def _step_rows(self, rows: np.ndarray, actions: Any) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for row in rows.tolist():
            self.worlds[row].send("step", actions[row])
        for row in rows.tolist():
            observation, *outcome, info = self.worlds[row].receive()
            self._latest[row] = self.worlds[row].with_pixels(observation)
            self._rewards[row], self._terminations[row], self._truncations[row] = outcome
            self._keep_info(infos, info, row)
        return infos

    def close_extras(self, **kwargs: Any) -> None:
        """End the processes and give the shared memory back."""
        for _, connection in self._processes:
            connection.close()
        for process, _ in self._processes:
            process.join(JOIN_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
        self._latest = [None] * self.num_envs
        self.worlds = ()
        with contextlib.suppress(BufferError):  # somebody still holds an observation; its memory goes with it
            self._memory.close()
        self._memory.unlink()


def _serve(
    connection: Connection,
    kind: type[PhoneEnv],
    arguments: dict[str, Any],
    memory: str,
    shape: tuple[int, ...],
    rows: Sequence[int],
) -> None:
    """Serve requests to some worlds until the connection is closed."""
    shared = SharedMemory(memory)
    pixels = np.ndarray(shape, np.uint8, shared.buf)
    worlds = {row: kind(**arguments) for row in rows}
    while True:
        try:
            row, name, given, options = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            break
        try:
            answer = getattr(worlds[row], name)(*given, **options)
            if name in ("reset", "step"):
                observation = dict(answer[0])
                pixels[row] = observation.pop("pixels")
                answer = (observation, *answer[1:])
            connection.send((False, answer))
        except Exception:
            connection.send((True, traceback.format_exc()))
    for world in worlds.values():
        world.close()
