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
from typing import TYPE_CHECKING, Any, Literal

import gymnasium
import mujoco
import numpy as np
from gymnasium.error import ResetNeeded

from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl_ids
from palaestra.envs.mujoco.robots import ROBOTS, TORSO, Robot, load_model, model_hash
from palaestra.envs.world import World, check_horizon, name_horizon

if TYPE_CHECKING:
    from palaestra.envs.mujoco.renderer import Renderer

MAX_ACTION = 1e10  # mjMAXVAL: MuJoCo treats a larger control as diverged, zeroes it and writes a log file
INTEGRATION = mujoco.mjtState.mjSTATE_INTEGRATION


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


def sanitise_action(action: Any, size: int) -> tuple[np.ndarray, str | None]:
    """An agent's action as a (size,) float32 or float64 array, and an error message.

    Any array or sequence of ``size`` finite real numbers is valid, in or out of range (the engine clips). For anything
    else the result is zeros and the reason, otherwise the message is empty.
    """
    try:
        array = np.asarray(action)
    except (ValueError, TypeError, RuntimeError) as error:
        return np.zeros(size), f"not an array of numbers ({error})"
    if array.shape != (size,):
        return np.zeros(size), f"shape {array.shape}, expected {(size,)}"
    if array.dtype != np.float32 and array.dtype != np.float64:
        if array.dtype.kind not in "fiu":
            return np.zeros(size), f"dtype {array.dtype}, expected real numbers"
        array = array.astype(np.float64)
    bad = [value for value in array.tolist() if not -MAX_ACTION <= value <= MAX_ACTION]
    if bad:
        return np.zeros(size), f"holds {bad[0]}, expected finite numbers up to {MAX_ACTION:g}"
    return array, None


understand = sanitise_action  # its name in 0.1.0


