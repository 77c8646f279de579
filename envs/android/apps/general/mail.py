"""Mail: inbox, sent and drafts, a message, and a page to write one."""

from typing import Any

from palaestra.envs.android.apps.contacts import avatar
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button, text_field
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, placeholder, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, lazy_list, row, scroll, text

PACKAGE = "com.google.android.gm"
MAIN_ACTIVITY = f"{PACKAGE}.ConversationListActivityGmail"
MESSAGE, COMPOSE = f"{PACKAGE}.MessageActivity", f"{PACKAGE}.ComposeActivityGmail"
FOLDERS = (("inbox", "Inbox"), ("send", "Sent"), ("file-document-outline", "Drafts"))
INBOX, SENT, DRAFTS = range(3)
ROW_DP = 88
HOUR_US = 3_600_000_000
RECEIVED = (
    (1, "Juno Alder", "Saturday's hike", "The path along the lake is open again. Shall we start at nine?"),
    (5, "City Library", "A book is due soon", "“The Quiet Harbor” is due on Friday. You can renew it twice."),
    (20, "Marek Holm", "Notes from the meeting", "We agreed on the second draft. The figures follow tomorrow."),
    (29, "Harbor Dental", "Your appointment", "Please come ten minutes early and bring your card."),
    (51, "Rosa Lund", "Recipe", "Two eggs, a cup of flour, and patience. It turned out well!"),
    (76, "Blue Train Tickets", "Booking confirmed", "Coach 4, seats 31 and 32. Have a pleasant journey."),
    (130, "Timo Falk", "Photos", "I have put the pictures of the garden in the shared folder."),
)
"""Hours before the installation, sender, subject and text."""


class Mail(App):
    """Messages are plain rows: ``folder``, ``who``, ``subject``, ``body``, ``us`` and ``read``."""

    package = PACKAGE
    label = "Gmail"
    icon = "email"
    color = "#C62828"
    system = False
    activities = {MAIN_ACTIVITY: "folder", MESSAGE: "message", COMPOSE: "compose"}
    launcher = MAIN_ACTIVITY

    def install(self, phone: Phone) -> None:
        for hours, who, subject, body in reversed(RECEIVED):
            _add(phone, INBOX, who, subject, body, phone.now_us - hours * HOUR_US)

    def folder(self, activity: Activity) -> Page:
        """The messages of a folder, the newest first."""
        state, prefs = activity.state, activity.prefs
        number = state.get("folder", INBOX)
        listed = [m for m in reversed(prefs.get("messages", [])) if m["folder"] == number]
        title = FOLDERS[number][1]
        if listed:
            body = lazy_list(
                len(listed), lambda i: _row(activity, listed[i]), ROW_DP, id="thread_list_view", padding=(0, 0, 0, 88)
            )
        else:
            body = placeholder("email-outline", f"Nothing in {title}")
        plus = fab("pencil", lambda: activity.start(COMPOSE), label="Compose", id="compose_button")
        bottom = bottom_bar(list(FOLDERS), number, lambda folder: state.update(folder=folder))
        leave = (lambda: state.update(folder=INBOX)) if number != INBOX else None
        return Page(scaffold(app_bar(title), body, plus, bottom), on_back=leave, title=title)

    def message(self, activity: Activity) -> Page:
        """One message."""
        shown = next(
            (m for m in activity.prefs.get("messages", []) if m["id"] == activity.intent["extras"].get("id")), None
        )
        if shown is None:
            return Page(scaffold(app_bar("", back=activity.finish), placeholder("email-outline", "Not found")))

        def delete() -> None:
            activity.prefs["messages"].remove(shown)
            activity.finish()

        def reply() -> None:
            activity.start(COMPOSE, to=shown["who"], subject=f"Re: {shown['subject']}")

        head = row(
            avatar(shown["who"] or "?", 40),
            column(text(shown["who"], "title_medium"), text(_when(activity.phone, shown), "body_small"), weight=1),
            width=FILL,
            gap=12,
        )
        body = scroll(
            text(shown["subject"] or "(no subject)", "headline_small", id="subject"),
            head,
            text(shown["body"], id="body"),
            padding=16,
            gap=20,
        )
        actions = [icon_button("reply", reply, "Reply"), icon_button("delete-outline", delete, "Delete")]
        return Page(scaffold(app_bar("", back=activity.finish, actions=actions), body), title=shown["subject"])

    def on_create(self, activity: Activity) -> None:
        if activity.name == COMPOSE:
            extras = activity.intent["extras"]
            activity.state.update(to=str(extras.get("to", "")), subject=str(extras.get("subject", "")), body="")
        elif activity.name == MESSAGE:
            for message in activity.prefs.get("messages", []):
                message["read"] = message["read"] or message["id"] == activity.intent["extras"].get("id")

    def compose(self, activity: Activity) -> Page:
        """A new message; leaving the page keeps it as a draft."""
        state = activity.state

        def field(name: str, label: str, **options: Any) -> View:
            return text_field(
                state[name], lambda value: state.update({name: value}), label=label, id=name, width=FILL, **options
            )

        def put(folder: int, words: str) -> None:
            _add(activity.phone, folder, state["to"], state["subject"], state["body"], activity.phone.now_us)
            activity.toast(words)
            activity.finish()

        def leave() -> None:
            if any(state[name].strip() for name in ("to", "subject", "body")):
                put(DRAFTS, "Draft saved")
            else:
                activity.finish()

        def send() -> None:
            if state["to"].strip():
                put(SENT, "Sent")
            else:
                activity.toast("Add at least one recipient")

        bar = app_bar("Compose", back=leave, actions=[icon_button("send", send, "Send", id="send")])
        body = scroll(
            field("to", "To", autofocus=not state["to"]), field("subject", "Subject"), field("body", "Compose email"),
            padding=16, gap=16,
        )  # fmt: skip
        return Page(scaffold(bar, body), on_back=leave, title="Compose")


