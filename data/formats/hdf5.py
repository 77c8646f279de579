"""Read HDF5 files fast, inflating gzip chunks in threads; write them so that a full disk is an ordinary error."""

import fcntl
import os
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from palaestra.data.errors import InputError

if TYPE_CHECKING:
    import h5py

DEFLATE, SHUFFLE = 1, 2  # filter numbers of the HDF5 specification
THREADS = min(8, os.cpu_count() or 1)
MIN_CHUNK_BYTES = 4096  # smaller chunks are read faster by HDF5 than one by one
TOO_LARGE = "too large for this machine's memory; use a machine with more, or a file with fewer rows"
INSTEAD_OF_FILTER = (
    "write the file with gzip (h5repack -f GZIP=4 OLD NEW), or set HDF5_PLUGIN_PATH to the filter's folder"
)
IN_USE = "open for writing in another program; close it there, or wait until it is written"
MIN_COLUMNS_AT_ONCE = 8  # narrower chunks, such as h5py's automatic ones, are copied column by column


def read(datasets: "Mapping[str, tuple[h5py.Dataset, np.dtype]]") -> dict[str, np.ndarray]:
    """Read datasets of one or two dimensions completely, each converted to a dtype.

    A dataset stored in chunks that are plain, deflated (h5py's ``compression="gzip"``) or shuffled and deflated is
    inflated by zlib, which releases the interpreter lock, one block of rows after the other; besides the result nothing
    larger than a chunk is held in memory. Everything else goes through HDF5's own reader.

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


def opened(path: Path) -> "h5py.File":
    """A file opened for reading, also on file systems without locks, and where this process has it open already."""
    import h5py

    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "locking flag values don't match" not in str(error):
            raise
        return h5py.File(path, "r")


def problem(error: Exception) -> str | None:
    """What keeps a sound HDF5 file from being read, by h5py's error, and what to do; None where it is damaged."""
    text = str(error)
    if isinstance(error, MemoryError):
        return TOO_LARGE
    if isinstance(error, BlockingIOError) or "unable to lock file" in text or "already open for write" in text:
        return IN_USE
    if "filter" in text and any(words in text for words in ("not registered", "not available", "plugin")):
        return f"compressed with an HDF5 filter that isn't installed; {INSTEAD_OF_FILTER}"
    return None


def is_locked(path: Path | str) -> bool:
    """Whether a program has the file open for writing, by HDF5's own lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def check_filters(datasets: "Mapping[str, h5py.Dataset]", where: str) -> None:
    """Raise an ``InputError`` for a dataset that is compressed with a filter that this HDF5 doesn't have."""
    import h5py

    for name, dataset in datasets.items():
        properties = dataset.id.get_create_plist()
        for i in range(properties.get_nfilters()):
            number, _, _, label = properties.get_filter(i)
            if not h5py.h5z.filter_avail(number):
                label = label.decode(errors="replace") or "without a name"
                raise InputError(
                    f"{where}: {name} is compressed with an HDF5 filter that isn't installed "
                    f"({number}, {label}); {INSTEAD_OF_FILTER}"
                )


def _is_plain(dataset: "h5py.Dataset") -> bool:
    if dataset.chunks is None or dataset.ndim not in (1, 2):
        return False
    if dataset.dtype.kind not in "fiub" or not dataset.dtype.isnative:
        return False
    if np.prod(dataset.chunks) * dataset.dtype.itemsize < MIN_CHUNK_BYTES:
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
        elif chunk[1] >= MIN_COLUMNS_AT_ONCE:
            part = rows[:, column : column + chunk[1]]
            _assign(part, values[: len(part), : part.shape[1]])
        else:  # NumPy's inner loop would run over the few columns
            for k in range(min(chunk[1], rows.shape[1] - column)):
                _assign(rows[:, column + k], values[: len(rows), k])


@contextmanager
def writing(path: Path) -> "Iterator[h5py.File]":
    """A new HDF5 file that raises the operating system's error when a write fails.

    When a write fails, HDF5 itself prints tracebacks while it cleans up and may crash the process. So the error is
    hidden from it, and raised when the block ends.
    """
    import h5py

    with path.open("w+b", buffering=0) as raw:
        target = _Target(raw)
        # Attributes beyond 64 kB, such as snapshots of all episodes, need the file format of HDF5 1.8 or later.
        with h5py.File(target, "w", libver=("v108", "v108")) as file:
            yield file
    if target.error is not None:
        raise target.error


class _Target:
    """The file interface that h5py needs, over an unbuffered file; keeps the first error of a write."""

    def __init__(self, raw: FileIO):
        self.raw = raw
        self.error: OSError | None = None
        self.seek, self.tell, self.flush = raw.seek, raw.tell, raw.flush
        self.read, self.readinto = raw.read, raw.readinto

    def write(self, block: bytes | memoryview) -> int:
        rest = memoryview(block)
        while rest and self.error is None:
            try:
                rest = rest[self.raw.write(rest) :]
            except OSError as error:
                self.error = error
        return len(block)

    def truncate(self, size: int) -> None:
        try:
            self.raw.truncate(size)
        except OSError as error:
            self.error = self.error or error
