"""D4RL's gym-mujoco ids: a base environment with a dataset."""

from typing import Any

from gymnasium.vector import AutoresetMode

from palaestra.envs.d4rl.offline import OfflineData
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.locomotion_vector import LocomotionVector


class D4RLWorld(OfflineData, Locomotion):
    """``hopper-medium-v2`` and so on, with the methods of D4RL's environments (Fu et al., arXiv 2004.07219).

    The physics are those of the robot's base environment; D4RL ran the same model and rewards on an older MuJoCo. Ant's
    contact forces are nonzero here; mujoco-py with a MuJoCo newer than 2.0 reported zeros. As D4RL's wrapper
    ``NormalizedBoxEnv`` did, actions are clipped to [-1, 1] before they cost anything.

    Args:
        dataset_id: one of D4RL's gym-mujoco ids.
        robot: of the id.
        options: see ``Locomotion``.
    """

    clips_actions = True

    def __init__(self, dataset_id: str, robot: str, **options: Any):
        super().__init__(robot, **options)
        self.dataset_id = self._arguments["dataset_id"] = dataset_id


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> LocomotionVector:
    """The vector entry point of D4RL's ids."""
    worlds = [D4RLWorld(**world) for _ in range(num_envs)]
    return LocomotionVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
