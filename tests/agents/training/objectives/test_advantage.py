"""Advantages by hand: group baselines, and GAE over tokens and turns."""

import math

import pytest
import torch

from palaestra.agents.training.objectives.advantage import (
    gae,
    grpo,
    reinforce,
    rloo,
    standardised,
    turn_gae,
    turn_starts,
)

HALF = torch.tensor([1.0, 1.0, 0.0, 0.0]).double()
ONE_GROUP = torch.zeros(4, dtype=torch.int64)
MIXED = torch.tensor([1.0, 0.0, 4.0, 1.0, 2.0, 0.3, 0.3, 0.3]).double()
GROUPS = torch.tensor([7, 7, -1, 7, -1, 3, 3, 3])


def test_golden_deviations():
    assert grpo(HALF, ONE_GROUP, eps=0).tolist() == [1, 1, -1, -1]
    assert grpo(HALF, ONE_GROUP).tolist() == pytest.approx([0.5 / 0.5001] * 2 + [-0.5 / 0.5001] * 2)
    sample = grpo(HALF, ONE_GROUP, bessel=True, eps=0)
    assert sample.tolist() == pytest.approx([0.8660254] * 2 + [-0.8660254] * 2, abs=1e-7)


def test_each_group_has_its_own_baseline_and_deviation():
    centred = [1 / 3, -2 / 3, 1, 1 / 3, -1, 0, 0, 0]
    assert grpo(MIXED, GROUPS, scale="none").tolist() == pytest.approx(centred, abs=1e-15)
    deviations = [math.sqrt(2) / 3, math.sqrt(2) / 3, 1, math.sqrt(2) / 3, 1, 1, 1, 1]
    expected = [each / deviation for each, deviation in zip(centred, deviations)]
    assert grpo(MIXED, GROUPS, eps=0).tolist() == pytest.approx(expected)


def test_a_floor_only_bounds_small_deviations():
    assert torch.equal(grpo(HALF, ONE_GROUP, scale="floor", floor=0.4), grpo(HALF, ONE_GROUP, eps=0))
    shaped = torch.tensor([1.0, 0.98, 1.0, 0.98]).double()
    assert grpo(shaped, ONE_GROUP, eps=0).abs().min().item() == pytest.approx(1)
    assert grpo(shaped, ONE_GROUP, scale="floor").abs().tolist() == pytest.approx([0.1] * 4)
    assert grpo(shaped, ONE_GROUP, scale="floor", floor=0.5).abs().tolist() == pytest.approx([0.02] * 4)