def shows_inbox(phone: Phone) -> bool:
    """Whether the inbox is in front."""
    top = phone.activities.top
    front = phone.foreground == (PACKAGE, MAIN_ACTIVITY) and not phone.state["overview"]
    return front and top is not None and top["state"].get("folder", INBOX) == INBOX


def _add(phone: Phone, folder: int, who: str, subject: str, body: str, us: int) -> None:
    rows = phone.prefs(PACKAGE).setdefault("messages", [])
    number = 1 + max((row["id"] for row in rows), default=0)
    new = {"folder": folder, "who": who, "subject": subject, "body": body, "us": us, "read": folder != INBOX}
    rows.append({"id": number, **new})


def _when(phone: Phone, message: dict[str, Any]) -> str:
    days = (phone.now_us - message["us"]) // (24 * HOUR_US)
    return "Today" if days == 0 else "Yesterday" if days == 1 else f"{days} days ago"


def _row(activity: Activity, message: dict[str, Any]) -> View:
    """A message among others."""
    strong = "on_surface_variant" if message["read"] else "on_surface"
    who = message["who"] if message["folder"] == INBOX else f"To: {message['who']}"
    font = "title_medium" if not message["read"] else "body_large"
    return row(
        avatar(message["who"] or "?", 40),
        column(
            row(
                text(who, font, strong, 1, weight=1, id="senders"),
                text(_when(activity.phone, message), "body_small", "on_surface_variant", 1),
                width=FILL,
                gap=8,
            ),
            text(message["subject"] or "(no subject)", "body_medium", strong, 1, id="subject"),
            text(message["body"], "body_medium", "on_surface_variant", 1, id="snippet"),
            weight=1,
        ),
        width=FILL,
        min_height=ROW_DP,
        gap=16,
        padding=(16, 8),
        on_click=lambda: activity.start(MESSAGE, id=message["id"]),
        key=str(message["id"]),
        id="viewified_conversation_item_view",
    )
