"""Search: facts one to three searches away, counts, lists, comparisons, claims, and what isn't known (6 templates).

``slots`` name facts by their subject and relation; oracles read an object only from a passage that a search returned.
A question is drawn only if searching for its words finds the passages, so that one search per step is enough; fewer are
not, short of luck, since the next subject's name is in the passage.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call, result
from palaestra.envs.tools.worlds.search.corpus import load
from palaestra.envs.tools.worlds.search.country import RELATIONS, Fact, country, question
from palaestra.envs.tools.worlds.search.index import index
from palaestra.envs.tools.worlds.search.relation import Relation
from palaestra.envs.tools.worlds.search.world import MAX_HITS, ToolSearch

COUNT = 5
"""Passages of the oracle's searches."""
NOBODY = ("Orvald Quimble", "Tessaly Brankworth", "Ilmar Dosk", "Perrin Vauxley", "Junia Halfstone", "Corvin Ashlode")
"""People of whom the corpus says nothing."""


@functools.cache
def _facts(kind: str) -> tuple[Fact, ...]:
    """Facts whose object is a name (``name``) or a number (``number``) and that a search for their question finds."""
    facts = country().facts
    return tuple(
        fact for fact in facts if (fact.kind in ("year", "number")) == (kind == "number") and fact.kind != "prize"
    )


@functools.cache
def _names(kind: str) -> tuple[str, ...]:
    """All names of a kind of entity."""
    return tuple(sorted(name for name, entity in country().entities.items() if entity.kind == kind))


def _finds(query: str, passages: Sequence[int], count: int = COUNT) -> bool:
    hits = index(load()).search(query, count)
    return set(passages) <= {hit.id for hit in hits}


def _key(fact: Fact) -> list[str]:
    return [fact.subject, fact.relation]


def _fact(key: Sequence[str]) -> Fact:
    return next(fact for fact in country().about[key[0]] if fact.relation == key[1])


def _relation(fact: Fact) -> Relation:
    return RELATIONS[fact.relation]


def _read(messages: Sequence[Mapping[str, Any]], fact: Fact) -> str:
    """A fact's object, if a passage among the results says it.

    Raises:
        LookupError: none does.
    """
    for passage in result(messages):
        if passage["id"] == fact.passage and fact.object in passage["text"]:
            return fact.object
    raise LookupError(f"no passage says {fact.relation} of {fact.subject}")


class _Search(Template[ToolSearch]):
    def draw(self, random: np.random.Generator, facts: Sequence[Fact]) -> Fact:
        """A fact that a search for its question finds."""
        for _ in range(100):
            fact = facts[int(random.integers(len(facts)))]
            if _finds(question([fact], country()), [fact.passage]):
                return fact
        raise RuntimeError("no fact can be found by its question")


