"""The observations that follow rows: ends of episodes that only they show, and the rules by which they are found."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.columns import SUCCESSORS, Columns
from palaestra.data.formats.d4rl_ids import D4RL_IDS, parse_id

Successors = Literal["auto", "d4rl", "stored"]
"""Which observation follows a row, see ``with_rule``."""
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
    dataset = replace(dataset, columns=rows)
    ended = _ended(dataset, following)
    return ended if "episode_ends" in ended.metadata else dataset


def _ended(dataset: Dataset, following: np.ndarray) -> Dataset:
    """The dataset with the observations after its rows, (N, d_s): its episodes' ends follow from them."""
    rows = dict(dataset.columns)
    following = np.asarray(following, dtype=np.float32)
    terminals = np.asarray(rows["terminals"], dtype=bool)
    marked = terminals | np.asarray(rows.get("timeouts", False), dtype=bool)
    ends = marked.copy()
    ends[:-1] |= ~np.isclose(following[:-1], rows["observations"][1:], RELATIVE, ABSOLUTE).all(axis=1)
    ends[-1] = True
    unmarked = int(np.count_nonzero(ends[:-1] & ~marked[:-1]))
    metadata = dict(dataset.metadata)
    if unmarked:
        rows["timeouts"] = np.asarray(rows.get("timeouts", False), dtype=bool) | (ends & ~terminals)
        note = f"{unmarked} of {len(ends)} rows end an episode by their next_observations alone; they count as timeouts"
        metadata["episode_ends"] = note
    final = {**dataset.episode_columns, "final_observations": following[ends]}
    return replace(dataset, columns=rows, episode_columns=final, metadata=metadata)


def next_observations(dataset: Dataset) -> np.ndarray:
    """(N, d_s): the observation after each row of a dataset with final observations."""
    following = np.empty_like(dataset.columns["observations"])
    following[:-1] = dataset.columns["observations"][1:]
    following[dataset.episodes[:, 1] - 1] = dataset.final_observations
    return following


def with_rule(dataset: Dataset, rule: Successors) -> Dataset:
    """The dataset with the transitions of a rule.

    Args:
        dataset: as it was read, for "stored" with ``next_observations`` if there are any.
        rule: "auto": the true successors where the source has the observations after its episodes' ends, as palaestra's
            and Minari's data have, else D4RL's rule. "d4rl": D4RL's rule: the next row's observation, without the rows
            on which time ran out and without the last row, see ``Dataset.transition_rows``. "stored": the column
            ``next_observations``, so that every row is a transition.

    Raises:
        InputError: there is no such rule; or "stored", and there are no such observations.
    """
    exact = dataset.final_observations is not None
    if rule == "d4rl" and exact:
        kept = {name: array for name, array in dataset.episode_columns.items() if name != "final_observations"}
        return replace(dataset, episode_columns=kept)
    if rule == "stored" and not exact:
        if SUCCESSORS not in dataset.columns:
            raise InputError(f'{dataset.id}: has no {SUCCESSORS}, which successors="stored" reads')
        return _ended(dataset, dataset.columns[SUCCESSORS])
    if rule not in ("auto", "d4rl", "stored"):
        raise InputError(f"successors {rule!r}: there are auto, d4rl and stored")
    return dataset


def without_derived(dataset: Dataset) -> Dataset:
    """The dataset without ``next_observations`` if they follow from its observations and final observations."""
    if SUCCESSORS not in dataset.columns or dataset.final_observations is None:
        return dataset
    if not np.array_equal(dataset.columns[SUCCESSORS], next_observations(dataset)):
        return dataset
    return replace(dataset, columns={name: array for name, array in dataset.columns.items() if name != SUCCESSORS})


def with_column(dataset: Dataset, columns: Columns) -> Dataset:
    """The dataset with ``next_observations`` if they are among the columns asked for.

    Raises:
        InputError: they are, but there are none.
    """
    if columns == "all" or SUCCESSORS not in columns or SUCCESSORS in dataset.columns:
        return dataset
    if dataset.final_observations is None:
        raise InputError(f"{dataset.id}: has no column {SUCCESSORS}, nor the observations after its episodes' ends")
    return replace(dataset, columns={**dataset.columns, SUCCESSORS: next_observations(dataset)})
