import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.dataset import Dataset, counted_ends
from palaestra.data.errors import InputError


def columns_of(terminals, timeouts=None, seed=0, observation_dim=3, action_dim=2):
    """Random columns around given flags."""
    rng, rows = np.random.default_rng(seed), len(terminals)
    columns = {
        "observations": rng.normal(size=(rows, observation_dim)).astype(np.float32),
        "actions": rng.uniform(-1, 1, size=(rows, action_dim)).astype(np.float32),
        "rewards": rng.normal(size=rows).astype(np.float32),
        "terminals": np.asarray(terminals, dtype=bool),
    }
    if timeouts is not None:
        columns["timeouts"] = np.asarray(timeouts, dtype=bool)
    return columns


def dataset_of(terminals, timeouts=None, horizon=1000, finals=False, **options):
    columns = columns_of(terminals, timeouts, **options)
    dataset = Dataset("some/data", "palaestra/Hopper-v0", columns, horizon)
    if not finals:
        return dataset
    episodes = len(d4rl_episodes(columns["terminals"], columns.get("timeouts", columns["terminals"]), horizon)[0])
    tail = not (columns["terminals"] | columns.get("timeouts", False))[-1]
    last = np.random.default_rng(1).normal(size=(episodes + tail, columns["observations"].shape[1])).astype(np.float32)
    return Dataset("some/data", "palaestra/Hopper-v0", columns, horizon, {"final_observations": last})


# D4RL's two loops, stated row by row (their semantics, from the public d4rl/__init__.py).


def d4rl_transitions(terminals, timeouts, horizon):
    """Rows that `qlearning_dataset` keeps; the next observation is always the next row's."""
    kept, step = [], 0
    for row in range(len(terminals) - 1):
        cut = timeouts[row] if timeouts is not None else step == horizon - 1
        if cut:
            step = 0
        else:
            kept.append(row)
            step = 1 if terminals[row] else step + 1
    return kept


def d4rl_episodes(terminals, timeouts, horizon):
    """(first, last + 1) of the pieces that `sequence_dataset` yields, and where the unfinished rest begins."""
    pieces, begin, step = [], 0, 0
    for row in range(len(terminals)):
        cut = timeouts[row] if timeouts is not None else step == horizon - 1
        if terminals[row] or cut:
            pieces.append((begin, row + 1))
            begin, step = row + 1, 0
        step += 1
    return pieces, begin


flags = st.lists(st.sampled_from(["", "", "", "terminal", "timeout", "both"]), min_size=1, max_size=60)


@settings(deadline=None)
@given(flags)
def test_with_timeouts_both_views_are_those_of_d4rl(marks):
    terminals = [mark in ("terminal", "both") for mark in marks]
    timeouts = [mark in ("timeout", "both") for mark in marks]
    dataset = dataset_of(terminals, timeouts)
    rows, next_rows = dataset.transition_rows()
    assert rows.tolist() == d4rl_transitions(terminals, timeouts, 1000)
    assert next_rows.tolist() == [row + 1 for row in rows]
    assert len(rows) == len(marks) - 1 - sum(timeouts[:-1])
    assert [tuple(span) for span in dataset.episodes.tolist()] == d4rl_episodes(terminals, timeouts, 1000)[0]


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 9))
def test_without_timeouts_both_views_count_steps_as_d4rl_does(terminals, horizon):
    dataset = dataset_of(terminals, horizon=horizon)
    assert dataset.split == "counter"
    assert dataset.transition_rows()[0].tolist() == d4rl_transitions(terminals, None, horizon)
    assert [tuple(span) for span in dataset.episodes.tolist()] == d4rl_episodes(terminals, None, horizon)[0]


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=12), st.integers(2, 6), st.booleans())
def test_terminals_near_the_counters_final_row(lengths, horizon, tail):
    # Random flags rarely put a terminal exactly on the row where the counter runs out, several times in a row.
    terminals = np.zeros(sum(lengths) + tail, dtype=bool)
    terminals[np.cumsum(lengths) - 1] = True
    dataset = dataset_of(terminals, horizon=horizon)
    assert dataset.transition_rows()[0].tolist() == d4rl_transitions(terminals, None, horizon)
    assert [tuple(span) for span in dataset.episodes.tolist()] == d4rl_episodes(terminals, None, horizon)[0]


