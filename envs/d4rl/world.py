"""D4RL's gym-mujoco ids: a base environment with a dataset."""

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.data.formats import d4rl, d4rl_ids
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.locomotion_vector import LocomotionVector


class D4RLWorld(Locomotion):
    """``hopper-medium-v2`` and so on, with the methods of D4RL's environments (Fu et al., arXiv 2004.07219).

    The physics are those of the robot's base environment; D4RL ran the same model and rewards on an older MuJoCo. Ant's
    contact forces are nonzero here; mujoco-py with a MuJoCo newer than 2.0 reported zeros.

    Args:
        dataset_id: one of D4RL's gym-mujoco ids.
        robot: of the id.
        options: see ``Locomotion``.
    """

    def __init__(self, dataset_id: str, robot: str, **options: Any):
        super().__init__(robot, **options)
        self.dataset_id = self._arguments["dataset_id"] = dataset_id

    @property
    def dataset_url(self) -> str:
        """D4RL's URL of the dataset."""
        return d4rl_ids.url(self.dataset_id)

    def get_dataset(self, h5path: str | Path | None = None) -> dict[str, np.ndarray]:
        """The dataset's columns, N rows each: observations, actions, rewards, terminals and all others in the file.

        Args:
            h5path: an HDF5 file; by default D4RL's own, from the cache or downloaded into it.

        Raises:
            InputError: no such file, no network, or not a dataset of this robot.
        """
        if h5path is None:
            dataset = d4rl.load(self.dataset_id, columns="all")
        else:
            dataset = d4rl.read_hdf5(h5path, self.dataset_id, columns="all")
        return dict(dataset.columns)


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> LocomotionVector:
    """The vector entry point of D4RL's ids."""
    worlds = [D4RLWorld(**world) for _ in range(num_envs)]
    return LocomotionVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
