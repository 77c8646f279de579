"""Replay: what is sampled is what was put in, by every seed its own; what is on disk survives."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from palaestra.data.dataset import Dataset, Transitions
from palaestra.data.errors import InputError
from palaestra.data.replay import Replay, ReplayIndices, RowFile

STATE, ACTION, ROWS = 3, 2, 40


@pytest.fixture
def transitions():
    generator = np.random.default_rng(0)
    last = np.arange(ROWS) % 10 == 9
    columns = {
        "observations": generator.normal(size=(ROWS, STATE)).astype(np.float32),
        "actions": generator.normal(size=(ROWS, ACTION)).astype(np.float32),
        "rewards": generator.normal(size=ROWS).astype(np.float32),
        "terminals": last & (np.arange(ROWS) < 20),
        "timeouts": last & (np.arange(ROWS) >= 20),
    }
    return Transitions.of(Dataset("x", "x", columns, horizon=10), "cpu", torch.float32)


def experience(seeds, steps, seed=1):
    """Made-up steps of every seed: lists of arrays with a leading (seeds,) axis."""
    generator = np.random.default_rng(seed)
    return [
        (
            generator.normal(size=(seeds, STATE)),
            generator.normal(size=(seeds, ACTION)).astype(np.float32),
            generator.normal(size=seeds),
            generator.random(seeds) < 0.8,
            generator.normal(size=(seeds, STATE)),
        )
        for _ in range(steps)
    ]


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_batch_is_the_dataset_then_each_seeds_own_steps(seeds, transitions):
    replay, steps = Replay(transitions, seeds, capacity=7), experience(seeds, 7)
    for step in steps:
        replay.append(*step)
    offline = len(transitions)
    assert len(replay) == offline + 7
    which = torch.arange(len(replay)).expand(seeds, -1).contiguous()
    batch = replay.batch(which)
    for k in range(seeds):
        for ours, theirs in zip(batch, transitions.batch(torch.arange(offline)[None])):
            assert torch.equal(ours[k, :offline], theirs[0])
        own = [value[k, offline:] for value in batch[:5]]
        s, a, r, m, s2 = (np.stack([step[i][k] for step in steps]).astype(np.float32) for i in range(5))
        for ours, theirs in zip(own, (s, a, r, s2, m)):
            assert np.array_equal(ours.numpy(), theirs)
    assert torch.equal(batch.rows, which)


def test_double_precision_is_kept(transitions):
    transitions.observations, transitions.actions = transitions.observations.double(), transitions.actions.double()
    transitions.rewards, transitions.nonterminals = transitions.rewards.double(), transitions.nonterminals.double()
    replay = Replay(transitions, 1, capacity=1)
    replay.append(np.full((1, STATE), 1 / 3), np.zeros((1, ACTION)), np.ones(1), np.ones(1), np.zeros((1, STATE)))
    assert replay.batch(torch.tensor([[len(transitions)]])).observations.tolist() == [[[1 / 3] * STATE]]


def test_indices_cover_what_has_grown_and_nothing_else(transitions):
    replay = Replay(transitions, 2, capacity=10)
    indices = ReplayIndices(replay, [0, 1], "minibatches", 512, None, position=0)
    assert indices.draw().max() < len(transitions)
    for grown in range(1, 6):
        replay.append(*experience(2, 1)[0])
        drawn = torch.cat([indices.draw() for _ in range(20)], dim=1)
        assert drawn.shape == (2, 20 * 512)
        counts = [torch.bincount(each, minlength=len(replay)) for each in drawn]
        for each in counts:
            assert len(each) == len(transitions) + grown
            expected = 20 * 512 / len(replay)
            assert (each - expected).abs().max() < 6 * expected**0.5
        assert not torch.equal(*counts)


def test_the_share_of_online_steps_is_exact(transitions):
    replay = Replay(transitions, 2, capacity=3)
    for step in experience(2, 3):
        replay.append(*step)
    indices = ReplayIndices(replay, [0, 1], "minibatches", 64, 0.25, position=0)
    drawn = torch.stack([indices.draw() for _ in range(50)])
    assert ((drawn >= len(transitions)).sum(dim=-1) == 16).all()
    assert set(drawn[drawn >= len(transitions)].tolist()) == {len(transitions) + i for i in range(3)}
    assert drawn[drawn < len(transitions)].unique().tolist() == list(range(len(transitions)))


def test_indices_go_on_from_their_position(transitions):
    replay = Replay(transitions, 1, capacity=1)
    whole = ReplayIndices(replay, [5], "minibatches", 8, None, position=0)
    drawn = [whole.draw().tolist() for _ in range(100)]
    later = ReplayIndices(replay, [5], "minibatches", 8, None, position=90)
    assert [later.draw().tolist() for _ in range(10)] == drawn[90:]


@pytest.fixture
def file(tmp_path):
    return RowFile(tmp_path / "online.rows", (2, 3), torch.float32)


def test_rows_on_disk_come_back_and_what_is_too_much_is_cut(file):
    rows = torch.randn(9, 2, 3)
    file.cut(0)  # nothing there yet
    assert file.read(0).shape == (0, 2, 3)
    file.append(rows[:4])
    before = file.path.read_bytes()
    file.append(rows[4:4])
    file.append(rows[4:])
    assert file.path.read_bytes()[: len(before)] == before
    assert torch.equal(file.read(9), rows)
    with file.path.open("ab") as torn:
        torn.write(b"half a row")
    file.cut(6)
    assert torch.equal(file.read(6), rows[:6])
    file.append(rows[:2])
    assert torch.equal(file.read(8), torch.cat([rows[:6], rows[:2]]))


def test_a_file_that_lost_rows_is_refused(file):
    file.append(torch.zeros(3, 2, 3))
    with pytest.raises(InputError, match="72 bytes, expected 96"):
        file.cut(4)
    file.path.unlink()
    with pytest.raises(InputError, match="0 bytes, expected 24"):
        file.cut(1)


def test_rows_that_do_not_fit_leave_nothing(file, monkeypatch):
    file.append(torch.ones(3, 2, 3))
    write = os.write

    def full(descriptor, data):
        if len(data) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:100])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InputError, match=r"online\.rows: no space left on the disk; make room"):
        file.append(torch.zeros(8, 2, 3))
    assert torch.equal(file.read(3), torch.ones(3, 2, 3))
    assert file.path.stat().st_size == 72


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(InputError, match="/dev/full: no space left on the disk"):
        RowFile(Path("/dev/full"), (2, 3), torch.float32).append(torch.ones(1, 2, 3))
    with pytest.raises(InputError, match=r"cannot be written \(Is a directory\)"):
        RowFile(tmp_path, (2, 3), torch.float32).append(torch.ones(1, 2, 3))


def test_a_replay_goes_on_from_its_rows(transitions, file):
    first, second = (Replay(transitions, 2, capacity=9) for _ in range(2))
    for step in experience(2, 9):
        first.append(*step)
    second.extend(first.added(0)[:4])
    assert second.steps == 4
    second.extend(first.added(4))
    assert torch.equal(first.rows, second.rows)
