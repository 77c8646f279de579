"""Step an environment through a dataset's episodes, and compare it with the rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.envs.mujoco.engine import EngineWorld

TOLERANCE = 1e-2  # of a row stepped from float32 states: absolute error of an observation
MIN_SHARE = 0.95  # share of such rows that must be within the tolerance
SHOWN = 5  # of the bad rows
QUANTILES = (0.5, 0.95, 0.99, 1.0)


@dataclass
class Comparison:
    """What came out of stepping rows.

    Attributes:
        method: how states were set: ``snapshots`` (at an episode's start; every bit must agree) or ``states`` (at every
            row from ``infos/``, rounded and of another MuJoCo).
        gaps: by column, the largest absolute difference in each row that was compared.
        rows: by column, those rows of the dataset.
    """

    method: str
    gaps: dict[str, list[float]] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, row: int, stored: Any, stepped: Any) -> None:
        """Compare one row of a column."""
        gap = np.abs(np.asarray(stored, dtype=np.float64) - np.asarray(stepped, dtype=np.float64)).max()
        self.gaps.setdefault(name, []).append(float(gap))
        self.rows.setdefault(name, []).append(row)

    @property
    def tolerance(self) -> float:
        """The largest difference that is none."""
        return 0.0 if self.method == "snapshots" else TOLERANCE

    def bad(self) -> list[tuple[int, str, float]]:
        """(row, column, difference) of all differences, in the order of rows."""
        pairs = ((name, zip(self.rows[name], gaps)) for name, gaps in self.gaps.items())
        return sorted((row, name, gap) for name, rows in pairs for row, gap in rows if not gap <= self.tolerance)

    @property
    def ok(self) -> bool:
        """Whether the environment reproduces the rows."""
        if self.method == "snapshots":
            return not self.bad()
        gaps = np.array(self.gaps.get("observations", [0.0]))
        return bool(np.mean(gaps <= TOLERANCE) >= MIN_SHARE)

    def lines(self) -> Iterator[str]:
        """The quantiles of each column's differences, and the first bad rows."""
        for name, gaps in self.gaps.items():
            values = ", ".join(
                f"{'largest' if q == 1 else f'{100 * q:g} %'} {np.quantile(gaps, q):.3g}" for q in QUANTILES
            )
            yield f"{name}: {values} ({len(gaps):,} rows)"
        bad = self.bad()
        for row, name, gap in bad[:SHOWN]:
            yield f"row {row}: {name} differ by {gap:.3g}"
        if len(bad) > SHOWN:
            yield f"and {len(bad) - SHOWN:,} more"


def compare(
    dataset: Dataset,
    world: "EngineWorld",
    episodes: Sequence[int] | None = None,
    watch: Callable[[np.ndarray | None], None] | None = None,
) -> Comparison:
    """Step ``world`` with the stored actions of some episodes, and compare observations, rewards and terminals.

    Args:
        dataset: with start snapshots, or with ``infos/qpos`` and ``infos/qvel`` (and, for Adroit, what else its resets
            draw).
        world: of the dataset.
        episodes: their numbers; by default all.
        watch: called with a picture after each step, where the world has a render mode.

    Raises:
        InputError: there is no such episode, or the dataset has no states.
    """
    columns, spans = dataset.columns, dataset.episodes
    numbers = range(len(spans)) if episodes is None else episodes
    if absent := [number for number in numbers if not 0 <= number < len(spans)]:
        raise InputError(f"{dataset.id}: has no episode {absent[0]}; there are {len(spans)}, counted from 0")
    snapshots = dataset.episode_columns.get("start_snapshots")
    names = _state_columns(dataset, world)
    if snapshots is None and names is None:
        raise InputError(
            f"{dataset.id}: cannot be replayed, it has neither start snapshots nor infos/qpos and infos/qvel"
        )
    result = Comparison("states" if snapshots is None else "snapshots")
    final = dataset.final_observations
    for number in numbers:
        start, stop = spans[number].tolist()
        if snapshots is None:
            world.reset(seed=0)
        else:
            _restore(dataset, world, number, np.asarray(snapshots[number]).tobytes())
        for row in range(start, stop):
            if names is not None and snapshots is None:
                _put(world, {name: np.asarray(columns[f"infos/{name}"][row], dtype=np.float64) for name in names})
            observation, reward, terminated, _, _ = world.step(columns["actions"][row])
            if watch is not None:
                watch(world.render())
            if row + 1 < stop or final is not None:
                following = columns["observations"][row + 1] if row + 1 < stop else final[number]  # type: ignore[index]
                result.add("observations", row, following, observation.astype(np.float32))
            result.add("rewards", row, columns["rewards"][row], np.float32(reward))
            result.add("terminals", row, columns["terminals"][row], terminated)
    return result


def _restore(dataset: Dataset, world: "EngineWorld", episode: int, snapshot: bytes) -> None:
    try:
        world.restore(snapshot)
    except ValueError as error:
        raise InputError(f"{dataset.id}: the start of episode {episode} cannot be restored: {error}") from None


def _state_columns(dataset: Dataset, world: "EngineWorld") -> tuple[str, ...] | None:
    """Names in ``infos/`` of a state that the world can be set to, None if some are missing."""
    names = tuple(world.get_env_state()) if hasattr(world, "get_env_state") else ("qpos", "qvel")
    return names if all(f"infos/{name}" in dataset.columns for name in names) else None


def _put(world: Any, state: dict[str, np.ndarray]) -> None:
    import mujoco

    mujoco.mj_resetData(world.model, world.data)
    if hasattr(world, "set_env_state"):
        world.set_env_state(state)
    else:
        world.set_state(state["qpos"], state["qvel"])
