"""Gaussian policies with a leading seed axis: distributions over actions, and the networks that output them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from palaestra.offline_rl.nets import MLP


class Gaussian(NamedTuple):
    """A diagonal Gaussian over actions; ``mean`` and ``log_std`` broadcast to (K, batch, d_a)."""

    mean: Tensor
    log_std: Tensor

    @property
    def mode(self) -> Tensor:
        """The most likely action: (K, batch, d_a)."""
        return self.mean

    def sample(self, noise: Tensor) -> Tensor:
        """The reparameterised sample for standard normal ``noise`` (K, batch, d_a); not clipped."""
        return self.mean + self.log_std.exp() * noise

    def log_prob(self, a: Tensor) -> Tensor:
        """Log density of actions: (K, batch, d_a) -> (K, batch)."""
        z = (a - self.mean) * (-self.log_std).exp()
        return (-0.5 * z.square() - self.log_std - 0.5 * math.log(2 * math.pi)).sum(dim=-1)


class TanhGaussian(NamedTuple):
    """The distribution of tanh(x), x from a diagonal Gaussian with this ``mean`` and ``log_std``, (K, batch, d_a)."""

    mean: Tensor
    log_std: Tensor

    @property
    def mode(self) -> Tensor:
        """The squashed mean, (K, batch, d_a), the deterministic action of SAC and algorithms based on it."""
        return torch.tanh(self.mean)

    def sample(self, noise: Tensor) -> Tensor:
        """The reparameterised sample for standard normal ``noise`` (K, batch, d_a)."""
        return torch.tanh(self.mean + self.log_std.exp() * noise)

    def sample_with_log_prob(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The sample, (K, batch, d_a), and its log density, (K, batch)."""
        x = self.mean + self.log_std.exp() * noise
        return torch.tanh(x), self._log_prob_of_tanh(x)

    def samples_with_log_prob(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Several actions in every state: noise (K, batch, n, d_a) -> (K, batch, n, d_a), (K, batch, n)."""
        return TanhGaussian(self.mean.unsqueeze(-2), self.log_std.unsqueeze(-2)).sample_with_log_prob(noise)

    def log_prob(self, a: Tensor) -> Tensor:
        """Log density of actions inside (-1, 1): (K, batch, d_a) -> (K, batch)."""
        return self._log_prob_of_tanh(torch.atanh(a))

    def _log_prob_of_tanh(self, x: Tensor) -> Tensor:
        # log(1 - tanh(x)^2), in a form that stays accurate where tanh(x) rounds to 1
        log_slope = 2 * (math.log(2) - x - nn.functional.softplus(-2 * x))
        return Gaussian(self.mean, self.log_std).log_prob(x) - log_slope.sum(dim=-1)


class GaussianActor(nn.Module):
    """Gaussian policy with a learned, state-independent standard deviation.

    Args:
        seeds: K.
        state_dim: width of the input.
        action_dim: d_a.
        hidden: widths of the hidden layers.
        log_std_range: clipping range of log sigma, which is initially 0.
        tanh_mean: squash the mean, not the sample, into [-1, 1].
    """

    def __init__(
        self,
        seeds: int,
        state_dim: int,
        action_dim: int,
        hidden: Sequence[int],
        log_std_range: tuple[float, float],
        tanh_mean: bool,
    ):
        super().__init__()
        self.mlp = MLP(seeds, (state_dim, *hidden, action_dim))
        self.log_std = nn.Parameter(torch.zeros(seeds, 1, action_dim))
        self.log_std_range, self.tanh_mean = log_std_range, tanh_mean

    def forward(self, s: Tensor, factors: Sequence[Tensor] = ()) -> Gaussian:
        """The policy in states (K, batch, state_dim); ``factors`` as in ``MLP.forward``."""
        mean = self.mlp(s, factors=factors)
        return Gaussian(torch.tanh(mean) if self.tanh_mean else mean, self.log_std.clamp(*self.log_std_range))


class TanhGaussianActor(nn.Module):
    """SAC's policy (Haarnoja et al. 2018, arXiv 1812.05905): one network outputs the mean and log sigma.

    log sigma = multiplier * output + offset, clipped to [-20, 2]. The two scalars are learned, with initial values 1
    and -1, as in github.com/young-geng/CQL and its descendants.
    """

    def __init__(self, seeds: int, state_dim: int, action_dim: int, hidden: Sequence[int]):
        super().__init__()
        self.mlp = MLP(seeds, (state_dim, *hidden, 2 * action_dim))
        self.multiplier = nn.Parameter(torch.ones(seeds, 1, 1))
        self.offset = nn.Parameter(-torch.ones(seeds, 1, 1))

    def forward(self, s: Tensor) -> TanhGaussian:
        """The policy in states (K, batch, state_dim)."""
        mean, log_std = self.mlp(s).chunk(2, dim=-1)
        return TanhGaussian(mean, (self.multiplier * log_std + self.offset).clamp(-20, 2))
