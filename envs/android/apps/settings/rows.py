"""Rows and pages of the settings app."""

from collections.abc import Callable, Sequence
from typing import Any

from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import icon_button, switch
from palaestra.envs.android.ui.groups import list_item, scaffold, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import Action, View, icon, scroll, spacer, text

PACKAGE = "com.android.settings"
LEAF = "leaf"
"""Style of rows for which ``page`` creates a subpage."""


def go(activity: Activity, page_name: str, **extras: Any) -> None:
    """Open another page."""
    activity.start(f"{PACKAGE}.{page_name}", **extras)


def page(activity: Activity, title: str, *rows: View | None, windows: Sequence[View] = ()) -> Page:
    """A page with a large title over rows; a row without an action opens a page with its summary."""
    for child in rows:
        if child is not None and child.style == LEAF:
            _open_leaf(activity, child)
    bar = toolbar(icon_button("arrow-left", activity.finish, "Navigate up", foreground="on_surface"), id="action_bar")
    head = text(title, "headline_medium", lines=2, padding=(24, 24, 24, 24), id="collapsing_toolbar", desc="")
    body = scroll(head, *rows, spacer(24), id="recycler_view")
    return Page(scaffold(bar, body), windows, title=title)


def _open_leaf(activity: Activity, leaf: View) -> None:
    title, summary = leaf.value
    leaf.clickable = leaf.focusable = True
    leaf.on_click = lambda: go(activity, "SubSettings", title=title, told=summary)


def heading(title: str) -> View:
    """The small title of a group."""
    return text(title, "label_large", "primary", padding=(24, 16, 24, 8), key=f"heading {title}")


def item(title: str, summary: str | None, on_click: Action, glyph: str = "", *, enabled: bool = True) -> View:
    """A row with a title and its value; without ``on_click`` it opens a page that shows only the value."""
    leaf: dict[str, Any] = {}
    if on_click is None and enabled:
        leaf = {"style": LEAF, "value": (title, summary or "")}
    return fact(title, summary, glyph, on_click=on_click, enabled=enabled, **leaf)


def link(activity: Activity, title: str, summary: str, page_name: str, glyph: str = "", **extras: Any) -> View:
    """A row that opens another page."""
    return item(title, summary, lambda: go(activity, page_name, **extras), glyph)


def fact(title: str, summary: str | None, glyph: str = "", **options: Any) -> View:
    """A row without an action."""
    mark = icon(glyph) if glyph else None
    return list_item(title, summary or "", leading=mark, padding=(24, 12), gap=24, key=title, **options)


def note(words: str) -> View:
    """A paragraph below the rows."""
    return text(words, "body_medium", "on_surface_variant", padding=(24, 16))


def switched(
    title: str, summary: str, on: bool, put: Callable[[bool], Any], id_: str, glyph: str = "", words: str = ""
) -> View:
    """A row with a switch; all of it can be pressed.

    Args:
        title: of the setting.
        summary: below it.
        on: whether it is on.
        put: called with the new value.
        id_: resource id of the switch.
        glyph: icon.
        words: shown instead of the title, which is then only the row's key.
    """
    return list_item(
        words or title,
        summary,
        leading=icon(glyph) if glyph else None,
        key=title,
        padding=(24, 12, 24, 12),
        gap=24,
        trailing=switch(on, put, id=id_, key="switch"),
        on_click=lambda: put(not on),
    )


def toggle(activity: Activity, title: str, space: str, key: str, summary: str = "", glyph: str = "") -> View:
    """A row that switches a setting."""
    settings = activity.phone.settings
    on = settings.on(space, key)
    return switched(
        title,
        summary if not summary else ("On" if on else "Off"),
        on,
        lambda value: settings.put(space, key, str(int(value))),
        "switchWidget",
        glyph,
    )
