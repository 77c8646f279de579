"""One conversation: its messages, and a field to write the next."""

from palaestra.envs.android.apps.messenger.messages import (
    FAILED,
    INBOX,
    OUTBOX,
    Message,
    delete_message,
    mark_read,
    messages_with,
    name_of,
    send,
    when_text,
)
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui.controls import icon_button, text_field
from palaestra.envs.android.ui.dialogs import menu, yes_or_no
from palaestra.envs.android.ui.groups import app_bar, more_options, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, spacer, stack, text

PROGRESS = {OUTBOX: "Sending…", FAILED: "Not sent. Touch to retry."}
"""What stands below a message that has not been sent."""


def thread_page(activity: Activity) -> Page:
    """The conversation with the number in the intent; it counts as read."""
    phone, state = activity.phone, activity.state
    address = str(activity.intent["extras"].get("address", ""))
    mark_read(phone, address)
    name = name_of(phone, address)
    messages = messages_with(phone, address)
    selected = state.setdefault("selected", [])
    bar = _selection_bar(activity, messages) if selected else _bar(activity, name, address)
    body = scroll(
        spacer(8),
        *(_bubble(activity, message) for message in messages),
        spacer(8),
        gap=6,
        padding=(12, 0),
        id="thread_messages_list",
        justify="end",
        key=f"messages {len(messages)}",
        weight=1,
    )
    leave = (lambda: state.update(selected=[])) if selected else None
    page = column(bar, body, _compose_bar(activity, address), width=FILL, height=FILL)
    return Page(page, _windows(activity, name, address), on_back=leave, title=name)


def _bar(activity: Activity, name: str, address: str) -> View:
    def dial() -> None:
        activity.start(intent("android.intent.action.DIAL", data=f"tel:{address}"))

    call = icon_button("phone-outline", dial, "Dial number", id="dial_number")
    more = more_options(lambda: activity.state.update(menu=True))
    return app_bar(name, back=activity.finish, actions=[call, more])


def _selection_bar(activity: Activity, messages: list[Message]) -> View:
    state = activity.state
    selected = state["selected"]

    def copy() -> None:
        activity.phone.clipboard = "\n".join(message["body"] for message in messages if message["_id"] in selected)
        selected.clear()
        activity.toast("Copied")

    return toolbar(
        icon_button("close", selected.clear, "Close"),
        text(f"{len(selected)} / {len(messages)}", "title_large", weight=1),
        icon_button("content-copy", copy, "Copy to clipboard", id="cab_copy_to_clipboard"),
        icon_button("delete-outline", lambda: state.update(dialog="messages"), "Delete", id="cab_delete"),
        background="surface_container_highest",
    )


def _bubble(activity: Activity, message: Message) -> View:
    phone, selection, number = activity.phone, activity.state["selected"], message["_id"]
    ours = message["type"] != INBOX
    selected = number in selection

    def hold() -> None:
        selection.append(number)

    def press() -> None:
        if selection:
            (selection.remove if selected else selection.append)(number)
        elif message["type"] == FAILED:
            delete_message(phone, number)
            send(phone, message["address"], message["body"])

    below = PROGRESS.get(message["type"]) or when_text(phone, message["date"])
    ink = "on_primary_container" if ours else "on_surface"
    bubble = column(
        text(message["body"], "body_large", ink, id="thread_message_body"),
        text(below, "body_small", "on_surface_variant", 1, id="thread_message_date"),
        max_width=300,
        radius=18,
        padding=(14, 8),
        gap=2,
        background="secondary_container" if selected else "primary_container" if ours else "surface_container_high",
        gravity="end" if ours else "start",
        on_long_click=hold,
        on_click=press,
    )
    return stack(bubble, width=FILL, key=str(number))


def _compose_bar(activity: Activity, address: str) -> View:
    state = activity.state
    draft = state.get("draft", str(activity.intent["extras"].get("draft", "")))
    ready = bool(draft.strip())

    def attach() -> None:
        activity.toast("No attachments on this phone")

    def put() -> None:
        state["draft"] = ""
        send(activity.phone, address, draft.strip())  # as the app does: Enter after a text adds nothing

    field = text_field(
        draft,
        lambda value: state.update(draft=value),
        hint="Type a message…",
        style="bare",
        weight=1,
        input_type="multiline",
        capitals="sentences",
        id="thread_type_message",
        lines=4,
        radius=24,
        padding=(16, 12),
        background="surface_container_high",
    )
    ink = "primary" if ready else "outline"
    send_button = column(
        icon("send", 24, ink),
        text("SMS", "label_small", ink, 1),
        cls="android.widget.Button",
        on_click=put if ready else None,
        desc="Send",
        id="thread_send_message",
        enabled=ready,
        width=56,
        height=48,
        radius=24,
        align="center",
        justify="center",
    )
    plus = icon_button("plus", attach, "Attachment", id="thread_add_attachment")
    return row(plus, field, send_button, width=FILL, padding=(4, 8), gap=4, align="end")


def _windows(activity: Activity, name: str, address: str) -> list[View]:
    state, phone = activity.state, activity.phone

    def close() -> None:
        state.update(dialog="")

    def delete_thread() -> None:
        for message in messages_with(phone, address):
            delete_message(phone, message["_id"])
        activity.finish()

    def delete_selected() -> None:
        for number in state["selected"]:
            delete_message(phone, number)
        state.update(selected=[], dialog="")

    if state.get("menu"):
        return [_menu(activity, address, is_known=name != address)]
    if state.get("dialog") == "thread":
        question = "Are you sure you want to delete all messages of this conversation?"
        return [yes_or_no(question, delete_thread, close)]
    if state.get("dialog") == "messages":
        return [yes_or_no("Are you sure you want to delete the selected message?", delete_selected, close)]
    return []


def _menu(activity: Activity, address: str, is_known: bool) -> View:
    state = activity.state

    def add_contact() -> None:
        insert = "android.intent.action.INSERT"
        activity.start(intent(insert, phone=address, type="vnd.android.cursor.dir/contact"))

    def copy_number() -> None:
        activity.phone.clipboard = address
        activity.toast("Copied")

    items = [("Copy number", copy_number), ("Delete", lambda: state.update(dialog="thread"))]
    if not is_known:
        items.insert(0, ("Add contact", add_contact))
    return menu(items, lambda: state.update(menu=False))
