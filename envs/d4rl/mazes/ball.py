"""Maze2D: a ball pushed through a maze, ``maze2d-umaze-v1`` and so on (Fu et al., arXiv 2004.07219).

Exact, after D4RL's ``d4rl/pointmaze/maze_model.py``:

- the maps, and that the ball's position (x, y) is (row, column): a reset puts it at a free cell or the goal's, drawn
  uniformly, plus U(-0.1, 0.1) on each axis; its velocity is drawn from N(0, 0.1^2);
- the goal is the map's, without jitter; ``set_target()`` draws another like a reset's position;
- velocities are clipped to 5 before each step, actions to 1; a step takes 0.01 s;
- sparse rewards are 1 within 0.5 of the goal and 0 elsewhere, dense ones exp(-distance), both of the state after the
  step; D4RL's files hold those of the state before it;
- nothing terminates; the horizons are the ids' (v0's are shorter).

Near: the engine. The compiled model equals D4RL's in all arrays that the engine reads except one: its ground, which a
ball that can't move up or down touches without friction, takes no part in contacts here. On one engine 3000 steps are
equal bit for bit with D4RL's model and order of calls. MuJoCo is newer than D4RL's, so collisions with walls may be
solved in other digits; ``benchmarks/maze2d.py`` measures what that makes of D4RL's own reference scores: its
controller's returns are within the spread of seeds. The random numbers are NumPy's PCG64 of the world, not MT19937.
"""

from typing import Any

import numpy as np

from palaestra.envs.d4rl.mazes.maps import BALL
from palaestra.envs.d4rl.mazes.models import BALL_OFFSET
from palaestra.envs.d4rl.mazes.world import RADIUS, MazeWorld

MAX_SPEED = 5.0
JITTER = 0.1


class Maze2D(MazeWorld):
    """A ball in a maze.

    Observation: float64, position and velocity (x, y, vx, vy). Action: forces, float32 in [-1, 1]; those out of range
    are clipped.

    Args:
        dataset_id: one of D4RL's ids of Maze2D.
        reset_target: draw a goal at every reset, after the position; D4RL's ids don't.
        **options: see ``MazeWorld``.
    """

    def __init__(self, dataset_id: str, *, reset_target: bool = False, **options: Any):
        super().__init__(dataset_id, BALL, frame_skip=1, arguments={"reset_target": reset_target}, **options)
        self.reset_target = reset_target
        self.dense = self.about.kind.endswith("-dense")
        self.reward_type = "dense" if self.dense else "sparse"
        self._target[:] = self.maze.goal

    def _rules(self) -> str:
        return f"maze2d {self.reward_type}" + (" with random goals" if self.reset_target else "")

    @property
    def ends_at_goal(self) -> bool:
        """Never."""
        return False

    def controls(self, actions: np.ndarray) -> np.ndarray:
        """Actions clipped to [-1, 1]."""
        return np.minimum(np.maximum(actions, -1.0), 1.0)

    def rewards(self, distances: Any) -> Any:
        """1 within 0.5 of the goal, or exp(-distance)."""
        return np.exp(-distances) if self.dense else np.where(distances <= RADIUS, 1.0, 0.0)

    def advance(self, action: np.ndarray) -> None:
        """Advance only the physics by one step; ``action`` is (2,) and finite."""
        x, y = self.qvel.tolist()
        if not (-MAX_SPEED <= x <= MAX_SPEED and -MAX_SPEED <= y <= MAX_SPEED):
            np.clip(self.qvel, -MAX_SPEED, MAX_SPEED, out=self.qvel)
        super().advance(action)

    def random_place(self, random: np.random.Generator) -> np.ndarray:
        """(2,) a random free cell, or the goal's, plus U(-0.1, 0.1) on each axis."""
        # In D4RL's order, the goal's cell last.
        cells = (*self.maze.cells("."), self.maze.goal)
        cell = cells[random.integers(len(cells))]
        return np.array(cell) + random.uniform(-JITTER, JITTER, 2)

    def _random_goal(self) -> np.ndarray:
        return self.random_place(self.np_random)

    def _begin(self, seed: int | None) -> None:
        self.qpos[:] = self.random_place(self.np_random)
        self.qvel[:] = 0.1 * self.np_random.standard_normal(2)
        if self.reset_target:
            self.set_target()

    def get_target(self) -> np.ndarray:
        """(2,) the goal, as D4RL's method of that name."""
        return self._target.copy()

    @property
    def str_maze_spec(self) -> str:
        """The map as D4RL writes it, rows separated by backslashes and free cells as the letter O."""
        return "\\".join(self.maze.rows).replace(".", "O")

    def _goal_in_model(self) -> tuple[float, float]:
        x, y = self._target.tolist()
        return x + BALL_OFFSET, y + BALL_OFFSET
