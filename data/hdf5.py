"""Reading whole HDF5 datasets fast: gzip chunks are inflated in threads, beside HDF5's single-threaded reader."""

import os
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py

DEFLATE, SHUFFLE = 1, 2  # filter numbers of the HDF5 specification
THREADS = min(8, os.cpu_count() or 1)
NARROW = 8  # columns; h5py's automatic chunks of long arrays are one or two columns wide


def read(datasets: "Mapping[str, tuple[h5py.Dataset, np.dtype]]") -> dict[str, np.ndarray]:
    """Read datasets of one or two dimensions completely, each converted to a dtype.

    A dataset stored in chunks that are plain, deflated (h5py's ``compression="gzip"``) or shuffled and deflated is
    inflated by zlib, which lets go of the interpreter lock, one block of rows after the other; nothing larger than
    a chunk exists besides the result. Everything else goes through HDF5's own reader.

    Raises:
        OSError: damaged data.
    """
    arrays, tasks = {}, []
    for name, (dataset, dtype) in datasets.items():
        array = arrays[name] = np.empty(dataset.shape, dtype)
        if _is_plain(dataset):
            step = dataset.chunks[0]
            tasks += [partial(_inflate, dataset, array, start) for start in range(0, len(array), step)]
        elif array.size:
            tasks.append(partial(_read_rows, dataset, array, 0, len(array)))
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda task: task(), tasks):
            pass
    return arrays


def _is_plain(dataset: "h5py.Dataset") -> bool:
    if dataset.chunks is None or dataset.ndim not in (1, 2):
        return False
    if dataset.dtype.kind not in "fiub" or not dataset.dtype.isnative:
        return False
    return _filters(dataset) in ([], [DEFLATE], [SHUFFLE, DEFLATE])


def _filters(dataset: "h5py.Dataset") -> list[int]:
    properties = dataset.id.get_create_plist()
    return [properties.get_filter(i)[0] for i in range(properties.get_nfilters())]


def _read_rows(dataset: "h5py.Dataset", array: np.ndarray, start: int, stop: int) -> None:
    _assign(array[start:stop], dataset[start:stop])


def _assign(target: np.ndarray, values: np.ndarray) -> None:
    with np.errstate(over="ignore", invalid="ignore"):  # the caller checks for inf
        target[...] = values


def _inflate(dataset: "h5py.Dataset", array: np.ndarray, start: int) -> None:
    """Fill the rows of ``array`` that the chunks beginning at row ``start`` hold."""
    filters, chunk, dtype = _filters(dataset), dataset.chunks, dataset.dtype
    size = int(np.prod(chunk)) * dtype.itemsize
    rows = array[start : start + chunk[0]]
    for column in range(0, array.shape[1], chunk[1]) if array.ndim == 2 else [None]:
        origin = (start,) if column is None else (start, column)
        try:
            skipped, raw = dataset.id.read_direct_chunk(origin)
            data = zlib.decompress(raw, bufsize=size) if DEFLATE in filters else raw
        except (RuntimeError, OSError, ValueError, zlib.error):  # a chunk never written, or a damaged one
            skipped, data = 1, b""
        if skipped or len(data) != size:
            return _read_rows(dataset, array, start, start + len(rows))
        values = np.frombuffer(data, np.uint8)
        if SHUFFLE in filters:  # byte k of every element is stored together
            values = np.ascontiguousarray(values.reshape(dtype.itemsize, -1).T)
        values = values.view(dtype).reshape(chunk)
        if column is None:
            _assign(rows, values[: len(rows)])
        elif chunk[1] >= NARROW:
            part = rows[:, column : column + chunk[1]]
            _assign(part, values[: len(part), : part.shape[1]])
        else:  # NumPy's inner loop would run over the few columns
            for k in range(min(chunk[1], rows.shape[1] - column)):
                _assign(rows[:, column + k], values[: len(rows), k])
