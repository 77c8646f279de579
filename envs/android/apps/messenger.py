"""Text messages over the telephony provider: conversations, a thread, a new conversation.

The rows are the provider's (``content://sms``); the app keeps nothing of its own but drafts.
"""

import datetime
from typing import Any

from palaestra.envs.android.apps.contacts import avatar
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    app_bar,
    column,
    dialog,
    fab,
    icon,
    icon_button,
    lazy_list,
    list_item,
    menu,
    row,
    scaffold,
    scroll,
    spacer,
    stack,
    text,
    text_field,
)

PACKAGE = "com.simplemobiletools.smsmessenger"
MAIN_ACTIVITY = f"{PACKAGE}.activities.MainActivity"
THREAD = f"{PACKAGE}.activities.ThreadActivity"
NEW = f"{PACKAGE}.activities.NewConversationActivity"
SENDING_MS = 400
SMS = "content://sms"
INBOX, SENT, OUTBOX, FAILED = 1, 2, 4, 5
WELCOME = (
    ("+1 415 555 0132", "Lunch on Thursday? The new place by the river has a terrace."),
    ("+1 212 555 0178", "Your parcel is at the front desk."),
)


class Messenger(App):
    """Conversations, thread, new conversation."""

    package = PACKAGE
    label = "Simple SMS Messenger"
    icon = "message-text"
    color = "#EF6C00"
    system = False
    activities = {MAIN_ACTIVITY: "conversations", THREAD: "thread", NEW: "new"}
    launcher = MAIN_ACTIVITY
    permissions = (
        "android.permission.READ_SMS",
        "android.permission.SEND_SMS",
        "android.permission.RECEIVE_SMS",
        "android.permission.READ_CONTACTS",
    )
    filters = (
        {"activity": MAIN_ACTIVITY, "action": MAIN},
        {"activity": NEW, "action": "android.intent.action.SENDTO", "scheme": "sms"},
        {"activity": NEW, "action": "android.intent.action.SENDTO", "scheme": "smsto"},
        {"activity": NEW, "action": VIEW, "scheme": "sms"},
        {"activity": NEW, "action": VIEW, "scheme": "smsto"},
    )
    receivers = {"android.provider.Telephony.SMS_DELIVER": "deliver"}

    def install(self, phone: Phone):
        for name in ("READ_SMS", "SEND_SMS", "RECEIVE_SMS", "READ_CONTACTS"):
            phone.packages.grant(PACKAGE, f"android.permission.{name}")
        for number, body in WELCOME:
            phone.providers.insert(f"{SMS}/inbox", {"address": number, "body": body, "read": 1, "seen": 1})

    # --- screens

    def conversations(self, activity: Activity) -> Page:
        """Threads, the newest first."""
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        found = [one for one in threads(phone) if matches(one, query)]
        chosen = state.setdefault("selected", [])
        if state.get("searching"):
            bar = row(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Back"),
                text_field(
                    query,
                    lambda value: state.update(query=value),
                    hint="Search",
                    style="bare",
                    weight=1,
                    autofocus=True,
                    id="top_toolbar_search",
                    action="search",
                ),
                width=FILL,
                height=64,
                padding=(4, 0),
            )
        elif chosen:
            bar = row(
                icon_button("close", chosen.clear, "Close"),
                text(f"{len(chosen)} / {len(found)}", "title_large", weight=1),
                icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="cab_delete"),
                icon_button(
                    "select-all", lambda: state.update(selected=[one["thread_id"] for one in found]), "Select all"
                ),
                width=FILL,
                height=64,
                padding=(4, 0),
                background="surface_container_highest",
            )
        else:
            bar = app_bar(
                "Simple SMS Messenger",
                actions=[
                    icon_button("magnify", lambda: state.update(searching=True), "Search"),
                    icon_button("dots-vertical", lambda: state.update(menu=True), "More options"),
                ],
            )

        def build(index: int) -> View:
            one = found[index]
            number = one["thread_id"]

            def open_() -> None:
                if chosen:
                    (chosen.remove if number in chosen else chosen.append)(number)
                else:
                    activity.start(THREAD, address=one["address"])

            return self._conversation(phone, one, open_, lambda: chosen.append(number), number in chosen)

        body: View = lazy_list(len(found), build, 80, id="conversations_list", padding=(0, 0, 0, 96))
        if not found:
            words = "No conversations found" if query else "No stored conversations found"
            body = stack(
                column(
                    icon("message-outline", 72, "outline"),
                    text(words, "title_medium", id="no_conversations_placeholder"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )
        plus = fab("plus", lambda: activity.start(NEW), "New conversation", id="conversations_fab")
        windows = []
        if state.get("menu"):
            windows = [
                menu(
                    [("Mark all as read", lambda: phone.providers.update(SMS, {"read": 1}, "read = 0"))],
                    lambda: state.update(menu=False),
                )
            ]
        elif state.get("dialog") == "delete":
            windows = [
                sure(
                    "Are you sure you want to delete all messages of this conversation?",
                    lambda: delete_threads(activity),
                    lambda: state.update(dialog=""),
                )
            ]
        leave = None
        if state.get("searching") or chosen:
            leave = lambda: state.update(searching=False, query="", selected=[])
        return Page(scaffold(bar, body, plus), windows, on_back=leave, title="Conversations")

    def _conversation(self, phone: Phone, one: dict[str, Any], on_click: Any, on_hold: Any, chosen: bool) -> View:
        unread = one["unread"]
        color = "on_surface" if unread else "on_surface_variant"
        return row(
            icon("check-circle", 48, "primary") if chosen else avatar(one["name"], 48),
            column(
                row(
                    text(one["name"], "title_medium", lines=1, id="conversation_address", weight=1),
                    text(when_text(phone, one["date"]), "body_small", color, 1, id="conversation_date"),
                    width=FILL,
                    gap=8,
                ),
                text(
                    ("You: " if one["type"] == SENT else "") + one["body"].replace("\n", " "),
                    "title_small" if unread else "body_medium",
                    color,
                    1,
                    id="conversation_body_short",
                ),
                weight=1,
                gap=2,
            ),
            width=FILL,
            height=80,
            gap=16,
            padding=(16, 8),
            on_click=on_click,
            on_long_click=on_hold,
            key=str(one["thread_id"]),
            id="conversation_frame",
            selected=chosen,
            background="secondary_container" if chosen else None,
        )

    def thread(self, activity: Activity) -> Page:
        """One conversation."""
        phone, state = activity.phone, activity.state
        address = str(activity.intent["extras"].get("address", ""))
        mark_read(phone, address)
        name = name_of(phone, address)
        messages = messages_with(phone, address)
        chosen = state.setdefault("selected", [])
        if chosen:
            bar = row(
                icon_button("close", chosen.clear, "Close"),
                text(f"{len(chosen)} / {len(messages)}", "title_large", weight=1),
                icon_button(
                    "content-copy", lambda: copy(activity, messages), "Copy to clipboard", id="cab_copy_to_clipboard"
                ),
                icon_button("delete-outline", lambda: state.update(dialog="messages"), "Delete", id="cab_delete"),
                width=FILL,
                height=64,
                padding=(4, 0),
                background="surface_container_highest",
            )
        else:
            bar = app_bar(
                name,
                back=activity.finish,
                actions=[
                    icon_button(
                        "phone-outline",
                        lambda: activity.start(intent("android.intent.action.DIAL", data=f"tel:{address}")),
                        "Dial number",
                        id="dial_number",
                    ),
                    icon_button("dots-vertical", lambda: state.update(menu=True), "More options"),
                ],
            )
        bubbles = [self._bubble(activity, one) for one in messages]
        body = scroll(
            spacer(8),
            *bubbles,
            spacer(8),
            gap=6,
            padding=(12, 0),
            id="thread_messages_list",
            justify="end",
            key=f"messages {len(messages)}",
        )
        draft = state.get("draft", str(activity.intent["extras"].get("draft", "")))

        def put() -> None:
            if draft.strip():
                state["draft"] = ""
                send(phone, address, draft)

        ink = "primary" if draft.strip() else "outline"
        compose = row(
            icon_button(
                "plus", lambda: activity.toast("No attachments on this phone"), "Attachment", id="thread_add_attachment"
            ),
            text_field(
                draft,
                lambda value: state.update(draft=value),
                hint="Type a message…",
                style="bare",
                weight=1,
                input_type="multiline",
                id="thread_type_message",
                lines=4,
                radius=24,
                padding=(16, 12),
                background="surface_container_high",
            ),
            View(
                "box",
                "android.widget.Button",
                "column",
                [icon("send", 24, ink), text("SMS", "label_small", ink, 1)],
                on_click=put if draft.strip() else None,
                desc="Send",
                id="thread_send_message",
                enabled=bool(draft.strip()),
                width=56,
                height=48,
                radius=24,
                align="center",
                justify="center",
            ),
            width=FILL,
            padding=(4, 8),
            gap=4,
            align="end",
        )
        windows = []
        if state.get("menu"):
            add = (
                "Add contact",
                lambda: activity.start(
                    intent("android.intent.action.INSERT", phone=address, type="vnd.android.cursor.dir/contact")
                ),
            )
            windows = [
                menu(
                    [
                        *([add] if name == address else []),
                        ("Copy number", lambda: self._copy_number(activity, address)),
                        ("Delete", lambda: state.update(dialog="thread")),
                    ],
                    lambda: state.update(menu=False),
                )
            ]
        elif state.get("dialog") == "thread":
            windows = [
                sure(
                    "Are you sure you want to delete all messages of this conversation?",
                    lambda: self._delete_thread(activity, address),
                    lambda: state.update(dialog=""),
                )
            ]
        elif state.get("dialog") == "messages":
            windows = [
                sure(
                    "Are you sure you want to delete the selected message?",
                    lambda: delete_messages(activity),
                    lambda: state.update(dialog=""),
                )
            ]
        leave = (lambda: state.update(selected=[])) if chosen else None
        page = column(bar, body, compose, width=FILL, height=FILL)
        body.weight = 1
        return Page(page, windows, on_back=leave, title=name)

    def _bubble(self, activity: Activity, one: dict[str, Any]) -> View:
        state = activity.state
        ours = one["type"] != INBOX
        chosen = one["_id"] in state["selected"]

        def hold() -> None:
            state["selected"].append(one["_id"])

        def press() -> None:
            if state["selected"]:
                (state["selected"].remove if chosen else state["selected"].append)(one["_id"])
            elif one["type"] == FAILED:
                activity.phone.providers.delete(SMS, f"_id = {one['_id']}")
                send(activity.phone, one["address"], one["body"])

        told = {OUTBOX: "Sending…", FAILED: "Not sent. Touch to retry."}.get(one["type"], "")
        bubble = column(
            text(one["body"], "body_large", "on_primary_container" if ours else "on_surface", id="thread_message_body"),
            text(
                told or when_text(activity.phone, one["date"]),
                "body_small",
                "on_surface_variant",
                1,
                id="thread_message_date",
            ),
            max_width=300,
            radius=18,
            padding=(14, 8),
            gap=2,
            background="secondary_container" if chosen else "primary_container" if ours else "surface_container_high",
            gravity="end" if ours else "start",
            on_long_click=hold,
            on_click=press,
        )
        return stack(bubble, width=FILL, key=str(one["_id"]))

    def _copy_number(self, activity: Activity, address: str) -> None:
        activity.phone.clipboard = address
        activity.toast("Copied")

    def _delete_thread(self, activity: Activity, address: str) -> None:
        for one in messages_with(activity.phone, address):
            activity.phone.providers.delete(SMS, f"_id = {one['_id']}")
        activity.finish()

    def new(self, activity: Activity) -> Page:
        """Whom to write to."""
        phone, state = activity.phone, activity.state
        data = activity.intent["data"]
        if data and not state.get("opened"):
            state["opened"] = True
            number = data.partition(":")[2].partition("?")[0]
            draft = str(activity.intent["extras"].get("sms_body", ""))
            if number:
                activity.finish()
                activity.phone.start_activity(
                    intent(package=PACKAGE, cls=THREAD, address=number, draft=draft), new_task=False
                )
                return Page(column(width=FILL, height=FILL))
        typed = state.get("typed", "")
        people = phone.providers.query("content://contacts/phones/", ["display_name", "number"])
        people = [
            one
            for one in people
            if typed.casefold() in (one["display_name"] or "").casefold()
            or (digits(typed) and digits(typed) in digits(one["number"] or ""))
        ]
        people.sort(key=lambda one: (one["display_name"] or "").casefold())

        def open_(number: str) -> None:
            activity.finish()
            phone.start_activity(intent(package=PACKAGE, cls=THREAD, address=number), new_task=False)

        def confirm() -> None:
            if digits(typed):
                open_(typed.strip())
            else:
                activity.toast("Type a number, or choose a contact")

        def build(index: int) -> View:
            one = people[index]
            return list_item(
                one["display_name"] or one["number"],
                one["number"],
                leading=avatar(one["display_name"] or "?", 40),
                height=72,
                on_click=lambda: open_(one["number"]),
                title_id="item_contact_name",
                subtitle_id="item_contact_number",
                key=str(index),
            )

        field = row(
            text_field(
                typed,
                lambda value: state.update(typed=value),
                hint="Add Contact or Number…",
                style="bare",
                weight=1,
                autofocus=True,
                id="new_conversation_address",
                action="done",
            ),
            icon_button("check", confirm, "OK", id="new_conversation_confirm"),
            width=FILL,
            padding=(16, 0, 4, 0),
        )
        body = column(field, lazy_list(len(people), build, 72, id="contacts_list", weight=1), width=FILL, height=FILL)
        return Page(scaffold(app_bar("New conversation", back=activity.finish), body), title="New conversation")

    # --- events

    def deliver(self, phone: Phone, sent):
        """A message comes in."""
        address, body = str(sent["extras"].get("address", "")), str(sent["extras"].get("body", ""))
        phone.providers.insert(f"{SMS}/inbox", {"address": address, "body": body, "date_sent": phone.now_us // 1000})
        top = phone.activities.top
        reading = top is not None and top["cls"] == THREAD and same(top["intent"]["extras"].get("address", ""), address)
        if not reading:
            phone.notify(
                PACKAGE,
                note_id(address),
                name_of(phone, address),
                body,
                heads_up=True,
                intent=intent(package=PACKAGE, cls=THREAD, address=address),
            )
        return {"result": -1, "data": ""}

    def on_event(self, phone: Phone, event, data):
        if event == "sent":
            phone.providers.update(SMS, {"type": SENT}, f"_id = {data['id']} AND type = {OUTBOX}")
        elif event == "failed":
            phone.providers.update(SMS, {"type": FAILED}, f"_id = {data['id']} AND type = {OUTBOX}")


def send(phone: Phone, address: str, body: str) -> None:
    """Put a message into the outbox; it is sent soon, or fails in airplane mode."""
    uri = phone.providers.insert(f"{SMS}/outbox", {"address": address, "body": body, "read": 1, "creator": PACKAGE})
    event = "failed" if phone.settings.on("global", "airplane_mode_on") else "sent"
    phone.schedule(SENDING_MS, PACKAGE, event, {"id": int(uri.rpartition("/")[2])}, loading=True)


def digits(number: str) -> str:
    """A number's digits."""
    return "".join(c for c in number if c.isdigit())


def same(one: str, other: str) -> bool:
    """Whether two numbers are the same line."""
    a, b = digits(one), digits(other)
    return one == other or bool(a and b and (a == b or (min(len(a), len(b)) >= 7 and a[-10:] == b[-10:])))


def note_id(address: str) -> int:
    """The number of a conversation's notification."""
    return int(digits(address)[-8:] or "1")


def threads(phone: Phone) -> list[dict[str, Any]]:
    """The last message of every thread, the newest first."""
    rows = phone.providers.query(SMS, ["_id", "thread_id", "address", "body", "date", "type", "read"], sort="date, _id")
    found: dict[int, dict[str, Any]] = {}
    for one in rows:
        unread = found.get(one["thread_id"], {}).get("unread", 0) + int(not one["read"] and one["type"] == INBOX)
        found[one["thread_id"]] = one | {
            "unread": unread,
            "name": name_of(phone, one["address"] or ""),
            "body": one["body"] or "",
        }
    return sorted(found.values(), key=lambda one: (-one["date"], -one["_id"]))


def matches(one: dict[str, Any], query: str) -> bool:
    """Whether a search finds a conversation."""
    words = query.casefold()
    return words in one["name"].casefold() or words in one["body"].casefold() or words in (one["address"] or "")


def messages_with(phone: Phone, address: str) -> list[dict[str, Any]]:
    """Messages of a conversation, the oldest first."""
    rows = phone.providers.query(SMS, ["_id", "address", "body", "date", "type"], sort="date, _id")
    return [one for one in rows if same(one["address"] or "", address)]


def name_of(phone: Phone, address: str) -> str:
    """A contact's name by number, or the number."""
    if not digits(address):
        return address
    for one in phone.providers.query("content://contacts/phones/", ["display_name", "number"]):
        if same(one["number"] or "", address):
            return one["display_name"] or address
    return address


def mark_read(phone: Phone, address: str) -> None:
    """Whoever looks at a conversation has read it."""
    unread = phone.providers.query(SMS, ["_id", "address"], f"read = 0 AND type = {INBOX}")
    for one in unread:
        if same(one["address"] or "", address):
            phone.providers.update(SMS, {"read": 1, "seen": 1}, f"_id = {one['_id']}")
    key = f"{PACKAGE}|{note_id(address)}"
    if any(note["key"] == key for note in phone.state["notifications"]):
        phone.cancel_notification(PACKAGE, note_id(address))


def delete_threads(activity: Activity) -> None:
    """Remove the conversations that are selected."""
    for number in activity.state["selected"]:
        activity.phone.providers.delete(SMS, f"thread_id = {number}")
    activity.state.update(selected=[], dialog="")


def delete_messages(activity: Activity) -> None:
    """Remove the messages that are selected."""
    for number in activity.state["selected"]:
        activity.phone.providers.delete(SMS, f"_id = {number}")
    activity.state.update(selected=[], dialog="")


def copy(activity: Activity, messages: list[dict[str, Any]]) -> None:
    """The selected messages to the clipboard."""
    chosen = activity.state["selected"]
    activity.phone.clipboard = "\n".join(one["body"] for one in messages if one["_id"] in chosen)
    chosen.clear()
    activity.toast("Copied")


def when_text(phone: Phone, date_ms: int) -> str:
    """``15:34`` today, else ``Oct 14``."""
    moment = datetime.datetime.fromtimestamp(date_ms / 1000, datetime.UTC).astimezone(phone.now.tzinfo)
    return f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"


def sure(question: str, does: Any, cancel: Any) -> View:
    """A question before something is lost."""
    return dialog("", question, buttons=[("No", cancel), ("Yes", does)], on_dismiss=cancel)
