"""The store: a search, the page of an app, its installation with a progress."""

import zlib
from typing import Any

from palaestra.envs.android.apps.settings.applications import code_size, megabytes
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.controls import button, icon_button, text_field
from palaestra.envs.android.ui.groups import app_bar, list_item, placeholder, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, progress, row, scroll, text

PACKAGE = "com.android.vending"
MAIN_ACTIVITY = f"{PACKAGE}.AssetBrowserActivity"
DETAILS = f"{PACKAGE}.AppDetailsActivity"
TICK, TICK_MS, PER_TICK = "tick", 400, 25
"""An installation goes on by so many percent each time."""
ROW_DP = 80
MAX_WORDS = 300


class Store(App):
    """Offers every app that isn't the system's."""

    package = PACKAGE
    label = "Play Store"
    icon = "shopping-outline"
    color = "#00796B"
    activities = {MAIN_ACTIVITY: "browse", DETAILS: "details"}
    launcher = MAIN_ACTIVITY

    def browse(self, activity: Activity) -> Page:
        """The apps that a search finds, or all."""
        state = activity.state
        found = offers(activity.phone, state.get("query", ""))

        def build(number: int) -> View:
            return _row(activity, found[number])

        if found:
            body = lazy_list(len(found), build, ROW_DP, id="play_card_list")
        else:
            body = placeholder("magnify", f"No results for “{state['query']}”")
        leave = (lambda: state.update(query="", typed="")) if state.get("query") or state.get("typed") else None
        return Page(scaffold(_search(activity), body), on_back=leave, title="Play Store")

    def details(self, activity: Activity) -> Page:
        """One app."""
        phone, package = activity.phone, str(activity.intent["extras"].get("package", ""))
        app = phone.apps.get(package)
        if app is None:
            return Page(scaffold(app_bar("", back=activity.finish), placeholder("magnify", "Item not found")))
        head = row(
            app_icon(app, 72),
            column(
                text(app.label, "headline_small", id="title"),
                text(f"{_rating(package)} ★ · {megabytes(code_size(package))}", "body_medium", "on_surface_variant"),
                weight=1,
                gap=4,
            ),
            width=FILL,
            gap=20,
        )
        about = column(
            text("About this app", "title_medium"),
            text(f"{app.label} for phones. Version {app.version}. Free.", "body_medium", "on_surface_variant"),
            gap=8,
        )
        body = scroll(head, *_actions(phone, app), about, padding=20, gap=20, id="details")
        return Page(scaffold(app_bar("", back=activity.finish), body), title=app.label)

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        busy, package = phone.prefs(PACKAGE).get("installing", {}), data["package"]
        if package not in busy:
            return
        busy[package] += PER_TICK
        if busy[package] < 100:
            _schedule(phone, package)
        else:
            del busy[package]
            phone.packages.install(package)


def offers(phone: Phone, query: str) -> list[Manifest]:
    """Apps by label, those first whose label begins with the words."""
    words = " ".join(query.lower().split()).removesuffix(" app")
    apps = [app for app in phone.apps.values() if app.launcher and not app.system and words in app.label.lower()]
    return sorted(apps, key=lambda app: (not app.label.lower().startswith(words), app.label.lower()))


def begin(phone: Phone, package: str) -> None:
    """Begin to install an app; it goes on if the store is left."""
    phone.prefs(PACKAGE).setdefault("installing", {})[package] = 0
    _schedule(phone, package)


def _schedule(phone: Phone, package: str) -> None:
    phone.schedule(TICK_MS, PACKAGE, TICK, {"package": package}, loading=True)


def _search(activity: Activity) -> View:
    """The search field on top."""
    state = activity.state

    def search() -> None:
        state["query"] = state.get("typed", "").strip()[:MAX_WORDS]
        activity.phone.state["focus"] = None

    field = text_field(
        state.get("typed", ""),
        lambda value: state.update(typed=value),
        hint="Search for apps",
        id="search_bar_text_input",
        style="bare",
        on_submit=search,
        action="search",
        padding=(52, 12, 16, 12),
        leading=icon("magnify"),
        trailing=icon_button("close", lambda: state.update(typed="", query=""), "Clear")
        if state.get("typed")
        else None,
        background="surface_container_highest",
        radius=28,
        min_height=52,
    )
    return column(field, width=FILL, padding=(16, 8, 16, 12))


def _row(activity: Activity, app: Manifest) -> View:
    there = activity.phone.packages.is_installed(app.package)
    return list_item(
        app.label,
        "Installed" if there else f"{_rating(app.package)} ★ · {megabytes(code_size(app.package))}",
        leading=app_icon(app, 44),
        min_height=ROW_DP,
        key=app.package,
        padding=(20, 8),
        on_click=lambda: activity.start(DETAILS, package=app.package),
    )


def _rating(package: str) -> str:
    """An invented rating."""
    return f"{(32 + zlib.crc32(package.encode()) % 17) / 10:.1f}"


def _actions(phone: Phone, app: Manifest) -> list[View]:
    """What may be done with an app: its buttons, or how far its installation is."""
    package = app.package
    busy = phone.prefs(PACKAGE).get("installing", {})
    if package in busy:
        share = busy[package]
        stop = button("Cancel", lambda: busy.pop(package, None), "outlined")
        return [text(f"{share} %", "label_large", "primary"), progress(share / 100), stop]
    if not phone.packages.is_installed(package):
        return [button("Install", lambda: begin(phone, package), width=FILL, id="install")]
    return [
        row(
            button("Uninstall", lambda: phone.packages.uninstall(package), "outlined", weight=1),
            button("Open", lambda: phone.open_app(package), weight=1),
            width=FILL,
            gap=12,
        )
    ]
