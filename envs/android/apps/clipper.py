"""A clipboard helper: shows the clipboard, copies what is typed, and answers broadcasts from the shell.

``am broadcast -a clipper.get`` answers with the clipboard's text, ``-a clipper.set -e text TEXT`` sets it; as with the
helper of that package name that AndroidWorld uses, it need not be in front or have been opened before.
"""

from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, Intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, text_field
from palaestra.envs.android.ui.groups import app_bar, card, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, column, row, scroll, text


class Clipper(App):
    """One screen."""

    package = "ca.zgrs.clipper"
    label = "Clipper"
    icon = "clipboard-text-outline"
    color = "#00796B"
    system = False
    activities = {"ca.zgrs.clipper.Main": "main"}
    launcher = "ca.zgrs.clipper.Main"
    filters = ({"activity": "ca.zgrs.clipper.Main", "action": MAIN},)
    receivers = {"clipper.get": "answer", "clipper.set": "store"}

    def answer(self, phone: Phone, sent: Intent) -> dict[str, Any]:
        return {"result": -1, "data": phone.clipboard} if phone.clipboard else {"result": 0, "data": ""}

    def store(self, phone: Phone, sent: Intent) -> dict[str, Any]:
        phone.clipboard = str(sent["extras"].get("text", ""))
        return {"result": -1, "data": "Text is copied into clipboard."}

    def main(self, activity: Activity) -> Page:
        state, phone = activity.state, activity.phone
        typed = state.get("typed", "")

        def copy() -> None:
            phone.clipboard = typed
            activity.toast("Copied to clipboard")

        field = text_field(
            typed,
            lambda value: state.update(typed=value),
            label="Text to copy",
            id="text_to_copy",
            input_type="multiline",
            min_height=120,
        )
        clear = button("Clear", lambda: state.update(typed=""), "text", id="clear")
        buttons = row(clear, button("Copy", copy, id="copy", enabled=bool(typed)), width=FILL, justify="end", gap=8)
        ink = "on_surface" if phone.clipboard else "on_surface_variant"
        content = card(
            text("On the clipboard", "title_small", "on_surface_variant"),
            text(phone.clipboard or "Nothing yet", "body_large", ink, id="clipboard_content"),
            gap=8,
        )
        body = scroll(field, buttons, content, gap=16, padding=16)
        return Page(scaffold(app_bar("Clipper"), column(body, width=FILL, height=FILL)))
