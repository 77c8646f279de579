"""The tab switcher: cards of the tabs, private ones apart from the others."""

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.bar import HEIGHT_DP, menu_button, window
from palaestra.envs.android.apps.browser.look import Look, disc, look_of
from palaestra.envs.android.apps.browser.menu import open_new, switcher_menu
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, row, spacer, stack, text
from palaestra.envs.android.web.address import parse

CARD_DP = 200
"""Height of a card and the gap below it."""
COLUMNS, WIDE_COLUMNS = 2, 4


def switcher(activity: Activity) -> Page:
    """The cards of one kind of tabs."""
    phone, state = activity.phone, activity.state
    private = bool(state.get("private"))
    look = look_of(private)
    shown = tabs.all_tabs(phone, private=private)
    columns = COLUMNS if phone.size[0] < phone.size[1] else WIDE_COLUMNS

    def build(number: int) -> View:
        cells = [_card(activity, tab, look) for tab in shown[number * columns : (number + 1) * columns]]
        cells += [spacer(weight=1) for _ in range(columns - len(cells))]
        return row(*cells, width=FILL, height=CARD_DP, gap=12, padding=(12, 0, 12, 12))

    if shown:
        rows = -(-len(shown) // columns)
        body = lazy_list(rows, build, CARD_DP, weight=1, padding=(0, 12), id="tab_list_recycler_view", key="cards")
    else:
        body = _empty(look, private=private)
    root = column(_bar(activity, look, private=private), body, _undo_bar(activity), width=FILL, height=FILL)
    root.background = look.bar

    def close_all() -> None:
        tabs.close(phone, shown)
        state.update(mode="tabs", private=False)

    windows = [switcher_menu(activity, close_all if shown else None, private=private)] if state.get("menu") else []
    return window(root, windows, lambda: _leave(activity), "Tab switcher", private=private)


def _leave(activity: Activity) -> None:
    """Back to the tab in front; out of the browser if there is none."""
    activity.state.clear()
    if tabs.current(activity.phone) is None:
        activity.finish()


def _bar(activity: Activity, look: Look, *, private: bool) -> View:
    def kind(glyph: str, words: str, is_private: bool) -> View:
        chosen = is_private == private
        return icon_button(
            glyph,
            lambda: activity.state.update(mode="tabs", private=is_private),
            words,
            selected=chosen,
            foreground="primary" if chosen and not private else look.ink if chosen else look.faint,
            background=look.pill if chosen else None,
        )

    return row(
        icon_button(
            "plus",
            lambda: open_new(activity, private=private),
            "New Incognito tab" if private else "New tab",
            id="new_tab_view",
            foreground=look.ink,
        ),
        spacer(weight=1),
        kind("tab", "Standard tabs", False),
        kind("incognito", "Incognito tabs", True),
        spacer(weight=1),
        menu_button(activity, look),
        width=FILL,
        height=HEIGHT_DP,
        padding=(8, 0, 4, 0),
        gap=8,
        background=look.bar,
        id="tab_switcher_toolbar",
    )


def _card(activity: Activity, tab: tabs.Tab, look: Look) -> View:
    phone, title = activity.phone, tabs.title_of(tab)
    chosen = tabs.current(phone) is tab

    def show() -> None:
        activity.state.clear()
        tabs.select(phone, tab)

    head = row(
        text(title, "label_large", look.ink, 1, weight=1, id="tab_title"),
        icon_button(
            "close",
            lambda: tabs.close(phone, [tab]),
            f"Close {title} tab",
            id="action_button",
            size=18,
            foreground=look.faint,
        ),
        width=FILL,
        height=48,
        padding=(12, 0, 0, 0),
    )
    return column(
        head,
        _preview(tab, look),
        weight=1,
        height=FILL,
        radius=16,
        padding=(2, 0, 2, 2),
        background=look.pill,
        border="primary" if chosen else None,
        selected=chosen,
        on_click=show,
        desc=f"{title}, tab",
        id="content_view",
        key=f"tab {tab['id']}",
        cls="android.widget.FrameLayout",
    )


def _preview(tab: tabs.Tab, look: Look) -> View:
    """What stands for a tab's page on its card."""
    entry = tabs.entry_of(tab)
    address = parse(entry["url"]) if entry is not None else None
    if address is None:
        body = icon("incognito" if tab["private"] else "web", 40, look.faint, gravity="center")
    else:
        words = text(address.host, "body_small", look.faint, 1, cls="android.view.View")
        body = column(disc(address.host, 40, "title_medium"), words, gap=8, align="center", gravity="center")
    return stack(body, width=FILL, weight=1, radius=14, background=look.bar, id="tab_thumbnail", padding=8)


def _empty(look: Look, *, private: bool) -> View:
    title = "You’ll find your Incognito tabs here" if private else "You’ll find your tabs here"
    words = text(title, "title_medium", look.ink, text_align="center", id="empty_state_text_title")
    glyph = icon("incognito" if private else "tab", 64, look.faint)
    return stack(
        column(glyph, words, gap=16, align="center", gravity="center", padding=(24, 0)),
        width=FILL,
        weight=1,
        key="empty",
    )


def _undo_bar(activity: Activity) -> View | None:
    """What was closed, and the button that brings it back."""
    closed = activity.phone.prefs(tabs.PACKAGE).get("closed")
    if closed is None:
        return None
    gone = [tab for _, tab in closed["tabs"]]
    words = f"Closed {tabs.title_of(gone[0])}" if len(gone) == 1 else f"{len(gone)} tabs closed"

    def undo() -> None:
        tabs.reopen_closed(activity.phone)
        activity.state.update(mode="tabs", private=False)

    button = text(
        "Undo",
        "label_large",
        "inverse_primary",
        1,
        on_click=undo,
        padding=(12, 14),
        id="snackbar_button",
        cls="android.widget.Button",
    )
    return row(
        text(words, "body_medium", "inverse_on_surface", 1, weight=1, id="snackbar_message"),
        button,
        width=FILL,
        min_height=48,
        padding=(16, 0, 4, 0),
        margin=8,
        radius=4,
        background="inverse_surface",
        key="snackbar",
    )
