"""A2PR's update against its restatement, and the conventions of its gate."""

import pytest
import torch

from palaestra.agents.training.registry import find
from palaestra.offline_rl.a2pr import A2PR, Config
from palaestra.offline_rl.nets import MLP
from tests.offline_rl.reference_a2pr import ReferenceA2PR
from tests.offline_rl.reference_td3 import weights

SMALL = {"device": "cpu", "batch_size": 64, "hidden": (32, 32), "critic_hidden": (32, 32), "vae_hidden": (32, 32)}


def build(dataset, **settings):
    return A2PR(Config(**{**SMALL, **settings}), dataset)


def level(learner):
    """Shift V to the mean of Q on a batch, so that about half of the advantages are positive."""
    batch = learner.transitions.batch(torch.arange(500).expand(len(learner.seeds), -1))
    s = learner.normaliser(batch.observations)
    with torch.no_grad():
        gap = (learner.critics.q1(s, batch.actions) - learner.value(s)).mean(dim=1)
    learner.value.mlp.layers[-1].bias.data += gap.view(-1, 1, 1, 1)


@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {"hidden": (32, 32, 32), "critic_hidden": (32,) * 4}),
        ("float64", 10, {"recon_grad": "detach", "mask": 4.0, "vae_weight": 1.5}),
        ("float64", 10, {"value_used": "after-step", "discount": 0.995, "alpha": 40.0}),
        ("float32", 2, {}),
    ],
)
def test_updates_are_the_published_ones(dtype, steps, settings, dataset):
    learner = build(dataset, seeds=2, dtype=dtype, **settings)
    level(learner)
    references = [ReferenceA2PR(learner, seed) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        metrics = learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(
                learner.normaliser(batch.observations[seed]),
                batch.actions[seed],
                batch.rewards[seed],
                learner.normaliser(batch.next_observations[seed]),
                batch.nonterminals[seed],
                **{name: value[seed] for name, value in noise.items()},
            )
    for choice in ("good", "gate", "better"):
        assert ((metrics[choice] > 0) & (metrics[choice] < 1)).all()
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        ours = ReferenceA2PR(learner, seed)
        for name in ReferenceA2PR.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


def test_ties_take_the_vae_action_and_open_the_gate(dataset):
    """With Q and V equal everywhere, A = 0: VAE's action is taken (>=), the gate is open (>=), no data is good (>)."""
    learner = build(dataset)
    for module in (learner.critics, learner.critics_target, learner.value):
        for parameter in module.parameters():
            parameter.data.zero_()
    batch, noise = learner.sample(), learner.draw_noise()
    batch = batch._replace(rewards=torch.zeros_like(batch.rewards))
    s = learner.normaliser(batch.observations)
    for optimiser in learner.optimisers.values():
        optimiser.param_groups[0]["lr"] = 0.0
    metrics = learner.step(batch, noise, True)
    with torch.no_grad():
        pi = learner.actor(s)
        a_tilde, _, _ = learner.vae(s, pi, noise["latents_pi"])
    assert metrics["gate"] == 1
    assert metrics["good"] == 0
    assert metrics["recon_loss"] == 0
    torch.testing.assert_close(metrics["bc_loss"], (pi - a_tilde).square().mean(dim=(1, 2)))


def test_without_imitation_the_policy_follows_q_alone(dataset):
    learner = build(dataset, mask=0.0, alpha=5.0)
    learner.optimisers["actor_adam"].param_groups[0]["lr"] = 0.0
    batch = learner.sample()
    learner.step(batch, learner.draw_noise(), True)
    s = learner.normaliser(batch.observations)
    q = learner.critics.q1(s, learner.actor(s))
    q_alone = torch.autograd.grad(-5.0 * q.mean() / q.detach().abs().mean(), list(learner.actor.parameters()))
    for parameter, gradient in zip(learner.actor.parameters(), q_alone):
        torch.testing.assert_close(parameter.grad, gradient)


def test_the_policy_moves_nothing_but_itself_and_the_targets(dataset):
    learner = build(dataset)
    parts = ("critics", "value", "vae")
    batch, noise = learner.sample(), learner.draw_noise()
    other = build(dataset)
    learner.step(batch, noise, True)
    other.step(batch, noise, False)
    for name in parts:
        assert torch.equal(weights(getattr(learner, name)), weights(getattr(other, name)))
    assert not torch.equal(weights(learner.actor), weights(other.actor))
    for part in ("actor", "critics"):
        assert not torch.equal(weights(getattr(learner, f"{part}_target")), weights(getattr(other, f"{part}_target")))


def test_networks_are_as_deep_as_the_authors(dataset):
    learner = A2PR(Config(device="cpu", batch_size=4), dataset)

    def widths(mlp: MLP):
        return [layer.weight.shape[-1] for layer in mlp.layers]

    assert widths(learner.actor.mlp) == [256, 256, 256, 2]
    assert widths(learner.critics.mlp) == widths(learner.value.mlp) == [256, 256, 256, 256, 1]
    assert widths(learner.vae.encoder) == [750, 750, 8]  # mean and log std of 4 latents
    assert widths(learner.vae.decoder) == [750, 750, 2]


@pytest.mark.parametrize(
    ("dataset_id", "settings"),
    [
        ("halfcheetah-medium-v2", {"alpha": 40.0}),
        ("halfcheetah-medium-replay-v2", {"alpha": 40.0, "vae_weight": 1.5, "mask": 0.8, "discount": 0.995}),
        ("palaestra/hopper/medium-v0", {"mask": 0.4, "discount": 0.995}),
        ("walker2d-medium-replay-v2", {"vae_weight": 1.5, "mask": 1.2, "discount": 0.995}),
        ("walker2d-expert-v2", {}),
    ],
)
def test_published_settings(dataset_id, settings):
    assert find("a2pr").published(dataset_id) == settings
