import numpy as np
import pytest
import scipy.stats

from palaestra.agents.policy import GaussianPolicy, RandomPolicy
from palaestra.agents.training.behaviour import export


@pytest.fixture(scope="module")
def sb3():
    """A PPO model after one short update, so that no weight or statistic is at its initial value."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    worlds = VecNormalize(make_vec_env("palaestra/Hopper-v0", n_envs=2, seed=0), gamma=0.99)
    model = PPO("MlpPolicy", worlds, n_steps=64, batch_size=64, n_epochs=2, seed=0, device="cpu")
    return model.learn(128)


@pytest.fixture
def observations():
    rng = np.random.default_rng(0)
    near = rng.normal(size=(3, 7, 11))
    near[0] *= 1000  # far enough for the clip at ten standard deviations
    return near


def test_equals_stable_baselines3(sb3, observations):
    import torch

    policy = GaussianPolicy(export(sb3), seeds=(0, 1, 2))
    normalised = sb3.get_vec_normalize_env().normalize_obs(observations).reshape(-1, 11)
    expected, _ = sb3.predict(normalised, deterministic=True)
    np.testing.assert_allclose(policy.act(observations).reshape(-1, 3), expected, atol=2e-5)
    sample = policy.sample(observations)
    with torch.no_grad():
        distribution = sb3.policy.get_distribution(torch.as_tensor(normalised, dtype=torch.float32))
        log_probs = distribution.log_prob(torch.as_tensor(sample.unclipped.reshape(-1, 3)))
    np.testing.assert_allclose(sample.log_probs.reshape(-1), log_probs, atol=1e-4)
    assert sample.actions.dtype == sample.unclipped.dtype == sample.log_probs.dtype == np.float32


def test_log_probability_is_scipys(sb3, observations):
    sample = GaussianPolicy(export(sb3), seeds=(0, 1, 2)).sample(observations)
    densities = scipy.stats.norm.logpdf(sample.unclipped.astype(float), sample.means, np.exp(sample.log_stds))
    np.testing.assert_allclose(sample.log_probs, densities.sum(-1), rtol=1e-5)
    clipped = np.abs(sample.unclipped) > 1
    assert clipped.any()
    np.testing.assert_array_equal(sample.actions, np.clip(sample.unclipped, -1, 1))


def test_a_world_gets_the_same_actions_whatever_runs_beside_it(sb3):
    weights = export(sb3)
    observations = np.random.default_rng(1).normal(size=(4, 50, 11)).astype(np.float32)
    together, alone = GaussianPolicy(weights, seeds=(5, 6, 7, 8)), GaussianPolicy(weights, seeds=(7,))
    for _ in range(70):  # more than one block of draws
        everyone = together.sample(observations)
        one = alone.sample(observations[2:3, :1])
    np.testing.assert_array_equal(everyone.unclipped[2, :1], one.unclipped[0])
    for rows in (1, 31, 32, 33, 200):
        batch = observations.reshape(1, -1, 11)[:, :rows]
        np.testing.assert_array_equal(alone.mean(batch), together.mean(observations).reshape(1, -1, 3)[:, :rows])


def test_samples_spread_as_they_should(sb3):
    policy = GaussianPolicy(export(sb3), seeds=range(10))
    observations = np.zeros((10, 100, 11))
    draws = []
    for _ in range(100):
        sample = policy.sample(observations)
        draws.append((sample.unclipped - sample.means) / np.exp(sample.log_stds))
    assert scipy.stats.kstest(np.array(draws)[:, :, :, 0].ravel(), "norm").pvalue > 1e-3
    correlation = np.corrcoef(np.array(draws)[:, :, 0, 0].T)
    assert np.abs(correlation - np.eye(10)).max() < 0.45


def test_reset_of_all_restarts_the_draws(sb3):
    policy = GaussianPolicy(export(sb3), seeds=(0,))
    observations = np.zeros((1, 2, 11))
    first = [policy.act(observations, deterministic=False) for _ in range(3)]
    policy.reset(np.array([[True, False]]))
    later = policy.act(observations, deterministic=False)
    policy.reset()
    again = [policy.act(observations, deterministic=False) for _ in range(4)]
    np.testing.assert_array_equal(again, [*first, later])


def test_random_policy_is_uniform_over_the_box():
    low, high = np.array([-1, 0, -3], np.float32), np.array([1, 0.5, 5], np.float32)
    policy = RandomPolicy(low, high, seeds=range(50))
    samples = [policy.sample(np.zeros((50, 20, 4))) for _ in range(10)]
    actions = np.concatenate([sample.actions.reshape(-1, 3) for sample in samples])
    assert actions.dtype == np.float32
    for column, a, b in zip(actions.T, low, high):
        assert a <= column.min()
        assert column.max() <= b
        assert scipy.stats.kstest((column - a) / (b - a), "uniform").pvalue > 1e-3
    assert samples[0].log_probs[0, 0] == pytest.approx(-np.log(2 * 0.5 * 8))
    assert samples[0].means is None
