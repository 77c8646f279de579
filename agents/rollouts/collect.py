"""Make a recipe's dataset by playing its policies.

A recipe's parts are played by *streams*. A stream is one world and one row of the policy's random numbers, seeded from
(seed, recipe, part, stream number); it plays whole episodes until it has ``STREAM_ROWS`` rows, or fewer where the whole
part wants fewer. A part's rows are its streams' rows in order, as many as are wanted: so only the last episode of a
part is cut short. Sixteen streams step together as a *shard* on one thread; processes only share out shards. Which
numbers come out therefore depends on the recipe, the number of rows and the seed, and on nothing else on one machine
and build.
"""

import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import gymnasium
import numpy as np

from palaestra.agents.policy import GaussianPolicy, RandomPolicy, Sample
from palaestra.agents.rollouts.play import Step, play
from palaestra.agents.rollouts.workers import run_in_order
from palaestra.data import recipes
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.recipes import Part, Recipe
from palaestra.data.store import write_atomically
from palaestra.data.streams import child_seed

if TYPE_CHECKING:
    from palaestra.envs.vector import WorldVector

HORIZON = 1000  # of all recipes' worlds
STREAM_ROWS = HORIZON  # rows a stream has at least
SHARD_STREAMS = 16
STATES = ("infos/qpos", "infos/qvel")  # float64, everything else that is a float is float32


@dataclass(frozen=True)
class Shard:
    """Streams ``first`` to ``first + streams - 1`` of part ``part`` of a recipe, each of at least ``rows`` rows."""

    recipe: Recipe
    seed: int
    part: int
    first: int
    streams: int
    rows: int


class Episodes(NamedTuple):
    """Whole episodes, one after the other.

    Attributes:
        columns: arrays with one row per step.
        episode_columns: arrays with one row per episode.
        stops: (episodes,) one past each episode's last row.
    """

    columns: dict[str, np.ndarray]
    episode_columns: dict[str, np.ndarray]
    stops: np.ndarray


