"""D4RL's Adroit environments: ``pen-human-v1``, ``door-cloned-v1`` and so on."""

import copy
import functools
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np

from palaestra.data.formats.d4rl_manipulation import MANIPULATION
from palaestra.envs.d4rl.manipulation.adroit_tasks import TASKS
from palaestra.envs.d4rl.manipulation.assets import assets, hash_of
from palaestra.envs.d4rl.manipulation.world import Manipulation
from palaestra.envs.mujoco.renderer import Fixed

FRAME_SKIP = 5
CAMERAS = {"pen": (0.7, -45.0), "door": (1.3, 90.0), "hammer": (1.3, 45.0), "relocate": (1.2, 90.0)}
"""Distance in m and azimuth in degrees; the azimuths are those of D4RL's viewer."""
LOOKAT = (0.0, 0.0, 0.2)


class Adroit(Manipulation):
    """A hand with 24 joints that turns a pen, opens a door, drives a nail or carries a ball.

    The models are Gymnasium-Robotics', whose arrays equal those of D4RL's files; the gains of the motors, observations,
    rewards and horizons are D4RL's. Only pen ends early: when the pen drops. Gymnasium-Robotics' own environments never
    end, and in door, hammer and relocate version 1 rewards distance where D4RL punishes it.

    A reset changes the model (the pen's goal, the door's, board's or ball's place), so that each world has one of its
    own, and these fields are part of its state. ``info["goal_achieved"]`` is D4RL's.

    Args:
        dataset_id: one of D4RL's ids.
        options: see ``Manipulation``.

    Attributes:
        task: the task, with views of the world's model and data.
    """

    def __init__(self, dataset_id: str, **options: Any):
        name = MANIPULATION[dataset_id].robot
        model = copy.copy(load_model(name, dataset_id))
        distance, azimuth = CAMERAS[name]
        camera = Fixed(LOOKAT, distance, azimuth, elevation=-35.0)
        version = hash_of(assets(dataset_id) / "adroit_hand")
        super().__init__(dataset_id, model, version, FRAME_SKIP, camera, **options)
        self.task = TASKS[name](self.model, self.data)
        low, high = model.actuator_ctrlrange.T
        self._middle, self._half = (low + high) / 2, (high - low) / 2

    def observe(self) -> np.ndarray:
        """The observation that the last ``reset`` or ``step`` returned, also in a restored or forked world."""
        return self.task.observe()

    def control(self, action: np.ndarray) -> np.ndarray:
        """Positions of the joints, from the middle of each range outwards."""
        return self._middle + action * self._half

    def _begin(self) -> None:
        self.task.randomise(self.np_random)
        mujoco.mj_forward(self.model, self.data)

    def _score(self) -> tuple[dict[str, float], bool, dict[str, Any]]:
        parts, failed, reached = self.task.score()
        return parts, failed, {"goal_achieved": reached}

    def _derived(self) -> list[np.ndarray]:
        return [*self.task.fields, *self.task.places]

    def get_env_state(self) -> dict[str, np.ndarray]:
        """Positions, velocities, and what the reset has randomised, under the names of D4RL's infos."""
        state = {"qpos": self.qpos.copy(), "qvel": self.qvel.copy()}
        shifts = self._shifts(self.qpos)
        return state | {name: array + shifts.get(name, 0.0) for name, array in self._fields().items()}

    def set_env_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Set what ``get_env_state`` returns, or a row of a file's infos; other entries are ignored.

        Raises:
            ValueError, KeyError: an entry is missing or has another shape.
        """
        fields = self._fields()
        expected = fields | {"qpos": self.qpos, "qvel": self.qvel}
        values = {name: np.asarray(state[name], dtype=np.float64) for name in expected}
        for name, array in expected.items():
            if values[name].shape != array.shape:
                raise ValueError(f"{self}: {name} has shape {values[name].shape}, expected {array.shape}")
        shifts = self._shifts(values["qpos"])
        for name, array in fields.items():
            array[:] = values[name] - shifts.get(name, 0.0)
        self.set_state(values["qpos"], values["qvel"])

    def _fields(self) -> dict[str, np.ndarray]:
        return dict(zip(STATE[self._id.robot], self.task.fields))

    def _shifts(self, qpos: np.ndarray) -> dict[str, np.ndarray]:
        """What D4RL's infos add to the model's fields: relocate's have where the ball is, not where it began."""
        return {"obj_pos": qpos[-6:-3]}


STATE = {
    "pen": ("desired_orien",),
    "door": ("door_body_pos",),
    "hammer": ("board_pos",),
    "relocate": ("obj_pos", "target_pos"),
}
"""What D4RL calls the ``fields`` of each task in its files."""


@functools.cache
def load_model(task: str, id: str) -> mujoco.MjModel:
    """A task's compiled model with D4RL's gains; to be copied, not written to."""
    model = mujoco.MjModel.from_xml_path(str(assets(id) / "adroit_hand" / TASKS[task].asset))
    for first, last, gain in (("A_WRJ1", "A_WRJ0", 10.0), ("A_FFJ3", "A_THJ0", 1.0)):
        motors = slice(model.actuator(first).id, model.actuator(last).id + 1)
        model.actuator_gainprm[motors, :3] = (gain, 0.0, 0.0)
        model.actuator_biasprm[motors, :3] = (0.0, -gain, 0.0)
    return model