def test_a_terminal_on_the_counters_final_row_by_hand():
    # Horizon 3, terminals on rows 2 and 5. Q-learning view: rows count 0 1 2 | 0 1 2 | 0; 2 and 5 are final, dropped.
    terminals = np.array([0, 0, 1, 0, 0, 1, 0, 0], dtype=bool)
    assert np.flatnonzero(counted_ends(terminals, 3, dropped_restart=0)).tolist() == [2, 5]
    # Sequence view: 0 1 2 | 1 2 | 1 | 1 2: after any end its counter restarts at 1.
    assert np.flatnonzero(counted_ends(terminals, 3, dropped_restart=1)).tolist() == [2, 4, 7]


@settings(deadline=None)
@given(flags)
def test_with_final_observations_every_row_is_a_transition_to_its_true_successor(marks):
    terminals = [mark in ("terminal", "both") for mark in marks]
    timeouts = [mark in ("timeout", "both") for mark in marks]
    dataset = dataset_of(terminals, timeouts, finals=True)
    following = np.empty((len(marks), 3), dtype=np.float32)
    episode = 0
    for row in range(len(marks)):
        if terminals[row] or timeouts[row] or row == len(marks) - 1:
            following[row] = dataset.final_observations[episode]
            episode += 1
        else:
            following[row] = dataset.columns["observations"][row + 1]
    batch = dataset.transitions().batch(torch.arange(len(marks))[None])
    assert np.array_equal(batch.next_observations[0], following)
    assert np.array_equal(batch.nonterminals[0], 1.0 - np.array(terminals))
    assert len(dataset.episodes) == episode
    assert dataset.episodes[-1, 1] == len(marks)


def test_batches_hold_each_seeds_own_rows():
    dataset = dataset_of([0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0])  # kept: 0 1 2 3
    transitions = dataset.transitions()
    assert len(transitions) == 4
    batch = transitions.batch(torch.tensor([[3, 0, 2], [1, 1, 3]]))
    rows = np.array([[3, 0, 2], [1, 1, 3]])
    columns = dataset.columns
    assert np.array_equal(batch.observations, columns["observations"][rows])
    assert np.array_equal(batch.actions, columns["actions"][rows])
    assert np.array_equal(batch.rewards, columns["rewards"][rows])
    assert np.array_equal(batch.next_observations, columns["observations"][rows + 1])
    assert batch.nonterminals.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert batch.rows.tolist() == rows.tolist()


def test_transitions_in_float64_are_the_same_numbers():
    dataset = dataset_of([0, 0, 1, 0])
    batch = dataset.transitions(dtype=torch.float64).batch(torch.tensor([[0, 1, 2]]))
    assert {value.dtype for value in batch[:5]} == {torch.float64}
    assert np.array_equal(batch.observations[0], dataset.columns["observations"][:3].astype(np.float64))


def test_a_time_limit_is_no_terminal_even_on_one_row_with_it():
    # Fell on the very last step: D4RL's generators mark that as a timeout, some files mark both; the row is dropped.
    dataset = dataset_of([0, 1, 0, 0], [0, 1, 0, 0])
    assert dataset.transition_rows()[0].tolist() == [0, 2]
    assert dataset.transitions().nonterminals[[0, 2]].tolist() == [1, 1]


def test_one_row_has_no_transitions():
    with pytest.raises(InputError, match="no transitions in 1 row"):
        dataset_of([0]).transitions()


