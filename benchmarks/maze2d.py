"""D4RL's reference scores of Maze2D, measured here: its waypoint controller and a uniformly random policy.

D4RL's figure of the controller is the mean return of 100 episodes with one controller, which plans once (see
``palaestra.agents.waypoints``), so that it depends on the seed; "anew" has a controller per episode. Random policies
are uniform in the action box.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial

import gymnasium
import numpy as np
from rich.console import Console
from rich.table import Table

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.agents.waypoints import WaypointController
from palaestra.data.formats.d4rl_ids import reference_score
from palaestra.data.formats.d4rl_mazes import MAZES
from palaestra.data.streams import child_seed
from palaestra.envs.d4rl.mazes.ball import Maze2D


def play(world: Maze2D, episodes: int, seed: int, policy: Callable[[int, np.ndarray], np.ndarray]) -> float:
    """Mean return of a policy (episode, observation) -> action."""
    returns = []
    observation, _ = world.reset(seed=seed)
    for episode in range(episodes):
        total, over = 0.0, False
        while not over:
            observation, reward, _, over, _ = world.step(policy(episode, observation))
            total += reward
        returns.append(total)
        observation, _ = world.reset()
    return float(np.mean(returns))


def controlled(world: Maze2D, episodes: int, seed: int, *, anew: bool = False) -> float:
    """The controller's mean return, ``anew``: with a controller per episode."""
    random, goal = np.random.default_rng(child_seed(seed, "waypoints")), world.get_target()
    controllers: dict[int, WaypointController] = {}

    def policy(episode: int, observation: np.ndarray) -> np.ndarray:
        key = episode if anew else 0
        if key not in controllers:
            controllers[key] = WaypointController(world.maze, random)
        return np.array(controllers[key].act(observation, goal)[0])

    return play(world, episodes, seed, policy)


def uniform(world: Maze2D, episodes: int, seed: int) -> float:
    """A random policy's mean return."""
    random = np.random.default_rng(child_seed(seed, "uniform"))
    return play(world, episodes, seed, lambda episode, observation: random.uniform(-1, 1, 2).astype(np.float32))


def rows(ids: list[str], seeds: int, episodes: int) -> Iterator[tuple[str, ...]]:
    """A line of the table for each id."""
    for env_id in ids:
        world = gymnasium.make(env_id)
        assert isinstance(world, Maze2D)
        low, high = reference_score(env_id)
        means = [
            [measured(world, episodes, seed) for seed in range(seeds)]
            for measured in (uniform, controlled, partial(controlled, anew=True))
        ]
        cells = [f"{np.mean(each):.1f} ({min(each):.1f} to {max(each):.1f})" for each in means]
        yield env_id, cells[0], f"{low:g}", cells[1], f"{high:g}", cells[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids", nargs="*", default=["maze2d-umaze-v1", "maze2d-medium-v1", "maze2d-large-v1"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--all", action="store_true", help="all of D4RL's ids of Maze2D")
    options = parser.parse_args()
    ids = [id for id, maze in MAZES.items() if maze.robot == "maze2d"] if options.all else options.ids
    title = f"mean return of {options.episodes} episodes (mean and range of {options.seeds} seeds)"
    table = Table("id", "random", "D4RL's", "controller", "D4RL's", "controller, anew", title=title)
    for row in rows(ids, options.seeds, options.episodes):
        table.add_row(*row)
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
