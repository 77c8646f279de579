"""Densities against torch.distributions, and policies that sample."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, TanhTransform, TransformedDistribution

from palaestra.offline_rl.gaussian import Gaussian, GaussianActor, TanhGaussian, TanhGaussianActor
from palaestra.offline_rl.learner import StochasticPolicy
from palaestra.offline_rl.nets import Normaliser, initialise


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_gaussian_is_torchs():
    mean, log_std, noise = numbers(2, 5, 3), numbers(2, 1, 3, seed=1), numbers(2, 5, 3, seed=2)
    ours, theirs = Gaussian(mean, log_std), Normal(mean, log_std.exp())
    a = ours.sample(noise)
    torch.testing.assert_close(a, mean + log_std.exp() * noise)
    torch.testing.assert_close(ours.log_prob(a), theirs.log_prob(a).sum(-1))


def test_a_squashed_gaussian_is_torchs():
    mean, log_std, noise = numbers(2, 5, 3), numbers(2, 5, 3, seed=1) - 1, numbers(2, 5, 3, seed=2)
    ours = TanhGaussian(mean, log_std)
    theirs = TransformedDistribution(Normal(mean, log_std.exp()), TanhTransform())
    a, log_prob = ours.sample_with_log_prob(noise)
    torch.testing.assert_close(ours.sample(noise), a)
    torch.testing.assert_close(log_prob, theirs.log_prob(a).sum(-1), rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(ours.log_prob(a), theirs.log_prob(a).sum(-1), rtol=1e-7, atol=1e-7)


def test_several_samples_are_single_ones_side_by_side():
    pi, noise = TanhGaussian(numbers(2, 5, 3), numbers(2, 5, 3, seed=1)), numbers(2, 5, 4, 3, seed=2)
    actions, log_probs = pi.samples_with_log_prob(noise)
    for i in range(4):
        a, log_prob = pi.sample_with_log_prob(noise[:, :, i])
        assert torch.equal(actions[:, :, i], a)
        torch.testing.assert_close(log_probs[:, :, i], log_prob)


def test_densities_stay_finite_where_tanh_rounds_to_one():
    pi = TanhGaussian(torch.full((1, 1, 1), 30.0), torch.zeros(1, 1, 1))
    a, log_prob = pi.sample_with_log_prob(torch.zeros(1, 1, 1))
    assert a.item() == 1
    assert log_prob.item() == pytest.approx(-0.919 + 60 - 2 * np.log(2), abs=1e-3)


def test_the_log_standard_deviations_are_clipped():
    actor = TanhGaussianActor(1, 3, 2, (8,))
    initialise(actor, [0], "actor")
    actor.offset.data.fill_(50)
    assert (actor(torch.zeros(1, 4, 3)).log_std == 2).all()
    actor = GaussianActor(1, 3, 2, (8,), log_std_range=(-5, 2), tanh_mean=True)
    initialise(actor, [0], "actor")
    actor.log_std.data.fill_(-9)
    pi = actor(torch.full((1, 4, 3), 1e6))
    assert (pi.log_std == -5).all()
    assert pi.mean.abs().max() <= 1


def policy(seeds=(0, 1), log_std=0.0):
    actor = GaussianActor(len(seeds), 3, 2, (8,), log_std_range=(-5, 2), tanh_mean=False)
    initialise(actor, seeds, "actor")
    actor.log_std.data.fill_(log_std)
    return StochasticPolicy(Normaliser(torch.full((3,), 2.0), torch.full((3,), 4.0)), actor, seeds, 2)


def test_the_best_guess_is_the_mean_of_normalised_states():
    pi, s = policy(), np.random.default_rng(0).normal(size=(2, 6, 3)).astype(np.float32)
    mean = pi.actor(torch.from_numpy((s - 2) / 4)).mean.detach().clamp(-1, 1).numpy()
    np.testing.assert_allclose(pi.act(s), mean, rtol=1e-6)
    assert pi.draws.position == 0


def test_samples_spread_as_told_and_are_clipped():
    pi, s = policy(log_std=-3.0), np.zeros((2, 500, 3), np.float32)
    samples = pi.act(s, deterministic=False)
    assert samples.dtype == np.float32
    assert samples.std(axis=1) == pytest.approx(np.full((2, 2), np.exp(-3)), rel=0.15)
    assert np.abs(policy(log_std=2.0).act(s, deterministic=False)).max() == 1


def test_samples_are_the_same_again_after_a_reset_and_beside_other_worlds_and_seeds():
    pi, s = policy(), np.zeros((2, 4, 3), np.float32)
    first, second = (pi.act(s, deterministic=False) for _ in range(2))
    assert not np.array_equal(first, second)
    pi.reset(np.array([[True, False, False, False]] * 2))
    pi.draws.position = 1
    assert np.array_equal(pi.act(s, deterministic=False), second)
    pi.reset()
    np.testing.assert_allclose(pi.act(s[:, :2], deterministic=False), first[:, :2], rtol=1e-6)
    np.testing.assert_allclose(policy(seeds=(1,)).act(s[:1], deterministic=False)[0], first[1], rtol=1e-6)
