"""The policy's and the critic's losses: by hand, their gradients, and whether they learn."""

import math
from dataclasses import replace

import pytest
import torch

from palaestra.agents.training.objectives import advantage, pair_loss, shape
from palaestra.agents.training.objectives.batch import LanguageBatch
from palaestra.agents.training.objectives.filter import varied
from palaestra.agents.training.objectives.policy_loss import clipped, reinforce, value_loss

MASK = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])
RATIOS = torch.tensor([[1.5, 0.5, 1.1, 9.0], [3.0, 9.0, 9.0, 9.0]]).double()


def by_ratio(ratios, advantages, mask=MASK, **more):
    """A batch with given probability ratios."""
    old = torch.full_like(ratios, -2.0)
    logp = (old + ratios.log()).requires_grad_()
    return LanguageBatch(
        logp=logp, old=old, mask=mask, advantage=torch.as_tensor(advantages, dtype=ratios.dtype), **more
    )


def gradient(loss, batch):
    return torch.autograd.grad(loss, batch.logp)[0]


def test_the_surrogate_is_clipped_on_the_side_of_each_advantage():
    # Row 0 with A = 2: 1.5 is clipped to 1.3, 0.5 and 1.1 aren't. Row 1 with A = -1: 3 isn't clipped.
    batch = by_ratio(RATIOS, [2.0, -1.0])
    loss, statistics = clipped(batch, low=0.2, high=0.3)
    assert loss.item() == pytest.approx(-(2 * (1.3 + 0.5 + 1.1) - 3) / 4)
    assert statistics["clipped"].item() == 1 / 4
    assert statistics["ratio"].item() == pytest.approx((1.5 + 0.5 + 1.1 + 3) / 4)
    assert gradient(loss, batch).flatten().tolist() == pytest.approx([0, -2 * 0.5 / 4, -2 * 1.1 / 4, 0, 3 / 4, 0, 0, 0])
    # With A = -1 in row 0, 0.5 is clipped to 0.8.
    batch = by_ratio(RATIOS, [-1.0, 0.0])
    loss, statistics = clipped(batch)
    assert loss.item() == pytest.approx((1.5 + 0.8 + 1.1) / 4)
    assert statistics["clipped"].item() == 1 / 4
    assert gradient(loss, batch)[0].tolist() == pytest.approx([1.5 / 4, 0, 1.1 / 4, 0])


def test_the_aggregations_weigh_tokens_differently():
    batch = by_ratio(RATIOS, [2.0, -1.0])
    objective = 2 * (1.2 + 0.5 + 1.1), -3
    assert clipped(batch, aggregation="seq_mean")[0].item() == pytest.approx(-(objective[0] / 3 + objective[1]) / 2)
    assert clipped(batch, aggregation="token_mean")[0].item() == pytest.approx(-sum(objective) / 4)
    assert clipped(batch, aggregation="const", longest=4)[0].item() == pytest.approx(-sum(objective) / 8)
    logp = batch.logp.detach()
    expected = -(2 * logp[0, :3].mean() - logp[1, 0]) / 2
    assert reinforce(batch, "seq_mean").item() == pytest.approx(expected.item())
    expected = -(2 * logp[0, :3].sum() - logp[1, 0]) / 8
    assert reinforce(batch, "const", longest=4).item() == pytest.approx(expected.item())


def test_a_dual_clip_bounds_the_ratio_only_where_the_advantage_is_negative():
    batch = by_ratio(RATIOS, [2.0, -1.0])
    loss, statistics = clipped(batch, dual=2.5)
    assert loss.item() == pytest.approx(-(2 * (1.2 + 0.5 + 1.1) - 2.5) / 4)
    assert statistics["clipped"].item() == 2 / 4
    assert gradient(loss, batch)[1].tolist() == [0] * 4
    assert clipped(batch, dual=3.5)[0] == clipped(batch)[0]
    high = by_ratio(torch.full((1, 1), 9.0).double(), [1.0], torch.ones(1, 1))
    assert clipped(high, high=20.0, dual=3.0)[0].item() == pytest.approx(-9)


