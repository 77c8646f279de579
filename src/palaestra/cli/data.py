"""``palaestra data``: make, inspect and convert datasets."""

from pathlib import Path
from typing import Annotated, Any

import tyro

from palaestra.cli.progress import progress_bar


def list_datasets(here: bool = False) -> None:
    """List the datasets with an id: recipes, D4RL's, and Minari's on this machine.

    Args:
        here: list only the datasets on this machine.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from palaestra.data.catalogue import entries

    table = Table(Column("id", no_wrap=True), "source", "rows", "MB", Column("where, or how", overflow="fold"))
    for entry in entries():
        if entry.path is None and not here:
            table.add_row(entry.id, entry.source, "", "", entry.origin)
        elif entry.path is not None:
            rows = "damaged" if entry.rows is None else f"{entry.rows:,}"
            table.add_row(entry.id, entry.source, rows, f"{(entry.size or 0) / 1e6:.1f}", str(entry.path))
    Console().print(table)


def info(name: tyro.conf.Positional[str], json: bool = False) -> None:
    """Describe a dataset: shapes, episodes, returns, scores, and its source.

    Args:
        name: id or path.
        json: print JSON.
    """
    from json import dumps

    from palaestra.data.catalogue import describe

    description = describe(name)
    print(dumps(description, indent=1) if json else _indented(description))


def _indented(values: dict[str, Any], depth: int = 0) -> str:
    lines = []
    for name, value in values.items():
        if isinstance(value, dict) and value and depth < 2:
            lines.append(f"{'  ' * depth}{name}\n{_indented(value, depth + 1)}")
        else:
            text = f"{value:.6g}" if isinstance(value, float) else value
            lines.append(f"{'  ' * depth}{name:<20} {text}")
    return "\n".join(lines)


def make(
    recipe: tyro.conf.Positional[str],
    rows: int = 1_000_000,
    seed: int = 0,
    processes: int | None = None,
    out: Path | None = None,
) -> None:
    """Make a dataset by rolling out shipped behaviour policies; the result doesn't depend on the number of processes.

    Args:
        recipe: such as palaestra/hopper/medium-v0; `palaestra data list` prints all.
        rows: number of steps.
        seed: of all random numbers.
        processes: number of worker processes; by default the number of cores that this process may use.
        out: folder to write; by default the dataset's folder in the cache, where it is loaded by its id.
    """
    from palaestra.agents.rollouts.collect import make as make_recipe
    from palaestra.cli.threads import granted

    with progress_bar() as bar:
        task = bar.add_task(recipe, total=rows)
        path = make_recipe(
            recipe,
            rows,
            seed=seed,
            processes=granted() if processes is None else processes,
            progress=lambda done, _: bar.update(task, completed=done),
            out=out,
        )
    print(f"{rows:,} rows in {path}")


def convert(
    source: tyro.conf.Positional[str],
    target: tyro.conf.Positional[str],
    id: Annotated[str | None, tyro.conf.arg(name="as")] = None,
    scale_actions: Annotated[tuple[float, float] | None, tyro.conf.arg(metavar="LOW HIGH")] = None,
) -> None:
    """Write a dataset in another format, with all its columns.

    Args:
        source: id or path.
        target: a new .hdf5 (D4RL's layout), .npz, minari:ID, or a folder (the native format).
        id: id of the data, if the source doesn't contain one: a D4RL or recipe id, or an environment's (module:ID of a
            module of yours).
        scale_actions: map actions linearly from this range to [-1, 1], in which learners act. Give the bounds of the
            action space that the data were recorded in, not the extremes of the data; they are kept in the metadata.
    """
    from palaestra.data.catalogue import convert as convert_dataset

    convert_dataset(source, target, id, scale_actions)
    print(f"written: {target}")


def verify(name: tyro.conf.Positional[str], env_id: Annotated[str | None, tyro.conf.arg(name="as")] = None) -> int:
    """Replay a dataset's episodes from their start snapshots; exits with 1 if a bit differs.

    D4RL files have no snapshots; some of their rows are stepped from the stored positions and velocities instead.

    Args:
        name: id or path.
        env_id: environment to step, if the dataset names none or another: an id, or module:ID of a module of yours.
    """
    from palaestra import data
    from palaestra.agents.rollouts.verify import verify as verify_dataset

    with progress_bar() as bar:
        task = bar.add_task(f"verify {name}", total=None)
        report = verify_dataset(
            data.load(name, columns="all", env_id=env_id),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    stepped = f"{report.episodes:,} episodes, {report.rows:,} rows" if report.episodes else f"{report.rows:,} rows"
    errors = ", ".join(f"{column} {error:.3g}" for column, error in report.errors.items())
    print(f"{report.method}: {stepped}, {report.wrong_rows:,} wrong; largest errors: {errors}")
    if report.first:
        print(f"first: {report.first}")
    return 0 if report.ok else 1
