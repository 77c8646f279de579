"""The four tasks of Adroit's hand: what is observed, rewarded and randomised.

Rajeswaran et al. 2018, arXiv 1709.10087; the rules are those of D4RL (``d4rl/hand_manipulation_suite``). Lengths are in
m, angles in rad.
"""

import math
from typing import ClassVar, Protocol

import mujoco
import numpy as np

Parts = dict[str, float]


class Task(Protocol):
    """A task in one world; it holds views of the world's model and data.

    Attributes:
        fields: arrays of the model that differ from world to world.
        places: arrays of the data that are observed or rewarded; MuJoCo updates them one substep late.
    """

    fields: tuple[np.ndarray, ...]
    places: tuple[np.ndarray, ...]

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData): ...

    def randomise(self, random: np.random.Generator) -> None:
        """Draw the ``fields`` of an episode."""

    def observe(self) -> np.ndarray:
        """The observation."""

    def score(self) -> tuple[Parts, bool, bool]:
        """The parts of the reward, whether the task has failed, and whether its goal is reached."""


class Pen:
    """Turn a pen to a shown orientation without dropping it."""

    asset: ClassVar[str] = "adroit_pen.xml"

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData):
        self.qpos, self.velocity = data.qpos, data.qvel[-6:]
        self.pen, self.goal = data.xpos[model.body("Object").id], data.site_xpos[model.site("eps_ball").id]
        ends = ("object_top", "object_bottom", "target_top", "target_bottom")
        self.top, self.bottom, self.goal_top, self.goal_bottom = (data.site_xpos[model.site(name).id] for name in ends)
        self.fields = (model.body_quat[model.body("target").id],)
        self.places = (self.pen, self.goal, self.top, self.bottom, self.goal_top, self.goal_bottom)
        mujoco.mj_kinematics(model, data)
        self.length, self.goal_length = _distance(self.top, self.bottom), _distance(self.goal_top, self.goal_bottom)

    def randomise(self, random: np.random.Generator) -> None:
        """Draw the ``fields`` of an episode."""
        x, y = random.uniform(-1, 1), random.uniform(-1, 1)
        self.fields[0][:] = turned(x, y)

    def orientations(self) -> tuple[np.ndarray, np.ndarray]:
        """Unit vectors along the pen and along its goal."""
        return (self.top - self.bottom) / self.length, (self.goal_top - self.goal_bottom) / self.goal_length

    def observe(self) -> np.ndarray:
        """The observation."""
        along, wanted = self.orientations()
        return np.concatenate(
            [self.qpos[:-6], self.pen, self.velocity, along, wanted, self.pen - self.goal, along - wanted]
        )

    def score(self) -> tuple[Parts, bool, bool]:
        """The parts of the reward, whether the task has failed, and whether its goal is reached."""
        along, wanted = self.orientations()
        distance, similarity = _distance(self.pen, self.goal), float(along @ wanted)
        near, dropped = distance < 0.075, bool(self.pen[2] < 0.075)
        reached = near and similarity > 0.95
        bonus = 10.0 * (near and similarity > 0.9) + 50.0 * reached
        parts = {"reward_distance": -distance, "reward_orientation": similarity, "reward_bonus": bonus}
        return parts | {"reward_drop": -5.0 * dropped}, dropped, reached


class Door:
    """Undo a latch and swing a door open."""

    asset: ClassVar[str] = "adroit_door.xml"

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData):
        self.qpos, self.qvel = data.qpos, data.qvel
        hinge = model.jnt_qposadr[model.joint("door_hinge").id]
        self.hinge = data.qpos[hinge : hinge + 1]
        self.palm, self.handle = (data.site_xpos[model.site(name).id] for name in ("S_grasp", "S_handle"))
        self.fields = (model.body_pos[model.body("frame").id],)
        self.places = (self.palm, self.handle)

    def randomise(self, random: np.random.Generator) -> None:
        """Draw the ``fields`` of an episode."""
        bounds = ((-0.3, -0.2), (0.25, 0.35), (0.252, 0.35))
        self.fields[0][:] = [random.uniform(low, high) for low, high in bounds]

    def observe(self) -> np.ndarray:
        """The observation."""
        is_open = [1.0 if self.hinge[0] > 1.0 else -1.0]
        between = self.palm - self.handle
        return np.concatenate([self.qpos[1:-2], self.qpos[-1:], self.hinge, self.palm, self.handle, between, is_open])

    def score(self) -> tuple[Parts, bool, bool]:
        """The parts of the reward, whether the task has failed, and whether its goal is reached."""
        angle = float(self.hinge[0])
        parts = {
            "reward_reach": -0.1 * _distance(self.palm, self.handle),
            "reward_open": -0.1 * (angle - 1.57) ** 2,
            "reward_velocity": -1e-5 * float(np.square(self.qvel).sum()),
            "reward_bonus": 2.0 * (angle > 0.2) + 8.0 * (angle > 1.0) + 10.0 * (angle > 1.35),
        }
        return parts, False, angle >= 1.35


