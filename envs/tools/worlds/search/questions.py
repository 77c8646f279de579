"""Questions about the shipped passages: how they are drawn so that searches answer them, and how an oracle reads.

A question is drawn only if a search for its words finds the passages, so that one search per step is enough. Fewer are
not, short of luck: the next subject's name is in the passage, and chains are left out whose later passages come up
in a search for the question or a part of it.
"""

import functools
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from palaestra.data.errors import InputError
from palaestra.envs.task import Slots
from palaestra.envs.tools.task import Said, Template, call, result
from palaestra.envs.tools.worlds.search.corpus import load
from palaestra.envs.tools.worlds.search.country import RELATIONS, Fact, country, phrase, question
from palaestra.envs.tools.worlds.search.index import index
from palaestra.envs.tools.worlds.search.world import MAX_HITS, ToolSearch

T = TypeVar("T")
COUNT = 5
"""Passages that a search returns if no other number is asked for."""
ATTEMPTS = 500
NOT_OURS = "ToolSearch: this task asks about the shipped passages; a corpus of your own needs tasks=['module:Name']"


class Question(Template[ToolSearch]):
    """A task about the shipped passages."""

    most_calls = 3

    def setup(self, world: ToolSearch, slots: Slots, random: np.random.Generator) -> None:
        """Check that these are the passages.

        Raises:
            InputError: they are others.
        """
        if world.corpus != load():
            raise InputError(NOT_OURS)


def drawn(attempt: Callable[[], T | None]) -> T:
    """The first success of some attempts.

    Raises:
        RuntimeError: none had any.
    """
    for _ in range(ATTEMPTS):
        made = attempt()
        if made is not None:
            return made
    raise RuntimeError(f"none of {ATTEMPTS} attempts drew a question")


def one_of(random: np.random.Generator, items: Sequence[T]) -> T:
    """An item, each equally likely."""
    return items[int(random.integers(len(items)))]


def is_name(fact: Fact) -> bool:
    """Whether the object is an entity, of which there may be further facts."""
    return fact.object in country().entities


def is_number(fact: Fact) -> bool:
    """Whether the object is a year or a number."""
    return fact.kind in ("year", "number")


@functools.cache
def by_relation(wanted: Callable[[Fact], bool]) -> Mapping[str, Sequence[Fact]]:
    """The facts that are wanted, by relation. Drawing the relation first makes rare ones as likely as others."""
    grouped: dict[str, list[Fact]] = {}
    for fact in filter(wanted, country().facts):
        grouped.setdefault(fact.relation, []).append(fact)
    return grouped


def a_fact(random: np.random.Generator, wanted: Callable[[Fact], bool]) -> Fact:
    """A fact of a random relation."""
    facts = by_relation(wanted)
    return one_of(random, facts[one_of(random, list(facts))])


@functools.cache
def names(kinds: str) -> tuple[str, ...]:
    """All names of some kinds of entities, ``|`` between them."""
    return tuple(name for name, entity in country().entities.items() if entity.kind in kinds.split("|"))


def wrong_names(fact: Fact, words: str) -> list[str]:
    """The names that could answer the question for a fact's object and don't; those in the question may be repeated."""
    return [name for name in names(RELATIONS[fact.relation].object) if name != fact.object and name not in words]


def noun(fact: Fact, of: str = "") -> str:
    """A phrase for a fact's object; ``of`` may stand for the subject."""
    return RELATIONS[fact.relation].noun.format(of or country().entities[fact.subject].phrase)


def asked(*chain: Fact) -> str:
    """The question for the last object of a chain."""
    return question(chain, country())


def shared_phrase(fact: Fact) -> str:
    """A fact's object as it stands in a sentence."""
    return phrase(fact.object, fact.kind)


@functools.lru_cache(maxsize=64)
def hits(query: str) -> tuple[int, ...]:
    """The ids of the most passages that a search can return, best first."""
    return tuple(id for id, _ in index(load()).ranked(query, MAX_HITS))


def finds(query: str, facts: Sequence[Fact], count: int = COUNT) -> bool:
    """Whether a search returns the passages of all these facts."""
    return {fact.passage for fact in facts} <= set(hits(query)[:count])


def a_chain(random: np.random.Generator, length: int, wanted: Callable[[Fact], bool] = is_name) -> list[Fact] | None:
    """Facts of which each is about the object of the one before it, None if that didn't succeed.

    Args:
        random: the generator.
        length: number of facts.
        wanted: whether a fact can be the last one.
    """
    chain = [a_fact(random, is_name if length > 1 else wanted)]
    while len(chain) < length:
        suits = wanted if len(chain) == length - 1 else is_name
        further = [fact for fact in country().about.get(chain[-1].object, ()) if suits(fact) and _is_new(fact, chain)]
        if not further:
            return None
        chain.append(one_of(random, further))
    return chain if all(finds(asked(fact), [fact]) for fact in chain) and takes_all_steps(chain) else None


def _is_new(fact: Fact, chain: Sequence[Fact]) -> bool:
    """Whether a chain can go on with a fact: neither in a circle, nor by the same relation again."""
    return all(
        fact.passage != each.passage and fact.object != each.subject and fact.relation != each.relation
        for each in chain
    )


def takes_all_steps(chain: Sequence[Fact]) -> bool:
    """Whether no search for the question or a part of it returns the passage of a later step too."""
    for place in range(len(chain) - 1):
        later = {fact.passage for fact in chain[place + 1 :]}
        if any(later & set(hits(asked(*chain[place:end]))) for end in range(place + 1, len(chain) + 1)):
            return False
    return True


def fact_of(subject: str, relation: str) -> Fact:
    """The fact about a subject."""
    return next(fact for fact in country().about[subject] if fact.relation == relation)


def chain_of(slots: Slots) -> list[Fact]:
    """The facts that answer the question of ``subject`` and ``relations``."""
    chain: list[Fact] = []
    for relation in slots["relations"]:
        chain.append(fact_of(chain[-1].object if chain else slots["subject"], relation))
    return chain


def slots_of(chain: Sequence[Fact]) -> dict[str, Any]:
    """What the question of a chain names: its first subject, and how the facts lead on from there."""
    return {"subject": chain[0].subject, "relations": [fact.relation for fact in chain]}


def read(passages: Sequence[Mapping[str, Any]], relation: str) -> dict[str, str]:
    """The objects of a relation by subject, as far as these passages state them."""
    stated = {}
    for passage in passages:
        for fact in country().outlines[passage["id"] - 1].facts:
            if fact.relation == relation and fact.object in passage["text"]:
                stated[fact.subject] = fact.object
    return stated


def search_question(subject: str, relation: str) -> str:
    """The question for a relation of a subject that was read or that the user named."""
    return RELATIONS[relation].question.format(country().entities[subject].phrase)


def follow(slots: Slots) -> Generator[Said, list[dict[str, Any]], str]:
    """A part of an oracle: one search per relation, from ``subject`` on; returns the last object.

    Raises:
        KeyError: no passage that was returned states it.
    """
    name: str = slots["subject"]
    for relation in slots["relations"]:
        messages = yield call("search", query=search_question(name, relation))
        name = read(result(messages), relation)[name]
    return name


def tempting(random: np.random.Generator, fact: Fact, query: str) -> str:
    """A wrong answer, if possible one that stands in the passages which the search returns."""
    wrong = set(wrong_names(fact, query))
    facts = (each for id in hits(query)[:COUNT] for each in country().outlines[id - 1].facts)
    seen = sorted({each.object for each in facts} & wrong)
    return one_of(random, seen or sorted(wrong))
