import gymnasium
import numpy as np
import pytest

from palaestra.agents.policy import RandomPolicy
from palaestra.agents.rollouts.play import evaluate, evaluation_seed, play, rollout
from palaestra.agents.training.behaviour import random_policy
from palaestra.envs.vector import make_worlds

HOPPER = "palaestra/Hopper-v0"


class Counting(gymnasium.Env):
    """Observes how many steps it has taken; ends after ``ends`` of them; pays its action."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))

    def __init__(self, ends=5, truncates=False, pays=1.0):
        self.ends, self.truncates, self.pays = ends, truncates, pays

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        over = self.steps == self.ends
        observation = np.full(1, self.steps, np.float32)
        return observation, self.pays * float(action[0]), over and not self.truncates, over and self.truncates, {}


@pytest.fixture
def counting():
    gymnasium.register("test/Counting-v0", Counting)
    yield "test/Counting-v0"
    del gymnasium.registry["test/Counting-v0"]


class Scripted:
    """Acts by a function of (seeds, worlds, 1) observations and remembers what it was told."""

    def __init__(self, function):
        self.function, self.resets, self.rewards = function, [], []

    def reset(self, which=None):
        self.resets.append(None if which is None else which.copy())

    def act(self, observations, rewards=None, deterministic=True):
        self.rewards.append(rewards.copy())
        return self.function(observations).astype(np.float32)


def literal_episode(env_id, policy, env_seed):
    world = gymnasium.make(env_id)
    observation, _ = world.reset(seed=env_seed)
    policy.reset()
    total, length, terminated, truncated = 0.0, 0, False, False
    while not (terminated or truncated):
        action = policy.act(observation[None, None], deterministic=False)[0, 0]
        observation, reward, terminated, truncated, _ = world.step(action)
        total, length = total + reward, length + 1
    return total, length, terminated


def test_equals_a_literal_loop_over_one_world():
    policy = RandomPolicy(-np.ones(3), np.ones(3), seeds=(4, 9))
    records = evaluate(policy, HOPPER, seeds=[4, 9], episodes=3, deterministic=False)
    assert [(r["seed"], r["episode"]) for r in records] == [(4, 0), (4, 1), (4, 2), (9, 0), (9, 1), (9, 2)]
    assert {r["env_id"] for r in records} == {HOPPER}
    assert [r["env_seed"] for r in records] == [evaluation_seed(s, e) for s in (4, 9) for e in range(3)]
    assert len({r["env_seed"] for r in records}) == 6
    for record in (records[0], records[3]):  # a world's first column is what a policy alone in one world draws
        alone = RandomPolicy(-np.ones(3), np.ones(3), seeds=(record["seed"],))
        total, length, terminated = literal_episode(HOPPER, alone, record["env_seed"])
        assert (record["return"], record["length"], record["terminated"]) == (total, length, terminated)
        assert record["score"] == pytest.approx(100 * (total + 20.272305) / (3234.3 + 20.272305))


@pytest.mark.parametrize("env_id", [HOPPER, "Hopper-v5"])
def test_every_step_has_the_infos_of_its_worlds(env_id):
    """Ours, stepped together, and one of Gymnasium's."""
    steps = []
    box = gymnasium.make(env_id).action_space
    records = rollout(RandomPolicy(box.low, box.high), env_id, seeds=[0], episodes=2, on_step=steps.append)
    assert records[0]["length"] != records[1]["length"]
    for row, record in enumerate(records):
        world = gymnasium.make(env_id)
        world.reset(seed=record["env_seed"])
        for step in steps[: record["length"]]:
            info = world.step(step.actions[row])[-1]
            assert step.infos[row] == info
            assert info
        assert all(step.infos[row] == {} for step in steps[record["length"] :])


def test_episodes_do_not_depend_on_how_many_run_beside_them():
    def records(seeds, episodes, threads=1):
        policy = RandomPolicy(-np.ones(6), np.ones(6), seeds)
        options = {"episodes": episodes, "threads": threads, "deterministic": False}
        return {(r["seed"], r["episode"]): r for r in rollout(policy, "palaestra/Walker2d-v0", seeds=seeds, **options)}

    few, many = records([1], 2), records([0, 1, 2], 5, threads=2)
    assert few == {key: many[key] for key in few}


