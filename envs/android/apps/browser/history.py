"""The browser's history by day, and the dialog that clears browsing data."""

import datetime
from typing import Any

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.look import disc
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import checkbox, icon_button
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import app_bar, placeholder, search_bar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, lazy_list, row, text
from palaestra.envs.android.web.address import parse

HISTORY = "org.chromium.chrome.browser.history.HistoryActivity"
ROW_DP = 72


def history(activity: Activity) -> Page:
    """The pages visited, the newest first, by day."""
    state = activity.state
    words = state.get("words")
    rows = _rows(activity.phone, words or "")

    def stop_searching() -> None:
        state.pop("words", None)

    if words is None:
        search = icon_button("magnify", lambda: state.update(words=""), "Search", id="search_menu_id")
        head = app_bar("History", back=activity.finish, actions=[search], id="toolbar")
    else:
        head = search_bar(words, lambda value: state.update(words=value), stop_searching, hint="Search your history")
    clear = text(
        "Clear browsing data…",
        "label_large",
        "primary",
        1,
        on_click=lambda: state.update(clearing={"history": True, "cookies": True}),
        width=FILL,
        padding=(16, 14),
        id="clear_browsing_data_button",
        cls="android.widget.Button",
    )
    if rows:
        body = lazy_list(len(rows), lambda i: _row(activity, rows[i]), ROW_DP, weight=1, key="visits", id="list_view")
    else:
        body = placeholder("history", "No history found" if words else "You’ll find your history here")
        body.weight, body.width = 1, FILL
    root = column(head, clear if words is None else None, body, width=FILL, height=FILL)
    windows = [_clear_dialog(activity)] if state.get("clearing") is not None else []
    on_back = activity.finish if words is None else stop_searching
    return Page(root, windows, on_back=on_back, title="History")


def _rows(phone: Phone, words: str) -> list[Any]:
    """Days as texts, and (place in the history, visit) below them."""
    rows: list[Any] = []
    zone, today, words = phone.now.tzinfo, phone.now.date(), words.casefold()
    day = None
    visits = phone.prefs(tabs.PACKAGE).get("history", [])
    for place in range(len(visits) - 1, -1, -1):
        visit = visits[place]
        if words not in visit["title"].casefold() and words not in visit["url"].casefold():
            continue
        date = datetime.datetime.fromtimestamp(visit["us"] / 1e6, zone).date()
        if date != day:
            day = date
            ago = {0: "Today - ", 1: "Yesterday - "}.get((today - date).days, "")
            rows.append(f"{ago}{date:%b} {date.day}, {date.year}")
        rows.append((place, visit))
    return rows


def _row(activity: Activity, what: Any) -> View:
    if isinstance(what, str):
        words = text(what, "title_small", "on_surface_variant", 1, id="date")
        return row(words, width=FILL, height=ROW_DP, align="end", padding=(16, 0, 16, 12))
    place, visit = what
    phone = activity.phone
    address = parse(visit["url"])
    host = address.host if address is not None else visit["url"]

    def open_again() -> None:
        tab = tabs.current(phone) or tabs.open_tab(phone)
        tabs.go(phone, tab, visit["url"])
        activity.finish()

    def remove() -> None:
        del phone.prefs(tabs.PACKAGE)["history"][place]

    return row(
        disc(host, 36),
        column(
            text(visit["title"], "body_large", lines=1, id="title"),
            text(host, "body_medium", "on_surface_variant", 1, id="description"),
            weight=1,
        ),
        icon_button("close", remove, f"Remove {visit['title']}", id="end_button"),
        width=FILL,
        height=ROW_DP,
        padding=(16, 0, 8, 0),
        gap=16,
        on_click=open_again,
        key=f"visit {place}",
    )


def _clear_dialog(activity: Activity) -> View:
    """Asks what to clear."""
    state, prefs = activity.state, activity.prefs
    chosen = state["clearing"]

    def cancel() -> None:
        state.pop("clearing", None)

    def clear() -> None:
        cancel()
        if chosen["history"]:
            prefs.pop("history", None)
        if chosen["cookies"]:
            prefs.pop("cookies", None)
        activity.toast("Browsing data cleared")

    def box(name: str, words: str) -> View:
        def change(value: bool) -> None:
            chosen[name] = value

        return checkbox(chosen[name], change, text=words, id=f"clear_{name}", width=FILL)

    return dialog(
        "Clear browsing data",
        box("history", "Browsing history"),
        box("cookies", "Cookies and site data"),
        buttons=[("Cancel", cancel), ("Clear data", clear if any(chosen.values()) else None)],
        on_dismiss=cancel,
    )
