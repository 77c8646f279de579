"""List datasets, describe them, and convert them from one format to another."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from palaestra.data import environments, load, load_path
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl, minari, minari_ids, npz
from palaestra.data.formats.d4rl_ids import D4RL_IDS, RECIPE_IDS, normalised_score, robot_of, url
from palaestra.data.formats.d4rl_mazes import CONVENTIONS
from palaestra.data.formats.origin import acting_in, known_as
from palaestra.data.formats.successors import without_derived
from palaestra.data.paths import path_of
from palaestra.data.store import data_root, write_atomically
from palaestra.data.structure import constant_columns, spans


@dataclass(frozen=True)
class Entry:
    """A dataset that ``load`` accepts by id.

    Attributes:
        id: the argument of ``load``.
        source: "recipe", "D4RL" or "Minari".
        path: its local path, None if it has to be made or downloaded first.
        rows: number of steps, None if it is not on this machine.
        size: bytes on disk, None if it is not on this machine.
        origin: the command that makes or downloads it, or its address.
    """

    id: str
    source: str
    path: Path | None
    rows: int | None
    size: int | None
    origin: str


def entries() -> list[Entry]:
    """Every known id: our recipes, D4RL's ids, and Minari's datasets on this machine.

    Reads no columns. A damaged dataset has None for rows.
    """
    return [*_recipes(), *_d4rl(), *_minari()]


def _recipes() -> Iterator[Entry]:
    for id in RECIPE_IDS:
        _, robot, kind = id.split("/")
        path = data_root() / "recipes" / robot / kind
        yield _entry(id, "recipe", path, path / "dataset.json", "rows", f"palaestra data make {id} --rows N")


def _d4rl() -> Iterator[Entry]:
    for id in D4RL_IDS:
        path = d4rl.local_file(id)
        rows, size = (None, None) if path is None else (d4rl.count_rows(path), path.stat().st_size)
        yield Entry(id, "D4RL", path, rows, size, url(id))


def _minari() -> Iterator[Entry]:
    root = minari_ids.root()
    for about in sorted(root.rglob("data/metadata.json")):
        path = about.parent.parent
        name = path.relative_to(root).as_posix()
        if not any(part.startswith(".") for part in path.relative_to(root).parts):
            yield _entry(f"minari:{name}", "Minari", path, about, "total_steps", f"minari download {name}")


def _entry(id: str, source: str, path: Path, about: Path, rows: str, origin: str) -> Entry:
    """An entry for a folder whose number of rows is under the key ``rows`` of the JSON file ``about``."""
    if not path.is_dir():
        return Entry(id, source, None, None, None, origin)
    try:
        count = json.loads(about.read_text())[rows]
    except (OSError, ValueError, KeyError, TypeError):
        count = None
    return Entry(
        id, source, path, count, sum(file.stat().st_size for file in path.rglob("*") if file.is_file()), origin
    )


def describe(name: str | Path) -> dict[str, Any]:
    """Summarise a dataset as plain data; reads all of it.

    Args:
        name: id or path, as for ``load``.

    Returns:
        ``id, env_id, rows, horizon, split, columns`` and ``episode_columns`` (name to "shape dtype"), ``episodes``,
        ``pieces`` (cut by a timeout before the horizon, as in D4RL's medium-replay files: their returns are no
        episode's), ``unfinished_rows`` (in neither, by D4RL's rule), ``transitions``, ``length`` and ``return`` (each
        mean, std, min, max over episodes, or None), ``score`` (the same of the normalised score, 0 to 100, or None),
        ``piece_length``, ``terminals``, ``constant_observations`` (numbers of an observation that are the same in all
        rows: 27-110), ``fingerprint``, ``metadata`` (long lists abridged), and of mazes ``conventions`` (a text).

    Raises:
        InputError: as ``load``.
    """
    dataset = load(name, columns="all")
    pieces, steps = _pieces(dataset), np.diff(dataset.episodes, axis=1)[:, 0]
    lengths, returns = steps[~pieces], dataset.returns()[~pieces]
    try:
        scores = normalised_score(dataset.env_id, returns)
    except InputError:
        scores = np.empty(0)

    conventions = CONVENTIONS.get(robot_of(dataset.env_id or "") or "")

    def forms(columns: Mapping[str, np.ndarray]) -> dict[str, str]:
        return {name: f"{array.shape} {array.dtype}" for name, array in columns.items()}

    return {
        "id": dataset.id,
        "env_id": dataset.env_id,
        "rows": len(dataset),
        "horizon": dataset.horizon,
        "split": dataset.split,
        "columns": forms(dataset.columns),
        "episode_columns": forms(dataset.episode_columns),
        "episodes": len(lengths),
        "pieces": int(np.count_nonzero(pieces)),
        "unfinished_rows": len(dataset) - int(steps.sum()),
        "transitions": len(dataset.transition_rows()[0]),
        "length": _spread(lengths),
        "return": _spread(returns),
        "score": _spread(scores),
        "piece_length": _spread(steps[pieces]),
        "terminals": int(np.count_nonzero(dataset.columns["terminals"])),
        "constant_observations": spans(constant_columns(dataset)),
        "fingerprint": dataset.fingerprint,
        "metadata": {key: _abridged(value) for key, value in dataset.metadata.items()},
        **({"conventions": conventions} if conventions else {}),
    }


def _pieces(dataset: Dataset) -> np.ndarray:
    """(episodes,) bool: which were cut by a timeout before the horizon; none if no environment is known."""
    starts, stops = dataset.episodes.T
    if dataset.env_id is None or dataset.split == "counter":
        return np.zeros(len(starts), dtype=bool)
    return ~np.asarray(dataset.columns["terminals"], dtype=bool)[stops - 1] & (stops - starts < dataset.horizon)


def _spread(values: np.ndarray) -> dict[str, float] | None:
    if not len(values):
        return None
    return {name: float(getattr(values, name)()) for name in ("mean", "std", "min", "max")}


def _abridged(value: Any, longest: int = 20) -> Any:
    if isinstance(value, Mapping):
        return {key: _abridged(inner) for key, inner in value.items()}
    if isinstance(value, list) and (len(value) > longest or any(isinstance(inner, list) for inner in value)):
        return f"{len(value)} entries"
    if isinstance(value, str) and len(value) > 40 * longest:
        return f"{value[: 40 * longest]} ..."
    return value


def convert(
    source: str | Path,
    target: str | Path,
    id: str | None = None,
    scale_actions: tuple[float, float] | None = None,
) -> None:
    """Write a dataset in another format, all columns of it.

    Args:
        source: id or path, as for ``load``.
        target: ``.hdf5`` or ``.h5`` (D4RL's layout), ``.npz``, ``minari:ID``, or a path without suffix: a folder in
            the native format. Must not exist.
        id: what the data are, if the source doesn't say or is wrong: a D4RL id, a recipe id, or the id of the
            environment they came from, ``module:ID`` if a module of yours registers it. A dataset that has no id is
            named after its file.
        scale_actions: map actions from this range to [-1, 1]; see ``Dataset.scale_actions``.

    Raises:
        InputError: as ``load`` and ``Dataset.scale_actions``; ``target`` exists, cannot be written, or cannot hold
            these data.
    """
    to_minari = str(target).startswith("minari:")
    path = Path(target) if to_minari else path_of(target)
    if not to_minari and path.suffix not in ("", ".hdf5", ".h5", ".npz"):
        raise InputError(f"{target}: expected .hdf5, .h5, .npz, minari:ID, or no suffix for a folder")
    if not to_minari and path.exists():
        raise InputError(f"{target}: exists already; remove it or choose another name")
    dataset = _load_as(source, id)
    if scale_actions is not None:
        if source in (*RECIPE_IDS, *D4RL_IDS) or str(source).startswith("minari:"):
            raise InputError(f"{source}: its actions are in [-1, 1] already; leave out --scale-actions")
        if dataset.env_id is not None:
            _check_acts_in_unit_box(dataset.env_id)
        dataset = dataset.scale_actions(*scale_actions)
    if id is not None:
        dataset = acting_in(dataset, str(source))
    dataset = without_derived(dataset)  # formats that users read without palaestra get them back
    if to_minari:
        minari.save(dataset, str(target).removeprefix("minari:"))
    elif path.suffix in (".hdf5", ".h5"):
        d4rl.write_hdf5(dataset, path)
    elif path.suffix == ".npz":
        npz.write_npz(dataset, path)
    else:
        with write_atomically(path) as made:
            dataset.save(made)


def _check_acts_in_unit_box(env_id: str) -> None:
    """Raise an ``InputError`` if an environment doesn't take the actions that scaling would give it."""
    import gymnasium

    try:
        world = environments.make(env_id)
    except (InputError, ImportError):
        return  # training reports it
    with contextlib.closing(world):
        box = world.action_space
    bounds = f"in {box}"
    if isinstance(box, gymnasium.spaces.Box):
        if np.all(box.low == -1) and np.all(box.high == 1):
            return
        bounds = f"from {box.low.min():g} to {box.high.max():g}"
    raise InputError(
        f"{env_id}: takes actions {bounds}, so scaled ones would not be its own; register it in "
        "gymnasium.wrappers.RescaleAction under another id, and convert --as that id"
    )


def _load_as(source: str | Path, id: str | None) -> Dataset:
    if id is None:
        return load(source, columns="all")
    path = path_of(source)
    if str(source).startswith("minari:") or source in (*RECIPE_IDS, *D4RL_IDS):
        return known_as(load(source, columns="all"), id, path)
    return load_path(path, id, columns="all")
