"""Questions about several things at once: how many, which, and which has more (3 templates)."""

import functools
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Said, call, result
from palaestra.envs.tools.worlds.search.country import RELATIONS, Fact, country, phrase
from palaestra.envs.tools.worlds.search.questions import (
    Question,
    a_chain,
    asked,
    by_relation,
    chain_of,
    drawn,
    finds,
    follow,
    hits,
    is_name,
    is_number,
    names,
    noun,
    one_of,
    read,
    search_question,
    shared_phrase,
    slots_of,
)
from palaestra.envs.tools.worlds.search.world import MAX_HITS, ToolSearch

SIZES = {1: (2, 3), 2: (4, 7), 3: (2, 7)}
"""Smallest and largest group by level."""


@functools.cache
def _groups(level: int) -> dict[str, list[tuple[Fact, ...]]]:
    """Facts with the same relation and object, by relation."""
    low, high = SIZES[level]
    groups: dict[str, list[tuple[Fact, ...]]] = {}
    for (relation, _), facts in country().sharing.items():
        if RELATIONS[relation].plural and low <= len(facts) <= high:
            groups.setdefault(relation, []).append(facts)
    return groups


@functools.cache
def _leading_to(name: str) -> tuple[Fact, ...]:
    return tuple(fact for fact in country().facts if fact.object == name)


class _Group(Question):
    """Several subjects have the same object. At level 3 the object isn't named, but is a fact away."""

    levels = (1, 2, 3)
    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return 1 + len(slots["relations"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return drawn(lambda: self._attempt(random))

    def _attempt(self, random: np.random.Generator) -> dict[str, Any] | None:
        groups = _groups(self.level)
        group = one_of(random, groups[one_of(random, list(groups))])
        shared, plural = group[0].object, RELATIONS[group[0].relation].plural
        words = plural.format(shared_phrase(group[0]))
        if not finds(words, group, MAX_HITS):
            return None
        if self.level < 3:
            return {"subject": shared, "relations": [], "shared": group[0].relation, "words": words}
        passages = {fact.passage for fact in group}
        first = one_of(random, _leading_to(shared))
        words = plural.format(noun(first))
        if first.passage in passages or first.relation == group[0].relation or not finds(asked(first), [first]):
            return None
        if any(passages <= set(hits(query)) for query in (words, asked(first))):
            return None  # the first search would be enough
        return {**slots_of([first]), "shared": group[0].relation, "words": words}

    def _group(self, slots: Slots) -> tuple[Fact, ...]:
        chain = chain_of(slots)
        return country().sharing[slots["shared"], chain[-1].object if chain else slots["subject"]]

    @staticmethod
    def found(slots: Slots) -> Generator[Said, list[dict[str, Any]], list[str]]:
        """A part of an oracle: the subjects that the passages name."""
        shared = yield from follow(slots)
        words = RELATIONS[slots["shared"]].plural.format(phrase(shared, country().entities[shared].kind))
        messages = yield call("search", query=words, count=MAX_HITS)
        return [subject for subject, made in read(result(messages), slots["shared"]).items() if made == shared]


class CountShared(_Group):
    """How many there are."""

    def instruction(self, slots: Slots) -> str:
        return f"How many {slots['words']} do the passages name?"

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the number is right": said.is_number(answers, len(self._group(slots)))}

    def oracle(self, slots: Slots) -> Oracle:
        found = yield from self.found(slots)
        yield str(len(found) + slots.get("off", 0))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "off": 1}, {**slots, "off": -1}]


class ListShared(_Group):
    """All of them by name."""

    def instruction(self, slots: Slots) -> str:
        return f"Which {slots['words']} do the passages name? List all of them, and nothing else."

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        right = [fact.subject for fact in self._group(slots)]
        return {"names": right, "others": self._others(slots)}

    def _others(self, slots: Slots) -> list[str]:
        """The things of that kind that aren't asked for."""
        right = {fact.subject for fact in self._group(slots)}
        kind = country().entities[min(right)].kind
        return [name for name in names(kind) if name not in right and name not in slots["words"]]

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"all of them and no others are named": said.is_set(answers, start["names"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        found = yield from self.found(slots)
        yield "; ".join([*found[slots.get("left_out", 0) :], *slots.get("more", [])])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "left_out": 1}, {**slots, "more": self._others(slots)[:1]}]


class CompareValues(Question):
    """Which of two has the larger or smaller number, or the earlier or later year.

    At level 2 they aren't named, but are a fact away. One search finds the passages of both, so both levels take as
    many calls as one of the two would.
    """

    levels = (1, 2)
    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return len(slots["pair"][0]["relations"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return drawn(lambda: self._attempt(random))

    def _attempt(self, random: np.random.Generator) -> dict[str, Any] | None:
        one = a_chain(random, self.level, is_number)
        other = self._alike(random, one) if one else None
        if not one or not other or one[-1].value == other[-1].value or one[0].object == other[0].object:
            return None
        both = [*one, *other]
        steps = list(zip(one, other, strict=True))
        if len({fact.passage for fact in both}) < len(both) or not all(
            finds(" ".join(map(asked, step)), step, MAX_HITS) for step in steps
        ):
            return None
        slots = {"pair": [slots_of(one), slots_of(other)], "more": bool(random.integers(2))}
        queries = (self.instruction(slots), " ".join(map(asked, steps[0])))
        if len(steps) > 1 and any(finds(query, steps[-1], MAX_HITS) for query in queries):
            return None  # the first search would be enough
        return slots

    @staticmethod
    def _alike(random: np.random.Generator, one: Sequence[Fact]) -> list[Fact] | None:
        """Other facts with the same relations."""
        first = one_of(random, by_relation(is_number if len(one) == 1 else is_name)[one[0].relation])
        chain = [first]
        for like in one[1:]:
            further = [fact for fact in country().about[chain[-1].object] if fact.relation == like.relation]
            if not further:
                return None
            chain.append(further[0])
        return chain

    def instruction(self, slots: Slots) -> str:
        pair = [chain_of(each) for each in slots["pair"]]
        which = "larger" if slots["more"] else "smaller"
        if pair[0][-1].kind == "year":
            which = "later" if slots["more"] else "earlier"
        one, other = (functools.reduce(lambda of, fact: noun(fact, of), chain, "") for chain in pair)
        names = " or ".join(chain[0].subject for chain in pair)
        return f"Which is {which}: {one}, or {other}? Answer {names}."

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        pair = [chain_of(each) for each in slots["pair"]]
        pair.sort(key=lambda chain: chain[-1].value, reverse=slots["more"])
        return {"answer": pair[0][0].subject, "others": [pair[1][0].subject]}

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right one is named": said.mentions(answers, start["answer"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        pair = [each["subject"] for each in slots["pair"]]
        made = pair
        for relation in slots["pair"][0]["relations"]:
            query = " ".join(search_question(name, relation) for name in made)
            stated = read(result((yield call("search", query=query, count=MAX_HITS))), relation)
            made = [stated[name] for name in made]
        values = [int(each.split()[0].replace(",", "")) for each in made]
        right = pair[values.index(max(values) if slots["more"] else min(values))]
        yield " or ".join(pair) if slots.get("hedges") else f"{right}."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "more": not slots["more"]}, {**slots, "hedges": True}]
