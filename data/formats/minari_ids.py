"""Facts about Minari's datasets: their ids, where they are on this machine, and what they say about themselves."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from palaestra.data.errors import InputError

WORLDS = "minari/"
"""Namespace of the environments that Minari datasets name."""


def id_of(name: str) -> str:
    """Minari's id behind a dataset id (``minari:ID``) or the id of its evaluation environment (``minari/ID``)."""
    if name.startswith("minari:"):
        return name.removeprefix("minari:")
    return name.removeprefix(WORLDS).replace(".", "/")


def root() -> Path:
    """Folder in which Minari keeps datasets."""
    return Path(os.environ.get("MINARI_DATASETS_PATH") or Path.home() / ".minari" / "datasets")


def folder(minari_id: str) -> Path:
    """The local path of a dataset, which need not exist."""
    return root() / minari_id


def metadata(minari_id: str) -> dict[str, Any]:
    """The metadata of a local dataset.

    Raises:
        InputError: it is not on this machine, or damaged.
    """
    with reading(f"minari:{minari_id}"):
        about: dict[str, Any] = json.loads((folder(minari_id) / "data" / "metadata.json").read_text())
        return about


def references(minari_id: str) -> tuple[float, float] | None:
    """Returns that score 0 and 100 by a dataset on this machine, None where it has no references."""
    about = metadata(minari_id)
    low, high = about.get("ref_min_score"), about.get("ref_max_score")
    return None if low is None or high is None else (low, high)


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn the errors that damaged datasets cause in Minari into one line that begins with ``where``."""
    try:
        yield
    except (OSError, KeyError, ValueError, TypeError, AssertionError, RuntimeError, MemoryError) as error:
        from palaestra.data.formats import hdf5

        if explained := hdf5.problem(error):
            raise InputError(f"{where}: {explained}") from None
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise InputError(f"{where}: damaged, or from another version of Minari ({reason[0]})") from None
