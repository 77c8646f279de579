"""Contacts: a new one, and a draft (2 templates)."""

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
from palaestra.envs.android.tasks.oracle import OracleView, open_app, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.android.ui import accessibility

CONTACTS = "com.google.android.contacts"
CONTACT_ROWS = "database/com.android.providers.contacts/"
LABELS = ("Home", "Work")


def add_contact(device, name: str, number: str) -> None:
    """A contact as if it had been there."""
    uri = device.providers.insert("content://com.android.contacts/raw_contacts", {"account_name": "phone"})
    owner = int(uri.rpartition("/")[2])
    for kind, values in ((NAME_TYPE, {"data1": name}), (PHONE_TYPE, {"data1": number, "data2": 2})):
        row = {"raw_contact_id": owner, "mimetype": kind, **values}
        device.providers.insert("content://com.android.contacts/data", row)


def clear_contacts(device) -> None:
    """No contacts."""
    device.providers.delete("content://com.android.contacts/raw_contacts")


class ContactsAddContact(Template):
    """Name and number as a row of the contacts provider."""

    apps = (CONTACTS,)
    complexity = 1.2

    def slots(self, random):
        return {"name": full_name(random), "number": phone_number(random)}

    def instruction(self, slots):
        return f"Add {slots['name']} to the contacts, with the number {slots['number']}."

    def setup(self, device, slots, random):
        clear_contacts(device)

    def check(self, start, device, answers, slots):
        rows = device.providers.query("content://contacts/phones/", ["display_name", "number"])
        there = any(
            row["display_name"] == slots["name"] and digits(row["number"] or "") == digits(slots["number"])
            for row in rows
        )
        return {"the contact is saved": there}

    def footprint(self, slots):
        return (CONTACT_ROWS, *private_data(CONTACTS))

    def oracle(self, screen, slots):
        first, last = slots["name"].split(" ", 1)
        screen = yield open_app("Contacts")
        screen = yield screen.tap(desc="Create contact")
        screen = yield type_text(first, screen.one(hint="First name"))
        screen = yield type_text(last, screen.one(hint="Last name"))
        screen = yield type_text(slots["number"], screen.one(hint="Phone"))
        yield screen.tap(text="Save")

    def near_misses(self, slots):
        number = slots["number"][:-1] + str((int(slots["number"][-1]) + 1) % 10)
        first, last = slots["name"].split(" ", 1)
        return [
            slots | {"number": number},
            slots | {"name": f"{other(FIRST_NAMES, first)} {last}"},
            slots | {"name": f"{first} {other(LAST_NAMES, last)}"},
        ]


class ContactsNewContactDraft(Template):
    """The form filled in and not saved."""

    apps = (CONTACTS,)
    complexity = 1.2

    def slots(self, random):
        number = digits(phone_number(random))[1:]
        return {
            "first": choose(random, FIRST_NAMES),
            "last": choose(random, LAST_NAMES),
            "phone": f"{number[:3]}-{number[3:6]}-{number[6:]}",
            "phone_label": choose(random, LABELS),
        }

    def instruction(self, slots):
        return (
            f"Open the form for a new contact and fill in the first name {slots['first']}, the last name "
            f"{slots['last']}, the phone {slots['phone']} with the label {slots['phone_label']}. Do not save it."
        )

    def setup(self, device, slots, random):
        clear_contacts(device)

    def check(self, start, device, answers, slots):
        screen = OracleView(accessibility.elements(device, hidden=True), device.size)
        label = slots["phone_label"]
        return {
            "first name": screen.has(lambda e: alike(e["text"], slots["first"]), hint="First name"),
            "last name": screen.has(lambda e: alike(e["text"], slots["last"]), hint="Last name"),
            "phone": screen.has(lambda e: digits(e["text"]) == digits(slots["phone"]), hint="Phone"),
            "label": screen.has(text=label, desc=f"{label} Phone"),
        }

    def oracle(self, screen, slots):
        screen = yield open_app("Contacts")
        screen = yield screen.tap(desc="Create contact")
        screen = yield type_text(slots["first"], screen.one(hint="First name"))
        screen = yield type_text(slots["last"], screen.one(hint="Last name"))
        screen = yield type_text(slots["phone"], screen.one(hint="Phone"))
        screen = yield screen.tap(desc="Mobile Phone")
        yield screen.tap(text=slots["phone_label"])

    def near_misses(self, slots):
        return [
            slots | {"first": other(FIRST_NAMES, slots["first"])},
            slots | {"last": other(LAST_NAMES, slots["last"])},
            slots | {"phone": slots["phone"][:-1] + str((int(slots["phone"][-1]) + 1) % 10)},
            slots | {"phone_label": other(LABELS, slots["phone_label"])},
        ]
