"""The address book: new entries and corrected ones (2 templates)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.office.desk import COMPANY
from palaestra.envs.tools.worlds.office.people import Person, draw
from palaestra.envs.tools.worlds.office.scene import Scene
from palaestra.envs.tools.worlds.office.template import OfficeTemplate, Part, contacts, mails, read, text_of
from palaestra.envs.tools.worlds.office.writing import read_frame

INTRODUCTIONS = (
    "I have just started at {company} and will be looking after you from now on.",
    "From this month on, I am the one to talk to at {company}.",
    "I have taken over your account here at {company}.",
)
ROLES = ("Sales manager", "Customer service", "Head of projects", "Account manager")
SIGNATURES = {
    1: "{name}\n{role}, {company}\nMobile: {mobile}",
    2: "{name}\n{role}, {company}\nOffice: {office}\nMobile: {mobile}",
    3: "{name}\n{role}, {company}\nMobile: {mobile}\nOffice: {office}",
}
SAVES = (
    "{name} of {company} has written to me. Save name, email, company and mobile number in my address book{more}.",
    "{name}, who works for {company} and wrote to me, should be in the address book, with company, email "
    "address and mobile number{more}.",
    "I've had a mail from {name} ({company}). Add name, company, email and mobile number to my contacts{more}.",
)
IF_KNOWN = "; if there is an entry already, bring it up to date instead"


class SaveContact(OfficeTemplate):
    """An entry from a signature. 2: two numbers, and a namesake. 3: there may be an entry already."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("typo", "no company"), ("office", "namesake"), ("office", "the other way"))

    def minimum(self, slots: Slots) -> int:
        return 3 + (self.level == 3)  # search, read the signature, (look for an entry,) save

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        company, other, former = scene.companies[:3]
        person = scene.person(company, known=False)
        old = scene.old_entry(person, "", former) if self.level == 3 and random.random() < 0.5 else None

        def write(who: Person) -> None:
            words = {"name": who.name, "company": who.company, "role": draw(random, ROLES), "mobile": who.phone}
            signature = SIGNATURES[self.level].format(**words, office=scene.fresh())
            text = draw(random, INTRODUCTIONS).format(company=who.company)
            scene.mail(who, draw(random, ("Hello", "Nice to meet you", "My first mail")), text, signature=signature)

        write(person)
        if self.level > 1:
            write(scene.person(other, first=person.first, known=False))
            scene.person(company, first=person.first)
        values = {"email": person.email, "phone": person.phone, "company": company}
        want = {"contacts": {str(old.id): values}} if old else {"new_contact": values | {"name": person.name}}
        ask = {"name": person.name, "first": person.first, "company": company}
        return scene.slots(SAVES, ask | {"more": IF_KNOWN if self.level == 3 else ""}, want)

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words="mobile", sender=ask["first"] if slip == "namesake" else ask["name"])
        text = yield from text_of(found[0])
        number = read_frame((f"{'Office' if slip == 'office' else 'Mobile'}: {{number}}",), text)["number"]
        number = f"{number[:-1]}{(int(number[-1]) + 1) % 10}" if slip == "typo" else number
        email = found[0]["from"].split("<")[1].rstrip(">")
        new = {"email": email, "phone": number, "company": "" if slip == "no company" else ask["company"]}
        known = (yield from contacts(ask["name"])) if self.level == 3 else []
        if slip == "the other way":
            known = (yield from contacts(f"{ask['first']} {ask['company']}")) if not known else []
        if known:
            yield from read("update_contact", contact_id=known[0]["contact_id"], **new)
        else:
            yield from read("add_contact", name=ask["name"], **new)


CHANGES = (
    "My phone number has changed: it is now {new} instead of {old}.",
    "Please note that my number isn't {old} any longer, but {new}.",
    "I have a new phone number, {new}. The old one, {old}, no longer works.",
)
MISTAKES = (
    "There was a typing error in the number that I sent you. Please take {new}.",
    "The number in my last mail was wrong, I'm sorry. The right one is {new}.",
)
CORRECTS = (
    "{name} has a new phone number and wrote to me about it. Please correct the entry in my address book.",
    "There's a mail from {name} with a new phone number. Change it in the address book.",
    "Please look for {name}'s mail about the new number and put the number into the address book.",
)


class CorrectPhone(OfficeTemplate):
    """A new number. 2: for one of two with the same last name. 3: the number that was sent first was wrong."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("typo", "namesake"), ("typo", "family"), ("first mail", "family"))

    def minimum(self, slots: Slots) -> int:
        return 4  # search, read the newest, find the entry, change it

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        company = scene.companies[0] if random.random() < 0.5 else COMPANY
        person = scene.person(company)
        scene.person(first=person.first)
        numbers = [scene.fresh(), scene.fresh()]
        if self.level > 1:
            relative = scene.person(company, last=person.name.split()[1])
            scene.mail(relative, "My number", draw(random, CHANGES).format(new=scene.fresh(), old=relative.phone))
        subject = draw(random, ("New number", "My number", "For your address book"))
        scene.mail(person, subject, draw(random, CHANGES).format(new=numbers[0], old=person.phone))
        if self.level == 3:
            scene.mail(person, f"Re: {subject}", draw(random, MISTAKES).format(new=numbers[1]))
        new = numbers[1] if self.level == 3 else numbers[0]
        first, last = person.name.split()
        ask = {"name": person.name, "first": first, "last": last}
        return scene.slots(CORRECTS, ask, {"contacts": {str(person.id): {"phone": new}}})

    def act(self, ask: Mapping[str, Any], slip: str) -> Part:
        found = yield from mails(words="number", sender=ask["name"])
        text = yield from text_of(found[-1 if slip == "first mail" else 0])
        number = read_frame((*CHANGES, *MISTAKES), text)["new"]
        number = f"{number[:-1]}{(int(number[-1]) + 1) % 10}" if slip == "typo" else number
        entries = yield from contacts({"namesake": ask["first"], "family": ask["last"]}.get(slip, ask["name"]))
        entry = next(each for each in entries if (each["name"] != ask["name"]) == (slip in ("namesake", "family")))
        yield from read("update_contact", contact_id=entry["contact_id"], phone=number)
