"""Contacts: list with search, details, and the form for a new or changed one; rows of the contacts provider."""

from functools import partial
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.contracts import NAME_TYPE, PHONE_TYPE
from palaestra.envs.android.system.intents import EDIT, GET_CONTENT, INSERT, MAIN, PICK, VIEW, intent
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, fab, icon_button, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
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
from palaestra.envs.android.ui.view import FILL, Action, View, column, icon, lazy_list, row, scroll, spacer, stack, text

PACKAGE = "com.google.android.contacts"
LIST = "com.android.contacts.activities.PeopleActivity"
CARD = "com.google.android.apps.contacts.quickcontact.QuickContactActivity"
EDITOR = "com.google.android.apps.contacts.editor.ContactEditorActivity"
SELECT = "com.android.contacts.activities.ContactSelectionActivity"
ROW, ROWS = "vnd.android.cursor.item", "vnd.android.cursor.dir"
"""First part of the MIME types of one row and of several."""
RAW = "content://com.android.contacts/raw_contacts"
DATA = "content://com.android.contacts/data"
EMAIL_TYPE = "vnd.android.cursor.item/email_v2"
COMPANY_TYPE = "vnd.android.cursor.item/organization"
LABELS = ("Mobile", "Home", "Work", "Main", "Other")
LABEL_NUMBERS = {"Mobile": "2", "Home": "1", "Work": "3", "Main": "12", "Other": "7"}
"""ContactsContract.CommonDataKinds.Phone's types."""
COLORS = ("#1967D2", "#188038", "#B06000", "#A50E0E", "#8430CE", "#007B83", "#9A5200")
PEOPLE = (
    ("Amelia", "Hart", "+1 415 555 0132"),
    ("Ben", "Okafor", "+1 212 555 0178"),
    ("Carla", "Mendes", "+1 617 555 0103"),
    ("Daniel", "Wu", "+1 206 555 0147"),
    ("Elif", "Demir", "+1 312 555 0190"),
    ("Felix", "Brandt", "+1 503 555 0115"),
)

Person = dict[str, Any]
"""A contact: columns of the provider, or what ``details`` gathers."""
Form = dict[str, str]
"""The texts of the editor's fields."""


