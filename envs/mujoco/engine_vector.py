"""Vector environment of worlds in MuJoCo: a loop over the engines, everything else batched in NumPy."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.envs.mujoco.engine import EngineWorld
from palaestra.envs.vector import WorldVector


class EngineVector(WorldVector):
    """Worlds of one kind in MuJoCo; a subclass implements ``_step_rows``.

    Args:
        worlds: with equal spaces; observations are vectors.
        autoreset_mode: see ``WorldVector``.
        threads: number of worlds stepped concurrently; the engine releases the GIL.
    """

    def __init__(self, worlds: Sequence[EngineWorld], *, autoreset_mode: AutoresetMode | str, threads: int = 1):
        super().__init__(worlds, autoreset_mode=autoreset_mode)
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self._latest = np.zeros(self.observation_space.shape)
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def _advance(self, worlds: Sequence[EngineWorld], torques: np.ndarray) -> None:
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

    def _add_errors(self, infos: dict[str, Any], rows: np.ndarray, errors: dict[int, str]) -> None:
        """Add what ``reject_actions`` says of the worlds ``rows`` to their infos and to the batched ones."""
        for row, error in errors.items():
            self.latest_infos[rows[row]]["action_error"] = error
            self._add_info(infos, {"action_error": error}, int(rows[row]))

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


def _advance_all(worlds: Sequence[EngineWorld], torques: np.ndarray) -> None:
    for world, action in zip(worlds, torques):
        world.advance(action)


def stack(arrays: list[np.ndarray]) -> np.ndarray:
    """Arrays of one length as rows."""
    # Short arrays of equal length: numpy.stack takes several times as long.
    return np.concatenate(arrays).reshape(len(arrays), -1)
