"""Rows and pages of the settings app."""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    icon,
    icon_button,
    list_item,
    row,
    scaffold,
    scroll,
    spacer,
    switch,
    text,
)

PACKAGE = "com.android.settings"
LEAF = "leaf"


def go(activity: Activity, page_name: str, **extras: Any) -> None:
    """Open another page."""
    activity.start(f"{PACKAGE}.{page_name}", **extras)


def page(activity: Activity, title: str, *rows: View | None, windows: Any = ()) -> Page:
    """A page with a large title over rows; rows with no doing of their own open a page that tells what they are."""
    for one in rows:
        if one is not None and one.style == LEAF:
            _open_leaf(activity, one)
    bar = row(
        icon_button("arrow-left", activity.finish, "Navigate up", foreground="on_surface"),
        width=FILL,
        height=64,
        padding=(4, 0),
        id="action_bar",
    )
    head = text(title, "headline_medium", lines=2, padding=(24, 24, 24, 24), id="collapsing_toolbar", desc="")
    body = scroll(head, *rows, spacer(24), id="recycler_view")
    return Page(scaffold(bar, body), windows, title=title)


def _open_leaf(activity: Activity, one: View) -> None:
    title, told = one.value
    one.clickable = one.focusable = True
    one.on_click = lambda: go(activity, "SubSettings", title=title, told=told)


def heading(title: str) -> View:
    """The small title of a group."""
    return text(title, "label_large", "primary", padding=(24, 16, 24, 8), key=f"heading {title}")


def item(
    title: str, summary: str, on_click: Callable[[], Any] | None, glyph: str = "", *, enabled: bool = True
) -> View:
    """A row with a title and what it is set to."""
    made = fact(title, summary, glyph, on_click=on_click, enabled=enabled)
    if on_click is None and enabled:
        made.style, made.value = LEAF, (title, summary or "")
    return made


def fact(title: str, summary: str, glyph: str = "", **options: Any) -> View:
    """A row that only tells."""
    return list_item(
        title, summary or "", leading=icon(glyph) if glyph else None, padding=(24, 12), gap=24, key=title, **options
    )


def switched(
    title: str, summary: str, on: bool, put: Callable[[bool], Any], id_: str, glyph: str = "", words: str = ""
) -> View:
    """A row with a switch; all of it can be pressed."""
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
