"""Vector environment of one robot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.envs.mujoco.actions import reject_actions
from palaestra.envs.mujoco.engine_vector import EngineVector, stack
from palaestra.envs.mujoco.locomotion import Locomotion, clip_forces, observe, reward


class LocomotionVector(EngineVector):
    """Worlds of one robot; results equal those of single worlds bit for bit, for any number and ``threads``.

    Args:
        worlds: all of one robot.
        autoreset_mode: see ``WorldVector``.
        threads: number of worlds stepped concurrently; the engine releases the GIL.
    """

    def __init__(self, worlds: Sequence[Locomotion], *, autoreset_mode: AutoresetMode | str, threads: int = 1):
        super().__init__(worlds, autoreset_mode=autoreset_mode, threads=threads)
        self.robot = worlds[0].robot
        bounds = np.array(self.robot.healthy).reshape(-1, 3)
        self._bounded, self._low, self._high = bounds[:, 0].astype(int), bounds[:, 1], bounds[:, 2]

    def _step_rows(self, rows: np.ndarray, actions: np.ndarray) -> dict[str, Any]:
        all_worlds = len(rows) == self.num_envs
        worlds = self.worlds if all_worlds else [self.worlds[row] for row in rows.tolist()]
        torques = actions[rows]
        errors = reject_actions(torques)
        if worlds[0].clips_actions:
            torques = np.clip(torques, -1.0, 1.0)
        before = stack([world.place for world in worlds])
        self._advance(worlds, torques)
        after = stack([world.place for world in worlds])
        qpos, qvel = stack([world.qpos for world in worlds]), stack([world.qvel for world in worlds])
        forces = None
        if self.robot.contact_cost:
            forces = clip_forces(stack([world.raw_forces for world in worlds]))
        bounded = np.concatenate([qpos, qvel], axis=1)[:, self._bounded]
        where = slice(None) if all_worlds else rows
        self._rewards[where], parts = reward(self.robot, worlds[0].seconds, torques, before.T, after.T, forces)
        self._latest[where] = observe(self.robot, qpos, qvel, forces)
        self._terminations[where] = ~((self._low < bounded) & (bounded < self._high)).all(axis=1)
        self._truncations[where] = [world.truncated for world in worlds]
        infos, table = self._spread(where, parts)
        for row, values in zip(rows.tolist(), table[:, where].T.tolist()):
            self.latest_infos[row] = dict(zip(parts, values))
        self._add_errors(infos, rows, errors)
        return infos


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> LocomotionVector:
    """The vector entry point of the base environments."""
    worlds = [Locomotion(**world) for _ in range(num_envs)]
    return LocomotionVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
