"""Worlds in processes of their own; if they have ``pixels``, these come back through shared memory."""

import contextlib
import functools
import inspect
import traceback
import weakref
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from palaestra.data.errors import InputError
from palaestra.data.processes import JOIN_SECONDS, check_guard, death, spawn
from palaestra.envs.vector import WorldVector
from palaestra.envs.world import World

WITH_PIXELS = ("reset", "step")
"""Methods whose observations come back through shared memory."""


def make_vector(
    kind: type[World],
    num_envs: int,
    *,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    processes: int = 0,
    threads: int = 1,
    **world: Any,
) -> WorldVector:
    """Worlds of one kind as a vector environment, perhaps in other processes.

    Args:
        kind: class of the worlds, which other processes can import.
        num_envs: worlds.
        autoreset_mode: see ``WorldVector``.
        processes: number of processes, at most one per world; 0 keeps the worlds in this one. Never changes a result.
            Each imports the script that runs, whose work must therefore stand under ``if __name__ == "__main__":``.
        threads: ignored.
        **world: arguments of the world.

    Raises:
        InputError: ``processes`` is negative, or the script has no such line.
    """
    if processes < 0:
        raise InputError(f"processes {processes}: 0 or more")
    if processes == 0:
        return WorldVector([kind(**world) for _ in range(num_envs)], autoreset_mode=autoreset_mode)
    return RemoteVector(kind, num_envs, min(processes, num_envs), world, autoreset_mode)


class RemoteMethod(NamedTuple):
    """Stands for a method, which would take its world along if it were sent."""

    name: str


class RemoteWorld:
    """One world in another process; a stand-in with the parts of a world that ``WorldVector`` and users need.

    Args:
        connection: to the process.
        process: where the world is.
        index: which of the vector's worlds it is.
        sample: a world of the same kind.
        pixels: (height, width, 3) uint8, the world's part of the shared memory; None if it has no pixels.
    """

    def __init__(
        self, connection: Connection, process: BaseProcess, index: int, sample: World, pixels: np.ndarray | None
    ):
        self._connection, self._process, self._index = connection, process, index
        self._noun, self._pixels = sample.noun, pixels
        self.observation_space, self.action_space = sample.observation_space, sample.action_space
        self.metadata, self.render_mode, self.spec = sample.metadata, sample.render_mode, sample.spec
        self.check_options = sample.check_options

    def send(self, name: str, *arguments: Any, **options: Any) -> None:
        """Send a request; ``receive`` returns the responses in the same order."""
        try:
            self._connection.send((self._index, name, arguments, options))
        except OSError:
            raise death(self._process) from None

    def receive(self) -> Any:
        """The response to the oldest pending request.

        Raises:
            InputError: the world raised one.
            AttributeError: the world has no such attribute.
            RuntimeError: the world failed, or its process has died.
        """
        try:
            kind, value = self._connection.recv()
        except (EOFError, ConnectionError):
            raise death(self._process) from None
        if kind == "refused":
            raise InputError(value)
        if kind == "missing":
            raise AttributeError(value)
        if kind == "failed":
            raise RuntimeError(f"a {self._noun} failed in its worker process:\n{value}")
        return value

    def ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Send a request and wait for its response."""
        self.send(name, *arguments, **options)
        return self.receive()

    def with_pixels(self, observation: Any) -> Any:
        """The world's observation with its pixels, if it has any; they are in shared memory until the next step."""
        return observation if self._pixels is None else {"pixels": self._pixels, **observation}

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call the world's method ``name``."""
        answer = self.ask(name, *arguments, **options)
        return (self.with_pixels(answer[0]), *answer[1:]) if name in WITH_PIXELS else answer

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]:
        """See the world."""
        return self.call("reset", seed=seed, options=options)

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
        """An attribute of the world, by value; a method is called in the world's process."""
        value = self.ask("get_wrapper_attr", name)
        return functools.partial(self.call, value.name) if isinstance(value, RemoteMethod) else value

    def set_wrapper_attr(self, name: str, value: Any, *, force: bool = True) -> bool:
        """Set an attribute of the world."""
        return self.ask("set_wrapper_attr", name, value, force=force)

    def annotations(self) -> dict[str, Any]:
        """See the world."""
        return self.ask("annotations")

    def close(self) -> None:
        """Do nothing: the vector closes the processes."""


