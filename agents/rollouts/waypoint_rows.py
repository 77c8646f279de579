"""Rows of Maze2D's recipes: the waypoint controller in one endless trajectory, as D4RL's data were made.

The ball is never reset. A navigation goal is a random cell plus U(-0.1, 0.1) on each axis; a new one is drawn when its
cell has been reached, or after as many steps as the environment's horizon. The last row with a goal has ``timeouts``
set, nothing is terminal: that is the convention of D4RL's published files. Rewards refer to the environment's own goal,
never to the navigation goals.

Differences from D4RL's script and files, so that rows replay exactly:

- rewards are the environment's, of the state after the step; D4RL's are of the state before it;
- the observation after a change of goal is the current one; D4RL's script repeats the last one;
- a goal lasts at most as many steps as the horizon, in D4RL's script one more.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.waypoints import WaypointController
from palaestra.data.streams import child_seed
from palaestra.envs.d4rl.mazes.ball import Maze2D
from palaestra.envs.vector import make_worlds

FLAGS = "goal switches"
"""What ``metadata["timeouts"]`` of such a dataset says."""


class Trajectory(NamedTuple):
    """Rows with whole navigation goals.

    Attributes:
        columns: arrays with one row per step.
        stops: index after each goal's last row.
        finals: (goals, 4) float32, the observation after each goal's last row.
        starts: the world's snapshot before each goal's first row.
    """

    columns: dict[str, np.ndarray]
    stops: list[int]
    finals: np.ndarray
    starts: list[bytes]


def trajectories(env_id: str, seeds: Sequence[int], rows: int) -> list[Trajectory]:
    """A trajectory for each seed, of at least ``rows`` rows, as many as it takes to end with a goal.

    Args:
        env_id: of Maze2D.
        seeds: each determines a start, goals and waypoints, alone.
        rows: number of rows.
    """
    stage = Stage(make_worlds(env_id, len(seeds), max_episode_steps=-1))
    try:
        stage.reset(starts=[Start(child_seed(seed, "start")) for seed in seeds])
        streams = [Stream(world, seed, rows) for world, seed in zip(stage.worlds.worlds, seeds)]
        while any(stream.running for stream in streams):
            actions = [stream.act(observation) for stream, observation in zip(streams, stage.observations)]
            step = stage.step(np.array(actions, dtype=np.float32))
            for row, stream in enumerate(streams):
                stream.record(step.observations[row], step.actions[row], step.rewards[row], step.next_observations[row])
    finally:
        stage.close()
    return [stream.trajectory() for stream in streams]


class Stream:
    """A ball that drives from goal to goal, and its rows.

    Args:
        world: of the ball, without a horizon.
        seed: of the goals and waypoints.
        rows: it ends with the goal that follows so many rows.
    """

    def __init__(self, world: Maze2D, seed: int, rows: int):
        self.world, self.rows = world, rows
        self.running, self.reached = True, False
        self.random = np.random.default_rng(child_seed(seed, "goals and waypoints"))
        self.controller = WaypointController(world.maze, self.random)
        self.columns: dict[str, list[Any]] = {name: [] for name in ("observations", "actions", "rewards", "infos/goal")}
        self.stops: list[int] = []
        self.finals: list[np.ndarray] = []
        self.starts: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        """Draw the next goal."""
        self.goal, self.steps = self.world.random_place(self.random), 0
        # Worlds of the dataset's environment, which has a horizon, restore the snapshot.
        self.world.set_horizon(self.world.about.horizon)
        self.starts.append(self.world.snapshot())
        self.world.set_horizon(-1)

    def act(self, observation: np.ndarray) -> tuple[float, float]:
        """The controller's force."""
        force, self.reached = self.controller.act(observation, self.goal)
        return force

    def record(self, observation: np.ndarray, action: np.ndarray, reward: float, following: np.ndarray) -> None:
        """Keep a row, unless the stream has ended."""
        if not self.running:
            return
        for values, value in zip(self.columns.values(), (observation, action, reward, self.goal)):
            values.append(value)
        self.steps += 1
        if not self.reached and self.steps < self.world.about.horizon:
            return
        self.stops.append(len(self.columns["rewards"]))
        self.finals.append(following.astype(np.float32))
        self.running = self.stops[-1] < self.rows
        if self.running:
            self._begin()

    def trajectory(self) -> Trajectory:
        """The rows so far."""
        states = np.array(self.columns["observations"])
        columns: dict[str, np.ndarray] = {
            name: np.array(values, dtype=np.float32) for name, values in self.columns.items()
        }
        columns["terminals"] = np.zeros(len(states), dtype=bool)
        columns["timeouts"] = np.isin(np.arange(1, len(states) + 1), self.stops)
        columns |= {"infos/qpos": states[:, :2], "infos/qvel": states[:, 2:]}
        return Trajectory(columns, self.stops, np.array(self.finals), self.starts)
