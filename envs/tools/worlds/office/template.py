"""What the office's tasks have in common: the check follows from what is wanted."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.task import Oracle, Said, Template, call, result
from palaestra.envs.tools.worlds.office import hours, scene, wants
from palaestra.envs.tools.worlds.office.background import fill_calendar
from palaestra.envs.tools.worlds.office.scene import OLD
from palaestra.envs.tools.worlds.office.world import ToolOffice

Part = Generator[Said, list[dict[str, Any]], Any]
"""A part of an oracle, which returns what it learnt."""


class OfficeTemplate(Template[ToolOffice]):
    """A request of the user. Slots are made by ``Scene.slots``; an oracle gets ``ask``, which the instruction says.

    A near miss has the slot ``slip``: the oracle does as it should, but for this slip.
    """

    slips: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The near misses of each level."""

    def instruction(self, slots: Slots) -> str:
        """See ``Template``."""
        return slots["text"]

    def setup(self, world: ToolOffice, slots: Slots, random: np.random.Generator) -> None:
        """See ``Template``."""
        scene.place(world.database, slots["rows"])
        fill_calendar(world.database, random, [day for day in hours.WORKDAYS if day not in slots["days"]])

    def check(
        self, start: Mapping[str, Any], world: ToolOffice, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        """See ``Template``."""
        return wants.clauses(world, slots["want"], answers)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        """See ``Template``."""
        return wants.footprint(slots["want"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """See ``Template``."""
        return [{**slots, "slip": slip} for slip in self.slips[self.level - 1]]

    def oracle(self, slots: Slots) -> Oracle:
        """See ``Template``."""
        answer = yield from self.act(slots["ask"], slots.get("slip", ""))
        yield answer or "It is done."

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        """Do what was asked, with a slip if it is not empty; returns the answer to a question."""
        raise NotImplementedError


def read(tool: str, /, **arguments: Any) -> Part:
    """Call a tool; returns its result as data."""
    messages = yield call(tool, **arguments)
    return result(messages)


def do(tool: str, /, **arguments: Any) -> Part:
    """Call a tool that reports in words."""
    yield call(tool, **arguments)


def mails(**arguments: Any) -> Part:
    """The mails of a search, newest first."""
    return (yield from read("search_mail", **arguments))["mails"]


def text_of(mail: Mapping[str, Any]) -> Part:
    """The text of a mail that a search has shown."""
    return (yield from read("read_mail", mail_id=mail["mail_id"]))["text"]


def contacts(words: str) -> Part:
    """The entries of the address book with these words."""
    return (yield from read("find_contact", words=words))["contacts"]


def contact(name: str) -> Part:
    """Somebody's current entry; old entries say so in their notes."""
    entries = yield from contacts(name)
    return next(each for each in entries if each["name"] == name and not is_old(each))


def is_old(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is kept, but no longer right."""
    return bool(entry["notes"] == OLD)


def people_of(event: Mapping[str, Any], without: str) -> list[str]:
    """The addresses of an event's people, without one of them."""
    return [each for each in event["people"] if each != without]
