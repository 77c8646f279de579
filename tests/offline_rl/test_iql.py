"""IQL's update against its restatement, its schedule, and what is done to rewards."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from palaestra.agents.training.registry import find
from palaestra.data.errors import InputError
from palaestra.offline_rl.iql import IQL, Config, return_scale, target, value_loss
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_iql import ReferenceIQL
from tests.offline_rl.reference_td3 import weights

SMALL = Config(device="cpu", batch_size=64, hidden=(32, 32))


def build(dataset, **settings):
    return IQL(replace(SMALL, **settings), dataset)


@pytest.mark.parametrize(
    ("dtype", "steps", "length", "settings"),
    [
        ("float64", 10, 0, {}),
        ("float64", 10, 12, {"expectile": 0.9, "temperature": 10.0}),
        ("float64", 10, 0, {"value_for_advantage": "old"}),
        ("float64", 10, 0, {"dropout": 0.1, "temperature": 0.5, "hidden": (32, 24)}),
        ("float32", 1, 0, {}),
    ],
)
def test_updates_are_the_published_ones(dtype, steps, length, settings, dataset):
    learner = build(dataset, seeds=2, dtype=dtype, normalise_rewards=True, **settings)
    if length:
        learner.prepare(length)
    returns = [column["rewards"].sum(dtype=np.float64) for column in dataset.iterate_episodes()]
    references = [ReferenceIQL(learner, seed) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(
                batch.observations[seed],
                batch.actions[seed].clamp(-0.99999, 0.99999),
                batch.rewards[seed] * 1000 / (max(returns) - min(returns)),
                batch.next_observations[seed],
                batch.nonterminals[seed],
                kept=noise["kept"][seed] if "kept" in noise else None,
                length=length,
            )
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        ours = ReferenceIQL(learner, seed)
        for name in ReferenceIQL.NETWORKS:
            torch.testing.assert_close(weights(getattr(ours, name)), weights(getattr(reference, name)), **tolerance)


def actor_lr(learner):
    return float(learner.optimisers["actor_adam"].param_groups[0]["lr"])


def test_the_actors_step_size_falls_along_a_cosine(dataset):
    learner = build(dataset)
    learner.prepare(8)
    seen = []
    for _ in range(8):
        learner.update(learner.sample())
        seen.append(actor_lr(learner))
    assert seen[0] == 3e-4
    assert seen[4] == pytest.approx(1.5e-4)
    assert seen[7] == pytest.approx(1.5e-4 * (1 + math.cos(math.pi * 7 / 8)))


@pytest.mark.parametrize("settings", [{"opt_decay_schedule": "none"}, {}])
def test_without_schedule_or_length_it_stays(settings, dataset):
    learner = build(dataset, **settings)
    if settings:
        learner.prepare(8)
    for _ in range(8):
        learner.update(learner.sample())
    assert actor_lr(learner) == 3e-4


def test_a_resumed_schedule_is_the_unbroken_ones(dataset):
    unbroken, first, second = (build(dataset, seeds=2) for _ in range(3))
    unbroken.prepare(10)
    first.prepare(10)
    for _ in range(10):
        unbroken.update(unbroken.sample())
    for _ in range(4):
        first.update(first.sample())
    second.load_state_dict({key: torch.as_tensor(value).clone() for key, value in first.state_dict().items()})
    second.prepare(6)
    for _ in range(6):
        second.update(second.sample())
    a, b = unbroken.state_dict(), second.state_dict()
    assert all(torch.equal(torch.as_tensor(a[key]), torch.as_tensor(b[key])) for key in a)
    assert actor_lr(second) == actor_lr(unbroken)


def test_another_length_is_refused_on_resuming(dataset):
    first, second = build(dataset), build(dataset)
    first.prepare(10)
    for _ in range(4):
        first.update(first.sample())
    second.load_state_dict(first.state_dict())
    with pytest.raises(InputError, match=r"over the 10 updates that the run began with.*--steps 10"):
        second.prepare(16)


def test_dropout_is_the_updates_alone(dataset):
    learner = build(dataset, dropout=0.5)
    s = np.random.default_rng(0).normal(size=(1, 6, 5))
    assert np.array_equal(learner.policy.act(s), learner.policy.act(s))
    kept = torch.cat([learner.draw_noise()["kept"] for _ in range(50)])
    assert kept.float().mean().item() == pytest.approx(0.5, abs=0.01)


def test_the_expectile_of_a_half_is_half_the_squared_error():
    q, v = torch.tensor([[1.0, 2.0, -4.0]]), torch.tensor([[0.0, 3.0, -2.0]])
    torch.testing.assert_close(value_loss(q, v, 0.5), torch.tensor([0.5 * (1 + 1 + 4) / 3]))
    torch.testing.assert_close(value_loss(q, v, 0.9), torch.tensor([(0.9 * 1 + 0.1 * 1 + 0.1 * 4) / 3]))


def test_targets_go_on_where_time_ran_out():
    r, m, v2 = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([[10.0, 10.0]])
    torch.testing.assert_close(target(r, m, v2, 0.9), torch.tensor([[10.0, 1.0]]))


def test_rewards_are_scaled_by_the_range_of_returns(dataset):
    returns = dataset.returns()
    assert return_scale(dataset) == pytest.approx(1000 / (returns.max() - returns.min()))
    learner = build(dataset, normalise_rewards=True)
    assert learner.return_scale.value.item() == pytest.approx(return_scale(dataset))


@pytest.mark.parametrize(("rows", "reason"), [(50, r"1 complete episode\(s\) with equal"), (30, "no complete episode")])
def test_without_a_range_of_returns_there_is_one_clear_line(rows, reason):
    with pytest.raises(InputError, match=f"{reason}.*--no-normalise-rewards"):
        build(make_dataset(rows=rows), normalise_rewards=True)


@pytest.mark.parametrize(
    ("dataset_id", "settings"),
    [
        ("hopper-medium-v2", {"normalise_rewards": True}),
        ("palaestra/walker2d/medium-replay-v0", {"normalise_rewards": True}),
        ("ant-medium-v2", {}),
    ],
)
def test_published_settings_go_by_robot(dataset_id, settings):
    assert find("iql").published(dataset_id) == settings
