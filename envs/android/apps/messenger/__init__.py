"""Text messages over the telephony provider: conversations, a thread, a new conversation.

The rows are the provider's (``content://sms``); the app keeps nothing of its own but drafts.
"""

from typing import Any

from palaestra.envs.android.apps.contacts import avatar
from palaestra.envs.android.apps.messenger.messages import (
    FAILED,
    INBOX,
    MAIN_ACTIVITY,
    NEW,
    OUTBOX,
    PACKAGE,
    SENT,
    SMS,
    THREAD,
    copy,
    delete_messages,
    delete_threads,
    digits,
    mark_read,
    matches,
    messages_with,
    name_of,
    note_id,
    same,
    send,
    threads,
    when_text,
)
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, VIEW, Intent, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import app_bar, list_item, placeholder, scaffold, search_field, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, row, scroll, spacer, stack, text

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

    def install(self, phone: Phone) -> None:
        for name in ("READ_SMS", "SEND_SMS", "RECEIVE_SMS", "READ_CONTACTS"):
            phone.packages.grant(PACKAGE, f"android.permission.{name}")
        for number, body in WELCOME:
            phone.providers.insert(f"{SMS}/inbox", {"address": number, "body": body, "read": 1, "seen": 1})

    # --- screens

    def conversations(self, activity: Activity) -> Page:
        """Threads, the newest first."""
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        conversations = [conversation for conversation in threads(phone) if matches(conversation, query)]
        chosen = state.setdefault("selected", [])
        if state.get("searching"):
            bar = toolbar(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Back"),
                search_field(query, lambda value: state.update(query=value), "Search", id="top_toolbar_search"),
            )
        elif chosen:
            bar = toolbar(
                icon_button("close", chosen.clear, "Close"),
                text(f"{len(chosen)} / {len(conversations)}", "title_large", weight=1),
                icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="cab_delete"),
                icon_button(
                    "select-all",
                    lambda: state.update(selected=[conversation["thread_id"] for conversation in conversations]),
                    "Select all",
                ),
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
            conversation = conversations[index]
            number = conversation["thread_id"]

            def open_() -> None:
                if chosen:
                    (chosen.remove if number in chosen else chosen.append)(number)
                else:
                    activity.start(THREAD, address=conversation["address"])

            return self._conversation(phone, conversation, open_, lambda: chosen.append(number), number in chosen)

        body: View = lazy_list(len(conversations), build, 80, id="conversations_list", padding=(0, 0, 0, 96))
        if not conversations:
            words = "No conversations found" if query else "No stored conversations found"
            body = placeholder("message-outline", words, "no_conversations_placeholder")
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

    def _conversation(
        self, phone: Phone, conversation: dict[str, Any], on_click: Any, on_hold: Any, chosen: bool
    ) -> View:
        unread = conversation["unread"]
        color = "on_surface" if unread else "on_surface_variant"
        return row(
            icon("check-circle", 48, "primary") if chosen else avatar(conversation["name"], 48),
            column(
                row(
                    text(conversation["name"], "title_medium", lines=1, id="conversation_address", weight=1),
                    text(when_text(phone, conversation["date"]), "body_small", color, 1, id="conversation_date"),
                    width=FILL,
                    gap=8,
                ),
                text(
                    ("You: " if conversation["type"] == SENT else "") + conversation["body"].replace("\n", " "),
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
            key=str(conversation["thread_id"]),
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
            bar = toolbar(
                icon_button("close", chosen.clear, "Close"),
                text(f"{len(chosen)} / {len(messages)}", "title_large", weight=1),
                icon_button(
                    "content-copy", lambda: copy(activity, messages), "Copy to clipboard", id="cab_copy_to_clipboard"
                ),
                icon_button("delete-outline", lambda: state.update(dialog="messages"), "Delete", id="cab_delete"),
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
        bubbles = [self._bubble(activity, message) for message in messages]
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

    def _bubble(self, activity: Activity, message: dict[str, Any]) -> View:
        state = activity.state
        ours = message["type"] != INBOX
        chosen = message["_id"] in state["selected"]

        def hold() -> None:
            state["selected"].append(message["_id"])

        def press() -> None:
            if state["selected"]:
                (state["selected"].remove if chosen else state["selected"].append)(message["_id"])
            elif message["type"] == FAILED:
                activity.phone.providers.delete(SMS, f"_id = {message['_id']}")
                send(activity.phone, message["address"], message["body"])

        status = {OUTBOX: "Sending…", FAILED: "Not sent. Touch to retry."}.get(message["type"], "")
        bubble = column(
            text(
                message["body"],
                "body_large",
                "on_primary_container" if ours else "on_surface",
                id="thread_message_body",
            ),
            text(
                status or when_text(activity.phone, message["date"]),
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
        return stack(bubble, width=FILL, key=str(message["_id"]))

    def _copy_number(self, activity: Activity, address: str) -> None:
        activity.phone.clipboard = address
        activity.toast("Copied")

    def _delete_thread(self, activity: Activity, address: str) -> None:
        for message in messages_with(activity.phone, address):
            activity.phone.providers.delete(SMS, f"_id = {message['_id']}")
        activity.finish()

    def new(self, activity: Activity) -> Page:
        """Choose the recipient of a new conversation."""
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
            person
            for person in people
            if typed.casefold() in (person["display_name"] or "").casefold()
            or (digits(typed) and digits(typed) in digits(person["number"] or ""))
        ]
        people.sort(key=lambda person: (person["display_name"] or "").casefold())

        def open_(number: str) -> None:
            activity.finish()
            phone.start_activity(intent(package=PACKAGE, cls=THREAD, address=number), new_task=False)

        def confirm() -> None:
            if digits(typed):
                open_(typed.strip())
            else:
                activity.toast("Type a number, or choose a contact")

        def build(index: int) -> View:
            person = people[index]
            return list_item(
                person["display_name"] or person["number"],
                person["number"],
                leading=avatar(person["display_name"] or "?", 40),
                height=72,
                on_click=lambda: open_(person["number"]),
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

    def deliver(self, phone: Phone, sent: Intent) -> dict[str, Any]:
        """Store an incoming message and notify the user."""
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

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        if event == "sent":
            phone.providers.update(SMS, {"type": SENT}, f"_id = {data['id']} AND type = {OUTBOX}")
        elif event == "failed":
            phone.providers.update(SMS, {"type": FAILED}, f"_id = {data['id']} AND type = {OUTBOX}")


def sure(question: str, does: Any, cancel: Any) -> View:
    """A question before something is deleted."""
    return dialog("", question, buttons=[("No", cancel), ("Yes", does)], on_dismiss=cancel)
