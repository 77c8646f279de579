"""D4RL's file layout (flat HDF5, also as ``.npz``), read and written, and its datasets by id.

A file holds arrays of N rows: ``observations``, ``actions``, ``rewards``, ``terminals``, in most files ``timeouts``,
and further columns (``next_observations``, ``infos/qpos``, ...); scalars and arrays under ``metadata/`` describe it.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from palaestra.data.dataset import REQUIRED, Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import hdf5
from palaestra.data.formats.columns import Columns
from palaestra.data.formats.d4rl_ids import (
    GYM_IDS,
    RECIPE_IDS,
    ROBOTS,
    D4RLId,
    file_name,
    normalised_score,
    parse_id,
    reference_score,
    robot_of,
    unknown,
    url,
)
from palaestra.data.store import data_root, download, write_atomically

if TYPE_CHECKING:
    import h5py

__all__ = [
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

LEARNING = (*REQUIRED, "timeouts")
FLAGS = ("terminals", "timeouts")


# ------------------------------------------------------------------------------------------ which world is it?


class Origin(NamedTuple):
    """What must be known about a file besides its arrays."""

    id: str
    env_id: str
    horizon: int


def origin(id: str, path: Path) -> Origin:
    """What ``id`` says about the data in ``path``.

    Args:
        id: a D4RL id, a recipe id, or the Gymnasium id of the world the data came from; in the last case the
            dataset is named after the file.
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

    try:
        steps = gymnasium.spec(id).max_episode_steps
    except gymnasium.error.Error:
        raise unknown(id) from None
    if steps is None:
        raise InputError(f"{id}: registered without max_episode_steps, so where time ran out cannot be told")
    return Origin(path.stem, id, steps)


def _origin_of_name(path: Path) -> Origin:
    for id in GYM_IDS:
        if path.stem in (id, Path(file_name(id)).stem):
            return origin(id, path)
    raise InputError(
        f"{path}: cannot tell which world the data came from; `palaestra data convert {path} NEW.hdf5 --as ID`"
        " (a D4RL id, or a world such as palaestra/Hopper-v0) writes a file that says so"
    )


# ------------------------------------------------------------------------------------------ checks both formats share


def _column(name: str, array: np.ndarray, where: str) -> np.ndarray:
    """A learning column as a dataset has it: (N,) where a file has (N, 1), float32, or bool for flags."""
    if array.ndim == 2 and array.shape[1] == 1 and name in ("rewards", *FLAGS):
        array = array[:, 0]
    if name not in FLAGS:
        with np.errstate(over="ignore"):  # too large for float32 becomes inf, which a dataset refuses
            return np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype != bool and not np.isin(array, (0, 1)).all():
        raise InputError(f"{where}: {name} has values other than 0 and 1")
    return np.ascontiguousarray(array, dtype=bool)


def _names(shapes: Mapping[str, tuple[int, ...]], columns: Columns, own: Collection[str], where: str) -> list[str]:
    """Names of the row columns to read out of a file that has arrays of these shapes."""
    missing = [name for name in REQUIRED if name not in shapes]
    if missing:
        raise InputError(f"{where}: missing {', '.join(missing)} (has {', '.join(shapes) or 'nothing'})")
    rows = shapes["observations"][:1]
    further = own or [name for name, shape in shapes.items() if shape[:1] == rows and not name.startswith("metadata/")]
    if columns != "all":
        absent = [name for name in columns if name not in further]
        if absent:
            raise InputError(f"{where}: has no column {', '.join(absent)} (has {', '.join(further)})")
        further = list(columns)
    return [*(name for name in LEARNING if name in shapes), *(name for name in further if name not in LEARNING)]


def _check_numbers(name: str, dtype: np.dtype, where: str) -> None:
    if dtype.kind not in "fiub":
        raise InputError(f"{where}: {name} has dtype {dtype}, expected numbers")


def check_dims(dataset: Dataset, where: str) -> Dataset:
    """Pass a dataset through whose observations and actions have its robot's dimensions.

    Raises:
        InputError: they don't.
    """
    if robot := robot_of(dataset.env_id):
        _, observation_dim, action_dim, _ = ROBOTS[robot]
        for name, found, wanted in (
            ("observations", dataset.observation_dim, observation_dim),
            ("actions", dataset.action_dim, action_dim),
        ):
            if found != wanted:
                raise InputError(f"{where}: {name} have {found} dimensions, {dataset.env_id} has {wanted}")
    return dataset


