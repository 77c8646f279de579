"""Contacts: a new one, and a draft (2 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.system.contracts import NAME_TYPE, PHONE_TYPE
from palaestra.envs.android.tasks.content import (
    FIRST_NAMES,
    LAST_NAMES,
    alike,
    choose,
    digits,
    full_name,
    other,
    phone_number,
)
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, open_app, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.android.ui import accessibility
from palaestra.envs.task import Slots

CONTACTS = "com.google.android.contacts"
CONTACT_ROWS = "database/com.android.providers.contacts/"
LABELS = ("Home", "Work")


def add_contact(device: Device, name: str, number: str) -> None:
    """Add a contact, as a row of the provider."""
    uri = device.providers.insert("content://com.android.contacts/raw_contacts", {"account_name": "phone"})
    owner = int(str(uri).rpartition("/")[2])
    for kind, values in ((NAME_TYPE, {"data1": name}), (PHONE_TYPE, {"data1": number, "data2": 2})):
        row = {"raw_contact_id": owner, "mimetype": kind, **values}
        device.providers.insert("content://com.android.contacts/data", row)


def clear_contacts(device: Device) -> None:
    """Delete all contacts."""
    device.providers.delete("content://com.android.contacts/raw_contacts")


class ContactsAddContact(Template):
    """Save a contact with a name and a number."""

    apps = (CONTACTS,)
    complexity = 1.2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"name": full_name(random), "number": phone_number(random)}

    def instruction(self, slots: Slots) -> str:
        return f"Add {slots['name']} to the contacts, with the number {slots['number']}."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        clear_contacts(device)

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        rows = device.providers.query("content://contacts/phones/", ["display_name", "number"])
        there = any(
            row["display_name"] == slots["name"] and digits(row["number"] or "") == digits(slots["number"])
            for row in rows
        )
        return {"the contact is saved": there}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (CONTACT_ROWS, *private_data(CONTACTS))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        first, last = slots["name"].split(" ", 1)
        screen = yield open_app("Contacts")
        screen = yield screen.tap(desc="Create contact")
        screen = yield type_text(first, screen.one(hint="First name"))
        screen = yield type_text(last, screen.one(hint="Last name"))
        screen = yield type_text(slots["number"], screen.one(hint="Phone"))
        yield screen.tap(text="Save")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        number = slots["number"][:-1] + str((int(slots["number"][-1]) + 1) % 10)
        first, last = slots["name"].split(" ", 1)
        return [
            {**slots, "number": number},
            {**slots, "name": f"{other(FIRST_NAMES, first)} {last}"},
            {**slots, "name": f"{first} {other(LAST_NAMES, last)}"},
        ]


class ContactsNewContactDraft(Template):
    """Fill in the form without saving it."""

    apps = (CONTACTS,)
    complexity = 1.2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        number = digits(phone_number(random))[1:]
        return {
            "first": choose(random, FIRST_NAMES),
            "last": choose(random, LAST_NAMES),
            "phone": f"{number[:3]}-{number[3:6]}-{number[6:]}",
            "phone_label": choose(random, LABELS),
        }

    def instruction(self, slots: Slots) -> str:
        return (
            f"Open the form for a new contact and fill in the first name {slots['first']}, the last name "
            f"{slots['last']}, the phone {slots['phone']} with the label {slots['phone_label']}. Do not save it."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        clear_contacts(device)

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        screen = OracleView(accessibility.elements(device, hidden=True), device.size)
        label = slots["phone_label"]
        return {
            "first name": screen.has(lambda e: alike(e["text"], slots["first"]), hint="First name"),
            "last name": screen.has(lambda e: alike(e["text"], slots["last"]), hint="Last name"),
            "phone": screen.has(lambda e: digits(e["text"]) == digits(slots["phone"]), hint="Phone"),
            "label": screen.has(text=label, desc=f"{label} Phone"),
        }

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Contacts")
        screen = yield screen.tap(desc="Create contact")
        screen = yield type_text(slots["first"], screen.one(hint="First name"))
        screen = yield type_text(slots["last"], screen.one(hint="Last name"))
        screen = yield type_text(slots["phone"], screen.one(hint="Phone"))
        screen = yield screen.tap(desc="Mobile Phone")
        yield screen.tap(text=slots["phone_label"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [
            {**slots, "first": other(FIRST_NAMES, slots["first"])},
            {**slots, "last": other(LAST_NAMES, slots["last"])},
            {**slots, "phone": slots["phone"][:-1] + str((int(slots["phone"][-1]) + 1) % 10)},
            {**slots, "phone_label": other(LABELS, slots["phone_label"])},
        ]
