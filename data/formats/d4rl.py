"""D4RL's file layout (flat HDF5; ``npz`` holds the same), read and written, and its datasets by id.

A file holds arrays of N rows: ``observations``, ``actions``, ``rewards``, ``terminals``, in most files ``timeouts``,
and further columns (``next_observations``, ``infos/qpos``, ...); scalars and arrays under ``metadata/`` describe it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import hdf5
from palaestra.data.formats.columns import (
    LEARNING,
    Columns,
    check_memory,
    check_numbers,
    learning_column,
    names_to_read,
)
from palaestra.data.formats.d4rl_ids import (
    D4RL_IDS,
    GYM_IDS,
    RECIPE_IDS,
    ROBOTS,
    D4RLId,
    file_name,
    normalised_score,
    parse_id,
    reference_score,
    robot_of,
    url,
)
from palaestra.data.formats.npz import read_npz, write_npz  # 0.1.0 had them here
from palaestra.data.formats.origin import assembled, description, metadata_for_file, metadata_from_file, origin_of_file
from palaestra.data.formats.successors import SUCCESSORS, next_observations, with_successors
from palaestra.data.paths import check_regular, path_of
from palaestra.data.store import data_root, download, write_atomically

if TYPE_CHECKING:
    import h5py

__all__ = [
    "D4RL_IDS",
    "GYM_IDS",
    "RECIPE_IDS",
    "ROBOTS",
    "D4RLId",
    "load",
    "normalised_score",
    "parse_id",
    "read_hdf5",
    "read_npz",
    "reference_score",
    "robot_of",
    "url",
    "write_hdf5",
    "write_npz",
]


# ------------------------------------------------------------------------------------------ HDF5


@contextmanager
def _opened(path: Path) -> "Iterator[h5py.File]":
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if start != b"\x89HDF\r\n\x1a\n":
        raise InputError(f"{path}: not an HDF5 file")
    try:
        with hdf5.opened(path) as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, MemoryError) as error:
        if explained := hdf5.problem(error):
            raise InputError(f"{path}: {explained}") from None
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: damaged or incomplete HDF5 file ({reason}); download or make it again") from None


def count_rows(path: Path) -> int | None:
    """Rows of an HDF5 file in D4RL's layout, None if it is damaged."""
    try:
        check_regular(path)
        with _opened(path) as file:
            return len(file["rewards"])
    except InputError:
        return None


