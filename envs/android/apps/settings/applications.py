"""Apps: their list, and what may be done with each."""

import zlib
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.apps.settings.rows import PACKAGE, fact, go, heading, item, page, switched
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.packages import LABELS, NOTIFICATIONS
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    app_bar,
    button,
    column,
    dialog,
    divider,
    icon,
    icon_button,
    lazy_list,
    list_item,
    row,
    scaffold,
    text,
    text_field,
)


class AppPages:
    """Lists of apps, and the pages of one app."""

    def apps(self, activity: Activity) -> Page:
        phone = activity.phone
        all_of = shown_apps(phone)
        return page(
            activity,
            "Apps",
            heading("Recently opened apps"),
            *(app_row(activity, app) for app in recent_apps(phone)[:4]),
            item(
                f"See all {len(all_of)} apps",
                "",
                lambda: go(activity, "Settings$ManageApplicationsActivity"),
                "chevron-right",
            ),
            divider(),
            item("Default apps", "Phone and Simple SMS Messenger", None),
            item("Screen time", "", None),
            item("Unused apps", "0 apps", None),
        )

    def all_apps(self, activity: Activity) -> Page:
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        found = [app for app in shown_apps(phone) if query.casefold() in app.label.casefold()]
        body = lazy_list(len(found), lambda i: app_row(activity, found[i]), 72, id="apps_list")
        if state.get("searching"):
            bar = row(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Back"),
                text_field(
                    query,
                    lambda value: state.update(query=value),
                    hint="Search",
                    style="bare",
                    weight=1,
                    autofocus=True,
                    id="search_src_text",
                    action="search",
                ),
                width=FILL,
                height=64,
                padding=(4, 0),
            )
        else:
            find = icon_button("magnify", lambda: state.update(searching=True), "Search")
            bar = app_bar("App info", back=activity.finish, actions=[find])
        back = (lambda: state.update(searching=False, query="")) if state.get("searching") else None
        return Page(scaffold(bar, body), title="App info", on_back=back)

    def app_info(self, activity: Activity) -> Page:
        phone, state, package = activity.phone, activity.state, wanted_package(activity)
        if not phone.packages.is_installed(package):
            return page(activity, "App info", text("App not found", padding=24))
        app = phone.apps.get(package)
        record = phone.state["packages"][package]
        running = any(r["package"] == package for task in phone.state["tasks"] for r in task["records"])
        enabled = record["enabled"]
        removable = app is not None and not app.system

        def leave(does: Callable[[], Any]) -> None:
            state.update(asking="")
            does()

        def remove() -> None:
            phone.packages.uninstall(package)
            activity.finish()

        actions = row(
            action(
                "Open", "open-in-new", (lambda: phone.open_app(package)) if app and app.launcher and enabled else None
            ),
            action("Uninstall", "delete-outline", lambda: state.update(asking="uninstall"))
            if removable
            else action(
                "Disable" if enabled else "Enable",
                "cancel" if enabled else "check",
                (lambda: state.update(asking="disable"))
                if enabled and package != PACKAGE
                else (lambda: phone.packages.enable(package, True))
                if not enabled
                else None,
            ),
            action(
                "Force stop",
                "alert-octagon-outline",
                (lambda: state.update(asking="stop")) if running and package != PACKAGE else None,
            ),
            width=FILL,
            padding=(8, 8),
            gap=8,
        )
        granted = len(record["granted"])
        extras = {"package": package}
        asked = state.get("asking", "")
        questions = {
            "stop": (
                "Force stop?",
                "If you force stop an app, it may misbehave.",
                "OK",
                lambda: phone.force_stop(package),
            ),
            "disable": (
                "Disable app?",
                "If you disable this app, other apps may no longer work as intended.",
                "Disable app",
                lambda: phone.packages.enable(package, False),
            ),
            "uninstall": (app.label if app else "", "Do you want to uninstall this app?", "OK", remove),
        }
        windows = []
        if asked in questions:
            title, told, words, does = questions[asked]
            cancel = lambda: state.update(asking="")
            windows = [
                dialog(title, told, buttons=[("Cancel", cancel), (words, lambda: leave(does))], on_dismiss=cancel)
            ]
        total = megabytes(code_size(package) + size_of(phone, package))
        return page(
            activity,
            "App info",
            column(
                app_icon(app, 56) if app else icon("android", 56),
                text(phone.packages.label(package), "title_large", id="entity_header_title"),
                gap=8,
                align="center",
                width=FILL,
                padding=(0, 8),
            ),
            actions,
            item(
                "Notifications",
                "On" if record["notifications"] else "Off",
                lambda: go(activity, "Settings$AppNotificationSettingsActivity", **extras),
            ),
            item(
                "Permissions",
                f"{granted} permission{'' if granted == 1 else 's'} allowed" if granted else "No permissions granted",
                lambda: go(activity, "Settings$AppPermissionsActivity", **extras),
            ),
            item(
                "Storage & cache",
                f"{total} used in internal storage",
                lambda: go(activity, "Settings$AppStorageSettingsActivity", **extras),
            ),
            item("Mobile data & Wi‑Fi", "No data used", None),
            item("Screen time", "0 minutes today", None),
            item("Battery", "0% use since last full charge", None),
            item("Open by default", "No defaults set", None),
            text(f"version {phone.packages.version(package)}", "body_medium", "on_surface_variant", padding=(24, 16)),
            windows=windows,
        )

    def app_notifications(self, activity: Activity) -> Page:
        phone, package = activity.phone, wanted_package(activity)
        record = phone.state["packages"].get(package)
        if record is None:
            return page(activity, "Notifications", text("App not found", padding=24))
        label = phone.packages.label(package)

        def put(value: bool) -> None:
            record["notifications"] = value
            if not value:
                phone.cancel_notification(package)

        return page(
            activity,
            "Notifications",
            switched(f"All {label} notifications", "", record["notifications"], put, "switch_widget"),
        )

    def app_storage(self, activity: Activity) -> Page:
        phone, state, package = activity.phone, activity.state, wanted_package(activity)
        size = size_of(phone, package)

        def clear() -> None:
            state.update(asking=False)
            phone.packages.clear(package)

        windows = []
        if state.get("asking"):
            cancel = lambda: state.update(asking=False)
            told = "This app’s data will be permanently deleted from this device."
            windows = [
                dialog("Delete app data?", told, buttons=[("Cancel", cancel), ("Delete", clear)], on_dismiss=cancel)
            ]
        return page(
            activity,
            "Storage",
            row(
                button("Clear storage", lambda: state.update(asking=True), "tonal", weight=1, id="button1"),
                button("Clear cache", lambda: activity.toast("Cache cleared"), "tonal", weight=1, id="button2"),
                width=FILL,
                gap=8,
                padding=(24, 16),
            ),
            fact("App size", megabytes(code_size(package))),
            fact("User data", megabytes(size)),
            fact("Cache", "0 B"),
            fact("Total", megabytes(code_size(package) + size)),
            windows=windows,
        )

    def app_permissions(self, activity: Activity) -> Page:
        phone, package = activity.phone, wanted_package(activity)
        asked = (*phone.packages.permissions(package), NOTIFICATIONS)
        rows = []
        for name in dict.fromkeys(asked):
            on = phone.packages.granted(package, name)

            def put(value: bool, name: str = name) -> None:
                (phone.packages.grant if value else phone.packages.revoke)(package, name)

            title = name.rpartition(".")[2].replace("_", " ").capitalize()
            rows.append(switched(title, f"Lets the app {LABELS.get(name, 'do this')}", on, put, "switch_widget"))
        return page(activity, "App permissions", *rows)


