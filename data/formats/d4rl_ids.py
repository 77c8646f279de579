"""Facts about D4RL's datasets: ids, environments, addresses and reference scores.

D4RL: Fu et al. 2020, arXiv 2004.07219; the facts are those of the public repository Farama-Foundation/D4RL
(``d4rl/infos.py``, ``d4rl/gym_mujoco/__init__.py``). Those of Adroit and the kitchen are in ``d4rl_manipulation``,
those of the mazes in ``d4rl_mazes``.
"""

import difflib
import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl_elsewhere, d4rl_manipulation, d4rl_mazes, minari_ids
from palaestra.data.formats.d4rl_manipulation import MANIPULATION
from palaestra.data.formats.d4rl_mazes import MAZES


class Robot(NamedTuple):
    """An environment of datasets: what all datasets of one robot share, in mazes what those of one maze share.

    Attributes:
        world: Gymnasium id of the environment.
        observation_dim: numbers in an observation.
        action_dim: numbers in an action, each in [-1, 1].
        horizon: steps after which an episode is cut.
    """

    world: str
    observation_dim: int
    action_dim: int
    horizon: int = 1000


ROBOTS = {
    "halfcheetah": Robot("palaestra/HalfCheetah-v0", 17, 6),
    "hopper": Robot("palaestra/Hopper-v0", 11, 3),
    "walker2d": Robot("palaestra/Walker2d-v0", 17, 6),
    "ant": Robot("palaestra/Ant-v0", 111, 8),
}
KINDS = ("random", "medium", "expert", "medium-replay", "full-replay", "medium-expert")
RECIPE_KINDS = ("random", "medium", "medium-replay", "medium-expert", "expert")


class D4RLId(NamedTuple):
    """An id in parts: ``hopper-medium-v2`` is ("hopper", "medium", 2)."""

    robot: str
    kind: str
    version: int

    def __str__(self) -> str:
        return f"{self.robot}-{self.kind}-v{self.version}"


RECIPE_IDS = (
    *(f"palaestra/{robot}/{kind}-v0" for robot in ROBOTS for kind in RECIPE_KINDS if robot != "ant"),
    *d4rl_mazes.RECIPES,
)


def _gym_ids() -> tuple[str, ...]:
    new = [D4RLId(robot, kind, version) for version in (2, 1) for robot in ROBOTS for kind in KINDS]
    old = [D4RLId(robot, kind, 0) for robot in ROBOTS for kind in KINDS if kind != "full-replay"]
    return tuple(str(id) for id in (*new, *old, D4RLId("ant", "random-expert", 0)))


GYM_IDS = _gym_ids()
"""The ids of the gym-mujoco family."""
D4RL_IDS = (*GYM_IDS, *MAZES, *MANIPULATION)
"""D4RL's ids of all families that are here."""


def parse_id(id: str) -> D4RLId:
    """The parts of a D4RL id.

    Raises:
        InputError: there is no such dataset; names the nearest ids.
    """
    if id not in D4RL_IDS:
        raise unknown(id)
    name, _, version = id.rpartition("-v")
    robot, _, kind = name.partition("-")
    return D4RLId(robot, kind, int(version))


def unknown(id: str) -> InputError:
    """The error for an unknown id or path, with the nearest known ids: those of another version, else similar ones."""
    if reason := d4rl_elsewhere.reason(id):
        return InputError(f"{id}: {reason}")
    known = [*D4RL_IDS, *d4rl_elsewhere.IDS, *RECIPE_IDS]
    name = id.rpartition("-v")[0]
    nearest = sorted({each for each in known if name and each.rpartition("-v")[0] == name}, reverse=True)
    nearest = nearest or difflib.get_close_matches(id, known, n=3, cutoff=0.5)
    hint = f"nearest: {', '.join(nearest)}" if nearest else "`palaestra data list` prints all ids"
    return InputError(f"{id}: no such dataset id or file; {hint}")


def file_name(id: str) -> str:
    """Name of the published file, e.g. ``hopper_medium-v2.hdf5``."""
    if id in MANIPULATION:
        return MANIPULATION[id].file.rpartition("/")[2]
    if id in MAZES:
        return MAZES[id].file.rpartition("/")[2]
    robot, kind, version = parse_id(id)
    if version:
        return f"{robot}_{kind.replace('-', '_')}-v{version}.hdf5"
    if kind == "medium-replay":
        return f"{robot.replace('walker2d', 'walker')}_mixed.hdf5"
    return f"{robot}_{kind.replace('-', '_')}.hdf5"


def url(id: str) -> str:
    """Where D4RL publishes the file.

    ``PALAESTRA_D4RL_URL`` replaces ``http://rail.eecs.berkeley.edu/datasets/offline_rl``, for a mirror.
    """
    base = _base_url()
    if id in MANIPULATION:
        return f"{base}/{MANIPULATION[id].file}"
    if id in MAZES:
        return f"{base}/{MAZES[id].file}"
    folder = {0: "gym_mujoco", 1: "gym_mujoco_v1", 2: "gym_mujoco_v2"}[parse_id(id).version]
    return f"{base}/{folder}/{file_name(id)}"


def urls() -> dict[str, str]:
    """The URLs of all datasets that D4RL publishes, by id, also of those without a world here; see ``url``."""
    paths = json.loads(Path(__file__).with_name("d4rl_urls.json").read_text())
    return {id: f"{_base_url()}/{path}" for id, path in paths.items()}


