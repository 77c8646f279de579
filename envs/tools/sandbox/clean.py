"""Temporary folders of sandboxes: named after their owner, so that those of dead owners can be removed."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

from palaestra.envs.tools.sandbox.cell import empty_folder

NAME = re.compile(r"palaestra-sandbox-(\d+)-(\d+)-")


def folder_prefix() -> str:
    """How this process's folders begin: its number and its start, since numbers are used again."""
    return f"palaestra-sandbox-{os.getpid()}-{start_of(os.getpid())}-"


def start_of(pid: int) -> int:
    """When a process started, in clock ticks after the machine; 0 if there is none, or no ``/proc``."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # the name in it may be any bytes
            return int(file.read().rpartition(b")")[2].split()[19])
    except OSError:
        return 0


def remove_orphans(folder: Path | None = None) -> list[Path]:
    """Remove the folders whose owners have ended.

    Args:
        folder: where they are; by default the system's folder for temporary files.

    Returns:
        What was removed.
    """
    removed = []
    for path in sorted((folder or Path(tempfile.gettempdir())).iterdir()):
        match = NAME.match(path.name)
        if match and path.is_dir() and not path.is_symlink() and not _is_owner(int(match[1]), int(match[2])):
            remove_folder(str(path))
            if not path.exists():
                removed.append(path)
    return removed


def remove_folder(folder: str) -> None:
    """Remove a folder in which model-written code may have been at work, as far as possible."""
    with contextlib.suppress(OSError):
        empty_folder(folder)
        os.rmdir(folder)


def _is_owner(pid: int, start: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return start_of(pid) == start
