"""The question which of several apps is to handle an intent."""

from functools import partial

from palaestra.envs.android.system.activities import RESOLVER
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.controls import button
from palaestra.envs.android.ui.dialogs import bottom_sheet
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.view import FILL, View, row, text

TITLES = {
    "VIEW": "Open with",
    "EDIT": "Edit with",
    "SEND": "Share",
    "SENDTO": "Send",
    "SEND_MULTIPLE": "Share",
    "IMAGE_CAPTURE": "Capture image",
}
"""Actions by their last part -> the question."""
ID = "android:id/"


def chooser(phone: ScreenPhone) -> SystemWindow | None:
    """The sheet with the apps: one is selected, and then taken once or from now on."""
    asked = phone.activities.choice
    if asked is None or phone.state["overview"]:
        return None
    answers, at = phone.activities.candidates(asked["intent"]), asked["at"]
    chosen = answers[at] if 0 <= at < len(answers) else None

    def take(always: bool) -> None:
        phone.activities.choose(chosen, always=always)

    buttons = [
        button(words, partial(take, always) if chosen else None, "text", id=ID + name, enabled=chosen is not None)
        for words, always, name in (("Just once", False, "button_once"), ("Always", True, "button_always"))
    ]
    title = TITLES.get(asked["intent"]["action"].rpartition(".")[2], "Complete action using")
    root = bottom_sheet(
        text(title, "title_large", padding=(24, 0, 24, 12), id=ID + "title"),
        *(_app(phone, index, *answer, selected=index == at) for index, answer in enumerate(answers)),
        row(*buttons, width=FILL, justify="end", gap=8, padding=(24, 8), id=ID + "button_bar"),
        on_dismiss=partial(phone.activities.choose, None),
        title=title,
        id=ID + "contentPanel",
    )
    return root, RESOLVER[0], "dialog", None


def _app(phone: ScreenPhone, index: int, package: str, cls: str, *, selected: bool) -> View:
    def select() -> None:
        phone.state["prompt"]["at"] = index
        phone.screen_changed()

    return row(
        app_icon(phone.apps[package], 40),
        text(phone.packages.label(package), "body_large", lines=1, id="android:id/text1"),
        width=FILL,
        height=64,
        gap=16,
        padding=(24, 0),
        selected=selected,
        background="secondary_container" if selected else None,
        on_click=select,
        key=f"{package}/{cls}",
    )
