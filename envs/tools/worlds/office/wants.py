"""What a task wants, as plain data: the clauses that it comes to, and the rows that may change.

All keys of a want may be missing:

- ``answer``: ``value``, ``others`` (wrong answers), ``is_number``.
- ``mails``: dicts with ``to`` (addresses; each gets one mail), ``about`` (for the clause), ``says`` (texts that must
  occur), ``phone`` (the only number), ``only`` (all days and times that may occur), ``attachments``.
- ``folders``: mails' folders by id. ``read``: ids of mails that are marked as read.
- ``events``: by id, ``start``, ``end`` or ``status``. ``answers``: the user's answers by event.
- ``new_event``: ``title``, ``start``, ``end``, ``people`` (addresses besides the user's).
- ``contacts``: by id, what changes. ``new_contact``: a new entry's values.
- ``todos``: ``[text, due]`` of new ones. ``jobs``: texts that a new one may have only if it is wanted with them.
- ``absence``: ``first_day``, ``last_day``, ``name`` and ``email`` (the only address besides the user's).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.tools import answers as said
from palaestra.envs.tools.worlds.office.desk import FIRST_NEW, OWNER
from palaestra.envs.tools.worlds.office.world import ToolOffice

MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d\b|(?<![\d:])\d{1,2}:\d\d(?![\d:])")
NOISE = re.compile(r"[^\w@:+]")
DIGITS = re.compile(r"[^\d+]")
PHONE = re.compile(r"\+\d[\d ()-]{6,}\d")
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")

Want = Mapping[str, Any]
Clauses = dict[str, bool]


def clauses(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    """What must be true, and whether it is, in plain words."""
    parts = (_answer, _mails, _folders, _events, _new_event, _contacts, _todos, _absence)
    return {name: truth for part in parts for name, truth in part(world, want, answers).items()}


def footprint(want: Want) -> tuple[str, ...]:
    """The prefixes of what may change. New rows' ids are known, so that one row too many is a change too many."""
    mails = [f"mail/{FIRST_NEW + each}/" for each in range(sum(len(mail["to"]) for mail in want.get("mails", ())))]
    folders = [f"mail/{number}/folder" for number in want.get("folders", {})]
    read = [f"mail/{number}/unread" for number in want.get("read", ())]
    events = [f"event/{number}/{name}" for number, new in want.get("events", {}).items() for name in new]
    answers = [f"attendee/{number},{OWNER.email}/answer" for number in want.get("answers", {})]
    event = [f"event/{FIRST_NEW}/", f"attendee/{FIRST_NEW},"] if "new_event" in want else []
    contacts = [f"contact/{number}/{name}" for number, new in want.get("contacts", {}).items() for name in new]
    contact = [f"contact/{FIRST_NEW}/"] if "new_contact" in want else []
    todos = [f"todo/{FIRST_NEW + each}/" for each in range(len(want.get("todos", ())))]
    absence = ["absence/1/"] if "absence" in want else []
    return (*mails, *folders, *read, *events, *answers, *event, *contacts, *contact, *todos, *absence)


def holds(text: str, expected: str) -> bool:
    """Whether a text has the expected words, whatever the case, blanks and punctuation."""
    return NOISE.sub("", expected.casefold()) in NOISE.sub("", text.casefold())


