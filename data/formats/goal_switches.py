"""Maze2D's data without timeouts: D4RL's generating script marks changes of the navigation goal as terminals."""

from dataclasses import replace

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.formats.d4rl_ids import robot_of


def with_switches_as_timeouts(dataset: Dataset) -> Dataset:
    """Follow the convention of D4RL's published files, in which nothing is terminal.

    ``metadata["episode_ends"]`` says so. Data of anything but Maze2D, and those with timeouts, stay as they are.

    Args:
        dataset: as it was read.
    """
    columns = dict(dataset.columns)
    terminals = np.asarray(columns["terminals"], dtype=bool)
    if robot_of(dataset.env_id or "") != "maze2d" or "timeouts" in columns or not terminals.any():
        return dataset
    columns |= {"terminals": np.zeros_like(terminals), "timeouts": terminals}
    note = f"{np.count_nonzero(terminals)} terminals are changes of the navigation goal; they count as timeouts"
    return replace(dataset, columns=columns, metadata={**dataset.metadata, "episode_ends": note})