def _base_url() -> str:
    return os.environ.get("PALAESTRA_D4RL_URL", "http://rail.eecs.berkeley.edu/datasets/offline_rl").rstrip("/")


def references() -> dict[str, tuple[float, float]]:
    """D4RL's reference returns by id, (random, expert), also of ids without a world here."""
    return dict(_references())


@cache
def _references() -> dict[str, tuple[float, float]]:
    table = json.loads(Path(__file__).with_name("d4rl_reference_scores.json").read_text())
    return {id: (entry["min"], entry["max"]) for id, entry in table.items()}


def robot_of(id: str) -> str | None:
    """Robot of a D4RL id, base environment id or recipe id; None for anything else."""
    if id in D4RL_IDS:
        return parse_id(id).robot
    if match := re.fullmatch(r"palaestra/([a-z0-9]+)/[a-z-]+-v0", id):
        return match[1] if match[1] in ROBOTS or id in d4rl_mazes.RECIPES else None
    return next((name for name, robot in ROBOTS.items() if robot.world == id), None)


def world_of(id: str) -> Robot | None:
    """Environment of a D4RL id, base environment id or recipe id; None for anything else."""
    if task := MANIPULATION.get(id):
        return Robot(id, *d4rl_manipulation.DIMENSIONS[task.robot], task.horizon)
    if maze := MAZES.get(d4rl_mazes.RECIPES.get(id, id)):
        return Robot(str(maze), *d4rl_mazes.DIMENSIONS[maze.robot], maze.horizon)
    robot = robot_of(id)
    return None if robot is None else ROBOTS[robot]


def robot_and_kind(id: str) -> tuple[str | None, str | None]:
    """Robot and kind of a D4RL or recipe id, by which published hyperparameters are looked up; None where it has none.

    Minari's remakes count as what they remake: ``minari:D4RL/antmaze/umaze-v1`` is ("antmaze", "umaze").
    """
    if match := re.fullmatch(r"minari:(?:D4RL|mujoco)/([a-z0-9]+)/([a-z-]+)-v\d+", id):
        return match[1].replace("pointmaze", "maze2d"), match[2]
    match = re.fullmatch(r"palaestra/[a-z0-9]+/([a-z-]+)-v0", id)
    kind = parse_id(id).kind if id in D4RL_IDS else match[1] if match else None
    return robot_of(id) or robot_in_gymnasium(id), kind


def robot_in_gymnasium(id: str) -> str | None:
    """Robot of one of Gymnasium's own environments, such as ``Hopper-v4``; None for anything else.

    Up to v4 they give the rewards of our worlds. In v5 the step of a fall isn't rewarded, and Walker2d's foot has
    another friction. Ant's observations and contact costs differ from v4 on.
    """
    match = re.fullmatch(r"(Hopper|HalfCheetah|Walker2d|Ant)-v[2-5]", id)
    return match[1].lower() if match else None


def reference_score(env_id: str | None) -> tuple[float, float]:
    """Undiscounted returns that score 0 (a random policy) and 100 (an expert).

    Args:
        env_id: any D4RL id with a published reference, a base environment (``palaestra/Hopper-v0``) or a
            recipe id (``palaestra/hopper/medium-v0``), which use their robot's pair; ``minari:ID`` or the environment
            of a Minari dataset on this machine, if that states references; any other environment that declares
            ``ref_min_score`` and ``ref_max_score``, as keyword arguments of its registration or as attributes of its
            class, and whose module has been imported.

    Raises:
        InputError: there is no reference for this id.
    """
    if env_id is None:
        raise InputError("no environment known, so there is no reference score")
    if env_id.startswith(("minari:", "minari/")):
        references = minari_ids.references(minari_ids.id_of(env_id))
        if references is None:
            raise InputError(f"{env_id}: this Minari dataset has no reference scores")
        return references
    robot = robot_of(env_id) or robot_in_gymnasium(env_id)
    id = d4rl_mazes.RECIPES.get(env_id, env_id)
    if robot is not None and id not in _references():
        id = f"{robot}-random-v2"
    references = _references().get(id) or _declared_references(env_id)
    if references is None:
        raise InputError(
            f"{env_id}: no reference score (D4RL ids, locomotion worlds, some Minari datasets and environments with"
            " ref_min_score and ref_max_score have one)"
        )
    return references


def _declared_references(env_id: str) -> tuple[float, float] | None:
    """The references that a registered environment declares; imports nothing."""
    import gymnasium

    spec = gymnasium.registry.get(env_id.rpartition(":")[2])
    if spec is None:
        return None
    entry: Any = spec.entry_point
    if isinstance(entry, str):
        module, _, name = entry.partition(":")
        entry = getattr(sys.modules.get(module), name, None)
    values: list[Any] = [
        spec.kwargs.get(name, getattr(entry, name, None)) for name in ("ref_min_score", "ref_max_score")
    ]
    if not all(isinstance(value, int | float | np.number) for value in values) or values[0] == values[1]:
        return None
    return float(values[0]), float(values[1])


def normalised_score(env_id: str | None, returns: Any) -> Any:
    """Normalised score in percent: 0 for the random policy's return, 100 for the expert's.

    D4RL's own ``get_normalized_score`` gives the same as a fraction.

    Args:
        env_id: as in ``reference_score``.
        returns: undiscounted episode returns, a number or an array.
    """
    low, high = reference_score(env_id)
    return 100 * (np.asarray(returns, dtype=np.float64) - low) / (high - low)
