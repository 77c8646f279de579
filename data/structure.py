"""What the rows of a dataset look like: where it may not be what its user thinks."""

from collections.abc import Iterator

import numpy as np

from palaestra.data.dataset import Dataset

BOUND = 1.0 + 1e-6  # actions are in [-1, 1]


def remarks(dataset: Dataset) -> Iterator[str]:
    """A line for each peculiarity of a dataset, none of which is an error; reads all rows.

    It looks for ends that aren't the horizon's, runs of terminals, pieces of one row, actions out of bounds, rows that
    occur twice, observations that stay while the episode goes on, and columns that never change.
    """
    columns = dataset.columns
    observations, actions = columns["observations"], columns["actions"]
    terminals = np.asarray(columns["terminals"], dtype=bool)
    lengths = np.diff(dataset.episodes, axis=1)[:, 0]
    timeouts = np.asarray(columns.get("timeouts", np.zeros(len(dataset), dtype=bool)), dtype=bool)
    cut = timeouts[dataset.episodes[:, 1] - 1] & ~terminals[dataset.episodes[:, 1] - 1]
    if "timeouts" not in columns:
        yield f"no timeouts: episodes are cut by counting to the horizon of {dataset.horizon}"
    if early := int(np.count_nonzero(cut & (lengths < dataset.horizon))):
        limit = f"the horizon of {dataset.horizon}"
        yield f"{early:,} pieces, which a timeout cut before {limit}: their returns are no episodes'"
    if late := int(np.count_nonzero(lengths > dataset.horizon)):
        yield f"{late:,} episodes are longer than the horizon of {dataset.horizon}, up to {int(lengths.max()):,} rows"
    if runs := int(np.count_nonzero(terminals[1:] & terminals[:-1])):
        yield f"{runs:,} terminal rows follow a terminal row: an episode went on after its end"
    if single := int(np.count_nonzero(lengths == 1)):
        yield f"{single:,} episodes or pieces have one row"
    if outside := int(np.count_nonzero(np.abs(actions).max(axis=1) > BOUND)):
        yield f"{outside:,} rows have an action out of [-1, 1]"
    if twice := len(dataset) - _distinct(observations, actions):
        yield f"{twice:,} rows repeat an observation with its action"
    going_on = ~(terminals | timeouts)[:-1]
    if stale := int(np.count_nonzero((observations[1:] == observations[:-1]).all(axis=1) & going_on)):
        yield f"{stale:,} rows have the observation of the row before"
    if constant := constant_columns(dataset):
        yield f"{len(constant)} of {dataset.observation_dim} numbers in observations never change: {spans(constant)}"


def constant_columns(dataset: Dataset) -> list[int]:
    """Numbers of an observation that are the same in every row."""
    observations = dataset.columns["observations"]
    return np.flatnonzero(observations.max(axis=0) == observations.min(axis=0)).tolist()


def _distinct(*columns: np.ndarray) -> int:
    rows = np.ascontiguousarray(np.concatenate(columns, axis=1))
    return len(np.unique(rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))))


def spans(numbers: list[int]) -> str:
    """Numbers with neighbours joined: 27-110, 115; empty for none."""
    if not numbers:
        return ""
    parts = np.split(np.array(numbers), np.flatnonzero(np.diff(numbers) != 1) + 1)
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
