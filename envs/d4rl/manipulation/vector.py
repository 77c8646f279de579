"""Vector environment of worlds of manipulation."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.data.formats.d4rl_manipulation import MANIPULATION
from palaestra.envs.d4rl.manipulation.world import Manipulation
from palaestra.envs.mujoco.actions import reject_actions
from palaestra.envs.mujoco.engine_vector import EngineVector


class ManipulationVector(EngineVector):
    """Worlds of one id; results equal those of single worlds bit for bit, for any number and ``threads``."""

    def _step_rows(self, rows: np.ndarray, actions: np.ndarray) -> dict[str, Any]:
        worlds = [self.worlds[row] for row in rows.tolist()]
        numbers = actions[rows]
        errors = reject_actions(numbers)
        self._advance(worlds, numbers)
        infos: dict[str, Any] = {}
        for row, world in zip(rows.tolist(), worlds):
            self._latest[row], self._rewards[row], self._terminations[row], self._truncations[row], info = (
                world.outcome()
            )
            self._keep_info(infos, info, row)
        self._add_errors(infos, rows, errors)
        return infos


def make_world(dataset_id: str, **options: Any) -> Manipulation:
    """The environment of an id; see ``Manipulation`` for the options."""
    if MANIPULATION[dataset_id].robot == "kitchen":
        from palaestra.envs.d4rl.manipulation.kitchen import Kitchen

        return Kitchen(dataset_id, **options)
    from palaestra.envs.d4rl.manipulation.adroit import Adroit

    return Adroit(dataset_id, **options)


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> ManipulationVector:
    """The vector entry point of D4RL's ids."""
    worlds = [make_world(**world) for _ in range(num_envs)]
    return ManipulationVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
