"""The return-conditioned policy of sequence models over windows of (return to go, state, action)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.offline_rl.nets import Normaliser


def best_return(dataset: Dataset) -> float:
    """The highest undiscounted return of an episode, the default target return.

    Raises:
        InputError: there is no complete episode.
    """
    returns = dataset.returns()
    if len(returns) == 0:
        raise InputError(f"{dataset.id}: no complete episode in {len(dataset)} row(s)")
    return float(returns.max())


class ReturnConditionedPolicy:
    """Conditions a sequence model on target returns and keeps a window of the last steps of every world.

    The target return in world j of each seed is ``targets[j % len(targets)]``; rewards are subtracted from the return
    to go. The window is encoded again at every step, for all worlds at once: a cache of keys and values would not be
    exact once the window slides, because it would depend on steps that have left the window.

    Args:
        predict: (returns to go / scale (K, n, length), normalised states (K, n, length, d_s), actions (K, n, length,
            d_a), timesteps (K, n, length)) -> actions (K, n, length, d_a), each from the tokens before it.
        normaliser: applied to observations first.
        action_dim: d_a.
        length: steps in a window.
        targets: undiscounted target returns.
        scale: divisor of returns.
        delayed: whether rewards come at the episode's end only, so that the return to go is constant.
    """

    def __init__(
        self,
        predict: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor],
        normaliser: Normaliser,
        action_dim: int,
        length: int,
        targets: Sequence[float],
        scale: float,
        delayed: bool = False,
    ):
        self.predict, self.normaliser, self.action_dim = predict, normaliser, action_dim
        self.length, self.targets, self.scale, self.delayed = length, tuple(targets), scale, delayed
        self.begun = False

    def reset(self, which: np.ndarray | None = None) -> None:
        """Clear the windows of the worlds that begin an episode: (K, n) bool, None for all."""
        if which is None:
            self.begun = False
        elif self.begun:
            self.steps[torch.as_tensor(which, device=self.steps.device)] = 0

    def _begin(self, states: Tensor) -> None:
        """Allocate empty windows, with the newest step last; ``steps`` counts the steps of each world's episode."""
        self.begun, grid = True, states.shape[:2]
        size = (*grid, self.length)
        self.steps = torch.zeros(grid, dtype=torch.int64, device=states.device)
        self.states = states.new_zeros(*size, states.shape[-1])
        self.actions = states.new_zeros(*size, self.action_dim)
        self.returns = states.new_zeros(size)
        targets = [self.targets[j % len(self.targets)] for j in range(grid[1])]
        self.first_returns = torch.tensor(targets, dtype=states.dtype, device=states.device) / self.scale

    @torch.no_grad()
    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s), (K, n) -> (K, n, d_a) float32 in [-1, 1]; missing rewards count as 0."""
        mean = self.normaliser.mean
        states = self.normaliser(torch.as_tensor(observations, device=mean.device, dtype=mean.dtype))
        if not self.begun:
            self._begin(states)
        returns = self.returns[..., -1]
        if rewards is not None and not self.delayed:
            returns = returns - torch.as_tensor(rewards, device=states.device, dtype=states.dtype) / self.scale
        returns = torch.where(self.steps == 0, self.first_returns, returns)
        self.states = torch.cat([self.states[:, :, 1:], states.unsqueeze(2)], dim=2)
        self.actions = torch.cat([self.actions[:, :, 1:], torch.zeros_like(self.actions[:, :, :1])], dim=2)
        self.returns = torch.cat([self.returns[..., 1:], returns.unsqueeze(-1)], dim=-1)
        self.steps += 1
        actions = self._newest_action()
        self.actions[:, :, -1] = actions
        return actions.clamp(-1, 1).cpu().numpy().astype(np.float32)

    def _newest_action(self) -> Tensor:
        """The model's action for the newest step; windows are shifted so that padding comes after their steps."""
        filled = self.steps.clamp(max=self.length).unsqueeze(-1)
        place = torch.arange(self.length, device=filled.device)
        index = (place + self.length - filled).clamp(max=self.length - 1)
        states, actions = (x.take_along_dim(index.unsqueeze(-1), dim=2) for x in (self.states, self.actions))
        timesteps = self.steps.unsqueeze(-1) - filled + place
        predicted = self.predict(self.returns.take_along_dim(index, dim=2), states, actions, timesteps)
        return predicted.take_along_dim((filled - 1).unsqueeze(-1), dim=2).squeeze(2)
