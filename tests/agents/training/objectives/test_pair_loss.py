"""DPO and IPO: golden numbers, gradients and invariances."""

import math

import pytest
import torch

from palaestra.agents.training.objectives.pair_loss import dpo, ipo


def pair(margin):
    """Log-probabilities of one pair whose winner gained ``margin`` over its loser."""
    return [torch.tensor([each]).double() for each in (-5 + margin, -9.0, -6.0, -10.0)]


def test_golden_numbers():
    assert dpo(*pair(10), beta=0.1).item() == pytest.approx(0.31326, abs=5e-6)
    assert dpo(*pair(0)).item() == pytest.approx(math.log(2), abs=1e-15)
    assert ipo(*pair(3), beta=0.1).item() == pytest.approx(4, abs=1e-12)
    assert ipo(*pair(5), beta=0.1).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("loss", [dpo, ipo])
def test_the_loss_is_the_mean_over_pairs(loss):
    joined = [torch.cat(each) for each in zip(pair(1), pair(4))]
    assert loss(*joined).item() == pytest.approx((loss(*pair(1)).item() + loss(*pair(4)).item()) / 2)


@pytest.mark.parametrize("loss", [dpo, ipo])
def test_adding_a_constant_to_both_log_ratios_changes_nothing(loss):
    generator = torch.Generator().manual_seed(0)
    winner, loser, ref_winner, ref_loser = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    unchanged = loss(winner, loser, ref_winner, ref_loser)
    assert torch.allclose(loss(winner + 3, loser + 3, ref_winner, ref_loser), unchanged, rtol=1e-13)
    assert torch.allclose(loss(winner, loser, ref_winner + 3, ref_loser + 3), unchanged, rtol=1e-13)
    assert torch.allclose(loss(winner + 3, loser, ref_winner + 3, ref_loser), unchanged, rtol=1e-13)
    assert not torch.allclose(loss(winner + 3, loser, ref_winner, ref_loser), unchanged, rtol=1e-3)


def test_dpo_s_gradient_is_the_papers():
    winner, loser, ref_winner, ref_loser = pair(2)
    winner.requires_grad_()
    loser.requires_grad_()
    dpo(winner, loser, ref_winner, ref_loser, beta=0.3).backward()
    weight = 0.3 / (1 + math.exp(0.3 * 2))  # beta times the probability of the wrong order
    assert winner.grad.item() == pytest.approx(-weight)
    assert loser.grad.item() == pytest.approx(weight)


def test_ipo_pulls_a_margin_beyond_its_target_back():
    gradients = []
    for margin in (4, 6):
        winner, *rest = pair(margin)
        winner.requires_grad_()
        ipo(winner, *rest).backward()
        gradients.append(winner.grad.item())
    assert gradients == pytest.approx([-2, 2])


def test_far_margins_stay_finite():
    assert dpo(*pair(1e5)).item() == 0
    assert dpo(*pair(-1e5)).item() == pytest.approx(1e4, rel=1e-3)
