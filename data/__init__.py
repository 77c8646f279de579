"""Datasets, runs and trajectories: what is stored, and in which formats.

``load`` takes any id or path. ``formats`` has a module per file format, ``results`` what comes out of training.
"""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from palaestra.data.dataset import Dataset


def load(
    name: str | Path,
    columns: "Collection[str] | Literal['all']" = (),
    env_id: str | None = None,
    successors: Literal["auto", "d4rl", "stored"] = "auto",
) -> "Dataset":
    """Load a dataset by id or path.

    Args:
        name: ``hopper-medium-v2`` (D4RL's file, downloaded on first use), ``palaestra/hopper/medium-v0`` (a recipe,
            see ``palaestra data make``), ``minari:ID`` (Minari's, local or downloaded by Minari), or a path: ``.hdf5``,
            ``.h5``, ``.npz`` or a folder written by ``Dataset.save``. An id takes precedence over a file of the same
            name: for the file, write ``./name`` or pass a ``Path``.
        columns: columns to read besides those that learning needs, or "all". Datasets in the native format are
            memory-mapped and always have all columns. ``next_observations`` are in every dataset that has the
            observations after its episodes' ends.
        env_id: the environment that the data came from, or another one in which policies will be evaluated;
            ``module:ID`` if a module of yours registers it. It is made, and checked against the data.
        successors: which observation follows a row, see ``formats.successors.with_rule``: "auto", "d4rl" for D4RL's
            rule whatever the format, "stored" for the column ``next_observations``, also of D4RL's own files.

    Raises:
        InputError: one line with the problem and a remedy.
    """
    from palaestra.data.formats.successors import SUCCESSORS, with_column, with_rule
    from palaestra.data.paths import path_of

    by_id = isinstance(name, str) and is_id(name)
    read = columns if columns == "all" or successors != "stored" else (*columns, SUCCESSORS)
    dataset = _load_id(str(name), read) if by_id else load_path(path_of(name), columns=read, env_id=env_id)
    dataset = with_column(with_rule(dataset, successors), columns)
    if env_id is None:
        return dataset
    from palaestra.data.formats.origin import acting_in, in_environment

    return acting_in(in_environment(dataset, env_id), str(name))


def _load_id(name: str, columns: "Collection[str] | Literal['all']") -> "Dataset":
    from palaestra.data.formats import d4rl, d4rl_ids

    if name.startswith("minari:"):
        from palaestra.data.formats import minari

        return minari.load(name.removeprefix("minari:"), columns)
    return _load_recipe(name) if name in d4rl_ids.RECIPE_IDS else d4rl.load(name, columns)


def is_id(name: str) -> bool:
    """Whether ``load`` treats a name as a dataset id, not as a path."""
    from palaestra.data.formats import d4rl_ids

    return name.startswith("minari:") or name in d4rl_ids.RECIPE_IDS or name in d4rl_ids.D4RL_IDS


def load_path(
    path: Path,
    id: str | None = None,
    columns: "Collection[str] | Literal['all']" = (),
    env_id: str | None = None,
) -> "Dataset":
    """Load a dataset from a file or folder.

    Args:
        path: the file or folder.
        id: what the data are, if the file doesn't say or is wrong: a D4RL, recipe or environment id.
        columns: as in ``load``.
        env_id: as in ``load``.

    Raises:
        InputError: one line with the problem and a remedy.
    """
    from palaestra.data.dataset import Dataset
    from palaestra.data.errors import InputError
    from palaestra.data.formats import d4rl, d4rl_ids, npz
    from palaestra.data.formats.origin import in_environment, known_as
    from palaestra.data.formats.successors import split_by_successors
    from palaestra.data.paths import check_regular

    if path.is_dir():
        dataset = Dataset.open(path)
        if id is not None:
            dataset = known_as(dataset, id, path)
        dataset = split_by_successors(dataset)
        return dataset if env_id is None else in_environment(dataset, env_id)
    if path.suffix in (".hdf5", ".h5"):
        return d4rl.read_hdf5(path, id, columns, env_id)
    if path.suffix == ".npz":
        return npz.read_npz(path, id, columns, env_id)
    if path.exists():
        check_regular(path)
        raise InputError(f"{path}: expected .hdf5, .h5, .npz, or a folder that palaestra wrote")
    raise d4rl_ids.unknown(str(path))


def _load_recipe(id: str) -> "Dataset":
    from palaestra.data.dataset import Dataset
    from palaestra.data.errors import InputError
    from palaestra.data.store import data_root

    _, robot, kind = id.split("/")
    folder = data_root() / "recipes" / robot / kind
    if not folder.is_dir():
        raise InputError(f"{id}: not made on this machine yet; run `palaestra data make {id} --rows N`")
    return Dataset.open(folder)
