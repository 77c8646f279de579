"""An assistant's desk: mail, calendar, contacts and to-dos."""

import functools
import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv
from palaestra.envs.tools.worlds.office import background, hours
from palaestra.envs.tools.worlds.office.desk import FIRST_NEW, OWNER, RULES, SCHEMA, is_inside

PAGE = 10
"""Mails or contacts in a result."""
MAX_EVENTS = 20
MAX_NEW = 60
"""Rows that an agent may add to a table in an episode."""
MAX_TEXT = 2000
MAX_FIELD = 200
MAX_PEOPLE = 12
MAX_DAYS = 14
MAX_MINUTES = 480
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+")
WORD = re.compile(r"[^\W_]+")

Folder = Literal["inbox", "archive", "sent", "projects", "invoices", "travel"]


class ToolOffice(ToolEnv):
    """Mail, calendar, contacts and to-dos of one person, for whom the agent acts. Nothing that it does can be undone.

    The calendars of all colleagues are visible; the calendar notifies nobody.
    """

    schema = SCHEMA
    tasks_folder = "palaestra.envs.tools.worlds.office.tasks"

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return RULES

    def populate(self, random: np.random.Generator) -> None:
        """See ``ToolEnv``."""
        background.populate(self.database, random)

    @tool(reads=True)
    def today(self) -> dict[str, str]:
        """Tell the date, the weekday and the time (UTC)."""
        day, time = hours.shown(self.now).split()
        return {"date": day, "weekday": hours.weekday(day), "time": time}

    # Mail.

    @tool(reads=True)
    def search_mail(
        self, words: str = "", sender: str = "", folder: Folder | None = None, unread_only: bool = False, page: int = 1
    ) -> dict[str, Any]:
        """Find mails, newest first, 10 per page. Shows who wrote when about what, not the text; see read_mail.

        Args:
            words: all of them must begin words of the subject, the text or the attachments' names; empty for any.
            sender: the sender's name or address, or words of them; empty for any.
            folder: only in this folder; otherwise in all.
            unread_only: only mails that are unread.
            page: 1 for the newest 10, 2 for the next, and so on.
        """
        wanted, names = _words(words), set(_words(sender))
        found = []
        for mail in self.database.rows("SELECT * FROM mail ORDER BY sent DESC, id DESC"):
            if (folder and mail["folder"] != folder) or (unread_only and not mail["unread"]):
                continue
            text = _words(f"{mail['subject']} {mail['body']} {mail['attachments']}")
            if names <= set(_words(f"{mail['name']} {mail['sender']}")) and all(
                any(each.startswith(word) for each in text) for word in wanted
            ):
                found.append(mail)
        first = (max(1, page) - 1) * PAGE
        return {"total": len(found), "mails": [_header(each) for each in found[first : first + PAGE]]}

    @tool(reads=True)
    def read_mail(self, mail_id: int) -> dict[str, Any]:
        """Show a mail with its text. It stays unread until mark_read.

        Args:
            mail_id: as search_mail shows it.
        """
        mail = self._row("mail", mail_id, "search_mail")
        return _header(mail) | {"text": mail["body"]}

    @tool()
    def mark_read(self, mail_id: int) -> str:
        """Mark a mail as read.

        Args:
            mail_id: as search_mail shows it.
        """
        self._row("mail", mail_id, "search_mail")
        self.database.run("UPDATE mail SET unread = 0 WHERE id = ?", mail_id)
        return f"Mail {mail_id} is marked as read."

    @tool()
    def move_mail(self, mail_id: int, folder: Folder) -> str:
        """Move a mail to another folder.

        Args:
            mail_id: as search_mail shows it.
            folder: where it goes.
        """
        self._row("mail", mail_id, "search_mail")
        self.database.run("UPDATE mail SET folder = ? WHERE id = ?", folder, mail_id)
        return f"Mail {mail_id} is in {folder}."

    @tool()
    def send_mail(self, to: list[str], subject: str, text: str) -> str:
        """Send a new mail.

        Args:
            to: email addresses, see find_contact.
            subject: what it is about.
            text: the mail.
        """
        return self._send(to, subject, text)

    @tool()
    def reply(self, mail_id: int, text: str, to_all: bool = False) -> str:
        """Reply to a mail.

        Args:
            mail_id: the mail that is answered.
            text: the reply.
            to_all: also to everybody else whom that mail was sent to.
        """
        mail = self._row("mail", mail_id, "search_mail")
        others = mail["recipients"].split(", ") if to_all else []
        to = [each for each in dict.fromkeys([mail["sender"], *others]) if each != OWNER.email]
        return self._send(to, f"Re: {mail['subject'].removeprefix('Re: ')}", text, thread=mail["thread"])

    @tool()
    def forward_mail(self, mail_id: int, to: list[str], text: str = "") -> str:
        """Send a mail with its attachments on to others.

        Args:
            mail_id: the mail that is sent on.
            to: email addresses, see find_contact.
            text: what is written above it.
        """
        mail = self._row("mail", mail_id, "search_mail")
        body = f"{text.strip()[:MAX_TEXT]}\n\n{mail['name']} wrote on {mail['sent']}:\n{mail['body']}".strip()
        subject = f"Fwd: {mail['subject'].removeprefix('Fwd: ')}"
        return self._send(to, subject, body[: 2 * MAX_TEXT], mail["thread"], mail["attachments"])

    # Calendar.

    @tool(reads=True)
    def list_events(self, first_day: str, last_day: str = "", person: str = "") -> list[dict[str, Any]]:
        """List the events of somebody's calendar in order, with everybody's answers; at most 20, no cancelled ones.

        Args:
            first_day: such as 2026-01-08.
            last_day: at most 14 days later; by default the first day.
            person: email address of a colleague; by default the user.
        """
        first = hours.read_day(first_day)
        last = hours.read_day(last_day) if last_day.strip() else first
        if not first <= last <= hours.day_after(first, MAX_DAYS):
            raise ToolError(f"last_day must be from 0 to {MAX_DAYS} days after first_day")
        whose = self._colleague(person) if person.strip() else OWNER.email
        sql = (
            "SELECT e.* FROM event e JOIN attendee a ON a.event_id = e.id WHERE a.email = ? AND e.status = 'planned' "
            "AND substr(e.start, 1, 10) BETWEEN ? AND ? ORDER BY e.start, e.id LIMIT ?"
        )
        return [self._shown_event(each) for each in self.database.rows(sql, whose, first, last, MAX_EVENTS)]

    @tool(reads=True)
    def find_free(self, people: list[str], day: str, minutes: int = 30) -> dict[str, Any]:
        """Find when the user and all of some colleagues are free within the office hours of a day.

        An event counts unless it was cancelled or the person has declined it.

        Args:
            people: email addresses of colleagues; the user always counts.
            day: such as 2026-01-08.
            minutes: only spans that are at least this long.
        """
        wanted = hours.read_day(day)
        if len(people) > MAX_PEOPLE or not 1 <= minutes <= MAX_MINUTES:
            raise ToolError(f"at most {MAX_PEOPLE} people, and 1 to {MAX_MINUTES} minutes")
        everybody = [OWNER.email, *map(self._colleague, people)]
        free: list[hours.Span] = []
        if hours.is_workday(wanted) and wanted >= self._today():
            busy = [span for each in everybody for span in self.busy(each, wanted)]
            opens = hours.OPENS
            if wanted == self._today():
                now = hours.plus(hours.shown(self.now), 1)[11:]  # what has passed is not free
                opens = max(opens, now)
            free = hours.free_spans(busy, minutes, opens)
        return {"day": wanted, "weekday": hours.weekday(wanted), "free": [f"{start}-{end}" for start, end in free]}

    def busy(self, email: str, day: str) -> list[hours.Span]:
        """When somebody is busy on a day."""
        sql = (
            "SELECT substr(start, 12) AS a, substr(end, 12) AS b FROM event e JOIN attendee t ON t.event_id = e.id "
            "WHERE email = ? AND answer <> 'declined' AND status = 'planned' AND substr(start, 1, 10) = ? "
            "ORDER BY start, id"
        )
        return [(row["a"], row["b"]) for row in self.database.rows(sql, email, day)]

    @tool()
    def create_event(self, title: str, start: str, minutes: int, people: list[str], place: str = "") -> dict[str, Any]:
        """Put an event into the calendars of the user, who organises it, and of others. Nobody is notified.

        Args:
            title: what it is.
            start: such as 2026-01-08 14:00.
            minutes: how long it takes.
            people: email addresses of the others.
            place: where it is.
        """
        begin, end = self._planned(start, minutes)
        others = self._addresses(people, least=0)
        self._bounded("event")
        row = {"title": _field("title", title), "start": begin, "end": end, "place": _field("place", place, least=0)}
        number = self._next_id("event")
        self.database.insert("event", id=number, **row, organiser=OWNER.email, status="planned")
        self.database.insert("attendee", event_id=number, email=OWNER.email, answer="accepted")
        for each in others:
            self.database.insert("attendee", event_id=number, email=each, answer="none")
        return self._shown_event(self._row("event", number, "list_events"))

    @tool()
    def move_event(self, event_id: int, start: str, minutes: int | None = None) -> dict[str, Any]:
        """Move an event in which the user takes part. Nobody is notified.

        Args:
            event_id: as list_events shows it.
            start: the new start, such as 2026-01-08 14:00.
            minutes: how long it takes from now on; by default as long as before.
        """
        event = self._own_event(event_id)
        length = hours.minutes_between(event["start"], event["end"]) if minutes is None else minutes
        begin, end = self._planned(start, length)
        self.database.run("UPDATE event SET start = ?, end = ? WHERE id = ?", begin, end, event_id)
        return self._shown_event(self._row("event", event_id, "list_events"))

    @tool()
    def cancel_event(self, event_id: int) -> str:
        """Cancel an event that the user organises, for everybody. Nobody is notified.

        Args:
            event_id: as list_events shows it.
        """
        event = self._own_event(event_id)
        if event["organiser"] != OWNER.email:
            raise ToolError(f"event {event_id} is organised by {event['organiser']}; answer_event declines it")
        self.database.run("UPDATE event SET status = 'cancelled' WHERE id = ?", event_id)
        return f"{event['title']} on {event['start']} is cancelled."

    @tool()
    def answer_event(self, event_id: int, answer: Literal["accepted", "declined"]) -> str:
        """Accept or decline an invitation of the user. Nobody is notified.

        Args:
            event_id: as list_events shows it.
            answer: accepted or declined.
        """
        event = self._own_event(event_id)
        sql = "UPDATE attendee SET answer = ? WHERE event_id = ? AND email = ?"
        self.database.run(sql, answer, event_id, OWNER.email)
        return f"{event['title']} on {event['start']} is {answer}."

    # Contacts, to-dos, absence.

    @tool(reads=True)
    def find_contact(self, words: str) -> dict[str, Any]:
        """Find people in the address book by name, company, address, number or notes; at most 10.

        Args:
            words: all of them must be words of the entry, such as a full name, or a company.
        """
        wanted = set(_words(words))
        rows = self.database.rows("SELECT * FROM contact ORDER BY name, id")
        found = [each for each in rows if wanted <= set(_words(" ".join(map(str, list(each.values())[1:]))))]
        return {"total": len(found), "contacts": [{"contact_id": each.pop("id"), **each} for each in found[:PAGE]]}

    @tool()
    def add_contact(self, name: str, email: str, phone: str = "", company: str = "", notes: str = "") -> dict[str, Any]:
        """Add an entry to the address book.

        Args:
            name: the full name.
            email: the address.
            phone: the number, such as +44 7700 900123.
            company: where the person works.
            notes: anything else.
        """
        self._bounded("contact")
        (address,) = self._addresses([email], least=1)
        row = {"name": _field("name", name), "email": address, "phone": _field("phone", phone, 0)}
        row |= {"company": _field("company", company, 0), "notes": _field("notes", notes, 0)}
        number = self._next_id("contact")
        self.database.insert("contact", id=number, **row)
        return {"contact_id": number, **row}

    @tool()
    def update_contact(
        self,
        contact_id: int,
        email: str | None = None,
        phone: str | None = None,
        company: str | None = None,
        notes: str | None = None,
    ) -> dict[str, Any]:
        """Change an entry of the address book; what isn't given stays.

        Args:
            contact_id: as find_contact shows it.
            email: the new address.
            phone: the new number.
            company: the new company.
            notes: the new notes, instead of the old ones.
        """
        row = self._row("contact", contact_id, "find_contact")
        given = {"email": email, "phone": phone, "company": company, "notes": notes}
        new = {name: _field(name, value, least=0) for name, value in given.items() if value is not None}
        if not new:
            raise ToolError("nothing was given that should change")
        if "email" in new:
            (new["email"],) = self._addresses([new["email"]], least=1)
        changes = ", ".join(f"{name} = ?" for name in new)
        self.database.run(f"UPDATE contact SET {changes} WHERE id = ?", *new.values(), contact_id)
        row |= new
        return {"contact_id": row.pop("id"), **row}

    @tool(reads=True)
    def list_todos(self) -> list[dict[str, Any]]:
        """List the user's to-dos by their due days; at most 20."""
        sql = "SELECT id AS todo_id, text, due FROM todo ORDER BY due, id LIMIT ?"
        return self.database.rows(sql, MAX_EVENTS)

    @tool()
    def add_todo(self, text: str, due: str) -> dict[str, Any]:
        """Add a to-do.

        Args:
            text: what is to be done.
            due: the day until when, such as 2026-01-08.
        """
        self._bounded("todo")
        row = {"text": _field("text", text), "due": hours.read_day(due)}
        number = self._next_id("todo")
        self.database.insert("todo", id=number, **row)
        return {"todo_id": number, **row}

    @tool()
    def set_out_of_office(self, first_day: str, last_day: str, text: str) -> str:
        """Set the automatic reply that mails get while the user is away, instead of the present one.

        Args:
            first_day: the first day of the absence, such as 2026-01-08.
            last_day: the last day of the absence.
            text: the reply.
        """
        first, last = hours.read_day(first_day), hours.read_day(last_day)
        if last < first:
            raise ToolError("last_day is before first_day")
        reply = text.strip()[:MAX_TEXT]
        self.database.run("INSERT OR REPLACE INTO absence VALUES(1, ?, ?, ?)", first, last, reply)
        return f"The automatic reply is set from {first} to {last}."

    # Rows.

    def _today(self) -> str:
        return hours.shown(self.now)[:10]

    def _next_id(self, table: str) -> int:
        """The next id of a table; what agents add has ids from ``FIRST_NEW``, which tasks rely on."""
        highest = self.database.value(f"SELECT max(id) FROM {table}") or 0
        return max(FIRST_NEW, int(highest) + 1)

    def _bounded(self, table: str) -> None:
        if self._next_id(table) >= FIRST_NEW + MAX_NEW:
            raise ToolError(f"no more than {MAX_NEW} entries can be added")

    def _row(self, table: str, number: int, finder: str) -> dict[str, Any]:
        row = self.database.row(f"SELECT * FROM {table} WHERE id = ?", number)
        if row is None:
            raise ToolError(f"there is no {table} {number}; {finder} shows the ids")
        return row

    def _own_event(self, event_id: int) -> dict[str, Any]:
        event = self._row("event", event_id, "list_events")
        sql = "SELECT count(*) FROM attendee WHERE event_id = ? AND email = ?"
        if event["status"] != "planned" or not self.database.value(sql, event_id, OWNER.email):
            raise ToolError(f"event {event_id} is cancelled, or none of the user's")
        return event

    def _shown_event(self, event: dict[str, Any]) -> dict[str, Any]:
        sql = "SELECT email, answer FROM attendee WHERE event_id = ? ORDER BY email"
        people = {row["email"]: row["answer"] for row in self.database.rows(sql, event["id"])}
        shown = {name: event[name] for name in ("title", "start", "end", "place", "organiser")}
        return {"event_id": event["id"], **shown, "people": people}

    def _planned(self, start: str, minutes: int) -> hours.Span:
        """The start and end of an event as an agent gave them."""
        begin = hours.read_time(start)
        if not 5 <= minutes <= MAX_MINUTES:
            raise ToolError(f"an event takes 5 to {MAX_MINUTES} minutes")
        end = hours.plus(begin, minutes)
        if begin < hours.shown(self.now) or end[:10] != begin[:10]:
            raise ToolError("an event must not begin in the past or last beyond midnight")
        return begin, end

    def _colleague(self, email: str) -> str:
        address = email.strip().lower()
        known = self.database.value("SELECT count(*) FROM contact WHERE email = ?", address)
        if not is_inside(address) or not known:
            raise ToolError(f"{email[:80]!r} is no colleague's address; only colleagues' calendars can be seen")
        return address

    def _addresses(self, people: Sequence[str], least: int) -> list[str]:
        """Addresses as an agent gave them, without the user's."""
        given = list(dict.fromkeys(each.strip().lower() for each in people))
        for each in given:
            if not ADDRESS.fullmatch(each):
                raise ToolError(f"{each[:80]!r} is no email address; find_contact shows addresses")
        others = [each for each in given if each != OWNER.email]
        if not least <= len(others) <= MAX_PEOPLE:
            raise ToolError(f"there must be {least} to {MAX_PEOPLE} addresses besides the user's")
        return others

    def _send(self, to: Sequence[str], subject: str, text: str, thread: int = 0, attachments: str = "") -> str:
        others = self._addresses(to, least=1)
        if not text.strip() or len(text) > 2 * MAX_TEXT:
            raise ToolError(f"a mail has 1 to {2 * MAX_TEXT} characters")
        self._bounded("mail")
        number = self._next_id("mail")
        row = {"folder": "sent", "thread": thread or number, "sent": hours.shown(self.now), "sender": OWNER.email}
        row |= {"name": OWNER.name, "recipients": ", ".join(sorted(others)), "subject": _field("subject", subject, 0)}
        self.database.insert("mail", id=number, **row, body=text.strip(), attachments=attachments, unread=0)
        return f"Mail {number} was sent to {row['recipients']}."


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _field(name: str, value: str, least: int = 1) -> str:
    text = " ".join(value.split())
    if not least <= len(text) <= MAX_FIELD:
        raise ToolError(f"{name} must have {least} to {MAX_FIELD} characters")
    return text


def _header(mail: dict[str, Any]) -> dict[str, Any]:
    shown = {"mail_id": mail["id"], "thread": mail["thread"], "folder": mail["folder"], "date": mail["sent"]}
    shown |= {"from": f"{mail['name']} <{mail['sender']}>", "to": mail["recipients"], "subject": mail["subject"]}
    attachments = [each for each in mail["attachments"].split(", ") if each]
    return {**shown, "attachments": attachments, "unread": bool(mail["unread"])}


make_vector = functools.partial(make, ToolOffice)
