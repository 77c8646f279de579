"""D4RL's gym-mujoco ids: a base environment with a dataset."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from gymnasium.vector import AutoresetMode

from palaestra.data.errors import InputError
from palaestra.envs.d4rl.offline import OfflineData
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.locomotion_vector import LocomotionVector


class D4RLWorld(OfflineData, Locomotion):
    """``hopper-medium-v2`` and so on, with the methods of D4RL's environments (Fu et al., arXiv 2004.07219).

    The physics are those of the robot's base environment; D4RL ran the same model and rewards on an older MuJoCo.
    mujoco-py with a MuJoCo newer than 2.0 reported zeros as Ant's contact forces, and D4RL's files have zeros in these
    84 columns. A normaliser would make 1000 of a contact of 1: policies would be evaluated on what no dataset has.
    As D4RL's wrapper ``NormalizedBoxEnv`` did, actions are clipped to [-1, 1] before they cost anything.

    Args:
        dataset_id: one of D4RL's gym-mujoco ids.
        robot: of the id.
        contacts: "as-data" gives Ant zeros for its contact forces, in observations and rewards; "real" gives what
            MuJoCo computes. Other robots don't observe them.
        options: see ``Locomotion``.
    """

    clips_actions = True

    def __init__(
        self, dataset_id: str, robot: str, *, contacts: Literal["as-data", "real"] = "as-data", **options: Any
    ):
        if contacts not in ("as-data", "real"):
            raise InputError(f"contacts {contacts!r}: there are 'as-data' and 'real'")
        super().__init__(robot, **options)
        self.dataset_id = self._arguments["dataset_id"] = dataset_id
        self.contacts = self._arguments["contacts"] = contacts
        if self.raw_forces is not None and contacts == "as-data":
            self.raw_forces = np.zeros(len(self.raw_forces))

    @property
    def identity(self) -> Mapping[str, str]:
        """As the robot's; Ant without contact forces is another world."""
        identity = dict(super().identity)
        if self.raw_forces is not None and self.contacts == "as-data":
            identity["world"] += ", contacts as data"
        return identity


def make_vector(
    num_envs: int, *, autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, threads: int = 1, **world: Any
) -> LocomotionVector:
    """The vector entry point of D4RL's ids."""
    worlds = [D4RLWorld(**world) for _ in range(num_envs)]
    return LocomotionVector(worlds, autoreset_mode=autoreset_mode, threads=threads)
