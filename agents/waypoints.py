"""D4RL's controller of Maze2D: plans a path through the cells, and steers the ball from one to the next.

Written from the facts of D4RL's ``d4rl/pointmaze/waypoint_controller.py`` (Fu et al., arXiv 2004.07219): the data and
the reference scores of Maze2D come from it.

- A plan is made when the goal's cell changes, and only then: an episode that starts elsewhere with the same goal
  follows the old plan, which has ended if the goal was reached, so that the ball is steered straight at it. D4RL's
  reference scores, which are those of one controller for 100 episodes, rest on this.
- The last waypoint is the goal's cell, wherever in it the goal is; every other one is its cell less U(0, 0.2) on each
  axis. Of paths of one length the one that turns first to lower columns, then higher columns, lower rows, higher rows.
- The force is 10 (waypoint - position) - velocity, clipped to 1. A waypoint is reached within 0.1, and not in the first
  step of a plan unless the ball is that near to where its cell's coordinates are.
- A ball that leans on walls may be nearest to a wall's cell. The plan starts there, and may lead to the wall's other
  side; if that cell has walls all around, the ball stays until the goal's cell changes.
"""

import math
from collections import deque

import numpy as np

from palaestra.envs.d4rl.mazes.maps import Cell, Maze

GAIN, DAMPING = 10.0, 1.0
REACHED = 0.1
SHIFT = 0.2  # the most by which a waypoint is moved off its cell's coordinates
MOVES = ((0, -1), (0, 1), (-1, 0), (1, 0))  # in D4RL's order


def shortest_path(maze: Maze, start: Cell, goal: Cell) -> list[Cell]:
    """The cells after ``start``, which may be a wall's, up to ``goal``; only ``start`` if none leads there."""
    free = set(maze.free)
    steps = {goal: 0}
    cells = deque([goal])
    while cells:
        row, column = cells.popleft()
        for down, right in MOVES:
            cell = row + down, column + right
            if cell in free and cell not in steps:
                steps[cell] = steps[row, column] + 1
                cells.append(cell)
    path, cell = [], start
    while cell != goal:
        near = [(cell[0] + down, cell[1] + right) for down, right in MOVES]
        ahead = [one for one in near if one in steps]
        if not ahead:
            return [start]
        cell = min(ahead, key=steps.__getitem__)
        path.append(cell)
    return path or [goal]


class WaypointController:
    """Steers one ball.

    Args:
        maze: its map.
        random: draws the waypoints' shifts.
    """

    def __init__(self, maze: Maze, random: np.random.Generator):
        self.maze, self.random = maze, random
        self._goal: Cell | None = None
        self._waypoints: list[tuple[float, float]] = []
        self._next = 0
        self._last = 0.0, 0.0

    def act(self, observation: np.ndarray, goal: np.ndarray) -> tuple[tuple[float, float], bool]:
        """The force (x, y) for an observation (4,) and a goal (2,), and whether the goal's cell has been reached."""
        x, y, speed_x, speed_y = observation.tolist()
        row, column = goal.tolist()
        cell = round(row), round(column)
        if cell != self._goal:
            self._plan((round(x), round(y)), cell)
        slow = math.hypot(self._last[0] - x, self._last[1] - y) < REACHED
        reached = slow and math.hypot(x - cell[0], y - cell[1]) < REACHED
        to_x, to_y = cell if reached else self._waypoints[self._next]
        if slow and not reached and math.hypot(x - to_x, y - to_y) < REACHED:
            self._next += 1
        self._last = x, y
        return (_force(to_x - x, speed_x), _force(to_y - y, speed_y)), reached

    def _plan(self, start: Cell, goal: Cell) -> None:
        path = shortest_path(self.maze, start, goal)
        shifts = self.random.uniform(0.0, SHIFT, (len(path), 2)).tolist()
        self._waypoints = [(row - up, column - left) for (row, column), (up, left) in zip(path, shifts)]
        if path[-1] == goal:
            self._waypoints[-1] = goal
        self._goal, self._next, self._last = goal, 0, start


def _force(distance: float, speed: float) -> float:
    return min(max(GAIN * distance - DAMPING * speed, -1.0), 1.0)
