"""The tab in front: the address bar, its page, and what lies over it."""

from palaestra.envs.android.apps.browser import find, tabs
from palaestra.envs.android.apps.browser.bar import bar, window
from palaestra.envs.android.apps.browser.look import look_of
from palaestra.envs.android.apps.browser.menu import page_menu
from palaestra.envs.android.apps.browser.new_tab import new_tab
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, make, progress, scroll, stack
from palaestra.envs.android.web.address import parse

PAPER = "#FFFFFF"
"""A page before it is there."""


def browsing(activity: Activity, tab: tabs.Tab) -> Page:
    """A tab with its page."""
    entry = tabs.entry_of(tab)
    hits, body = _body(activity, tab, entry)
    searching = entry is not None and entry["loaded"] and find.of_page(activity, entry) is not None
    if searching and entry is not None:
        head = find.bar(activity, entry, hits, private=tab["private"])
    else:
        head = bar(activity, tab)
    line = _line(tab)
    root = column(head, line, body, width=FILL, height=FILL, background=look_of(tab["private"]).bar)
    windows = [_dialog(entry)] if entry is not None and entry.get("dialog") else []
    if activity.state.get("menu"):
        windows = [page_menu(activity, tab)]

    def back() -> None:
        if searching:
            find.end(activity)
        elif not tabs.back(activity.phone, tab):
            if tab["by"] == "link":
                tabs.close(activity.phone, [tab])
                tabs.forget_closed(activity.phone)
            activity.finish()

    return window(root, windows, back, tabs.title_of(tab), private=tab["private"])


def _line(tab: tabs.Tab) -> View:
    """The edge of the toolbar: how far loading is, or a hairline."""
    if tabs.is_loading(tab):
        return progress(0.4, id="progress", desc="Loading", height=2, key="line")
    color = look_of(tab["private"]).pill
    return make("divider", "android.view.View", width=FILL, height=2, foreground=color, key="line")


def _body(activity: Activity, tab: tabs.Tab, entry: tabs.Entry | None) -> tuple[int, View]:
    """The page, and how many hits are marked on it."""
    if entry is None or not entry["loaded"]:
        return 0, stack(width=FILL, weight=1, background=PAPER, key="blank")
    if entry["url"] == tabs.NEW_TAB:
        return 0, new_tab(activity, tab)
    page = tabs.page_of(activity.phone, tab, entry)
    searched, hits = find.of_page(activity, entry), 0
    if searched is not None:
        hits = find.marked(page.root, searched["words"], searched["at"], dark=activity.phone.settings.is_dark)
    body = scroll(
        page.root,
        cls="android.webkit.WebView",
        desc=page.title,
        key=find.key_of(entry),
        background="surface",
    )
    return hits, stack(body, page.over, width=FILL, weight=1, key="web")


def _dialog(entry: tabs.Entry) -> View:
    """A message of the page."""
    asked = entry["dialog"]
    address = parse(entry["url"])
    says = f"{address.host if address is not None else 'This page'} says"

    def close(*, chosen: bool) -> None:
        entry.pop("dialog", None)
        if asked["answer"]:
            entry["form"][asked["answer"]] = chosen

    buttons = [("OK", lambda: close(chosen=True))]
    if asked["answer"]:
        buttons.insert(0, ("Cancel", lambda: close(chosen=False)))
    return dialog(says, asked["message"], buttons=buttons, on_dismiss=lambda: close(chosen=False))