def test_the_ratio_of_a_sequence_is_the_geometric_mean_of_its_tokens():
    batch = by_ratio(RATIOS, [1.0, -1.0])
    loss, statistics = clipped(batch, low=0.5, high=0.5, ratio="sequence", aggregation="seq_mean")
    geometric = (1.5 * 0.5 * 1.1) ** (1 / 3)
    assert loss.item() == pytest.approx(-(geometric - 3) / 2)
    assert statistics["ratio"].item() == pytest.approx((3 * geometric + 3) / 4)
    assert gradient(loss, batch)[0].tolist() == pytest.approx([-geometric / 6] * 3 + [0])
    clipping = clipped(batch, low=0.01, high=0.01, ratio="sequence")[1]["clipped"]
    assert clipping.item() == 0  # 0.94 with A > 0 and 3 with A < 0: neither side is bounded there
    other = by_ratio(RATIOS, [-1.0, 1.0])
    assert clipped(other, low=0.01, high=0.01, ratio="sequence")[1]["clipped"].item() == 1


def test_an_advantage_per_token_is_used_token_by_token():
    per_token = torch.tensor([[1.0, 2.0, -1.0, 5.0], [0.5, 5.0, 5.0, 5.0]]).double()
    loss, _ = clipped(by_ratio(RATIOS, per_token))
    assert loss.item() == pytest.approx(-(1.2 + 2 * 0.5 - 1.1 + 0.5 * 1.2) / 4)
    per_row = by_ratio(RATIOS, [2.0, -1.0])
    spread = replace(per_row, advantage=per_row.advantage[:, None].expand(2, 4))
    assert torch.equal(clipped(per_row)[0], clipped(spread)[0])


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
@pytest.mark.parametrize("aggregation", ["seq_mean", "token_mean", "const"])
def test_the_penalty_is_aggregated_as_the_objective(aggregation, estimator):
    batch = by_ratio(RATIOS, [0.0, 0.0], ref=torch.full_like(RATIOS, -1.5))
    d = 0.5 - RATIOS.log()
    divergence = {"k1": -d, "k2": d**2 / 2, "k3": d.exp() - 1 - d}[estimator]
    rows = divergence[0, :3].sum().item(), divergence[1, 0].item()
    expected = {"seq_mean": (rows[0] / 3 + rows[1]) / 2, "token_mean": sum(rows) / 4, "const": sum(rows) / 10}
    loss, statistics = clipped(batch, kl=0.3, estimator=estimator, aggregation=aggregation, longest=5)
    assert loss.item() == pytest.approx(0.3 * expected[aggregation])
    assert statistics["kl"].item() == pytest.approx(expected["token_mean"])
    assert gradient(loss, batch)[MASK.bool()].ne(0).all()


def test_without_a_penalty_the_reference_only_is_reported():
    batch = by_ratio(RATIOS, [2.0, -1.0])
    with_reference = replace(batch, ref=torch.full_like(RATIOS, -1.5))
    assert set(clipped(batch)[1]) == {"ratio", "clipped"}
    loss, statistics = clipped(with_reference)
    assert torch.equal(loss, clipped(batch)[0])
    assert set(statistics) == {"ratio", "clipped", "kl"}
    assert not any(each.requires_grad or each.shape for each in statistics.values())


