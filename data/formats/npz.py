"""D4RL's layout (see ``d4rl``) as ``.npz``, read and written.

A file of ours also holds its description as JSON under ``palaestra`` and per-episode columns under ``episodes/``.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.columns import LEARNING, Columns, check_numbers, learning_column, names_to_read
from palaestra.data.formats.origin import assembled, description, metadata_for_file, metadata_from_file, origin_of_file
from palaestra.data.store import write_atomically

OURS = ("palaestra", "episodes")  # beginnings of the names of what an .npz of ours holds besides D4RL's arrays


def read_npz(path: Path | str, id: str | None = None, columns: Columns = (), env_id: str | None = None) -> Dataset:
    """Read D4RL's layout from a ``.npz`` file; arguments and errors as for ``d4rl.read_hdf5``. Never unpickles."""
    path = Path(path)
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()
            raise InputError(f"{path}: not an .npz file, or cut short")
        with zipfile.ZipFile(path) as archive:
            members = [name.removesuffix(".npy") for name in archive.namelist()]
            headers = {name: _npy_header(archive, name, path) for name in members}
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["palaestra"].item()) if "palaestra" in headers else None
            origin = origin_of_file(about, id, path, env_id)
            shapes = {name: shape for name, (shape, _) in headers.items() if name.partition("/")[0] not in OURS}
            names = names_to_read(shapes, columns, about["columns"] if about else (), str(path))
            check_numbers({name: headers[name][1] for name in names}, str(path))
            arrays = {name: file[name] for name in names}
            episodes = {name.removeprefix("episodes/"): file[name] for name in headers if name.startswith("episodes/")}
            metadata = {
                name: metadata_from_file(file[name])
                for name, (shape, _) in headers.items()
                if name.startswith("metadata/") and (columns == "all" or shape == ())
            }
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, MemoryError) as error:
        raise InputError(f"{path}: damaged .npz file ({error})") from None
    arrays |= {name: learning_column(name, arrays[name], str(path)) for name in LEARNING if name in arrays}
    metadata |= about["metadata"] if about else {}
    named = id is not None or env_id is not None
    return assembled(origin, arrays, episodes, metadata, str(path), named)


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
    """Write a dataset as a compressed ``.npz``, whole or not at all.

    ``read_npz(path, columns="all")`` returns an equal dataset.
    """
    arrays: dict[str, Any] = dict(dataset.columns)
    arrays |= {
        name: metadata_for_file(value) for name, value in dataset.metadata.items() if name.startswith("metadata/")
    }
    arrays |= {f"episodes/{name}": array for name, array in dataset.episode_columns.items()}
    with write_atomically(path) as made, made.open("wb") as file:
        np.savez_compressed(file, palaestra=np.array(description(dataset)), **arrays)
