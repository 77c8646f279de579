"""Make a recipe's trajectories: episodes of scripted behaviours in an environment with text actions.

Episode e depends on the recipe, the seed and e only: its task is drawn from the environment's, its behaviour is
the recipe's number e modulo their count. Shards of episodes are played in one or several processes and written in
order, so the file does not depend on the number of processes. Images are left out, because a replay draws them again.
"""

import json
import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from palaestra.agents.rollouts.episodes import Scripted, kind_of, play_planned
from palaestra.agents.rollouts.episodes import make as make_world
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.rollouts.statistics import Statistics
from palaestra.agents.rollouts.workers import run_in_order
from palaestra.data.errors import InputError
from palaestra.data.paths import path_of
from palaestra.data.recipes.trajectories import CARD, FILE, TrajectoryRecipe, find
from palaestra.data.results.run import versions
from palaestra.data.store import write_atomically
from palaestra.data.streams import child_seed
from palaestra.data.trajectory import Trajectory, Writer

EPISODES_PER_SHARD = 16


@dataclass(frozen=True)
class Shard:
    """Episodes ``first`` to ``first + count - 1`` of a recipe."""

    recipe: TrajectoryRecipe
    seed: int
    first: int
    count: int


def make(
    recipe_id: str,
    trajectories: int,
    *,
    seed: int = 0,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
    out: Path | None = None,
) -> Path:
    """Play a recipe's episodes and write them with their card, atomically.

    Args:
        recipe_id: such as ``palaestra/aitw-webshop/faulty-v0``.
        trajectories: number of episodes.
        seed: of tasks, worlds and behaviours.
        processes: worker processes; 1 plays in this process. The result does not depend on it.
        progress: called with (episodes played, episodes).
        out: folder to write instead of ``TrajectoryRecipe.path``. Episodes of the same recipe, number and seed are made
            again; other content is never replaced.

    Returns:
        The folder, with ``trajectories.arrow`` and ``card.json``.

    Raises:
        InputError: unknown recipe, no episodes wanted, or the folder cannot be written or has other content.
    """
    recipe = find(recipe_id)
    for name, number in (("trajectories", trajectories), ("processes", processes)):
        if number < 1:
            raise InputError(f"{recipe_id}: {name} must be at least 1, got {number}")
    folder = recipe.path if out is None else path_of(out)
    about = {"recipe": recipe_id, "trajectories": trajectories, "seed": seed}
    _check_replaceable(folder, about)
    firsts = range(0, trajectories, EPISODES_PER_SHARD)
    shards = [Shard(recipe, seed, first, min(EPISODES_PER_SHARD, trajectories - first)) for first in firsts]
    statistics = Statistics(kind_of(recipe.world_id))
    with write_atomically(folder) as made:
        made.mkdir()
        with (
            Writer(made / FILE) as writer,
            closing(run_in_order(play_shard, shards, processes, lambda shard: True)) as results,
        ):
            for _, episodes in results:
                for trajectory in episodes:
                    writer.write(trajectory)
                    statistics.add(trajectory)
                    if progress:
                        progress(statistics.episodes, trajectories)
        card = about | {"versions": versions(), "machine": platform.machine(), "statistics": statistics.summary()}
        (made / CARD).write_text(json.dumps(card, indent=1) + "\n")
    return folder


def _check_replaceable(folder: Path, about: dict[str, Any]) -> None:
    """Check that writing to the folder overwrites no other data, such as that of runs that will be resumed."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        card = json.loads((folder / CARD).read_text())
        present = {name: card[name] for name in about}
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{folder}: exists and is not this recipe's, so it is not replaced; choose another --out"
        ) from None
    if present != about:
        there = f"{present['trajectories']} trajectories of {present['recipe']} with seed {present['seed']}"
        raise InputError(f"{folder}: holds {there}, which runs may need; remove it, or choose another --out")


def play_shard(shard: Shard) -> list[Trajectory]:
    """Play a shard's episodes, in order."""
    recipe, kind = shard.recipe, kind_of(shard.recipe.world_id)
    arguments = kind.recorded(dict(recipe.arguments))
    episodes: list[Trajectory] = []
    with closing(make_world(recipe.world_id, arguments)) as vector:
        names = vector.worlds[0].get_wrapper_attr("task_names")
        codec = vector.worlds[0].get_wrapper_attr("codec")
        for number in range(shard.first, shard.first + shard.count):
            behaviour = recipe.behaviours[number % len(recipe.behaviours)]
            about = {"world": recipe.world_id, "arguments": arguments, "policy": behaviour}
            start = _start(shard, number, names)
            policy = Scripted(behaviour, kind, codec, 1)
            played = play_planned(policy, Stage(vector), [start], 0, kind, about, pictures=False, greedy=False)
            episodes += [trajectory for _, trajectory in played]
    return episodes


def _start(shard: Shard, number: int, names: "tuple[str, ...]") -> Start:
    """The reset of an episode."""
    seed = child_seed(shard.seed, shard.recipe.id, "episode", number)
    task = names[int(np.random.default_rng(seed).integers(len(names)))]
    return Start(seed % 2**31, {"task": task})
