"""The neighbour search gives, index for index, what a search over everything in float64 gives."""

import pytest
import torch

from palaestra.agents.training.loop import train
from palaestra.offline_rl.neighbours.in_training import Neighbours
from palaestra.offline_rl.neighbours.search import NeighbourSearch
from palaestra.offline_rl.prdc import PRDC
from palaestra.offline_rl.trainer import LearnerOptions
from tests.offline_rl.conftest import make_dataset


def brute_force(states, actions, beta, rows, pi):
    """Lowest index of the nearest [beta s; a] to [beta s_row; pi], differences in float64."""
    points = torch.cat([beta * states, actions], dim=1).double()
    queries = torch.cat([beta * states[rows], pi], dim=1).double()
    return torch.stack([(points - query).square().sum(dim=1).argmin() for query in queries])


def make(count=3000, state_dim=6, action_dim=3, seed=0, duplicates=False):
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(count, state_dim, generator=generator)
    actions = torch.rand(count, action_dim, generator=generator) * 2 - 1
    if duplicates:
        states[count // 2 :] = states[: count - count // 2]
        actions[count // 2 :] = actions[: count - count // 2]
        states[100:180], actions[100:180] = states[100], actions[100]
    return states, actions


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("beta", [2.0, 0.5, 1.0 / 3, 0.0, 1e6])
@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("duplicates", [False, True])
def test_equal_to_brute_force(fixed, beta, listed, duplicates):
    states, actions = make(duplicates=duplicates)
    search = NeighbourSearch(states, actions, beta, fixed=fixed)
    if listed:
        search.prepare(1e9)
    generator = torch.Generator().manual_seed(1)
    for scale in (0.05, 0.5, 3.0):
        rows = torch.randint(len(states), (64,), generator=generator)
        pi = actions[rows] + scale * torch.randn(64, actions.shape[1], generator=generator)
        expected = brute_force(states, actions, beta, rows, pi)
        found = search.nearest(rows, pi)
        while search.overflowed():
            found = search.nearest(rows, pi)
        assert torch.equal(found, expected)
    assert int(search.asked) >= 3 * 64


@pytest.mark.parametrize("count", [1, 2, 15, 17, 33])
def test_few_transitions(count):
    states, actions = make(count)
    search = NeighbourSearch(states, actions, 2.0)
    search.prepare(1e9)
    rows = torch.arange(count)
    pi = actions.flip(0)
    assert torch.equal(search.nearest(rows, pi), brute_force(states, actions, 2.0, rows, pi))


def test_far_outliers_and_offsets():
    states, actions = make()
    states[:5] *= 1e4
    states += 300
    search = NeighbourSearch(states, actions, 2.0)
    search.prepare(1e9)
    rows = torch.cat([torch.arange(40), torch.arange(2000, 2040)])
    pi = actions.roll(1, 0)[rows]
    assert torch.equal(search.nearest(rows, pi), brute_force(states, actions, 2.0, rows, pi))


def test_the_own_action_is_its_own_neighbour():
    states, actions = make()
    search = NeighbourSearch(states, actions, 2.0)
    rows = torch.arange(0, len(states), 7)
    assert torch.equal(search.nearest(rows, actions[rows]), rows)
    assert torch.equal(search.nearest_action(rows[None], actions[rows][None]), actions[rows][None])


def test_lists_only_where_they_repay():
    states, actions = make()
    search = NeighbourSearch(states, actions, 2.0)
    search.prepare(100)
    assert search.lists is None
    search.prepare(1e6)
    assert search.lists is not None


def test_lists_are_kept_for_the_next_run_and_never_trusted_blindly(tmp_path):
    states, actions = make()
    rows = torch.arange(len(states))
    first = NeighbourSearch(states, actions, 2.0)
    first.prepare(1e9, tmp_path)
    expected = first.nearest(rows, actions.roll(1, 0))
    for _ in range(30):
        first.nearest(rows, actions.roll(1, 0))
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    second = NeighbourSearch(states, actions, 2.0)
    second.prepare(1e9, tmp_path)
    assert not second.lists.unmade
    assert torch.equal(second.nearest(rows, actions.roll(1, 0)), expected)
    for path in kept:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    third = NeighbourSearch(states, actions, 2.0)
    third.prepare(1e9, tmp_path)
    assert torch.equal(third.nearest(rows, actions.roll(1, 0)), expected)
    other = NeighbourSearch(states.flip(0), actions, 2.0)
    other.prepare(1e9, tmp_path)
    assert len(other.lists.unmade) > 0


def test_updates_that_lacked_room_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    dataset = make_dataset(state_dim=11, action_dim=3, id="palaestra/hopper/medium-v0")
    options = LearnerOptions("given", steps=60, evaluate_every=60, episodes=1, log_every=20)
    config = PRDC.Config(device="cpu", hidden=(32, 32), batch_size=64)
    branching = train("prdc", options, config, tmp_path / "branching", dataset=dataset)
    make_search, rooms = NeighbourSearch.__init__, []

    def without_room(self, states, actions, beta, fixed=False):
        make_search(self, states, actions, beta, fixed=True)
        self.room = 1 / 64
        rooms.append(self)

    monkeypatch.setattr(NeighbourSearch, "__init__", without_room)
    monkeypatch.setattr(NeighbourSearch, "prepare", lambda self, queries, folder=None: None)
    monkeypatch.setattr(Neighbours, "can_overflow", property(lambda self: True, lambda self, value: None))
    fixed = train("prdc", options, config, tmp_path / "fixed", dataset=dataset)
    assert rooms[0].room > 1 / 64
    assert max(line.get("redone_updates", [0])[0] for line in fixed.metrics()) >= 20
    (_, a, _), (_, b, _) = branching.load_checkpoint(), fixed.load_checkpoint()
    assert all(torch.equal(a[name], b[name]) for name in a)
