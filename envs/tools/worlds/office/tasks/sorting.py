"""Sorting mails: sending them on, filing them, making to-dos of them (3 templates)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.desk import COMPANY, OWNER
from palaestra.envs.tools.worlds.office.people import draw, draw_some
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
from palaestra.envs.tools.worlds.office.writing import read_frame

AREAS = ("insurance", "trade fairs", "licences", "company cars", "apprentices", "exports")
DUTIES = ("Responsible for {area}.", "Looks after {area}.", "In charge of {area} and post.")
FORMER = ("Was responsible for {area} until 2024.", "Former colleague, did {area} before.")
ABSENCES = (
    "Responsible for {area}. On leave until March, {deputy} stands in.",
    "In charge of {area}. Away until February, {deputy} stands in.",
)
PAPERS = ("contract", "form", "offer", "plan", "report")
FORWARDS = (
    "Forward {name}'s mail with the {topic} {paper} to whoever is responsible for {area}{more}.",
    "{name} has sent me the {topic} {paper}. Please send the mail on to the person who looks after {area}{more}.",
    "The {topic} {paper} that came from {name} belongs to whoever is in charge of {area}. Send it on, please{more}.",
)
FOLDERS = ("projects", "invoices", "travel", "archive")


class ForwardToResponsible(OfficeTemplate):
    """A mail with an attachment, for whom the notes say. 2: two versions, a predecessor. 3: a deputy stands in."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("asks back", "no attachment"), ("predecessor", "old version"), ("absent", "old version"))

    def minimum(self, slots: Slots) -> int:
        return 3 + (self.level == 3)  # the mail's header shows the attachment; a deputy must be looked up

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        topic, area, paper = scene.topics[0], draw(random, AREAS), draw(random, PAPERS)
        company = scene.companies[0] if random.random() < 0.5 else COMPANY
        sender = scene.person(company)
        right = scene.person(notes=draw(random, DUTIES).format(area=area) if self.level < 3 else "Sales")
        if self.level > 1:
            scene.person(notes=draw(random, FORMER).format(area=area), company=scene.companies[1])
            old = f"{topic.lower()}_{paper}_draft.pdf"
            scene.mail(sender, f"{topic}: {paper}", f"Here is a first draft of the {topic} {paper}.", old)
        if self.level == 3:
            scene.person(notes=draw(random, ABSENCES).format(area=area, deputy=right.name))
            scene.person(first=right.first)
        name = f"{topic.lower()}_{paper}.pdf"
        scene.mail(sender, f"{topic}: {paper}", f"Please find attached the {topic} {paper}.", name)
        scene.mail(sender, f"{topic}: {paper}", f"Did the {topic} {paper} reach you?")
        more = "" if self.level == 1 else ", but not the draft"
        ask = {"name": sender.name, "topic": topic, "paper": paper, "area": area, "more": more}
        mail = {"to": [right.email], "about": f"{topic}", "attachments": name}
        return scene.slots(FORWARDS, ask, {"mails": [mail]})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words=f"{ask['topic']} {ask['paper']}", sender=ask["name"])
        attached = [each for each in found if each["attachments"]]
        mail = found[0] if slip == "no attachment" else attached[-1 if slip == "old version" else 0]
        if slip == "asks back":
            yield from do("reply", mail_id=mail["mail_id"], text="Who is responsible for this?")
            return
        entries = yield from contacts(ask["area"])
        former = tuple(each.format(area=ask["area"]) for each in FORMER)
        person = next(each for each in entries if (each["notes"] in former) == (slip == "predecessor"))
        if "stands in" in person["notes"] and slip != "absent":
            person = yield from contact(read_frame(ABSENCES, person["notes"], area=ask["area"])["deputy"])
        yield from do("forward_mail", mail_id=mail["mail_id"], to=[person["email"]], text="This is for you.")


SUBJECTS = (
    "{topic}: questions",
    "Re: {topic}",
    "{topic} again",
    "News about {topic}",
    "{topic}",
    "My notes on {topic}",
)
REMARKS = (
    "I'll look into {topic} once more.",
    "There's nothing new about {topic}, I'm afraid.",
    "I have talked about {topic} with the others, and they agree.",
    "The next step of {topic} is up to me.",
)
BY_SENDER = (
    "Move all mails from {name} that are in my inbox to the folder {folder}.",
    "Please tidy up: whatever {name} has sent and is still in the inbox goes to {folder}.",
)
BY_TOPIC = (
    "Move all mails in my inbox that have {topic} in their subject to the folder {folder}{more}.",
    "Please clear my inbox of mails with {topic} in the subject; they belong in {folder}{more}.",
)
EXCEPT = ". Leave those with attachments where they are, and mark as read what you move, if it is unread"