def test_normaliser_is_the_population_statistics_of_the_transitions():
    dataset = dataset_of(np.zeros(40_000), np.arange(40_000) % 10 == 9, observation_dim=4)
    dataset.columns["observations"][:, 1] = 1e4 + 1e-2 * dataset.columns["observations"][:, 1]
    transitions = dataset.transitions(dtype=torch.float64)
    mean, std = transitions.normaliser(eps=1e-3)
    kept = dataset.columns["observations"][np.array(d4rl_transitions(np.zeros(40_000), dataset.columns["timeouts"], 0))]
    np.testing.assert_allclose(mean, kept.mean(axis=0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(std, kept.std(axis=0, dtype=np.float64) + 1e-3, rtol=1e-9)
    assert dataset.transitions().normaliser(eps=1e-3)[0].dtype == torch.float32


def test_returns_by_hand():
    dataset = dataset_of([0, 0, 1, 0, 0], [0, 0, 0, 1, 0])
    dataset.columns["rewards"][:] = [1, 2, 4, 8, 16]
    assert dataset.returns().tolist() == [7, 8]  # the last row belongs to an unfinished episode


def test_iterated_episodes_are_slices_of_every_column():
    dataset = dataset_of([0, 0, 1, 0, 0], [0, 0, 0, 1, 0])
    pieces = list(dataset.iterate_episodes())
    assert [len(piece["rewards"]) for piece in pieces] == [3, 1]
    assert list(pieces[0]) == list(dataset.columns)
    assert np.array_equal(pieces[1]["observations"], dataset.columns["observations"][3:4])


@pytest.mark.parametrize(("percent", "kept"), [(100, [0, 1, 2, 3]), (60, [0, 3]), (50, [0, 3]), (40, [3]), (1, [3])])
def test_best_episodes_are_whole_and_fill_at_most_the_percentage(percent, kept):
    # Four episodes of 2, 3, 2, 3 rows with returns 2, 0, 1, 9.
    dataset = dataset_of([0, 1, 0, 0, 1, 0, 1, 0, 0, 1], np.zeros(10))
    dataset.columns["rewards"][:] = [2, 0, 0, 0, 0, 1, 0, 3, 3, 3]
    best = dataset.best_episodes(percent)
    assert best.returns().tolist() == [[2, 0, 1, 9][k] for k in kept]


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_best_episodes_of_an_impossible_percentage(percent):
    with pytest.raises(InputError, match="top-percent"):
        dataset_of([0, 1], [0, 0]).best_episodes(percent)


@settings(deadline=None)
@given(flags, st.booleans(), st.integers(2, 6), st.booleans(), st.randoms())
def test_taken_episodes_are_those_episodes(marks, with_timeouts, horizon, finals, random):
    terminals = [mark in ("terminal", "both") for mark in marks]
    timeouts = [mark in ("timeout", "both") for mark in marks] if with_timeouts or finals else None
    dataset = dataset_of(terminals, timeouts, horizon, finals)
    pieces = list(dataset.iterate_episodes())
    if not pieces:
        return
    which = random.choices(range(len(pieces)), k=3)
    taken = dataset.take_episodes(which)
    assert len(taken.episodes) == 3
    for k, piece in zip(which, taken.iterate_episodes()):
        for name in ("observations", "actions", "rewards", "terminals"):
            assert np.array_equal(piece[name], pieces[k][name])
    if finals:
        assert np.array_equal(taken.final_observations, dataset.final_observations[which])


def test_saved_and_opened_is_the_same_and_mapped(tmp_path):
    dataset = dataset_of([0, 1, 0, 0, 0], [0, 0, 0, 1, 0], finals=True)
    columns = {**dataset.columns, "infos/qpos": np.random.default_rng(2).normal(size=(5, 2))}
    snapshots = np.arange(12, dtype=np.uint8).reshape(3, 4)
    episodes = {**dataset.episode_columns, "start_snapshots": snapshots}
    made = Dataset("palaestra/hopper/medium-v0", "palaestra/Hopper-v0", columns, 700, episodes, {"rows": [1, "a"]})
    made.save(tmp_path / "made")
    opened = Dataset.open(tmp_path / "made")
    assert (opened.id, opened.env_id, opened.horizon, opened.metadata) == (
        made.id,
        made.env_id,
        700,
        {"rows": [1, "a"]},
    )
    for name, array in (made.columns | made.episode_columns).items():
        other = (opened.columns | opened.episode_columns)[name]
        assert isinstance(other, np.memmap)
        assert other.dtype == array.dtype
        assert np.array_equal(other, array)
    assert opened.fingerprint == made.fingerprint
    assert len(opened.transitions()) == 5


def test_the_fingerprint_changes_with_any_number_that_learning_reads():
    dataset = dataset_of([0, 1, 0, 0, 0], [0, 0, 0, 1, 0], finals=True)
    seen = {dataset.fingerprint}
    for name in ("observations", "actions", "rewards", "terminals", "timeouts", "final_observations"):
        columns = {key: array.copy() for key, array in dataset.columns.items()}
        episodes = {key: array.copy() for key, array in dataset.episode_columns.items()}
        array = episodes[name] if name in episodes else columns[name]
        if name == "timeouts":
            array[1] = True
        elif name == "terminals":
            array[3] = True
        else:
            array[0] += 1
        seen.add(Dataset(dataset.id, dataset.env_id, columns, 1000, episodes).fingerprint)
    assert len(seen) == 7


def break_columns(**changes):
    columns = columns_of([0, 1, 0, 0], [0, 0, 0, 1])
    for name, change in changes.items():
        if change is None:
            del columns[name]
        else:
            columns[name] = change(columns[name])
    return columns


def spoil(array, value, row=2):
    array = array.copy()
    array[row] = value
    return array


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "missing observations, actions, rewards, terminals"),
        (break_columns(terminals=None), "missing terminals .has observations, actions, rewards, timeouts"),
        (break_columns(**dict.fromkeys(columns_of([0], [0]), lambda a: a[:0])), "no rows"),
        (break_columns(rewards=lambda a: a[:, None]), r"rewards has shape \(4, 1\)"),
        (break_columns(actions=lambda a: a[:3]), r"actions has shape \(3, 2\), expected 4 rows and 2 dim"),
        (break_columns(observations=lambda a: a[:, 0]), r"observations has shape \(4,\)"),
        (break_columns(observations=lambda a: a.astype(int)), "observations has dtype int64, expected float"),
        (break_columns(terminals=lambda a: a.astype(np.float32)), "terminals has dtype float32, expected bool"),
        (break_columns(observations=lambda a: spoil(a, np.nan)), "observations has NaN or inf, first in row 2"),
        (break_columns(rewards=lambda a: spoil(a, -np.inf)), "rewards has NaN or inf, first in row 2"),
        (break_columns(actions=lambda a: spoil(spoil(a, np.inf, 3), -np.inf, 1)), "actions has .* first in row 1"),
        ({**columns_of([0, 1]), "infos/qpos": np.zeros((3, 2))}, "infos/qpos has 3 rows, observations have 2"),
    ],
)
def test_columns_that_are_no_dataset(columns, message):
    with pytest.raises(InputError, match=f"^some/data: .*{message}"):
        Dataset("some/data", "palaestra/Hopper-v0", columns, 1000)


