import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.streams import Stream
from palaestra.data.windows import Windows


def dataset_of(lengths, tail=0, seed=0):
    """Episodes of the given lengths, ended by terminals and timeouts in turn, and a tail that no flag ends."""
    generator, rows = np.random.default_rng(seed), sum(lengths) + tail
    ends = np.cumsum(lengths) - 1
    terminals, timeouts = np.zeros(rows, bool), np.zeros(rows, bool)
    terminals[ends[::2]], timeouts[ends[1::2]] = True, True
    columns = {
        "observations": generator.normal(size=(rows, 3)).astype(np.float32),
        "actions": generator.uniform(-1, 1, size=(rows, 2)).astype(np.float32),
        "rewards": generator.normal(size=rows).astype(np.float32),
        "terminals": terminals,
        "timeouts": timeouts,
    }
    return Dataset("some/data", "palaestra/Hopper-v0", columns, horizon=1000)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(0, 3), st.integers(1, 5), st.booleans())
def test_windows_are_pieces_of_episodes_with_suffix_sums(lengths, tail, length, delayed):
    dataset = dataset_of(lengths, tail)
    windows = Windows.of(dataset, length, delayed=delayed, dtype=torch.float64)
    assert len(windows) == sum(lengths)
    batch = windows.batch(torch.arange(len(windows)).view(1, -1))
    row = 0
    for episode in dataset.iterate_episodes():
        rewards = episode["rewards"].astype(np.float64)
        if delayed:
            rewards = np.append(np.zeros(len(rewards) - 1), rewards.sum())
        for start in range(len(rewards)):
            known = min(length, len(rewards) - start)
            real = np.arange(length) < known
            steps = slice(start, start + known)
            assert batch.mask[0, row].tolist() == real.tolist()
            for got, wanted in (
                (batch.observations, episode["observations"][steps]),
                (batch.actions, episode["actions"][steps]),
                (batch.returns_to_go, [rewards[t:].sum() for t in range(start, start + known)]),
                (batch.timesteps, np.arange(start, start + known)),
            ):
                np.testing.assert_allclose(got[0, row, :known], wanted, rtol=1e-12, atol=1e-12)
                assert not got[0, row, known:].any()
            row += 1


def test_normaliser_counts_the_steps_of_whole_episodes():
    dataset = dataset_of([4, 9, 2], tail=3)
    mean, std = Windows.of(dataset, 4).normaliser(eps=1e-6)
    states = dataset.columns["observations"][:15].astype(np.float64)
    np.testing.assert_allclose(mean, states.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, states.std(axis=0) + 1e-6, rtol=1e-6)


def test_without_a_whole_episode_there_are_no_windows():
    dataset = dataset_of([3], tail=0)
    columns = {**dataset.columns, "terminals": np.zeros(3, bool), "timeouts": np.zeros(3, bool)}
    with pytest.raises(InputError, match="no complete episode in 3 row"):
        Windows.of(Dataset("some/data", "palaestra/Hopper-v0", columns, horizon=1000), 2)


def test_a_random_share_of_the_episodes():
    dataset = dataset_of([2, 3, 4, 5, 6, 7])
    half, again, other = (dataset.random_episodes(0.5, seed) for seed in (0, 0, 1))
    lengths = np.diff(half.episodes, axis=1)[:, 0]
    assert len(lengths) == 3
    assert list(lengths) == sorted(lengths)  # in their order
    assert half.fingerprint == again.fingerprint != other.fingerprint
    assert len(dataset.random_episodes(0.01).episodes) == 1
    assert dataset.random_episodes(1.0) is dataset
    with pytest.raises(InputError, match="share of episodes must be above 0"):
        dataset.random_episodes(0.0)


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9, 1.0])
def test_bools_come_as_often_as_asked(chance):
    stream = Stream([3, 4], "coins", (7, 1001), chance=chance, block=2)
    draws = torch.stack([stream.draw() for _ in range(20)]).float()
    assert draws.shape == (20, 2, 7, 1001)
    deviation = (chance * (1 - chance) / draws[:, 0].numel()) ** 0.5
    assert ((draws.mean(dim=(0, 2, 3)) - chance).abs() <= 4 * deviation).all()
    alone = Stream([4], "coins", (7, 1001), chance=chance, block=2)
    assert torch.equal(alone.draw()[0].float(), draws[0, 1])
