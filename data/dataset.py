"""One dataset type for every learner: columns with one first axis, and where episodes begin and end."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from palaestra.data import environments
from palaestra.data.episodes import columns_of
from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from palaestra.data.batch import Batch

Split = Literal["exact", "timeouts", "counter"]
REQUIRED = ("observations", "actions", "rewards", "terminals")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Logged steps of one environment.

    Attributes:
        id: what the data are: ``hopper-medium-v2`` is D4RL's file, ``palaestra/hopper/medium-v0`` is made by our
            recipe, ``minari:ID`` is Minari's.
        env_id: Gymnasium id of the environment that the data came from; it determines evaluation and reference scores.
            ``module:ID`` if a module of the user's registers it; None if no environment is known.
        columns: arrays of N rows: observations (N, d_s) float32, actions (N, d_a) float32, rewards (N,) float32,
            terminals (N,) bool (the task ended at this step), timeouts (N,) bool (the episode was cut after this
            step; absent from some D4RL files), and the further columns of the source.
        horizon: steps after which the environment cuts an episode; the length of the longest episode if unknown.
        episode_columns: arrays with one row per episode. ``final_observations`` (episodes, d_s) float32, the
            observation after each episode's last step, where the source has it (D4RL files don't);
            ``start_snapshots`` (episodes, bytes) uint8, the environment's snapshot before each episode's first step.
        metadata: plain data from the source.
    """

    id: str
    env_id: str | None
    columns: Mapping[str, np.ndarray]
    horizon: int
    episode_columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_columns(self.columns, self.id)
        for name, array in self.episode_columns.items():
            episodes = len(self._ends_of_flags(tail=True))
            if len(array) != episodes:
                raise InputError(f"{self.id}: {name} has {len(array)} rows, there are {episodes} episodes")
        if (final := self.final_observations) is not None:
            if final.shape[1:] != self.columns["observations"].shape[1:]:
                raise InputError(f"{self.id}: final_observations has shape {final.shape}, unlike observations")
            if not _all_finite(final):
                raise InputError(f"{self.id}: final_observations has NaN or inf")

    @classmethod
    def from_episodes(
        cls, episodes: Iterable[Mapping[str, Any]], env_id: str | None = None, id: str = "episodes"
    ) -> "Dataset":
        """A dataset of whole episodes, each a dict of arrays with one row per step.

        Args:
            episodes: each has ``observations`` (T + 1, d_s), the last one after the last step, ``actions`` (T, d_a) and
                ``rewards`` (T,); ``terminated`` says that the task ended, ``truncated`` that time ran out, each T flags
                or one for the last step. Also read: ``observations`` (T, d_s) with ``next_observations`` (T, d_s) or
                ``final_observation`` (d_s,), or with neither; ``terminals`` or ``terminations``, and ``timeouts`` or
                ``truncations``. An episode that says neither was cut. Other arrays of T rows become further columns.
            env_id: the environment that they came from, if there is one; it is made, and checked against the data.
            id: what the data are.

        Raises:
            InputError: an episode is not as described, names it; or there is no such environment, or it has other
                shapes or another action box.
        """
        columns, episode_columns = columns_of(episodes, id)
        longest = int(np.diff(np.flatnonzero(columns["terminals"] | columns["timeouts"]), prepend=-1).max())
        if env_id is None:
            return cls(id, None, columns, longest, episode_columns)
        dataset = cls(id, env_id, columns, environments.horizon_of(env_id) or longest, episode_columns)
        environments.check_spaces(env_id, id, dataset.observation_dim, dataset.action_dim, columns["actions"])
        return dataset

    def __len__(self) -> int:
        return len(self.columns["rewards"])

    def __repr__(self) -> str:
        columns = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in self.columns.items())
        return f"Dataset({self.id!r}, env_id={self.env_id!r}, {len(self)} rows: {columns})"

    @property
    def observation_dim(self) -> int:
        """Numbers in an observation."""
        return self.columns["observations"].shape[1]

    @property
    def action_dim(self) -> int:
        """Numbers in an action."""
        return self.columns["actions"].shape[1]

    @property
    def final_observations(self) -> np.ndarray | None:
        """(episodes, d_s) float32: the observation after each episode's last step, None where unknown."""
        return self.episode_columns.get("final_observations")

    @property
    def split(self) -> Split:
        """How episodes are separated: ``exact`` (final observations known), by ``timeouts``, or by a ``counter``."""
        if self.final_observations is not None:
            return "exact"
        return "timeouts" if "timeouts" in self.columns else "counter"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the columns that learning reads; equal content gives equal fingerprints in every format."""
        digest = hashlib.sha256()
        for name in (*REQUIRED, "timeouts"):
            if name in self.columns:
                array = np.ascontiguousarray(self.columns[name])
                digest.update(f"{name}{array.shape}{array.dtype.str}".encode())
                digest.update(array.data)
        if self.final_observations is not None:
            digest.update(np.ascontiguousarray(self.final_observations).data)
        return digest.hexdigest()

    def _flagged(self) -> np.ndarray:
        ends = np.asarray(self.columns["terminals"], dtype=bool)
        return ends | np.asarray(self.columns["timeouts"], dtype=bool) if "timeouts" in self.columns else ends

    def _ends_of_flags(self, tail: bool) -> np.ndarray:
        ends = self._flagged()
        rows = np.flatnonzero(ends)
        if tail and len(ends) and not ends[-1]:
            rows = np.append(rows, len(ends) - 1)
        return rows

    @cached_property
    def episodes(self) -> np.ndarray:
        """(episodes, 2) int64: first row and one past the last row of each episode, by D4RL's ``sequence_dataset``.

        A trailing unfinished episode is left out, as there; with ``exact`` splitting it is an episode like any other.
        Without timeouts, D4RL counts steps, and its counter is off by one after the first episode; ours reproduces it.
        """
        if self.split == "counter":
            terminals = np.asarray(self.columns["terminals"], dtype=bool)
            ends = np.flatnonzero(terminals | counted_ends(terminals, self.horizon, dropped_restart=1))
        else:
            ends = self._ends_of_flags(tail=self.split == "exact")
        starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        return np.stack([starts, ends + 1], axis=1).astype(np.int64)

    def returns(self) -> np.ndarray:
        """(episodes,) float64: undiscounted return of every episode of ``episodes``."""
        sums = np.concatenate([[0.0], np.cumsum(self.columns["rewards"], dtype=np.float64)])
        return sums[self.episodes[:, 1]] - sums[self.episodes[:, 0]]

    def iterate_episodes(self) -> Iterator[dict[str, np.ndarray]]:
        """Each episode as a dict of column slices: D4RL's sequence view."""
        for start, stop in self.episodes:
            yield {name: array[start:stop] for name, array in self.columns.items()}

    def transition_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows that are transitions, and where each one's next observation lies.

        Returns:
            rows: (M,) int64, ascending.
            next_rows: (M,) int64 into the observations with ``final_observations`` appended.

        D4RL files follow ``d4rl.qlearning_dataset``: the last row and every timed-out row are dropped, the next
        observation is the next row's, also across an episode's end. Where final observations are known, every row
        is a transition and its next observation is the true one.
        """
        count = len(self)
        if self.split == "exact":
            rows = np.arange(count)
            next_rows = rows + 1
            ends = self.episodes[:, 1] - 1
            next_rows[ends] = count + np.arange(len(ends))
            return rows, next_rows
        terminals = np.asarray(self.columns["terminals"], dtype=bool)
        if self.split == "timeouts":
            final = np.asarray(self.columns["timeouts"], dtype=bool)
        else:
            final = counted_ends(terminals, self.horizon, dropped_restart=0)
        rows = np.flatnonzero(~final[:-1])
        return rows, rows + 1

    def transitions(self, device: "torch.device | str" = "cpu", dtype: "torch.dtype | None" = None) -> "Transitions":
        """The Q-learning view, on ``device``, ready to sample."""
        return Transitions.of(self, device, dtype)

    def best_episodes(self, percent: float) -> "Dataset":
        """The episodes with the highest returns that fill ``percent`` (0 to 100] of the rows, at least one.

        The rule of filtered behaviour cloning in the Decision Transformer's code (Chen et al. 2021, arXiv 2106.01345,
        5.1): whole episodes, best return first, as long as together they are at most X % of the rows.
        """
        if not 0 < percent <= 100:
            raise InputError(f"top-percent must be above 0 and at most 100, got {percent}")
        order = np.argsort(-self.returns(), kind="stable")
        lengths = np.diff(self.episodes, axis=1)[:, 0]
        taken = np.searchsorted(np.cumsum(lengths[order]), percent * lengths.sum() / 100, side="right")
        return self.take_episodes(np.sort(order[: max(taken, 1)]))

    def random_episodes(self, ratio: float, seed: int = 0) -> "Dataset":
        """A random share, above 0 and at most 1, of the ``episodes``, at least one, in their order."""
        if not 0 < ratio <= 1:
            raise InputError(f"the share of episodes must be above 0 and at most 1, got {ratio}")
        if ratio == 1:
            return self
        generator = np.random.Generator(np.random.Philox(key=child_seed(seed, "random episodes")))
        count = max(int(ratio * len(self.episodes)), 1)
        return self.take_episodes(np.sort(generator.permutation(len(self.episodes))[:count]))

    def take_episodes(self, which: Sequence[int] | np.ndarray) -> "Dataset":
        """A dataset of some of the ``episodes``, in the order given."""
        which = np.asarray(which, dtype=np.int64)
        spans = self.episodes[which]
        rows = np.concatenate([np.arange(start, stop) for start, stop in spans]) if len(spans) else np.arange(0)
        columns = {name: array[rows] for name, array in self.columns.items()}
        # Ends that no flag marks (of a cut tail, or counted ones) would be lost between the new neighbours.
        last = np.cumsum(spans[:, 1] - spans[:, 0]) - 1
        unmarked = last[~self._flagged()[spans[:, 1] - 1]]
        if len(unmarked) or self.split == "counter":
            columns["timeouts"] = np.array(columns.get("timeouts", np.zeros(len(rows), dtype=bool)))
            columns["timeouts"][unmarked] = True
        return replace(self, columns=columns, episode_columns={k: v[which] for k, v in self.episode_columns.items()})

    def save(self, folder: Path | str) -> None:
        """Write the native form: one ``.npy`` per column and ``dataset.json``.

        Raises:
            InputError: the folder exists already.
        """
        folder = Path(folder)
        if folder.exists():
            raise InputError(f"{folder}: exists already; remove it or choose another name")
        folder.mkdir(parents=True)
        for kind, arrays in (("rows", self.columns), ("episodes", self.episode_columns)):
            for name, array in arrays.items():
                np.save(_npy(folder, kind, name), array)
        about = {"format": 1, "id": self.id, "env_id": self.env_id, "horizon": self.horizon, "rows": len(self)}
        about |= {"columns": list(self.columns), "episode_columns": list(self.episode_columns)}
        about |= {"fingerprint": self.fingerprint, "metadata": dict(self.metadata)}
        (folder / "dataset.json").write_text(json.dumps(about, indent=1))

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """Open the native form, columns memory-mapped read-only.

        Raises:
            InputError: the folder is not a complete dataset of ours.
        """

        def load(kind: str, names: Sequence[str]) -> dict[str, np.ndarray]:
            return {name: np.load(_npy(folder, kind, name), mmap_mode="r", allow_pickle=False) for name in names}

        try:
            about = json.loads((folder / "dataset.json").read_text())
            columns, episodes = load("rows", about["columns"]), load("episodes", about["episode_columns"])
            rows, horizon, metadata = about["rows"], about["horizon"], about["metadata"]
            dataset = cls(about["id"], about["env_id"], columns, horizon, episodes, metadata)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise InputError(f"{folder}: not a readable dataset ({error}); make or convert it again") from None
        if len(dataset) != rows:
            raise InputError(f"{folder}: {len(dataset)} rows, dataset.json says {rows}; make or convert it again")
        return dataset


def _npy(folder: Path, kind: str, name: str) -> Path:
    return folder / f"{kind}.{name.replace('/', '.')}.npy"


def counted_ends(terminals: np.ndarray, horizon: int, dropped_restart: int) -> np.ndarray:
    """Rows at which D4RL's loops see a time limit in a file without ``timeouts``, vectorised.

    They count steps from 0 and call a row final when the count is ``horizon - 1``. After a terminal row the next
    count is 1, not 0 (the counter is reset, then incremented). After a final row it is ``dropped_restart``: 0 in
    ``qlearning_dataset``, which skips the increment for a row that it drops, 1 in ``sequence_dataset``.

    Args:
        terminals: (N,) bool.
        horizon: steps after which the environment cuts an episode.
        dropped_restart: count of the row after a final one.

    Returns:
        (N,) bool, True on final rows.
    """
    count = len(terminals)
    stops = np.append(np.flatnonzero(terminals) + 1, count)
    starts = np.concatenate([[0], stops[:-1]])
    first = np.ones(len(starts), dtype=np.int64)
    first[0] = 0
    # Rows from one final row to the next inside a run without terminals. With a horizon of 1 a counter that
    # restarts at 1 never comes back to 0: no further row is final.
    period = horizon - dropped_restart or count
    lengths = stops - starts
    if dropped_restart == 0:
        # Only a run whose terminal row is itself final starts its successor at 0 instead of 1.
        for i in np.flatnonzero((lengths % horizon == 0) | (lengths % horizon == horizon - 1)):
            if i + 1 < len(first) and (first[i] + lengths[i]) % horizon == 0 and lengths[i]:
                first[i + 1] = 0
    offsets = np.arange(count) - np.repeat(starts, lengths)
    first_final = np.repeat(horizon - 1 - first, lengths)
    return (offsets >= first_final) & ((offsets - first_final) % period == 0) & (first_final >= 0)


def check_columns(columns: Mapping[str, np.ndarray], where: str) -> None:
    """Raise an ``InputError`` unless the columns are a dataset's: names, shapes, dtypes, finite numbers."""
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InputError(f"{where}: missing {', '.join(missing)} (has {', '.join(columns) or 'nothing'})")
    rows = len(columns["observations"])
    if rows == 0:
        raise InputError(f"{where}: no rows")
    for name, dims in {"observations": 2, "actions": 2, "rewards": 1, "terminals": 1, "timeouts": 1}.items():
        if name not in columns:
            continue
        array = columns[name]
        if array.ndim != dims or len(array) != rows:
            raise InputError(f"{where}: {name} has shape {array.shape}, expected {rows} rows and {dims} dimension(s)")
        kind = "bool" if name in ("terminals", "timeouts") else "float"
        if array.dtype.kind != kind[0]:
            raise InputError(f"{where}: {name} has dtype {array.dtype}, expected {kind}")
        if kind == "float" and not _all_finite(array):
            row = int(np.flatnonzero(~np.isfinite(array).reshape(rows, -1).all(axis=1))[0])
            raise InputError(f"{where}: {name} has NaN or inf, first in row {row}")
    for name, array in columns.items():
        if len(array) != rows:
            raise InputError(f"{where}: {name} has {len(array)} rows, observations have {rows}")