def _about(dataset: Dataset) -> str:
    """What a file of ours says about itself, JSON."""
    metadata = {name: value for name, value in dataset.metadata.items() if not name.startswith("metadata/")}
    about = {"id": dataset.id, "env_id": dataset.env_id, "horizon": dataset.horizon}
    return json.dumps(about | {"columns": list(dataset.columns), "metadata": metadata})


def _origin_of(about: Mapping[str, Any] | None, id: str | None, path: Path) -> Origin:
    if id is not None:
        return origin(id, path)
    return _origin_of_name(path) if about is None else Origin(about["id"], about["env_id"], about["horizon"])


# ------------------------------------------------------------------------------------------ HDF5


@contextmanager
def _opened(path: Path) -> "Iterator[h5py.File]":
    import h5py

    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if start != b"\x89HDF\r\n\x1a\n":
        raise InputError(f"{path}: not an HDF5 file")
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError, MemoryError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: damaged or incomplete HDF5 file ({reason}); download or make it again") from None


def count_rows(path: Path) -> int | None:
    """Rows of an HDF5 file in D4RL's layout, None if it is damaged."""
    try:
        with _opened(path) as file:
            return len(file["rewards"])
    except InputError:
        return None


def _hdf5_datasets(file: "h5py.File") -> "dict[str, h5py.Dataset]":
    import h5py

    found = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


def read_hdf5(path: Path | str, id: str | None = None, columns: Columns = ()) -> Dataset:
    """Read a file in D4RL's layout.

    The world comes from ``id``, else from what a file of ours says about itself, else from a D4RL file name.

    Args:
        path: the file.
        id: D4RL id, recipe id, or Gymnasium id of the world; overrides what the file says.
        columns: further columns to read, as stored; "all" reads everything, also arrays under ``metadata/``
            (the behaviour policy's weights in D4RL's single-policy files). By default only what learning needs.

    Raises:
        InputError: one line that says what is wrong with the file.
    """
    path = Path(path)
    with _opened(path) as file:
        datasets = _hdf5_datasets(file)
        ours = file.get("palaestra")
        about = None if ours is None else json.loads(ours.attrs["about"])
        known = _origin_of(about, id, path)
        shapes = {name: dataset.shape for name, dataset in datasets.items()}
        names = _names(shapes, columns, about["columns"] if about else (), str(path))
        for name in LEARNING:
            if name in names:
                _check_numbers(name, datasets[name].dtype, str(path))
        dtypes = {name: datasets[name].dtype for name in names}
        dtypes |= dict.fromkeys(("observations", "actions", "rewards"), np.dtype(np.float32))
        arrays = hdf5.read({name: (datasets[name], dtypes[name]) for name in names})
        episodes = {} if ours is None else {name: value for name, value in ours.attrs.items() if name != "about"}
        metadata = _read_metadata(datasets, arrays=columns == "all") | (about["metadata"] if about else {})
    arrays |= {name: _column(name, arrays[name], str(path)) for name in LEARNING if name in arrays}
    return check_dims(Dataset(*known[:2], arrays, known.horizon, episodes, metadata), str(path))


def _read_metadata(datasets: "Mapping[str, h5py.Dataset]", arrays: bool) -> dict[str, Any]:
    metadata = {}
    for name, dataset in datasets.items():
        if name.startswith("metadata/") and (arrays or dataset.ndim == 0):
            metadata[name] = _plain(dataset[()])
    return metadata


def _plain(value: Any) -> Any:
    """Metadata as text, numbers and lists."""
    value = np.asarray(value).tolist()
    return value.decode() if isinstance(value, bytes) else value


def write_hdf5(dataset: Dataset, path: Path | str) -> None:
    """Write D4RL's layout (that of its v2 gym files), whole or not at all.

    The public ``d4rl`` package reads the file: flat keys, gzip, float32 and bool. ``next_observations`` is
    written where the dataset knows them: as a column, or from its final observations. What else our datasets hold
    (id, world, horizon, per-episode columns) lies in the attributes of the group ``palaestra``, where ``d4rl``,
    which takes every HDF5 dataset of a file for a column, doesn't stumble over it; so ``read_hdf5(path,
    columns="all")`` gives back an equal dataset.

    Raises:
        InputError: the file cannot be written: no space, no permission.
    """
    columns = dict(dataset.columns)
    if "next_observations" not in columns and dataset.final_observations is not None:
        columns["next_observations"] = next_observations(dataset)
    with write_atomically(path) as made, hdf5.writing(made) as file:
        for name, array in columns.items():
            file.create_dataset(name, data=array, compression="gzip")
        for name, value in dataset.metadata.items():
            if name.startswith("metadata/"):
                file[name] = _stored(value)
        ours = file.create_group("palaestra")
        ours.attrs["about"] = _about(dataset)
        for name, array in dataset.episode_columns.items():
            ours.attrs[name] = array