def _answer(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    if "answer" not in want:
        return {}
    answer = want["answer"]
    if answer.get("is_number"):
        numbers = {each.replace(",", "") for each in said.NUMBER.findall(said.last(answers))}
        right = said.is_number(answers, float(answer["value"]), 0.001) and len(numbers) == 1
        return {"the answer is the right sum, and no other number": right}
    return {"the answer is right, and no other": said.mentions(answers, answer["value"], answer["others"])}


def _mails(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    if not want.get("mails"):
        return {}
    new = world.database.rows("SELECT * FROM mail WHERE id >= ? ORDER BY id", FIRST_NEW)
    result = {}
    for mail in want["mails"]:
        for address in mail["to"]:
            sent = [each for each in new if address in each["recipients"].split(", ")]
            result[f"{address} was written to about {mail['about']}"] = any(_is_right(each, mail) for each in sent)
    got = Counter(address for each in new for address in each["recipients"].split(", "))
    expected = Counter(address for mail in want["mails"] for address in mail["to"])
    return result | {"each of them got one mail, and nobody else any": got == expected}


def _is_right(sent: Mapping[str, Any], mail: Mapping[str, Any]) -> bool:
    text = f"{sent['subject']}\n{sent['body']}"
    if "attachments" in mail and sent["attachments"] != mail["attachments"]:
        return False
    if "only" in mail and not set(MOMENT.findall(text)) <= {*mail["only"]}:
        return False
    if "phone" in mail and {DIGITS.sub("", each) for each in PHONE.findall(text)} != {DIGITS.sub("", mail["phone"])}:
        return False
    return all(holds(text, each) for each in mail.get("says", ()))


def _folders(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    result = {}
    for number, folder in want.get("folders", {}).items():
        mail = world.database.row("SELECT * FROM mail WHERE id = ?", int(number)) or {}
        result[f"mail {number} is in {folder}"] = mail.get("folder") == folder
    for number in want.get("read", ()):
        value = world.database.value("SELECT unread FROM mail WHERE id = ?", number)
        result[f"mail {number} is marked as read"] = value == 0
    return result


def _events(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    result = {}
    for number, new in want.get("events", {}).items():
        event = world.database.row("SELECT * FROM event WHERE id = ?", int(number)) or {}
        for name, value in new.items():
            result[f"event {number}: {name} is {value}"] = event.get(name) == value
    for number, answer in want.get("answers", {}).items():
        sql = "SELECT answer FROM attendee WHERE event_id = ? AND email = ?"
        result[f"event {number} is {answer}"] = world.database.value(sql, int(number), OWNER.email) == answer
    return result


def _new_event(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    if "new_event" not in want:
        return {}
    wanted = want["new_event"]
    event = world.database.row("SELECT * FROM event WHERE id = ?", FIRST_NEW) or {}
    rows = world.database.rows("SELECT email FROM attendee WHERE event_id = ?", FIRST_NEW)
    span = (event.get("start"), event.get("end"))
    return {
        f"an event is called {wanted['title']}": holds(event.get("title", ""), wanted["title"]),
        f"it is from {wanted['start']} to {wanted['end']}": span == (wanted["start"], wanted["end"]),
        "the right people are on it": {row["email"] for row in rows} == {OWNER.email, *wanted["people"]},
    }


def _contacts(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    result = {}
    changed = [(int(number), new, "the") for number, new in want.get("contacts", {}).items()]
    added = [(FIRST_NEW, want["new_contact"], "the new")] if "new_contact" in want else []
    for number, new, article in changed + added:
        row = world.database.row("SELECT * FROM contact WHERE id = ?", number) or {}
        for name, value in new.items():
            result[f"{article} entry's {name} is {value}"] = _same(name, row.get(name, ""), value)
    return result


def _same(name: str, given: str, wanted: str) -> bool:
    if name == "phone":
        return DIGITS.sub("", given) == DIGITS.sub("", wanted)
    return given.casefold() == wanted.casefold()


def _todos(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    if "todos" not in want:
        return {}
    new = world.database.rows("SELECT text, due FROM todo WHERE id >= ?", FIRST_NEW)
    named = [[job for job in want["jobs"] if holds(row["text"], job)] for row in new]
    given = [(jobs[0], row["due"]) for jobs, row in zip(named, new) if len(jobs) == 1]
    result = {f"{text}: a to-do, due {due}": given.count((text, due)) == 1 for text, due in want["todos"]}
    return result | {"there are no other new to-dos": len(new) == len(want["todos"])}


def _absence(world: ToolOffice, want: Want, answers: Sequence[str]) -> Clauses:
    if "absence" not in want:
        return {}
    wanted = want["absence"]
    row = world.database.row("SELECT * FROM absence WHERE id = 1") or {"first_day": "", "last_day": "", "text": ""}
    addresses = {each.lower() for each in ADDRESS.findall(row["text"])} - {OWNER.email}
    return {
        f"the first day is {wanted['first_day']}": row["first_day"] == wanted["first_day"],
        f"the last day is {wanted['last_day']}": row["last_day"] == wanted["last_day"],
        f"the automatic reply names {wanted['name']}": holds(row["text"], wanted["name"]),
        f"it gives {wanted['email']}, and no other address": addresses == {wanted["email"]},
    }
