"""The page for text that another app sends: where it is to go."""

from functools import partial

from palaestra.envs.android.apps.markor.notes import NOTES
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import TEXT
from palaestra.envs.android.ui.groups import app_bar, list_item, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import icon, scroll, text

TARGETS = (("lightning-bolt-outline", "QuickNote", "quicknote.md"), ("format-list-checks", "To-Do", "todo.txt"))


def share_page(activity: Activity) -> Page:
    """The text, and the files that it can be added to; the choice opens in the editor."""
    shared = str(activity.intent["extras"].get(TEXT, ""))

    def copy() -> None:
        activity.phone.clipboard = shared
        activity.finish()

    rows = [
        list_item(label, name, leading=icon(glyph), key=name, on_click=partial(_append, activity, name, shared))
        for glyph, label, name in TARGETS
    ]
    rows.append(list_item("Copy to clipboard", leading=icon("content-copy"), key="copy", on_click=copy))
    page = scroll(text(shared, "body_large", padding=(16, 12), id="document__share_into__text"), *rows, id="share_into")
    return Page(scaffold(app_bar("Share into", back=activity.finish), page), title="Share into")


def _append(activity: Activity, name: str, shared: str) -> None:
    """Add the text to the end of a note, and edit that note."""
    files, path = activity.phone.files, f"{NOTES}/{name}"
    before = files.read(path).decode("utf-8", "replace") if files.exists(path) else ""
    joint = "\n" if before and not before.endswith("\n") else ""
    files.mkdir(NOTES, parents=True)
    files.write(path, f"{before}{joint}{shared}\n".encode())
    activity.state.update(path=path)
