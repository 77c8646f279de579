"""The list of conversations, and the page that begins a new one."""

from typing import Any

from palaestra.envs.android.apps.contacts import avatar
from palaestra.envs.android.apps.messenger.messages import (
    PACKAGE,
    SENT,
    SMS,
    THREAD,
    Message,
    conversations,
    digits,
    mark_all_read,
    matches,
    when_text,
)
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import TEXT, intent
from palaestra.envs.android.ui.controls import fab, icon_button, text_field
from palaestra.envs.android.ui.dialogs import menu, yes_or_no
from palaestra.envs.android.ui.groups import (
    app_bar,
    list_item,
    more_options,
    placeholder,
    scaffold,
    search_bar,
    toolbar,
)
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, row, text

STREAM = "android.intent.extra.STREAM"
"""The extra with the address of a file that is sent."""
NEW = f"{PACKAGE}.activities.NewConversationActivity"
ROW_DP = 80
PERSON_DP = 72


# --- the list


def conversations_page(activity: Activity) -> Page:
    """Conversations, the newest first."""
    state, phone = activity.state, activity.phone
    query = state.get("query", "")
    messages = [message for message in conversations(phone) if matches(message, query)]
    selected = state.setdefault("selected", [])

    def build(index: int) -> View:
        return _conversation(activity, messages[index])

    if messages:
        body = lazy_list(len(messages), build, ROW_DP, id="conversations_list", padding=(0, 0, 0, 96))
    else:
        words = "No conversations found" if query else "No stored conversations found"
        body = placeholder("message-outline", words, id="no_conversations_placeholder")
    plus = fab("plus", lambda: activity.start(NEW), "New conversation", id="conversations_fab")
    leave = None
    if state.get("searching") or selected:
        leave = lambda: state.update(searching=False, query="", selected=[])
    page = scaffold(_bar(activity, messages), body, plus)
    return Page(page, _windows(activity), on_back=leave, title="Conversations")


def _bar(activity: Activity, messages: list[Message]) -> View:
    state = activity.state
    selected = state["selected"]
    if state.get("searching"):
        return search_bar(
            state.get("query", ""),
            lambda value: state.update(query=value),
            lambda: state.update(searching=False, query=""),
            id="top_toolbar_search",
        )
    if not selected:
        search = icon_button("magnify", lambda: state.update(searching=True), "Search")
        return app_bar("Simple SMS Messenger", actions=[search, more_options(lambda: state.update(menu=True))])

    def select_all() -> None:
        state.update(selected=[message["thread_id"] for message in messages])

    return toolbar(
        icon_button("close", selected.clear, "Close"),
        text(f"{len(selected)} / {len(messages)}", "title_large", weight=1),
        icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="cab_delete"),
        icon_button("select-all", select_all, "Select all"),
        background="surface_container_highest",
    )


def _windows(activity: Activity) -> list[View]:
    state = activity.state

    def delete() -> None:
        for number in state["selected"]:
            activity.phone.providers.delete(SMS, f"thread_id = {number}")
        state.update(selected=[], dialog="")

    if state.get("menu"):
        items = [("Mark all as read", lambda: mark_all_read(activity.phone))]
        return [menu(items, lambda: state.update(menu=False))]
    if state.get("dialog") == "delete":
        question = "Are you sure you want to delete all messages of this conversation?"
        return [yes_or_no(question, delete, lambda: state.update(dialog=""))]
    return []


def _conversation(activity: Activity, message: Message) -> View:
    """A conversation by its last message."""
    selection, number = activity.state["selected"], message["thread_id"]
    selected = number in selection

    def press() -> None:
        if selection:
            (selection.remove if number in selection else selection.append)(number)
        else:
            activity.start(THREAD, address=message["address"])

    unread = message["unread"]
    color = "on_surface" if unread else "on_surface_variant"
    when = text(when_text(activity.phone, message["date"]), "body_small", color, 1, id="conversation_date")
    name = text(message["name"], "title_medium", lines=1, id="conversation_address", weight=1)
    body = text(
        ("You: " if message["type"] == SENT else "") + message["body"].replace("\n", " "),
        "title_small" if unread else "body_medium",
        color,
        1,
        id="conversation_body_short",
    )
    return row(
        icon("check-circle", 48, "primary") if selected else avatar(message["name"], 48),
        column(row(name, when, width=FILL, gap=8), body, weight=1, gap=2),
        width=FILL,
        min_height=ROW_DP,
        gap=16,
        padding=(16, 8),
        on_click=press,
        on_long_click=lambda: selection.append(number),
        key=str(number),
        id="conversation_frame",
        selected=selected,
        background="secondary_container" if selected else None,
    )


# --- a new conversation


def new_page(activity: Activity) -> Page:
    """Numbers and contacts to write to; an intent with a number goes straight on to its conversation."""
    phone, state = activity.phone, activity.state

    def open_thread(number: str, **extras: str) -> None:
        if STREAM in activity.intent["extras"]:
            activity.toast("Attachments can’t be sent from this phone")
        activity.finish()
        phone.start_activity(intent(package=PACKAGE, cls=THREAD, address=number, **extras), new_task=False)

    sent, data = activity.intent["extras"], activity.intent["data"]
    draft = str(sent.get("sms_body", "") or sent.get(TEXT, ""))
    if data and not state.get("opened"):
        state["opened"] = True
        number = data.partition(":")[2].partition("?")[0]
        if number:
            open_thread(number, draft=draft)
            return Page(column(width=FILL, height=FILL))
    typed = state.get("typed", "")
    people = _people(activity, typed)

    def confirm() -> None:
        if digits(typed):
            open_thread(typed.strip(), draft=draft)
        else:
            activity.toast("Type a number, or choose a contact")

    def build(index: int) -> View:
        name, number = people[index]["display_name"], people[index]["number"]
        return list_item(
            name or number,
            number,
            leading=avatar(name or "?", 40),
            min_height=PERSON_DP,
            on_click=lambda: open_thread(number, draft=draft),
            title_id="item_contact_name",
            subtitle_id="item_contact_number",
            key=str(index),
        )

    field = text_field(
        typed,
        lambda value: state.update(typed=value),
        hint="Add Contact or Number…",
        style="bare",
        weight=1,
        autofocus=True,
        id="new_conversation_address",
        action="done",
    )
    ok = icon_button("check", confirm, "OK", id="new_conversation_confirm")
    contacts = lazy_list(len(people), build, PERSON_DP, id="contacts_list", weight=1)
    body = column(row(field, ok, width=FILL, padding=(16, 0, 4, 0)), contacts, width=FILL, height=FILL)
    return Page(scaffold(app_bar("New conversation", back=activity.finish), body), title="New conversation")


def _people(activity: Activity, typed: str) -> list[dict[str, Any]]:
    """Contacts whose name or number contains what was typed, by name."""

    def fits(name: str, number: str) -> bool:
        return typed.casefold() in name.casefold() or bool(digits(typed) and digits(typed) in digits(number))

    rows = activity.phone.providers.query("content://contacts/phones/", ["display_name", "number"])
    people = [row for row in rows if fits(row["display_name"] or "", row["number"] or "")]
    return sorted(people, key=lambda row: (row["display_name"] or "").casefold())
