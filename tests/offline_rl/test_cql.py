"""CQL's update against its restatement, and what the conservative term is in cases with a known answer."""

import math

import pytest
import torch

from palaestra.agents.training.registry import find
from palaestra.offline_rl.cql import (
    CQL,
    Config,
    backup,
    conservative_term,
    lagrangian,
    sampled_actions,
    temperature_loss,
)
from palaestra.offline_rl.gaussian import TanhGaussian
from tests.offline_rl.reference_cql import ReferenceCQL
from tests.offline_rl.reference_td3 import weights


def build(dataset, **settings):
    return CQL(Config(**{"device": "cpu", "batch_size": 64, "hidden": (32, 32), "n_actions": 4, **settings}), dataset)


@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {"n_actions": 10}),
        ("float64", 10, {"lagrange": True, "target_action_gap": 3.0, "backup_entropy": True}),
        (
            "float64",
            10,
            {
                "lagrange": True,
                "target_action_gap": 0.8,
                "diff_weighting": "corl",
                "max_target_backup": True,
                "backup_entropy": True,
                "normalise": False,
                "reward_scale": 10.0,
                "reward_bias": -5.0,
            },
        ),
        ("float64", 10, {"bc_steps": 4, "temperature": 0.5, "diff_min": 2.2, "normalise_rewards": True}),
        ("float32", 1, {}),
    ],
)
def test_updates_are_the_published_ones(dtype, steps, settings, dataset):
    learner = build(dataset, seeds=2, dtype=dtype, **settings)
    config = learner.config
    mean, std = learner.transitions.normaliser(eps=1e-3) if config.normalise else (0, 1)
    scale = config.reward_scale
    if config.normalise_rewards:
        scale = scale * 1000 / (dataset.returns().max() - dataset.returns().min())
    references = [ReferenceCQL(learner, seed) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            draws = {name: value[seed] for name, value in noise.items()}
            reference.update(
                (batch.observations[seed] - mean) / std,
                batch.actions[seed],
                batch.rewards[seed] * scale + config.reward_bias,
                (batch.next_observations[seed] - mean) / std,
                batch.nonterminals[seed],
                following=draws.pop("next"),
                **draws,
            )
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        ours = ReferenceCQL(learner, seed)
        for name in ReferenceCQL.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_of_a_q_without_preferences_the_term_is_that_of_the_densities(temperature):
    config = Config(temperature=temperature)
    log_density = torch.tensor([[[-1.0, 0.0, 2.0]]])
    constant = torch.full((1, 2, 1), 7.0)
    c = conservative_term(config, constant, constant.unsqueeze(-1).expand(-1, -1, -1, 3), log_density)
    closed = temperature * math.log(sum(math.exp(-x / temperature) for x in (-1.0, 0.0, 2.0)))
    torch.testing.assert_close(c, torch.full((1, 2), closed))


def test_the_term_estimates_the_log_of_an_integral(dataset):
    learner = build(dataset, dtype="float64")
    pi = TanhGaussian(torch.zeros(1, 64, 2, dtype=torch.float64), torch.zeros(1, 64, 2, dtype=torch.float64))
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randn(1, 64, 4000, 2, generator=generator, dtype=torch.float64) for _ in range(3)]
    actions, log_density = sampled_actions(pi, pi, dict(zip(("random", "current", "next"), draws)))
    assert actions.abs().max() < 1
    q = actions.sum(dim=-1).unsqueeze(1)
    c = conservative_term(learner.config, torch.zeros(1, 1, 64, dtype=torch.float64), q, log_density)
    integral = (math.e - 1 / math.e) ** 2  # of exp(a_1 + a_2) over the square
    assert c.item() == pytest.approx(math.log(3 * 4000 * integral), abs=0.01)


def test_the_factor_and_its_bound():
    c, log_alpha_prime = torch.tensor([[2.0, 3.0]]), torch.tensor([math.log(4.0)])
    official = Config(lagrange=True, min_q_weight=5.0, target_action_gap=1.0)
    corl = Config(lagrange=True, min_q_weight=5.0, target_action_gap=1.0, diff_weighting="corl")
    torch.testing.assert_close(lagrangian(official, c, log_alpha_prime), torch.tensor([[4 * 9.0, 4 * 14.0]]))
    torch.testing.assert_close(lagrangian(corl, c, log_alpha_prime), torch.tensor([[4 * 5.0, 4 * 10.0]]))
    assert lagrangian(corl, c, torch.tensor([100.0])).max() == 1e6 * 5 * 2


def test_the_best_next_action_may_back_up(dataset):
    learner = build(dataset)
    s2, a2 = torch.zeros(1, 64, 5), torch.linspace(-1, 1, 64 * 3 * 2).view(1, 64, 3, 2)
    log_pi2 = torch.arange(64 * 3.0).view(1, 64, 3)
    q2 = torch.stack([learner.critics_target(s2, a2[:, :, i]).amin(dim=1) for i in range(3)])
    best, which = q2.max(dim=0)
    plain = backup(learner.config, learner.critics_target, s2, a2, log_pi2, torch.tensor([0.5]))
    torch.testing.assert_close(plain, best)
    soft = backup(Config(backup_entropy=True), learner.critics_target, s2, a2, log_pi2, torch.tensor([0.5]))
    expected = best - 0.5 * log_pi2.gather(-1, which.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(soft, expected)


def test_the_temperature_falls_where_entropy_is_above_its_target():
    log_alpha = torch.zeros(2, requires_grad=True)
    log_pi = torch.tensor([[1.0, 1.0], [9.0, 9.0]])  # entropies of -1 and -9, wanted: -6
    temperature_loss(log_alpha, log_pi, -6.0).sum().backward()
    torch.testing.assert_close(log_alpha.grad, torch.tensor([5.0, -3.0]))


def test_the_policys_first_last_layer_is_small_and_the_critics_are_orthogonal(dataset):
    learner = build(dataset, hidden=(32, 32))
    assert learner.actor.mlp.layers[-1].weight.abs().max() <= 0.01 * (6 / 36) ** 0.5
    hidden, last = learner.critics.mlp.layers[1].weight[0], learner.critics.mlp.layers[-1].weight[0]
    torch.testing.assert_close(hidden @ hidden.mT, 2 * torch.eye(32).expand(2, -1, -1))
    torch.testing.assert_close(last.norm(dim=1), torch.full((2, 1), 0.01))


@pytest.mark.parametrize(
    ("dataset_id", "settings"),
    [
        ("hopper-medium-v2", {"normalise_rewards": True}),
        ("hopper-medium-replay-v2", {}),
        ("palaestra/walker2d/medium-v0", {}),
    ],
)
def test_published_settings_go_by_robot_and_kind(dataset_id, settings):
    assert find("cql").published(dataset_id) == settings
