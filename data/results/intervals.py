"""Interquartile means and their bootstrap intervals, as defined by rliable.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice", arXiv 2108.13264.
"""

from collections.abc import Callable, Sequence

import numpy as np


def iqm(scores: np.ndarray | Sequence[float]) -> float:
    """Interquartile mean: the mean of the scores without the lowest and the highest quarter.

    Agarwal et al. 2021, arXiv 2108.13264, as ``aggregate_iqm`` in google-research/rliable: SciPy's ``trim_mean`` with
    0.25 over runs and tasks together. A quarter of n scores is rounded down, so that fewer than 4 are averaged.

    Args:
        scores: (runs,) or (runs, tasks).

    Returns:
        NaN if one of the scores is NaN; none is dropped.
    """
    return float(_middle_mean(np.asarray(scores, dtype=np.float64).reshape(-1)))


def _middle_mean(scores: np.ndarray) -> np.ndarray:
    """``iqm`` along the last axis."""
    count = scores.shape[-1]
    if count == 0:
        return np.full(scores.shape[:-1], np.nan)
    cut = count // 4
    middle = np.partition(scores, sorted({cut, count - cut - 1}), axis=-1)[..., cut : count - cut]
    return np.where(np.isnan(scores).any(axis=-1), np.nan, middle.mean(axis=-1))


def bootstrap_interval(
    scores: np.ndarray | Sequence[float],
    statistic: Callable[[np.ndarray], np.ndarray] = _middle_mean,
    *,
    level: float = 0.95,
    repetitions: int = 50_000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Percentile interval of a statistic under the stratified bootstrap.

    Agarwal et al. 2021, arXiv 2108.13264, as ``get_interval_estimates`` in google-research/rliable: runs are drawn
    with replacement, independently for every task, and the statistic's quantiles over the repetitions are the
    interval. With few runs it is too short: two runs have only three different resamples.

    Args:
        scores: (runs,) or (runs, tasks).
        statistic: maps (…, runs x tasks) to (…); the IQM by default.
        level: nominal coverage, 0 to 1.
        repetitions: resamples.
        seed: of the resampling.

    Returns:
        Lower and upper end; None for a single run, which has no spread, and if a score is NaN.
    """
    scores = np.asarray(scores, dtype=np.float64)
    scores = scores.reshape(len(scores), -1)
    if len(scores) < 2 or np.isnan(scores).any():
        return None
    generator = np.random.default_rng(seed)
    block = max(1, 2_000_000 // scores.size)
    values = []
    for done in range(0, repetitions, block):
        shape = (min(block, repetitions - done), *scores.shape)
        drawn = np.take_along_axis(scores[None], generator.integers(len(scores), size=shape), axis=1)
        values.append(statistic(drawn.reshape(len(drawn), -1)))
    low, high = np.quantile(np.concatenate(values), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
