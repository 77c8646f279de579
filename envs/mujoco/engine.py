"""Worlds whose physics are MuJoCo's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import mujoco
import numpy as np

from palaestra.data.errors import InputError
from palaestra.envs.world import World, check_horizon

if TYPE_CHECKING:
    from palaestra.envs.mujoco.renderer import Kind, Renderer

INTEGRATION = mujoco.mjtState.mjSTATE_INTEGRATION


class EngineWorld(World):
    """A world with one MuJoCo model.

    A subclass implements ``reset``, ``step``, ``observe``, ``identity`` and ``_make_renderer``.

    Args:
        model: MuJoCo's model, shared by all worlds of a kind in the process; do not write to it.
        frame_skip: substeps of the engine per step.
        horizon: steps after which an episode is truncated, -1 for never.
        arguments: the further ones of the subclass's constructor, by name.
        render_mode: ``None`` or ``"rgb_array"``.
        width: of the image, pixels.
        height: of the image, pixels.
        renderer: ``"mujoco"`` draws with MuJoCo's renderer, which needs OpenGL (choose with the environment variable
            ``MUJOCO_GL``); ``"picture"`` is a 2-D rendering that needs no OpenGL; ``"auto"`` uses the first
            of the two that works.

    Attributes:
        model: the argument.
        data: MuJoCo's state of this world.
        elapsed: steps since the last reset, -1 before the first.
        seconds: duration of a step.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}  # noqa: RUF012 (Gymnasium's name and form)

    def __init__(
        self,
        model: mujoco.MjModel,
        frame_skip: int,
        horizon: int,
        arguments: Mapping[str, Any],
        *,
        render_mode: str | None = None,
        width: int = 480,
        height: int = 480,
        renderer: "Kind" = "auto",
    ):
        if renderer not in ("auto", "mujoco", "picture"):
            raise ValueError(f"renderer must be auto, mujoco or picture, got {renderer!r}")
        self.check_render_mode(render_mode)
        super().__init__(**arguments, render_mode=render_mode, width=width, height=height, renderer=renderer)
        check_horizon(horizon)
        self._max_episode_steps = horizon
        self.model, self.frame_skip = model, frame_skip
        self.data = mujoco.MjData(model)
        self.elapsed = -1
        self.seconds = model.opt.timestep * frame_skip
        self.metadata = self.metadata | {"render_fps": round(1 / self.seconds)}
        # Views of the engine's memory, cached because creating one costs more than using it.
        self.qpos, self.qvel, self.ctrl = self.data.qpos, self.data.qvel, self.data.ctrl
        self._state_size = mujoco.mj_stateSize(model, INTEGRATION)
        self.render_mode, self.width, self.height, self.renderer = render_mode, width, height, renderer
        self._renderer: Renderer | None = None

    @property
    def _max_episode_steps(self) -> int:
        # Among the arguments, so that forks have it, too.
        return self._arguments["max_episode_steps"]

    @_max_episode_steps.setter
    def _max_episode_steps(self, steps: int) -> None:
        self._arguments["max_episode_steps"] = steps

    @property
    def truncated(self) -> bool:
        """Whether the horizon has been reached."""
        return 0 < self._max_episode_steps <= self.elapsed

    @property
    def dt(self) -> float:
        """Duration of a step in s, by its name in Gymnasium's MuJoCo environments."""
        return self.seconds

    @property
    def init_qpos(self) -> np.ndarray:
        """(nq,) positions of the model's initial pose, without a reset's noise."""
        return self.model.qpos0.copy()

    @property
    def init_qvel(self) -> np.ndarray:
        """(nv,) zeros: velocities of the model's initial pose."""
        return np.zeros(self.model.nv)

    @property
    def observes_whole_state(self) -> bool:
        """Whether an observation is positions and velocities, all of them."""
        return False

    @property
    def observes_forces(self) -> bool:
        """Whether observations have what positions and velocities don't determine, such as contact forces."""
        return False

    def observe(self) -> np.ndarray:
        """The observation that the last ``reset`` or ``step`` returned, also in a restored or forked world."""
        raise NotImplementedError

    def state_vector(self) -> np.ndarray:
        """(nq + nv,) positions and velocities."""
        return np.concatenate([self.qpos, self.qvel])

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

    def advance(self, action: np.ndarray) -> None:
        """Advance only the physics by one step; ``action`` is (d_a,) and finite."""
        self.ctrl[:] = action
        mujoco.mj_step(self.model, self.data, self.frame_skip)
        self.elapsed += 1

    def _derived(self) -> list[np.ndarray]:
        """Views of what the next step or observation reads besides the engine's own state."""
        return []

    def _save(self) -> Mapping[str, Any]:
        # All sizes are fixed: snapshots of a kind of world have one length.
        physics = np.empty(self._state_size)
        mujoco.mj_getState(self.model, self.data, physics, INTEGRATION)
        return {
            "physics": np.concatenate([physics, *self._derived()]).astype("<f8", copy=False).tobytes(),
            "elapsed": self.elapsed.to_bytes(8, "little", signed=True),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        derived = self._derived()
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

    def _make_renderer(self) -> "Renderer":
        """What draws this world; called at its first picture."""
        raise NotImplementedError

    def render(self) -> np.ndarray | None:
        """An image of the current state, (height, width, 3) uint8; ``None`` and a warning without a render mode."""
        if self.render_mode is None:
            gymnasium.logger.warn(f"{self}: render() without a render mode; make it with render_mode='rgb_array'")
            return None
        if self._renderer is None:
            self._renderer = self._make_renderer()
        return self._renderer.draw(self.qpos)

    @property
    def drawn(self) -> str:
        """How the latest picture was drawn, in words; empty before the first."""
        return "" if self._renderer is None else self._renderer.method

    def close(self) -> None:
        """Release the renderer; the world can still be stepped."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