class Contacts(App):
    """List, card, editor."""

    package = PACKAGE
    label = "Contacts"
    icon = "account"
    color = "#1A73E8"
    activities = {LIST: "people", CARD: "card", EDITOR: "editor", SELECT: "people"}
    launcher = LIST
    permissions = ("android.permission.READ_CONTACTS", "android.permission.WRITE_CONTACTS")
    filters = (
        {"activity": LIST, "action": MAIN},
        *intent_filters(LIST, VIEW, types=[f"{ROWS}/contact", f"{ROWS}/person"]),
        *intent_filters(CARD, VIEW, types=[f"{ROW}/contact", f"{ROW}/person", f"{ROW}/raw_contact"]),
        *intent_filters(EDITOR, INSERT, types=[f"{ROWS}/contact", f"{ROWS}/person", f"{ROWS}/raw_contact"]),
        *intent_filters(EDITOR, EDIT, types=[f"{ROW}/contact", f"{ROW}/person", f"{ROW}/raw_contact"]),
        *intent_filters(SELECT, PICK, types=[f"{ROWS}/contact", f"{ROWS}/person", f"{ROWS}/phone_v2"]),
        *intent_filters(SELECT, GET_CONTENT, types=[f"{ROW}/contact", f"{ROW}/person", f"{ROW}/phone_v2"]),
    )

    def install(self, phone: Phone) -> None:
        for first, last, number in PEOPLE:
            save(phone, None, {"first": first, "last": last, "phone": number, "label": "Mobile"})

    # --- the list

    def people(self, activity: Activity) -> Page:
        """Everyone, or who matches the search."""
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        people = [person for person in everyone(phone) if query.casefold() in person["display_name"].casefold()]

        def build(index: int) -> View:
            number, name = people[index]["_id"], people[index]["display_name"]
            return list_item(
                name,
                leading=avatar(name, 40),
                height=64,
                on_click=lambda: choose(activity, number),
                title_id="cliv_name_textview",
            )

        count = f"{len(people)} contact{'' if len(people) == 1 else 's'}"
        header = text(count, "label_large", "on_surface_variant", padding=(16, 12))
        body = lazy_list(len(people), build, 64, header=header, id="list", padding=(0, 0, 0, 96))
        if not people:
            body = placeholder("account-group-outline", "No matching contacts" if query else "No contacts yet")
        add = fab("plus", lambda: activity.start(EDITOR), "Create contact", id="floating_action_button")
        leave = (lambda: state.update(searching=False, query="")) if state.get("searching") else None
        return Page(scaffold(self._people_bar(activity), body, add), title="Contacts", on_back=leave)

    def _people_bar(self, activity: Activity) -> View:
        state = activity.state
        if state.get("searching"):
            return search_bar(
                state.get("query", ""),
                lambda value: state.update(query=value),
                lambda: state.update(searching=False, query=""),
                hint="Search contacts",
                id="search_view",
                clear="Clear search",
            )
        pill = row(
            icon("magnify"),
            text("Search contacts", "body_large", "on_surface_variant", 1),
            gap=16,
            weight=1,
            height=48,
            radius=24,
            padding=(16, 0),
            background="surface_container_high",
            on_click=lambda: state.update(searching=True),
            desc="Search contacts",
            id="open_search_bar",
        )
        return row(pill, width=FILL, padding=(16, 8))

    # --- one person

    def card(self, activity: Activity) -> Page:
        """One person."""
        person = details(activity.phone, contact_of(activity))
        if person is None:
            return Page(scaffold(app_bar("", back=activity.finish), text("This contact isn’t there", padding=24)))
        name = person["name"]
        rows = self._card_rows(activity, person)
        body = scroll(
            column(
                avatar(name, 120),
                text(name, "headline_medium", id="large_title"),
                gap=16,
                align="center",
                width=FILL,
                padding=(16, 16),
            ),
            self._card_actions(activity, person["phone"]),
            column(*rows, width=FILL, background="surface_container_low", radius=16) if rows else None,
            padding=(16, 0),
            gap=8,
        )
        return Page(scaffold(self._card_bar(activity, person), body), self._card_windows(activity, person), title=name)

    def _card_bar(self, activity: Activity, person: Person) -> View:
        starred = bool(person["starred"])
        edit = icon_button(
            "pencil-outline", lambda: activity.start(EDITOR, id=person["id"]), "Edit contact", id="menu_edit"
        )
        mark = icon_button(
            "star" if starred else "star-outline",
            lambda: star(activity.phone, person["id"], not starred),
            "Remove from favorites" if starred else "Add to favorites",
            id="menu_star",
        )
        more = more_options(lambda: activity.state.update(menu=True))
        return app_bar("", back=activity.finish, actions=[edit, mark, more])

    def _card_actions(self, activity: Activity, number: str) -> View:
        def call() -> None:
            activity.start(intent("android.intent.action.CALL", data=f"tel:{number}"))

        def write() -> None:
            activity.start(intent("android.intent.action.SENDTO", data=f"sms:{number}"))

        return row(
            self._action("Call", "phone", call if number else None),
            self._action("Text", "message-text", write if number else None),
            width=FILL,
            justify="center",
            gap=48,
            padding=(0, 16),
        )

    def _action(self, label: str, glyph: str, on_click: Action) -> View:
        enabled = on_click is not None
        disc = stack(
            icon(glyph, 24, "on_secondary_container" if enabled else "outline", gravity="center"),
            width=56,
            height=56,
            radius=28,
            background="secondary_container" if enabled else "surface_container_high",
        )
        return column(
            disc,
            text(label, "label_medium"),
            gap=4,
            align="center",
            desc=label,
            on_click=on_click,
            enabled=enabled,
            key=label,
        )

    def _card_rows(self, activity: Activity, person: Person) -> list[View]:
        """Number, address and company, as far as they are known."""

        def dial() -> None:
            activity.start(intent("android.intent.action.DIAL", data=f"tel:{person['phone']}"))

        rows = []
        if person["phone"]:
            number = list_item(
                person["phone"],
                person["label"],
                leading=icon("phone-outline"),
                title_id="header",
                subtitle_id="sub_header",
                on_click=dial,
            )
            rows.append(number)
        if person["email"]:
            rows.append(list_item(person["email"], "Email", leading=icon("email-outline")))
        if person["company"]:
            rows.append(list_item(person["company"], "Company", leading=icon("domain")))
        return rows

    def _card_windows(self, activity: Activity, person: Person) -> list[View]:
        state = activity.state

        def cancel() -> None:
            state.update(asking=False)

        def delete() -> None:
            activity.phone.providers.delete(RAW, f"_id = {person['id']}")
            activity.toast("Contact deleted")
            activity.finish()

        if state.get("asking"):
            words = f"{person['name']} will be removed from this phone."
            buttons = [("Cancel", cancel), ("Delete", delete)]
            return [dialog("Delete contact?", words, buttons=buttons, on_dismiss=cancel)]
        if state.get("menu"):
            share = ("Share", lambda: activity.toast("Nothing to share with"))
            remove = ("Delete", lambda: state.update(asking=True))
            return [menu([share, remove], lambda: state.update(menu=False))]
        return []

    # --- the form

    def editor(self, activity: Activity) -> Page:
        """The form for a new contact, or for another one's changes."""
        state, phone = activity.state, activity.phone
        number = contact_of(activity)
        if "form" not in state:
            state["form"] = filled_form(activity, number)
        form = state["form"]

        def put() -> None:
            if not any(form[name].strip() for name in ("first", "last", "phone", "email", "company")):
                activity.toast("Nothing to save")
                return
            saved = save(phone, number, form)
            activity.toast(f"{full_name(form) or form['phone']} saved")
            activity.finish()
            if number is None:
                phone.start_activity(intent(package=PACKAGE, cls=CARD, id=saved), new_task=False)

        is_changed = form != filled_form(activity, number)

        def leave() -> None:
            if is_changed:
                state["asking"] = True
            else:
                activity.finish()

        title = "Edit contact" if number else "Create contact"
        bar = toolbar(
            icon_button("close", leave, "Cancel"),
            text(title, "title_large", lines=1, weight=1),
            button("Save", put, id="toolbar_button"),
            padding=(4, 0, 16, 0),
            gap=8,
        )
        body = self._form(activity, form, is_new=number is None)
        windows = self._form_windows(activity, form)
        return Page(scaffold(bar, body), windows, on_back=leave, title="Create contact")

    def _form(self, activity: Activity, form: Form, is_new: bool) -> View:
        def field(name: str, label: str, kind: str = "text", **options: Any) -> View:
            change = lambda value: form.update({name: value})
            return text_field(form[name], change, label=label, input_type=kind, weight=1, key=name, **options)

        def line(glyph: str | None, *fields: View) -> View:
            mark = icon(glyph) if glyph else spacer(24)
            return row(mark, *fields, width=FILL, gap=12, align="center", padding=(16, 6))

        return scroll(
            self._picture(),
            line("account-outline", field("first", "First name", autofocus=is_new, action="next", capitals="words")),
            line(None, field("last", "Last name", action="next", capitals="words")),
            line("domain", field("company", "Company", action="next", capitals="words")),
            line("phone-outline", field("phone", "Phone", "phone", action="next")),
            line(None, self._spinner(activity, form["label"]), spacer(weight=1)),
            line("email-outline", field("email", "Email", "email", action="done")),
            spacer(24),
            id="raw_contacts_editor",
        )

    def _picture(self) -> View:
        disc = stack(
            icon("camera-plus-outline", 32, "on_primary_container", gravity="center"),
            width=96,
            height=96,
            radius=48,
            background="primary_container",
        )
        words = text("Add picture", "label_large", "primary")
        return column(disc, words, gap=8, width=FILL, align="center", padding=(0, 8, 0, 16))

    def _spinner(self, activity: Activity, label: str) -> View:
        """The kind of the phone number."""
        return row(
            text(label, "body_large", lines=1, weight=1),
            icon("menu-down"),
            width=150,
            height=56,
            radius=4,
            border="outline",
            padding=(16, 0, 8, 0),
            cls="android.widget.Spinner",
            id="spinner",
            desc=f"{label} Phone",
            text=label,
            on_click=lambda: activity.state.update(labels=True),
            key="spinner",
        )

    def _form_windows(self, activity: Activity, form: Form) -> list[View]:
        state = activity.state

        def cancel() -> None:
            state.update(asking=False)

        if state.get("asking"):
            buttons = [("Cancel", cancel), ("Discard", activity.finish)]
            return [dialog("Your changes have not been saved", buttons=buttons, on_dismiss=cancel)]
        if state.get("labels"):
            items = [(label, partial(form.update, label=label)) for label in LABELS]
            return [menu(items, lambda: state.update(labels=False), anchor="spinner")]
        return []


