"""The overview: cards of the recent tasks, with thumbnails."""

from typing import Any

from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.bars import PACKAGE, content
from palaestra.envs.android.ui.controls import button
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.page import page_of
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, stack, text, thumbnail

CARD_WIDTH_DP, WIDE_CARD_DP = 264, 460
END = 1 << 20
"""A scroll offset beyond every limit."""


def overview(phone: ScreenPhone) -> SystemWindow | None:
    """Cards of the recent tasks, newest on the right."""
    state = phone.state
    if not state["overview"]:
        return None
    home = phone.activities.launcher
    tasks = [task for task in state["tasks"] if task["package"] != home]
    if not tasks:
        body: View = column(
            icon("cards-outline", 48), text("No recent items", "title_medium"), gap=16, align="center", gravity="center"
        )
    else:
        clear = button("Clear all", lambda: _remove_all(phone, tasks), "tonal", margin=(0, 0, 24, 0), key="clear")
        side = (phone.size[0] / phone.theme.scale - _card_width(phone)) / 2
        cards = scroll(
            clear,
            *(_card(phone, task) for task in tasks),
            horizontal=True,
            gap=16,
            height=FILL,
            key="cards",
            align="center",
            padding=(side, 0),
            id="overview_panel",
        )
        state["scrolls"].setdefault("overview", {}).setdefault("overview/cards", END)
        body = cards
    root = stack(
        body,
        width=FILL,
        height=FILL,
        background="surface_container",
        padding=(0, 48, 0, 48),
        on_swipe=lambda direction: _leave_overview(phone, direction),
        key="overview",
        title="Recent apps",
        on_dismiss=phone.recents,
    )
    return root, phone.activities.launcher or PACKAGE, "application", None


def _leave_overview(phone: ScreenPhone, direction: str) -> None:
    if direction == "up":
        phone.home()


def _remove_all(phone: ScreenPhone, tasks: list[dict[str, Any]]) -> None:
    for task in tasks:
        phone.activities.remove_task(task["id"])
    phone.home()


def _card_width(phone: ScreenPhone) -> int:
    """Width of a task's card, dp."""
    return CARD_WIDTH_DP if phone.size[0] < phone.size[1] else WIDE_CARD_DP


def _card(phone: ScreenPhone, task: dict[str, Any]) -> View:
    app = phone.apps[task["package"]]
    return column(
        row(app_icon(app, 28), text(app.label, "title_small", lines=1), gap=8, padding=(8, 0, 0, 8)),
        _thumbnail(phone, task["records"][-1]),
        key=f"task {task['id']}",
        desc=app.label,
        blocks=True,
        on_click=lambda: _to_front(phone, task),
        on_dismiss=lambda: phone.activities.remove_task(task["id"]),
    )


def _thumbnail(phone: ScreenPhone, record: dict[str, Any]) -> View:
    """A small picture of an activity."""
    bounds = (0, 0, *phone.size)
    root: View | None
    try:
        root = content(phone, page_of(phone, record), 0)
        root.key = "thumbnail"
        arrange(root, bounds, phone.theme, {}, None)
    except Exception:  # an app may crash when it comes to the front, not because of its thumbnail
        root = None
    width = _card_width(phone)
    height = width * phone.size[1] / phone.size[0]
    return thumbnail(root, phone.size, width=width, height=height, radius=24, background="surface")


def _to_front(phone: ScreenPhone, task: dict[str, Any]) -> None:
    phone.state["overview"] = False
    phone.activities.to_front(task)