def test_flags_and_lengths(counting):
    policy = Scripted(lambda observations: np.ones_like(observations))
    (record,) = evaluate(policy, counting, seeds=[0], episodes=1)
    assert record["return"] == 5.0
    assert record["length"] == 5
    assert record["terminated"] is True
    assert record["score"] is None
    assert "error" not in record


def test_every_target_is_played_in_the_same_worlds(counting):
    policy = Scripted(lambda observations: np.array([[[1.0], [0.5], [1.0], [0.5]]] * 2))  # what each world is asked for
    policy.targets = (100.0, 50.0)
    records = evaluate(policy, counting, seeds=[0, 1], episodes=2)
    by_cell = {(r["seed"], r["episode"], r["target"]): r for r in records}
    assert len(by_cell) == len(records) == 8
    assert {r["return"] for r in records if r["target"] == 100.0} == {5.0}
    assert {r["return"] for r in records if r["target"] == 50.0} == {2.5}
    for (seed, episode, _), record in by_cell.items():
        assert record["env_seed"] == evaluation_seed(seed, episode)


def test_an_action_that_is_not_finite_stays_visible(counting):
    def act(observations):
        actions = np.ones_like(observations)
        actions[0, 1][observations[0, 1] == 2] = np.nan
        return actions

    records = evaluate(Scripted(act), counting, seeds=[0, 1], episodes=2)
    assert [r["return"] for r in records] == [5.0, None, 5.0, 5.0]
    assert records[1] | {"env_seed": 0} == {
        "seed": 0,
        "episode": 1,
        "env_id": counting,
        "env_seed": 0,
        "return": None,
        "length": 3,
        "terminated": False,
        "error": "the action was not finite at step 3",
        "score": None,
    }


def test_a_reward_that_is_not_finite_stays_visible():
    gymnasium.register("test/Nan-v0", Counting, kwargs={"pays": np.nan}, disable_env_checker=True)
    try:
        (record,) = evaluate(Scripted(np.ones_like), "test/Nan-v0", seeds=[0], episodes=1)
    finally:
        del gymnasium.registry["test/Nan-v0"]
    assert (record["return"], record["score"], record["length"]) == (None, None, 5)
    assert record["error"] == "the return is not finite"


def test_worlds_play_their_episodes_and_then_rest(counting):
    worlds = make_worlds(counting, 2)
    for world, ends in zip(worlds.worlds, (2, 3)):
        world.unwrapped.ends = ends
    episodes_left, started, steps = [2, 1], [], []

    def next_seeds(free):
        seeds = []
        for i in range(2):
            begin = free[i] and episodes_left[i] > 0
            episodes_left[i] -= bool(begin)
            seeds.append(10 * i + episodes_left[i] if begin else None)
        return seeds

    policy = Scripted(lambda observations: observations + 1)
    hooks = {"on_start": lambda begins: started.append(begins.tolist()), "on_step": steps.append}
    play(policy, worlds, (2, 1), next_seeds, deterministic=True, **hooks)
    assert started == [[True, True], [True, False]]
    assert policy.resets[0] is None
    assert [which.tolist() for which in policy.resets[1:]] == [[[True], [False]]]
    assert [step.running.tolist() for step in steps] == [[True, True], [True, True], [True, True], [True, False]]
    assert [step.observations[0, 0] for step in steps] == [0, 1, 0, 1]
    assert [step.rewards[0] for step in steps] == [1, 2, 1, 2]
    # A policy is told what its last action earned, and 0 at an episode's beginning.
    assert [rewards[0, 0] for rewards in policy.rewards] == [0, 1, 0, 1]
    assert [rewards[1, 0] for rewards in policy.rewards][:3] == [0, 1, 2]


def test_progress_counts_finished_episodes():
    calls = []
    options = {"seeds": [0, 1], "episodes": 4, "progress": lambda *counts: calls.append(counts)}
    rollout(RandomPolicy(-np.ones(3), np.ones(3), (0, 1)), HOPPER, **options)
    assert calls == sorted(calls)
    assert calls[-1] == (8, 8)


def test_random_policy_takes_its_box_from_the_world():
    policy = random_policy("palaestra/HalfCheetah-v0")
    np.testing.assert_array_equal(policy.low, -np.ones(6))
    np.testing.assert_array_equal(policy.high, np.ones(6))
