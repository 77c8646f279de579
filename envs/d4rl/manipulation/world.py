"""What the worlds of manipulation have in common: episodes, rewards, scores and pictures."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import mujoco
import numpy as np
from gymnasium.error import ResetNeeded

from palaestra.data.formats.d4rl_manipulation import DIMENSIONS, MANIPULATION
from palaestra.envs.d4rl.offline import OfflineData
from palaestra.envs.mujoco.actions import sanitise_action
from palaestra.envs.mujoco.engine import EngineWorld
from palaestra.envs.mujoco.renderer import Fixed, Renderer
from palaestra.envs.world import name_horizon

Outcome = tuple[np.ndarray, float, bool, bool, dict[str, Any]]


class Manipulation(OfflineData, EngineWorld):
    """A robot that handles objects.

    Observation: float64, unbounded. Action: float32 in [-1, 1]; beyond it is clipped. A wrong shape or dtype, or a NaN,
    counts as zeros. A world stepped past its end continues, as Gymnasium's do. ``info`` has the parts of the reward.

    A subclass implements ``observe``, ``control``, ``_begin`` and ``_score``, and ``_derived`` if it keeps a state
    beside the engine's.

    Args:
        dataset_id: one of D4RL's ids; it determines the task and the horizon.
        model: the compiled model.
        version: identifies the model, for snapshots.
        frame_skip: substeps of the engine per step.
        camera: of pictures.
        max_episode_steps: horizon, -1 for none; by default the id's.
        **options: of pictures, see ``EngineWorld``.
    """

    def __init__(
        self,
        dataset_id: str,
        model: mujoco.MjModel,
        version: str,
        frame_skip: int,
        camera: Fixed,
        *,
        max_episode_steps: int | None = None,
        **options: Any,
    ):
        self._id = MANIPULATION[dataset_id]
        horizon = self._id.horizon if max_episode_steps is None else max_episode_steps
        super().__init__(model, frame_skip, horizon, {"dataset_id": dataset_id}, **options)
        self.dataset_id, self._version, self._camera = dataset_id, version, camera
        observation_dim, action_dim = DIMENSIONS[self._id.robot]
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (observation_dim,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (action_dim,), np.float32)

    def control(self, action: np.ndarray) -> np.ndarray:
        """The motors' controls for an action in [-1, 1]."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Randomise what an episode starts with; positions and velocities are the initial ones."""
        raise NotImplementedError

    def _score(self) -> tuple[dict[str, float], bool, dict[str, Any]]:
        """After a step: the parts of its reward, whether the episode has ended, and further info."""
        raise NotImplementedError

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode. There are no options."""
        self.check_options(options)
        super().reset(seed=seed)
        mujoco.mj_resetData(self.model, self.data)
        self.qpos[:], self.qvel[:] = self.init_qpos, self.init_qvel
        mujoco.mj_forward(self.model, self.data)
        self._begin()
        self.elapsed = 0
        return self.observe(), {}

    def advance(self, action: np.ndarray) -> None:
        """Advance only the physics by one step; ``action`` is (d_a,) and finite."""
        super().advance(self.control(np.clip(action, -1.0, 1.0)))

    def outcome(self) -> Outcome:
        """What ``step`` returns once the physics are advanced."""
        parts, terminated, info = self._score()
        return self.observe(), float(sum(parts.values())), terminated, self.truncated, {**parts, **info}

    def step(self, action: Any) -> Outcome:
        """Apply an action for one step; see the class docstring for invalid actions and ends."""
        if self.elapsed < 0:
            raise ResetNeeded(f"{self}: call reset() before step()")
        numbers, error = sanitise_action(action, self.action_space.shape[0])  # type: ignore[index]
        self.advance(numbers)
        observation, reward, terminated, truncated, info = self.outcome()
        if error is not None:
            info["action_error"] = error
        return observation, reward, terminated, truncated, info

    @property
    def kind(self) -> str:
        """Names physics and rewards; ids that differ only in their datasets share it."""
        return self._id.robot

    @property
    def identity(self) -> Mapping[str, str]:
        """The kind, the horizon and the model."""
        return {"world": name_horizon(self.kind, self._max_episode_steps), "model": self._version}

    def _make_renderer(self) -> Renderer:
        from palaestra.envs.mujoco.scene import Scene  # loads the drawing libraries

        picture = Scene(self.model, self._camera, self.width, self.height).draw
        return Renderer(
            self.model, picture, self._camera, self.width, self.height, self.renderer, prepare=self._place_in
        )

    def _place_in(self, model: mujoco.MjModel) -> None:
        """Move what a reset has moved in a copy of the model, too."""
        for name in ("body_pos", "body_quat", "site_pos"):
            getattr(model, name)[:] = getattr(self.model, name)
