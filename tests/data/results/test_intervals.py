import itertools
import math

import numpy as np
import pytest
import scipy.stats

from palaestra.data.results.intervals import bootstrap_interval, iqm


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([7.0], 7.0),
        ([1.0, 2.0, 9.0], 4.0),  # a quarter of three is nothing
        ([-50.0, 1.0, 3.0, 900.0], 2.0),
        ([5.0, 1.0, 4.0, 2.0, 3.0], 3.0),  # one off each end
        ([8.0, 1.0, 7.0, 2.0, 6.0, 3.0, 5.0, 4.0], 4.5),
        ([[0.0, 100.0], [10.0, 20.0]], 15.0),  # runs and tasks together
        ([1.0, math.nan, 3.0, 4.0], math.nan),
        ([], math.nan),
    ],
)
def test_iqm_by_hand(scores, expected):
    assert iqm(scores) == pytest.approx(expected, nan_ok=True)


def test_iqm_is_scipys_trimmed_mean():
    for count in range(1, 30):
        scores = np.random.default_rng(count).normal(size=count)
        assert iqm(scores) == pytest.approx(scipy.stats.trim_mean(scores, 0.25), abs=1e-12)


def test_interval_of_two_runs():
    # The resamples of {0, 1} have the mean 0, 1/2 and 1 with probability 1/4, 1/2 and 1/4.
    assert bootstrap_interval([0.0, 1.0]) == (0.0, 1.0)
    assert bootstrap_interval([0.0, 1.0], level=0.48) == (0.5, 0.5)
    assert bootstrap_interval([0.0, 1.0], level=0.52) == (0.0, 1.0)


@pytest.mark.parametrize("shape", [(3, 1), (4, 1), (3, 2), (2, 3)])
def test_interval_equals_that_of_all_resamples(shape):
    """Every task's runs are resampled on their own; here all combinations are listed."""
    scores = np.random.default_rng(5).normal(50, 20, shape)
    runs, tasks = shape
    per_task = [itertools.product(scores[:, task], repeat=runs) for task in range(tasks)]
    exact = [scipy.stats.trim_mean(np.array(drawn), 0.25, axis=None) for drawn in itertools.product(*per_task)]
    lower, upper = bootstrap_interval(scores, level=0.8)
    # The distribution has steps: the ends must lie between the exact quantiles a little to either side.
    around = np.quantile(exact, [0.095, 0.105, 0.895, 0.905])
    assert around[0] - 1e-9 <= lower <= around[1] + 1e-9
    assert around[2] - 1e-9 <= upper <= around[3] + 1e-9


def test_interval_agrees_with_rliable():
    # google-research/rliable 3ccd9f4, get_interval_estimates with aggregate_iqm, 20,000 repetitions.
    scores = np.random.default_rng(3).normal(50, 20, (10, 9))
    assert iqm(scores) == pytest.approx(49.4831903588766, abs=1e-10)
    assert bootstrap_interval(scores) == pytest.approx((44.975, 53.696), abs=0.15)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        low, high = bootstrap_interval(generator.normal(size=20), repetitions=500)
        covered += low <= 0 <= high
    assert 0.87 < covered / 300 < 0.98


def test_the_same_scores_print_the_same_interval():
    scores = np.random.default_rng(1).normal(size=(5, 2))
    assert bootstrap_interval(scores) == bootstrap_interval(scores.copy())
    assert bootstrap_interval(scores, seed=1) != bootstrap_interval(scores)


def test_no_interval_from_one_run_or_with_a_failed_one():
    assert bootstrap_interval([50.0]) is None
    assert bootstrap_interval([[50.0, 60.0]]) is None
    assert bootstrap_interval([50.0, math.nan, 60.0]) is None
