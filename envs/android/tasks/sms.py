"""Text messages with the SMS app (6 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.elements import centre
from palaestra.envs.android.device import Device
from palaestra.envs.android.system.contracts import as_integer, as_text
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.tasks.contacts import CONTACT_ROWS, add_contact, clear_contacts
from palaestra.envs.android.tasks.content import (
    ADDRESSES,
    SENTENCES,
    alike,
    choose,
    choose_some,
    full_name,
    other,
    phone_number,
)
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, Route, back, open_app, scroll_to, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.android.ui import accessibility
from palaestra.envs.task import Slots

MESSENGER = "com.simplemobiletools.smsmessenger"
SMS_ROWS = "database/com.android.providers.telephony/"
FRESH_MS = 5 * 60 * 1000
"""A message counts if it was sent within the last five minutes of the phone's time."""
MINUTE_MS = 60_000
GLITCH = "Something went wrong here. What did you write last?"


def receive(device: Device, number: str, body: str) -> None:
    """Receive a message, then wait for a minute."""
    device.broadcast(intent("android.provider.Telephony.SMS_DELIVER", address=number, body=body))
    device.advance(MINUTE_MS)


def sent_messages(device: Device) -> list[dict[str, Any]]:
    """Rows of sent messages, oldest first."""
    columns = [as_text("address"), as_text("body"), as_integer("date")]
    return device.providers.query("content://sms/sent", columns, sort="_id")


def plain(number: str) -> str:
    """A number without spaces and dashes."""
    return number.replace("-", "").replace(" ", "")


def was_sent(device: Device, number: str, message: str) -> bool:
    """Whether that message was sent to the number within the last ``FRESH_MS``."""
    now = device.now_us // 1000
    return any(
        plain(row["address"]) == number and alike(row["body"], message) and now - row["date"] <= FRESH_MS
        for row in sent_messages(device)
    )


def sending(device: Device) -> bool:
    """Whether a message is stuck on its way."""
    return any(e["text"].startswith("Sending") for e in accessibility.elements(device))


class _Send(Template):
    """Send a message to a number, and stay in the app."""

    apps = (MESSENGER,)
    complexity = 1.2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"number": phone_number(random), "message": choose(random, SENTENCES)}

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        device.settings.put("global", "airplane_mode_on", "0")
        device.providers.delete("content://sms")
        self.prepare(device, slots)

    def prepare(self, device: Device, slots: Slots) -> None:
        """Set up the messages, contacts and clipboard that the task begins with."""

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {
            "the message was sent": was_sent(device, slots["number"], slots["message"]),
            "the app is in front": device.foreground[0] == MESSENGER,
            "nothing is still being sent": not sending(device),
        }

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (SMS_ROWS, *private_data(MESSENGER))


COMPOSE: dict[str, Any] = {"hint": "Type a message…"}
"""The field of a conversation."""
SEND: dict[str, Any] = {"desc": "Send"}


def new_conversation(screen: OracleView, to: str) -> Route:
    """Begin a conversation with a number, or with a contact by name."""
    screen = yield open_app("Simple SMS Messenger")
    screen = yield screen.tap(desc="New conversation")
    screen = yield type_text(to, screen.one(editable=True))
    if to[:1] in "+0123456789":
        return (yield screen.tap(desc="OK"))
    return (yield screen.tap(lambda e: e["text"] == to and not e["editable"]))


def open_conversation(screen: OracleView, place: int | None = None, **exact: Any) -> Route:
    """Open a conversation of the list, by its title or by its place from the top."""
    screen = yield open_app("Simple SMS Messenger")
    if place is not None:
        return (yield Action("tap", centre(screen.all(lambda e: e["id"].endswith("conversation_address"))[place])))
    screen = yield from scroll_to(screen, **exact)
    return (yield screen.tap(**exact))


def messages_of(screen: OracleView) -> list[str]:
    """The visible texts of a conversation, oldest first."""
    bodies = screen.all(lambda e: e["id"].endswith("thread_message_body"))
    return [e["text"] for e in sorted(bodies, key=lambda e: e["bounds"][1])]


def write(screen: OracleView, message: str) -> Oracle:
    """Type a message and send it."""
    screen = yield type_text(message, screen.one(**COMPOSE))
    yield screen.tap(**SEND)


def other_message(slots: Slots) -> dict[str, Any]:
    """The same slots with another message."""
    return {**slots, "message": other(SENTENCES, slots["message"])}


def other_number(slots: Slots) -> dict[str, Any]:
    """The same slots with another number."""
    return {**slots, "number": slots["number"][:-1] + str((int(slots["number"][-1]) + 1) % 10)}


