"""Contacts: list with search, details, and the form for a new or changed one; rows of the contacts provider."""

from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.contracts import NAME_TYPE, PHONE_TYPE
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    app_bar,
    button,
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

PACKAGE = "com.google.android.contacts"
LIST = "com.android.contacts.activities.PeopleActivity"
CARD = "com.google.android.apps.contacts.quickcontact.QuickContactActivity"
EDITOR = "com.google.android.apps.contacts.editor.ContactEditorActivity"
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


class Contacts(App):
    """List, card, editor."""

    package = PACKAGE
    label = "Contacts"
    icon = "account"
    color = "#1A73E8"
    activities = {LIST: "people", CARD: "card", EDITOR: "editor"}
    launcher = LIST
    permissions = ("android.permission.READ_CONTACTS", "android.permission.WRITE_CONTACTS")
    filters = (
        {"activity": LIST, "action": MAIN},
        {"activity": LIST, "action": VIEW, "scheme": "content", "type": "vnd.android.cursor.dir/contact"},
        {"activity": LIST, "action": VIEW, "scheme": "content", "type": "vnd.android.cursor.dir/person"},
        {"activity": CARD, "action": VIEW, "scheme": "content", "type": "vnd.android.cursor.item/contact"},
        {"activity": EDITOR, "action": "android.intent.action.INSERT", "type": "vnd.android.cursor.dir/contact"},
        {"activity": EDITOR, "action": "android.intent.action.INSERT", "type": "vnd.android.cursor.dir/raw_contact"},
        {"activity": EDITOR, "action": "android.intent.action.EDIT", "type": "vnd.android.cursor.item/contact"},
    )

    def install(self, phone: Phone):
        for first, last, number in PEOPLE:
            save(phone, None, {"first": first, "last": last, "phone": number, "label": "Mobile"})

    def people(self, activity: Activity) -> Page:
        """Everyone, or who matches the search."""
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        people = [one for one in everyone(phone) if query.casefold() in one["display_name"].casefold()]

        def build(index: int) -> View:
            one = people[index]
            return list_item(
                one["display_name"],
                leading=avatar(one["display_name"], 40),
                height=64,
                on_click=lambda: activity.start(CARD, id=one["_id"]),
                title_id="cliv_name_textview",
            )

        if state.get("searching"):
            bar = row(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Back"),
                text_field(
                    query,
                    lambda value: state.update(query=value),
                    hint="Search contacts",
                    style="bare",
                    autofocus=True,
                    weight=1,
                    id="search_view",
                    action="search",
                ),
                icon_button("close", lambda: state.update(query=""), "Clear search") if query else None,
                width=FILL,
                height=64,
                padding=(4, 0),
            )
        else:
            bar = row(
                row(
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
                ),
                width=FILL,
                padding=(16, 8),
            )
        header = text(
            f"{len(people)} contact{'' if len(people) == 1 else 's'}",
            "label_large",
            "on_surface_variant",
            padding=(16, 12),
        )
        body = lazy_list(len(people), build, 64, header=header, id="list", padding=(0, 0, 0, 96))
        if not people:
            words = "No matching contacts" if query else "No contacts yet"
            body = stack(
                column(
                    icon("account-group-outline", 72, "outline"),
                    text(words, "title_medium"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )
        add = fab("plus", lambda: activity.start(EDITOR), "Create contact", id="floating_action_button")
        back = (lambda: state.update(searching=False, query="")) if state.get("searching") else None
        return Page(scaffold(bar, body, add), title="Contacts", on_back=back)

    def card(self, activity: Activity) -> Page:
        """One person."""
        phone, state = activity.phone, activity.state
        found = details(phone, wanted_id(activity))
        if found is None:
            return Page(scaffold(app_bar("", back=activity.finish), text("This contact isn’t there", padding=24)))

        def edit() -> None:
            activity.start(EDITOR, id=found["id"])

        number = found["phone"]
        actions = row(
            *(
                self._action(label, name, does, bool(number))
                for label, name, does in (
                    (
                        "Call",
                        "phone",
                        lambda: activity.start(intent("android.intent.action.CALL", data=f"tel:{number}")),
                    ),
                    (
                        "Text",
                        "message-text",
                        lambda: activity.start(intent("android.intent.action.SENDTO", data=f"sms:{number}")),
                    ),
                )
            ),
            width=FILL,
            justify="center",
            gap=48,
            padding=(0, 16),
        )
        rows = [
            list_item(
                number,
                found["label"],
                leading=icon("phone-outline"),
                title_id="header",
                subtitle_id="sub_header",
                on_click=lambda: activity.start(intent("android.intent.action.DIAL", data=f"tel:{number}")),
            )
            if number
            else None,
            list_item(found["email"], "Email", leading=icon("email-outline")) if found["email"] else None,
            list_item(found["company"], "Company", leading=icon("domain")) if found["company"] else None,
        ]
        starred = bool(found["starred"])
        bar = app_bar(
            "",
            back=activity.finish,
            actions=[
                icon_button("pencil-outline", edit, "Edit contact", id="menu_edit"),
                icon_button(
                    "star" if starred else "star-outline",
                    lambda: star(phone, found["id"], not starred),
                    "Remove from favorites" if starred else "Add to favorites",
                    id="menu_star",
                ),
                icon_button("dots-vertical", lambda: state.update(menu=True), "More options"),
            ],
        )
        body = scroll(
            column(
                avatar(found["name"], 120),
                text(found["name"], "headline_medium", id="large_title"),
                gap=16,
                align="center",
                width=FILL,
                padding=(16, 16),
            ),
            actions,
            column(*rows, width=FILL, background="surface_container_low", radius=16) if any(rows) else None,
            padding=(16, 0),
            gap=8,
        )
        windows = []
        if state.get("menu"):
            windows = [
                menu(
                    [
                        ("Share", lambda: activity.toast("Nothing to share with")),
                        ("Delete", lambda: state.update(asking=True)),
                    ],
                    lambda: state.update(menu=False),
                )
            ]
        if state.get("asking"):
            windows = [
                dialog(
                    "Delete contact?",
                    f"{found['name']} will be removed from this phone.",
                    buttons=[
                        ("Cancel", lambda: state.update(asking=False)),
                        ("Delete", lambda: self._delete(activity, found["id"])),
                    ],
                    on_dismiss=lambda: state.update(asking=False),
                )
            ]
        return Page(scaffold(bar, body), windows, title=found["name"])

    def _action(self, label: str, name: str, does: Any, enabled: bool) -> View:
        return column(
            stack(
                icon(name, 24, "on_secondary_container" if enabled else "outline", gravity="center"),
                width=56,
                height=56,
                radius=28,
                background="secondary_container" if enabled else "surface_container_high",
            ),
            text(label, "label_medium"),
            gap=4,
            align="center",
            desc=label,
            on_click=does if enabled else None,
            enabled=enabled,
            key=label,
        )

    def _delete(self, activity: Activity, number: int) -> None:
        activity.phone.providers.delete(RAW, f"_id = {number}")
        activity.toast("Contact deleted")
        activity.finish()

    def editor(self, activity: Activity) -> Page:
        """The form."""
        state, phone = activity.state, activity.phone
        number = wanted_id(activity)
        if "form" not in state:
            state["form"] = filled_form(activity, number)
        form = state["form"]

        def field(name: str, label: str, kind: str = "text", **options: Any) -> View:
            return text_field(
                form[name],
                lambda value: form.update({name: value}),
                label=label,
                input_type=kind,
                weight=1,
                key=name,
                **options,
            )

        def put() -> None:
            if not any(form[name].strip() for name in ("first", "last", "phone", "email", "company")):
                activity.toast("Nothing to save")
                return
            saved = save(phone, number, form)
            activity.toast(f"{full_name(form) or form['phone']} saved")
            activity.finish()
            if number is None:
                phone.start_activity(intent(package=PACKAGE, cls=CARD, id=saved), new_task=False)

        changed = form != filled_form(activity, number)

        def leave() -> None:
            if changed:
                state["asking"] = True
            else:
                activity.finish()

        spinner = row(
            text(form["label"], "body_large", lines=1, weight=1),
            icon("menu-down"),
            width=150,
            height=56,
            radius=4,
            border="outline",
            padding=(16, 0, 8, 0),
            cls="android.widget.Spinner",
            id="spinner",
            desc=f"{form['label']} Phone",
            text=form["label"],
            on_click=lambda: state.update(labels=True),
            key="spinner",
        )
        bar = row(
            icon_button("close", leave, "Cancel"),
            text("Edit contact" if number else "Create contact", "title_large", lines=1, weight=1),
            button("Save", put, id="toolbar_button"),
            width=FILL,
            height=64,
            padding=(4, 0, 16, 0),
            gap=8,
        )
        picture = column(
            stack(
                icon("camera-plus-outline", 32, "on_primary_container", gravity="center"),
                width=96,
                height=96,
                radius=48,
                background="primary_container",
            ),
            text("Add picture", "label_large", "primary"),
            gap=8,
            width=FILL,
            align="center",
            padding=(0, 8, 0, 16),
        )

        def line(name: str | None, *fields: View) -> View:
            mark = icon(name) if name else spacer(24)
            return row(mark, *fields, width=FILL, gap=12, align="center", padding=(16, 6))

        body = scroll(
            picture,
            line("account-outline", field("first", "First name", autofocus=number is None, action="next")),
            line(None, field("last", "Last name", action="next")),
            line("domain", field("company", "Company", action="next")),
            line("phone-outline", field("phone", "Phone", "phone", action="next")),
            line(None, spinner, spacer(weight=1)),
            line("email-outline", field("email", "Email", "email", action="done")),
            spacer(24),
            id="raw_contacts_editor",
        )
        windows = []
        if state.get("labels"):
            items = [(label, lambda label=label: form.update(label=label)) for label in LABELS]
            windows = [menu(items, lambda: state.update(labels=False), anchor="spinner")]
        if state.get("asking"):
            windows = [
                dialog(
                    "Your changes have not been saved",
                    buttons=[("Cancel", lambda: state.update(asking=False)), ("Discard", activity.finish)],
                    on_dismiss=lambda: state.update(asking=False),
                )
            ]
        return Page(scaffold(bar, body), windows, on_back=leave, title="Create contact")


def wanted_id(activity: Activity) -> int | None:
    """The contact that an intent is about."""
    extras, data = activity.intent["extras"], activity.intent["data"]
    told = extras.get("id") or data.rpartition("/")[2]
    return int(told) if str(told).isdecimal() else None


def everyone(phone: Phone) -> list[dict[str, Any]]:
    """Contacts by name."""
    rows = phone.providers.query("content://com.android.contacts/contacts", ["_id", "display_name", "starred"])
    rows = [row | {"display_name": row["display_name"] or "(No name)"} for row in rows]
    return sorted(rows, key=lambda row: row["display_name"].casefold())


def details(phone: Phone, number: int | None) -> dict[str, Any] | None:
    """What the card and the form show of a contact."""
    rows = phone.providers.query(RAW, ["_id", "display_name", "starred"], f"_id = {number or 0}")
    if not rows:
        return None
    found = {
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
    for one in phone.providers.query(DATA, columns, f"raw_contact_id = {number}"):
        kind = one["mimetype"]
        if kind == NAME_TYPE:
            first, _, last = (one["data1"] or "").rpartition(" ")
            found.update(first=one["data2"] or first or last, last=one["data3"] or (last if first else ""))
        elif kind == PHONE_TYPE:
            names = {value: name for name, value in LABEL_NUMBERS.items()}
            found.update(phone=one["data1"] or "", label=names.get(str(one["data2"]), "Mobile"))
        elif kind == EMAIL_TYPE:
            found["email"] = one["data1"] or ""
        elif kind == COMPANY_TYPE:
            found["company"] = one["data1"] or ""
    return found


def filled_form(activity: Activity, number: int | None) -> dict[str, str]:
    """The form as it opens: a contact's, or what an INSERT intent brings."""
    names = ("first", "last", "company", "phone", "label", "email")
    found = details(activity.phone, number)
    if found is not None:
        return {name: found[name] for name in names}
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


def full_name(form: dict[str, str]) -> str:
    """First and last name."""
    return f"{form.get('first', '').strip()} {form.get('last', '').strip()}".strip()


def save(phone: Phone, number: int | None, form: dict[str, str]) -> int:
    """Write a form as a contact; returns its id."""
    providers = phone.providers
    if number is None:
        number = int(providers.insert(RAW, {"account_name": "phone"}).rpartition("/")[2])
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
    """Mark a favourite."""
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
