"""Hopper, HalfCheetah, Walker2d and Ant with the physics and rewards that D4RL's scores refer to.

Observations, rewards, terminations and resets equal Gymnasium's ``Hopper-v4``, ``HalfCheetah-v4``, ``Walker2d-v4``
and ``Ant-v4`` with ``use_contact_forces=True`` bit for bit; the models are the XML files that Gymnasium installs. The
v5 environments differ: Walker2d-v5 raises the right foot's friction from 0.9 to 1.9, Hopper-v5 and Walker2d-v5 give no
reward for the step on which the robot falls, Ant-v5 observes 105 numbers.

Differences from Gymnasium's classes: the world enforces its horizon of 1000 steps itself; ``info`` has the parts of the
reward (``reward_forward``, ``reward_survive``, ``reward_ctrl`` and Ant's ``reward_contact``, which add up to the
reward); invalid actions are reported, not raised; what no observation or reward reads is not computed.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import gymnasium
import mujoco
import numpy as np
from gymnasium.error import ResetNeeded

from palaestra.data.formats import d4rl_ids
from palaestra.envs.mujoco.actions import sanitise_action
from palaestra.envs.mujoco.engine import EngineWorld
from palaestra.envs.mujoco.robots import ROBOTS, TORSO, Robot, load_model, model_hash
from palaestra.envs.world import name_horizon

if TYPE_CHECKING:
    from palaestra.envs.mujoco.renderer import Renderer


def observe(robot: Robot, qpos: np.ndarray, qvel: np.ndarray, forces: np.ndarray | None) -> np.ndarray:
    """Observations (..., d_s) float64 from positions (..., nq), velocities (..., nv) and contact forces (..., 84)."""
    positions = qpos.shape[-1] - robot.hidden_positions
    moving = positions + qvel.shape[-1]
    size = moving + (0 if forces is None else forces.shape[-1])
    observations = np.empty((*qpos.shape[:-1], size))
    observations[..., :positions] = qpos[..., robot.hidden_positions :]
    velocities = observations[..., positions:moving]
    if robot.velocity_limit == math.inf:
        velocities[...] = qvel
    else:
        np.maximum(qvel, -robot.velocity_limit, out=velocities)
        np.minimum(velocities, robot.velocity_limit, out=velocities)
    if forces is not None:
        observations[..., moving:] = forces
    return observations


def clip_forces(raw: np.ndarray) -> np.ndarray:
    """Contact forces clipped to [-1, 1], as they are observed and penalised."""
    return np.minimum(np.maximum(raw, -1.0), 1.0)


def reward(
    robot: Robot,
    seconds: float,
    actions: np.ndarray,
    before: Sequence[float] | np.ndarray,
    after: Sequence[float] | np.ndarray,
    forces: np.ndarray | None,
) -> tuple[Any, dict[str, Any]]:
    """The reward of a step, for one world (floats) or for m worlds (arrays of shape (m,)), identical bit for bit.

    Args:
        robot: determines the rules.
        seconds: duration of a step.
        actions: (..., d_a) float32 or float64. The control cost is computed in this precision from the
            unclipped actions, as in Gymnasium's v4 environments.
        before: x, for Ant also y, in m, before the step.
        after: the same after it.
        forces: (..., 84) clipped contact forces after the step.

    Returns:
        Rewards, and the info with their components.
    """
    velocities = [(new - old) / seconds for old, new in zip(before, after)]
    forward = velocities[0]
    costs = control = np.float64(robot.control_cost * np.add.reduce(np.square(actions), axis=-1))
    info = {
        "x_position": after[0],
        "x_velocity": forward,
        "reward_forward": forward,
        "reward_survive": robot.healthy_reward,
        "reward_ctrl": -control,
    }
    if forces is not None:
        contact = robot.contact_cost * np.add.reduce(np.square(forces), axis=-1)
        costs = control + contact
        info |= {"reward_contact": -contact, "y_position": after[1], "y_velocity": velocities[1]}
    return (forward + robot.healthy_reward) - costs, info


def is_healthy(robot: Robot, state: Sequence[float]) -> bool:
    """Whether the episode continues, from the entries of ``qpos`` followed by ``qvel``."""
    return all(low < state[i] < high for i, low, high in robot.healthy)


understand = sanitise_action  # its name in 0.1.0


class Locomotion(EngineWorld):
    """One robot on a plane, rewarded for moving along x.

    Observation: float64, unbounded, as in Gymnasium's v4 environments: positions except the robot's
    location, velocities, and for Ant 84 contact forces. Policies for D4RL's float32 files accept them with or without
    a cast. Action: normalised joint torques, float32 in [-1, 1]. The engine clips actions out of range, but the control
    cost is that of the unclipped action, as in v4. A wrong shape or dtype, or a NaN, counts as zero torque.

    Falling on the horizon's step gives both ``terminated`` and ``truncated``. A world stepped past its end continues,
    as Gymnasium's do.

    Args:
        robot: name: hopper, halfcheetah, walker2d or ant.
        max_episode_steps: horizon, -1 for none; by default the robot's, 1000.
        **options: ``render_mode``, ``width``, ``height`` and ``renderer``, see ``EngineWorld``.

    Attributes:
        robot: the declaration.
    """

    clips_actions = False
    """Whether actions out of range are clipped before their cost is computed, too."""

    def __init__(self, robot: str, *, max_episode_steps: int | None = None, **options: Any):
        self.robot = ROBOTS[robot]
        horizon = d4rl_ids.ROBOTS[robot].horizon if max_episode_steps is None else max_episode_steps
        super().__init__(load_model(self.robot), self.robot.frame_skip, horizon, {"robot": robot}, **options)
        torso = self.robot.measured == "torso"
        self.place = self.data.xpos[TORSO, :2] if torso else self.qpos[:1]
        self.raw_forces = self.data.cfrc_ext.reshape(-1) if self.robot.contact_cost else None
        size = observe(self.robot, self.qpos, self.qvel, self.forces()).shape
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, size, np.float64)
        low, high = self.model.actuator_ctrlrange.T.astype(np.float32)
        self.action_space = gymnasium.spaces.Box(low, high, dtype=np.float32)

    @property
    def observes_forces(self) -> bool:
        """Whether observations have contact forces."""
        return self.raw_forces is not None

    def forces(self) -> np.ndarray | None:
        """Contact forces after the last step, clipped to 1, (84,); ``None`` for robots that don't observe them."""
        return None if self.raw_forces is None else clip_forces(self.raw_forces)

    def observe(self) -> np.ndarray:
        """The observation that the last ``reset`` or ``step`` returned, also in a restored or forked world."""
        return observe(self.robot, self.qpos, self.qvel, self.forces())

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode near the model's initial pose. There are no options."""
        self.check_options(options)
        super().reset(seed=seed)
        robot, random = self.robot, self.np_random
        mujoco.mj_resetData(self.model, self.data)
        self.qpos += random.uniform(-robot.position_noise, robot.position_noise, len(self.qpos))
        distribution, scale = robot.velocity_noise
        if distribution == "uniform":
            self.qvel += random.uniform(-scale, scale, len(self.qvel))
        else:
            self.qvel += scale * random.standard_normal(len(self.qvel))
        mujoco.mj_forward(self.model, self.data)
        self.elapsed = 0
        return self.observe(), {}

    def advance(self, action: np.ndarray) -> None:
        """Advance only the physics by one step; ``action`` is (d_a,) and finite."""
        super().advance(action)
        if self.raw_forces is not None:
            mujoco.mj_rnePostConstraint(self.model, self.data)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Apply the torques for one step; see the class docstring for invalid actions and ends."""
        if self.elapsed < 0:
            raise ResetNeeded(f"{self}: call reset() before step()")
        torques, error = sanitise_action(action, len(self.ctrl))
        if self.clips_actions:
            torques = np.clip(torques, -1.0, 1.0)
        before = self.place.tolist()
        self.advance(torques)
        forces = self.forces()
        total, info = reward(self.robot, self.seconds, torques, before, self.place.tolist(), forces)
        if error is not None:
            info["action_error"] = error
        observation = observe(self.robot, self.qpos, self.qvel, forces)
        terminated = not is_healthy(self.robot, self.qpos.tolist() + self.qvel.tolist())
        return observation, float(total), terminated, self.truncated, info

    @property
    def ref_min_score(self) -> float:
        """D4RL's return of a random policy, whose score is 0."""
        return d4rl_ids.reference_score(d4rl_ids.ROBOTS[self.robot.name].world)[0]

    @property
    def ref_max_score(self) -> float:
        """D4RL's return of an expert, whose score is 1 here and 100 in tables."""
        return d4rl_ids.reference_score(d4rl_ids.ROBOTS[self.robot.name].world)[1]

    def get_normalized_score(self, score: float) -> float:
        """An episode's return, normalised as in D4RL: a fraction, printed times 100 in tables."""
        return (score - self.ref_min_score) / (self.ref_max_score - self.ref_min_score)

    @property
    def identity(self) -> Mapping[str, str]:
        """The robot's name, an unusual horizon, and the model. All ids of one robot are the same world."""
        name, horizon = self.robot.name, self._max_episode_steps
        if horizon != d4rl_ids.ROBOTS[name].horizon:
            name = name_horizon(name, horizon)
        return {"world": name, "model": model_hash(self.robot)}

    def _derived(self) -> list[np.ndarray]:
        # Of the quantities derived by the last forward pass, a step reads only Ant's torso position (for its progress)
        # and an observation only Ant's contact forces.
        return [] if self.raw_forces is None else [self.place, self.raw_forces]

    def _make_renderer(self) -> "Renderer":
        from palaestra.envs.mujoco import picture, renderer  # load the drawing libraries

        camera = renderer.Tracking(TORSO, distance=4.0, azimuth=90.0, elevation=-15.0)
        draw = partial(picture.draw, self.robot.name, width=self.width, height=self.height)
        return renderer.Renderer(self.model, draw, camera, self.width, self.height, self.renderer)
