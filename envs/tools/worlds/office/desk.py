"""Whose desk it is: the user, the company, its rules and tables."""

from palaestra.envs.tools.worlds.office.people import Person

DOMAIN = "tarnwick.example"
COMPANY = "Tarnwick"
SWITCHBOARD = "+44 1632 960000"
OWNER = Person(0, "Robin Ashdown", f"robin.ashdown@{DOMAIN}", "+44 7700 900001", COMPANY, "")
EVERYBODY = f"everybody@{DOMAIN}"
FIRST_NEW = 1001
"""The first id of rows that an agent adds; the others' are below."""

SCHEMA = """
CREATE TABLE contact(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
  company TEXT NOT NULL, notes TEXT NOT NULL);
CREATE TABLE mail(id INTEGER PRIMARY KEY, folder TEXT NOT NULL, thread INTEGER NOT NULL, sent TEXT NOT NULL,
  sender TEXT NOT NULL, name TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  attachments TEXT NOT NULL, unread INTEGER NOT NULL);
CREATE TABLE event(id INTEGER PRIMARY KEY, title TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL,
  place TEXT NOT NULL, organiser TEXT NOT NULL, status TEXT NOT NULL CHECK(status IN ('planned', 'cancelled')));
CREATE TABLE attendee(event_id INTEGER NOT NULL REFERENCES event(id) ON DELETE CASCADE, email TEXT NOT NULL,
  answer TEXT NOT NULL CHECK(answer IN ('accepted', 'declined', 'none')), PRIMARY KEY(event_id, email)) WITHOUT ROWID;
CREATE TABLE todo(id INTEGER PRIMARY KEY, text TEXT NOT NULL, due TEXT NOT NULL);
CREATE TABLE absence(id INTEGER PRIMARY KEY, first_day TEXT NOT NULL, last_day TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX attendee_email ON attendee(email);
CREATE INDEX event_start ON event(start);
"""

RULES = f"""You are the assistant of {OWNER.name} ({OWNER.email}) at {COMPANY}, and act in Robin's name with the tools.

- Today is Monday, 2026-01-05. This week is 2026-01-05 to 2026-01-11, next week 2026-01-12 to 2026-01-18.
- Office hours are 09:00 to 17:00, Monday to Friday. All times are UTC.
- Addresses that end in @{DOMAIN} are our own people's; everybody else is external.
- The calendar notifies nobody. Write a mail where you are asked to let people know, to each of them once, and to \
nobody else.
- In mails, write days like 2026-01-08 and times like 14:00. Whoever organises an event is on its list of people.
- Our own people's phone numbers are not for people outside: instead, give these our switchboard's, {SWITCHBOARD}.
- If a later mail of the same person corrects an earlier one, the later one holds.
- Change nothing that you weren't asked to change. When you are done, say so in a sentence. To a question, answer \
with nothing but what was asked for."""


def is_inside(email: str) -> bool:
    """Whether an address is one of the company's own."""
    return email.endswith(f"@{DOMAIN}")
