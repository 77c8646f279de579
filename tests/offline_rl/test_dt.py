"""The Decision Transformer: the published updates, padding that counts for nothing, acting on training's windows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from palaestra.agents.training.loop import evaluate_run, train
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.results.tables import compare
from palaestra.data.windows import Windows
from palaestra.offline_rl.dt import DT, Config
from palaestra.offline_rl.trainer import LearnerOptions
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_dt import ReferenceDT, padded_on_the_left

SMALL = {"device": "cpu", "K": 6, "embed_dim": 16, "n_layer": 2, "n_head": 2, "max_ep_len": 60, "batch_size": 16}


def assert_same_weights(learner, references, dtype):
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 3e-6}  # weights up to 3.5
    for seed, reference in enumerate(references):
        for (name, ours), theirs in zip(ReferenceDT(learner, seed).named_parameters(), reference.parameters()):
            torch.testing.assert_close(ours, theirs, **tolerance, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize(("dtype", "steps"), [("float64", 10), ("float32", 1)])
def test_updates_are_the_published_ones(dtype, steps, dataset):
    learner = DT(Config(**SMALL, seeds=2, dtype=dtype, dropout=0.0, lr=1e-3, warmup_steps=6), dataset)
    references, before = [ReferenceDT(learner, seed) for seed in range(2)], learner.model.predict_action.weight.clone()
    padding = 0
    for _ in range(steps):
        batch = learner.sample()
        padding += int((batch.mask == 0).sum())
        losses = learner.update(batch)["action_loss"]
        for seed, reference in enumerate(references):
            loss = reference.update(*padded_on_the_left(batch, seed, learner.normaliser, learner.config.scale))
            assert losses[seed].item() == pytest.approx(loss, rel=1e-5)
    assert padding > 0
    assert not torch.equal(before, learner.model.predict_action.weight)
    assert_same_weights(learner, references, dtype)


def test_dropout_is_by_the_masks_that_were_drawn(dataset):
    learner = DT(Config(**SMALL, seeds=2, dtype="float64", dropout=0.3, warmup_steps=1), dataset)
    references = [ReferenceDT(learner, seed) for seed in range(2)]
    for _ in range(3):
        batch, noise = learner.sample(), learner.draw_noise()
        assert 0.6 < noise["dropout"].double().mean() < 0.8
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            R, s = batch.returns_to_go[seed] / 1000, learner.normaliser(batch.observations[seed])
            reference.update(R, s, batch.actions[seed], batch.timesteps[seed], batch.mask[seed], noise["dropout"][seed])
    assert_same_weights(learner, references, "float64")


def test_the_gradient_is_clipped_by_each_seeds_own_norm(dataset):
    """A second seed with gigantic gradients does not change what the first one learns."""
    calm, wild = (DT(Config(**SMALL, seeds=2, dropout=0.0), dataset) for _ in range(2))
    wild.model.predict_action.weight.data[1] *= 100
    for _ in range(3):
        batch = calm.sample()
        calm.update(batch)
        wild.update(batch)
    for a, b in zip(calm.model.parameters(), wild.model.parameters()):
        torch.testing.assert_close(a[0], b[0], rtol=1e-5, atol=1e-6)


def test_padding_changes_nothing_that_counts(dataset):
    learner = DT(Config(**SMALL, seeds=1, dtype="float64", dropout=0.0), dataset)
    batch = learner.sample()
    real = batch.mask.bool()
    assert not real.all()
    filled = batch._replace(
        observations=batch.observations.where(real.unsqueeze(-1), 7.0),
        actions=batch.actions.where(real.unsqueeze(-1), -10.0),
        returns_to_go=batch.returns_to_go.where(real, 7.0),
        timesteps=batch.timesteps.where(real, 7),
    )
    before, after = (learner.model(x.returns_to_go, *x[:2], x.timesteps)[real] for x in (batch, filled))
    assert torch.equal(before, after)


def test_neither_the_future_nor_the_action_itself_is_seen(dataset):
    learner = DT(Config(**SMALL, seeds=1, dtype="float64", dropout=0.0), dataset)
    batch, now = learner.sample(), 3
    R, s, a, t = batch.returns_to_go, batch.observations, batch.actions, batch.timesteps
    before = learner.model(R, s, a, t)
    a[:, :, now:], s[:, :, now + 1 :], R[:, :, now + 1 :], t[:, :, now + 1 :] = 9, 9, 9, 9
    after = learner.model(R, s, a, t)
    assert torch.equal(before[:, :, : now + 1], after[:, :, : now + 1])
    assert not torch.isclose(before[:, :, now + 1 :], after[:, :, now + 1 :]).any()


def played(learner, lengths, worlds, seed=0):
    """Act in worlds whose observations and rewards are random; the steps of every (world, episode)."""
    generator = np.random.default_rng(seed)
    seeds, done = len(learner.seeds), {}
    learner.policy.reset()
    left = np.array([[lengths[(k + w) % len(lengths)] for w in range(worlds)] for k in range(seeds)])
    episode, rewards = np.zeros((seeds, worlds), int), np.zeros((seeds, worlds))
    for _ in range(2 * max(lengths)):
        observations = generator.normal(size=(seeds, worlds, learner.state_dim)) * 3 + 1
        actions = learner.policy.act(observations, rewards)
        rewards = generator.normal(size=(seeds, worlds)) * 100
        for k in range(seeds):
            for w in range(worlds):
                steps = done.setdefault((k, w, episode[k, w]), [])
                steps.append((observations[k, w], actions[k, w], rewards[k, w]))
        left -= 1
        ends = left == 0
        if ends.any():
            learner.policy.reset(ends)
            episode, rewards = episode + ends, np.where(ends, 0, rewards)
            left = np.where(ends, lengths[0], left)
    return done


def test_acting_sees_the_windows_that_training_would(dataset):
    """Replay what was played as a dataset: at every step the model, shown the window of it, gives the action taken."""
    config = Config(**SMALL, seeds=2, dropout=0.0, targets=(500.0, -300.0), dtype="float64")
    learner = DT(config, dataset)
    for (k, w, _), steps in played(learner, lengths=[9, 4, 14], worlds=3).items():
        observations, actions, rewards = (np.array(column) for column in zip(*steps))
        flags = np.arange(len(steps)) == len(steps) - 1
        # The window's returns to go must come out as the target minus what was paid: the rest is paid at the end.
        rewards[-1] = config.targets[w % 2] - rewards[:-1].sum()
        columns = {"observations": observations, "actions": actions, "rewards": rewards, "terminals": flags}
        windows = Windows.of(Dataset("played", "played", columns, 1000), config.K, dtype=torch.float64)
        for step in range(len(steps)):
            first = max(step - config.K + 1, 0)
            window = windows.batch(torch.full((2, 1), first))
            R, s = window.returns_to_go / config.scale, learner.normaliser(window.observations)
            predicted = learner.model(R, s, window.actions, window.timesteps)[k, 0, step - first]
            np.testing.assert_allclose(predicted.detach(), actions[step], atol=1e-6)


def test_with_delayed_rewards_the_same_return_is_asked_for_all_along(dataset):
    learner = DT(Config(**SMALL, targets=(100.0,), delayed=True, dropout=0.0), dataset)
    learner.policy.reset()
    for _ in range(4):
        learner.policy.act(np.zeros((1, 2, 5)), np.ones((1, 2)))
    assert learner.policy.returns[..., -4:].unique().tolist() == pytest.approx([0.1])
    windows, best = learner.transitions, dataset.returns()
    np.testing.assert_allclose(windows.returns_to_go[:50], np.full(50, best[0]), rtol=1e-5)


def test_without_targets_the_datasets_best_return_is_asked_for(dataset):
    assert DT(Config(**SMALL), dataset).policy.targets == (dataset.returns().max(),)


def test_every_target_is_a_protocol_and_a_checkpoint_acts_without_data(tmp_path):
    dataset = make_dataset(rows=400, state_dim=11, action_dim=3)
    config = Config(**{**SMALL, "max_ep_len": 1000}, seeds=2, targets=(3600.0, 1800.0))
    options = LearnerOptions(dataset.id, steps=2, episodes=1, evaluate_every=2)
    run = train("dt", options, config, tmp_path / "run", dataset=dataset)
    lines = run.evaluations()
    assert [line["protocol"].pop("target") for line in lines] == [3600.0, 3600.0, 1800.0, 1800.0]
    assert {str(line["protocol"]) for line in lines} == {"{'episodes': 1, 'deterministic': True}"}
    again = {(each["seed"], each["target"]): each["return"] for each in evaluate_run(run, episodes=1)}
    assert again == {(line["seed"], line["target"]): line["return"] for line in lines}
    assert [row.protocol for row in compare([run])] == [f"1 episodes/seed, target {each}" for each in (1800.0, 3600.0)]


def test_bfloat16_stays_close(dataset):
    losses = []
    for autocast in (False, True):
        learner = DT(Config(**SMALL, seeds=2, autocast=autocast), dataset)
        for _ in range(5):
            loss = learner.update(learner.sample())["action_loss"]
        assert loss.dtype == torch.float32
        losses.append(loss)
    torch.testing.assert_close(*losses, rtol=0.02, atol=0)
    assert not torch.equal(*losses)


def test_a_share_of_the_episodes_is_learnt_from():
    learner = DT(Config(**SMALL, sample_ratio=0.25), make_dataset(rows=1000))
    assert len(learner.transitions) == 250


def test_a_dataset_without_a_whole_episode_is_refused(dataset):
    columns = {name: column[:30] for name, column in dataset.columns.items()}
    with pytest.raises(InputError, match=r"no complete episode in 30 row\(s\)"):
        DT(Config(**SMALL), replace(dataset, columns=columns))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"K": 0}, "--K must be at least 1, got 0"),
        ({"embed_dim": 10, "n_head": 3}, "--embed-dim 10 must be a multiple of --n-head 3"),
        ({"dropout": 1.0}, "--dropout must be at least 0 and below 1, got 1.0"),
        ({"sample_ratio": 0.0}, "share of episodes must be above 0"),
    ],
)
def test_mistakes_get_a_line(settings, message, dataset):
    with pytest.raises(InputError, match=message):
        DT(Config(**SMALL | settings), dataset)
