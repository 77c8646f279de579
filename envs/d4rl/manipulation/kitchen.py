"""D4RL's kitchen: ``kitchen-complete-v0``, ``kitchen-partial-v0`` and ``kitchen-mixed-v0``."""

import functools
from typing import Any

import mujoco
import numpy as np

from palaestra.data.formats.d4rl_manipulation import MANIPULATION
from palaestra.envs.d4rl.manipulation.assets import assets, hash_of
from palaestra.envs.d4rl.manipulation.world import Manipulation
from palaestra.envs.mujoco.renderer import Fixed

FRAME_SKIP = 40
ROBOT = 9  # joints of the arm and its fingers, first in qpos
MAX_SPEED = 2.0  # rad/s or m/s that an action of 1 asks for
NEAR = 0.3  # distance from its goal below which a task counts as done
NOISE_RATIO = 0.1
# Noise of a reading by joint, as in D4RL's description of the robot, of which the world adds NOISE_RATIO.
NOISE = np.array(
    [0.1] * ROBOT + [0.005] * 2 + [0.0005] * 6 + [0.005] * 3 + [0.1] * 3 + [0.005] * 3 + [0.1] * 3 + [0.005]
)
BOUNDS = np.array(
    [(-2.9, 2.9), (-1.8, 1.8), (-2.9, 2.9), (-3.1, 0), (-2.9, 2.9), (0, 3.8), (-2.9, 2.9), (0, 0.04), (0, 0.04)]
)
"""Lowest and highest position that a motor is sent to."""
GOALS: dict[str, tuple[slice, tuple[float, ...]]] = {
    "bottom burner": (slice(11, 13), (-0.88, -0.01)),
    "light switch": (slice(17, 19), (-0.69, -0.05)),
    "slide cabinet": (slice(19, 20), (0.37,)),
    "microwave": (slice(22, 23), (-0.75,)),
    "kettle": (slice(23, 30), (-0.23, 0.75, 1.62, 0.99, 0.0, 0.0, -0.06)),
}
"""Joints of each task in qpos, and where they are to be."""
TASKS = {
    "complete": ("microwave", "kettle", "light switch", "slide cabinet"),
    "partial": ("microwave", "kettle", "light switch", "slide cabinet"),
    "mixed": ("microwave", "kettle", "bottom burner", "light switch"),
}
INITIAL = np.array(
    [
        *(1.48388023e-01, -1.76848573e00, 1.84390296e00, -2.47685760e00, 2.60252026e-01, 7.12533105e-01),
        *(1.59515394e00, 4.79267505e-02, 3.71350919e-02, -2.66279850e-04, -5.18043486e-05, 3.12877220e-05),
        *(-4.51199853e-05, -3.90842156e-06, -4.22629655e-05, 6.28065475e-05, 4.04984708e-05, 4.62730939e-04),
        *(-2.26906415e-04, -4.65501369e-04, -6.44129196e-03, -1.77048263e-03, 1.08009684e-03, -2.69397440e-01),
        *(3.50383255e-01, 1.61944683e00, 1.00618764e00, 4.06395120e-03, -6.62095997e-03, -2.68278933e-04),
    ]
)
"""qpos at every reset."""


class Kitchen(Manipulation):
    """A Franka arm that opens, moves and switches four things in a kitchen, in any order.

    Observation: 9 positions of the arm and 21 of the objects, both with noise, then 30 numbers that never change: the
    wanted positions of the four tasks' joints, elsewhere 0. Action: velocities of the 9 joints; the motors are sent to
    the *observed* position plus the velocity times the duration of a step, within bounds. Reward: the number of tasks
    that are done for the first time, judged by the noisy observation; a task that is done stays done. The episode ends
    with the fourth. ``info["tasks_to_complete"]`` has those that are left.

    The rules and numbers are D4RL's. The model is Gymnasium-Robotics', in which the column under the arm is made
    not to collide, as in D4RL's; then its arrays equal D4RL's, but for a mocap body that touches nothing, with its weld
    to the world, and colours. The rewards in D4RL's files count, at each row, the tasks that are done
    then, so that their sums are larger than any return here.

    Args:
        dataset_id: one of D4RL's ids.
        options: see ``Manipulation``.

    Attributes:
        tasks: the four.
    """

    def __init__(self, dataset_id: str, **options: Any):
        folder = assets(dataset_id) / "kitchen_franka"
        camera = Fixed((-0.2, 0.5, 2.0), distance=2.2, azimuth=70.0, elevation=-35.0)
        super().__init__(dataset_id, load_model(dataset_id), hash_of(folder), FRAME_SKIP, camera, **options)
        self.tasks = TASKS[MANIPULATION[dataset_id].kind]
        self._goal = np.zeros(len(self.qpos))
        for task in self.tasks:
            joints, values = GOALS[task]
            self._goal[joints] = values
        self._readings, self._left = np.zeros(len(self.qpos)), np.ones(len(self.tasks))

    @property
    def init_qpos(self) -> np.ndarray:
        """(30,) positions at a reset."""
        return INITIAL.copy()

    @property
    def kind(self) -> str:
        """The kitchen with its tasks."""
        return f"kitchen: {', '.join(self.tasks)}"

    def observe(self) -> np.ndarray:
        """The observation that the last ``reset`` or ``step`` returned, also in a restored or forked world."""
        return np.concatenate([self._readings, self._goal])

    def control(self, action: np.ndarray) -> np.ndarray:
        """The positions that the motors are sent to."""
        wanted = self._readings[:ROBOT] + MAX_SPEED * action * self.seconds
        return np.clip(wanted, BOUNDS[:, 0], BOUNDS[:, 1])

    def _begin(self) -> None:
        self._left[:] = 1.0
        self._read()

    def _read(self) -> None:
        noise = self.np_random.uniform(-1.0, 1.0, len(NOISE))
        self._readings[:] = self.qpos + NOISE_RATIO * NOISE * noise

    def set_state(self, qpos: np.ndarray, qvel: np.ndarray) -> None:
        """Set positions (30,) and velocities (29,); they are read without noise until the next step.

        Raises:
            InputError: they have other shapes.
        """
        super().set_state(qpos, qvel)
        self._readings[:] = self.qpos

    def _score(self) -> tuple[dict[str, float], bool, dict[str, Any]]:
        self._read()
        parts = {}
        for number, task in enumerate(self.tasks):
            joints, values = GOALS[task]
            done = self._left[number] and np.linalg.norm(self._readings[joints] - values) < NEAR
            parts[f"reward_{task}"] = float(done)
            self._left[number] -= parts[f"reward_{task}"]
        left = [task for task, still in zip(self.tasks, self._left.tolist()) if still]
        return parts, not left, {"tasks_to_complete": left}

    def _derived(self) -> list[np.ndarray]:
        return [self._readings, self._left]


@functools.cache
def load_model(id: str) -> mujoco.MjModel:
    """The compiled model, shared by all worlds of an id and never written to."""
    path = assets(id) / "kitchen_franka" / "kitchen_assets" / "kitchen_env_model.xml"
    return _compiled(str(path))


@functools.cache
def _compiled(path: str) -> mujoco.MjModel:
    model = mujoco.MjModel.from_xml_path(path)
    # The column under the arm: it touches nothing in D4RL's model, and can in Gymnasium-Robotics'.
    column = model.body_parentid[model.body("panda0_link0").id]
    for array in (model.geom_contype, model.geom_conaffinity):
        array[model.body_geomadr[column]] = 0
    model.body_contype[column] = model.body_conaffinity[column] = 0
    return model
