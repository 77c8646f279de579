"""What is on the desk besides a task's own rows: people, mails, and their events.

Its last names, companies, projects and places are not those of tasks, see ``people`` and ``scene``.
"""

from typing import Any

import numpy as np

from palaestra.envs.tools.database import Database
from palaestra.envs.tools.world import START
from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.desk import COMPANY, DOMAIN, EVERYBODY, OWNER, is_inside
from palaestra.envs.tools.worlds.office.people import (
    FIRST_NAMES,
    OTHER_COMPANIES,
    OTHER_LAST_NAMES,
    TEAMS,
    Person,
    domain_of,
    draw,
    draw_email,
    draw_phone,
    draw_some,
)
from palaestra.envs.tools.worlds.office.writing import letter

PEOPLE, MAILS, EVENTS = 32, 34, 36
TOPICS = ("Bluebell", "Granite", "Juniper", "Meridian", "Pelican", "Quartz", "Saffron", "Thistle")
PLACES = ("the kitchen", "room 2.14", "the yard", "room 1.03", "the library", "the workshop")
THINGS = ("the printer", "the coffee machine", "the projector", "the lift", "the heating", "the front door")
BEGINS = tuple(f"{hour:02d}:{minute}" for hour in range(9, 16) for minute in ("00", "30"))
TITLES = ("{topic} workshop", "{topic} stand-up", "Interview", "Lunch", "{topic} demo", "One-to-one", "Training")
INSIDE = (
    ("{topic}: where we are", "The first half of {topic} is done, the second one needs another round of tests."),
    ("Notes on {topic}", "I have put my notes on {topic} into the usual place. Please add what is missing."),
    ("{thing}", "Somebody is coming to look at {thing}. Please keep {place} clear until then."),
    ("Lunch?", "A few of us are going out for lunch one of these days. Are you in?"),
    ("{topic} photos", "The pictures of the {topic} launch are ready. My favourite is the one in {place}."),
    ("Thanks!", "Thank you for stepping in for me with {topic}. I owe you one."),
    ("Question about {topic}", "Who was it that looked after {topic} before us? I can't find it in my notes."),
    ("Lost and found", "I have left a grey scarf in {place}. Has anybody seen it?"),
    ("Draft for {topic}", "The draft for {topic} is still too long. I'm cutting it down and will send it again."),
    ("Re: {topic}", "Fine with me. Let us keep {topic} as it is and talk again in spring."),
)
OUTSIDE = (
    ("Our new catalogue", "Our spring catalogue is out. It has more than a hundred new articles."),
    ("{topic}: our offer", "Thank you for asking about {topic}. I'll get back to you with an offer."),
    ("Happy new year", "All of us here wish you a happy and successful new year."),
    ("Thank you for your visit", "It was a pleasure to show you around. I have noted your wishes about {topic}."),
    ("Delivery note", "Your delivery for {topic} has left our house and should be with you shortly."),
    ("A short survey", "How satisfied are you with us? It takes five minutes to tell us."),
)
ALL_HANDS = (
    ("To everybody: {thing}", "Please don't use {thing} until further notice. We're sorry for the trouble."),
    ("To everybody: {topic}", "We are proud to say that {topic} is on its way. There will be cake in {place}."),
    ("To everybody: parking", "The car park is being painted. Please leave your cars at home if you can."),
)
TODOS = (
    "Water the plants",
    "Order a new chair",
    "Book the dentist",
    "Read the safety leaflet",
    "Return the library book",
)


def populate(database: Database, random: np.random.Generator) -> None:
    """Fill the desk with what has nothing to do with the task."""
    people = draw_people(random)
    database.insert_many("contact", [tuple(each.plain()) for each in people])
    colleagues = [each for each in people if is_inside(each.email)]
    numbers = draw_numbers(random, MAILS + EVENTS + len(TODOS))
    database.insert_many("mail", [_draw_mail(random, numbers.pop(), people) for _ in range(MAILS)])
    events = [
        (draw(random, hours.WORKDAYS), draw_some(random, colleagues, draw(random, (1, 2, 3)))) for _ in range(EVENTS)
    ]
    _insert_events(database, random, [numbers.pop() for _ in events], events)
    todos = [(numbers.pop(), text, draw(random, hours.WORKDAYS)) for text in draw_some(random, TODOS, 3)]
    database.insert_many("todo", todos)


