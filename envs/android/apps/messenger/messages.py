"""Messages: rows of the telephony provider, as conversations and one by one; sending, deleting, marking as read."""

import datetime
from typing import Any

from palaestra.envs.android.system.contracts import as_integer, as_text
from palaestra.envs.android.system.phone import Phone

PACKAGE = "com.simplemobiletools.smsmessenger"
THREAD = f"{PACKAGE}.activities.ThreadActivity"
SMS = "content://sms"
INBOX, SENT, OUTBOX, FAILED = 1, 2, 4, 5
"""Telephony.Sms' types."""
SENDING_MS = 400
MIN_DIGITS = 7
"""Numbers with at least this many digits are the same line if their last ten digits are equal."""

LAST_MS = 253_402_214_400_000
"""The last date that is shown: 31 December 9999."""

Message = dict[str, Any]
"""Columns of a row of ``content://sms``; a conversation's last one has ``unread`` and ``name`` besides."""


# --- numbers


def digits(number: str) -> str:
    """A number's digits."""
    return "".join(c for c in number if c.isdecimal())


def same_line(number: str, other: str) -> bool:
    """Whether two numbers are the same line."""
    a, b = digits(number), digits(other)
    return number == other or bool(a and b and (a == b or (min(len(a), len(b)) >= MIN_DIGITS and a[-10:] == b[-10:])))


def name_of(phone: Phone, address: str) -> str:
    """A contact's name by number, or the number."""
    if not digits(address):
        return address
    for contact in phone.providers.query("content://contacts/phones/", ["display_name", "number"]):
        if same_line(contact["number"] or "", address):
            return contact["display_name"] or address
    return address


def note_id(address: str) -> int:
    """The number of a conversation's notification."""
    return int(digits(address)[-8:] or "1")


# --- reading


def conversations(phone: Phone) -> list[Message]:
    """The last message of every conversation, the newest first."""
    columns = ["_id", "thread_id", "address", as_text("body"), as_integer("date"), "type", "read"]
    last: dict[int, Message] = {}
    for row in phone.providers.query(SMS, columns, sort="date, _id"):
        before = last.get(row["thread_id"], {}).get("unread", 0)
        last[row["thread_id"]] = row | {
            "unread": before + int(not row["read"] and row["type"] == INBOX),
            "name": name_of(phone, row["address"] or ""),
            "body": row["body"],
        }
    return sorted(last.values(), key=lambda message: (-message["date"], -message["_id"]))


def matches(message: Message, query: str) -> bool:
    """Whether a search finds a conversation by its last message."""
    words = query.casefold()
    texts = (message["name"].casefold(), message["body"].casefold(), message["address"] or "")
    return any(words in text for text in texts)


def messages_with(phone: Phone, address: str) -> list[Message]:
    """Messages of a conversation, the oldest first."""
    rows = phone.providers.query(SMS, ["_id", "address", as_text("body"), as_integer("date"), "type"], sort="date, _id")
    return [row for row in rows if same_line(row["address"] or "", address)]


def when_text(phone: Phone, date_ms: int) -> str:
    """``15:34`` today, else ``Oct 14``."""
    date_ms = max(0, min(date_ms, LAST_MS))
    moment = datetime.datetime.fromtimestamp(date_ms / 1000, datetime.UTC).astimezone(phone.now.tzinfo)
    return f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"


# --- writing


def send(phone: Phone, address: str, body: str) -> None:
    """Put a message into the outbox; it is sent soon, or fails in airplane mode."""
    uri = phone.providers.insert(f"{SMS}/outbox", {"address": address, "body": body, "read": 1, "creator": PACKAGE})
    event = "failed" if phone.settings.on("global", "airplane_mode_on") else "sent"
    phone.schedule(SENDING_MS, PACKAGE, event, {"id": int(str(uri).rpartition("/")[2])}, loading=True)


def leave_outbox(phone: Phone, number: int, kind: int) -> None:
    """Mark a message in the outbox as ``SENT`` or ``FAILED``."""
    phone.providers.update(SMS, {"type": kind}, f"_id = {number} AND type = {OUTBOX}")


def delete_message(phone: Phone, number: int) -> None:
    """Delete a message."""
    phone.providers.delete(SMS, f"_id = {number}")


def mark_all_read(phone: Phone) -> None:
    """Mark every message as read."""
    phone.providers.update(SMS, {"read": 1}, "read = 0")


def mark_read(phone: Phone, address: str) -> None:
    """Mark a conversation's messages as read, and take its notification away."""
    for message in phone.providers.query(SMS, ["_id", "address"], f"read = 0 AND type = {INBOX}"):
        if same_line(message["address"] or "", address):
            phone.providers.update(SMS, {"read": 1, "seen": 1}, f"_id = {message['_id']}")
    key = f"{PACKAGE}|{note_id(address)}"
    if any(note["key"] == key for note in phone.state["notifications"]):
        phone.cancel_notification(PACKAGE, note_id(address))
