"""Where files are kept, downloads, and atomic writes."""

import errno
import fcntl
import glob
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from http.client import HTTPResponse

BLOCK_BYTES = 1 << 20  # read from a connection at a time
TIMEOUT = 30.0  # seconds without a byte before a connection counts as dead
HUB_TIMEOUT = 5.0  # seconds in which the Hugging Face hub must answer
HALF_MADE = ".half-made-"  # the names of files and folders that are being written begin with it
RANDOM_PART = 8  # characters that ``tempfile`` puts into a name
NOT_YET_LOCKED = 60.0  # seconds in which a work folder may be without its lock though its writer is alive
FREE_SPACE = "free some, or choose another folder"
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EFBIG)


def data_root() -> Path:
    """Folder for datasets downloaded or made: ``$PALAESTRA_DATA``, else ``palaestra`` in the user's cache."""
    if chosen := os.environ.get("PALAESTRA_DATA"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "palaestra"


@contextmanager
def explain_write_errors(path: Path, advice: str = FREE_SPACE) -> Iterator[None]:
    """Turn failures to write ``path`` that the user can correct into one line; ``advice`` is for a full disk."""
    try:
        yield
    except OSError as error:
        short_write = error.errno is None and " requested and " in str(error)  # how NumPy reports a full disk
        if short_write or error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"{path}: no space left on the disk; {advice}") from None
        if error.errno in UNWRITABLE:
            raise InputError(f"{path}: cannot be written ({os.strerror(error.errno)})") from None
        raise


@contextmanager
def write_atomically(path: Path | str, advice: str = FREE_SPACE) -> Iterator[Path]:
    """Give a temporary path; the file or folder made there is synced and takes the place of ``path`` after the block.

    What is already at ``path`` is replaced. When the block fails, what it made is removed; what a killed process has
    left is removed the next time that ``path`` is written. Several processes may write ``path``: the last one wins.

    Args:
        path: a file or folder; the folders above it are made.
        advice: what to do about a full disk.

    Raises:
        InputError: ``path`` cannot be written: no permission, no space.
    """
    path = Path(path)
    with explain_write_errors(path, advice):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        with _work_folder(path) as work:
            made = work / path.name
            yield made
            _sync_tree(made)
            if path.is_dir():
                path.rename(_replaced(work, path))
            made.rename(path)
            sync(path.parent)


