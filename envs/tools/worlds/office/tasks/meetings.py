"""Meetings: a first common time, and another time for a meeting (2 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.desk import OWNER
from palaestra.envs.tools.worlds.office.people import Person, draw, draw_some
from palaestra.envs.tools.worlds.office.scene import Scene
from palaestra.envs.tools.worlds.office.template import (
    OfficeTemplate,
    Part,
    contact,
    do,
    mails,
    people_of,
    read,
    text_of,
)
from palaestra.envs.tools.worlds.office.writing import read_frame, spoken_day

Busy = dict[Person, list[hours.Span]]
"""When people are busy on a day, the user first."""

KINDS = ("review", "planning", "kick-off", "budget", "closing", "workshop")
ALONE = ("Focus time", "Phone call", "Visit", "Travel", "Deliveries", "Interview")
SCHEDULES = (
    "Set up a meeting called {title} with {people} {when}: {minutes} minutes, at the first time when all of us are free"
    "{more}. Then write to {them} when it is.",
    "I need {minutes} minutes with {people} {when}, at the earliest time that suits all of us{more}. Call it {title}, "
    "and let {them} know the day and the time by mail.",
    "Find the earliest {minutes} minutes that {these} and I have free {when}{more}, put a meeting called {title} "
    "there, and send {them} a mail with the day and the time.",
)
OR_LATER = " (if there is no such time on that day, on the next working day)"


class ScheduleMeeting(OfficeTemplate):
    """The first common time. 1: of two. 2: of four. 3: of four, and not on the day that was wished for."""

    levels = (1, 2, 3)
    most_calls = 7
    slips = (("ignores one", "half as long"), ("ignores one", "forgets one"), ("later", "forgets one"))

    def minimum(self, slots: Slots) -> int:
        # Addresses can't be guessed and each person must be looked up; a day's free times; the event; one mail to all.
        return len(slots["ask"]["names"]) + len(slots["ask"]["days"]) + 2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        people = [scene.person() for _ in range(1 if self.level == 1 else 3)]
        if self.level > 1:
            scene.old_entry(people[0])
        days = [hours.WORKDAYS[int(random.integers(1, 8))]]
        days += [hours.WORKDAYS[hours.WORKDAYS.index(days[0]) + 1]] if self.level == 3 else []
        minutes = 30 if self.level == 1 else 60
        for day in days:
            busy = _draw_busy(random, [OWNER, *people], minutes, is_full=day != days[-1])
            for person, spans in busy.items():
                for start, end in spans:
                    length = hours.minutes_between(f"{day} {start}", f"{day} {end}")
                    scene.event(draw(random, ALONE), f"{day} {start}", length, [], organiser=person)
        start = f"{days[-1]} {_first(busy, minutes)}"
        if self.level > 1:  # neither keeps anybody from coming
            host = scene.person()
            scene.event(draw(random, ALONE), start, 60, people[:1], organiser=host, declined=people[:1])
            scene.event(draw(random, ALONE), start, 30, people[1:2], status="cancelled")
        scene.days = days
        end, names = hours.plus(start, minutes), [each.name for each in people]
        title = f"{scene.topics[0]} {draw(random, KINDS)}"
        ask = {"names": names, "days": days, "minutes": minutes, "title": title, "when": spoken_day(random, days[0])}
        ask |= {"people": " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])), "these": ", ".join(names)}
        ask |= {"them": people[0].first if self.level == 1 else "all of them"}
        addresses = [each.email for each in people]
        mail = {"to": addresses, "about": "the time", "says": start.split(), "only": [*start.split(), end[11:]]}
        event = {"title": title, "start": start, "end": end, "people": addresses}
        more = OR_LATER if self.level == 3 else ""
        return scene.slots(SCHEDULES, ask | {"more": more}, {"new_event": event, "mails": [mail]})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        people = []
        for name in ask["names"]:
            people.append((yield from contact(name))["email"])
        minutes, free, day = ask["minutes"], [], ""
        for day in ask["days"]:
            counted = people[:-1] if slip == "ignores one" else people
            free = (yield from read("find_free", people=counted, day=day, minutes=minutes))["free"]
            if free:
                break
        start = f"{day} {free[0].partition('-')[0]}"
        start = hours.plus(start, 30) if slip == "later" else start
        length = minutes // 2 if slip == "half as long" else minutes
        yield from read("create_event", title=ask["title"], start=start, minutes=length, people=people)
        told = people[:-1] if slip == "forgets one" else people
        text = f"The meeting {ask['title']} is on {start[:10]} at {start[11:]}."
        yield from do("send_mail", to=told, subject=ask["title"], text=text)


def _first(busy: Busy, minutes: int) -> str:
    """The first time when all are free, empty if there is none."""
    spans = [span for each in busy.values() for span in each]
    free = hours.free_spans(spans, minutes)
    return free[0][0] if free else ""


def _draw_busy(random: np.random.Generator, people: Sequence[Person], minutes: int, is_full: bool) -> Busy:
    """Times at which people are busy so that each of them matters, with a common time only if the day isn't full."""
    while True:
        busy = {each: _draw_spans(random, 2 if is_full or len(people) == 2 else 1) for each in people}
        first = _first(busy, minutes)
        without = [{other: spans for other, spans in busy.items() if other is not each} for each in people]
        if (not first and is_full) or (
            first and not is_full and all(_first(each, minutes) != first for each in (without[0], without[-1]))
        ):
            return busy


