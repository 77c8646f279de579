"""The judge that sees a screen's texts, and its short-cuts."""

import numpy as np
import pytest

from palaestra.data.errors import InputError
from palaestra.envs.android.tasks.aitw.judge import Judge, Judging, judge_of
from palaestra.envs.android.tasks.aitw.lines import task_of_line

SEARCH = task_of_line("Go to ebay.com, search for 'razer naga'")
ENTRY = task_of_line("Go to ebay.com, search for 'razer naga', and select the first entry")
RESULTS = ("ebay.com/sch", "razer naga", "Razer Naga X Mouse", "$79.99")
PRODUCT = ("ebay.com/itm/7", "Razer Naga X Mouse", "$79.99", "Add to cart")


def screen(shade):
    return np.full((4, 4, 3), shade, np.uint8)


def test_it_sees_texts_only():
    judging = Judging(Judge())

    def says(task, texts):
        return judging.verdict(task, 0.0, screen(0), screen(0), texts)[0]

    assert (says(SEARCH, RESULTS), says(SEARCH, PRODUCT), says(SEARCH, ["razer naga"])) == (1.0, 0.0, 0.0)
    assert says(ENTRY, PRODUCT) == 1.0  # whichever result was opened
    assert says(ENTRY, RESULTS) == 0.0


@pytest.mark.parametrize(("settings", "success"), [({"false_positive": 0.3}, 0.0), ({"false_negative": 0.3}, 1.0)])
def test_errors_have_their_rate_and_belong_to_a_screen(settings, success):
    judging = Judging(Judge("state", **settings))
    judging.seed = 7

    def all_verdicts():
        return [judging.verdict(SEARCH, success, screen(0), screen(0), [str(n)])[0] for n in range(1000)]

    verdicts = all_verdicts()
    assert 250 < sum(verdict != success for verdict in verdicts) < 350
    assert verdicts == all_verdicts()


def test_short_cuts_are_the_released_code_s():
    judging = Judging(Judge("state", unchanged=True, remembered=True))

    def verdict(before, after):
        return judging.verdict(SEARCH, 1.0, screen(before), screen(after), ())

    assert verdict(10, 18) == (0.0, "unchanged")  # a mean square of 64, less than 65.025
    assert verdict(0, 40) == (1.0, "")  # judged once, and remembered although it is a success
    assert verdict(0, 40) == (0.0, "remembered")
    assert [verdict(0, shade)[0] for shade in (80, 120, 160, 200)] == [1.0] * 4
    assert [verdict(0, 240)[0] for _ in range(2)] == [1.0, 1.0]  # five are remembered
    again = Judging(judging.judge)
    again.load(judging.save())
    assert again.digest() == judging.digest()
    assert again.verdict(SEARCH, 1.0, screen(0), screen(80), ()) == (0.0, "remembered")


def test_successes_can_be_forgotten():
    judging = Judging(Judge("state", remembered=True, successes=False))
    assert [judging.verdict(SEARCH, 1.0, screen(0), screen(40), ())[0] for _ in range(2)] == [1.0, 1.0]


def test_settings():
    assert judge_of(None) is None
    assert judge_of(None, is_released=True) == Judge("state", unchanged=True, remembered=True)
    assert judge_of("text") == Judge()
    assert judge_of({"unchanged": False}, is_released=True) == Judge(remembered=True)
    for value, message in (
        ("vision", "judge 'vision': must be text, digirl"),
        ({"false_positiv": 1}, "did you mean false_positive"),
        ({"false_negative": 2}, "must be a share from 0 to 1"),
        ({"unchanged": 1}, "must be true or false"),
        ({"sees": "pixels"}, "must be text or state"),
    ):
        with pytest.raises(InputError, match=message):
            judge_of(value)