def make(
    recipe_id: str,
    rows: int,
    *,
    seed: int = 0,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
    out: Path | None = None,
) -> Path:
    """Make a recipe's dataset and save it in the native form; nothing is left behind when it fails.

    Columns beside D4RL's: ``infos/action_log_probs`` (of the unclipped sample), ``infos/action_mean``,
    ``infos/action_logstd``, ``infos/action_unclipped`` (these three not for uniform actions), and the state before the
    action in float64, ``infos/qpos`` and ``infos/qvel``. Per episode: ``final_observations``, ``start_snapshots``
    and ``cut``.

    Flags are the world's own: both are set where a robot falls on its last allowed step, and a learner's transition
    is then terminal (D4RL's files have only the timeout there). Where a part's last episode is cut short, its last row
    has ``timeouts`` too, and the episode's ``cut`` is set.

    Args:
        recipe_id: ``palaestra/{hopper,halfcheetah,walker2d}/{random,medium-replay,medium,medium-expert,expert}-v0``.
        rows: exactly so many.
        seed: another seed gives other episodes.
        processes: worker processes; 1 works in this process. Never changes a result.
        progress: called with (rows made, rows).
        out: folder to write instead of ``Recipe.path``; an older dataset there is replaced, anything else is not.

    Returns:
        The folder.

    Raises:
        InputError: unknown recipe, too few rows, or the folder cannot be written.
    """
    recipe = recipes.find(recipe_id)
    parts = len(recipe.parts)
    if rows < parts:
        raise InputError(f"{recipe_id}: rows must be at least {parts}, one per policy, got {rows}")
    if processes < 1:
        raise InputError(f"{recipe_id}: processes must be at least 1, got {processes}")
    folder = recipe.path if out is None else out
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / "dataset.json").exists()):
        raise InputError(f"{folder}: is there and holds no dataset, so it is not replaced; choose another --out")
    wanted = [rows * (part + 1) // parts - rows * part // parts for part in range(parts)]
    todo = [shard for part in range(parts) for shard in shards(recipe, seed, part, wanted[part])]
    collected = Collected(rows)
    with closing(run_in_order(generate, todo, processes, lambda shard: wanted[shard.part] > 0)) as pieces:
        for shard, piece in pieces:
            wanted[shard.part] -= collected.add(piece, wanted[shard.part])
            if progress:
                progress(collected.count, rows)
    packages = {name: version(name) for name in ("gymnasium", "mujoco", "numpy")}
    metadata = {"recipe": recipe_id, "seed": seed}
    metadata |= {"versions": packages, "machine": platform.machine()}
    dataset = Dataset(
        recipe_id, recipe.env_id, collected.columns, HORIZON, collected.joined_episode_columns(), metadata
    )
    with write_atomically(folder) as made:
        dataset.save(made)
    return folder


def shards(recipe: Recipe, seed: int, part: int, rows: int) -> list[Shard]:
    """Enough shards for ``rows`` rows of a part, most often more than enough."""
    streams = -(-rows // STREAM_ROWS)
    least = min(rows, STREAM_ROWS)  # a stream that will be cut anyway need not play on; its rows are the same
    firsts = range(0, streams, SHARD_STREAMS)
    return [Shard(recipe, seed, part, first, min(SHARD_STREAMS, streams - first), least) for first in firsts]


class Collected:
    """The dataset's arrays while they fill up.

    Args:
        rows: of the whole dataset.
    """

    def __init__(self, rows: int):
        self.rows, self.count = rows, 0
        self.columns: dict[str, np.ndarray] = {}
        self.episode_columns: dict[str, list[np.ndarray]] = {}

    def add(self, piece: Episodes, wanted: int) -> int:
        """Append the piece's first ``wanted`` rows, or all; say how many."""
        if not self.columns:
            for name, array in piece.columns.items():
                self.columns[name] = np.empty((self.rows, *array.shape[1:]), array.dtype)
        taken = min(wanted, int(piece.stops[-1]))
        start, stop = self.count, self.count + taken
        for name, array in piece.columns.items():
            self.columns[name][start:stop] = array[:taken]
        episodes = int(np.searchsorted(piece.stops, taken)) + 1
        for name, array in piece.episode_columns.items():
            self.episode_columns.setdefault(name, []).append(array[:episodes].copy())
        if piece.stops[episodes - 1] != taken:
            self.columns["timeouts"][stop - 1] = True
            self.episode_columns["final_observations"][-1][-1] = piece.columns["observations"][taken]
            self.episode_columns["cut"][-1][-1] = True
        self.count = stop
        return taken

    def joined_episode_columns(self) -> dict[str, np.ndarray]:
        """The episode columns as one array each."""
        return {name: np.concatenate(arrays) for name, arrays in self.episode_columns.items()}


def generate(shard: Shard) -> Episodes:
    """Play a shard's streams and return their episodes, stream after stream."""
    from palaestra.envs.vector import make_worlds

    numbers = range(shard.first, shard.first + shard.streams)
    seeds = [child_seed(shard.seed, shard.recipe.id, shard.part, number) for number in numbers]
    worlds = make_worlds(shard.recipe.env_id, shard.streams)
    try:
        player = SamplingPolicy(policy_of(shard.recipe, shard.recipe.parts[shard.part], worlds, seeds))
        recorder = ShardRecorder(worlds, player, seeds, shard.rows)
        grid = (shard.streams, 1)
        play(
            player,
            worlds,
            grid,
            recorder.next_seeds,
            deterministic=False,
            on_start=recorder.start,
            on_step=recorder.step,
        )
    finally:
        worlds.close()
    return recorder.episodes_made()


def policy_of(recipe: Recipe, part: Part, worlds: "WorldVector", seeds: list[int]) -> RandomPolicy | GaussianPolicy:
    """The policy of a part, with its random streams at their beginning."""
    if part.policy == "random":
        box = worlds.single_action_space
        assert isinstance(box, gymnasium.spaces.Box)  # as of all recipes' worlds
        return RandomPolicy(box.low, box.high, seeds)
    return GaussianPolicy(recipes.weights(recipe.robot, part), seeds)


class SamplingPolicy:
    """A policy that keeps its last sample."""

    def __init__(self, policy: RandomPolicy | GaussianPolicy):
        self.policy = policy
        self.last: Sample

    def reset(self, which: np.ndarray | None = None) -> None:
        """See ``Policy.reset``."""
        self.policy.reset(which)

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """See ``Policy.act``; always a sample."""
        self.last = self.policy.sample(observations)
        return self.last.actions


class ShardRecorder:
    """What the streams of a shard did, in arrays of (steps, streams, ...): every stream runs without a gap."""

    def __init__(self, worlds: "WorldVector", player: SamplingPolicy, seeds: list[int], rows: int):
        self.worlds, self.player, self.seeds, self.rows = worlds, player, seeds, rows
        self.time = 0
        self.lengths = np.zeros(len(seeds), int)
        self.episodes = [0] * len(seeds)
        self.steps = rows + HORIZON - 1
        self.columns: dict[str, np.ndarray] = {}
        # Per stream, one entry per episode: where it stopped, its last observation, its start.
        self.stops: list[list[int]] = [[] for _ in seeds]
        self.finals: list[list[np.ndarray]] = [[] for _ in seeds]
        self.starts: list[list[bytes]] = [[] for _ in seeds]
        self.states = states(worlds)

    def next_seeds(self, free: np.ndarray) -> list[int | None]:
        """A world seed for every free stream that has not enough rows."""
        chosen: list[int | None] = [None] * len(self.seeds)
        for i in np.flatnonzero(free & (self.lengths < self.rows)).tolist():
            chosen[i] = child_seed(self.seeds[i], "episode", self.episodes[i])
            self.episodes[i] += 1
        return chosen

    def start(self, begins: np.ndarray) -> None:
        """Keep the worlds that begin an episode."""
        for i in np.flatnonzero(begins).tolist():
            self.starts[i].append(self.worlds.worlds[i].snapshot())
        self.states = states(self.worlds)

    def step(self, step: Step) -> None:
        """Write one row of every stream."""
        sample = self.player.last
        row = {
            "observations": step.observations,
            "actions": step.actions,
            "rewards": step.rewards,
            "terminals": step.terminated,
            "timeouts": step.truncated,
            "infos/action_log_probs": sample.log_probs[:, 0],
            "infos/qpos": self.states[0],
            "infos/qvel": self.states[1],
        }
        if sample.means is not None and sample.log_stds is not None:
            row["infos/action_mean"] = sample.means[:, 0]
            row["infos/action_logstd"] = sample.log_stds[:, 0]
            row["infos/action_unclipped"] = sample.unclipped[:, 0]
        for name, values in row.items():
            if self.time == 0:
                dtype = np.float32 if values.dtype == np.float64 and name not in STATES else values.dtype
                self.columns[name] = np.empty((self.steps, *values.shape), dtype)
            self.columns[name][self.time] = values
        self.time += 1
        self.lengths[step.running] = self.time
        for i in np.flatnonzero(step.running & (step.terminated | step.truncated)).tolist():
            self.stops[i].append(self.time)
            self.finals[i].append(step.next_observations[i].astype(np.float32))
        self.states = states(self.worlds)

    def episodes_made(self) -> Episodes:
        """The streams one after the other."""
        real = np.arange(self.steps) < self.lengths[:, None]
        columns = {name: array.swapaxes(0, 1)[real] for name, array in self.columns.items()}
        offsets = np.cumsum(self.lengths) - self.lengths
        stops = np.concatenate([offset + np.array(own) for offset, own in zip(offsets, self.stops)])
        starts = b"".join(snapshot for own in self.starts for snapshot in own)
        episode_columns = {
            "final_observations": np.array([final for own in self.finals for final in own]),
            "start_snapshots": np.frombuffer(starts, np.uint8).reshape(len(stops), -1),
            "cut": np.zeros(len(stops), bool),
        }
        return Episodes(columns, episode_columns, stops)


def states(worlds: "WorldVector") -> tuple[np.ndarray, np.ndarray]:
    """Positions (worlds, nq) and velocities (worlds, nv) of locomotion worlds, copied."""
    return np.array([world.qpos for world in worlds.worlds]), np.array([world.qvel for world in worlds.worlds])
