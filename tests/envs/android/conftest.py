"""A phone with one small app of known content."""

from typing import ClassVar

import pytest

from palaestra.envs.android.device import Device
from palaestra.envs.android.system.app import App
from palaestra.envs.android.ui.controls import button, fab, switch, text_field
from palaestra.envs.android.ui.groups import app_bar, list_item, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.ui.view import column, scroll, text

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


DRAWN = "com.example.drawn"


class Drawn(App):
    """One screen, drawn by a function of the activity."""

    package = DRAWN
    label = "Drawn"
    activities: ClassVar = {f"{DRAWN}.Main": "main", f"{DRAWN}.Second": "second"}
    launcher = f"{DRAWN}.Main"

    def __init__(self, draw):
        self.draw = draw

    def main(self, activity):
        page = self.draw(activity)
        return page if isinstance(page, Page) else Page(page)

    def second(self, activity):
        return Page(scaffold(app_bar("Second", back=activity.finish)))


class Shown(Device):
    """A phone that is looked at and touched by what things are called."""

    def all_seen(self, name):
        """The visible views with this id, description, text or key: the topmost window first, in it what is pressed."""
        return [
            view
            for window in reversed(self.windows())
            for view in sorted(walk(window.root), key=lambda view: not view.clickable)
            if name in (view.id, view.desc, view.text, view.key) and view.clip is not None
        ]

    def seen(self, name):
        return self.all_seen(name)[0]

    def middle(self, name):
        left, top, right, bottom = self.seen(name).clip
        return (left + right) // 2, (top + bottom) // 2

    def tap_on(self, name):
        self.tap(*self.middle(name))

    def type_keys(self, text):
        """Type on the soft keyboard, key by key."""
        for character in text:
            self.tap_on("Space" if character == " " else f"key {character}")

    @property
    def kept(self):
        """What the screen in front keeps."""
        return self.activities.top["state"]


@pytest.fixture
def shown():
    """``shown(draw)``: a phone with an app in front whose screen is ``draw(activity)``, a view or a page."""

    def show(draw):
        device = Shown(apps=[])
        device.apps = {**device.apps, DRAWN: Drawn(draw)}
        device.packages.install(DRAWN)
        device.open_app("Drawn")
        device.settle()
        return device

    return show


@pytest.fixture
def full():
    """A phone with all apps, the launcher in front."""
    return Shown()
