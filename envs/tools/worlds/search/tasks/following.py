"""Names and numbers that are one to three facts away (2 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle
from palaestra.envs.tools.worlds.search.country import country
from palaestra.envs.tools.worlds.search.questions import (
    Question,
    a_chain,
    asked,
    chain_of,
    drawn,
    finds,
    follow,
    is_name,
    is_number,
    slots_of,
    wrong_names,
)
from palaestra.envs.tools.worlds.search.world import ToolSearch


class _Chain(Question):
    """The question names the first subject only; each further one stands in the passage before it."""

    levels = (1, 2, 3)

    def minimum(self, slots: Slots) -> int:
        return len(slots["relations"])

    def instruction(self, slots: Slots) -> str:
        return asked(*chain_of(slots))


class FollowFacts(_Chain):
    """A name."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return slots_of(drawn(lambda: a_chain(random, self.level)))

    def facts(self, world: ToolSearch, slots: Slots) -> dict[str, Any]:
        last = chain_of(slots)[-1]
        return {"answer": last.object, "others": wrong_names(last, self.instruction(slots))}

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right name is given": said.mentions(answers, start["answer"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        name = yield from follow(slots)
        yield slots.get("hedge", "{}.").format(name)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        *before, relation = slots["relations"]
        last = chain_of(slots)[-1]
        others = [
            [*before, fact.relation]
            for fact in country().about[last.subject]
            if is_name(fact) and fact.relation != relation and finds(asked(fact), [fact])
        ]
        wrong = [*others[:1], *([before] if before else [])]
        hedge = f"{{}} or {wrong_names(last, self.instruction(slots))[0]}."
        return [{**slots, "hedge": hedge}, *({**slots, "relations": relations} for relations in wrong)]


class FindNumber(_Chain):
    """A year, or a number of something."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return slots_of(drawn(lambda: a_chain(random, self.level, is_number)))

    def check(
        self, start: Mapping[str, Any], world: ToolSearch, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right number is given": said.is_number(answers, chain_of(slots)[-1].value)}

    def oracle(self, slots: Slots) -> Oracle:
        number, _, unit = (yield from follow(slots)).partition(" ")
        yield f"{int(number.replace(',', '')) + slots.get('off', 0)} {unit}".strip()

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        *before, _ = slots["relations"]
        last = chain_of(slots)[-1]
        others = [
            fact.relation
            for fact in country().about[last.subject]
            if is_number(fact) and fact.value != last.value and finds(asked(fact), [fact])
        ]
        misses = [{**slots, "off": off} for off in (1, -1)]
        return [*misses, *({**slots, "relations": [*before, relation]} for relation in others[:1])]
