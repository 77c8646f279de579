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

from typing import NamedTuple

import gymnasium
import numpy as np

from palaestra.agents.waypoints import WaypointController
from palaestra.data.streams import child_seed
from palaestra.envs.d4rl.mazes.ball import Maze2D

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


def trajectory(env_id: str, seed: int, rows: int) -> Trajectory:
    """At least ``rows`` rows, as many as it takes to end with a goal.

    Args:
        env_id: of Maze2D.
        seed: of the start, the goals and the controller.
        rows: number of rows.
    """
    world = gymnasium.make(env_id).unwrapped
    assert isinstance(world, Maze2D)
    random = np.random.default_rng(child_seed(seed, "goals and waypoints"))
    controller, horizon = WaypointController(world.maze, random), world.about.horizon
    observation, _ = world.reset(seed=child_seed(seed, "start"))
    columns: dict[str, list[object]] = {}
    stops: list[int] = []
    finals: list[np.ndarray] = []
    starts: list[bytes] = []
    count = 0
    while count < rows:
        starts.append(world.snapshot())
        goal, over, steps = world.random_place(random), False, 0
        while not over:
            force, reached = controller.act(observation, goal)
            action = np.array(force, dtype=np.float32)
            steps += 1
            over = reached or steps == horizon
            following, reward, *_ = world.step(action)
            row = {"observations": observation, "actions": action, "rewards": reward, "timeouts": over}
            row |= {"infos/goal": goal, "infos/qpos": observation[:2], "infos/qvel": observation[2:]}
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
            observation = following
        count += steps
        stops.append(count)
        finals.append(observation.astype(np.float32))
    world.close()
    arrays = {name: np.array(values) for name, values in columns.items()}
    for name in ("observations", "rewards", "infos/goal"):
        arrays[name] = arrays[name].astype(np.float32)
    arrays["terminals"] = np.zeros(count, dtype=bool)
    return Trajectory(arrays, stops, np.array(finals), starts)