@pytest.mark.parametrize(
    ("final", "message"),
    [
        (np.full((1, 3), np.nan, np.float32), "final_observations has NaN or inf"),
        (np.zeros((1, 2), np.float32), r"final_observations has shape \(1, 2\), unlike observations"),
    ],
)
def test_final_observations_that_are_none(final, message):
    with pytest.raises(InputError, match=message):
        Dataset("some/data", "palaestra/Hopper-v0", columns_of([0, 0, 1]), 1000, {"final_observations": final})


def test_per_episode_columns_must_have_a_row_per_episode():
    with pytest.raises(InputError, match="final_observations has 1 rows for 2 episodes"):
        Dataset("x", "y", columns_of([0, 1, 0]), 10, {"final_observations": np.zeros((1, 3), dtype=np.float32)})


def damage(folder, name, how):
    path = folder / name
    if how == "remove":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-4])
    else:
        path.write_bytes(how)


@pytest.mark.parametrize("how", ["remove", "empty", "cut", b"[]", b"{", b"\x93NUMPY\x01\x00v\x00", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["dataset.json", "rows.rewards.npy", "episodes.final_observations.npy"])
def test_a_damaged_folder_is_one_clear_line(tmp_path, name, how):
    dataset_of([0, 1, 0, 0, 0], [0, 0, 0, 1, 0], finals=True).save(tmp_path / "made")
    damage(tmp_path / "made", name, how)
    with pytest.raises(InputError, match=r"made: not a readable dataset .*make or convert it again") as caught:
        Dataset.open(tmp_path / "made")
    assert "\n" not in str(caught.value)


def test_a_folder_whose_columns_were_swapped_for_shorter_ones(tmp_path):
    dataset_of([0, 1, 0, 0]).save(tmp_path / "made")
    about = json.loads((tmp_path / "made" / "dataset.json").read_text())
    about["rows"] = 9
    (tmp_path / "made" / "dataset.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=r"4 rows, dataset\.json says 9"):
        Dataset.open(tmp_path / "made")


def test_pickled_columns_are_refused(tmp_path):
    dataset_of([0, 1, 0, 0]).save(tmp_path / "made")
    np.save(tmp_path / "made" / "rows.rewards.npy", np.array([1, "a", None, 2], dtype=object))
    with pytest.raises(InputError, match="not a readable dataset"):
        Dataset.open(tmp_path / "made")


def described(folder, **changes):
    """Save a dataset and change what its ``dataset.json`` says."""
    dataset_of([0, 1, 0, 0, 0], [0, 0, 0, 1, 0], finals=True).save(folder)
    about = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(about | changes))
    return folder


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "written in format 2, this version of palaestra reads 1"),
        ({"format": "parquet"}, "written in format 'parquet'"),
        ({"horizon": -5}, "horizon -5, expected a number of steps of at least 1"),
        ({"horizon": "long"}, "horizon 'long', expected a number"),
        ({"horizon": True}, "horizon True, expected a number"),
        ({"fingerprint": "0" * 64}, "the fingerprint in dataset.json is not that of the columns"),
        ({"env_id": 3}, "id must be a text and env_id a text or None"),
    ],
)
def test_a_folder_that_says_what_is_not_so(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        Dataset.open(described(tmp_path / "made", **changes))
    assert "\n" not in str(caught.value)


def test_a_column_changed_on_disk_is_noticed(tmp_path):
    folder = described(tmp_path / "made")
    rewards = np.load(folder / "rows.rewards.npy")
    np.save(folder / "rows.rewards.npy", rewards + 1)
    with pytest.raises(InputError, match="which were changed; make it again"):
        Dataset.open(folder)


def test_single_values_are_no_columns():
    for name in ("rewards", "infos/goal"):
        with pytest.raises(InputError, match=f"{name} is a single value"):
            Dataset("x", "y", {**columns_of([0, 0, 1]), name: np.array(1.0)}, 10)
    with pytest.raises(InputError, match="start_snapshots is a single value"):
        Dataset("x", "y", columns_of([0, 0, 1]), 10, {"start_snapshots": np.array(1)})


def test_actions_are_mapped_to_the_range_of_learners():
    dataset = dataset_of([0, 0, 1])
    actions = np.array([[0, -4], [2, 0], [1, 4]], dtype=np.float32)
    wide = Dataset("x", "y", {**dataset.columns, "actions": actions}, 10, metadata={"seed": 3})
    scaled = wide.scale_actions(np.array([0, -4]), np.array([2, 4]))
    assert scaled.columns["actions"].tolist() == [[-1, -1], [1, 0], [0, 1]]
    assert scaled.columns["actions"].dtype == np.float32
    assert scaled.metadata == {"seed": 3, "scaled_actions": [[0, -4], [2, 4]]}
    assert wide.scale_actions(-4, 4).columns["actions"].tolist() == [[0, -1], [0.5, 0], [0.25, 1]]
    for low, high, message in (
        (-2, 2, "an action in row 0 is -4, not between -2 and 2"),
        (4, -4, "is no range of actions"),
        (-4, np.inf, "is no range of actions"),
        (np.zeros(3), 4, "don't fit actions of 2 numbers"),
    ):
        with pytest.raises(InputError, match=message):
            wide.scale_actions(low, high)
    with pytest.raises(InputError, match="actions were scaled already"):
        scaled.scale_actions(-1, 1)