class SimpleSmsSend(_Send):
    def instruction(self, slots: Slots) -> str:
        return f"Send a text message to {slots['number']} with Simple SMS Messenger: {slots['message']}"

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from new_conversation(screen, slots["number"])
        yield from write(screen, slots["message"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [other_number(slots), other_message(slots)]


class SimpleSmsSendClipboardContent(_Send):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"number": phone_number(random), "message": choose(random, ADDRESSES)}

    def instruction(self, slots: Slots) -> str:
        return f"Send what is in the clipboard to {slots['number']} with Simple SMS Messenger."

    def prepare(self, device: Device, slots: Slots) -> None:
        device.clipboard = slots["message"]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from new_conversation(screen, slots["number"])
        screen = yield screen.long_press(**COMPOSE)
        screen = yield screen.tap(lambda e: "Paste" in (e["text"], e["desc"]))
        yield screen.tap(**SEND)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [other_number(slots)]


def draw_received(random: np.random.Generator, message: str, count: int) -> list[list[str]]:
    """Slot: number and body of received messages, none of which has the given text."""
    bodies = choose_some(random, [s for s in SENTENCES if s != message], count)
    return [[phone_number(random), body] for body in bodies]


class SimpleSmsReply(_Send):
    """Reply in one conversation among others."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        drawn = super().slots(random)
        received = draw_received(random, drawn["message"], 2 + int(random.integers(5)))
        received[int(random.integers(len(received)))][0] = drawn["number"]
        return drawn | {"received": received}

    def instruction(self, slots: Slots) -> str:
        return f"In Simple SMS Messenger, reply to {slots['number']}: {slots['message']}"

    def prepare(self, device: Device, slots: Slots) -> None:
        for number, body in slots["received"]:
            receive(device, number, body)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_conversation(screen, text=slots["number"])
        yield from write(screen, slots["message"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        wrong = next(number for number, _ in slots["received"] if number != slots["number"])
        return [{**slots, "number": wrong}, other_message(slots)]


class SimpleSmsReplyMostRecent(_Send):
    """Reply in the first conversation of the list."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        drawn = super().slots(random)
        received = draw_received(random, drawn["message"], 2 + int(random.integers(5)))
        received[-1][0] = drawn["number"]
        return drawn | {"received": received, "place": 0}

    def instruction(self, slots: Slots) -> str:
        return f"In Simple SMS Messenger, reply to the most recent message: {slots['message']}"

    def prepare(self, device: Device, slots: Slots) -> None:
        for number, body in slots["received"]:
            receive(device, number, body)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_conversation(screen, place=slots["place"])
        yield from write(screen, slots["message"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "place": 1}, other_message(slots)]


def draw_people(random: np.random.Generator) -> tuple[str, str]:
    """Two names with different first and last names."""
    name = full_name(random)
    while True:
        another = full_name(random)
        if not set(name.split()) & set(another.split()):
            return name, another


class SimpleSmsSendReceivedAddress(_Send):
    """Forward a person's message to another person."""

    complexity = 1.8

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        name1, name2 = draw_people(random)
        numbers = {"number": phone_number(random), "number2": phone_number(random)}
        return {"name1": name1, "name2": name2, "message": choose(random, ADDRESSES), **numbers}

    def instruction(self, slots: Slots) -> str:
        return (
            f"{slots['name2']} has just sent me the address of an event. Text it to {slots['name1']} with Simple SMS "
            "Messenger."
        )

    def prepare(self, device: Device, slots: Slots) -> None:
        clear_contacts(device)
        add_contact(device, slots["name1"], slots["number"])
        add_contact(device, slots["name2"], slots["number2"])
        receive(device, slots["number2"], slots["message"])

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (*super().footprint(slots), CONTACT_ROWS)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_conversation(screen, text=slots["name2"])
        address = messages_of(screen)[-1]
        screen = yield back()
        screen = yield from new_conversation(screen, slots["name1"])
        yield from write(screen, address)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "name1": slots["name2"]}]


class SimpleSmsResend(_Send):
    """Send the last message once more."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"name": full_name(random), **super().slots(random)}

    def instruction(self, slots: Slots) -> str:
        return f"In Simple SMS Messenger, send {slots['name']} the message once more that I have just sent."

    def prepare(self, device: Device, slots: Slots) -> None:
        clear_contacts(device)
        add_contact(device, slots["name"], slots["number"])
        device.providers.insert("content://sms/sent", {"address": slots["number"], "body": slots["message"], "read": 1})
        device.advance(MINUTE_MS)
        receive(device, slots["number"], GLITCH)

    def facts(self, device: Device, slots: Slots) -> dict[str, Any]:
        return {"sent": len(sent_messages(device))}

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        sent = sent_messages(device)
        last = sent[-1] if sent else {"address": "", "body": ""}
        same = plain(last["address"]) == slots["number"] and alike(last["body"], slots["message"])
        return {"one more was sent": len(sent) == start["sent"] + 1, "it is the same": same}

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_conversation(screen, text=slots["name"])
        yield from write(screen, messages_of(screen)[-2])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return []
