"""stable-baselines3's replay buffers become datasets: every step, the true next observation, ends told from cuts."""

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import TD3
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.sb3 import from_sb3

Box = gymnasium.spaces.Box
STATES, ACTIONS = Box(-9, 9, (3,), np.float32), Box(-1, 1, (2,), np.float32)
HOPPER = "palaestra/Hopper-v0"


def filled(size, worlds, steps, ends, space=ACTIONS, **options):
    """A buffer after ``steps`` steps, and a literal list of each world's steps.

    ``ends(world, step)`` is "" inside an episode, "fell" at an end of the task, "cut" at a time limit.
    """
    buffer = ReplayBuffer(size * worlds, STATES, space, "cpu", worlds, **options)
    generator = np.random.default_rng(0)
    states = generator.normal(size=(worlds, 3)).astype(np.float32)
    experience = [[] for _ in range(worlds)]
    for step in range(steps):
        following = generator.normal(size=(worlds, 3)).astype(np.float32)
        actions = generator.uniform(-1, 1, (worlds, 2)).astype(np.float32)
        rewards = generator.normal(size=worlds).astype(np.float32)
        how = [ends(world, step) for world in range(worlds)]
        buffer.add(
            states, following, actions, rewards, np.array(how) != "", [{"TimeLimit.truncated": h == "cut"} for h in how]
        )
        for world in range(worlds):
            experience[world].append((states[world], actions[world], rewards[world], how[world], following[world]))
        fresh = generator.normal(size=(worlds, 3)).astype(np.float32)
        states = np.where(np.array(how)[:, None] != "", fresh, following)
    return buffer, experience


def ends(world, step):
    if step % 5 == 4 - world:
        return "fell" if step % 2 else "cut"
    return ""


@pytest.mark.parametrize(("size", "steps"), [(40, 23), (40, 40), (16, 23), (16, 50)])
@pytest.mark.parametrize("worlds", [1, 3])
def test_every_step_is_there_and_leads_where_it_led(size, steps, worlds):
    buffer, experience = filled(size, worlds, steps, ends)
    dataset = from_sb3(buffer, HOPPER)
    kept = [step for world in experience for step in world[-size:]]
    assert len(dataset) == len(kept)
    transitions = dataset.transitions()
    batch = transitions.batch(torch.arange(len(transitions))[None])
    assert len(transitions) == len(kept)
    for i, (s, a, r, how, s2) in enumerate(kept):
        assert batch.observations[0, i].tolist() == s.tolist()
        assert batch.actions[0, i].tolist() == a.tolist()
        assert batch.rewards[0, i].item() == r
        assert batch.nonterminals[0, i].item() == (how != "fell")
        assert batch.next_observations[0, i].tolist() == s2.tolist()
    whole = [step[3] for world in experience for step in world[-size:]]
    assert dataset.columns["terminals"].tolist() == [how == "fell" for how in whole]
    last = (np.arange(len(kept)) + 1) % min(size, steps) == 0
    assert dataset.columns["timeouts"].tolist() == [how == "cut" or (e and how == "") for how, e in zip(whole, last)]
    assert (dataset.id, dataset.env_id, dataset.horizon) == (f"sb3:{HOPPER}", HOPPER, 1000)


def test_it_is_stored_and_opened_like_any_other(tmp_path):
    dataset = from_sb3(filled(40, 2, 23, ends)[0], HOPPER, id="mine")
    dataset.save(tmp_path / "mine")
    again = Dataset.open(tmp_path / "mine")
    assert again.fingerprint == dataset.fingerprint
    assert again.id == "mine"


def test_actions_are_brought_to_the_worlds_range():
    space = Box(np.array([-2, 0], np.float32), np.array([2, 4], np.float32))
    buffer, experience = filled(40, 1, 10, ends, space)
    stored = np.stack([step[1] for step in experience[0]])
    np.testing.assert_allclose(from_sb3(buffer, HOPPER).columns["actions"], stored * 2 + [0, 2], rtol=1e-6)


def test_an_agents_buffer_obeys_the_physics():
    model = TD3("MlpPolicy", gymnasium.make("Pendulum-v1"), learning_starts=10**6, seed=0, device="cpu")
    model.learn(450)
    dataset = from_sb3(model.replay_buffer, "Pendulum-v1")
    assert np.diff(dataset.episodes, axis=1)[:, 0].tolist() == [200, 200, 50]
    assert not dataset.columns["terminals"].any()
    assert dataset.horizon == 200
    s, u = dataset.columns["observations"].astype(float), dataset.columns["actions"][:, 0].astype(float)
    assert np.abs(u).max() > 1.9  # torques, not the stored [-1, 1]
    angle = np.arctan2(s[:, 1], s[:, 0])
    cost = angle**2 + 0.1 * s[:, 2] ** 2 + 0.001 * u**2
    np.testing.assert_allclose(dataset.columns["rewards"], -cost, atol=1e-5)
    s2 = np.concatenate([s[1:], dataset.final_observations[-1:]])
    s2[dataset.episodes[:, 1] - 1] = dataset.final_observations
    speed = np.clip(s[:, 2] + (15 * s[:, 1] + 3 * u) * 0.05, -8, 8)
    np.testing.assert_allclose(s2[:, 2], speed, atol=1e-5)


def test_what_cannot_be_told_is_refused():
    def refused(buffer, env_id=HOPPER):
        with pytest.raises(InputError) as error:
            from_sb3(buffer, env_id)
        return str(error.value)

    assert "empty" in refused(filled(40, 1, 0, ends)[0])
    thrifty = filled(40, 1, 9, ends, optimize_memory_usage=True, handle_timeout_termination=False)[0]
    assert "optimize_memory_usage" in refused(thrifty)
    assert "Box" in refused(ReplayBuffer(9, STATES, gymnasium.spaces.Discrete(3), "cpu"))
    assert "Box" in refused(ReplayBuffer(9, Box(0, 1, (4, 4)), ACTIONS, "cpu"))
    assert "Box" in refused(DictReplayBuffer(9, gymnasium.spaces.Dict({"a": STATES}), ACTIONS, "cpu"))
    jump = filled(40, 1, 9, ends)[0]
    jump.next_observations[2] += 1
    assert "step 2" in refused(jump)


def test_without_time_limits_told_apart_only_short_episodes_are_ends():
    def every_tenth(world, step):
        return "fell" if step % 10 == 9 else ""

    buffer, _ = filled(40, 1, 25, every_tenth, handle_timeout_termination=False)
    assert from_sb3(buffer, HOPPER).columns["terminals"].sum() == 2
    gymnasium.register("Ten-v0", max_episode_steps=10, entry_point="x:X")
    try:
        with pytest.raises(InputError, match="handle_timeout_termination=True"):
            from_sb3(buffer, "Ten-v0")
    finally:
        del gymnasium.registry["Ten-v0"]
