"""D4RL's views; expected rows follow by hand from the loops of ``d4rl/__init__.py``."""

import copy

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import RecordEpisodeStatistics

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.data.errors import InputError
from palaestra.envs import d4rl

ROWS = 12


def columns(**changed):
    random = np.random.default_rng(0)
    return {
        "observations": random.normal(size=(ROWS, 11)),
        "actions": random.uniform(-1, 1, (ROWS, 3)).astype(np.float32),
        "rewards": np.arange(ROWS, dtype=np.float32),
        "terminals": (np.arange(ROWS) == 4).astype(np.float32),  # relabelled files have numbers
        "timeouts": np.isin(np.arange(ROWS), (7, 11)),
        "metadata/algorithm": np.bytes_("SAC"),
    } | changed


@pytest.fixture
def env():
    return RecordEpisodeStatistics(gymnasium.make("hopper-medium-v2", max_episode_steps=4))


def rows_of(view):
    assert {array.dtype for array in view.values()} == {np.dtype(np.float32), np.dtype(bool)}
    return view["rewards"].astype(int).tolist()


def test_transitions_leave_out_the_last_row_and_where_time_ran_out(env):
    data = columns()
    view = d4rl.qlearning_dataset(env, data)
    assert rows_of(view) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert view["terminals"].tolist() == [row == 4 for row in rows_of(view)]
    following = data["observations"].astype(np.float32)[[1, 2, 3, 4, 5, 6, 7, 9, 10, 11]]
    assert np.array_equal(view["next_observations"], following)
    assert rows_of(d4rl.qlearning_dataset(env, data, terminate_on_end=True)) == list(range(11))
    data["timeouts"] = data["timeouts"][:, None][:, 0].astype(np.float64)
    assert rows_of(d4rl.qlearning_dataset(env, data)) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]


def test_stored_successors_give_every_row(env):
    following = np.random.default_rng(1).normal(size=(ROWS, 11)).astype(np.float32)
    view = d4rl.qlearning_dataset(env, columns(next_observations=following), successors="stored")
    assert rows_of(view) == list(range(ROWS))
    assert np.array_equal(view["next_observations"], following)
    with pytest.raises(InputError, match="the data have no next_observations"):
        d4rl.qlearning_dataset(env, columns(), successors="stored")


def test_without_timeouts_steps_are_counted_as_in_d4rl(env):
    # With a horizon of 4 the counter says 3 on row 3, then goes on with 0. It is 0 on row 4, the terminal one, and 1,
    # not 0, after it: 3 on row 7, then on row 11.
    data = columns()
    del data["timeouts"]
    assert rows_of(d4rl.qlearning_dataset(env, data)) == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    # sequence_dataset's goes on with 1 everywhere: rows 3, 4 (terminal), 7, 10.
    ends = [episode["rewards"][-1] for episode in d4rl.sequence_dataset(env, data)]
    assert ends == [3, 4, 7, 10]


def test_episodes_have_all_columns(env):
    episodes = list(d4rl.sequence_dataset(env, columns()))
    assert [len(episode["rewards"]) for episode in episodes] == [5, 3, 4]
    assert set(episodes[0]) == {"observations", "actions", "rewards", "terminals", "timeouts"}


def test_a_wrapped_environment_can_be_asked(env):
    assert not hasattr(env, "get_normalized_score")
    asked = d4rl.ForwardAttributes(env)
    assert asked.get_normalized_score(np.array([-20.272305, 3234.3])).tolist() == [0, 1]
    assert (asked.ref_max_score, asked._max_episode_steps) == (3234.3, 4)
    assert not hasattr(asked, "get_target")
    assert copy.deepcopy(asked).reset(seed=0)[0].tolist() == asked.reset(seed=0)[0].tolist()


def test_scores_by_id_and_by_wrapped_environment(env):
    returns = np.array([-20.272305, 3234.3])
    for known in ("hopper-medium-v2", env):
        assert d4rl.get_normalized_score(known, returns).tolist() == [0, 1]
        assert d4rl.reverse_normalized_score(known, np.array([0, 1])) == pytest.approx(returns)
    assert d4rl.infos.REF_MAX_SCORE["pen-human-v1"] == 3076.8331017826877
    with pytest.raises(InputError, match="has no ref_min_score"):
        d4rl.get_normalized_score(gymnasium.make("CartPole-v1"), 1)
