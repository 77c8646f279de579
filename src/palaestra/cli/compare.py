"""``palaestra compare``: scores of runs in a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.data.results.run import Run


def compare(
    runs: tyro.conf.Positional[tuple[Path, ...]],
    at: int | None = None,
    form: Literal["table", "markdown", "csv"] = "table",
) -> None:
    """Print interquartile means with bootstrap intervals, per dataset and algorithm, next to published scores.

    Args:
        runs: run directories, or folders that contain run directories.
        at: compare the evaluations after this many updates instead of each run's last one.
        form: a table for the terminal, markdown, or csv.

    Raises:
        InputError: there is no run.
    """
    from palaestra.data.results import tables
    from palaestra.data.results.run import find_runs

    if not runs:
        raise InputError("compare: name run directories, or folders that contain some, such as runs")
    opened = find_runs(runs)
    if form == "markdown":
        print(tables.markdown(tables.compare(opened, "last" if at is None else at)))
    elif form == "csv":
        print(tables.csv(tables.compare(opened, "last" if at is None else at)), end="")
    else:
        print_comparison(opened, at)


def print_comparison(runs: "Sequence[Run]", at: int | None = None) -> None:
    """Print the table of some runs, as wide as the terminal."""
    from rich.console import Console

    from palaestra.data.results import tables

    Console().print(tables.TerminalTable(tables.compare(runs, "last" if at is None else at)))
