import pytest

from palaestra.data.results.speech import COLUMNS, numbers, productivity
from palaestra.data.results.speech import columns as texts_of


def episode(seed, success, calls, **more):
    common = {"tokens": 10 * calls + 20, "drift": 0, "errors": {}, "stop": "completed"}
    return {"seed": seed, "success": success, "calls": calls} | common | more


def columns(episodes, seeds):
    return texts_of(numbers(episodes, seeds))


EPISODES = [
    episode(0, 1.0, 1),
    episode(0, 0.0, 3, errors={"malformed": 2}, stop="max_turns"),
    episode(1, 1.0, 0, drift=1),
    episode(1, 1.0, 2, errors={"failed": 1}),
]


def test_productivity_is_of_the_sums_and_no_mean_of_ratios():
    shown = columns(EPISODES, [0, 1])
    assert set(shown) == set(COLUMNS)
    assert shown["productivity"] == "0.500 (3/6)"
    assert productivity(EPISODES) == 0.5


def test_means_are_over_seeds_with_intervals():
    shown = columns(EPISODES, [0, 1])
    assert shown["success"] == "0.750 [0.500, 1.000]"
    assert shown["calls"] == "1.500 [1.000, 2.000]"
    assert columns(EPISODES[:2], [0])["success"] == "0.500"


def test_numbers_are_for_programs():
    measured = numbers(EPISODES, [0, 1])
    assert (measured["success"], measured["success_low"], measured["success_high"]) == (0.75, 0.5, 1.0)
    assert (measured["productivity"], measured["right"], measured["all_calls"]) == (0.5, 3.0, 6)
    assert numbers(EPISODES[:2], [0])["calls_low"] is None  # one seed: no interval
    assert numbers([*EPISODES, episode(1, None, 1)], [0, 1])["right"] is None


def test_faults_stay_visible():
    shown = columns(EPISODES, [0, 1])
    assert (shown["drift"], shown["errors"]) == ("1", "malformed 2, failed 1")
    assert shown["stops"] == "completed 3, max_turns 1"
    unscored = columns([*EPISODES, episode(1, None, 1)], [0, 1])
    assert unscored["success"] == unscored["productivity"] == "not scored"


def test_without_a_call_productivity_is_no_number():
    assert productivity([episode(0, 1.0, 0)]) is None
    assert columns([episode(0, 1.0, 0)], [0])["productivity"] == "no calls (1/0)"


@pytest.mark.parametrize("episodes", [[], [{"seed": 0, "return": 1.0, "score": 3.0}]])
def test_other_agents_rows_have_none_of_these_columns(episodes):
    assert columns(episodes, [0]) == {}
