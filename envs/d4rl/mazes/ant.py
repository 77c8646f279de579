"""AntMaze: an ant that has to walk to a goal, ``antmaze-medium-play-v2`` and so on (Fu et al., arXiv 2004.07219).

Exact, after D4RL's ``d4rl/locomotion``:

- the maps in which D4RL evaluates, in cells of 4 m; positions are those of D4RL, the origin is where the ant starts;
- the ant starts in the middle of its cell in the model's initial pose, with U(-0.1, 0.1) on all positions (its
  quaternion is then normalised, which newer versions of MuJoCo leave to the caller) and N(0, 0.1^2) on all velocities;
- the goal: the middle of its cell, plus U(0, 1) and U(0, 0.5) on each axis. v2 draws it at every reset. v0 and v1 draw
  it once: when the world is made, and at every reset with a seed, which starts all of the world's randomness anew;
  after ``set_target(goal)`` those two keep that goal. D4RL draws it from NumPy's global generator, the world from its
  own, so that a seed determines it;
- an action is mapped from [-1, 1] to torques of up to 30 N m with D4RL's arithmetic; a step takes 5 x 0.02 s;
- the reward is 1 within 0.5 m of the goal, where the episode terminates, and 0 elsewhere; falling over doesn't end it;
- the horizons: 700 steps in umaze, 1000 elsewhere. play and diverse differ in their data, not in their worlds.

Near: the contacts. The compiled model equals D4RL's in all arrays that describe the ant, the floor and the walls; the
walls belong to bodies of their own, which MuJoCo can skip. On one engine steps are equal bit for bit with D4RL's model
until the ant touches a wall, and then to rounding (8e-16 at the first such step), which contacts amplify. MuJoCo itself
is newer than D4RL's, and its contacts have changed: replayed actions part from D4RL's states within an episode, so
scores are comparable over many episodes, trajectories aren't.
"""

from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np

from palaestra.envs.d4rl.mazes.maps import ANT
from palaestra.envs.d4rl.mazes.models import position
from palaestra.envs.d4rl.mazes.world import RADIUS, MazeWorld


class AntMaze(MazeWorld):
    """An ant in a maze.

    Observation: float64, 29 numbers: positions and velocities, without contact forces. Action: normalised joint
    torques, float32 in [-1, 1]; those out of range are clipped.

    Args:
        dataset_id: one of D4RL's ids of AntMaze.
        **options: see ``MazeWorld``.
    """

    def __init__(self, dataset_id: str, **options: Any):
        super().__init__(dataset_id, ANT, frame_skip=5, **options)
        self._low, self._high = self.model.actuator_ctrlrange.T.astype(np.float32)
        self.new_goals = self.about.version >= 2
        self._kept = False  # whether set_target chose the goal
        self._target[:] = self._random_goal()

    def _rules(self) -> str:
        return "antmaze" if self.new_goals else "antmaze with one goal"

    @property
    def ends_at_goal(self) -> bool:
        """Always."""
        return True

    def controls(self, actions: np.ndarray) -> np.ndarray:
        """Torques in N m."""
        torques = self._low + (actions + 1.0) * 0.5 * (self._high - self._low)
        return np.minimum(np.maximum(torques, self._low), self._high)

    def rewards(self, distances: Any) -> Any:
        """1 within 0.5 of the goal."""
        return np.where(distances <= RADIUS, 1.0, 0.0)

    @property
    def target_goal(self) -> np.ndarray:
        """(2,) the goal in m, by D4RL's name."""
        return self._target.copy()

    def get_xy(self) -> np.ndarray:
        """(2,) where the ant is, m."""
        return self.qpos[:2].copy()

    def set_target(self, target_location: Any = None) -> None:
        """Move the goal, until the next reset in v2, for good in v0 and v1; see ``MazeWorld.set_target``."""
        super().set_target(target_location)
        self._kept = target_location is not None and not self.new_goals

    set_target_goal = set_target

    def _random_goal(self) -> np.ndarray:
        near = self.np_random.uniform(0.0, 1.0, 2)
        far = self.np_random.uniform(0.0, 0.5, 2)
        return np.maximum(position(self.maze, self.maze.goal) + near + far, 0.0)

    def _begin(self, seed: int | None) -> None:
        if self.new_goals or (seed is not None and not self._kept):
            self._target[:] = self._random_goal()
        self.qpos += self.np_random.uniform(-0.1, 0.1, len(self.qpos))
        self.qvel[:] = 0.1 * self.np_random.standard_normal(len(self.qvel))
        mujoco.mj_normalizeQuat(self.model, self.qpos)

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "kept": self._kept}

    def _load(self, state: Mapping[str, Any]) -> None:
        kept = bool(state["kept"])
        super()._load(state)
        self._kept = kept
