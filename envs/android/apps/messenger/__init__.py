"""Text messages over the telephony provider: conversations, a thread, a new conversation.

The rows are the provider's (``content://sms``); the app keeps nothing of its own but drafts.
"""

from typing import Any

from palaestra.envs.android.apps.messenger.conversations import NEW, conversations_page, new_page
from palaestra.envs.android.apps.messenger.messages import (
    FAILED,
    PACKAGE,
    SENT,
    SMS,
    THREAD,
    leave_outbox,
    name_of,
    note_id,
    same_line,
)
from palaestra.envs.android.apps.messenger.thread import thread_page
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import BROWSABLE, MAIN, SEND, SEND_MULTIPLE, SENDTO, VIEW, Intent, intent
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page

MAIN_ACTIVITY = f"{PACKAGE}.activities.MainActivity"
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
        *intent_filters(NEW, SEND, SENDTO, VIEW, schemes=["sms", "smsto", "mms", "mmsto"], category=BROWSABLE),
        *intent_filters(NEW, SEND, SEND_MULTIPLE, types=["*/*"]),
    )
    receivers = {"android.provider.Telephony.SMS_DELIVER": "deliver"}

    def install(self, phone: Phone) -> None:
        for permission in self.permissions:
            phone.packages.grant(PACKAGE, permission)
        for number, body in WELCOME:
            phone.providers.insert(f"{SMS}/inbox", {"address": number, "body": body, "read": 1, "seen": 1})

    def conversations(self, activity: Activity) -> Page:
        return conversations_page(activity)

    def thread(self, activity: Activity) -> Page:
        return thread_page(activity)

    def new(self, activity: Activity) -> Page:
        return new_page(activity)

    def deliver(self, phone: Phone, sent: Intent) -> dict[str, Any]:
        """Store a message that comes in, and show a notification unless its conversation is in front."""
        address, body = str(sent["extras"].get("address", "")), str(sent["extras"].get("body", ""))
        phone.providers.insert(f"{SMS}/inbox", {"address": address, "body": body, "date_sent": phone.now_us // 1000})
        top = phone.activities.top
        in_front = str(top["intent"]["extras"].get("address", "")) if top and top["cls"] == THREAD else None
        if in_front is None or not same_line(in_front, address):
            thread = intent(package=PACKAGE, cls=THREAD, address=address)
            phone.notify(PACKAGE, note_id(address), name_of(phone, address), body, heads_up=True, intent=thread)
        return {"result": -1, "data": ""}

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        if event == "sent":
            leave_outbox(phone, data["id"], SENT)
        elif event == "failed":
            leave_outbox(phone, data["id"], FAILED)
