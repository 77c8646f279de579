"""Read and write D4RL's layout (see ``d4rl``) as ``.npz``.

Files written by palaestra also have the metadata as JSON in ``palaestra`` and per-episode columns in ``episodes/``.
"""

import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.columns import (
    LEARNING,
    TOO_LARGE,
    Columns,
    check_memory,
    check_numbers,
    learning_column,
    names_to_read,
)
from palaestra.data.formats.origin import assembled, description, metadata_for_file, metadata_from_file, origin_of_file
from palaestra.data.formats.successors import SUCCESSORS, next_observations, with_successors
from palaestra.data.paths import check_regular, path_of
from palaestra.data.store import write_atomically

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENCRYPTED = 1  # the bit of a zip member's flags
OURS = ("palaestra", "episodes")  # prefixes of the arrays that palaestra adds to D4RL's


def read_npz(path: Path | str, id: str | None = None, columns: Columns = (), env_id: str | None = None) -> Dataset:
    """Read D4RL's layout from a ``.npz`` file; arguments and errors as for ``d4rl.read_hdf5``. Never unpickles."""
    path = path_of(path)
    check_regular(path)
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()
            raise InputError(f"{path}: not an .npz file, or cut short")
        with zipfile.ZipFile(path) as archive:
            _check_readable(archive, path)
            members = [name.removesuffix(".npy") for name in archive.namelist()]
            headers = {name: _npy_header(archive, name, path) for name in members}
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["palaestra"].item()) if "palaestra" in headers else None
            origin = origin_of_file(about, id, path, env_id)
            shapes = {name: shape for name, (shape, _) in headers.items() if name.partition("/")[0] not in OURS}
            names = names_to_read(shapes, columns, about["columns"] if about else (), str(path))
            of_episodes = [name.removeprefix("episodes/") for name in headers if name.startswith("episodes/")]
            names = with_successors(names, shapes, origin.id, of_episodes)
            check_numbers({name: headers[name][1] for name in names}, str(path))
            check_memory(sum(math.prod(shapes[name]) * headers[name][1].itemsize for name in names), str(path))
            arrays = {name: file[name] for name in names}
            episodes = {name: file[f"episodes/{name}"] for name in of_episodes}
            metadata = {
                name: metadata_from_file(file[name])
                for name, (shape, _) in headers.items()
                if name.startswith("metadata/") and (columns == "all" or shape == ())
            }
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except MemoryError:
        raise InputError(f"{path}: {TOO_LARGE}") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError) as error:
        raise InputError(f"{path}: damaged .npz file ({error})") from None
    arrays |= {name: learning_column(name, arrays[name], str(path)) for name in LEARNING if name in arrays}
    metadata |= about["metadata"] if about else {}
    named = id is not None or env_id is not None
    return assembled(origin, arrays, episodes, metadata, str(path), named, columns)


def _check_readable(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise an ``InputError`` for an archive that is whole, but compressed or encrypted in a way that can't be read."""
    for member in archive.infolist():
        if member.compress_type not in METHODS:
            raise InputError(
                f"{path}: {member.filename} is compressed with zip method {member.compress_type}, which can't be read "
                "here; write the file with numpy.savez_compressed"
            )
        if member.flag_bits & ENCRYPTED:
            raise InputError(f"{path}: {member.filename} is encrypted; write the file without a password")


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
    """Write a dataset atomically as a compressed ``.npz``.

    ``read_npz(path, columns="all")`` returns an equal dataset, which has ``next_observations`` if the file has, see
    ``d4rl.write_hdf5``.
    """
    arrays: dict[str, Any] = dict(dataset.columns)
    if SUCCESSORS not in arrays and dataset.final_observations is not None:
        arrays[SUCCESSORS] = next_observations(dataset)
    arrays |= {
        name: metadata_for_file(value) for name, value in dataset.metadata.items() if name.startswith("metadata/")
    }
    arrays |= {f"episodes/{name}": array for name, array in dataset.episode_columns.items()}
    with write_atomically(path) as made, made.open("wb") as file:
        np.savez_compressed(file, palaestra=np.array(description(dataset)), **arrays)
