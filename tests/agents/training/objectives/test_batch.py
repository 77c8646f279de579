"""Masks, aggregations and divergence estimates by hand."""

import math

import pytest
import torch

from palaestra.agents.training.objectives.batch import LanguageBatch, kept, log_ratio_kl, masked_mean, row_mean

VALUES = torch.tensor([[1.0, 2.0, 3.0, 50.0], [8.0, 50.0, 50.0, 50.0]])
MASK = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [torch.bool, torch.float32, torch.int64])
@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("seq_mean", (2 + 8) / 2), ("token_mean", 14 / 4), ("const", 14 / (2 * 5))],
)
def test_the_aggregations_differ_as_their_papers_do(aggregation, expected, kind, dtype):
    scalar = masked_mean(VALUES.to(dtype), MASK.to(kind), aggregation, longest=5)
    assert scalar.dtype == dtype
    assert scalar.shape == ()
    assert scalar.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("aggregation", ["seq_mean", "token_mean", "const"])
def test_a_row_without_sampled_tokens_adds_nothing(aggregation):
    empty = torch.zeros(1, 4)
    alone = masked_mean(VALUES[:1], MASK[:1], aggregation, longest=4)
    both = masked_mean(torch.cat([VALUES[:1], VALUES[1:]]), torch.cat([MASK[:1], empty]), aggregation, longest=4)
    assert masked_mean(VALUES[1:], empty, aggregation, longest=4) == 0
    assert both == (alone if aggregation == "token_mean" else alone / 2)


@pytest.mark.parametrize("aggregation", ["seq_mean", "token_mean", "const"])
@pytest.mark.parametrize("junk", [math.nan, math.inf, -math.inf])
def test_values_behind_the_mask_reach_neither_value_nor_gradient(aggregation, junk):
    values = torch.where(MASK.bool(), VALUES, junk).requires_grad_()
    scalar = masked_mean(values, MASK, aggregation, longest=4)
    scalar.backward()
    assert scalar == masked_mean(VALUES, MASK, aggregation, longest=4)
    assert torch.equal(values.grad != 0, MASK.bool())
    assert values.grad.isfinite().all()


def test_kept_stops_gradients_before_a_nonlinear_function():
    values = torch.tensor([0.0, 1000.0], requires_grad=True)
    kept(values, torch.tensor([1, 0])).exp().sum().backward()
    assert values.grad.tolist() == [1, 0]


def test_row_mean_works_on_the_last_axis():
    assert row_mean(VALUES, MASK).tolist() == [2, 8]
    assert row_mean(VALUES[0], MASK[0]) == 2


def test_divergence_estimates_by_hand():
    logp, ref = torch.tensor([-1.0, -2.0]).double(), torch.tensor([-1.5, -1.0]).double()
    assert log_ratio_kl(logp, ref, "k1").tolist() == [0.5, -1]
    assert log_ratio_kl(logp, ref, "k2").tolist() == [0.125, 0.5]
    assert log_ratio_kl(logp, ref, "k3").tolist() == pytest.approx([math.exp(-0.5) - 0.5, math.e - 2], abs=1e-15)


def divergence_and_gradient(estimator):
    """The exact expectation of an estimate and of its gradient, over the tokens of one position."""
    logits = torch.tensor([0.3, -0.7, 1.1]).double().requires_grad_()
    ref = torch.tensor([0.0, 0.5, 0.2]).double().log_softmax(0)
    logp = logits.log_softmax(0)
    estimate = (logp.detach().exp() * log_ratio_kl(logp, ref, estimator)).sum()
    exact = (logp.exp() * (logp - ref)).sum()
    gradients = [torch.autograd.grad(each, logits, retain_graph=True)[0] for each in (estimate, exact)]
    return estimate.item(), exact.item(), *gradients


def test_k1_and_k3_are_unbiased_and_k2_has_the_gradient():
    for estimator in ("k1", "k3"):
        estimate, exact, gradient, true_gradient = divergence_and_gradient(estimator)
        assert estimate == pytest.approx(exact, abs=1e-14)
        assert not torch.allclose(gradient, true_gradient, rtol=0.05)
    estimate, exact, gradient, true_gradient = divergence_and_gradient("k2")
    assert estimate != pytest.approx(exact, rel=0.01)
    assert torch.allclose(gradient, true_gradient, atol=1e-14)
    assert divergence_and_gradient("k1")[2].abs().max() < 1e-14


def test_wrong_names_and_shapes_are_refused():
    with pytest.raises(ValueError, match="aggregation must be"):
        masked_mean(VALUES, MASK, "mean")
    for longest in (None, 0):
        with pytest.raises(ValueError, match="longest row"):
            masked_mean(VALUES, MASK, "const", longest)
    with pytest.raises(ValueError, match="estimator must be"):
        log_ratio_kl(VALUES, VALUES, "k4")
    good = {"logp": VALUES, "old": VALUES, "mask": MASK, "advantage": VALUES[:, 0]}
    LanguageBatch(**good)
    LanguageBatch(**good | {"advantage": VALUES, "ref": VALUES})
    for name, wrong in [
        ("logp", VALUES[0]),
        ("old", VALUES[:, :2]),
        ("mask", MASK[:1]),
        ("ref", VALUES.T),
        ("advantage", VALUES[0]),
        ("advantage", VALUES[:, :1]),
    ]:
        with pytest.raises(ValueError, match=f"{name} must be"):
            LanguageBatch(**good | {name: wrong})