@pytest.mark.parametrize("junk", [math.nan, math.inf, -math.inf, 1e30])
@pytest.mark.parametrize("ratio", ["token", "sequence"])
@pytest.mark.parametrize("kind", [torch.bool, torch.float64])
def test_nothing_behind_the_mask_leaks(junk, ratio, kind):
    per_token = torch.tensor([[1.0, 2.0, -1.0, 0.0], [0.5, 0.0, 0.0, 0.0]]).double()
    clean = by_ratio(RATIOS, per_token, ref=torch.full_like(RATIOS, -1.5))
    kept = MASK.bool()
    fields = {name: torch.where(kept, getattr(clean, name).detach(), junk) for name in ("old", "ref", "advantage")}
    logp = torch.where(kept, clean.logp.detach(), junk).requires_grad_()
    dirty = LanguageBatch(logp=logp, mask=MASK.to(kind), **fields)
    for aggregation in ("seq_mean", "token_mean", "const"):
        options = {"aggregation": aggregation, "longest": 4}
        losses = [clipped(each, kl=0.1, dual=2.0, ratio=ratio, **options) for each in (clean, dirty)]
        assert torch.equal(losses[0][0], losses[1][0])
        assert losses[0][1] == losses[1][1]
        assert torch.equal(gradient(losses[0][0], clean), gradient(losses[1][0], dirty))
        losses = [reinforce(each, **options) for each in (clean, dirty)]
        assert torch.equal(losses[0], losses[1])
        assert torch.equal(gradient(losses[0], clean), gradient(losses[1], dirty))
        assert not gradient(reinforce(dirty, **options), dirty)[~kept].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", ["std", "none", "floor", "batch"])
def test_equal_rewards_give_exactly_no_gradient(scale, dtype):
    generator = torch.Generator().manual_seed(0)
    ratios = (1 + torch.rand(7, 4, generator=generator)).to(dtype)
    estimate = advantage.grpo(torch.full((7,), 0.1, dtype=dtype), torch.zeros(7), scale=scale)
    batch = by_ratio(ratios, estimate, torch.ones(7, 4))
    for loss in (clipped(batch)[0], clipped(batch, ratio="sequence", dual=3.0)[0], reinforce(batch)):
        assert loss.dtype == dtype
        assert loss == 0
        assert not gradient(loss, batch).any()


def test_on_policy_gradients_of_the_baselines_agree_up_to_scale():
    generator = torch.Generator().manual_seed(0)
    logp = torch.randn(6, 5, generator=generator, dtype=torch.float64).requires_grad_()
    mask = torch.rand(6, 5, generator=generator) < 0.7
    reward, group = torch.randn(6, generator=generator, dtype=torch.float64), torch.zeros(6)

    def batch(estimate):
        return LanguageBatch(logp=logp, old=logp.detach(), mask=mask, advantage=estimate)

    grpo = batch(advantage.grpo(reward, group, scale="none"))
    rloo = batch(advantage.rloo(reward, group))
    mean_baseline = batch(advantage.reinforce(reward))
    for aggregation in ("seq_mean", "token_mean", "const"):
        options = {"aggregation": aggregation, "longest": 5}
        expected = gradient(reinforce(mean_baseline, **options), mean_baseline)
        assert expected[mask].ne(0).all()
        assert torch.allclose(gradient(clipped(grpo, **options)[0], grpo), expected, rtol=1e-12)
        assert torch.allclose(gradient(clipped(rloo, **options)[0], rloo), expected * 6 / 5, rtol=1e-12)
        assert torch.allclose(gradient(reinforce(rloo, **options), rloo), expected * 6 / 5, rtol=1e-12)


def surrogate(batch):
    return clipped(batch)[0]


def sequence_surrogate(batch):
    return clipped(batch, ratio="sequence", dual=3.0)[0]


