"""The menu behind the three dots."""

from collections.abc import Callable

from palaestra.envs.android.apps.browser import find, tabs
from palaestra.envs.android.apps.browser.history import HISTORY
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.view import FILL, Action, View, row, spacer


def page_menu(activity: Activity, tab: tabs.Tab) -> View:
    """The menu of a page."""
    phone, has_page = activity.phone, not tabs.is_new(tab)
    items: list[tuple[str, Action]] = [
        ("New tab", lambda: open_new(activity, private=False)),
        ("New Incognito tab", lambda: open_new(activity, private=True)),
        ("History", lambda: activity.start(HISTORY)),
        ("Find in page", (lambda: find.begin(activity, tab)) if has_page else None),
    ]
    can_forward = tab["at"] + 1 < len(tab["entries"])
    loading = tabs.is_loading(tab)
    again = (lambda: tabs.stop(phone, tab)) if loading else (lambda: tabs.reload(phone, tab))
    buttons = row(
        _button("arrow-right", "Forward", (lambda: tabs.forward(phone, tab)) if can_forward else None, activity, "one"),
        spacer(weight=1),
        _button(
            "close" if loading else "refresh",
            "Stop loading" if loading else "Refresh",
            again if has_page else None,
            activity,
            "five",
        ),
        width=FILL,
        height=48,
        padding=(8, 0),
        key="buttons",
    )
    return _menu(activity, items, buttons)


def switcher_menu(activity: Activity, close_all: Action, *, private: bool) -> View:
    """The menu of the tab switcher."""
    items: list[tuple[str, Action]] = [
        ("New tab", lambda: open_new(activity, private=False)),
        ("New Incognito tab", lambda: open_new(activity, private=True)),
        ("Close all Incognito tabs" if private else "Close all tabs", close_all),
    ]
    return _menu(activity, items)


def open_new(activity: Activity, *, private: bool) -> None:
    """Open a tab and show it."""
    activity.state.clear()
    tabs.open_tab(activity.phone, private=private)


def _close(activity: Activity) -> None:
    activity.state.pop("menu", None)


def _menu(activity: Activity, items: list[tuple[str, Action]], header: View | None = None) -> View:
    return menu(
        items,
        lambda: _close(activity),
        "menu_button",
        header=header,
        title_id="menu_item_text",
        width=240,
        id="app_menu_list",
    )


def _button(glyph: str, desc: str, does: Callable[[], object] | None, activity: Activity, number: str) -> View:
    """A button in the menu's first row."""

    def press() -> None:
        _close(activity)
        if does is not None:
            does()

    color = "on_surface_variant" if does is not None else "outline_variant"
    return icon_button(
        glyph, press, desc, id=f"button_{number}", foreground=color, enabled=does is not None, key=f"button {number}"
    )
