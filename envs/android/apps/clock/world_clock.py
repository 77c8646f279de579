"""The tab with the time in other cities."""

import datetime
from functools import partial

from palaestra.envs.android.apps.clock.tab import Tab, time_text
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import list_item
from palaestra.envs.android.ui.view import FILL, Action, View, column, row, scroll, spacer, text

CITIES = {
    "London": 0,
    "Paris": 60,
    "Athens": 120,
    "Nairobi": 180,
    "Dubai": 240,
    "New Delhi": 330,
    "Bangkok": 420,
    "Beijing": 480,
    "Tokyo": 540,
    "Sydney": 600,
    "Auckland": 720,
    "Honolulu": -600,
    "Los Angeles": -480,
    "Denver": -420,
    "Chicago": -360,
    "New York": -300,
    "São Paulo": -180,
}
"""Cities and their offset from UTC, minutes, without daylight saving time."""


def world_clock_tab(activity: Activity) -> Tab:
    """The time here, and in the cities that were chosen."""
    phone, state = activity.phone, activity.state
    now = phone.now
    chosen: list[str] = activity.prefs.setdefault("cities", ["London", "Tokyo"])
    here = column(
        text(time_text(phone, now.hour, now.minute), "display_huge", lines=1, id="digital_clock"),
        text(f"{now:%a, %b} {now.day}", "title_medium", "on_surface_variant", id="date"),
        width=FILL,
        align="center",
        padding=(0, 24),
    )
    rows = [_city(phone, name, partial(chosen.remove, name)) for name in chosen]
    body = scroll(here, *rows, spacer(96), gap=8, padding=(16, 0), id="cities")
    plus = fab("plus", lambda: state.update(dialog="city"), "Cities", id="fab")
    return Tab(body, plus, [_city_dialog(activity, chosen)] if state.get("dialog") == "city" else [])


def _city(phone: Phone, name: str, remove: Action) -> View:
    offset = CITIES[name]
    there = phone.now.astimezone(datetime.timezone(datetime.timedelta(minutes=offset)))
    ahead = offset - int((phone.now.utcoffset() or datetime.timedelta()).total_seconds() // 60)
    difference = "Same time" if not ahead else f"{abs(ahead) / 60:g} hours {'ahead' if ahead > 0 else 'behind'}"
    return row(
        column(
            text(name, "title_large", lines=1, id="city_name"),
            text(difference, "body_medium", "on_surface_variant", id="hours_ahead"),
            weight=1,
        ),
        text(time_text(phone, there.hour, there.minute), "headline_large", id="digital_clock"),
        width=FILL,
        padding=(20, 16),
        radius=24,
        background="surface_container",
        on_long_click=remove,
        key=name,
    )


def _city_dialog(activity: Activity, chosen: list[str]) -> View:
    state = activity.state

    def add(name: str) -> None:
        state["dialog"] = ""
        if name not in chosen:
            chosen.append(name)

    items = [list_item(name, on_click=partial(add, name), key=name) for name in CITIES]
    return dialog("Add a city", *items, on_dismiss=lambda: state.update(dialog=""))
