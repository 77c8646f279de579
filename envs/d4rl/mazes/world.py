"""What Maze2D and AntMaze share: a maze, a goal in it, and a reward near the goal."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import mujoco
import numpy as np
from gymnasium.error import ResetNeeded

from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_mazes import MAZES
from palaestra.envs.d4rl.mazes import models
from palaestra.envs.d4rl.mazes.maps import Maze
from palaestra.envs.d4rl.offline import OfflineData
from palaestra.envs.mujoco.actions import sanitise_action
from palaestra.envs.mujoco.engine import EngineWorld
from palaestra.envs.world import name_horizon

if TYPE_CHECKING:
    from palaestra.envs.mujoco.renderer import Renderer

RADIUS = 0.5  # m from the goal that count as there


def distance(places: np.ndarray, goals: np.ndarray) -> Any:
    """Distances (...) in m between points (..., 2), the same bits for one pair as for many."""
    x, y = (places[..., axis] - goals[..., axis] for axis in (0, 1))
    return np.sqrt(x * x + y * y)


class MazeWorld(OfflineData, EngineWorld):
    """A maze; a subclass implements the rules of one robot.

    ``info`` of resets and steps has ``goal``, (2,) float64, and that of steps ``success``: whether the robot is within
    0.5 of the goal.

    Args:
        dataset_id: one of D4RL's ids of the robot.
        maps: the robot's mazes.
        frame_skip: substeps of the engine per step.
        arguments: further ones of the subclass's constructor, by name.
        max_episode_steps: horizon, -1 for none; by default that of the id.
        **options: see ``EngineWorld``.

    Attributes:
        maze: the map.
    """

    def __init__(
        self,
        dataset_id: str,
        maps: Mapping[str, Maze],
        *,
        frame_skip: int,
        arguments: Mapping[str, Any] | None = None,
        max_episode_steps: int | None = None,
        **options: Any,
    ):
        about = self.about = MAZES[dataset_id]
        horizon = about.horizon if max_episode_steps is None else max_episode_steps
        model = models.load_model(about.robot, about.maze)
        super().__init__(model, frame_skip, horizon, {"dataset_id": dataset_id, **(arguments or {})}, **options)
        self.dataset_id, self.maze = dataset_id, maps[about.maze]
        self._target = np.zeros(2)
        state = model.nq + model.nv
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (state,), np.float64)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (model.nu,), np.float32)

    @abstractmethod
    def controls(self, actions: np.ndarray) -> np.ndarray:
        """The engine's controls for finite actions, (..., d_a) both."""

    @abstractmethod
    def rewards(self, distances: Any) -> Any:
        """The rewards (...) at distances (...) from the goal."""

    @property
    @abstractmethod
    def ends_at_goal(self) -> bool:
        """Whether an episode terminates at the goal."""

    @abstractmethod
    def _begin(self, seed: int | None) -> None:
        """Draw an episode's start and goal."""

    @abstractmethod
    def _random_goal(self) -> np.ndarray:
        """Draw a goal, (2,)."""

    @property
    def observes_whole_state(self) -> bool:
        """Always."""
        return True

    def observe(self) -> np.ndarray:
        """The observation that the last ``reset`` or ``step`` returned, also in a restored or forked world."""
        return self.state_vector()

    def set_target(self, target_location: Any = None) -> None:
        """Move the goal; rewards refer to the new one from the next step on.

        Args:
            target_location: x and y, or None for a random goal, drawn from the world's generator.

        Raises:
            InputError: it isn't two finite numbers.
        """
        if target_location is None:
            self._target[:] = self._random_goal()
            return
        try:
            goal = np.asarray(target_location, dtype=np.float64)
        except (TypeError, ValueError):
            goal = np.empty(0)
        if goal.shape != (2,) or not np.isfinite(goal).all():
            raise InputError(f"{self}: a goal is two finite numbers, x and y, got {target_location!r}")
        self._target[:] = goal

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; see the class docstring for the start and the goal. There are no options."""
        self.check_options(options)
        super().reset(seed=seed)
        mujoco.mj_resetData(self.model, self.data)
        self._begin(seed)
        mujoco.mj_forward(self.model, self.data)
        self.elapsed = 0
        return self.observe(), {"goal": self._target.copy()}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Apply an action for one step; an invalid one counts as zeros and is reported in ``info``."""
        if self.elapsed < 0:
            raise ResetNeeded(f"{self}: call reset() before step()")
        valid, error = sanitise_action(action, len(self.ctrl))
        self.advance(self.controls(valid))
        away = distance(self.qpos[:2], self._target)
        success = bool(away <= RADIUS)
        info: dict[str, Any] = {"goal": self._target.copy(), "success": success}
        if error is not None:
            info["action_error"] = error
        return self.observe(), float(self.rewards(away)), self.ends_at_goal and success, self.truncated, info

    def _rules(self) -> str:
        """What the world is besides its maze; worlds with equal rules restore each other's snapshots."""
        return self.about.robot

    @property
    def identity(self) -> Mapping[str, str]:
        """The maze, the rules and the horizon, and the model."""
        about = self.about
        name = name_horizon(f"{self._rules()} {about.maze}", self._max_episode_steps)
        return {"world": name, "model": models.model_hash(about.robot, about.maze)}

    def _derived(self) -> list[np.ndarray]:
        return [self._target]

    def _goal_in_model(self) -> tuple[float, float]:
        """Where the goal is in the simulator's coordinates."""
        x, y = self._target.tolist()
        return x, y

    def _mark_goal(self, model: mujoco.MjModel) -> None:
        model.site_pos[0, :2] = self._goal_in_model()

    def _make_renderer(self) -> "Renderer":
        from palaestra.envs.d4rl.mazes import picture  # load the drawing libraries
        from palaestra.envs.mujoco import renderer

        plan = picture.Plan(self.model, self.about.robot, self.width, self.height)
        camera = renderer.Fixed(plan.middle, plan.distance, plan.view.azimuth + 90.0, -90.0)
        return renderer.Renderer(
            self.model,
            lambda qpos: plan.draw(qpos, self._goal_in_model()),
            camera,
            self.width,
            self.height,
            self.renderer,
            self._mark_goal,
        )
