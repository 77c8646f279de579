"""Writes the shipped passages: ``python -m palaestra.envs.tools.worlds.search.prose``."""

import re
from random import Random
from typing import TypeVar

from palaestra.envs.tools.worlds.search.corpus import SHIPPED, Passage, encoded
from palaestra.envs.tools.worlds.search.country import SEED, Country, Fact, Outline, country, phrase
from palaestra.envs.tools.worlds.search.relation import Relation

T = TypeVar("T")
WORDS = (44, 68)
"""Each passage gets sentences without facts until it is at least about as long as a number drawn from this range."""
MAX_WORDS = 90
CHOICE = re.compile(r"\[([^\[\]]*)\]")
PRONOUNS = {True: ("she", "her", "her"), False: ("he", "his", "him")}


def passages(land: Country) -> list[Passage]:
    """All passages of a country; equal for equal countries."""
    random = Random(f"{SEED}, prose")
    return [
        Passage(number, outline.aspect.title.format(outline.subject.name), _text(random, outline))
        for number, outline in enumerate(land.outlines, 1)
    ]


def _text(random: Random, outline: Outline) -> str:
    """The facts in order, with sentences between them that state none."""
    relations = {each.name: each for each in outline.aspect.relations}
    facts = [(fact, relations[fact.relation.split(" ", 1)[1]]) for fact in outline.facts]
    opening, *others = facts
    sentences = [_fact(random, outline, *opening, opens=True)]
    sentences += [_fact(random, outline, *each, opens=False) for each in others]
    target = WORDS[0] + int(random.random() * (WORDS[1] - WORDS[0] + 1))
    for frame in _shuffled(random, list(outline.aspect.colour)):
        sentence = _sentence(random, outline, frame, "", opens=False)
        length = _words(sentences)
        if length >= target:
            break
        if length + _words([sentence]) <= MAX_WORDS:
            sentences.insert(1 + int(random.random() * len(sentences)), sentence)
    return " ".join(sentences)


def _fact(random: Random, outline: Outline, fact: Fact, relation: Relation, opens: bool) -> str:
    frames = [each for each in relation.frames if not opens or "{it}" in each]
    return _sentence(random, outline, _one(random, frames), phrase(fact.object, fact.kind), opens)


def _sentence(random: Random, outline: Outline, frame: str, made: str, opens: bool) -> str:
    """A frame with its choices made and its blanks filled."""
    subject = outline.subject
    chosen = CHOICE.sub(lambda match: _one(random, match[1].split("/")), frame)
    if subject.kind == "person":
        it, its, him = PRONOUNS[subject.woman]
        if chosen.startswith("{it}") and random.random() < 0.3:
            it = subject.name.split()[-1]
    else:
        it, its, him = "it", "its", "it"
        if outline.aspect.noun and random.random() < 0.35:
            it = outline.aspect.noun[0].lower() + outline.aspect.noun[1:]
            chosen = re.sub(r"^It ", "{it} ", chosen)
    text = chosen.format(it=subject.phrase if opens else it, its=its, him=him, o=made, profession=subject.profession)
    return text[0].upper() + text[1:]


def _words(sentences: list[str]) -> int:
    return sum(len(each.split()) for each in sentences)


def _one(random: Random, items: list[T]) -> T:
    return items[int(random.random() * len(items))]


def _shuffled(random: Random, items: list[T]) -> list[T]:
    return [items[place] for _, place in sorted((random.random(), place) for place in range(len(items)))]


if __name__ == "__main__":
    SHIPPED.write_bytes(encoded(passages(country())))