def choose(activity: Activity, number: int) -> None:
    """Show a contact, or return it to the app that wants one."""
    if activity.name == SELECT:
        activity.finish({"data": f"content://com.android.contacts/contacts/{number}"})
    else:
        activity.start(CARD, id=number)


def contact_of(activity: Activity) -> int | None:
    """The number of the contact that an intent is about."""
    number = activity.intent["extras"].get("id") or activity.intent["data"].rpartition("/")[2]
    return int(number) if str(number).isdecimal() else None


def everyone(phone: Phone) -> list[Person]:
    """Contacts by name."""
    rows = phone.providers.query("content://com.android.contacts/contacts", ["_id", "display_name", "starred"])
    rows = [row | {"display_name": row["display_name"] or "(No name)"} for row in rows]
    return sorted(rows, key=lambda row: row["display_name"].casefold())


def details(phone: Phone, number: int | None) -> Person | None:
    """What the card and the form show of a contact."""
    rows = phone.providers.query(RAW, ["_id", "display_name", "starred"], f"_id = {number or 0}")
    if not rows:
        return None
    person = {
        "id": number,
        "name": rows[0]["display_name"] or "(No name)",
        "starred": rows[0]["starred"],
        "first": "",
        "last": "",
        "phone": "",
        "label": "Mobile",
        "email": "",
        "company": "",
    }
    columns = ["mimetype", "data1", "data2", "data3"]
    for data in phone.providers.query(DATA, columns, f"raw_contact_id = {number}"):
        kind = data["mimetype"]
        if kind == NAME_TYPE:
            first, _, last = (data["data1"] or "").rpartition(" ")
            person.update(first=data["data2"] or first or last, last=data["data3"] or (last if first else ""))
        elif kind == PHONE_TYPE:
            names = {value: name for name, value in LABEL_NUMBERS.items()}
            person.update(phone=data["data1"] or "", label=names.get(str(data["data2"]), "Mobile"))
        elif kind == EMAIL_TYPE:
            person["email"] = data["data1"] or ""
        elif kind == COMPANY_TYPE:
            person["company"] = data["data1"] or ""
    return person