class Hammer:
    """Pick up a hammer and drive a nail into a board."""

    asset: ClassVar[str] = "adroit_hammer.xml"

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData):
        self.qpos, self.qvel = data.qpos, data.qvel
        body = model.body("Object").id
        self.hammer, self.rotation = data.xpos[body], data.xmat[body]
        sites = ("S_grasp", "tool", "S_target", "nail_goal")
        self.palm, self.tool, self.nail, self.goal = (data.site_xpos[model.site(name).id] for name in sites)
        sensor = model.sensor_adr[model.sensor("S_nail").id]
        self.impact = data.sensordata[sensor : sensor + 1]
        self.fields = (model.body_pos[model.body("nail_board").id],)
        self.places = (self.hammer, self.rotation, self.palm, self.tool, self.nail, self.goal, self.impact)

    def randomise(self, random: np.random.Generator) -> None:
        """Draw the ``fields`` of an episode."""
        self.fields[0][2] = random.uniform(0.1, 0.25)

    def observe(self) -> np.ndarray:
        """The observation."""
        moving, impact = np.clip(self.qvel[-6:], -1.0, 1.0), np.clip(self.impact, -1.0, 1.0)
        angles = euler_angles(self.rotation)
        return np.concatenate([self.qpos[:-6], moving, self.palm, self.hammer, angles, self.nail, impact])

    def score(self) -> tuple[Parts, bool, bool]:
        """The parts of the reward, whether the task has failed, and whether its goal is reached."""
        left = _distance(self.nail, self.goal)
        lifted = bool(self.hammer[2] > 0.04 and self.tool[2] > 0.04)
        parts = {
            "reward_reach": -0.1 * _distance(self.palm, self.hammer),
            "reward_tool": -_distance(self.tool, self.nail),
            "reward_nail": -10.0 * left,
            "reward_velocity": -1e-2 * float(np.linalg.norm(self.qvel)),
            "reward_bonus": 2.0 * lifted + 25.0 * (left < 0.02) + 75.0 * (left < 0.01),
        }
        return parts, False, left < 0.01


class Relocate:
    """Pick up a ball and hold it where a target is shown."""

    asset: ClassVar[str] = "adroit_relocate.xml"

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData):
        self.qpos = data.qpos
        body, target = model.body("Object").id, model.site("target").id
        self.ball, self.target = data.xpos[body], data.site_xpos[target]
        self.palm = data.site_xpos[model.site("S_grasp").id]
        self.fields = (model.body_pos[body], model.site_pos[target])
        self.places = (self.ball, self.target, self.palm)

    def randomise(self, random: np.random.Generator) -> None:
        """Draw the ``fields`` of an episode."""
        ball, target = self.fields
        ball[:2] = [random.uniform(low, high) for low, high in ((-0.15, 0.15), (-0.15, 0.3))]
        target[:] = [random.uniform(low, high) for low, high in ((-0.2, 0.2), (-0.2, 0.2), (0.15, 0.35))]

    def observe(self) -> np.ndarray:
        """The observation."""
        ball, target, palm = self.ball, self.target, self.palm
        return np.concatenate([self.qpos[:-6], palm - ball, palm - target, ball - target])

    def score(self) -> tuple[Parts, bool, bool]:
        """The parts of the reward, whether the task has failed, and whether its goal is reached."""
        left, lifted = _distance(self.ball, self.target), bool(self.ball[2] > 0.04)
        carry = 1.0 - 0.5 * _distance(self.palm, self.target) - 0.5 * left if lifted else 0.0
        parts = {
            "reward_reach": -0.1 * _distance(self.palm, self.ball),
            "reward_carry": carry,
            "reward_bonus": 10.0 * (left < 0.1) + 20.0 * (left < 0.05),
        }
        return parts, False, left < 0.1


TASKS: dict[str, type[Pen | Door | Hammer | Relocate]] = {
    "pen": Pen,
    "door": Door,
    "hammer": Hammer,
    "relocate": Relocate,
}


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.linalg.norm(one - other))


def turned(x: float, y: float) -> np.ndarray:
    """Quaternion (w, x, y, z) of a rotation about the x axis, then about the new y axis."""
    return np.array(
        [
            math.cos(y / 2) * math.cos(x / 2),
            math.cos(y / 2) * math.sin(x / 2),
            math.sin(y / 2) * math.cos(x / 2),
            math.sin(y / 2) * math.sin(x / 2),
        ]
    )


def euler_angles(rotation: np.ndarray) -> np.ndarray:
    """Angles about x, y and z whose rotations, in this order and about the moving axes, give a rotation matrix.

    Args:
        rotation: (9,), row by row.
    """
    xx, xy, xz, yx, yy, yz, _, _, zz = rotation.tolist()
    cosine = math.hypot(zz, yz)
    y = math.atan2(xz, cosine)
    if cosine > 4 * np.finfo(np.float64).eps:
        return np.array([-math.atan2(yz, zz), y, -math.atan2(xy, xx)])
    return np.array([0.0, y, math.atan2(yx, yy)])  # y is a right angle: x and z turn about one axis
