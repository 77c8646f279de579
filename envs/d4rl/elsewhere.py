"""The entry point of D4RL's ids that have no world here."""

from typing import Any, NoReturn

from palaestra.data.formats.d4rl_ids import unknown


def refuse(dataset_id: str, **options: Any) -> NoReturn:
    """Say why there is no such world.

    Raises:
        InputError: always.
    """
    raise unknown(dataset_id)
