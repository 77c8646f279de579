"""Comparing an agent's answer with the right one."""

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

NUMBER = re.compile(r"[-\u2212]?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
MAX_CHARACTERS = 1000
"""Of an answer's end, in which a number is looked for."""
PUNCTUATION = re.compile(r"[^\w\s./:@+-]|(?<!\d)[./:+-]|[./:+-](?!\d)")


def last(answers: Sequence[str]) -> str:
    """The agent's last answer, empty if there is none."""
    return answers[-1] if answers else ""


def is_number(answers: Sequence[str], expected: Fraction | float, tolerance: float = 0.0) -> bool:
    """Whether the last number of the last answer is the expected one.

    Args:
        answers: the agent's.
        expected: the right number; a float whose decimals are not exact needs a tolerance.
        tolerance: largest absolute difference.
    """
    numbers = NUMBER.findall(last(answers)[-MAX_CHARACTERS:])
    if not numbers:
        return False
    numerator, _, denominator = numbers[-1].replace(",", "").replace("\u2212", "-").partition("/")
    if denominator and not int(denominator):
        return False
    value = Fraction(numerator) / int(denominator or 1)
    return abs(value - Fraction(expected)) <= Fraction(tolerance)


def _without_accents(text: str) -> str:
    return "".join(each for each in text if not unicodedata.combining(each))


def normalised(text: str) -> str:
    """Lower case, without accents, punctuation, articles and surplus blanks."""
    # Once before, too: sorting thousands of accents on one letter takes the square of their number.
    plain = _without_accents(unicodedata.normalize("NFKD", _without_accents(text.lower())))
    words = PUNCTUATION.sub(" ", plain).split()
    return " ".join(word for word in words if word not in ("a", "an", "the"))


def mentions(answers: Sequence[str], expected: str, others: Sequence[str] = ()) -> bool:
    """Whether the last answer has the expected words, and none of the others.

    Args:
        answers: the agent's.
        expected: words that must occur, in this order.
        others: wrong answers to the same question, so that naming all of them is no answer.
    """
    said = f" {normalised(last(answers))} "
    if f" {normalised(expected)} " not in said:
        return False
    rest = said.replace(f" {normalised(expected)} ", " | ")
    return not any(f" {normalised(other)} " in rest for other in others if normalised(other) != normalised(expected))


def is_set(answers: Sequence[str], expected: Sequence[str], others: Sequence[str] = ()) -> bool:
    """Whether the last answer names all of the expected ones and none of the others."""
    said = f" {normalised(last(answers))} "
    for each in sorted(map(normalised, expected), key=len, reverse=True):
        if f" {each} " not in said:
            return False
        said = said.replace(f" {each} ", " | ")
    return not any(f" {normalised(other)} " in said for other in others)
