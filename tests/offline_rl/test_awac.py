"""AWAC's update against its restatement, and its weights."""

import math

import pytest
import torch

from palaestra.offline_rl.awac import AWAC, Config, advantage_weights, policy_loss
from tests.offline_rl.reference_awac import ReferenceAWAC
from tests.offline_rl.reference_td3 import weights


def build(dataset, **settings):
    return AWAC(Config(device="cpu", batch_size=64, hidden=(32, 32), **settings), dataset)


@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {}),
        ("float64", 10, {"awac_lambda": 0.05, "reward_bias": -1.0}),
        ("float32", 1, {}),
    ],
)
def test_updates_are_the_published_ones(dtype, steps, settings, dataset):
    learner = build(dataset, seeds=2, dtype=dtype, **settings)
    references = [ReferenceAWAC(learner, seed) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(
                learner.normaliser(batch.observations[seed]),
                batch.actions[seed],
                batch.rewards[seed] + learner.config.reward_bias,
                learner.normaliser(batch.next_observations[seed]),
                batch.nonterminals[seed],
                noise["next"][seed],
                noise["policy"][seed],
            )
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        ours = ReferenceAWAC(learner, seed)
        for name in ReferenceAWAC.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


def test_weights_are_exponential_and_stop_at_a_hundred():
    q, v = torch.tensor([[0.0, 1.0, -1.0, 50.0]]), torch.zeros(1, 4)
    e = math.e
    torch.testing.assert_close(advantage_weights(q, v, 2.0), torch.tensor([[1.0, e**2, e**-2, 100.0]]))


def test_every_transition_may_have_a_temperature_of_its_own():
    beta = torch.tensor([[0.0, 1.0, 2.0]])
    w = advantage_weights(torch.ones(1, 3), torch.zeros(1, 3), beta)
    torch.testing.assert_close(w, torch.exp(beta))


def test_the_policys_loss_is_weighted_imitation():
    log_pi, w = torch.tensor([[-1.0, -3.0], [0.0, 2.0]]), torch.tensor([[2.0, 0.0], [5.0, 1.0]])
    torch.testing.assert_close(policy_loss(log_pi, w), torch.tensor([1.0, -1.0]))
