"""Shared code of FamO2O's learners: policies conditioned on a balance coefficient, and the balance model.

FamO2O: Wang et al., NeurIPS 2023, arXiv 2310.17966. The balance coefficient beta weighs policy improvement against
staying close to the data. A universal policy pi_u(a | s, beta) is trained for a range of coefficients; a balance
model pi_b(s) outputs x in (-1, 1), which is mapped to the state's beta.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from palaestra.offline_rl.gaussian import Gaussian, TanhGaussian

ENCODING_DIM = 6  # width of the encoding of beta in the universal policy's input
_PERIODS = tuple(1e4 ** (i / ENCODING_DIM) for i in range(0, ENCODING_DIM, 2))


def encoded(beta: Tensor) -> Tensor:
    """Interleaved sines and cosines of beta at the frequencies 1e4^(-2 i / 6): (..., 1) -> (..., 6).

    The positional encoding of Vaswani et al. 2017 (arXiv 1706.03762, 3.5).
    """
    angles = [beta / period for period in _PERIODS]
    return torch.cat([function(angle) for angle in angles for function in (torch.sin, torch.cos)], dim=-1)


def condition(s: Tensor, beta: Tensor) -> Tensor:
    """The universal policy's input: (..., d_s), (..., 1) -> (..., d_s + 6)."""
    return torch.cat([s, encoded(beta)], dim=-1)


told, ENCODED = condition, ENCODING_DIM  # their names in 0.1.0


def coefficient(x: Tensor, span: tuple[float, float]) -> Tensor:
    """Map x in (-1, 1) linearly to a beta in ``span``."""
    low, high = span
    return low + (x + 1) / 2 * (high - low)


def uniform(noise: Tensor, span: tuple[float, float]) -> Tensor:
    """Uniform numbers in ``span`` from standard normal ones, by the normal distribution function."""
    return coefficient(torch.erf(noise * 2**-0.5), span)


class Balanced(nn.Module):
    """The policy for acting: pi_u(a | s, beta) with beta from the balance model's mode.

    Args:
        universal: (K, batch, d_s + 6) -> a distribution over actions.
        balance: (K, batch, d_s) -> a distribution over x.
        map: x -> beta.
    """

    def __init__(self, universal: nn.Module, balance: nn.Module, map: Callable[[Tensor], Tensor]):
        super().__init__()
        self.universal, self.balance, self.map = universal, balance, map

    def forward(self, s: Tensor) -> Gaussian | TanhGaussian:
        """(K, batch, d_s) -> a distribution over actions."""
        return self.universal(condition(s, self.map(self.balance(s).mode)))
