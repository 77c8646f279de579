"""A phone with one small app of known content."""

from typing import ClassVar

import pytest

from palaestra.envs.android.app import App, Page
from palaestra.envs.android.device import Device
from palaestra.envs.android.view import (
    app_bar,
    button,
    column,
    fab,
    list_item,
    scaffold,
    scroll,
    switch,
    text,
    text_field,
)

PACKAGE = "com.example.notes"


class Notes(App):
    """A list of notes, and a screen to write one."""

    package = PACKAGE
    label = "Notes"
    activities: ClassVar = {f"{PACKAGE}.Main": "main", f"{PACKAGE}.Edit": "edit"}
    launcher = f"{PACKAGE}.Main"
    filters = ({"activity": f"{PACKAGE}.Edit", "action": "android.intent.action.SEND", "type": "text/plain"},)
    permissions = ("android.permission.CAMERA",)
    databases: ClassVar = {"notes.db": "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, body TEXT);"}
    receivers: ClassVar = {"notes.count": "count"}
    system = False

    def install(self, phone):
        phone.database(PACKAGE, "notes.db").execute("INSERT INTO notes (title, body) VALUES ('Milk', 'two | bottles')")

    def count(self, phone, intent):
        rows = phone.database(PACKAGE, "notes.db").execute("SELECT count(*) FROM notes").fetchone()[0]
        return {"result": -1, "data": f"{rows} notes {intent['extras'].get('mark', '')}".strip()}

    def main(self, activity):
        rows = activity.phone.database(PACKAGE, "notes.db").execute("SELECT * FROM notes ORDER BY id").fetchall()
        items = [
            list_item(row["title"], row["body"], on_click=lambda: activity.start(f"{PACKAGE}.Edit")) for row in rows
        ]
        add = fab("plus", lambda: activity.start(f"{PACKAGE}.Edit"), "Add note")
        return Page(scaffold(app_bar("Notes"), scroll(*items, id="list"), add))

    def edit(self, activity):
        state = activity.state

        def keep(name):
            return lambda value: state.update({name: value})

        def save():
            phone = activity.phone
            phone.database(PACKAGE, "notes.db").execute(
                "INSERT INTO notes (title, body) VALUES (?, '')", (state.get("title", ""),)
            )
            phone.log("Notes", f"saved {state.get('title', '')}", package=PACKAGE)
            activity.finish()

        body = column(
            text_field(state.get("title", ""), keep("title"), hint="Title", id="title", autofocus=True),
            text_field(state.get("secret", ""), keep("secret"), label="Secret", id="secret", input_type="password"),
            switch(state.get("pinned", False), keep("pinned"), desc="Pin"),
            text('Quotes "and" <tags>', id="help"),
            button("Save", save, id="save"),
            gap=8,
        )
        return Page(scaffold(app_bar("New note", back=activity.finish), body))


@pytest.fixture
def phone():
    """The launcher in front, the notes app installed."""
    device = Device(apps=[])
    device.apps = {**device.apps, PACKAGE: Notes()}
    device.packages.install(PACKAGE)
    return device


@pytest.fixture
def run(phone):
    """Output of a line of shell on the phone, as text."""
    return lambda line: phone.shell(line).output.decode()
