"""Messages as rows of the telephony provider."""

import datetime
from typing import Any

from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone

PACKAGE = "com.simplemobiletools.smsmessenger"
MAIN_ACTIVITY = f"{PACKAGE}.activities.MainActivity"
THREAD = f"{PACKAGE}.activities.ThreadActivity"
NEW = f"{PACKAGE}.activities.NewConversationActivity"
SENDING_MS = 400
SMS = "content://sms"
INBOX, SENT, OUTBOX, FAILED = 1, 2, 4, 5


def send(phone: Phone, address: str, body: str) -> None:
    """Put a message into the outbox; it is sent soon, or fails in airplane mode."""
    uri = phone.providers.insert(f"{SMS}/outbox", {"address": address, "body": body, "read": 1, "creator": PACKAGE})
    event = "failed" if phone.settings.on("global", "airplane_mode_on") else "sent"
    phone.schedule(SENDING_MS, PACKAGE, event, {"id": int(uri.rpartition("/")[2])}, loading=True)


def digits(number: str) -> str:
    """A number's digits."""
    return "".join(c for c in number if c.isdigit())


def same(number: str, other: str) -> bool:
    """Whether two numbers belong to the same line."""
    a, b = digits(number), digits(other)
    return number == other or bool(a and b and (a == b or (min(len(a), len(b)) >= 7 and a[-10:] == b[-10:])))


def note_id(address: str) -> int:
    """The id of a conversation's notification."""
    return int(digits(address)[-8:] or "1")


def threads(phone: Phone) -> list[dict[str, Any]]:
    """The last message of every thread, the newest first."""
    rows = phone.providers.query(SMS, ["_id", "thread_id", "address", "body", "date", "type", "read"], sort="date, _id")
    newest: dict[int, dict[str, Any]] = {}
    for message in rows:
        unread = newest.get(message["thread_id"], {}).get("unread", 0) + int(
            not message["read"] and message["type"] == INBOX
        )
        newest[message["thread_id"]] = message | {
            "unread": unread,
            "name": name_of(phone, message["address"] or ""),
            "body": message["body"] or "",
        }
    return sorted(newest.values(), key=lambda message: (-message["date"], -message["_id"]))


def matches(conversation: dict[str, Any], query: str) -> bool:
    """Whether a search finds a conversation."""
    words = query.casefold()
    return (
        words in conversation["name"].casefold()
        or words in conversation["body"].casefold()
        or words in (conversation["address"] or "")
    )


def messages_with(phone: Phone, address: str) -> list[dict[str, Any]]:
    """Messages of a conversation, the oldest first."""
    rows = phone.providers.query(SMS, ["_id", "address", "body", "date", "type"], sort="date, _id")
    return [message for message in rows if same(message["address"] or "", address)]


def name_of(phone: Phone, address: str) -> str:
    """A contact's name by number, or the number."""
    if not digits(address):
        return address
    for person in phone.providers.query("content://contacts/phones/", ["display_name", "number"]):
        if same(person["number"] or "", address):
            return person["display_name"] or address
    return address


def mark_read(phone: Phone, address: str) -> None:
    """Mark a conversation as read."""
    unread = phone.providers.query(SMS, ["_id", "address"], f"read = 0 AND type = {INBOX}")
    for message in unread:
        if same(message["address"] or "", address):
            phone.providers.update(SMS, {"read": 1, "seen": 1}, f"_id = {message['_id']}")
    key = f"{PACKAGE}|{note_id(address)}"
    if any(note["key"] == key for note in phone.state["notifications"]):
        phone.cancel_notification(PACKAGE, note_id(address))


def delete_threads(activity: Activity) -> None:
    """Delete the selected conversations."""
    for number in activity.state["selected"]:
        activity.phone.providers.delete(SMS, f"thread_id = {number}")
    activity.state.update(selected=[], dialog="")


def delete_messages(activity: Activity) -> None:
    """Delete the selected messages."""
    for number in activity.state["selected"]:
        activity.phone.providers.delete(SMS, f"_id = {number}")
    activity.state.update(selected=[], dialog="")


def copy(activity: Activity, messages: list[dict[str, Any]]) -> None:
    """Copy the selected messages to the clipboard."""
    chosen = activity.state["selected"]
    activity.phone.clipboard = "\n".join(message["body"] for message in messages if message["_id"] in chosen)
    chosen.clear()
    activity.toast("Copied")


def when_text(phone: Phone, date_ms: int) -> str:
    """``15:34`` today, else ``Oct 14``."""
    moment = datetime.datetime.fromtimestamp(date_ms / 1000, datetime.UTC).astimezone(phone.now.tzinfo)
    return f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"
