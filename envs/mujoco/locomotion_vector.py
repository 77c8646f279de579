"""Vector environment of one robot: a loop over the engines, everything else batched in NumPy."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.envs.mujoco.locomotion import MAX_ACTION, Locomotion, clip_forces, observe, reward
from palaestra.envs.vector import WorldVector


class LocomotionVector(WorldVector):
    """Worlds of one robot; results equal those of single worlds bit for bit, for any number and ``threads``.

    Args:
        worlds: all of one robot.
        autoreset_mode: see ``WorldVector``.
        threads: number of worlds stepped concurrently; the engine releases the GIL.
    """

    def __init__(self, worlds: Sequence[Locomotion], *, autoreset_mode: AutoresetMode | str, threads: int = 1):
        super().__init__(worlds, autoreset_mode=autoreset_mode)
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self.robot = worlds[0].robot
        self._latest = np.zeros(self.observation_space.shape)
        bounds = np.array(self.robot.healthy).reshape(-1, 3)
        self._bounded, self._low, self._high = bounds[:, 0].astype(int), bounds[:, 1], bounds[:, 2]
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def _step_rows(self, rows: np.ndarray, actions: np.ndarray) -> dict[str, Any]:
        all_worlds = len(rows) == self.num_envs
        worlds = self.worlds if all_worlds else [self.worlds[row] for row in rows.tolist()]
        torques = actions[rows]
        errors = _reject(torques)
        if worlds[0].clips_actions:
            torques = np.clip(torques, -1.0, 1.0)
        before = _stack([world.place for world in worlds])
        self._advance(worlds, torques)
        after = _stack([world.place for world in worlds])
        qpos, qvel = _stack([world.qpos for world in worlds]), _stack([world.qvel for world in worlds])
        forces = None
        if self.robot.contact_cost:
            forces = clip_forces(_stack([world.raw_forces for world in worlds]))
        bounded = np.concatenate([qpos, qvel], axis=1)[:, self._bounded]
        where = slice(None) if all_worlds else rows
        self._rewards[where], parts = reward(self.robot, worlds[0].seconds, torques, before.T, after.T, forces)
        self._latest[where] = observe(self.robot, qpos, qvel, forces)
        self._terminations[where] = ~((self._low < bounded) & (bounded < self._high)).all(axis=1)
        self._truncations[where] = [0 < world._max_episode_steps <= world.elapsed for world in worlds]
        infos, table = self._spread(where, parts)
        for row, values in zip(rows.tolist(), table[:, where].T.tolist()):
            self.latest_infos[row] = dict(zip(parts, values))
        for row, error in errors.items():
            self.latest_infos[rows[row]]["action_error"] = error
            self._add_info(infos, {"action_error": error}, int(rows[row]))
        return infos

    def _advance(self, worlds: Sequence[Locomotion], torques: np.ndarray) -> None:
        if self._threads == 1 or len(worlds) == 1:
            _advance_all(worlds, torques)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads - 1, thread_name_prefix="worlds")
        # Contiguous chunks, one per thread; the calling thread takes the first.
        bounds = np.linspace(0, len(worlds), self._threads + 1).astype(int).tolist()
        chunks = [slice(start, stop) for start, stop in pairwise(bounds)]
        futures: list[Future[None]] = [self._pool.submit(_advance_all, worlds[c], torques[c]) for c in chunks[1:]]
        _advance_all(worlds[chunks[0]], torques[chunks[0]])
        for future in futures:
            future.result()

    def _batched(self) -> np.ndarray:
        return self._latest.copy()

    def _spread(self, where: Any, parts: dict[str, Any]) -> tuple[dict[str, Any], np.ndarray]:
        """Batched infos as in Gymnasium: for each key an array over all worlds, and a mask of those that have it.

        Also returns the arrays as a table, (keys, worlds).
        """
        table, masks = np.zeros((len(parts), self.num_envs)), np.zeros((len(parts), self.num_envs), dtype=bool)
        masks[:, where] = True
        infos: dict[str, Any] = {}
        for (key, values), row, mask in zip(parts.items(), table, masks):
            row[where] = values
            infos[key], infos[f"_{key}"] = row, mask
        return infos, table

    def _rows_of(self, actions: Any) -> np.ndarray:
        array = np.asarray(actions)
        if array.shape != self.action_space.shape or array.dtype.kind not in "fiu":
            form = f"{array.shape} {array.dtype}"
            raise ValueError(f"{self}: actions are {form}, expected {self.action_space.shape} float32 or float64")
        return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)

    def close_extras(self, **kwargs: Any) -> None:
        """Close the worlds and the threads."""
        super().close_extras(**kwargs)
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _advance_all(worlds: Sequence[Locomotion], torques: np.ndarray) -> None:
    for world, action in zip(worlds, torques):
        world.advance(action)


def _stack(arrays: list[np.ndarray]) -> np.ndarray:
    # Short arrays of equal length: numpy.stack takes several times as long.
    return np.concatenate(arrays).reshape(len(arrays), -1)


def _reject(torques: np.ndarray) -> dict[int, str]:
    """Zero invalid rows in place; returns why they are invalid, by row."""
    bad = np.flatnonzero(~(np.abs(torques) <= MAX_ACTION).all(axis=1))
    errors = {}
    for row in bad.tolist():
        value = next(value for value in torques[row].tolist() if not -MAX_ACTION <= value <= MAX_ACTION)
        errors[row] = f"holds {value}, expected finite numbers up to {MAX_ACTION:g}"
        torques[row] = 0.0
    return errors


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> LocomotionVector:
    """The vector entry point of the base environments."""
    worlds = [Locomotion(**world) for _ in range(num_envs)]
    return LocomotionVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
