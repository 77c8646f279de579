"""The columns of a file in D4RL's layout: which are read, and what they must be."""

import os
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np

from palaestra.data.dataset import REQUIRED
from palaestra.data.errors import InputError
from palaestra.data.formats.hdf5 import TOO_LARGE

Columns = Collection[str] | Literal["all"]
"""Which columns to read besides those that learning reads: names, or "all"."""

SUCCESSORS = "next_observations"
"""The column with the observation after each row."""
LEARNING = (*REQUIRED, "timeouts")
"""Columns that learning reads, and that are therefore always read."""
FLAGS = ("terminals", "timeouts")
"""Those of them that are true or false."""


def learning_column(name: str, array: np.ndarray, where: str) -> np.ndarray:
    """A learning column as a dataset has it: (N,) where a file has (N, 1), float32, or bool for flags."""
    if array.ndim == 2 and array.shape[1] == 1 and name in ("rewards", *FLAGS):
        array = array[:, 0]
    if name not in FLAGS:
        with np.errstate(over="ignore"):  # too large for float32 becomes inf, which a dataset refuses
            return np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype != bool and not np.isin(array, (0, 1)).all():
        raise InputError(f"{where}: {name} has values other than 0 and 1")
    return np.ascontiguousarray(array, dtype=bool)


def names_to_read(
    shapes: Mapping[str, tuple[int, ...]], columns: Columns, own: Collection[str], where: str
) -> list[str]:
    """Names of the columns to read, those that learning reads first.

    Args:
        shapes: of all arrays in the file, by name.
        columns: further columns to read.
        own: the columns listed in a file written by palaestra, which may have ``next_observations`` besides; if empty,
            every array with as many rows as ``observations`` is a column.
        where: prefix of error messages.

    Raises:
        InputError: a column is missing.
    """
    missing = [name for name in REQUIRED if name not in shapes]
    if missing:
        raise InputError(f"{where}: missing {', '.join(missing)} (has {', '.join(shapes) or 'nothing'})")
    rows = shapes["observations"][:1]
    scalar = [name for name in LEARNING if shapes.get(name) == ()]
    if scalar:
        raise InputError(f"{where}: {scalar[0]} is a single value, expected one per step")
    further = [*own, *({SUCCESSORS} & {*shapes} - {*own})] if own else []
    further = further or [name for name, shape in shapes.items() if shape and not name.startswith("metadata/")]
    for name in further if columns == "all" else columns:
        if name in further and shapes[name][:1] != rows:
            raise InputError(
                f"{where}: {name} has {shapes[name][0]} rows, observations have {rows[0]}; make them equal, or move "
                f"what is no column to metadata/{name}"
            )
    if columns != "all":
        columns = [name for name in columns if name in further or name != SUCCESSORS]  # these may follow from others
        absent = [name for name in columns if name not in further]
        if absent:
            raise InputError(f"{where}: has no column {', '.join(absent)} (has {', '.join(further)})")
        further = list(columns)
    return [*(name for name in LEARNING if name in shapes), *(name for name in further if name not in LEARNING)]


def check_memory(size: int, where: str) -> None:
    """Raise an ``InputError`` if columns of ``size`` bytes don't fit into this machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise InputError(f"{where}: {size / 1e9:,.0f} GB of columns, {TOO_LARGE} ({memory / 1e9:,.0f} GB)")


def check_numbers(dtypes: Mapping[str, np.dtype], where: str) -> None:
    """Raise an ``InputError`` for a column that learning reads and that does not hold numbers."""
    for name in LEARNING:
        if name in dtypes and dtypes[name].kind not in "fiub":
            raise InputError(f"{where}: {name} has dtype {dtypes[name]}, expected numbers")
