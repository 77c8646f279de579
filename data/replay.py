"""The replay buffer of online training: a dataset, followed by the transitions that each seed collects."""

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from palaestra.data.batch import Batch
from palaestra.data.dataset import Transitions
from palaestra.data.errors import InputError
from palaestra.data.store import MAKE_ROOM, append_whole, explain_write_errors
from palaestra.data.streams import Stream

ROW_MULTIPLE = 16  # a float32 row is padded to a multiple of this, so that it is aligned with cache lines


class Replay:
    """A dataset's transitions, shared by all seeds, followed by those that each seed has collected.

    Every seed has ``len(replay)`` transitions: the dataset's at indices 0 to M - 1, then its own. All numbers of a
    transition are adjacent in one row, so that a batch is a single gather; new rows are written in place, so that
    captured CUDA graphs see them.

    Args:
        transitions: of the dataset.
        seeds: K.
        capacity: maximum number of steps added by each seed.

    Attributes:
        offline: M.
        steps: number of steps added by each seed.
        width: length of a transition, d_s + d_a + 2 + d_s: [s, a, r, nonterminal, s'].
        rows: (M + capacity x K, width rounded up); step t of seed k in row M + t x K + k.
    """

    def __init__(self, transitions: Transitions, seeds: int, capacity: int):
        self.offline, self.seeds, self.steps = len(transitions), seeds, 0
        first = transitions.batch(torch.zeros(1, 1, dtype=torch.int64, device=transitions.rows.device))
        state_dim, action_dim = first.observations.shape[-1], first.actions.shape[-1]
        self.parts = [state_dim, action_dim, 2, state_dim]
        self.width = sum(self.parts)
        self.parts.append(-self.width % ROW_MULTIPLE)
        like = first.observations
        self.rows = torch.zeros(self.offline + capacity * seeds, sum(self.parts), dtype=like.dtype, device=like.device)
        for which in torch.arange(self.offline, device=like.device).split(1 << 16):
            s, a, r, s2, m, _ = transitions.batch(which[None])
            self.rows[which, : self.width] = torch.cat([s, a, r[..., None], m[..., None], s2], dim=-1)[0]
        # A seed's own transition i >= M lies in row i x K + (k - M (K - 1)).
        self._shift = torch.arange(seeds, device=like.device)[:, None] - self.offline * (seeds - 1)

    def __len__(self) -> int:
        return self.offline + self.steps

    def append(
        self,
        observations: np.ndarray,
        actions: np.ndarray,
        rewards: np.ndarray,
        nonterminals: np.ndarray,
        next_observations: np.ndarray,
    ) -> None:
        """Add one transition of every seed: (K, d_s), (K, d_a), (K,), (K,), (K, d_s), of any dtype."""
        columns = [observations, actions, rewards[:, None], nonterminals[:, None], next_observations]
        self.extend(torch.from_numpy(np.concatenate(columns, axis=1))[None])

    def extend(self, rows: Tensor) -> None:
        """Add rows in the format of ``added``: (steps, K, width)."""
        start = self.offline + self.steps * self.seeds
        self.rows[start : start + len(rows) * self.seeds, : self.width] = rows.flatten(0, 1).to(self.rows)
        self.steps += len(rows)

    def added(self, start: int) -> Tensor:
        """A view of the rows added since step ``start``: (steps, K, width)."""
        stop = self.offline + self.steps * self.seeds
        return self.rows[self.offline + start * self.seeds : stop, : self.width].unflatten(0, (-1, self.seeds))

    def collected(self, start: int, stop: int) -> Batch:
        """The transitions of the steps ``start`` to ``stop`` - 1 in order: (K, stop - start, ...)."""
        which = torch.arange(self.offline + start, self.offline + stop, device=self.rows.device)
        return self.batch(which.expand(self.seeds, -1))

    lived = collected  # its name in 0.1.0

    def batch(self, which: Tensor) -> Batch:
        """The transitions ``which``, (K, batch) int64, row k holds indices of seed k, below ``len(self)``."""
        row = torch.where(which < self.offline, which, which * self.seeds + self._shift) if self.seeds > 1 else which
        s, a, rm, s2, _ = torch.embedding(self.rows, row).split_with_sizes(self.parts, dim=-1)
        r, m = rm.unbind(dim=-1)
        return Batch(s, a, r, s2, m, which)


class ReplayIndices(Stream):
    """Indices into a ``Replay`` at its current length, uniform and independent for every seed.

    Args:
        replay: to sample from.
        seeds: K integers.
        purpose: of the stream.
        batch_size: indices per seed and draw.
        online_share: share of every draw from the seeds' own transitions, the rest being from the dataset; None
            samples uniformly from both together.
        position: number of earlier draws.
    """

    def __init__(
        self,
        replay: Replay,
        seeds: list[int],
        purpose: str,
        batch_size: int,
        online_share: float | None,
        position: int,
    ):
        # Taking 62 random bits modulo the length makes the indices uniform up to a few parts in 10^12.
        super().__init__(seeds, purpose, (batch_size,), high=2**62, device=replay.rows.device)
        self.replay, self.position = replay, position
        self.online = None if online_share is None else round(online_share * batch_size)

    def draw(self) -> Tensor:
        """(K, batch) int64."""
        bits, replay = super().draw(), self.replay
        if self.online is None:
            return bits % len(replay)
        old, new = bits.split([bits.shape[1] - self.online, self.online], dim=1)
        return torch.cat([old % replay.offline, new % replay.steps + replay.offline], dim=1)


class RowFile:
    """An append-only file of little-endian numbers without a header.

    The number of valid rows is stored elsewhere. After a crash the file may have more; ``cut`` removes them.

    Args:
        path: the file, which need not exist yet.
        shape: of one row.
        dtype: of the numbers.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: torch.dtype):
        self.path, self.shape = path, shape
        self.dtype = np.dtype(str(dtype).removeprefix("torch.")).newbyteorder("<")
        self.row_bytes = int(np.prod(shape)) * self.dtype.itemsize

    def cut(self, rows: int) -> None:
        """Keep the first ``rows`` rows.

        Raises:
            InputError: the file has fewer.
        """
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < rows * self.row_bytes:
            raise InputError(
                f"{self.path}: has {size} bytes, expected {rows * self.row_bytes}; the file is damaged, train again"
            )
        if self.path.exists():
            os.truncate(self.path, rows * self.row_bytes)

    def append(self, rows: Tensor) -> None:
        """Append (n, *shape) rows and sync the file; on an error, none of them is kept.

        Raises:
            InputError: the file cannot be written: no space, no permission.
        """
        data = rows.cpu().numpy().astype(self.dtype, copy=False).tobytes()
        with explain_write_errors(self.path, MAKE_ROOM):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            end = os.fstat(descriptor).st_size
            try:
                append_whole(descriptor, data, end, synced=True)
            finally:
                os.close(descriptor)

    def read(self, rows: int) -> Tensor:
        """The first ``rows`` rows, (rows, *shape), memory-mapped."""
        shape = (rows, *self.shape)
        if rows == 0:
            return torch.from_numpy(np.zeros(shape, self.dtype.newbyteorder("=")))
        return torch.from_numpy(np.memmap(self.path, self.dtype, mode="c", shape=shape))
