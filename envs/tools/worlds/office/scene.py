"""Drawing a task's own rows: the slots of the office's tasks, and their insertion."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.tools.database import Database
from palaestra.envs.tools.world import START
from palaestra.envs.tools.worlds.office import background, hours
from palaestra.envs.tools.worlds.office.desk import COMPANY, DOMAIN, OWNER
from palaestra.envs.tools.worlds.office.people import (
    CAST_COMPANIES,
    CAST_LAST_NAMES,
    FIRST_NAMES,
    TEAMS,
    Person,
    domain_of,
    draw,
    draw_email,
    draw_phone,
)
from palaestra.envs.tools.worlds.office.writing import letter

TOPICS = (
    *("Larkspur", "Tamarind", "Osprey", "Copperfield", "Lighthouse", "Marigold", "Sycamore", "Windmill", "Halyard"),
    *("Cobalt", "Foxglove", "Tideway"),
)
ROOMS = ("room 0.07", "room 3.21", "room 4.02", "the small hall", "the glass room")
MAX_GAP = 10 * 60
"""Minutes between a task's mails, besides the nights, in which nobody writes."""
MORNING, EVENING = "07:00", "19:00"
NUMBERS = 60
OLD = "Old entry, no longer valid"
"""Notes of entries that are not to be used."""


class Scene:
    """The people, mails and events of a task, drawn piece by piece; mails in the order in which they were written.

    Args:
        random: the generator of the slots.

    Attributes:
        topics: projects that nothing else on the desk is about.
        companies: external ones that nobody else works for.
        rows: all that is inserted, by table.
        days: on which the user has no other events.
    """

    def __init__(self, random: np.random.Generator):
        self.random = random
        self.topics = [TOPICS[int(each)] for each in random.permutation(len(TOPICS))]
        self.companies = [CAST_COMPANIES[int(each)] for each in random.permutation(len(CAST_COMPANIES))]
        self.rows: dict[str, list[list[Any]]] = {name: [] for name in ("contact", "mail", "event", "attendee", "todo")}
        self.days: list[str] = []
        self._first = [FIRST_NAMES[int(each)] for each in random.permutation(len(FIRST_NAMES))]
        self._last = [CAST_LAST_NAMES[int(each)] for each in random.permutation(len(CAST_LAST_NAMES))]
        self._phones: set[str] = set()
        self._numbers = background.draw_numbers(random, NUMBERS)
        self._time = hours.plus(hours.shown(START), -int(random.integers(8 * 24 * 60, 14 * 24 * 60)))

    def number(self) -> int:
        """An id that wasn't drawn before."""
        return self._numbers.pop()

    def person(
        self, company: str = COMPANY, notes: str | None = None, first: str = "", last: str = "", known: bool = True
    ) -> Person:
        """Somebody whose first and last name nobody else in the scene has, unless they are given.

        Args:
            company: where the person works.
            notes: in the address book; a team's name by default.
            first: the first name.
            last: the last name.
            known: whether the person is in the address book.
        """
        name = f"{first or self._first.pop()} {last or self._last.pop()}"
        domain = DOMAIN if company == COMPANY else domain_of(company)
        notes = notes if notes is not None else draw(self.random, TEAMS) if company == COMPANY else ""
        person = Person(self.number(), name, draw_email(self.random, name, domain), self.fresh(), company, notes)
        if known:
            self.rows["contact"].append(person.plain())
        return person

    def fresh(self) -> str:
        """A phone number that nobody else has."""
        phone = ""
        while not phone or phone in self._phones:
            phone = draw_phone(self.random, is_cast=True)
        self._phones.add(phone)
        return phone

    def old_entry(self, person: Person, notes: str = OLD, company: str = "") -> Person:
        """Another entry of the same person, with another address and number."""
        company = company or person.company
        domain = DOMAIN if company == COMPANY else domain_of(company)
        email = draw_email(self.random, person.name, f"old.{domain}")
        entry = Person(self.number(), person.name, email, self.fresh(), company, notes)
        self.rows["contact"].append(entry.plain())
        return entry

    def mail(
        self,
        sender: Person,
        subject: str,
        text: str,
        attachments: str = "",
        folder: str = "inbox",
        unread: bool | None = None,
        signature: str = "",
        thread: int = 0,
    ) -> int:
        """A mail to the user, later than the one before; returns its id.

        Args:
            sender: who wrote it.
            subject: what it is about.
            text: what it has to say, without greeting and the like.
            attachments: names, separated by a comma and a blank.
            folder: where it lies.
            unread: by chance unless it is given.
            signature: below the farewell, instead of the name.
            thread: the id of the thread's first mail; a new thread by default.
        """
        number = self.number()
        body = letter(self.random, sender, text, OWNER.first, signature)
        self._time = self._next_time()
        is_unread = int(self.random.random() < 0.5 if unread is None else unread)
        row = [number, folder, thread or number, self._time, sender.email, sender.name, OWNER.email, subject, body]
        self.rows["mail"].append([*row, attachments, is_unread])
        return number

    def _next_time(self) -> str:
        """When the next mail is written: some hours later, or on the next morning."""
        time = hours.plus(self._time, int(self.random.integers(40, MAX_GAP)))
        if MORNING <= time[11:] <= EVENING:
            return time
        day = hours.day_after(time[:10], int(time[11:] > EVENING))
        return hours.plus(f"{day} {MORNING}", int(self.random.integers(1, 60)))

    def event(
        self,
        title: str,
        start: str,
        minutes: int,
        people: Sequence[Person],
        organiser: Person = OWNER,
        pending: Sequence[Person] = (),
        declined: Sequence[Person] = (),
        status: str = "planned",
    ) -> int:
        """An event; returns its id.

        Args:
            title: what it is.
            start: day and time.
            minutes: how long it takes.
            people: those on its list, besides the organiser.
            organiser: who organises it.
            pending: those who have not answered.
            declined: those who have declined.
            status: planned or cancelled.
        """
        number = self.number()
        place = draw(self.random, ROOMS)
        self.rows["event"].append([number, title, start, hours.plus(start, minutes), place, organiser.email, status])
        for each in dict.fromkeys([organiser, *people]):
            answer = "none" if each in pending else "declined" if each in declined else "accepted"
            self.rows["attendee"].append([number, each.email, answer])
        return number

    def todo(self, text: str, due: str) -> None:
        """A to-do that is there from the start."""
        self.rows["todo"].append([self.number(), text, due])

    def slots(self, frames: Sequence[str], ask: Mapping[str, Any], want: Mapping[str, Any]) -> dict[str, Any]:
        """A task's slots: its instruction, what stands in it, what is wanted, and the rows.

        Args:
            frames: instructions, of which one is chosen; their placeholders are the names of ``ask``.
            ask: what an agent knows from the instruction.
            want: see ``wants``.
        """
        text = draw(self.random, frames).format(**ask)
        return {"text": text, "ask": dict(ask), "want": dict(want), "rows": self.rows, "days": self.days}


def place(database: Database, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Insert a task's rows, instead of those that have the same ids."""
    for table in ("contact", "mail", "event", "todo"):
        for row in rows[table]:
            database.run(f"DELETE FROM {table} WHERE id = ?", row[0])
        database.insert_many(table, [tuple(row) for row in rows[table]])
    database.insert_many("attendee", [tuple(row) for row in rows["attendee"]])
