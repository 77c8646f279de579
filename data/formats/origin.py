"""The origin of a dataset's file, and its metadata besides the columns."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from palaestra.data import environments
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.columns import Columns
from palaestra.data.formats.d4rl_ids import (
    D4RL_IDS,
    ROBOTS,
    file_name,
    robot_in_gymnasium,
    robot_of,
    unknown,
    world_of,
)
from palaestra.data.formats.goal_switches import with_switches_as_timeouts
from palaestra.data.formats.successors import split_by_successors


class Origin(NamedTuple):
    """The properties of a dataset that its columns do not contain.

    Attributes:
        id: the dataset's.
        env_id: Gymnasium id of the environment that the data came from, None if nothing names one.
        horizon: steps after which that environment cuts an episode, None if it isn't known.
    """

    id: str
    env_id: str | None
    horizon: int | None


def origin_of_id(id: str, path: Path, name: str | None = None) -> Origin:
    """The origin that ``id`` implies for the data in ``path``.

    Args:
        id: a D4RL id, a recipe id, or the id of the environment that the data came from, ``module:ID`` if a module of
            the user's registers it; in the last case the dataset is called ``name``.
        path: where the data are.
        name: the dataset's own id, if it has one; by default the file's name.

    Raises:
        InputError: ``id`` is none of these.
    """
    if known := world_of(id):
        world, horizon = known.world, known.horizon
        if id in D4RL_IDS:
            return Origin(id, id, horizon)
        return Origin(name or path.stem if id == world else id, world, horizon)
    import gymnasium

    if ":" not in id and id not in gymnasium.registry:
        raise unknown(id)
    return Origin(name or path.stem, id, environments.horizon_of(id))


def _origin_of_name(path: Path) -> Origin:
    """A D4RL file's is known by its name; of others nothing is."""
    for id in D4RL_IDS:
        if path.stem in (id, Path(file_name(id)).stem):
            return origin_of_id(id, path)
    return Origin(path.stem, None, None)


def origin_of_file(about: Mapping[str, Any] | None, id: str | None, path: Path, env_id: str | None = None) -> Origin:
    """The origin of the data in ``path``: from ``id``, else from the file's metadata, else from its name.

    Args:
        about: the file's ``description``, parsed; None if it has none.
        id: as in ``origin_of_id``.
        path: the file.
        env_id: another environment for the data, as in ``in_environment``.

    Raises:
        InputError: ``id`` or ``env_id`` is unknown.
    """
    if id is not None:
        return origin_of_id(id, path, None if about is None else about["id"])
    origin = _origin_of_name(path) if about is None else Origin(about["id"], about["env_id"], about["horizon"])
    return origin if env_id is None else _moved(origin, env_id)


def _moved(origin: Origin, env_id: str) -> Origin:
    """The origin with another environment; where time ran out in the data is as before, if it was known."""
    steps = environments.horizon_of(env_id)
    return Origin(origin.id, env_id, origin.horizon if origin.env_id is not None else steps or origin.horizon)


def known_as(dataset: Dataset, id: str, path: Path) -> Dataset:
    """The same data under an id; see ``origin_of_id``.

    Raises:
        InputError: ``id`` is unknown, or its environment has other shapes or another action box.
    """
    origin = origin_of_id(id, path, dataset.id)
    return assembled(origin, dataset.columns, dataset.episode_columns, dataset.metadata, str(path), named=True)


def in_environment(dataset: Dataset, env_id: str) -> Dataset:
    """The same data with another environment, in which policies are evaluated.

    Args:
        dataset: the data.
        env_id: of an environment, ``module:ID`` if a module of the user's registers it.

    Raises:
        InputError: there is no such environment, or it has other shapes or another action box.
    """
    if env_id == dataset.env_id:
        return dataset
    origin = _moved(Origin(dataset.id, dataset.env_id, dataset.horizon), env_id)
    return assembled(origin, dataset.columns, dataset.episode_columns, dataset.metadata, dataset.id, named=True)


