"""``palaestra.load``: a run's policy for one's own code."""

import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import palaestra
from palaestra.agents.rollouts.play import evaluate
from palaestra.agents.training.loop import restore
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run

RUNS = Path(__file__).parents[2] / "earlier" / "0.1.0" / "runs"


def played(policy, env_id, env_seed, seed, with_rewards):
    """The return of one episode by ``predict``, in an environment of one's own."""
    environment = gymnasium.make(env_id)
    observation, _ = environment.reset(seed=env_seed)
    policy.reset()
    total, reward, over = 0.0, 0.0, False
    while not over:
        action = policy.predict(observation, reward if with_rewards else None, seed=seed)
        assert action.shape == environment.action_space.shape
        observation, reward, terminated, truncated, _ = environment.step(action)
        total, over = total + reward, terminated or truncated
    return total


@pytest.mark.parametrize("name", ["td3bc", "iql", "dt", "sb3-ppo"])
def test_an_episode_by_predict_is_the_evaluations(name):
    run = Run.open(RUNS / name)
    restored = restore(run, "cpu")
    records = evaluate(restored.policy, run.config["env_id"], seeds=run.seeds, episodes=1)
    policy = palaestra.load(RUNS / name, device="cpu")
    for record in records:
        total = played(policy, run.config["env_id"], record["env_seed"], record["seed"], name == "dt")
        assert total == pytest.approx(record["return"], rel=1e-4)


def test_shapes_are_those_of_what_is_given():
    policy = palaestra.load(RUNS / "td3bc", device="cpu")
    observations = np.random.default_rng(0).normal(size=(5, 11))
    every = policy.predict(observations, seed="all")
    assert every.shape == (2, 5, 3)
    assert every.dtype == np.float32
    np.testing.assert_allclose(policy.predict(observations), every[0], rtol=1e-5)
    np.testing.assert_allclose(policy.predict(observations[3], seed=1), every[1, 3], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(policy.predict(observations[3].tolist(), seed="all"), every[:, 3], rtol=1e-4, atol=1e-6)


def test_a_sequence_model_remembers_until_it_is_reset():
    policy = palaestra.load(RUNS / "dt", device="cpu")
    observation = np.linspace(-1, 1, 11)
    first, second = policy.predict(observation), policy.predict(observation)
    assert not np.allclose(first, second)
    policy.reset()
    np.testing.assert_allclose(policy.predict(observation), first, rtol=1e-5)
    with pytest.raises(InputError, match=r"2 observations after 1: call reset\(\)"):
        policy.predict(np.zeros((2, 11)))
    asked = palaestra.load(RUNS / "dt", device="cpu", target=3000.0)
    assert not np.allclose(asked.predict(observation), first)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: palaestra.load("nowhere"), "nowhere: does not exist"),
        (lambda: palaestra.load(RUNS / "td3bc", target=1.0), "td3bc is not return-conditioned"),
        (lambda: palaestra.load(RUNS / "td3bc").predict(np.zeros(4)), "observations have 11 dimensions, got 4"),
        (lambda: palaestra.load(RUNS / "td3bc").predict(np.zeros((1, 1, 11))), r"got \(1, 1, 11\)"),
        (lambda: palaestra.load(RUNS / "td3bc").predict(np.zeros(11), seed=7), "trained the seeds 0, 1, not 7"),
    ],
)
def test_mistakes_are_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_importing_palaestra_stays_cheap():
    code = (
        "import sys, palaestra; palaestra.load; print({'torch', 'mujoco', 'skia', 'transformers'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
