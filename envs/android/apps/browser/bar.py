"""The address bar: beside its buttons, or alone with suggestions while an address is typed."""

from collections.abc import Callable, Sequence

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.look import Look, draw_centred, look_of
from palaestra.envs.android.apps.browser.suggestions import Suggestion, suggestions
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import icon_button, text_field
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, Action, View, column, icon, image, make, row, scroll, stack, text
from palaestra.envs.android.web.address import MAX_LENGTH

HEIGHT_DP = 56
HINT = "Search or type web address"


def bar(activity: Activity, tab: tabs.Tab) -> View:
    """Home, the address of a tab, the number of tabs and the menu."""
    look = look_of(tab["private"])
    return row(
        icon_button("home-outline", lambda: _go_home(activity, tab), "Home", id="home_button", foreground=look.faint),
        _address(activity, tab, look),
        switcher_button(activity, look, private=tab["private"]),
        menu_button(activity, look),
        width=FILL,
        height=HEIGHT_DP,
        padding=(4, 0),
        background=look.bar,
        id="toolbar",
    )


def _go_home(activity: Activity, tab: tabs.Tab) -> None:
    if not tabs.is_new(tab):
        tabs.go(activity.phone, tab, tabs.NEW_TAB)


def _address(activity: Activity, tab: tabs.Tab, look: Look) -> View:
    entry = tabs.entry_of(tab)
    url = "" if entry is None or tabs.is_new(tab) else entry["url"]
    secure = url.startswith("https://")
    sign = ("lock-outline", "Connection is secure") if secure else ("information-outline", "Connection is not secure")
    glyph = icon(sign[0], 16, look.faint, sign[1], id="location_bar_status_icon") if url else None
    shown, color = (url.removeprefix("https://"), look.ink) if url else (HINT, look.faint)
    words = make(
        "field",
        "android.widget.EditText",
        "field",
        text=shown,
        font="body_medium",
        foreground=color,
        lines=1,
        style="bare",
        weight=1,
        height=HEIGHT_DP - 16,
        id="url_bar",
        on_click=lambda: begin_editing(activity),
    )
    return row(
        glyph,
        words,
        weight=1,
        height=HEIGHT_DP - 16,
        radius=20,
        padding=(14, 0),
        gap=8,
        background=look.pill,
        id="location_bar",
    )


def switcher_button(activity: Activity, look: Look, *, private: bool) -> View:
    """The number of tabs; leads to the tab switcher."""
    count = len(tabs.all_tabs(activity.phone, private=private))
    shown = str(count) if count < 100 else ":D"
    number = image((draw_centred, shown, "label_small", look.faint), 20, 20)
    square = stack(number, width=20, height=20, radius=4, border=look.faint, gravity="center")
    return stack(
        square,
        width=44,
        height=48,
        cls="android.widget.ImageButton",
        desc=f"{count} open tab{'s' if count != 1 else ''}, tap to switch tabs",
        id="tab_switcher_button",
        on_click=lambda: open_switcher(activity, private=private),
    )


def open_switcher(activity: Activity, *, private: bool) -> None:
    """Show the tab switcher; the tab in front is called what its page is called now."""
    tab = tabs.current(activity.phone)
    if tab is not None:
        tabs.retitle(activity.phone, tab)
    activity.state.update(mode="tabs", private=private)
    activity.state.pop("find", None)


def menu_button(activity: Activity, look: Look) -> View:
    """The three dots."""
    return icon_button(
        "dots-vertical",
        lambda: activity.state.update(menu=True),
        "More options",
        id="menu_button",
        foreground=look.faint,
        width=44,
    )


# --- while an address is typed


def begin_editing(activity: Activity) -> None:
    """Give the address bar the whole screen, empty: what is typed replaces the address, which is offered below."""
    activity.state.update(mode="omnibox", typed="")
    activity.state.pop("find", None)


def end_editing(activity: Activity) -> None:
    """Leave the address as it was."""
    activity.state.pop("mode", None)
    activity.state.pop("typed", None)


def editing_page(activity: Activity, tab: tabs.Tab) -> Page:
    """The field with suggestions."""
    phone, state, look = activity.phone, activity.state, look_of(tab["private"])
    typed = state.get("typed", "")

    def load(url: str) -> None:
        end_editing(activity)
        if url.strip():
            tabs.go(phone, tab, url)

    field = text_field(
        typed,
        lambda value: state.update(typed=value[:MAX_LENGTH]),
        hint=HINT,
        id="url_bar",
        key="omnibox",
        action="go",
        input_type="url",
        on_submit=lambda: load(typed),
        autofocus=True,
        style="bare",
        weight=1,
        foreground=look.ink,
    )
    clear = icon_button(
        "close", lambda: state.update(typed=""), "Clear input", id="delete_button", foreground=look.faint
    )
    head = row(
        icon("magnify", 20, look.faint),
        field,
        clear if typed else None,
        width=FILL,
        height=HEIGHT_DP,
        padding=(20, 0, 4, 0),
        gap=12,
        background=look.bar,
        id="toolbar",
    )
    rows = [_row(each, look, load) for each in suggestions(phone, typed)]
    entry = tabs.entry_of(tab)
    if not typed and entry is not None and not tabs.is_new(tab):
        rows.insert(0, _here(activity, entry, look))
    body = scroll(*rows, key="suggestions", id="omnibox_suggestions_dropdown", padding=(0, 4))
    root = column(head, body, width=FILL, height=FILL, background=look.bar)
    return window(root, [], lambda: end_editing(activity), "Chrome", private=tab["private"])


def _row(suggestion: Suggestion, look: Look, load: Callable[[str], None]) -> View:
    """A suggestion."""
    detail = text(suggestion.detail, "body_medium", look.faint, 1, id="line_2") if suggestion.detail else None
    words = column(text(suggestion.title, "body_large", look.ink, 1, id="line_1"), detail, weight=1)
    return row(
        icon(suggestion.icon, 22, look.faint),
        words,
        width=FILL,
        min_height=56,
        padding=(20, 6),
        gap=16,
        on_click=lambda: load(suggestion.url),
        key=suggestion.url[:80],
    )


def _here(activity: Activity, entry: tabs.Entry, look: Look) -> View:
    """The page that the tab shows, with its whole address to copy or to edit."""

    def copy() -> None:
        activity.phone.clipboard = entry["url"]
        activity.toast("Copied")

    def edit() -> None:
        activity.state.update(typed=entry["url"])
        focus, end = activity.phone.state["focus"], len(entry["url"])
        if focus is not None:
            focus.update(cursor=end, anchor=end)

    words = column(
        text(entry["title"], "body_large", look.ink, 1, id="line_1"),
        text(entry["url"], "body_medium", look.faint, 1, id="line_2"),
        weight=1,
    )
    return row(
        icon("web", 22, look.faint),
        words,
        icon_button("content-copy", copy, "Copy link", foreground=look.faint),
        icon_button("pencil-outline", edit, "Edit", foreground=look.faint),
        width=FILL,
        min_height=64,
        padding=(20, 6, 4, 6),
        gap=16,
        on_click=lambda: end_editing(activity),
        key="here",
    )


def window(root: View, windows: Sequence[View], on_back: Action, title: str, *, private: bool) -> Page:
    """A page in the colours of private tabs, or of the others; arguments as of ``Page``."""
    look = look_of(private)
    return Page(root, windows, on_back, title=title, background=look.bar, status_color=look.ink)