class RemoteVector(WorldVector):
    """A ``WorldVector`` whose worlds run in worker processes, with the same results as single worlds.

    Args:
        kind: class of the worlds.
        num_envs: worlds.
        processes: 1 to ``num_envs``.
        arguments: of each world.
        autoreset_mode: see ``WorldVector``.
    """

    def __init__(
        self,
        kind: type[World],
        num_envs: int,
        processes: int,
        arguments: dict[str, Any],
        autoreset_mode: AutoresetMode | str,
    ):
        check_guard()
        sample = kind(**arguments)
        shape = _pixels_shape(sample)
        memory, pixels, name = None, None, None
        if shape is not None:
            memory = SharedMemory(create=True, size=max(1, num_envs * int(np.prod(shape))))
            pixels, name = np.ndarray((num_envs, *shape), np.uint8, memory.buf), memory.name
        self._processes: list[tuple[BaseProcess, Connection]] = []
        # also when the vector is never closed
        self._release = weakref.finalize(self, _release, self._processes, memory)
        worlds: list[Any] = []
        for rows in np.array_split(np.arange(num_envs), processes):
            here, there = Pipe()
            shapes = (num_envs, *(shape or ()))
            process = spawn(f"{kind.__name__} {rows[0]}", _serve, there, kind, arguments, name, shapes, rows.tolist())
            there.close()
            self._processes.append((process, here))
            for row in rows.tolist():
                worlds.append(RemoteWorld(here, process, row, sample, None if pixels is None else pixels[row]))
        super().__init__(worlds, autoreset_mode=autoreset_mode)
        sample.close()
        self._wait_until_made()

    def _wait_until_made(self) -> None:
        """Wait until every process has made its worlds; if one can't, end them all."""
        by_connection = {world._connection: world for world in self.worlds}
        try:
            for world in by_connection.values():
                world.receive()
        except BaseException:
            self.close()
            raise

    def _reset_rows(
        self, rows: np.ndarray, seeds: Sequence[int | None], options: Sequence[Any], infos: dict
    ) -> dict[str, Any]:
        for row in rows.tolist():  # before any request is sent
            self.worlds[row].check_options(options[row])
        for row in rows.tolist():
            self.worlds[row].send("reset", seed=seeds[row], options=options[row])
        for row, (observation, info) in zip(rows.tolist(), self._answers(rows)):
            self._latest[row] = self.worlds[row].with_pixels(observation)
            self._keep_info(infos, info, row)
        self._begun[rows] = True
        self._terminations[rows] = self._truncations[rows] = False
        return infos

    def _step_rows(self, rows: np.ndarray, actions: Any) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for row in rows.tolist():
            self.worlds[row].send("step", actions[row])
        for row, (observation, *outcome, info) in zip(rows.tolist(), self._answers(rows)):
            self._latest[row] = self.worlds[row].with_pixels(observation)
            self._rewards[row], self._terminations[row], self._truncations[row] = outcome
            self._keep_info(infos, info, row)
        return infos

    def _answers(self, rows: np.ndarray) -> list[Any]:
        """The answers of some worlds; an error is raised when all have answered, so that no answer is left over."""
        answers, errors = [], []
        for row in rows.tolist():
            try:
                answers.append(self.worlds[row].receive())
            except (InputError, AttributeError, RuntimeError) as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return answers

    def close_extras(self, **kwargs: Any) -> None:
        """End the processes and release the shared memory."""
        self._latest = [None] * self.num_envs
        self.worlds = ()
        self._release()


def _release(processes: Sequence[tuple[BaseProcess, Connection]], memory: SharedMemory | None) -> None:
    """End a vector's processes and release its shared memory."""
    for _, connection in processes:
        connection.close()
    for process, _ in processes:
        process.join(JOIN_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
    if memory is not None:
        with contextlib.suppress(BufferError):  # an observation still references the memory and frees it later
            memory.close()
        memory.unlink()


def _pixels_shape(world: World) -> tuple[int, ...] | None:
    """The shape of ``pixels`` in a world's observations; None if it has none."""
    space = world.observation_space
    pixels = space.spaces.get("pixels") if isinstance(space, spaces.Dict) else None
    return None if pixels is None or pixels.dtype != np.uint8 else pixels.shape


def _serve(
    connection: Connection,
    kind: type[World],
    arguments: dict[str, Any],
    memory: str | None,
    shape: tuple[int, ...],
    rows: Sequence[int],
) -> None:
    """Serve requests to some worlds until the connection is closed.

    Args:
        connection: to the vector.
        kind: class of the worlds.
        arguments: of each world.
        memory: name of the shared memory for all worlds' pixels; None: they have none.
        shape: of those pixels, (worlds, height, width, 3).
        rows: which of the vector's worlds are served.
    """
    shared = None if memory is None else SharedMemory(memory)
    pixels = None if shared is None else np.ndarray(shape, np.uint8, shared.buf)
    worlds = {row: kind(**arguments) for row in rows}
    connection.send(("answer", None))
    while True:
        try:
            row, name, given, options = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            break
        try:
            answer = getattr(worlds[row], name)(*given, **options)
            if name == "get_wrapper_attr" and inspect.ismethod(answer):
                answer = RemoteMethod(*given)
            if pixels is not None and name in WITH_PIXELS:
                observation = dict(answer[0])
                pixels[row] = observation.pop("pixels")
                answer = (observation, *answer[1:])
            connection.send(("answer", answer))
        except InputError as error:
            connection.send(("refused", str(error)))
        except AttributeError as error:
            missing = name == "get_wrapper_attr" or not hasattr(worlds[row], name)
            connection.send(("missing", str(error)) if missing else ("failed", traceback.format_exc()))
        except Exception:
            connection.send(("failed", traceback.format_exc()))
    for world in worlds.values():
        world.close()