def _stored(value: Any) -> Any:
    """Metadata in D4RL's dtypes: bytes, int32, float32."""
    if isinstance(value, str):
        return np.bytes_(value)
    array = np.asarray(value)
    return array.astype({"i": np.int32, "f": np.float32}.get(array.dtype.kind, array.dtype))


def next_observations(dataset: Dataset) -> np.ndarray:
    """(N, d_s): the observation after every row, of a dataset with final observations."""
    following = np.empty_like(dataset.columns["observations"])
    following[:-1] = dataset.columns["observations"][1:]
    following[dataset.episodes[:, 1] - 1] = dataset.final_observations
    return following


# ------------------------------------------------------------------------------------------ npz


def read_npz(path: Path | str, id: str | None = None, columns: Columns = ()) -> Dataset:
    """Read the same layout from a ``.npz`` file; arguments and errors as for ``read_hdf5``. Never unpickles."""
    path = Path(path)
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()
            raise InputError(f"{path}: not an .npz file, or cut short")
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            headers = {name: _npy_header(archive, name, path) for name in names}
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["palaestra"].item()) if "palaestra" in headers else None
            known = _origin_of(about, id, path)
            shapes = {name: shape for name, (shape, _) in headers.items() if name.partition("/")[0] not in OURS}
            names = _names(shapes, columns, about["columns"] if about else (), str(path))
            for name in LEARNING:
                if name in names:
                    _check_numbers(name, headers[name][1], str(path))
            arrays = {name: file[name] for name in names}
            episodes = {name.removeprefix("episodes/"): file[name] for name in headers if name.startswith("episodes/")}
            metadata = {
                name: _plain(file[name])
                for name, (shape, _) in headers.items()
                if name.startswith("metadata/") and (columns == "all" or shape == ())
            }
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, MemoryError) as error:
        raise InputError(f"{path}: damaged .npz file ({error})") from None
    arrays |= {name: _column(name, arrays[name], str(path)) for name in LEARNING if name in arrays}
    metadata |= about["metadata"] if about else {}
    return check_dims(Dataset(*known[:2], arrays, known.horizon, episodes, metadata), str(path))


OURS = ("palaestra", "episodes")  # what an .npz of ours holds besides D4RL's arrays


def _npy_header(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype of an array in an .npz without reading it."""
    with archive.open(f"{name}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise InputError(f"{path}: {name} holds pickled Python objects, which are never loaded; save it as numbers")
    return shape, dtype


def write_npz(dataset: Dataset, path: Path | str) -> None:
    """Write the columns of a dataset as a compressed ``.npz``, whole or not at all; ``read_npz`` gives them back."""
    arrays: dict[str, Any] = dict(dataset.columns)
    arrays |= {name: _stored(value) for name, value in dataset.metadata.items() if name.startswith("metadata/")}
    arrays |= {f"episodes/{name}": array for name, array in dataset.episode_columns.items()}
    with write_atomically(path) as made, made.open("wb") as file:
        np.savez_compressed(file, palaestra=np.array(_about(dataset)), **arrays)


# ------------------------------------------------------------------------------------------ by id


def local_file(id: str) -> Path | None:
    """The published file of a D4RL id on this machine, None if there is none.

    Looked for in ``data_root()/d4rl``, then where the ``d4rl`` package keeps its downloads: ``D4RL_DATASET_DIR``,
    default ``~/.d4rl/datasets``.
    """
    theirs = Path(os.environ.get("D4RL_DATASET_DIR") or "~/.d4rl/datasets").expanduser()
    for folder in (data_root() / "d4rl", theirs):
        if (path := folder / file_name(id)).is_file():
            return path
    return None


def load(id: str, columns: Columns = ()) -> Dataset:
    """The D4RL dataset ``id``, downloaded on first use.

    Raises:
        InputError: unknown id, or the file is neither here nor to be had.
    """
    path = local_file(id)
    if path is None:
        path = download(url(id), data_root() / "d4rl" / file_name(id), check=partial(_check_download, id))
    return read_hdf5(path, id, columns)


def _check_download(id: str, path: Path) -> None:
    try:
        read_hdf5(path, id)
    except InputError as error:
        raise InputError(str(error).replace(str(path), f"{url(id)} (downloaded)")) from None