class FollowFacts(_Search):
    """A name that is one, two or three facts away."""

    levels = (1, 2, 3)
    most_calls = 3

    def minimum(self, slots: Slots) -> int:
        return len(slots["chain"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        for _ in range(200):
            chain = [self.draw(random, _facts("name"))]
            while len(chain) < self.level:
                further = [each for each in country().about.get(chain[-1].object, ()) if self._leads_on(each, chain)]
                if not further:
                    break
                chain.append(further[int(random.integers(len(further)))])
            if len(chain) == self.level:
                return {"chain": [_key(fact) for fact in chain], "words": question(chain, country())}
        raise RuntimeError(f"no chain of {self.level} facts was drawn")

    @staticmethod
    def _leads_on(fact: Fact, chain: Sequence[Fact]) -> bool:
        passages, names = {each.passage for each in chain}, {each.subject for each in chain}
        is_name = fact.kind in ("person",) or fact.object in country().entities
        is_new = fact.passage not in passages and fact.object not in names
        return is_name and is_new and _finds(question([fact], country()), [fact.passage])

    def instruction(self, slots: Slots) -> str:
        return slots["words"]

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        last = _fact(slots["chain"][-1])
        return {"answer": last.object, "others": [name for name in _names(last.kind) if name != last.object]}

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right name is given": said.mentions(answers, start["answer"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        answer = ""
        for key in slots["chain"]:
            fact = _fact(key)
            messages = yield call("search", query=question([fact], country()))
            answer = _read(messages, fact)
        yield f"{answer}."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        *before, (subject, relation) = slots["chain"]
        right = _fact(slots["chain"][-1])
        others = [
            fact
            for fact in country().about[subject]
            if fact.relation != relation
            and fact.object != right.object
            and _finds(question([fact], country()), [fact.passage])
        ]
        wrong = [{**slots, "chain": [*before, _key(fact)]} for fact in others[:2]]
        return [*wrong, {**slots, "chain": before}] if before else wrong or [{**slots, "chain": []}]


class _Group(_Search):
    """Several subjects have the same object."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        groups = [
            key for key, facts in country().sharing.items() if 2 <= len(facts) <= 5 and _relation(facts[0]).plural
        ]
        for _ in range(300):
            relation, shared = groups[int(random.integers(len(groups)))]
            facts = country().sharing[relation, shared]
            words = _relation(facts[0]).plural.format(shared)
            if _finds(words, [fact.passage for fact in facts], MAX_HITS):
                return {"relation": relation, "object": shared, "words": words}
        raise RuntimeError("no group can be found by its words")

    def _group(self, slots: Slots) -> tuple[Fact, ...]:
        return country().sharing[slots["relation"], slots["object"]]

    def _found(self, messages: Sequence[Mapping[str, Any]], slots: Slots) -> list[str]:
        """The subjects of the group whose passages were returned."""
        passages = {passage["id"]: passage["text"] for passage in result(messages)}
        return [fact.subject for fact in self._group(slots) if fact.object in passages.get(fact.passage, "")]


class CountShared(_Group):
    """How many there are."""

    def instruction(self, slots: Slots) -> str:
        return f"How many {slots['words']} are there?"

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the number is right": said.is_number(answers, len(self._group(slots)))}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("search", query=slots["words"], count=MAX_HITS)
        yield str(len(self._found(messages, slots)) + slots.get("off", 0))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "off": 1}, {**slots, "off": -1}]


class ListShared(_Group):
    """All of them by name."""

    def instruction(self, slots: Slots) -> str:
        return f"Name all {slots['words']}, and nothing else."

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        names = [fact.subject for fact in self._group(slots)]
        kind = country().entities[names[0]].kind
        return {"names": names, "others": [name for name in _names(kind) if name not in names]}

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"all of them and no others are named": said.is_set(answers, start["names"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("search", query=slots["words"], count=MAX_HITS)
        names = self._found(messages, slots)[: slots.get("most")]
        yield "; ".join([*names, *slots.get("more", [])])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        group = {fact.subject for fact in self._group(slots)}
        kind = country().entities[min(group)].kind
        other = next(name for name in _names(kind) if name not in group)
        return [{**slots, "most": 1}, {**slots, "more": [other]}]


class CompareValues(_Search):
    """Which of two has the larger or smaller number, or the earlier or later year."""

    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return slots["searches"]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        for _ in range(300):
            one = self.draw(random, _facts("number"))
            kind = country().entities[one.subject].kind
            alike = [fact for fact in _by_relation()[one.relation] if fact.value != one.value]
            if not alike or kind not in ("bridge", "school", "museum", "river", "lake", "mountain", "town", "company"):
                continue
            other = alike[int(random.integers(len(alike)))]
            if _finds(question([other], country()), [other.passage]):
                both = " ".join(question([fact], country()) for fact in (one, other))
                together = _finds(both, [one.passage, other.passage], MAX_HITS)
                keys = [_key(one), _key(other)]
                return {"facts": keys, "more": bool(random.integers(2)), "searches": 1 if together else 2}
        raise RuntimeError("no pair was drawn")

    def instruction(self, slots: Slots) -> str:
        one, other = (_fact(key) for key in slots["facts"])
        which = "larger" if slots["more"] else "smaller"
        if one.kind == "year":
            which = "later" if slots["more"] else "earlier"
        noun = _relation(one).noun
        pair = f"{noun.format(one.subject)}, or {noun.format(other.subject)}"
        return f"Which is {which}: {pair}? Answer {one.subject} or {other.subject}."

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        pair = sorted((_fact(key) for key in slots["facts"]), key=lambda fact: fact.value, reverse=slots["more"])
        return {"answer": pair[0].subject, "others": [pair[1].subject]}

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right one is named": said.mentions(answers, start["answer"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        facts = [_fact(key) for key in slots["facts"]]
        queries = [question([fact], country()) for fact in facts]
        if slots["searches"] == 1:
            messages = yield call("search", query=" ".join(queries), count=MAX_HITS)
            read = [_read(messages, fact) for fact in facts]
        else:
            messages = yield [call("search", query=query) for query in queries]
            read = [_read([message], fact) for message, fact in zip(messages, facts)]
        values = [fact.value for fact, _ in zip(facts, read, strict=True)]
        yield facts[values.index(max(values) if slots["more"] else min(values))].subject

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "more": not slots["more"]}]


@functools.cache
def _by_relation() -> dict[str, list[Fact]]:
    grouped: dict[str, list[Fact]] = {}
    for fact in _facts("number"):
        grouped.setdefault(fact.relation, []).append(fact)
    return grouped


class IsItTrue(_Search):
    """A claim that is right, or has another name of the same kind."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        fact = self.draw(random, _facts("name"))
        others = [name for name in _names(fact.kind) if name != fact.object]
        claimed = fact.object if random.integers(2) or not others else others[int(random.integers(len(others)))]
        return {"fact": _key(fact), "claimed": claimed, "swap": False}

    def instruction(self, slots: Slots) -> str:
        fact = _fact(slots["fact"])
        asked = f"Somebody asked: {question([fact], country())} The answer was: {slots['claimed']}."
        return f"{asked} Is that right? Answer yes or no."

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        right = slots["claimed"] == _fact(slots["fact"]).object
        wanted, other = ("yes", "no") if right else ("no", "yes")
        return {"the claim is judged rightly": said.mentions(answers, wanted, [other])}

    def oracle(self, slots: Slots) -> Oracle:
        fact = _fact(slots["fact"])
        messages = yield call("search", query=question([fact], country()))
        right = _read(messages, fact) == slots["claimed"]
        yield "yes" if right is not slots["swap"] else "no"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "swap": True}]


class NotKnown(_Search):
    """A question about somebody whom no passage mentions: that is the answer."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        people = [fact for fact in _facts("name") if country().entities[fact.subject].kind == "person"]
        fact = people[int(random.integers(len(people)))]
        name = NOBODY[int(random.integers(len(NOBODY)))]
        words = question([fact], country()).replace(fact.subject, name)
        return {"name": name, "words": words, "invents": ""}

    def instruction(self, slots: Slots) -> str:
        return f"{slots['words']} If no passage says so, answer: unknown."

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"it is said to be unknown": said.normalised(said.last(answers)) == "unknown"}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("search", query=slots["words"])
        known = any(slots["name"] in passage["text"] for passage in result(messages))
        yield "A passage says it." if known else slots["invents"] or "unknown"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "invents": "Haeloth"}, {**slots, "invents": "unknown, perhaps Haeloth"}]