def draw_numbers(random: np.random.Generator, count: int) -> list[int]:
    """Different ids of three digits."""
    return [100 + int(each) for each in random.permutation(900)[:count]]


def draw_people(random: np.random.Generator) -> list[Person]:
    """Two thirds of them are colleagues."""
    people: list[Person] = []
    for number in draw_numbers(random, PEOPLE):
        name = f"{draw(random, FIRST_NAMES)} {draw(random, OTHER_LAST_NAMES)}"
        company, notes = draw(random, OTHER_COMPANIES), ""
        if len(people) % 3:
            company, notes = COMPANY, draw(random, TEAMS)
        domain = DOMAIN if company == COMPANY else domain_of(company)
        people.append(Person(number, name, draw_email(random, name, domain), draw_phone(random), company, notes))
    return list({each.name: each for each in people}.values())


def draw_words(random: np.random.Generator) -> dict[str, str]:
    """A topic, a place and a thing that no task has."""
    return {"topic": draw(random, TOPICS), "place": draw(random, PLACES), "thing": draw(random, THINGS)}


def _draw_mail(random: np.random.Generator, number: int, people: list[Person]) -> tuple[Any, ...]:
    sender, words = draw(random, people), draw_words(random)
    frames: tuple[tuple[str, str], ...]
    frames, to, first = (INSIDE if is_inside(sender.email) else OUTSIDE), OWNER.email, OWNER.first
    if is_inside(sender.email) and random.random() < 0.2:
        frames, to, first = ALL_HANDS, EVERYBODY, "all"
    subject, text = (each.format(**words) for each in draw(random, frames))
    time = hours.shown(START - 60 * int(random.integers(10, 20 * 24 * 60)))
    body = letter(random, sender, text[0].upper() + text[1:], to=first)
    folder = draw(random, ("inbox", "inbox", "inbox", "archive", "projects"))
    unread = int(folder == "inbox" and random.random() < 0.4)
    subject = subject[0].upper() + subject[1:]
    return (number, folder, number, time, sender.email, sender.name, to, subject, body, "", unread)


def _draw_event(random: np.random.Generator, day: str, guests: list[Person]) -> tuple[Any, ...]:
    """An event of half an hour to an hour and a half on a day, without its id; the first guest organises it."""
    start = f"{day} {draw(random, BEGINS)}"
    title = draw(random, TITLES).format(**draw_words(random))
    end, place = hours.plus(start, draw(random, (30, 60, 90))), draw(random, PLACES).removeprefix("the ")
    return (title, start, end, place, guests[0].email, "planned")


def _insert_events(
    database: Database, random: np.random.Generator, numbers: list[int], events: list[tuple[str, list[Person]]]
) -> None:
    """Insert events on some days with some guests."""
    rows, attendees = [], []
    for number, (day, guests) in zip(numbers, events):
        rows.append((number, *_draw_event(random, day, guests)))
        attendees += [(number, each.email, "accepted") for each in guests]
    database.insert_many("event", rows)
    database.insert_many("attendee", attendees)


def fill_calendar(database: Database, random: np.random.Generator, days: list[str]) -> None:
    """Put up to two events a day with colleagues into the user's calendar."""
    rows = database.rows("SELECT * FROM contact WHERE company = ? ORDER BY id", COMPANY)
    people = [Person(**row) for row in rows if row["name"].split()[1] in OTHER_LAST_NAMES]
    taken = {row["id"] for row in database.rows("SELECT id FROM event")}
    numbers = [each for each in draw_numbers(random, 900) if each not in taken]
    events = [(day, [draw(random, people), OWNER]) for day in days for _ in range(draw(random, (0, 1, 2)))]
    _insert_events(database, random, numbers, events)
