"""The origin of a dataset's file, and its metadata besides the columns."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import GYM_IDS, ROBOTS, file_name, parse_id, robot_in_gymnasium, robot_of, unknown
from palaestra.data.own_code import import_own


class Origin(NamedTuple):
    """The properties of a dataset that its columns do not contain.

    Attributes:
        id: of the dataset.
        env_id: Gymnasium id of the environment that the data came from.
        horizon: steps after which that environment truncates an episode.
    """

    id: str
    env_id: str
    horizon: int


def origin_of_id(id: str, path: Path) -> Origin:
    """The origin that ``id`` implies for the data in ``path``.

    Args:
        id: a D4RL id, a recipe id, or the Gymnasium id of the environment that the data came from; in the last
            case the dataset is named after the file.
        path: where the data are.

    Raises:
        InputError: ``id`` is none of these.
    """
    if id in GYM_IDS:
        return Origin(id, id, ROBOTS[parse_id(id).robot].horizon)
    if robot := robot_of(id):
        world, horizon = ROBOTS[robot].world, ROBOTS[robot].horizon
        return Origin(path.stem if id == world else id, world, horizon)
    import gymnasium

    module, _, name = id.rpartition(":")
    if module:
        import_own(module)
    try:
        steps = gymnasium.spec(name).max_episode_steps
    except gymnasium.error.Error:
        raise unknown(id) from None
    if steps is None:
        raise InputError(f"{id}: registered without max_episode_steps, so timeouts cannot be identified")
    return Origin(path.stem, id, steps)


def _origin_of_name(path: Path) -> Origin:
    for id in GYM_IDS:
        if path.stem in (id, Path(file_name(id)).stem):
            return origin_of_id(id, path)
    raise InputError(
        f"{path}: cannot tell which world the data came from; `palaestra data convert {path} NEW.hdf5 --as ID`"
        " (a D4RL id, or a world such as palaestra/Hopper-v0) writes a file that says so"
    )


def origin_of_file(about: Mapping[str, Any] | None, id: str | None, path: Path) -> Origin:
    """The origin of the data in ``path``: from ``id``, else from the file's metadata, else from its name.

    Args:
        about: the file's ``description``, parsed; None if it has none.
        id: as in ``origin_of_id``.
        path: the file.

    Raises:
        InputError: the origin is not given, or ``id`` is unknown.
    """
    if id is not None:
        return origin_of_id(id, path)
    return _origin_of_name(path) if about is None else Origin(about["id"], about["env_id"], about["horizon"])


def check_dims(dataset: Dataset, where: str) -> Dataset:
    """Return the dataset if its observations and actions have its robot's dimensions.

    Raises:
        InputError: they have others.
    """
    if robot := robot_of(dataset.env_id) or robot_in_gymnasium(dataset.env_id):
        _, observation_dim, action_dim, _ = ROBOTS[robot]
        for name, dims, expected in (
            ("observations", dataset.observation_dim, observation_dim),
            ("actions", dataset.action_dim, action_dim),
        ):
            if robot == "ant" and robot_of(dataset.env_id) is None and name == "observations":
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