def _all_finite(array: np.ndarray) -> bool:
    # A float64 sum of float32 values is finite exactly when all are: one pass, no temporary of the array's size.
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isfinite(np.sum(array, dtype=np.float64))) or bool(np.isfinite(array).all())


class Transitions:
    """Transitions as tensors on one device; ``batch`` gathers some of them.

    Attributes:
        rows: (M,) int64, the dataset row of each transition.
        next_rows: (M,) int64, the row of its next observation in ``observations``.
        observations: (N + final, d_s); actions (N, d_a); rewards, nonterminals: (N,).
    """

    def __init__(
        self,
        rows: "Tensor",
        next_rows: "Tensor",
        observations: "Tensor",
        actions: "Tensor",
        rewards: "Tensor",
        nonterminals: "Tensor",
    ):
        self.rows, self.next_rows, self.observations = rows, next_rows, observations
        self.actions, self.rewards, self.nonterminals = actions, rewards, nonterminals

    @classmethod
    def of(cls, dataset: Dataset, device: "torch.device | str", dtype: "torch.dtype | None") -> "Transitions":
        """The Q-learning view of ``dataset``; on the CPU and in float32 it shares the dataset's memory."""
        import torch

        dtype = dtype or torch.float32

        def tensor(array: np.ndarray) -> "Tensor":
            return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)

        columns = dataset.columns
        rows, next_rows = dataset.transition_rows()
        if len(rows) == 0:
            raise InputError(f"{dataset.id}: no transitions in {len(dataset)} row(s)")
        observations = columns["observations"]
        if dataset.final_observations is not None:
            observations = np.concatenate([observations, dataset.final_observations])
        return cls(
            tensor(rows),
            tensor(next_rows),
            tensor(observations).to(dtype),
            tensor(columns["actions"]).to(dtype),
            tensor(columns["rewards"]).to(dtype),
            (~tensor(columns["terminals"])).to(dtype),
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimensions(self) -> tuple[int, int]:
        """(d_s, d_a)."""
        return self.observations.shape[1], self.actions.shape[1]

    def batch(self, which: "Tensor") -> "Batch":
        """The transitions ``which``, (seeds, batch) int64 indices below ``len(self)``."""
        from palaestra.data.batch import Batch

        flat = which.reshape(-1)
        rows, next_rows = self.rows[flat], self.next_rows[flat]

        def gather(array: "Tensor", index: "Tensor") -> "Tensor":
            return array.index_select(0, index).view(*which.shape, *array.shape[1:])

        return Batch(
            gather(self.observations, rows),
            gather(self.actions, rows),
            gather(self.rewards, rows),
            gather(self.observations, next_rows),
            gather(self.nonterminals, rows),
            which,
        )

    def normaliser(self, eps: float) -> "tuple[Tensor, Tensor]":
        """Mean and standard deviation + ``eps`` of the transitions' observations, each (d_s,)."""
        return mean_and_std(self.observations, self.rows, eps)


def mean_and_std(observations: "Tensor", rows: "Tensor", eps: float) -> "tuple[Tensor, Tensor]":
    """Mean and standard deviation + ``eps`` of some rows of (N, d_s) observations, each (d_s,).

    Population statistics. Summed in float64: TD3+BC's code (sfujim/TD3_BC, utils.py) sums a million float32 rows
    in float32: on a million rows of N(1, 9) that is off by 1e-5 (mean) and 3e-4 (std) of a standard deviation.
    """
    import torch

    blocks = rows.split(max(1, (1 << 22) // observations.shape[1]))  # 32 MB of float64 at a time

    def mean(values: "Callable[[Tensor], Tensor]") -> "Tensor":
        sums = (values(observations[block].double()).sum(dim=0) for block in blocks)
        return sum(sums, start=observations.new_zeros((), dtype=torch.float64)) / len(rows)

    centre = mean(lambda states: states)
    spread = mean(lambda states: (states - centre).square()).sqrt() + eps
    return centre.to(observations.dtype), spread.to(observations.dtype)
