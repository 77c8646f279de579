"""One batch of sampled rows, and what every objective does with it: mask, aggregate, estimate a divergence.

B is the number of rows, T the number of token positions. A mask is 1 (or True) for tokens that the policy sampled and
0 for prompts, tool output and padding. Whatever stands at masked-out positions, NaN included, changes neither values
nor gradients.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Aggregation = Literal["seq_mean", "token_mean", "const"]
"""How a loss per token becomes a scalar; see ``masked_mean``."""
Estimator = Literal["k1", "k2", "k3"]
"""How a divergence is estimated from one sampled token; see ``log_ratio_kl``."""


@dataclass(frozen=True)
class LanguageBatch:
    """Rows of sampled tokens; float tensors in float32 or float64, all on one device.

    Attributes:
        logp: (B, T), log-probabilities of the tokens under the policy in training; carries the gradient.
        old: (B, T), the same under the policy that sampled them.
        mask: (B, T), float or bool, 1 for sampled tokens.
        advantage: (B,), one value for all tokens of a row, or (B, T), one per token.
        ref: (B, T), log-probabilities under a frozen reference policy, or None.

    Raises:
        ValueError: the shapes don't fit each other.
    """

    logp: Tensor
    old: Tensor
    mask: Tensor
    advantage: Tensor
    ref: Tensor | None = None

    def __post_init__(self) -> None:
        shape = self.logp.shape
        if len(shape) != 2:
            raise ValueError(f"logp must be (B, T), got {tuple(shape)}")
        for name, tensor in (("old", self.old), ("mask", self.mask), ("ref", self.ref)):
            if tensor is not None and tensor.shape != shape:
                raise ValueError(f"{name} must be {tuple(shape)} as logp, got {tuple(tensor.shape)}")
        if self.advantage.shape not in (shape, shape[:1]):
            raise ValueError(
                f"advantage must be {tuple(shape[:1])} or {tuple(shape)}, got {tuple(self.advantage.shape)}"
            )


def kept(values: Tensor, mask: Tensor) -> Tensor:
    """``values`` with zeros at masked-out positions, where neither values nor gradients pass.

    Apply it before any nonlinear function: the gradient of exp(inf) is NaN even if its value is masked afterwards.
    """
    return torch.where(mask.bool(), values, torch.zeros_like(values))


def row_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over a row's sampled tokens; 0 for a row without any.

    Args:
        values: (..., T), float.
        mask: (..., T), float or bool.

    Returns:
        (...), in the dtype of ``values``.
    """
    return kept(values, mask).sum(-1) / mask.bool().sum(-1).clamp(min=1)


def masked_mean(values: Tensor, mask: Tensor, aggregation: Aggregation, longest: int | None = None) -> Tensor:
    """A scalar from one value per token.

    - ``seq_mean``: the mean over rows of each row's token mean, so that a token of a short row weighs more: GRPO
      (Shao et al., 2024, arXiv 2402.03300, eq. 3). A row without sampled tokens counts as 0.
    - ``token_mean``: the mean over all sampled tokens of the batch: DAPO (Yu et al., 2025, arXiv 2503.14476,
      section 3.3).
    - ``const``: the sum over sampled tokens divided by B times ``longest``, whatever the rows' lengths: Dr. GRPO (Liu
      et al., 2025, arXiv 2503.20783, section 3).

    Args:
        values: (B, T), float.
        mask: (B, T), float or bool.
        aggregation: one of the above.
        longest: the largest number of tokens that a row may have, at least 1; only ``const`` uses it.

    Returns:
        A scalar in the dtype of ``values``; 0 if no token was sampled.

    Raises:
        ValueError: the aggregation is unknown, or ``const`` has no ``longest`` of at least 1.
    """
    match aggregation:
        case "seq_mean":
            return row_mean(values, mask).mean()
        case "token_mean":
            return row_mean(values.flatten(), mask.flatten())
        case "const" if longest is not None and longest >= 1:
            return kept(values, mask).sum() / (len(values) * longest)
        case "const":
            raise ValueError(f"const needs the length of the longest row, at least 1, got {longest}")
    raise ValueError(f"aggregation must be seq_mean, token_mean or const, got {aggregation!r}")


def log_ratio_kl(logp: Tensor, ref: Tensor, estimator: Estimator) -> Tensor:
    """KL(policy || reference) per token, estimated from the sampled token (Schulman, 2020, "Approximating KL").

    With d = ref - logp: k1 is -d, unbiased and of either sign; k2 is d^2 / 2, biased and never negative; k3 is
    exp(d) - 1 - d, unbiased and never negative. That is about values, for tokens sampled from the policy. Only k2 has
    the divergence's gradient in expectation; that of k1 is zero, and that of k3 belongs to KL(reference || policy).

    Args:
        logp: (...), float.
        ref: (...), float; mask both with ``kept`` first if they contain positions that must not count.
        estimator: k1, k2 or k3.

    Returns:
        (...), in the dtype of the arguments.

    Raises:
        ValueError: the estimator is unknown.
    """
    d = ref - logp
    match estimator:
        case "k1":
            return -d
        case "k2":
            return d.square() / 2
        case "k3":
            return torch.expm1(d) - d
    raise ValueError(f"estimator must be k1, k2 or k3, got {estimator!r}")
