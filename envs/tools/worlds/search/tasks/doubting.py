"""Claims that may be wrong, and questions that may have no answer (2 templates).

Half of each are right or have one, so that the same answer every time is worth no more than chance.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, call, result
from palaestra.envs.tools.worlds.search.country import RELATIONS, Fact, country
from palaestra.envs.tools.worlds.search.questions import (
    COUNT,
    Question,
    a_chain,
    a_fact,
    asked,
    by_relation,
    chain_of,
    drawn,
    finds,
    follow,
    hits,
    is_name,
    names,
    one_of,
    read,
    slots_of,
    tempting,
)
from palaestra.envs.tools.worlds.search.world import MAX_HITS, ToolSearch

UNKNOWN = "unknown"


class IsItTrue(Question):
    """A claim that is right, or has another name, which the passages tempt to take. At level 2 it is two facts away."""

    levels = (1, 2)
    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return len(slots["relations"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        is_right = bool(random.integers(2))  # before the attempts, as right claims fail more often
        return drawn(lambda: self._attempt(random, is_right))

    def _attempt(self, random: np.random.Generator, is_right: bool) -> dict[str, Any] | None:
        chain = a_chain(random, self.level)
        if not chain:
            return None
        claimed = chain[-1].object if is_right else tempting(random, chain[-1], asked(chain[-1]))
        slots = {**slots_of(chain), "claimed": claimed}
        queries = (self.instruction(slots), f"{asked(chain[0])} {claimed}", f"{chain[0].subject} {claimed}")
        if len(chain) > 1 and any(finds(query, chain, MAX_HITS) for query in queries):
            return None  # the claim would lead to the last passage in the first search
        return slots

    def instruction(self, slots: Slots) -> str:
        claim = f"Somebody asked: {asked(*chain_of(slots))} The answer was: {slots['claimed']}."
        return f"{claim} Is that right? Answer yes or no."

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        right = slots["claimed"] == chain_of(slots)[-1].object
        wanted, other = ("yes", "no") if right else ("no", "yes")
        return {"the claim is judged rightly": said.mentions(answers, wanted, [other])}

    def oracle(self, slots: Slots) -> Oracle:
        name = yield from follow(slots)
        is_right = name == slots["claimed"]
        yield slots.get("says") or ("Yes." if is_right is not slots.get("swaps", False) else "No.")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "swaps": True}, {**slots, "says": "Yes or no."}]


@functools.cache
def _left_out() -> tuple[tuple[str, str, int], ...]:
    """Subjects, relations that no passage states, and the passages that would."""
    left_out = []
    for passage, outline in enumerate(country().outlines, 1):
        stated = {fact.relation for fact in outline.facts}
        for each in outline.aspect.relations:
            relation = f"{outline.subject.kind} {each.name}"
            if relation not in stated and relation in by_relation(is_name):
                left_out.append((outline.subject.name, relation, passage))
    return tuple(left_out)


def _is_about_person(fact: Fact) -> bool:
    return is_name(fact) and country().entities[fact.subject].kind == "person"


class NotKnown(Question):
    """A question to which no passage may have the answer: then that is the answer.

    At level 1 nobody has that name, though others have the same surname; at level 2 the passage says other things.
    """

    levels = (1, 2)
    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return drawn(lambda: self._attempt(random))

    def _attempt(self, random: np.random.Generator) -> dict[str, Any] | None:
        is_known = bool(random.integers(2))
        if self.level == 1:
            like = a_fact(random, _is_about_person)
            subject = like.subject if is_known else _nobody(random)
            words = asked(like).replace(like.subject, subject)
            found = finds(words, [like]) if is_known else True
        else:
            subject, relation, passage = one_of(random, _left_out())
            like = one_of(random, by_relation(is_name)[relation])
            subject = like.subject if is_known else subject
            words = RELATIONS[relation].question.format(country().entities[subject].phrase)
            found = (like.passage if is_known else passage) in hits(words)[:COUNT]
        if not found:
            return None
        answer = like.object if is_known else UNKNOWN
        wrong = tempting(random, like, words)
        return {"subject": subject, "relation": like.relation, "answer": answer, "wrong": wrong, "words": words}

    def instruction(self, slots: Slots) -> str:
        return f"{slots['words']} If no passage says so, answer only: {UNKNOWN}."

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if slots["answer"] == UNKNOWN:
            return {"it is said to be unknown": said.normalised(said.last(answers)) == UNKNOWN}
        kinds = RELATIONS[slots["relation"]].object
        others = [name for name in names(kinds) if name not in (slots["answer"], slots["subject"])]
        return {"the right name is given": said.mentions(answers, slots["answer"], [*others, UNKNOWN])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("search", query=slots["words"])
        answer = read(result(messages), slots["relation"]).get(slots["subject"], UNKNOWN)
        yield slots.get("says", "{}").format(answer)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        hedge = f"{{}}, or perhaps {slots['wrong']}"
        other = slots["wrong"] if slots["answer"] == UNKNOWN else UNKNOWN
        return [{**slots, "says": hedge}, {**slots, "says": other}]


def _nobody(random: np.random.Generator) -> str:
    """A first name and a surname that occur, but not together."""
    while True:
        first, last = (one_of(random, names("person")) for _ in range(2))
        name = f"{first.split()[0]} {last.split()[-1]}"
        if name not in country().entities:
            return name