def _hdf5_datasets(file: "h5py.File") -> "dict[str, h5py.Dataset]":
    import h5py

    datasets: dict[str, h5py.Dataset] = {}
    file.visititems(lambda name, item: datasets.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return datasets


def read_hdf5(path: Path | str, id: str | None = None, columns: Columns = (), env_id: str | None = None) -> Dataset:
    """Read a file in D4RL's layout.

    The environment is given by ``id`` or ``env_id``, else by the metadata of a file written by palaestra, else by a
    D4RL file name. If none of them names one, the dataset has no environment, and needs a column ``timeouts``.

    Args:
        path: the file.
        id: D4RL id, recipe id, or id of the environment; overrides the file's metadata.
        columns: further columns to read, as stored; "all" reads everything, also arrays under ``metadata/``
            (the behaviour policy's weights in D4RL's single-policy files). By default only what learning needs.
        env_id: another environment for the same data; see ``origin.in_environment``.

    Raises:
        InputError: the file is invalid; the message is one line.
    """
    path = path_of(path)
    check_regular(path)
    if hdf5.is_locked(path):
        raise InputError(f"{path}: {hdf5.IN_USE}")
    return _read(path, id, columns, env_id)


def _read(path: Path, id: str | None, columns: Columns, env_id: str | None = None) -> Dataset:
    """See ``read_hdf5``; also reads a file that this process has locked."""
    with _opened(path) as file:
        datasets = _hdf5_datasets(file)
        group = file.get("palaestra")
        about = None if group is None else json.loads(group.attrs["about"])
        origin = origin_of_file(about, id, path, env_id)
        shapes = {name: dataset.shape or () for name, dataset in datasets.items()}
        names = names_to_read(shapes, columns, about["columns"] if about else (), str(path))
        names = with_successors(names, shapes, origin.id, () if group is None else group.attrs)
        dtypes = {name: datasets[name].dtype for name in names}
        check_numbers(dtypes, str(path))
        hdf5.check_filters({name: datasets[name] for name in names}, str(path))
        check_memory(sum(datasets[name].nbytes for name in names), str(path))
        dtypes |= dict.fromkeys(("observations", "actions", "rewards"), np.dtype(np.float32))
        arrays = hdf5.read({name: (datasets[name], dtypes[name]) for name in names})
        episodes = {} if group is None else {name: value for name, value in group.attrs.items() if name != "about"}
        metadata = _read_metadata(datasets, arrays=columns == "all") | (about["metadata"] if about else {})
    arrays |= {name: learning_column(name, arrays[name], str(path)) for name in LEARNING if name in arrays}
    named = id is not None or env_id is not None
    return assembled(origin, arrays, episodes, metadata, str(path), named, columns)


def _read_metadata(datasets: "Mapping[str, h5py.Dataset]", arrays: bool) -> dict[str, Any]:
    metadata = {}
    for name, dataset in datasets.items():
        if name.startswith("metadata/") and (arrays or dataset.ndim == 0):
            metadata[name] = metadata_from_file(dataset[()])
    return metadata


def write_hdf5(dataset: Dataset, path: Path | str) -> None:
    """Write a file in the layout of D4RL's v2 gym files, atomically.

    The public ``d4rl`` package reads the file: flat keys, gzip, float32 and bool. ``next_observations`` are written
    if the dataset has them as a column, or has final observations. The remaining fields (id, environment, horizon,
    per-episode columns) are attributes of the group ``palaestra``: ``d4rl`` reads every HDF5 dataset of a file as a
    column, but ignores attributes. ``read_hdf5(path, columns="all")`` returns an equal dataset, which has
    ``next_observations`` if the file has.

    Raises:
        InputError: the file cannot be written: no space, no permission.
    """
    columns = dict(dataset.columns)
    if SUCCESSORS not in columns and dataset.final_observations is not None:
        columns[SUCCESSORS] = next_observations(dataset)
    with write_atomically(path) as made, hdf5.writing(made) as file:
        for name, array in columns.items():
            file.create_dataset(name, data=array, compression="gzip")
        for name, value in dataset.metadata.items():
            if name.startswith("metadata/"):
                file[name] = metadata_for_file(value)
        group = file.create_group("palaestra")
        group.attrs["about"] = description(dataset)
        for name, array in dataset.episode_columns.items():
            group.attrs[name] = array


# ------------------------------------------------------------------------------------------ by id


def local_file(id: str) -> Path | None:
    """The published file of a D4RL id on this machine, None if there is none.

    Searched for in ``download_folder()``, then where the ``d4rl`` package keeps its downloads: ``D4RL_DATASET_DIR``,
    default ``~/.d4rl/datasets``.
    """
    package_folder = Path(os.environ.get("D4RL_DATASET_DIR") or "~/.d4rl/datasets").expanduser()
    for folder in (download_folder(), package_folder):
        if (path := folder / file_name(id)).is_file():
            return path
    return None


def download_folder() -> Path:
    """Where D4RL's files are downloaded to."""
    return data_root() / "d4rl"


def load(id: str, columns: Columns = ()) -> Dataset:
    """The D4RL dataset ``id``, downloaded on first use.

    Raises:
        InputError: unknown id, or the file is not on this machine and cannot be downloaded.
    """
    path = local_file(id)
    if path is None:
        path = download(url(id), download_folder() / file_name(id), check=partial(_check_download, id))
    return read_hdf5(path, id, columns)


def _check_download(id: str, path: Path) -> None:
    try:
        _read(path, id, ())
    except InputError as error:
        raise InputError(str(error).replace(str(path), f"{url(id)} (downloaded)")) from None