def filled_form(activity: Activity, number: int | None) -> Form:
    """The form as it opens: with a contact's data, or what an INSERT intent brings."""
    names = ("first", "last", "company", "phone", "label", "email")
    person = details(activity.phone, number)
    if person is not None:
        return {name: person[name] for name in names}
    extras = activity.intent["extras"]
    first, _, last = str(extras.get("name", "")).partition(" ")
    return {
        "first": first,
        "last": last,
        "company": str(extras.get("company", "")),
        "label": "Mobile",
        "phone": str(extras.get("phone", "")),
        "email": str(extras.get("email", "")),
    }


def full_name(form: Form) -> str:
    """First and last name."""
    return f"{form.get('first', '').strip()} {form.get('last', '').strip()}".strip()


def save(phone: Phone, number: int | None, form: Form) -> int:
    """Save a form as a contact; returns its number."""
    providers = phone.providers
    if number is None:
        number = int(str(providers.insert(RAW, {"account_name": "phone"})).rpartition("/")[2])
    else:
        providers.delete(DATA, f"raw_contact_id = {number}")
    name = full_name(form) or form.get("phone", "") or form.get("email", "") or form.get("company", "")
    rows = [
        (NAME_TYPE, {"data1": name, "data2": form["first"].strip(), "data3": form["last"].strip()}),
        (PHONE_TYPE, {"data1": form["phone"].strip(), "data2": LABEL_NUMBERS[form["label"]], "data3": form["label"]}),
        (EMAIL_TYPE, {"data1": form.get("email", "").strip()}),
        (COMPANY_TYPE, {"data1": form.get("company", "").strip()}),
    ]
    for kind, values in rows:
        if values["data1"]:
            providers.insert(DATA, {"raw_contact_id": number, "mimetype": kind, **values})
    return number


def star(phone: Phone, number: int, on: bool) -> None:
    """Make a contact a favourite, or no longer."""
    phone.providers.update(RAW, {"starred": int(on)}, f"_id = {number}")


def avatar(name: str, size: float) -> View:
    """A disc with the first letter."""
    color = COLORS[sum(map(ord, name)) % len(COLORS)]
    font = "title_medium" if size < 64 else "display_medium"
    return stack(
        text(name[:1].upper() or "?", font, "#FFFFFF", gravity="center", id=""),
        width=size,
        height=size,
        radius=size / 2,
        background=color,
        desc="",
    )
