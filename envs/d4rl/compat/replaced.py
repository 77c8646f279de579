"""Data that a user gives for D4RL's ids in place of D4RL's files."""

import json
import os
from collections.abc import Mapping

from palaestra.data import is_id
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import references, unknown
from palaestra.data.paths import path_of

VARIABLE = "PALAESTRA_RUN_D4RL"
"""The environment variable in which processes that the script starts find them, as JSON."""


def replace(data: Mapping[str, str]) -> None:
    """Let ``source_of`` answer for these ids.

    Args:
        data: D4RL ids, and what ``palaestra.data.load`` reads: a file, a folder, or an id.

    Raises:
        InputError: an id isn't D4RL's, or there is no such file.
    """
    for id, source in data.items():
        if id not in references():
            raise unknown(id)
        if not is_id(source) and not path_of(source).exists():
            raise InputError(f"--data {id}={source}: no such file")
    # The script may change its working directory.
    places = {id: source if is_id(source) else str(path_of(source).resolve()) for id, source in data.items()}
    os.environ[VARIABLE] = json.dumps(places)


def source_of(id: str) -> str | None:
    """What a user has given for an id, None if nothing."""
    source: str | None = json.loads(os.environ.get(VARIABLE, "{}")).get(id)
    return source