@contextmanager
def _work_folder(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` for what will be moved there; locked, so that others see that it is in use."""
    try:
        work = Path(tempfile.mkdtemp(prefix=HALF_MADE, suffix=f"-{path.name}", dir=path.parent))
    except FileNotFoundError:  # such as in /proc
        raise InputError(f"{path}: cannot be written (no file can be made in {path.parent})") from None
    descriptor = os.open(work, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot lock a folder; then nobody removes it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(descriptor)


def _replaced(work: Path, path: Path) -> Path:
    """Where a folder at ``path`` is kept until its successor is in place."""
    return work / f"{path.name}.replaced"


def _remove_abandoned(path: Path) -> None:
    """Remove the work folders of killed writers of ``path``; a folder that one had moved away is put back."""
    for work in path.parent.glob(f"{HALF_MADE}{'?' * RANDOM_PART}-{glob.escape(path.name)}"):
        with suppress(OSError):  # another process is writing in it, or has just removed it
            if time.time() - work.stat().st_mtime < NOT_YET_LOCKED:
                continue
            descriptor = os.open(work, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not path.exists() and _replaced(work, path).exists():
                    _replaced(work, path).rename(path)
                shutil.rmtree(work)
            finally:
                os.close(descriptor)


def _sync_tree(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            _sync_tree(entry)
    sync(path)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync folders
            raise
    finally:
        os.close(descriptor)


def download(url: str, path: Path, *, size: int | None = None, check: Callable[[Path], object] | None = None) -> Path:
    """Download ``url`` to ``path`` unless it exists already.

    The bytes go to ``path`` + ``.part``. When a transfer breaks off and the server has sent a validator (``ETag`` or
    ``Last-Modified``), the next try requests only the rest, on condition that the file is still the same; a connection
    that broke after some progress is retried at once. Several processes may request one file: one downloads it, the
    others wait. ``path`` appears by renaming, after the checks.

    Args:
        url: http or https address.
        path: where the file goes; its folder is made.
        size: expected bytes, if known; the server's own figure is always checked.
        check: called with the complete file under its temporary name; raises ``InputError`` if it is invalid.

    Raises:
        InputError: one line: offline, not found, broken off, failed a check, no space.
    """
    path, part = Path(path), Path(f"{path}.part")
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        while not path.exists():
            with part.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not path.exists() and _is_at(file, part):  # else another process had it, and finished or failed
                    _fetch_checked(url, path, part, file, size, check)
    return path


class _BrokenError(Exception):
    """Not all bytes arrived; those that did are worth keeping."""


def _validator_file(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_file(part).unlink(missing_ok=True)


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _fetch_checked(
    url: str, path: Path, part: Path, file: BinaryIO, size: int | None, check: Callable[[Path], object] | None
) -> None:
    try:
        _fetch(url, part, file)
        length = _length(file)
        if size is not None and length != size:
            raise InputError(f"{url}: {length} bytes arrived, expected {size}")
        if check is not None:
            check(part)
    except _BrokenError as error:
        if not _length(file) or _validator(url, part) is None:
            _discard(part)
        raise InputError(f"{error}; to do without the network, put the file at {path}") from None
    except (InputError, OSError):
        _discard(part)
        raise
    part.rename(path)
    _validator_file(part).unlink(missing_ok=True)


def _length(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _fetch(url: str, part: Path, file: BinaryIO) -> None:
    """Append to ``file`` until it is complete, over as many connections as make progress."""
    reached = _length(file)
    while True:
        try:
            return _transfer(url, part, file)
        except _BrokenError:
            if _length(file) <= reached:
                raise
            reached = _length(file)


def _transfer(url: str, part: Path, file: BinaryIO) -> None:
    """Append what arrives over one connection."""
    from http.client import HTTPException

    with _connect(url, part, file) as response:
        done = _length(file)
        arriving = response.headers.get("Content-Length")
        total = None if arriving is None else done + int(arriving)
        with _progress(part.stem, done, total) as advance:
            while True:
                try:
                    block = response.read(BLOCK_BYTES)
                except (OSError, HTTPException) as error:
                    raise _BrokenError(f"{url}: broke off after {_length(file)} bytes ({error})") from None
                if not block:
                    break
                file.write(block)
                advance(len(block))
        file.flush()
    if total is not None and _length(file) < total:
        raise _BrokenError(f"{url}: broke off after {_length(file)} of {total} bytes; try again")


def _connect(url: str, part: Path, file: BinaryIO) -> "HTTPResponse":
    """A response whose body continues ``file``; the file is emptied if the server can't or mustn't continue it."""
    import urllib.error
    import urllib.request

    done, validator = _length(file), _validator(url, part)
    if validator is None:
        file.truncate(done := 0)
    headers = {"Accept-Encoding": "identity"}
    if done and validator:
        headers |= {"Range": f"bytes={done}-", "If-Range": validator}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing left to send, or less than we have: start again
            file.truncate(0)
            return _connect(url, part, file)
        raise _BrokenError(f"{url}: HTTP {error.code} {error.reason}") from None
    except OSError as error:
        raise _BrokenError(f"{url}: cannot be reached ({getattr(error, 'reason', error)})") from None
    except ValueError as error:
        raise InputError(f"{url}: not an address ({error})") from None
    if response.status == 206 and done:
        if response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            return response
        response.close()
        file.truncate(0)
        return _connect(url, part, file)
    file.truncate(0)
    tag, modified = response.headers.get("ETag", "W/"), response.headers.get("Last-Modified")
    about = {"url": url, "validator": modified if tag.startswith("W/") else tag}
    _validator_file(part).write_text(json.dumps(about))
    return response


def _validator(url: str, part: Path) -> str | None:
    """The server's validator for the version of the file that ``part`` is the beginning of."""
    try:
        about = json.loads(_validator_file(part).read_text())
    except (OSError, ValueError):
        return None
    return about["validator"] if about["url"] == url else None


def hub_is_reachable(seconds: float = HUB_TIMEOUT) -> bool:
    """Whether the Hugging Face hub (``HF_ENDPOINT``) answers; its own client retries for half a minute otherwise.

    Args:
        seconds: to wait for an answer, name look-up included.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    answered: list[bool] = []
    thread = threading.Thread(target=lambda: answered.append(_answers(hub(), seconds)), daemon=True)
    thread.start()  # a look-up of a name has no timeout of its own
    thread.join(seconds)
    return answered == [True]


def hub() -> str:
    """Address of the Hugging Face hub: ``HF_ENDPOINT``, or the public one."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _answers(url: str, seconds: float) -> bool:
    import ssl
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds).close()
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as error:
        return isinstance(error.reason, ssl.SSLError)  # the hub's client may have other certificates
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _progress(name: str, done: int, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*parts, TimeRemainingColumn(), console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(name, total=total, completed=done)
        yield lambda count: bar.advance(task, count)
