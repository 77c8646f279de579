"""Which rows count as right, and which have a gradient."""

import math

import torch

from palaestra.agents.training.objectives.filter import correct, varied


def test_partial_credit_is_not_right():
    reward = torch.tensor([1.0, 0.9, 0.0, 2.0])
    assert correct(reward).tolist() == [True, False, False, True]
    assert correct(reward, least=0.5).tolist() == [True, True, False, True]


def test_groups_with_equal_rewards_are_not_varied():
    reward = torch.tensor([0.1, 1.0, 0.1, 0.0, 0.1, 7.0])
    group = torch.tensor([5, -2, 5, -2, 5, 0])
    assert varied(reward, group).tolist() == [False, True, False, True, False, False]


def test_a_reward_that_is_not_a_number_is_not_dropped():
    assert varied(torch.tensor([math.nan, math.nan, 1, 1]), torch.tensor([0, 0, 1, 1])).tolist() == [
        True,
        True,
        False,
        False,
    ]