def _draw_spans(random: np.random.Generator, count: int) -> list[hours.Span]:
    """Spans of one to two and a half hours that begin one after the other."""
    starts = sorted(int(each) for each in random.permutation(13)[: count + 1])
    spans = []
    for start, following in zip(starts, [*starts[1:], 16]):
        end = min(start + int(random.integers(2, 6)), following, 16)
        spans.append((_time(start), _time(end)))
    return spans


def _time(step: int) -> str:
    """The time of a step of the office hours' grid."""
    return hours.plus(f"{hours.WORKDAYS[0]} {hours.OPENS}", hours.STEP * step)[11:]


SHIFTS = {
    "an hour later": 60,
    "two hours later": 120,
    "half an hour earlier": -30,
    "an hour earlier": -60,
    "a day later at the same time": 24 * 60,
    "two days later at the same time": 48 * 60,
}
MOVES = (
    "Could we move the {title} on {old} to {day} at {time}?",
    "I can't come to the {title} on {old}. Would {day} at {time} be possible?",
    "Something has come up. Please move our {title} on {old}: I could do {day} at {time}.",
)
RELATIVE_MOVES = (
    "Could we have the {title} on {old} {shift}?",
    "I'd like to have our {title} on {old} {shift}, if that's possible.",
)
SECOND_THOUGHTS = (
    "Forget my last mail. The {title} on {old} would have to be on {day} at {time}.",
    "I was wrong about the {title} on {old}: the only time that I can do is {day} at {time}.",
)
REQUESTS = (
    "{name} has asked by mail for another time for a {topic} meeting of mine. Move it there without changing its "
    "length, and write the new day and time to everybody else who is on it.",
    "Please move the {topic} meeting that {name} wrote about to the time that suits {first}, without changing its "
    "length. All others on it, {first} included, need a mail with the new day and time.",
    "There is a mail from {name}, who wants to move a {topic} meeting. Do that, keep its length, and send everybody "
    "else on it a mail that says the new day and time.",
)


class MoveMeeting(OfficeTemplate):
    """A meeting that somebody wants to move. 2: by some hours or days, one of two. 3: a later mail says when."""

    levels = (1, 2, 3)
    most_calls = 5
    slips = (("forgets one", "wrong day"), ("other meeting", "forgets one"), ("first mail", "forgets one"))

    def minimum(self, slots: Slots) -> int:
        return 5  # search, read the newest mail, the meeting's id and people, move it, one mail to all

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        people = [scene.person() for _ in range(2 + int(random.integers(1, 3)))]
        asker, topic = people[0], scene.topics[0]
        first, second = draw_some(random, KINDS, 2)
        title, old = f"{topic} {first}", draw(random, hours.WORKDAYS[1:6])
        start, minutes = f"{old} {_time(2 * int(random.integers(1, 5)))}", draw(random, (30, 60, 90))
        number = scene.event(title, start, minutes, [OWNER, *people], organiser=draw(random, (OWNER, people[1])))
        scene.event(ALONE[1], f"{old} 16:30", 30, [scene.person()])
        if self.level > 1:
            scene.event(f"{topic} {second}", f"{old} 15:00", 60, people[1:])
        day = draw(random, [each for each in hours.WORKDAYS[2:] if each != old])
        words = {"title": title, "old": old, "day": day, "time": _time(int(random.integers(0, 13)))}
        new = f"{day} {words['time']}"
        if self.level == 2:
            fits = [shift for shift, each in SHIFTS.items() if hours.is_workday(hours.plus(start, each)[:10])]
            words["shift"] = draw(random, fits)
            new = hours.plus(start, SHIFTS[words["shift"]])
        scene.mail(asker, f"{scene.topics[1]} and other things", f"There's nothing new about {scene.topics[1]}.")
        frames, subject = RELATIVE_MOVES if self.level == 2 else MOVES, draw(random, (topic, title, f"About {topic}"))
        if self.level == 3:
            others = [each for each in hours.WORKDAYS[2:] if each not in (old, day)]
            scene.mail(asker, subject, draw(random, MOVES).format(**words | {"day": draw(random, others)}))
            frames, subject = SECOND_THOUGHTS, f"Re: {subject}"
        scene.mail(asker, subject, draw(random, frames).format(**words))
        end = hours.plus(new, minutes)
        mail = {"to": [each.email for each in people], "about": "the new time", "says": new.split()}
        mail["only"] = [*new.split(), end[11:], *start.split(), hours.plus(start, minutes)[11:]]
        scene.days = sorted({old, new[:10]})
        want = {"events": {str(number): {"start": new, "end": end}}, "mails": [mail]}
        return scene.slots(REQUESTS, {"name": asker.name, "first": asker.first, "topic": topic}, want)

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words=ask["topic"], sender=ask["name"])
        text = yield from text_of(found[-1 if slip == "first mail" else 0])
        wish = read_frame((*MOVES, *SECOND_THOUGHTS, *(RELATIVE_MOVES if self.level == 2 else ())), text)
        events = yield from read("list_events", first_day=wish["old"])
        same = [each for each in events if each["title"].startswith(ask["topic"])]
        event = next(each for each in same if (each["title"] != wish["title"]) == (slip == "other meeting"))
        start = (
            hours.plus(event["start"], SHIFTS[wish["shift"]]) if "shift" in wish else f"{wish['day']} {wish['time']}"
        )
        start = hours.plus(start, 24 * 60) if slip == "wrong day" else start
        yield from read("move_event", event_id=event["event_id"], start=start)
        told = people_of(event, OWNER.email)[int(slip == "forgets one") :]
        text = f"{event['title']} is now on {start[:10]} at {start[11:]}."
        yield from do("send_mail", to=told, subject=event["title"], text=text)
