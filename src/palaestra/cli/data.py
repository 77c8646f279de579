"""``palaestra data``: make, inspect and convert datasets."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from palaestra.cli.progress import progress_bar

if TYPE_CHECKING:
    from palaestra.data.catalogue import Entry


def list_datasets(here: bool = False, all: bool = False) -> None:
    """List the datasets with an id: recipes, D4RL's, and Minari's on this machine.

    Args:
        here: list only the datasets on this machine.
        all: print a line for every id.
    """
    from palaestra.data.catalogue import entries

    known = entries()
    if not here and not all:
        print("\n".join(_grouped(known)))
        print("\nOn this machine (`palaestra data list --all` prints a line for every id):")
    shown = [entry for entry in known if entry.path is not None or (all and not here)]
    for id, source, rows, size, where in [("id", "source", "rows", "MB", "where, or how"), *map(_cells, shown)]:
        print(f"{id:<38} {source:<6} {rows:>10} {size:>8}  {where}")


def _grouped(entries: "list[Entry]") -> Iterator[str]:
    """Lines of at most 80 columns with the ids that can be made or downloaded, their kinds in braces."""
    from palaestra.data.formats.d4rl_ids import parse_id

    yield "Recipes (`palaestra data make ID --rows N`):"
    kinds: dict[str, list[str]] = {}
    for entry in entries:
        if entry.source == "recipe":
            robot, _, kind = entry.id.rpartition("/")
            kinds.setdefault(robot, []).append(kind.removesuffix("-v0"))
    for robot, names in kinds.items():
        yield from _wrapped(f"  {robot}/{_braced(names)}-v0")
    yield "D4RL (downloaded on first use):"
    versions: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        if entry.source == "D4RL":
            id = parse_id(entry.id)
            versions.setdefault((id.robot, id.kind), []).append(id.version)
    alike: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for (robot, kind), numbers in versions.items():
        alike.setdefault((robot, tuple(sorted(numbers))), []).append(kind)
    robots: dict[tuple[str, str], list[str]] = {}
    for (robot, together), names in alike.items():
        endings = [f"v{number}" for number in together]
        robots.setdefault((_braced(names), _braced(endings)), []).append(robot)
    for (kind, ending), those in robots.items():
        yield from _wrapped(f"  {_braced(those)}-{kind}-{ending}")


def _wrapped(line: str, width: int = 80) -> Iterator[str]:
    """The line, broken after commas where it is wider."""
    while len(line) > width:
        end = line.rindex(",", 0, width) + 1
        yield line[:end]
        line = f"      {line[end:]}"
    yield line


def _braced(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{{{','.join(names)}}}"


def _cells(entry: "Entry") -> tuple[str, str, str, str, str]:
    if entry.path is None:
        return entry.id, entry.source, "", "", entry.origin
    rows = "damaged" if entry.rows is None else f"{entry.rows:,}"
    return entry.id, entry.source, rows, f"{(entry.size or 0) / 1e6:.1f}", str(entry.path)


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
    rows: int | None = None,
    trajectories: int | None = None,
    seed: int = 0,
    processes: int | None = None,
    out: Path | None = None,
) -> None:
    """Make a dataset by rolling out shipped behaviour policies; the result doesn't depend on the number of processes.

    Args:
        recipe: such as palaestra/hopper/medium-v0; `palaestra data list` prints all.
        rows: number of steps; 1,000,000 by default.
        trajectories: number of episodes, for recipes of trajectories such as palaestra/aitw-webshop/faulty-v0; 1,000
            by default.
        seed: of all random numbers.
        processes: number of worker processes; by default the number of cores that this process may use.
        out: folder to write; by default the dataset's folder in the cache, where it is loaded by its id.
    """
    from palaestra.cli.threads import granted
    from palaestra.data import recipes
    from palaestra.data.errors import InputError
    from palaestra.data.recipes.trajectories import RECIPES, find

    workers = granted() if processes is None else processes
    if recipe in RECIPES:
        if rows is not None:
            raise InputError(f"{recipe}: is counted in --trajectories, not --rows")
        _make_trajectories(recipe, 1_000 if trajectories is None else trajectories, seed, workers, out)
        return
    if trajectories is not None:
        if recipe in recipes.RECIPES:
            raise InputError(f"{recipe}: is counted in --rows, not --trajectories")
        find(recipe)  # reports what there is
    _make_rows(recipe, 1_000_000 if rows is None else rows, seed, workers, out)


def _make_rows(recipe: str, rows: int, seed: int, processes: int, out: Path | None) -> None:
    from palaestra.agents.rollouts.collect import make as make_recipe

    with progress_bar() as bar:
        task = bar.add_task(recipe, total=rows)

        def progress(done: int, _: int) -> None:
            bar.update(task, completed=done)

        path = make_recipe(recipe, rows, seed=seed, processes=processes, progress=progress, out=out)
    print(f"{rows:,} rows in {path}")


def _make_trajectories(recipe: str, count: int, seed: int, processes: int, out: Path | None) -> None:
    from palaestra.agents.rollouts.trajectories import make as make_recipe

    with progress_bar() as bar:
        task = bar.add_task(recipe, total=count)

        def progress(done: int, _: int) -> None:
            bar.update(task, completed=done)

        path = make_recipe(recipe, count, seed=seed, processes=processes, progress=progress, out=out)
    print(f"{count:,} trajectories in {path}")


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

    First it prints what is peculiar about the rows: pieces, runs of terminals, repeated rows, constant columns.
    D4RL files have no snapshots; some of their rows are stepped from the stored positions and velocities instead.

    Args:
        name: id or path.
        env_id: environment to step, if the dataset names none or another: an id, or module:ID of a module of yours.
    """
    from palaestra import data
    from palaestra.agents.rollouts.verify import verify as verify_dataset
    from palaestra.data.structure import remarks

    dataset = data.load(name, columns="all", env_id=env_id)
    for remark in remarks(dataset):
        print(remark)
    with progress_bar() as bar:
        task = bar.add_task(f"verify {name}", total=None)
        report = verify_dataset(
            dataset,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    stepped = f"{report.episodes:,} episodes, {report.rows:,} rows" if report.episodes else f"{report.rows:,} rows"
    errors = ", ".join(f"{column} {error:.3g}" for column, error in report.errors.items())
    print(f"{report.method}: {stepped}, {report.wrong_rows:,} wrong; largest errors: {errors}")
    if report.first:
        print(f"first: {report.first}")
    return 0 if report.ok else 1
