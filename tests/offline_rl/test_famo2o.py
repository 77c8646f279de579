"""FamO2O's updates against their restatements, and its coefficients and weights in cases with a known answer."""

import math

import numpy as np
import pytest
import torch

from palaestra.agents.training.registry import find
from palaestra.data.replay import Replay, ReplayIndices
from palaestra.offline_rl.balance import coefficient, condition, encoded, uniform
from palaestra.offline_rl.famo2o_cql import Config as CQLConfig
from palaestra.offline_rl.famo2o_cql import FamO2OCQL
from palaestra.offline_rl.famo2o_iql import Config as IQLConfig
from palaestra.offline_rl.famo2o_iql import FamO2OIQL, balance_loss, family_weights
from tests.offline_rl.reference_famo2o import ReferenceFamO2OCQL, ReferenceFamO2OIQL
from tests.offline_rl.reference_td3 import weights

SMALL = {"device": "cpu", "batch_size": 48, "hidden": (32, 32), "seeds": 2}


def compare(learner, kind, steps, tolerance, inputs):
    """Ours and a restatement of each seed, side by side."""
    references = [kind(learner, seed) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(*inputs(batch, seed), *(noise[name][seed] for name in noise))
    for seed, reference in enumerate(references):
        ours = kind(learner, seed)
        for name in kind.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {}),
        ("float64", 10, {"pairing": "outer", "expectile": 0.9, "coefficient_range": (8.0, 14.0)}),
        ("float32", 1, {}),
    ],
)
def test_iql_s_updates_are_the_papers(online, dtype, steps, settings, dataset):
    learner = FamO2OIQL(IQLConfig(**SMALL, dtype=dtype, normalise_rewards=True, **settings), dataset)
    learner.online = online
    returns = [column["rewards"].sum(dtype=np.float64) for column in dataset.iterate_episodes()]
    scale = 1000 / (max(returns) - min(returns))

    def inputs(batch, seed):
        actions = batch.actions[seed].clamp(-0.99999, 0.99999)
        rewards = batch.rewards[seed] * scale
        return batch.observations[seed], actions, rewards, batch.next_observations[seed], batch.nonterminals[seed]

    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    compare(learner, ReferenceFamO2OIQL, steps, tolerance, inputs)


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {}),
        ("float64", 10, {"coefficient_map": "full", "layer_norm": False, "min_q_weight": 5.0, "backup_entropy": True}),
        ("float64", 10, {"temperature": 0.5, "diff_min": 1.0, "coefficient_range": (1.0, 3.0)}),
        ("float32", 1, {}),
    ],
)
def test_cql_s_updates_are_the_papers(online, dtype, steps, settings, dataset):
    learner = FamO2OCQL(CQLConfig(**SMALL, dtype=dtype, n_actions=4, **settings), dataset)
    learner.online = online

    def inputs(batch, seed):
        actions = batch.actions[seed].clamp(-0.999, 0.999)
        return (
            batch.observations[seed],
            actions,
            batch.rewards[seed],
            batch.next_observations[seed],
            batch.nonterminals[seed],
        )

    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 2e-6}
    compare(learner, ReferenceFamO2OCQL, steps, tolerance, inputs)


def test_the_encoding_is_that_of_positions():
    beta = torch.tensor([[0.0], [2.0]], dtype=torch.float64)
    first, second = encoded(beta)
    assert first.tolist() == [0, 1, 0, 1, 0, 1]
    expected = [math.sin(2), math.cos(2)]
    for exponent in (2 / 6, 4 / 6):
        expected += [math.sin(2 / 10000**exponent), math.cos(2 / 10000**exponent)]
    torch.testing.assert_close(second, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-15)
    assert condition(torch.zeros(3, 2, 11), torch.zeros(3, 2, 1)).shape == (3, 2, 17)


def test_coefficients_fill_their_range():
    assert coefficient(torch.tensor([-1.0, 0.0, 1.0]), (1.0, 5.0)).tolist() == [1.0, 3.0, 5.0]
    noise = torch.tensor([-10.0, 0.0, 10.0, 0.6744897501960817], dtype=torch.float64)
    torch.testing.assert_close(
        uniform(noise, (1.0, 5.0)), torch.tensor([1.0, 3.0, 5.0, 4.0], dtype=torch.float64), rtol=0, atol=1e-12
    )


def test_each_advantage_meets_its_own_coefficient():
    q, v = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])  # advantages 1 and -1
    beta = torch.tensor([[[0.0], [2.0]]])
    own = family_weights(q, v, beta, "elementwise")
    torch.testing.assert_close(own, torch.tensor([[1.0, math.exp(-2)]]))
    outer = family_weights(q, v, beta, "outer")
    expected = [[(1 + math.exp(2)) / 2, (1 + math.exp(-2)) / 2]]
    torch.testing.assert_close(outer, torch.tensor(expected))
    assert family_weights(q * 100, v, beta + 1, "elementwise").max() == 100


def test_the_balance_model_is_paid_for_q_and_entropy():
    loss = balance_loss(torch.tensor([0.5]), torch.tensor([[2.0, 4.0]]), torch.tensor([[1.0, 3.0]]))
    assert loss.tolist() == [0.5 * 3.0 - 2.0]


@pytest.mark.parametrize(("kind", "config"), [(FamO2OIQL, IQLConfig), (FamO2OCQL, CQLConfig)])
@pytest.mark.parametrize("online", [False, True])
def test_the_universal_policy_learns_for_the_balance_models_choice_once_online(kind, config, online, dataset):
    learners = [kind(config(**SMALL), dataset) for _ in range(2)]
    for learner, shift in zip(learners, (0.0, 0.5)):
        if online:
            replay = Replay(learner.transitions, 2, 10)
            learner.go_online(replay, ReplayIndices(replay, learner.seeds, "minibatches", 48, None, position=0))
        for parameter in learner.balance.parameters():
            parameter.data += shift
        learner.update(learner.sample())
    same = torch.equal(*(weights(learner.universal) for learner in learners))
    assert same != online


def test_settings_are_the_authors():
    assert find("famo2o-iql").published("palaestra/hopper/medium-v0") == {"normalise_rewards": True}
    assert find("famo2o-cql").published("palaestra/hopper/medium-v0") == {}
    assert CQLConfig().min_q_weight == 1.0
    assert IQLConfig().coefficient_range == (1.0, 5.0)


@pytest.mark.parametrize(("kind", "config"), [(FamO2OIQL, IQLConfig), (FamO2OCQL, CQLConfig)])
def test_the_policy_acts_by_the_mode_of_the_balance_model(kind, config, dataset):
    learner = kind(config(**SMALL), dataset)
    s = torch.randn(2, 5, learner.state_dim)
    balance = learner.balance(s)
    expected = learner.universal(condition(s, learner.coefficient(balance.mode))).mode
    acted = learner.policy.act(s.numpy())
    np.testing.assert_allclose(acted, expected.detach().numpy(), rtol=0, atol=1e-6)
