"""The robots as declarations: MuJoCo's models, and the rules by which D4RL's environments differ.

The models are the XML files that Gymnasium installs; the numbers are those of its v4 environments.
"""

import functools
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import gymnasium
import mujoco

TORSO = 1  # body 0 is MuJoCo's world


@dataclass(frozen=True)
class Robot:
    """A robot: its model, and the rules of its environment.

    Attributes:
        name: as in D4RL's ids.
        asset: file name among Gymnasium's MuJoCo assets.
        frame_skip: substeps of the engine per step.
        hidden_positions: leading entries of ``qpos`` that are not observed: where the robot is.
        velocity_limit: observed velocities are clipped to plus and minus this.
        healthy: (index into ``qpos`` followed by ``qvel``, low, high): the episode continues while low < value < high.
        healthy_reward: per step, also for the step that ends the episode.
        control_cost: per squared unit of action.
        contact_cost: per squared unit of contact force; if not 0, the forces, clipped to 1, are observed too.
        position_noise: half-width of the uniform noise on ``qpos`` at reset.
        velocity_noise: distribution of the noise on ``qvel`` at reset, and its half-width or standard deviation.
        measured: where the robot's progress is read: at its root joint, or at the torso's pose, which MuJoCo
            updates one substep later.
    """

    name: str
    asset: str
    frame_skip: int
    hidden_positions: int
    velocity_limit: float
    healthy: tuple[tuple[int, float, float], ...]
    healthy_reward: float
    control_cost: float
    contact_cost: float
    position_noise: float
    velocity_noise: tuple[Literal["uniform", "normal"], float]
    measured: Literal["root", "torso"]


HOPPER = Robot(
    name="hopper",
    asset="hopper.xml",
    frame_skip=4,
    hidden_positions=1,
    velocity_limit=10.0,
    healthy=((1, 0.7, math.inf), (2, -0.2, 0.2), *((i, -100.0, 100.0) for i in range(2, 12))),
    healthy_reward=1.0,
    control_cost=1e-3,
    contact_cost=0.0,
    position_noise=5e-3,
    velocity_noise=("uniform", 5e-3),
    measured="root",
)
HALFCHEETAH = Robot(
    name="halfcheetah",
    asset="half_cheetah.xml",
    frame_skip=5,
    hidden_positions=1,
    velocity_limit=math.inf,
    healthy=(),
    healthy_reward=0.0,
    control_cost=0.1,
    contact_cost=0.0,
    position_noise=0.1,
    velocity_noise=("normal", 0.1),
    measured="root",
)
WALKER2D = Robot(
    name="walker2d",
    asset="walker2d.xml",
    frame_skip=4,
    hidden_positions=1,
    velocity_limit=10.0,
    healthy=((1, 0.8, 2.0), (2, -1.0, 1.0)),
    healthy_reward=1.0,
    control_cost=1e-3,
    contact_cost=0.0,
    position_noise=5e-3,
    velocity_noise=("uniform", 5e-3),
    measured="root",
)
ANT = Robot(
    name="ant",
    asset="ant.xml",
    frame_skip=5,
    hidden_positions=2,
    velocity_limit=math.inf,
    # Ant's bounds are themselves healthy, unlike the others': hence the next number outwards.
    healthy=(
        (2, math.nextafter(0.2, -math.inf), math.nextafter(1.0, math.inf)),
        *((i, -math.inf, math.inf) for i in range(29)),
    ),
    healthy_reward=1.0,
    control_cost=0.5,
    contact_cost=5e-4,
    position_noise=0.1,
    velocity_noise=("normal", 0.1),
    measured="torso",
)
ROBOTS = {robot.name: robot for robot in (HOPPER, HALFCHEETAH, WALKER2D, ANT)}


def asset_path(robot: Robot) -> Path:
    """The robot's model among Gymnasium's files."""
    return Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / robot.asset


@functools.cache
def load_model(robot: Robot) -> mujoco.MjModel:
    """The robot's compiled model; one per process, shared by all worlds and never written to."""
    return mujoco.MjModel.from_xml_path(str(asset_path(robot)))


@functools.cache
def model_hash(robot: Robot) -> str:
    """Identifies the model by its XML, comments and layout aside."""
    canonical = ElementTree.canonicalize(asset_path(robot).read_text(), strip_text=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
