"""Reading mails: facts of a thread, unpaid invoices, somebody's number (3 templates)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.office.desk import COMPANY, SWITCHBOARD, is_inside
from palaestra.envs.tools.worlds.office.people import Person, draw, draw_some
from palaestra.envs.tools.worlds.office.scene import Scene
from palaestra.envs.tools.worlds.office.template import (
    OfficeTemplate,
    Part,
    contact,
    contacts,
    do,
    is_old,
    mails,
    text_of,
)
from palaestra.envs.tools.worlds.office.writing import read_frame


class Fact(NamedTuple):
    """A kind of fact, and its possible values."""

    kind: str
    values: tuple[str, ...]


FACTS = (
    Fact("door code", ("4821", "7350", "1964", "8207", "3692", "5518")),
    Fact("hotel", ("Hotel Aurora", "Harbour House", "The Old Mill", "Villa Linden", "Hotel Meander")),
    Fact("caterer", ("Plum and Thyme", "Copper Ladle", "Three Spoons", "Nettle Kitchen")),
    Fact("meeting point", ("the north gate", "the boathouse", "platform 4", "the clock tower")),
    Fact("reference number", ("TK-4821", "TK-1930", "TK-7714", "TK-5062")),
    Fact("deadline", ("2026-01-29", "2026-02-12", "2026-02-19", "2026-03-05")),
    Fact("supplier", ("Alder and Sons", "Birkdale Supplies", "Crossways", "Northfold")),
)
NEWS = (
    "The {kind} for {topic} is {value}.",
    "For {topic}, the {kind} will be {value}.",
    "We have settled the {kind} for {topic}: it is {value}.",
    "You asked about the {kind} for {topic}. That would be {value}.",
)
CORRECTIONS = (
    "I got the {kind} for {topic} wrong: please take {value}.",
    "The {kind} for {topic} has changed and is now {value}.",
    "Please forget the {kind} for {topic} that I wrote before. The right one is {value}.",
)
RUMOURS = (
    "Wasn't the {kind} for {topic} going to be {value}?",
    "Somebody told me that the {kind} for {topic} is {value}, but I'm not sure at all.",
)
SUBJECTS = ("{topic}", "News about {topic}", "{topic}: details", "{topic}, as promised")
QUESTIONS = (
    "Which {kind} does {name} give for {topic}?",
    "{name} wrote to me about {topic}. Which {kind} was that?",
    "I've forgotten the {kind} for {topic}. {name} must have sent it to me. Which one is it?",
)


class AnswerFromThread(OfficeTemplate):
    """A fact that somebody wrote. 2: others say something else. 3: a later mail of the same person corrects it."""

    levels = (1, 2, 3)
    most_calls = 2
    slips = (("other topic", "both"), ("other person", "both"), ("first mail", "both"))

    def minimum(self, slots: Slots) -> int:
        return 2  # a search doesn't show texts; the newest mail of the person about it has the fact

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        sender, (first, second) = scene.person(), draw_some(random, FACTS, 2)
        topic, other_topic = scene.topics[:2]
        value, *others = draw_some(random, first.values, 4)
        sent = {"kind": first.kind, "topic": topic, "name": sender.name}

        def write(frames: tuple[str, ...], person: Person, value: str, thread: int = 0, **changed: str) -> int:
            words = {**sent, **changed, "value": value}
            subject = draw(random, SUBJECTS).format(**words)
            return scene.mail(person, subject, draw(random, frames).format(**words), thread=thread)

        write(NEWS, sender, others[0], topic=other_topic)
        thread = write(NEWS, sender, others[1] if self.level == 3 else value)
        if self.level > 1:
            write(NEWS, sender, draw(random, second.values), thread, kind=second.kind)
            write(RUMOURS, scene.person(first=sender.first), others[2])
        if self.level == 3:
            write(CORRECTIONS, sender, value)
        ask = {"kind": first.kind, "topic": topic, "name": sender.name, "first": sender.first}
        return scene.slots(QUESTIONS, ask | {"other": other_topic}, {"answer": {"value": value, "others": others}})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        topic = ask["other"] if slip == "other topic" else ask["topic"]
        sender = ask["first"] if slip == "other person" else ask["name"]
        found = yield from mails(words=f"{topic} {ask['kind']}", sender=sender)
        mail = found[-1] if slip == "first mail" else found[0]
        answer = yield from _fact(mail, topic, ask["kind"])
        if slip == "both":
            found = yield from mails(words=f"{ask['other']} {ask['kind']}", sender=sender)
            answer = f"{yield from _fact(found[0], ask['other'], ask['kind'])} or {answer}"
        return answer


def _fact(mail: Mapping[str, Any], topic: str, kind: str) -> Part:
    text = yield from text_of(mail)
    return read_frame((*NEWS, *CORRECTIONS, *RUMOURS), text, topic=topic, kind=kind)["value"]


INVOICES = (
    "Please find attached our invoice {number} of {amount} euros.",
    "Our invoice {number} is attached. The total is {amount} euros.",
    "Attached you'll find invoice {number} for last month's work, {amount} euros in all.",
)
REMINDERS = ("We are still waiting for {amount} euros, see our invoice {number}.",)
CREDITS = ("Because of the damaged parts, we take {amount} euros off our invoice {number}.",)
PAYMENTS = (
    "I have paid these invoices of {company}: {numbers}.",
    "{company} got their money for the invoices {numbers}.",
)
SUMS = (
    "How much do we still owe {company}? Add up their invoices that have not been paid. {more} Answer with the sum in "
    "euros.",
    "{company} send me their invoices by mail. What do the unpaid ones come to, in euros? {more}",
    "I need to know what we owe {company} at the moment, in euros: all invoices without those that were paid. {more}",
)
MORE = {
    1: "They have sent receipts for those that were paid.",
    2: "They have sent receipts for those that were paid.",
    3: "{payer} has written which ones were paid. Take off what they give us credit for.",
}


class UnpaidInvoices(OfficeTemplate):
    """The sum of a company's unpaid invoices. 2: reminders repeat some. 3: credit notes, and a colleague's list."""

    levels = (1, 2, 3)
    most_calls = 6
    slips = (("counts paid", "forgets one"), ("counts reminder", "counts paid"), ("ignores credit", "counts paid"))

    def minimum(self, slots: Slots) -> int:
        # One search for the company finds all; the subjects tell receipts from invoices, so that only the unpaid
        # invoices must be read, and at level 3 the list and the credit note.
        return (3, 4, 6)[self.level - 1]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        company = scene.companies[0]
        sender, payer = scene.person(company), scene.person(notes="Finance")
        numbers = [f"R{each}" for each in range(int(random.integers(200, 900)), 999)][: 3 + (self.level > 1)]
        cents = {each: int(random.integers(10_000, 300_000)) for each in numbers}
        signature = f"{sender.name}\n{company}"
        paid = draw_some(random, numbers, 1)
        unpaid = [each for each in numbers if each not in paid]

        def write(subject: str, frames: tuple[str, ...], number: str, amount: int, name: str) -> None:
            text = draw(random, frames).format(number=number, amount=_euros(amount))
            scene.mail(sender, f"{subject} {number}", text, f"{name}_{number}.pdf", signature=signature)

        for number in numbers:
            write("Invoice", INVOICES, number, cents[number], "invoice")
        total = sum(cents[each] for each in unpaid)
        if self.level > 1:
            write("Reminder: invoice", REMINDERS, unpaid[0], cents[unpaid[0]], "reminder")
        if self.level < 3:
            thanks = "We have received your payment of invoice {number}. Thank you."
            write("Receipt for invoice", (thanks,), paid[0], 0, "receipt")
        else:
            credit = int(random.integers(1000, 9000))
            write("Credit note for invoice", CREDITS, unpaid[1], credit, "credit")
            total -= credit
            text = draw(random, PAYMENTS).format(company=company, numbers=" and ".join(paid))
            scene.mail(payer, f"Payments to {company}", text)
        more = MORE[self.level].format(payer=payer.name)
        want = {"answer": {"value": total / 100, "is_number": True}}
        return scene.slots(SUMS, {"company": company, "more": more}, want)

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words=ask["company"])
        subjects = {each["subject"]: each for each in found}
        paid = [each.split()[-1] for each in subjects if each.startswith("Receipt")]
        if self.level == 3:
            text = yield from text_of(subjects[f"Payments to {ask['company']}"])
            paid = read_frame(PAYMENTS, text, company=ask["company"])["numbers"].split(" and ")
        total, start = 0, ("Invoice", "Reminder") if slip == "counts reminder" else ("Invoice",)
        for subject, mail in subjects.items():
            if subject.startswith(start) and (subject.split()[-1] not in paid or slip == "counts paid"):
                text = yield from text_of(mail)
                total += _cents(read_frame((*INVOICES, *REMINDERS), text)["amount"])
                if slip == "forgets one":
                    break
            elif subject.startswith("Credit") and slip != "ignores credit":
                text = yield from text_of(mail)
                total -= _cents(read_frame(CREDITS, text)["amount"])
        return f"{_euros(total)} euros"


def _euros(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def _cents(amount: str) -> int:
    return round(float(amount.replace(",", "")) * 100)


WISHES = (
    "Could you send me the phone number of {person}?",
    "I have to call somebody and don't have the number: {person}. Can you help?",
    "Do you happen to have a phone number for {person}?",
)
REPLIES = (
    "{name} needs a phone number and has sent me a mail about it. Please answer it.",
    "Please reply to {name}, who asks me for somebody's phone number.",
    "There's a mail from {name} asking for somebody's phone number. Send it, please.",
)


class GiveNumber(OfficeTemplate):
    """Somebody asks for a number. 2: there is an old entry, too. 3: somebody external asks, and the rules hold."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("typo", "namesake"), ("old entry", "namesake"), ("breaks the rule", "typo"))

    def minimum(self, slots: Slots) -> int:
        return 4  # search, read who it is about, look the person up (at level 3, where he or she works), reply

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        asker = scene.person(scene.companies[0] if self.level == 3 else COMPANY)
        company = scene.companies[1] if self.level < 3 or random.random() < 0.5 else COMPANY
        person = scene.person(company)
        scene.person(scene.companies[2], first=person.first)
        if self.level == 2:
            scene.old_entry(person)
        right = SWITCHBOARD if self.level == 3 and company == COMPANY else person.phone
        scene.mail(asker, f"Re: {scene.topics[0]}", f"Thanks for the papers about {scene.topics[0]}.")
        scene.mail(asker, draw(random, ("A question", "Can you help?", "Number")), _line(random, WISHES, person))
        mail = {"to": [asker.email], "about": "the number", "phone": right}
        return scene.slots(REPLIES, {"name": asker.name}, {"mails": [mail]})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        mail = (yield from mails(words="number", sender=ask["name"]))[0]
        name = read_frame(WISHES, (yield from text_of(mail)))["person"]
        if slip in ("namesake", "old entry"):
            entries = yield from contacts(name.split()[0] if slip == "namesake" else name)
            person = next(each for each in entries if is_old(each) or each["name"] != name)
        else:
            person = yield from contact(name)
        is_secret = is_inside(person["email"]) and not is_inside(mail["from"].split("<")[1].rstrip(">"))
        is_secret = is_secret != (slip == "breaks the rule")
        phone = SWITCHBOARD if is_secret else person["phone"]
        if slip == "typo":
            phone = phone[:-1] + str((int(phone[-1]) + 1) % 10)
        yield from do("reply", mail_id=mail["mail_id"], text=f"You can reach {name} at {phone}.")


def _line(random: np.random.Generator, frames: tuple[str, ...], person: Person) -> str:
    return str(draw(random, frames)).format(person=person.name)
