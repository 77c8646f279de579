"""Which answers count: numbers, names and sets, however they are said, and no answer that names everything."""

from fractions import Fraction

import pytest

from palaestra.envs.tools.answers import is_number, is_set, mentions, normalised


@pytest.mark.parametrize(
    ("answer", "expected", "right"),
    [
        ("42", 42, True),
        ("The answer is 42.", 42, True),
        ("17 + 25 = 42", 42, True),
        ("42 is less than 43", 42, False),
        ("1,234,567.50", Fraction("1234567.5"), True),
        ("-3", -3, True),
        ("\u22123", -3, True),
        ("-3", 3, False),
        ("2/6", Fraction(1, 3), True),
        ("1/0", 1, False),
        ("42.0", 42, True),
        ("42.01", 42, False),
        ("100000000000000000001", 100000000000000000001, True),
        ("100000000000000000000", 100000000000000000001, False),
        ("", 0, False),
        ("forty-two", 42, False),
    ],
)
def test_a_number_is_the_last_one_and_exact(answer, expected, right):
    assert is_number([answer], expected) == right


def test_a_number_may_have_a_tolerance_and_only_the_last_answer_counts():
    assert is_number(["3.14"], 3.1416, 0.005)
    assert not is_number(["3.13"], 3.1416, 0.005)
    assert is_number(["5", "7"], 7)
    assert not is_number(["7", "5"], 7)
    assert not is_number([], 7)


def test_words_are_compared_without_case_accents_and_articles():
    assert normalised("The Café, at  Rue-Neuve (No. 5)!") == "cafe at rue neuve no 5"
    assert mentions(["It was the Anna-Maria Bridge."], "anna-maria bridge")
    assert not mentions(["It was the Anna Bridge."], "anna-maria bridge")
    assert not mentions(["Annabel"], "anna")


def test_an_answer_that_names_everything_is_none():
    names = ["Ann Lee", "Ann Leeds", "Bo Lee"]
    assert mentions(["Ann Lee"], "Ann Lee", names)
    assert not mentions(["Ann Lee or Bo Lee"], "Ann Lee", names)
    assert not mentions(["Ann Leeds"], "Ann Lee", names)
    assert is_set(["Bo Lee and Ann Leeds"], ["Ann Leeds", "Bo Lee"], names[:1])
    assert not is_set(["Bo Lee"], ["Ann Leeds", "Bo Lee"], names[:1])
    assert not is_set(["Bo Lee, Ann Lee, Ann Leeds"], ["Ann Leeds", "Bo Lee"], names[:1])
