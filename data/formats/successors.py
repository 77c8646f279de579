"""Ends of episodes that only ``next_observations`` show: no flag marks them."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.columns import Columns
from palaestra.data.formats.d4rl_ids import D4RL_IDS, parse_id

SUCCESSORS = "next_observations"
RELATIVE, ABSOLUTE = 1e-3, 1e-6  # rounding of a float16, in which one of the two columns may have been stored


def with_successors(
    names: list[str], shapes: Mapping[str, tuple[int, ...]], id: str, episodes: Collection[str]
) -> list[str]:
    """The columns to read, with ``next_observations`` where they may tell where episodes end.

    Args:
        names: the columns to read otherwise.
        shapes: of all arrays in the file, by name.
        id: the dataset's.
        episodes: names of the file's per-episode columns.
    """
    unneeded = SUCCESSORS in names or "final_observations" in episodes or _follows_d4rl(id, shapes)
    return names if unneeded or shapes.get(SUCCESSORS) != shapes["observations"] else [*names, SUCCESSORS]


def _follows_d4rl(id: str, columns: Collection[str]) -> bool:
    """Whether D4RL's rules split the episodes: in its own files, of which those of v0 have no timeouts."""
    return id in D4RL_IDS and ("timeouts" in columns or parse_id(id).version == 0)


def split_by_successors(dataset: Dataset, columns: Columns = "all") -> Dataset:
    """End an episode at every row whose next observation isn't the next row's observation.

    Such rows become timeouts unless they are terminal, and the next observations of all ends become the dataset's final
    observations. ``metadata["episode_ends"]`` says so. A dataset in which flags mark all ends stays as it is.

    Args:
        dataset: as it was read.
        columns: the further columns asked for; ``next_observations`` is removed if it isn't one.
    """
    rows = dict(dataset.columns)
    if SUCCESSORS not in rows or _follows_d4rl(dataset.id, rows) or dataset.final_observations is not None:
        return dataset
    following = rows[SUCCESSORS] if columns == "all" or SUCCESSORS in columns else rows.pop(SUCCESSORS)
    if following.shape != rows["observations"].shape:
        raise InputError(
            f"{dataset.id}: {SUCCESSORS} has shape {following.shape}, observations {rows['observations'].shape}"
        )
    following = np.asarray(following, dtype=np.float32)
    terminals = np.asarray(rows["terminals"], dtype=bool)
    marked = terminals | np.asarray(rows.get("timeouts", False), dtype=bool)
    ends = marked.copy()
    ends[:-1] |= ~np.isclose(following[:-1], rows["observations"][1:], RELATIVE, ABSOLUTE).all(axis=1)
    ends[-1] = True
    unmarked = int(np.count_nonzero(ends[:-1] & ~marked[:-1]))
    if not unmarked:
        return replace(dataset, columns=rows)
    rows["timeouts"] = np.asarray(rows.get("timeouts", False), dtype=bool) | (ends & ~terminals)
    note = f"{unmarked} of {len(ends)} rows end an episode by their next_observations alone; they count as timeouts"
    final = {**dataset.episode_columns, "final_observations": following[ends]}
    metadata = {**dataset.metadata, "episode_ends": note}
    return replace(dataset, columns=rows, episode_columns=final, metadata=metadata)
