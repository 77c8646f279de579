"""What is remembered of tasks, and in which order OTC's minimum is updated."""

import json

import pytest

from palaestra.agents.training.objectives.history import History, update_minimum


def test_the_minimum_only_falls_and_is_kept_by_task():
    history = History()
    assert history.minimum("a") is None
    assert [history.lower("a", value) for value in (3, 5, 2, 4)] == [3, 3, 2, 2]
    assert history.lower("b", 0) == 0
    assert (history.minimum("a"), history.minimum("b")) == (2, 0)


def test_the_state_survives_json_and_is_a_copy():
    history, other = History(), History()
    history.lower("a", 3)
    other.lower("b", 1)
    state = history.state()
    other.load(json.loads(json.dumps(state)))
    assert other.state() == state
    assert other.minimum("b") is None
    history.lower("a", 1)
    assert (state, other.minimum("a")) == ({"minima": {"a": 3}}, 3)
    other.load(state)
    other.lower("a", 2)
    assert state == {"minima": {"a": 3}}


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        {"minima": [3]},
        {"minima": {}, "more": {}},
        {"minima": {1: 3}},
        *({"minima": {"b": 1, "a": value}} for value in (-1, 2.0, "2", None, True)),
    ],
)
def test_wrong_states_are_refused_and_change_nothing(state):
    history = History()
    history.lower("a", 3)
    with pytest.raises(ValueError):
        history.load(state)
    assert history.state() == {"minima": {"a": 3}}


@pytest.mark.parametrize("value", [-1, 1.0, True])
def test_only_counts_are_remembered(value):
    history = History()
    with pytest.raises(ValueError, match="'a' must be an integer of at least 0"):
        history.lower("a", value)
    assert history.minimum("a") is None


def test_correct_rows_lower_the_minimum_before_any_is_read():
    history = History()
    tasks = ["a", "a", "b", "a"]
    # Row 0 is right with 4 calls, row 3 with 2: both are compared with 2. Row 1's single call was wrong.
    assert update_minimum(history, tasks, [True, False, False, True], [4, 1, 0, 2]) == [2, 2, 0, 2]
    assert history.minimum("b") is None
    assert update_minimum(history, tasks, [True, False, True, False], [3, 0, 5, 0]) == [2, 2, 5, 2]
    assert update_minimum(history, ["a"], [True], [0]) == [0]
    with pytest.raises(ValueError):
        update_minimum(history, tasks, [True], [4, 1, 0, 2])
