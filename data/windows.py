"""Windows: segments of episodes with their returns-to-go, for sequence models."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from palaestra.data.dataset import Dataset, mean_and_std
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class WindowBatch(NamedTuple):
    """Windows for every seed, drawn independently per seed; all tensors on one device.

    Padding (zeros) follows the steps, so a causal model does not attend to it.

    Attributes:
        observations: (seeds, batch, length, observation dim), float, as stored (not normalised).
        actions: (seeds, batch, length, action dim), float.
        returns_to_go: (seeds, batch, length), float: sum of the rewards from this step to the episode's end.
        timesteps: (seeds, batch, length), int64: the step's number in its episode, from 0.
        mask: (seeds, batch, length), float: 1 for a step, 0 for padding.
    """

    observations: "Tensor"
    actions: "Tensor"
    returns_to_go: "Tensor"
    timesteps: "Tensor"
    mask: "Tensor"


class Windows:
    """The windows of a dataset, one for every step of every episode; ``batch`` gathers minibatches.

    The Decision Transformer's code (github.com/kzl/decision-transformer) samples an episode with a probability
    proportional to its length and then a step of it, which is uniform over steps. A window's index is its first row.

    Attributes:
        length: steps in a window.
        observations: (N + 1, d_s), actions (N + 1, d_a), returns_to_go (N + 1,), timesteps (N + 1,): the steps of all
            episodes, and a last row of zeros, the padding.
        stops: (N,) int64, one past the last row of each row's episode.
    """

    def __init__(
        self,
        length: int,
        observations: "Tensor",
        actions: "Tensor",
        returns_to_go: "Tensor",
        timesteps: "Tensor",
        stops: "Tensor",
    ):
        self.length, self.observations, self.actions = length, observations, actions
        self.returns_to_go, self.timesteps, self.stops = returns_to_go, timesteps, stops

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        length: int,
        device: "torch.device | str" = "cpu",
        dtype: "torch.dtype | None" = None,
        delayed: bool = False,
    ) -> "Windows":
        """The windows of ``dataset.episodes``.

        Args:
            dataset: rows that belong to no complete episode are left out.
            length: steps in a window.
            device: of the tensors.
            dtype: of the floats, float32 by default.
            delayed: move all of an episode's rewards to its last step.

        Raises:
            InputError: there is no complete episode.
        """
        import torch

        episodes = dataset.episodes
        if len(episodes) == 0:
            raise InputError(f"{dataset.id}: no complete episode in {len(dataset)} row(s)")
        lengths = episodes[:, 1] - episodes[:, 0]
        starts, stops = (np.repeat(bound, lengths) for bound in episodes.T)
        rows = np.arange(len(stops))  # episodes are contiguous, starting at row 0
        sums = np.concatenate([[0.0], np.cumsum(dataset.columns["rewards"], dtype=np.float64)])
        returns_to_go = sums[stops] - sums[starts if delayed else rows]

        def tensor(array: np.ndarray, kind: "torch.dtype") -> "Tensor":
            padded = np.concatenate([array[: len(rows)], np.zeros_like(array[:1])])
            return torch.from_numpy(padded).to(device, kind)

        dtype = dtype or torch.float32
        return cls(
            length,
            tensor(dataset.columns["observations"], dtype),
            tensor(dataset.columns["actions"], dtype),
            tensor(returns_to_go, dtype),
            tensor(rows - starts, torch.int64),
            torch.from_numpy(stops).to(device),
        )

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def dimensions(self) -> tuple[int, int]:
        """(d_s, d_a)."""
        return self.observations.shape[1], self.actions.shape[1]

    def batch(self, which: "Tensor") -> WindowBatch:
        """The windows that begin at rows ``which``, (seeds, batch) int64 below ``len(self)``."""
        import torch

        rows = which.unsqueeze(-1) + torch.arange(self.length, device=which.device)
        real = rows < self.stops[which].unsqueeze(-1)
        rows = rows.where(real, len(self))
        flat = rows.reshape(-1)

        def gather(array: "Tensor") -> "Tensor":
            return array.index_select(0, flat).view(*rows.shape, *array.shape[1:])

        return WindowBatch(
            gather(self.observations),
            gather(self.actions),
            gather(self.returns_to_go),
            gather(self.timesteps),
            real.to(self.observations.dtype),
        )

    def normaliser(self, eps: float) -> "tuple[Tensor, Tensor]":
        """Mean and standard deviation + ``eps`` of all steps' observations, each (d_s,)."""
        import torch

        return mean_and_std(self.observations, torch.arange(len(self), device=self.stops.device), eps)