def acting_in(dataset: Dataset, where: str) -> Dataset:
    """Return the dataset if its environment takes its actions.

    Raises:
        InputError: it doesn't.
    """
    if dataset.env_id is not None and robot_of(dataset.env_id) is None:
        environments.check_actions(dataset.env_id, where, dataset.observation_dim, dataset.columns["actions"])
    return dataset


def assembled(
    origin: Origin,
    columns: Mapping[str, np.ndarray],
    episode_columns: Mapping[str, np.ndarray],
    metadata: Mapping[str, Any],
    where: str,
    named: bool,
    further: Columns = "all",
) -> Dataset:
    """The dataset of an origin.

    Args:
        origin: its id, environment and horizon; an unknown horizon is the length of the longest episode.
        columns: as in ``Dataset``.
        episode_columns: as in ``Dataset``.
        metadata: as in ``Dataset``.
        where: beginning of an error's message.
        named: the user has named the environment: it is made, and its spaces are checked.
        further: the columns asked for, see ``split_by_successors``.

    Raises:
        InputError: the columns are not a dataset's, nothing says where time ran out, or the environment has other
            shapes.
    """
    rows = max(map(len, columns.values()), default=0)
    dataset = Dataset(origin.id, origin.env_id, columns, origin.horizon or max(1, rows), episode_columns, metadata)
    dataset = split_by_successors(with_switches_as_timeouts(dataset), further)
    if origin.horizon is None:
        if dataset.split == "counter":
            who = f"{origin.env_id}: registered without max_episode_steps" if origin.env_id else "no environment known"
            raise InputError(
                f"{where}: nothing says where time ran out ({who}); add a column timeouts (bool), or name an"
                " environment that has a time limit: `palaestra data convert SOURCE NEW --as ID`"
            )
        dataset = replace(dataset, horizon=int(np.diff(dataset.episodes, axis=1).max(initial=0)) or len(dataset))
    check_dims(dataset, where)
    if named and origin.env_id is not None and robot_of(origin.env_id) is None:
        environments.check_spaces(origin.env_id, where, dataset.observation_dim, dataset.action_dim)
    return dataset


def check_dims(dataset: Dataset, where: str) -> Dataset:
    """Return the dataset if its observations and actions have its robot's dimensions.

    Raises:
        InputError: they have others.
    """
    env_id = dataset.env_id or ""
    robot = robot_of(env_id) or robot_in_gymnasium(env_id)
    if robot is not None:
        _, observation_dim, action_dim, _ = world_of(env_id) or ROBOTS[robot]
        for name, dims, expected in (
            ("observations", dataset.observation_dim, observation_dim),
            ("actions", dataset.action_dim, action_dim),
        ):
            if robot == "ant" and robot_of(env_id) is None and name == "observations":
                continue  # Gymnasium's versions differ in them
            if dims != expected:
                raise InputError(f"{where}: {name} have {dims} dimensions, {dataset.env_id} has {expected}")
    return dataset


def description(dataset: Dataset) -> str:
    """A dataset's metadata as JSON, for ``origin_of_file``."""
    metadata = {name: value for name, value in dataset.metadata.items() if not name.startswith("metadata/")}
    about = {"id": dataset.id, "env_id": dataset.env_id, "horizon": dataset.horizon}
    return json.dumps(about | {"columns": list(dataset.columns), "metadata": metadata})


def metadata_from_file(value: Any) -> Any:
    """A value under ``metadata/`` as text, number or list."""
    value = np.asarray(value).tolist()
    return value.decode() if isinstance(value, bytes) else value


def metadata_for_file(value: Any) -> Any:
    """A value under ``metadata/`` in D4RL's dtypes: bytes, int32, float32."""
    if isinstance(value, str):
        return np.bytes_(value)
    array = np.asarray(value)
    return array.astype({"i": np.int32, "f": np.float32}.get(array.dtype.kind, array.dtype))