class Locomotion(World):
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
        render_mode: ``None`` or ``"rgb_array"``.
        width: of the image, pixels.
        height: of the image, pixels.
        renderer: ``"mujoco"`` draws with MuJoCo's renderer, which needs OpenGL (choose with the environment variable
            ``MUJOCO_GL``); ``"picture"`` is a 2-D rendering that needs no OpenGL; ``"auto"`` uses the first
            of the two that works.

    Attributes:
        robot: the declaration.
        model: MuJoCo's model, shared by all worlds of this robot in the process; do not write to it.
        data: MuJoCo's state of this world.
        elapsed: steps since the last reset, -1 before the first.
        dt: duration of a step, s.
        init_qpos: (nq,) positions around which ``reset`` starts.
        init_qvel: (nv,) velocities, likewise.
    """

    clips_actions = False
    """Whether actions out of range are clipped before their cost is computed, too."""
    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}  # noqa: RUF012 (Gymnasium's name and form)

    def __init__(
        self,
        robot: str,
        *,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        width: int = 480,
        height: int = 480,
        renderer: Literal["auto", "mujoco", "picture"] = "auto",
    ):
        if renderer not in ("auto", "mujoco", "picture"):
            raise ValueError(f"renderer must be auto, mujoco or picture, got {renderer!r}")
        self.check_render_mode(render_mode)
        super().__init__(robot=robot, render_mode=render_mode, width=width, height=height, renderer=renderer)
        self.robot = ROBOTS[robot]
        self._max_episode_steps = d4rl_ids.ROBOTS[robot].horizon
        if max_episode_steps is not None:
            check_horizon(max_episode_steps)
            self._max_episode_steps = max_episode_steps
        self.model = load_model(self.robot)
        self.data = mujoco.MjData(self.model)
        self.elapsed = -1
        self.dt = self.seconds = self.model.opt.timestep * self.robot.frame_skip
        self.init_qpos, self.init_qvel = self.data.qpos.copy(), self.data.qvel.copy()
        self.metadata = self.metadata | {"render_fps": round(1 / self.seconds)}
        # Views of the engine's memory, cached because creating one costs more than using it.
        self.qpos, self.qvel, self.ctrl = self.data.qpos, self.data.qvel, self.data.ctrl
        torso = self.robot.measured == "torso"
        self.place = self.data.xpos[TORSO, :2] if torso else self.qpos[:1]
        self.raw_forces = self.data.cfrc_ext.reshape(-1) if self.robot.contact_cost else None
        self._state_size = mujoco.mj_stateSize(self.model, INTEGRATION)
        self.render_mode, self.width, self.height, self.renderer = render_mode, width, height, renderer
        self._renderer: Renderer | None = None
        size = observe(self.robot, self.qpos, self.qvel, self.forces()).shape
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, size, np.float64)
        low, high = self.model.actuator_ctrlrange.T.astype(np.float32)
        self.action_space = gymnasium.spaces.Box(low, high, dtype=np.float32)

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

    def set_state(self, qpos: Any, qvel: Any) -> None:
        """Continue the episode from other positions and velocities, as in Gymnasium's ``MujocoEnv``.

        The number of steps taken stays, and is 0 before the first reset.

        Args:
            qpos: (nq,) joint positions: m, rad, quaternions.
            qvel: (nv,) joint velocities.

        Raises:
            InputError: they have other shapes.
        """
        state = {"qpos": (qpos, self.qpos), "qvel": (qvel, self.qvel)}
        for name, (values, own) in state.items():
            if np.shape(values) != own.shape:
                raise InputError(f"{self}: {name} has shape {np.shape(values)}, expected {own.shape}")
        for values, own in state.values():
            own[:] = values
        mujoco.mj_forward(self.model, self.data)
        self.elapsed = max(self.elapsed, 0)

    def state_vector(self) -> np.ndarray:
        """(nq + nv,) float64: positions, then velocities."""
        return np.concatenate([self.qpos, self.qvel])

    def advance(self, action: np.ndarray) -> None:
        """Advance only the physics by one step; ``action`` is (d_a,) and finite."""
        self.ctrl[:] = action
        mujoco.mj_step(self.model, self.data, self.robot.frame_skip)
        if self.raw_forces is not None:
            mujoco.mj_rnePostConstraint(self.model, self.data)
        self.elapsed += 1

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
        return observation, float(total), terminated, 0 < self._max_episode_steps <= self.elapsed, info

    @property
    def _max_episode_steps(self) -> int:
        # Among the arguments, so that forks have it, too.
        return self._arguments["max_episode_steps"]

    @_max_episode_steps.setter
    def _max_episode_steps(self, steps: int) -> None:
        self._arguments["max_episode_steps"] = steps

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

    def _save(self) -> Mapping[str, Any]:
        # Of the quantities derived by the last forward pass, a step reads only Ant's torso position (for its progress)
        # and an observation only Ant's contact forces. All sizes are fixed: snapshots of a robot have one length.
        physics = np.empty(self._state_size)
        mujoco.mj_getState(self.model, self.data, physics, INTEGRATION)
        derived = [] if self.raw_forces is None else [self.place, self.raw_forces]
        return {
            "physics": np.concatenate([physics, *derived]).astype("<f8", copy=False).tobytes(),
            "elapsed": self.elapsed.to_bytes(8, "little", signed=True),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        derived = [] if self.raw_forces is None else [self.place, self.raw_forces]
        elapsed = int.from_bytes(state["elapsed"], "little", signed=True)
        numbers = np.frombuffer(state["physics"], "<f8").astype(np.float64)
        expected = self._state_size + sum(map(len, derived))
        if len(numbers) != expected:
            raise ValueError(f"has {len(numbers)} numbers, but this MuJoCo needs {expected}")
        # No forward pass: it would replace the warm start and the lagging poses, which the next step reads.
        mujoco.mj_setState(self.model, self.data, numbers[: self._state_size], INTEGRATION)
        start = self._state_size
        for array in derived:
            array[:] = numbers[start : start + len(array)]
            start += len(array)
        self.elapsed = elapsed

    def render(self) -> np.ndarray | None:
        """An image of the current state, (height, width, 3) uint8; ``None`` and a warning without a render mode."""
        if self.render_mode is None:
            gymnasium.logger.warn(f"{self}: render() without a render mode; make it with render_mode='rgb_array'")
            return None
        if self._renderer is None:
            from palaestra.envs.mujoco.renderer import Renderer  # loads the drawing libraries

            self._renderer = Renderer(self.robot, self.width, self.height, self.renderer)
        return self._renderer.draw(self.qpos)

    def close(self) -> None:
        """Release the renderer; the world can still be stepped."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
