"""Whole days: clearing one, answering invitations, being away (3 templates)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.desk import OWNER, is_inside
from palaestra.envs.tools.worlds.office.people import Person, draw, draw_some
from palaestra.envs.tools.worlds.office.scene import Scene
from palaestra.envs.tools.worlds.office.template import (
    OfficeTemplate,
    Part,
    contact,
    contacts,
    do,
    mails,
    read,
    text_of,
)
from palaestra.envs.tools.worlds.office.writing import read_frame, spoken_day

STARTS = ("09:00", "10:00", "11:00", "12:30", "13:30", "14:30", "15:30")
KINDS = ("review", "planning", "figures", "ideas", "hand-over", "tests", "visit")
CLEARS = {
    1: (
        "I have to clear my calendar {when}. Cancel all meetings of that day except those with external guests.",
        "Cancel everything that I have {when}, but leave the meetings in which somebody from outside takes part.",
    ),
    2: (
        "I can't be in the office {when}. Cancel the meetings that I organise that day and decline those that others "
        "organise. Meetings with external guests stay as they are.",
        "Free me {when}: decline what others organise and cancel what I organise, but leave all meetings that have "
        "somebody external on the list.",
    ),
    3: (
        "I can't be in the office {when}. Cancel the meetings that I organise that day and decline the others. Only "
        "meetings with external guests stay; contractors, see the notes in the address book, don't count as external.",
        "Free me {when}: decline what others organise and cancel what I organise, but leave the meetings with somebody "
        "external. People whose notes in the address book call them contractors count as ours.",
    ),
}


class ClearDay(OfficeTemplate):
    """A day without meetings, but for external guests. 2: some are others'. 3: contractors aren't external."""

    levels = (1, 2, 3)
    most_calls = 6
    slips = (("external, too", "one less"), ("external, too", "one less"), ("keeps contractors", "external, too"))

    def minimum(self, slots: Slots) -> int:
        # The list of the day, at level 3 that of the contractors, and one call for each meeting.
        want = slots["want"]
        return 1 + (self.level == 3) + len(want["events"]) + len(want["answers"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        day = draw(random, hours.WORKDAYS[1:])
        scene.days = [day]
        starts = [f"{day} {each}" for each in draw_some(random, STARTS, len(STARTS))]
        colleagues = [scene.person() for _ in range(4)]
        guests = [scene.person(company) for company in scene.companies[:2]]
        notes = ("Contractor for repairs", "Contractor, two days a week")
        contractors = [scene.person(company, notes[number]) for number, company in enumerate(scene.companies[2:4])]
        events: dict[str, dict[str, str]] = {}
        answers: dict[str, str] = {}

        def add(people: list[Person], organiser: Person = OWNER, is_meant: bool = True) -> None:
            title = f"{draw(random, scene.topics)} {draw(random, KINDS)}"
            people = [each for each in [OWNER, *people] if each is not organiser]
            number = scene.event(title, starts.pop(), 30 * int(random.integers(1, 3)), people, organiser)
            if is_meant and organiser is OWNER:
                events[str(number)] = {"status": "cancelled"}
            elif is_meant:
                answers[str(number)] = "declined"

        for _ in range(int(random.integers(2, 4 if self.level < 3 else 3))):
            add(draw_some(random, colleagues, 2))
        add([colleagues[0], guests[0]], is_meant=False)
        if self.level > 1:
            add(colleagues[1:3], organiser=colleagues[1])
            add([guests[1]], organiser=colleagues[2], is_meant=False)
        if self.level == 3:
            add([contractors[0], colleagues[3]])
        scene.event("Choir", starts.pop(), 30, colleagues[:1], status="cancelled")
        want = {"events": events, "answers": answers}
        return scene.slots(CLEARS[self.level], {"day": day, "when": spoken_day(random, day)}, want)

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        events = yield from read("list_events", first_day=ask["day"])
        ours = []
        if self.level == 3:
            ours = [each["email"] for each in (yield from contacts("contractor")) if slip != "keeps contractors"]
        is_external = {
            each["event_id"]: not all(is_inside(email) or email in ours for email in each["people"]) for each in events
        }
        meant = [each for each in events if slip == "external, too" or not is_external[each["event_id"]]]
        for event in meant[int(slip == "one less") :]:
            if event["organiser"] == OWNER.email:
                yield from do("cancel_event", event_id=event["event_id"])
            else:
                yield from do("answer_event", event_id=event["event_id"], answer="declined")


INVITATIONS = (
    "Answer the {topic} invitations that I have for {when}: decline those that overlap with something that I have "
    "accepted, and accept the others{more}.",
    "I haven't answered the {topic} invitations for {when}. Accept them, but decline those that overlap with "
    "something that I have accepted already{more}.",
    "Accept my open {topic} invitations for {when}, but decline the ones that overlap with what I have accepted{more}.",
)
TELL = ". Write to the organisers of those that you decline, and name the meeting"
BLOCKS = ("09:00", "11:00", "13:00", "15:00")
TITLES = ("Rehearsal", "Tour", "Round table", "Tasting", "Walk-through", "Briefing", "Clinic", "Panel")


class AnswerInvitations(OfficeTemplate):
    """Invitations that collide or don't. 2: some touch, some collide with what was declined. 3: organisers are told."""

    levels = (1, 2, 3)
    most_calls = 7
    slips = (("accepts all", "one less"), ("touching", "declined", "all topics"), ("forgets one", "all topics"))

    def minimum(self, slots: Slots) -> int:
        # The list, an answer for each, and at level 3 one mail to all organisers.
        return 1 + len(slots["want"]["answers"]) + (self.level == 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        week = hours.WORKDAYS[5:] if random.random() < 0.5 else hours.WORKDAYS[1:5]
        days = draw_some(random, week, 1 if self.level == 1 else 3)
        scene.days = [*hours.WORKDAYS[:5]] if week[0] < hours.WORKDAYS[5] else [*week]
        places = [f"{day} {block}" for day in sorted(days) for block in BLOCKS]
        kinds = ["collides", "free", "collides"]
        if self.level > 1:
            kinds = ["collides", "touching", "declined", "other topic", "collides"]
        kinds += ["free"] if self.level == 3 and random.random() < 0.5 else []
        titles = [f"{scene.topics[0]} {each}" for each in draw_some(random, TITLES, len(TITLES))]
        answers, told = {}, []
        for kind, place in zip(kinds, draw_some(random, places, len(kinds))):
            host, title, start = scene.person(), titles.pop(), hours.plus(place, 30)
            title = title.replace(scene.topics[0], scene.topics[1]) if kind == "other topic" else title
            number = scene.event(title, start, 60, [OWNER], organiser=host, pending=[OWNER])
            if kind != "other topic":
                answers[str(number)] = "declined" if kind == "collides" else "accepted"
            if kind == "collides":
                told.append({"to": [host.email], "about": title, "says": [title]})
                self._add_other(scene, hours.plus(place, draw(random, (0, 60))), 60)
            elif kind == "touching":
                self._add_other(scene, hours.plus(place, draw(random, (0, 90))), 30)
            elif kind == "declined":
                scene.event(titles.pop(), start, 90, [OWNER], organiser=scene.person(), declined=[OWNER])
        when = "this week" if week[0] < hours.WORKDAYS[5] else "next week"
        ask = {"first": week[0], "last": week[-1], "when": when, "topic": scene.topics[0]}
        if self.level == 1:
            ask |= {"first": days[0], "last": days[0], "when": spoken_day(random, days[0]).removeprefix("on ")}
        ask["more"] = TELL if self.level == 3 else ""
        want: dict[str, Any] = {"answers": answers} | ({"mails": told} if self.level == 3 else {})
        return scene.slots(INVITATIONS, ask, want)

    def _add_other(self, scene: Scene, start: str, minutes: int) -> None:
        """Add something that the user has accepted or organises."""
        host = scene.person()
        organiser, guest = (host, OWNER) if scene.random.random() < 0.5 else (OWNER, host)
        scene.event(
            f"{draw(scene.random, scene.topics[2:])} {draw(scene.random, KINDS)}", start, minutes, [guest], organiser
        )

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        events = yield from read("list_events", first_day=ask["first"], last_day=ask["last"])
        fixed = [each for each in events if each["people"][OWNER.email] == "accepted"]
        if slip == "declined":
            fixed = [each for each in events if each["people"][OWNER.email] != "none"]
        opened = [each for each in events if each["people"][OWNER.email] == "none"]
        opened = [each for each in opened if each["title"].startswith(ask["topic"]) or slip == "all topics"]
        declined = []
        for event in opened[int(slip == "one less") :]:
            spread = int(slip == "touching")
            start, end = hours.plus(event["start"], -spread), hours.plus(event["end"], spread)
            collides = slip != "accepts all" and any(each["start"] < end and start < each["end"] for each in fixed)
            declined += [event] if collides else []
            answer = "declined" if collides else "accepted"
            yield from do("answer_event", event_id=event["event_id"], answer=answer)
        if self.level == 3:
            told = [each["organiser"] for each in declined[int(slip == "forgets one") :]]
            text = f"Robin can't come to {', '.join(each['title'] for each in declined)}."
            yield from do("send_mail", to=told, subject="Declined", text=text)


CITIES = ("Norwick", "Eastmere", "Hollowell", "Branford", "Saltby", "Kingsmoor")
TRIPS = (
    "Your trip to {city} is booked: you leave on {first} and are back on {last}.",
    "We have booked your journey to {city}, leaving on {first} and returning on {last}.",
)
REBOOKINGS = (
    "Your journey to {city} has been changed: you now leave on {first} and return on {last}.",
    "The strike has an effect on your trip to {city}. We have booked you from {first} to {last} instead.",
)
AWAY = {
    1: (
        "I'm away from {first} to {last}, both included. Set my automatic reply for these days; it should name "
        "{deputy} and give the email address.",
        "Set up an out-of-office reply from {first} to {last} (first and last day). It must say that {deputy} stands "
        "in, with the email address.",
    ),
    2: (
        "I'm travelling to {city}. The travel agency has sent the days: set my automatic reply from the day I leave to "
        "the day I return. It should name {deputy} and give the email address.",
        "Set my out-of-office reply for the trip to {city}, from the day of departure to the day of return, see the "
        "mail of the agency. It must say that {deputy} stands in, with the email address.",
    ),
    3: (
        "I'm travelling to {city}. The travel agency has sent the days: set my automatic reply from the day I leave to "
        "the day I return. It should name {deputy} and give the email address. Also cancel the meetings that I "
        "organise on these days; those of others stay.",
        "Set my out-of-office reply for the trip to {city}, from the day of departure to the day of return, see the "
        "mail of the agency. It must say that {deputy} stands in, with the email address. And cancel what I organise "
        "on those days, but nothing else.",
    ),
}


class OutOfOffice(OfficeTemplate):
    """An automatic reply. 2: a mail has the days. 3: a later mail changes them, and meetings must be cancelled."""

    levels = (1, 2, 3)
    most_calls = 7
    slips = (("namesake", "day less"), ("namesake", "day less"), ("first mail", "one less"))

    def minimum(self, slots: Slots) -> int:
        # The deputy's address and the reply; search and read; the list of the days and one call for each meeting.
        return (2, 4, 5 + len(slots["want"].get("events", ())))[self.level - 1]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        agent, deputy, colleague = scene.person(scene.companies[0], "Travel agency"), scene.person(), scene.person()
        scene.person(first=deputy.first)
        city, other = draw_some(random, CITIES, 2)
        start = int(random.integers(1, 7))
        first, last = hours.WORKDAYS[start], hours.WORKDAYS[start + int(random.integers(1, 4))]
        words = {"city": city, "first": first, "last": last}
        absence = {"first_day": first, "last_day": last, "name": deputy.name, "email": deputy.email}
        want: dict[str, Any] = {"absence": absence}
        if self.level > 1:
            scene.mail(
                agent, f"Your trip to {other}", f"Here is the bill for your trip to {other}. We hope you liked it."
            )
            booked = words
            if self.level == 3:
                booked = words | {"first": hours.day_after(first, -1), "last": hours.day_after(last)}
            scene.mail(agent, f"Your trip to {city}", draw(random, TRIPS).format(**booked))
        if self.level == 3:
            scene.mail(agent, f"Your trip to {city}", draw(random, REBOOKINGS).format(**words))
            scene.days = [
                each for each in hours.WORKDAYS if hours.day_after(first, -3) <= each <= hours.day_after(last, 3)
            ]
            want["events"] = {}
            for day in draw_some(random, [each for each in hours.WORKDAYS if first <= each <= last], 2):
                title = f"{draw(random, scene.topics)} {draw(random, KINDS)}"
                number = scene.event(title, f"{day} {draw(random, STARTS[:3])}", 60, [colleague])
                want["events"][str(number)] = {"status": "cancelled"}
                title = f"{draw(random, scene.topics)} {draw(random, KINDS)}"
                scene.event(title, f"{day} {draw(random, STARTS[3:])}", 60, [OWNER], organiser=colleague)
        ask = {"deputy": deputy.name, "city": city}
        ask |= {"first": first, "last": last} if self.level == 1 else {}
        return scene.slots(AWAY[self.level], ask, want)

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        if self.level > 1:
            found = yield from mails(words=f"{ask['city']} trip")
            text = yield from text_of(found[-1 if slip == "first mail" else 0])
            ask = {**ask, **read_frame((*TRIPS, *REBOOKINGS), text)}
        deputy = yield from contact(ask["deputy"])
        if slip == "namesake":
            entries = yield from contacts(ask["deputy"].split()[0])
            deputy = next(each for each in entries if each["name"] != ask["deputy"])
        last = hours.day_after(ask["last"], -1) if slip == "day less" else ask["last"]
        text = f"I am away. {ask['deputy']} stands in: {deputy['email']}."
        yield from do("set_out_of_office", first_day=ask["first"], last_day=last, text=text)
        if self.level == 3:
            events = yield from read("list_events", first_day=ask["first"], last_day=ask["last"])
            mine = [each for each in events if each["organiser"] == OWNER.email]
            for event in mine[int(slip == "one less") :]:
                yield from do("cancel_event", event_id=event["event_id"])
