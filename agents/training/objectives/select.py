"""Which of several responses to one prompt to return.

Scalable Best-of-N Selection for Large Language Models via Self-Certainty (Kang, Zhao & Song, 2025, arXiv 2502.18581).
"""

import math
from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from palaestra.agents.training.objectives.batch import row_mean


def self_certainty(log_probs: Tensor, mask: Tensor, vocabulary: int | None = None) -> Tensor:
    """Mean over a response's tokens of KL(uniform || p), p being the policy's next-token distribution.

        -1 / (n V) sum_i sum_j log(V p_i(j))

    Args:
        log_probs: (..., n, V), log-softmax over the whole vocabulary, not cut to the likeliest tokens, at temperature
            1. Lower precision than float32 is averaged in float32.
        mask: (..., n), float or bool, 1 for tokens that the policy sampled.
        vocabulary: how many of the V rows stand for tokens, if the last ones are padding: p is normalised over those.

    Returns:
        (...), at least 0, in float32 or better; the higher, the more certain. 0 for a response without sampled tokens.

    Raises:
        ValueError: ``vocabulary`` isn't from 1 to V.
    """
    size = log_probs.shape[-1] if vocabulary is None else vocabulary
    if not 1 <= size <= log_probs.shape[-1]:
        raise ValueError(f"vocabulary must be from 1 to {log_probs.shape[-1]}, got {size}")
    dtype = torch.promote_types(log_probs.dtype, torch.float32)
    if vocabulary is not None:
        log_probs = log_probs[..., :size].to(dtype).log_softmax(-1)
    return row_mean(-log_probs.mean(-1, dtype=dtype) - math.log(size), mask)


def borda(answers: Sequence[Hashable | None], scores: Sequence[float], power: float) -> int:
    """Borda voting: the response of rank r among N, the best having rank 1, gives its answer (N - r + 1)^power votes.

    power 0 is majority vote; the higher the power, the nearer to the best-scored response. The paper advises 0.3 up to
    N = 16 and 1.2 from 32. A response without an answer keeps its rank but doesn't vote.

    Args:
        answers: N answers, equal where the responses agree; None for a response without an answer.
        scores: N numbers, the higher the better; of equal ones the first ranks higher.
        power: at least 0.

    Returns:
        The index of the best-ranked response with the winning answer; of answers with equal votes the one whose
        response ranks highest. If no response has an answer, the best-ranked response.

    Raises:
        ValueError: there are no responses, the lengths differ, a score is NaN, or ``power`` is negative or infinite.
        OverflowError: N^power is beyond the range of a float.
    """
    if not 0 <= power < math.inf:
        raise ValueError(f"power must be at least 0 and finite, got {power}")
    order = _ranked(answers, scores)
    votes: dict[Hashable, float] = {}
    best: dict[Hashable, int] = {}
    for place, index in enumerate(order):
        if (answer := answers[index]) is not None:
            best.setdefault(answer, index)
            votes[answer] = votes.get(answer, 0) + (len(order) - place) ** power
    if not votes:
        return order[0]
    winner = max(votes, key=votes.__getitem__)  # the first of the largest, which is the best-ranked
    return best[winner]


def best_of(scores: Sequence[float], answers: Sequence[Hashable | None]) -> int:
    """Best-of-N: the best-scored response; one without an answer scores minus infinity.

    Args:
        scores: N numbers, the higher the better.
        answers: N answers; None for a response without one.

    Returns:
        The index of the first of the best-scored responses with an answer; if none has one, of the best-scored.

    Raises:
        ValueError: there are no responses, the lengths differ, or a score is NaN.
    """
    order = _ranked(answers, scores)
    return next((index for index in order if answers[index] is not None), order[0])


def _ranked(answers: Sequence[Hashable | None], scores: Sequence[float]) -> list[int]:
    """Indices of the responses, the best-scored first."""
    if not answers or len(answers) != len(scores):
        raise ValueError(f"expected as many scores as answers and at least one, got {len(scores)} and {len(answers)}")
    if any(math.isnan(score) for score in scores):
        raise ValueError("a score is NaN")
    return sorted(range(len(scores)), key=lambda index: -scores[index])