@pytest.mark.parametrize("loss", [surrogate, sequence_surrogate, reinforce])
@pytest.mark.parametrize(
    "estimate", [advantage.grpo, advantage.rloo, lambda reward, group: advantage.reinforce(reward)]
)
def test_the_losses_learn_a_bandit(loss, estimate):
    rewards = torch.tensor([0.0, 0.2, 0.4, 0.6, 1.0])
    logits = torch.tensor([1.0, 0.5, 0.0, 0.0, -1.0], requires_grad=True)  # the worst arm is the likeliest
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.SGD([logits], lr=1.0)
    expected = [(logits.softmax(0) @ rewards).item()]
    for _ in range(20):
        arms = torch.multinomial(logits.detach().softmax(0), 64, replacement=True, generator=generator)
        old = logits.detach().log_softmax(0)[arms, None]
        estimates = estimate(rewards[arms], torch.arange(64) // 16)
        for _ in range(1 if loss is reinforce else 4):
            logp = logits.log_softmax(0)[arms, None]
            optimiser.zero_grad()
            loss(LanguageBatch(logp=logp, old=old, mask=torch.ones(64, 1), advantage=estimates)).backward()
            optimiser.step()
        expected.append((logits.softmax(0) @ rewards).item())
    assert expected[0] < 0.3
    assert expected[10] > expected[0] + 0.1
    assert expected[20] > expected[10] + 0.05 or expected[20] > 0.9


def test_the_critic_s_loss_takes_the_larger_error():
    values = torch.tensor([[1.5, 0.5, 1.1, math.nan]]).double().requires_grad_()
    old, returns = torch.ones(1, 4).double(), torch.tensor([[2.0, 2.0, 1.0, math.inf]]).double()
    mask = torch.tensor([[1, 1, 1, 0]])
    # Kept within 0.2 of 1, the values are 1.2, 0.8 and 1.1.
    loss = value_loss(values, old, returns, mask, clip=0.2)
    assert loss.item() == pytest.approx((0.8**2 + 1.5**2 + 0.1**2) / 6)
    assert torch.autograd.grad(loss, values)[0][0].tolist() == pytest.approx([0, -1.5 / 3, 0.1 / 3, 0])
    loss = value_loss(values, old, returns, mask, clip=None)
    assert loss.item() == pytest.approx((0.5**2 + 1.5**2 + 0.1**2) / 6)


def test_the_critic_s_gradient_does_not_reach_its_target():
    values, old, returns = (torch.rand(2, 4).requires_grad_() for _ in range(3))
    value_loss(values, old, returns, MASK).backward()
    assert values.grad is not None
    assert old.grad is None
    assert returns.grad is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": -0.1}, "low must be"),
        ({"low": 1.1}, "low must be"),
        ({"high": -0.1}, "high must be"),
        ({"kl": -0.1}, "kl must be"),
        ({"kl": 0.1}, "reference"),
        ({"dual": 1.0}, "dual must be"),
        ({"ratio": "row"}, "ratio must be"),
        ({"aggregation": "sum"}, "aggregation must be"),
        ({"aggregation": "const"}, "longest row"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        clipped(by_ratio(RATIOS, [1.0, 1.0]), **options)


def test_an_unknown_estimator_and_an_empty_clip_range_are_refused():
    with pytest.raises(ValueError, match="estimator must be"):
        clipped(by_ratio(RATIOS, [1.0, 1.0], ref=RATIOS), estimator="k4")
    with pytest.raises(ValueError, match="clip must be above 0"):
        value_loss(RATIOS, RATIOS, RATIOS, MASK, clip=0)


def on_meta(*shape):
    """A tensor without data: whatever needs its values on the host raises."""
    return torch.ones(*shape, device="meta", requires_grad=True)


def test_no_loss_needs_values_on_the_host():
    mask, row = on_meta(2, 4) > 0, on_meta(2)
    with pytest.raises(RuntimeError):
        on_meta(1).item()
    for estimates in (row, on_meta(2, 4)):
        batch = LanguageBatch(logp=on_meta(2, 4), old=on_meta(2, 4), mask=mask, advantage=estimates, ref=on_meta(2, 4))
        for ratio in ("token", "sequence"):
            clipped(batch, kl=0.1, ratio=ratio, dual=3.0)[0].backward()
        reinforce(batch, "const", longest=4).backward()
    value_loss(on_meta(2, 4), on_meta(2, 4), on_meta(2, 4), mask).backward()
    pair_loss.dpo(row, row, row, row).backward()
    pair_loss.ipo(row, row, row, row).backward()


def test_only_group_sizes_are_checked_on_the_host():
    mask, row, turn = on_meta(2, 4) > 0, on_meta(2), torch.zeros(2, 4, dtype=torch.int64, device="meta")
    advantage.standardised(advantage.gae(on_meta(2, 4), mask, row, on_meta(2, 4))[0], mask)
    advantage.turn_gae(on_meta(2, 4), turn, row, on_meta(2, 4))
    advantage.reinforce(row)
    shape.otc(row, row, row, 4)
    varied(row, turn[:, 0])
    with pytest.raises(RuntimeError):
        advantage.grpo(row, turn[:, 0])