@pytest.mark.parametrize("bessel", [False, True])
def test_the_batch_s_deviation_is_one_for_all_groups(bessel):
    deviation = math.sqrt(((MIXED - MIXED.mean()) ** 2).sum().item() / (8 - bessel))
    expected = grpo(MIXED, GROUPS, scale="none") / (deviation + 0.01)
    assert torch.allclose(grpo(MIXED, GROUPS, scale="batch", eps=0.01, bessel=bessel), expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", ["std", "none", "floor", "batch"])
def test_equal_rewards_have_an_advantage_of_exactly_0(scale, dtype):
    # The mean of three times 0.3, or of seven times 0.1, isn't that number in floating point.
    for reward in (MIXED.to(dtype), torch.full((7,), 0.1, dtype=dtype)):
        group = GROUPS if len(reward) == 8 else torch.ones(7)
        for eps in (0, 1e-6):
            advantage = grpo(reward, group, scale=scale, eps=eps)
            assert advantage.dtype == dtype
            assert advantage[-3:].tolist() == [0, 0, 0]
            assert rloo(reward, group)[-3:].tolist() == [0, 0, 0]
    assert reinforce(torch.full((7,), 0.1, dtype=dtype)).tolist() == [0] * 7


def test_leave_one_out_by_hand():
    others = [1 - 0.5, 0 - 1, 4 - 2, 1 - 0.5, 2 - 4, 0, 0, 0]
    assert rloo(MIXED, GROUPS).tolist() == pytest.approx(others)


def test_the_order_of_rows_and_the_numbers_of_groups_do_not_matter():
    order = torch.tensor([5, 2, 0, 7, 1, 4, 6, 3])
    for estimate in (grpo, rloo):
        assert torch.allclose(estimate(MIXED[order], GROUPS[order]), estimate(MIXED, GROUPS)[order])
        assert torch.equal(estimate(MIXED, GROUPS * 10 + 3), estimate(MIXED, GROUPS))


def test_reinforce_has_the_batch_s_mean_for_a_baseline():
    assert reinforce(torch.tensor([1.0, 2.0, 6.0])).tolist() == [-2, -1, 3]


def test_wrong_arguments_are_refused():
    for estimate in (grpo, rloo):
        with pytest.raises(ValueError, match="at least two rows"):
            estimate(HALF, torch.tensor([0, 0, 0, 1]))
    with pytest.raises(ValueError, match="scale must be"):
        grpo(HALF, ONE_GROUP, scale="max")
    with pytest.raises(ValueError, match="floor must be above 0"):
        grpo(HALF, ONE_GROUP, scale="floor", floor=0)


def test_a_reward_that_is_not_a_number_stays_in_its_group():
    reward = torch.tensor([math.nan, 1.0, 1.0, 0.0])
    advantage = grpo(reward, torch.tensor([0, 0, 1, 1]), eps=0)
    assert advantage[:2].isnan().all()
    assert advantage[2:].tolist() == [1, -1]


VALUES = torch.tensor([[9.0, 0.5, 9.0, 1.0, 0.25, 9.0], [2.0, 9.0, 9.0, 9.0, 9.0, 3.0]]).double()
MASK = torch.tensor([[0, 1, 0, 1, 1, 0], [1, 0, 0, 0, 0, 1]])
REWARD = torch.tensor([2.0, -1.0]).double()


def test_gae_by_hand():
    # Row 0 has three sampled tokens with values 0.5, 1 and 0.25, and 2 at the last; discount 0.5, lambda 0.8.
    last = 2 - 0.25
    middle = 0.5 * 0.25 - 1 + 0.4 * last
    first = 0.5 * 1 - 0.5 + 0.4 * middle
    # Row 1: values 2 and 3, far apart, and -1 at the last.
    end = -1 - 3
    begin = 0.5 * 3 - 2 + 0.4 * end
    advantages, returns = gae(VALUES, MASK, REWARD, discount=0.5, lam=0.8)
    expected = torch.tensor([[0, first, 0, middle, last, 0], [begin, 0, 0, 0, 0, end]], dtype=torch.float64)
    assert torch.allclose(advantages, expected, rtol=1e-14)
    assert torch.allclose(returns, torch.where(MASK.bool(), expected + VALUES, 0), rtol=1e-14)


def test_gae_adds_rewards_of_tokens():
    paid = [[7.0, 0.1, 7.0, 0.2, 0.3, 7.0], [0.4, 7.0, 7.0, 7.0, 7.0, 0.5]]
    paid = torch.tensor(paid, dtype=torch.float64)
    advantages, returns = gae(VALUES, MASK, REWARD, paid, discount=1, lam=1)
    expected = torch.tensor([[0, 2.6, 0, 2.5, 2.3, 0], [-0.1, 0, 0, 0, 0, -0.5]], dtype=torch.float64)
    assert torch.allclose(returns, expected, rtol=1e-14)
    assert torch.allclose(advantages, torch.where(MASK.bool(), expected - VALUES, 0), rtol=1e-14)


@pytest.mark.parametrize("junk", [-50.0, math.nan, math.inf])
def test_values_and_rewards_of_masked_tokens_do_not_matter(junk):
    paid = torch.full_like(VALUES, 0.1)
    plain = gae(VALUES, MASK, REWARD, paid)
    changed = gae(torch.where(MASK.bool(), VALUES, junk), MASK.double(), REWARD, torch.where(MASK.bool(), paid, junk))
    assert torch.equal(torch.stack(plain), torch.stack(changed))
    assert torch.stack(plain)[:, ~MASK.bool()].eq(0).all()


def test_masked_tokens_take_no_time():
    dense = gae(VALUES[:1, [1, 3, 4]], torch.ones(1, 3), REWARD[:1], discount=0.9)
    spread = gae(VALUES[:1], MASK[:1], REWARD[:1], discount=0.9)
    assert torch.equal(torch.stack(dense), torch.stack(spread)[..., [1, 3, 4]])


def test_a_row_without_sampled_tokens_has_no_advantage():
    advantages, returns = gae(VALUES, torch.zeros(2, 6), REWARD)
    assert not advantages.any()
    assert not returns.any()


def test_no_gradient_passes_through_gae():
    values, paid = VALUES.clone().requires_grad_(), VALUES.clone().requires_grad_()
    turn = torch.where(MASK.bool(), 0, -1)
    for estimates in (gae(values, MASK, REWARD, paid), turn_gae(values, turn, REWARD, paid)):
        assert not any(each.requires_grad for each in estimates)


TURN = torch.tensor([[-1, 0, 0, -1, 1, 1, 1, -1], [0, -1, -1, 3, 3, -1, 4, 4]])
TURN_VALUES = torch.tensor(
    [[9.0, 0.5, 8.0, 9.0, 1.0, 7.0, 6.0, 9.0], [2.0, 9.0, 9.0, 3.0, 9.0, 9.0, 1.5, 9.0]]
).double()


def test_a_turn_starts_at_its_first_token():
    assert turn_starts(TURN).int().tolist() == [[0, 1, 0, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0, 1, 0]]
    interrupted = torch.tensor([[0, -1, 0, 1, 2, -1, 2]])
    assert turn_starts(interrupted).int().tolist() == [[1, 0, 0, 1, 1, 0, 0]]


def test_turns_are_the_steps_of_turn_gae():
    advantages, returns = turn_gae(TURN_VALUES, TURN, REWARD, discount=0.5, lam=0.8)
    late = 2 - 1
    early = 0.5 * 1 - 0.5 + 0.4 * late
    assert advantages[0].tolist() == pytest.approx([0, early, early, 0, late, late, late, 0])
    assert returns[0].tolist() == pytest.approx([0, early + 0.5, early + 0.5, 0, late + 1, late + 1, late + 1, 0])
    last = -1 - 1.5
    middle = 0.5 * 1.5 - 3 + 0.4 * last
    first = 0.5 * 3 - 2 + 0.4 * middle
    assert advantages[1].tolist() == pytest.approx([first, 0, 0, middle, middle, 0, last, last])


def test_a_turn_is_paid_the_sum_of_its_tokens_rewards():
    paid = torch.tensor([[7.0, 1.0, 2.0, 7.0, 3.0, 4.0, 5.0, 7.0], [1.0, 7.0, 7.0, 2.0, 3.0, 7.0, 4.0, 5.0]]).double()
    returns = turn_gae(TURN_VALUES, TURN, REWARD, paid, discount=0.5, lam=1)[1]
    assert returns[0].tolist() == pytest.approx([0, 3 + 14 / 2, 3 + 14 / 2, 0, 14, 14, 14, 0])
    assert returns[1].tolist() == pytest.approx([1 + 9 / 2, 0, 0, 5 + 8 / 2, 5 + 8 / 2, 0, 8, 8])


@pytest.mark.parametrize("junk", [-50.0, math.nan])
def test_values_after_a_turn_s_first_token_do_not_matter(junk):
    plain = turn_gae(TURN_VALUES, TURN, REWARD)
    changed = turn_gae(torch.where(turn_starts(TURN), TURN_VALUES, junk), TURN, REWARD)
    assert torch.equal(torch.stack(plain), torch.stack(changed))


def test_with_one_token_per_turn_both_estimates_agree():
    turn = torch.where(MASK.bool(), torch.arange(6), -1)
    paid = torch.randn(2, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    per_turn, per_token = turn_gae(VALUES, turn, REWARD, paid), gae(VALUES, MASK, REWARD, paid)
    assert torch.equal(torch.stack(per_turn), torch.stack(per_token))


@pytest.mark.parametrize("junk", [50.0, math.nan])
def test_standardised_advantages_have_mean_0_and_deviation_1_over_sampled_tokens(junk):
    advantage = torch.where(MASK.bool(), VALUES, junk)
    whitened = standardised(advantage, MASK)
    assert whitened[~MASK.bool()].eq(0).all()
    sampled = whitened[MASK.bool()]
    assert sampled.mean().item() == pytest.approx(0, abs=1e-14)
    assert sampled.std(correction=0).item() == pytest.approx(1, abs=1e-7)
    assert sampled.argsort().equal(VALUES[MASK.bool()].argsort())


def test_equal_advantages_are_standardised_to_exactly_0():
    assert not standardised(torch.full((7, 3), 0.1), torch.ones(7, 3)).any()
    assert not standardised(torch.tensor([[0.1] * 7 + [5.0, math.nan]]), torch.arange(9)[None] < 7).any()
    assert not standardised(VALUES, torch.zeros(2, 6)).any()
    assert standardised(torch.full((1, 2), math.nan), torch.ones(1, 2)).isnan().all()
