"""Vector environment of one maze."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.envs.d4rl.mazes.ant import AntMaze
from palaestra.envs.d4rl.mazes.ball import Maze2D
from palaestra.envs.d4rl.mazes.world import RADIUS, MazeWorld, distance
from palaestra.envs.mujoco.actions import reject_actions
from palaestra.envs.mujoco.engine_vector import EngineVector, stack


class MazeVector(EngineVector):
    """Worlds of one maze; results equal those of single worlds bit for bit, for any number and ``threads``.

    Args:
        worlds: all of one id.
        autoreset_mode: see ``WorldVector``.
        threads: number of worlds stepped concurrently; the engine releases the GIL.
    """

    def __init__(self, worlds: Sequence[MazeWorld], *, autoreset_mode: AutoresetMode | str, threads: int = 1):
        super().__init__(worlds, autoreset_mode=autoreset_mode, threads=threads)
        self.first = worlds[0]

    def _step_rows(self, rows: np.ndarray, actions: np.ndarray) -> dict[str, Any]:
        everywhere = len(rows) == self.num_envs
        worlds = self.worlds if everywhere else [self.worlds[row] for row in rows.tolist()]
        valid = actions[rows]
        errors = reject_actions(valid)
        self._advance(worlds, self.first.controls(valid))
        places, goals = stack([world.qpos for world in worlds]), stack([world._target for world in worlds])
        distances = distance(places[:, :2], goals)
        successes = distances <= RADIUS
        where = slice(None) if everywhere else rows
        self._rewards[where] = self.first.rewards(distances)
        self._latest[where] = np.concatenate([places, stack([world.qvel for world in worlds])], axis=1)
        self._terminations[where] = successes & self.first.ends_at_goal
        self._truncations[where] = [world.truncated for world in worlds]
        for row, goal, success in zip(rows.tolist(), goals, successes.tolist()):
            self.latest_infos[row] = {"goal": goal, "success": success}
        infos = self._infos(where, goals, successes)
        self._add_errors(infos, rows, errors)
        return infos

    def _infos(self, where: Any, goals: np.ndarray, successes: np.ndarray) -> dict[str, Any]:
        """Batched infos as in Gymnasium: arrays over all worlds, and masks of those that have a value."""
        batched, reached = np.zeros((self.num_envs, 2)), np.zeros(self.num_envs, dtype=bool)
        batched[where], reached[where] = goals, successes
        mask = np.zeros(self.num_envs, dtype=bool)
        mask[where] = True
        return {"goal": batched, "_goal": mask, "success": reached, "_success": mask.copy()}


def _maker(kind: Callable[..., MazeWorld]) -> Callable[..., MazeVector]:
    def make(
        num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
    ) -> MazeVector:
        """The vector entry point of a robot's ids."""
        worlds = [kind(**world) for _ in range(num_envs)]
        return MazeVector(worlds, autoreset_mode=autoreset_mode, threads=threads)

    return make


make_maze2d, make_antmaze = _maker(Maze2D), _maker(AntMaze)
