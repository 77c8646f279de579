"""ReBRAC's update against its restatement, and where its next actions come from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from palaestra.agents.training.registry import find
from palaestra.offline_rl.rebrac import Config, ReBRAC
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_rebrac import ReferenceReBRAC
from tests.offline_rl.reference_td3 import weights


def build(dataset, **settings):
    return ReBRAC(Config(**{"device": "cpu", "batch_size": 64, "hidden": (32, 32), **settings}), dataset)


def with_final_observations(dataset):
    """The same steps with the observation after each episode's last one, as our recipes have them."""
    generator = np.random.default_rng(1)
    final = generator.normal(size=(len(dataset.episodes), dataset.observation_dim)).astype(np.float32)
    return replace(dataset, episode_columns={"final_observations": final})


@pytest.mark.parametrize(
    ("dtype", "steps", "settings"),
    [
        ("float64", 10, {"hidden": (32, 32, 32)}),
        ("float64", 10, {"critic_ln": False, "actor_bc_coef": 0.01, "discount": 0.999}),
        ("float64", 10, {"normalize_q": False, "critic_bc_coef": 0.5}),
        ("float32", 1, {}),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_updates_are_the_published_ones(exact, dtype, steps, settings, dataset):
    dataset = with_final_observations(dataset) if exact else dataset
    learner = build(dataset, seeds=2, dtype=dtype, **settings)
    references = [ReferenceReBRAC(learner, seed) for seed in range(2)]
    following = following_actions(dataset)
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(
                batch.observations[seed],
                batch.actions[seed],
                batch.rewards[seed],
                batch.next_observations[seed],
                torch.as_tensor(following[batch.rows[seed].numpy()], dtype=learner.dtype),
                batch.nonterminals[seed],
                noise["smoothing"][seed],
            )
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        ours = ReferenceReBRAC(learner, seed)
        for name in ReferenceReBRAC.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


def following_actions(dataset):
    """The action after each transition by CORL's loop over rows, NaN where an episode's end was stored."""
    actions = dataset.columns["actions"]
    if dataset.final_observations is not None:
        after = np.append(actions[1:], np.full((1, actions.shape[1]), np.nan, np.float32), axis=0)
        after[dataset.episodes[:, 1] - 1] = np.nan
        return after
    return np.array([actions[i + 1] for i in range(len(actions) - 1) if not dataset.columns["timeouts"][i]])


def test_next_actions_are_the_next_rows_as_in_the_public_loader(dataset):
    learner = build(dataset)
    batch = learner.sample()
    actions, known = learner.next_actions(batch)
    assert known.all()
    np.testing.assert_array_equal(actions[0], following_actions(dataset)[batch.rows[0]])


def test_no_action_follows_a_stored_final_observation():
    dataset = with_final_observations(make_dataset(rows=200))
    learner = build(dataset)
    batch = learner.transitions.batch(torch.arange(200)[None])
    _, known = learner.next_actions(batch)
    np.testing.assert_array_equal((known[0] == 0).nonzero().squeeze(1), [49, 99, 149, 199])
    # There the weight of the penalty must not matter: only those rows, with every critic's target at stake.
    ends = learner.transitions.batch(torch.tensor([[99, 149]]))  # cut by time: the target isn't masked
    noise = {"smoothing": torch.zeros(1, 2, dataset.action_dim)}
    losses = [build(dataset, critic_bc_coef=weight).step(ends, noise, False)["critic_loss"] for weight in (0.0, 10.0)]
    assert torch.equal(*losses)


def test_the_policy_learns_in_the_first_update_and_every_second(dataset):
    learner = build(dataset)
    turns = ["actor_loss" in learner.update(learner.sample()) for _ in range(5)]
    assert turns == [True, False, True, False, True]


def test_targets_follow_the_old_policy_and_the_new_critics(dataset):
    learner = build(dataset)
    learner.update(learner.sample())
    learner.update(learner.sample())
    old = {name: weights(getattr(learner, name)) for name in ReferenceReBRAC.NETWORKS}
    learner.update(learner.sample())
    policy = 0.995 * old["actor_target"] + 0.005 * old["actor"]
    critics = 0.995 * old["critics_target"] + 0.005 * weights(learner.critics)
    torch.testing.assert_close(weights(learner.actor_target), policy)
    torch.testing.assert_close(weights(learner.critics_target), critics)
    assert not torch.equal(weights(learner.actor), old["actor"])


def test_first_weights_are_edacs(dataset):
    learner = build(dataset, hidden=(64, 64))
    hidden, last = learner.critics.mlp.layers[:-1], learner.critics.mlp.layers[-1]
    assert all((layer.bias == 0.1).all() for layer in hidden)
    for layer, bound in ((hidden[0], 7**-0.5), (hidden[1], 64**-0.5), (last, 3e-3)):
        assert 0.8 * bound < layer.weight.abs().max() <= bound
    assert learner.actor.mlp.layers[-1].weight.abs().max() <= 1e-3
    assert not learner.actor.mlp.norms


@pytest.mark.parametrize(
    ("dataset_id", "coefficients", "others"),
    [
        ("halfcheetah-medium-expert-v2", (0.01, 0.1), {}),
        ("palaestra/hopper/medium-replay-v0", (0.05, 0.5), {}),
        ("walker2d-random-v2", (0.01, 0.0), {}),
        ("maze2d-large-v1", (0.003, 0.001), {"batch_size": 256, "actor_lr": 3e-4, "critic_lr": 3e-4}),
        (
            "antmaze-large-play-v2",
            (0.002, 0.001),
            {"batch_size": 256, "actor_lr": 3e-4, "critic_lr": 5e-5, "discount": 0.999, "reward_scale": 100.0},
        ),
    ],
)
def test_published_settings(dataset_id, coefficients, others):
    settings = find("rebrac").published(dataset_id)
    assert (settings.pop("actor_bc_coef"), settings.pop("critic_bc_coef")) == coefficients
    assert settings == others