class FileMails(OfficeTemplate):
    """Mails into a folder. 1: of a sender. 2: with a subject. 3: without attachments, and marked as read."""

    levels = (1, 2, 3)
    most_calls = 9
    slips = (("one less", "namesake"), ("one less", "text"), ("attachment", "unread"))

    def minimum(self, slots: Slots) -> int:
        return 1 + len(slots["want"]["folders"]) + len(slots["want"]["read"])  # one search shows all

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        topic, folder = scene.topics[0], draw(random, FOLDERS)
        people = [scene.person() for _ in range(3 if self.level > 1 else 1)]
        namesake = scene.person(first=people[0].first)
        moved, unread = [], []

        def write(number: int, is_meant: bool = True, subject: str = topic, **given: Any) -> None:
            person = people[number % len(people)] if is_meant or self.level > 1 else namesake
            text = draw(random, REMARKS).format(topic=topic)
            is_unread = bool(random.random() < 0.5) if self.level < 3 or number else True
            mail = scene.mail(person, draw(random, SUBJECTS).format(topic=subject), text, unread=is_unread, **given)
            if is_meant:
                moved.append(mail)
                unread.extend([mail] if is_unread and self.level == 3 else [])

        count = int(random.integers(2, 5))
        write(0)
        write(1, is_meant=False, subject=scene.topics[1])
        for number in range(1, count):
            write(number)
        scene.mail(
            people[0],
            f"{topic}, filed",
            f"That was it about {topic}.",
            folder="projects" if folder == "archive" else "archive",
        )
        if self.level == 3:
            write(1, is_meant=False, attachments=f"{topic.lower()}.pdf")
        frames, more = (BY_SENDER if self.level == 1 else BY_TOPIC), EXCEPT if self.level == 3 else ""
        ask = {"name": people[0].name, "first": people[0].first, "topic": topic, "folder": folder, "more": more}
        return scene.slots(frames, ask, {"folders": {str(each): folder for each in moved}, "read": unread})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        if self.level == 1:
            sender = ask["first"] if slip == "namesake" else ask["name"]
            found = yield from mails(sender=sender, folder="inbox")
        else:
            found = yield from mails(words=ask["topic"], folder="inbox")
            found = [each for each in found if ask["topic"] in each["subject"] or slip == "text"]
        if self.level == 3:
            found = [each for each in found if not each["attachments"] or slip == "attachment"]
        for mail in found[int(slip == "one less") :]:
            yield from do("move_mail", mail_id=mail["mail_id"], folder=ask["folder"])
            if self.level == 3 and mail["unread"] and slip != "unread":
                yield from do("mark_read", mail_id=mail["mail_id"])


JOBS = (
    *("check the contract", "order the samples", "call the printer", "update the price list", "book the hall"),
    *("draft the invitation", "collect the offers", "test the new label", "count the stock", "choose the photos"),
)
ITEM = "- {who}: {what}, by {due}"
CHANGES = (
    "One correction to my minutes of {topic}: the day by which to {what} is {due}.",
    "There was a mistake in the minutes of {topic}. The time to {what} ends on {due}.",
)
MINUTES = (
    "{name} has sent the minutes of the {topic} meeting. Add what I have to do to my to-dos, as worded there{more}.",
    "Make to-dos of my items in {name}'s minutes of {topic}. Keep the words and the days{more}.",
    "Go through {name}'s minutes of the {topic} meeting and put my jobs, as worded there, among my to-dos{more}.",
)


class TodosFromMinutes(OfficeTemplate):
    """To-dos of a mail. 2: one is on the list already. 3: a later mail corrects a day."""

    levels = (1, 2, 3)
    most_calls = 6
    slips = (("all", "one less"), ("again", "one less"), ("first mail", "again"))

    def minimum(self, slots: Slots) -> int:
        # Search, read, add each; the list must be seen from level 2 on, the second mail read at level 3.
        return 2 + len(slots["want"]["todos"]) + (self.level > 1) + (self.level == 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        writer, topic = scene.person(), scene.topics[0]
        jobs = draw_some(random, JOBS, 5)
        days = [draw(random, hours.WORKDAYS[2:]) for _ in jobs]
        mine, others = list(zip(jobs, days))[: 2 + (self.level > 1)], list(zip(jobs, days))[3:]
        names = [OWNER.first] * len(mine) + [scene.person().first for _ in others]
        lines = [ITEM.format(who=who, what=what, due=due) for who, (what, due) in zip(names, mine + others)]
        shuffled = "\n".join(draw_some(random, lines, len(lines)))
        scene.mail(writer, f"Minutes: {topic}", f"These are the minutes of {topic}. To do:\n{shuffled}")
        scene.mail(writer, f"Minutes: {scene.topics[1]}", f"The minutes of {scene.topics[1]} will follow.")
        if self.level > 1:
            what, due = mine.pop()
            scene.todo(f"{what[0].upper()}{what[1:]}", due)
        if self.level == 3:
            what, due = mine[0]
            mine[0] = what, hours.day_after(due, int(random.integers(1, 4)))
            scene.mail(
                writer, f"Minutes: {topic}", draw(random, CHANGES).format(topic=topic, what=what, due=mine[0][1])
            )
        more = ", but nothing that is there already" if self.level > 1 else ""
        ask = {"name": writer.name, "topic": topic, "more": more}
        return scene.slots(MINUTES, ask, {"todos": [list(each) for each in mine], "jobs": jobs})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words=f"minutes {ask['topic']}", sender=ask["name"])
        text = yield from text_of(found[-1])
        items = [read_frame((ITEM,), line) for line in text.splitlines() if line.startswith("- ")]
        days = {each["what"]: each["due"] for each in items if each["who"] == OWNER.first or slip == "all"}
        if self.level == 3 and slip != "first mail":
            change = read_frame(CHANGES, (yield from text_of(found[0])), topic=ask["topic"])
            days[change["what"]] = change["due"]
        if self.level > 1 and slip != "again":
            known = [each["text"].lower() for each in (yield from read("list_todos"))]
            days = {what: due for what, due in days.items() if what not in known}
        for what, due in list(days.items())[int(slip == "one less") :]:
            yield from do("add_todo", text=what, due=due)
