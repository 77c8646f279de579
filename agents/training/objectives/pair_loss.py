"""Losses over pairs of a preferred and a rejected response to the same prompt."""

import torch
from torch import Tensor


def dpo(winner: Tensor, loser: Tensor, ref_winner: Tensor, ref_loser: Tensor, beta: float = 0.1) -> Tensor:
    """Direct preference optimisation (Rafailov et al., 2023, arXiv 2305.18290, eq. 7).

        -log sigmoid(beta h),    h = (winner - ref_winner) - (loser - ref_loser)

    Args:
        winner: (B,), log-probabilities of the preferred responses under the policy, summed over their sampled tokens.
        loser: (B,), of the rejected responses.
        ref_winner: (B,), of the preferred responses under the frozen reference.
        ref_loser: (B,), of the rejected responses under the frozen reference.
        beta: inverse scale of the implied reward, above 0; the smaller, the further the policy may move.

    Returns:
        A scalar, the mean over pairs.
    """
    return -torch.nn.functional.logsigmoid(beta * _margin(winner, loser, ref_winner, ref_loser)).mean()


def ipo(winner: Tensor, loser: Tensor, ref_winner: Tensor, ref_loser: Tensor, beta: float = 0.1) -> Tensor:
    """Identity preference optimisation (Azar et al., 2023, arXiv 2310.12036, eq. 17; beta is its tau).

        (h - 1 / (2 beta))^2

    h is as in ``dpo``, but of means over tokens (``batch.row_mean``) instead of sums, so that the margin to reach
    doesn't depend on the responses' lengths. The paper writes log-probabilities of whole responses.

    Args:
        winner: (B,), mean log-probability per token of the preferred responses under the policy.
        loser: (B,), of the rejected responses.
        ref_winner: (B,), of the preferred responses under the frozen reference.
        ref_loser: (B,), of the rejected responses under the frozen reference.
        beta: above 0.

    Returns:
        A scalar, the mean over pairs.
    """
    return (_margin(winner, loser, ref_winner, ref_loser) - 1 / (2 * beta)).square().mean()


def _margin(winner: Tensor, loser: Tensor, ref_winner: Tensor, ref_loser: Tensor) -> Tensor:
    return (winner - ref_winner) - (loser - ref_loser)
