"""Names of files and folders as users give them."""

import os
from pathlib import Path

from palaestra.data.errors import InputError

MAX_NAME_BYTES = 255  # of one part of a path, on all common file systems
MAX_PATH_BYTES = 4095  # of a path, on Linux
SHOWN_CHARACTERS = 40  # of a name that is too long


def path_of(name: str | Path) -> Path:
    """A name as a path, ``~`` expanded.

    Raises:
        InputError: no file can have this name.
    """
    text = str(name)
    if "\0" in text:
        raise InputError(f"{text!r}: a file name cannot contain a NUL character; choose another name")
    try:
        sizes = [len(os.fsencode(part)) for part in Path(text).parts]
        path = Path(text).expanduser()
    except UnicodeEncodeError:
        raise InputError(f"{text!r}: not text that a file name can have; choose another name") from None
    except RuntimeError:
        raise InputError(f"{text}: there is no such user; write the folder without ~") from None
    if max(sizes, default=0) > MAX_NAME_BYTES or sum(sizes) + len(sizes) > MAX_PATH_BYTES:
        shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
        raise InputError(f"{shown}: too long for a file name ({len(text)} characters); choose a shorter one")
    return path


def check_regular(path: Path) -> None:
    """Raise an ``InputError`` if ``path`` is a pipe, socket or device: opening it could wait forever."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: a pipe, socket or device; copy what it holds to a file first")
