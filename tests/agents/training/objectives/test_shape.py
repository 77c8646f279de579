"""OTC's reward against its table and its definition."""

import math

import pytest
import torch

from palaestra.agents.training.objectives.shape import otc, tool_reward

TABLE = [
    [1.0000, 0.8660, 0.7071, 0.5878, 0.5000, 0.4339],
    [0.0000, 1.0000, 0.8660, 0.7071, 0.5878, 0.5000],
    [0.0000, 0.8660, 1.0000, 0.9511, 0.8660, 0.7818],
    [0.0000, 0.7071, 0.9511, 1.0000, 0.9749, 0.9239],
]
"""The coefficient at c = 4, by n (rows, from 0) and m (columns, from 0)."""

CALLS, MINIMUM = torch.arange(40), torch.arange(12)[:, None]


def paper(m, n, c):
    """The definition, case by case."""
    if m == n == 0:
        return 1.0
    if n == 0:
        return math.cos(m * math.pi / (2 * m + c))
    return math.sin(2 * n * m / (m + n) * math.pi / (2 * n))


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64])
def test_the_coefficient_at_four_turns(dtype):
    coefficients = tool_reward(CALLS[:6].to(dtype), MINIMUM[:4].to(dtype), 4)
    assert coefficients.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert torch.allclose(coefficients.double(), torch.tensor(TABLE).double(), rtol=0, atol=5e-5)


@pytest.mark.parametrize("smoothness", [0.5, 3, 4, 20])
def test_the_coefficient_is_the_papers(smoothness):
    coefficients = tool_reward(CALLS.double(), MINIMUM.double(), smoothness)
    expected = [[paper(m, n, smoothness) for m in CALLS.tolist()] for n in MINIMUM.flatten().tolist()]
    assert torch.allclose(coefficients, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=2e-15)
    assert coefficients.min() >= 0
    assert coefficients.max() <= 1


def test_above_the_minimum_it_is_the_cosine_of_the_excess_with_four_n_for_c():
    m, n = CALLS.double(), MINIMUM[1:].double()
    excess = m - n
    identity = torch.cos(math.pi * excess.abs() / (2 * (m + n)))
    assert torch.allclose(tool_reward(m, n, 4), identity, rtol=0, atol=1e-15)
    over = (excess >= 0).expand_as(identity)
    shifted = torch.cos(math.pi * excess / (2 * excess + 4 * n))
    assert torch.allclose(tool_reward(m, n, 4)[over], shifted[over], rtol=0, atol=1e-15)


def test_the_best_and_the_worst_are_exact():
    assert torch.equal(tool_reward(CALLS, CALLS, 4), torch.ones(40))
    assert torch.equal(tool_reward(torch.zeros(11), MINIMUM[1:, 0], 4), torch.zeros(11))
    assert tool_reward(torch.tensor(1e9), torch.tensor(1.0), 4) > 0


def test_the_coefficient_falls_with_every_needless_call():
    coefficients = tool_reward(CALLS.double(), MINIMUM.double(), 4)
    for n, row in enumerate(coefficients):
        assert (row[n:].diff() < 0).all()
        assert (row[: n + 1].diff() > 0).all()


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32, torch.float64])
def test_only_correct_rows_earn_their_coefficient(dtype):
    correct = torch.tensor([1, 1, 0, 0]).to(dtype)
    reward = otc(correct, torch.tensor([2, 3, 2, 0]), torch.tensor([2, 2, 2, 0]), 4, alpha=0.5)
    assert reward.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    tolerance = 1e-15 if dtype == torch.float64 else 1e-7
    assert reward.tolist() == pytest.approx([0.5, 0.5 * paper(3, 2, 4), 0, 0], abs=tolerance)


def test_smoothness_must_be_above_0():
    for smoothness in (0, -1, math.nan):
        with pytest.raises(ValueError, match="smoothness must be above 0"):
            tool_reward(CALLS, CALLS, smoothness)