def action(label: str, name: str, does: Callable[[], Any] | None) -> View:
    """One of the buttons below an app's name."""
    color = "primary" if does else "outline"
    return column(
        icon(name, 24, color),
        text(label, "label_large", color, 1),
        gap=4,
        align="center",
        weight=1,
        padding=(0, 12),
        on_click=does,
        enabled=does is not None,
        desc=label,
        key=label,
    )


def app_row(activity: Activity, app: App) -> View:
    """An app in a list."""
    told = "" if activity.phone.packages.is_enabled(app.package) else "Disabled"
    size = megabytes(code_size(app.package) + size_of(activity.phone, app.package))
    return list_item(
        app.label,
        told or size,
        leading=app_icon(app, 36),
        height=72,
        key=app.package,
        padding=(24, 8),
        on_click=lambda: go(activity, "applications.InstalledAppDetails", package=app.package),
    )


def shown_apps(phone: Phone) -> list[App]:
    """Installed apps by label."""
    apps = [app for app in phone.apps.values() if phone.packages.is_installed(app.package)]
    return sorted(apps, key=lambda app: app.label.casefold())


def recent_apps(phone: Phone) -> list[App]:
    """Apps by when they were last in front."""
    order = [task["package"] for task in reversed(phone.state["tasks"])]
    return [phone.apps[name] for name in dict.fromkeys(order) if phone.apps[name].launcher]


def wanted_package(activity: Activity) -> str:
    """The app that an intent is about."""
    extras = activity.intent["extras"]
    told = extras.get("package") or extras.get("android.provider.extra.APP_PACKAGE")
    return str(told or activity.intent["data"].removeprefix("package:"))


def size_of(phone: Phone, package: str) -> int:
    """What an app has stored, bytes."""
    folder = f"/data/data/{package}"
    return sum(phone.files.stat(p).size for p in phone.files.walk(folder)) if phone.files.exists(folder) else 0


def code_size(package: str) -> int:
    """The invented size of an app itself, bytes: 4 to 44 MB."""
    return 4_000_000 + zlib.crc32(package.encode()) % 40_000_000


def megabytes(size: int) -> str:
    """A size as the settings write it."""
    if size < 1_000_000:
        return f"{size / 1000:.2f} kB" if size else "0 B"
    return f"{size / 1e6:.2f} MB"
