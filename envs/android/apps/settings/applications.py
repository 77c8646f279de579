"""Apps: their list, and what may be done with each."""

import zlib
from collections.abc import Callable

from palaestra.envs.android.apps.settings.rows import (
    PACKAGE,
    fact,
    go,
    heading,
    item,
    link,
    note,
    page,
    switched,
)
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.packages import LABELS, NOTIFICATIONS
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.controls import button, icon_button
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import app_bar, list_item, scaffold, search_bar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, Action, View, column, divider, icon, lazy_list, row, text

ROW_DP = 72
NO_PERMISSIONS = "No permissions granted"
QUESTIONS = {
    "stop": ("Force stop?", "If you force stop an app, it may misbehave.", "OK"),
    "disable": (
        "Disable app?",
        "If you disable this app, other apps may no longer work as intended.",
        "Disable app",
    ),
    "uninstall": ("", "Do you want to uninstall this app?", "OK"),
}
"""Title, text and confirm label of a dialog by its kind; the title of the last is the app's name."""


class AppPages:
    """Lists of apps, and the pages of one app."""

    def apps(self, activity: Activity) -> Page:
        phone = activity.phone
        count = len(installed_apps(phone))
        return page(
            activity,
            "Apps",
            heading("Recently opened apps"),
            *(app_row(activity, app) for app in recent_apps(phone)[:4]),
            link(activity, f"See all {count} apps", "", "Settings$ManageApplicationsActivity", "chevron-right"),
            divider(),
            item("Default apps", "Phone and Simple SMS Messenger", None),
            item("Screen time", "", None),
            item("Unused apps", "0 apps", None),
        )

    def all_apps(self, activity: Activity) -> Page:
        state = activity.state
        query = state.get("query", "")
        apps = [app for app in installed_apps(activity.phone) if query.casefold() in app.label.casefold()]

        def build(index: int) -> View:
            return app_row(activity, apps[index])

        def leave() -> None:
            state.update(searching=False, query="")

        searching = bool(state.get("searching"))
        if searching:
            bar = search_bar(query, lambda value: state.update(query=value), leave)
        else:
            find = icon_button("magnify", lambda: state.update(searching=True), "Search")
            bar = app_bar("App info", back=activity.finish, actions=[find])
        body = lazy_list(len(apps), build, ROW_DP, id="apps_list")
        return Page(scaffold(bar, body), title="App info", on_back=leave if searching else None)

    def app_info(self, activity: Activity) -> Page:
        phone, package = activity.phone, package_of(activity)
        if not phone.packages.is_installed(package):
            return page(activity, "App info", text("App not found", padding=24))
        app = phone.apps.get(package)
        head = column(
            app_icon(app, 56) if app else icon("android", 56),
            text(phone.packages.label(package), "title_large", id="entity_header_title"),
            gap=8,
            align="center",
            width=FILL,
            padding=(0, 8),
        )
        return page(
            activity,
            "App info",
            head,
            self._app_actions(activity, package),
            *self._app_links(activity, package),
            item("Mobile data & Wi‑Fi", "No data used", None),
            item("Screen time", "0 minutes today", None),
            item("Battery", "0% use since last full charge", None),
            item("Open by default", "No defaults set", None),
            note(f"version {phone.packages.version(package)}"),
            windows=self._app_windows(activity, package),
        )

    def _app_actions(self, activity: Activity, package: str) -> View:
        """The buttons below an app's name."""
        phone, state = activity.phone, activity.state
        app, enabled = phone.apps.get(package), phone.state["packages"][package]["enabled"]
        running = any(r["package"] == package for task in phone.state["tasks"] for r in task["records"])
        ours = package == PACKAGE

        def ask(question: str) -> Callable[[], None]:
            return lambda: state.update(asking=question)

        open_ = (lambda: phone.open_app(package)) if app and app.launcher and enabled else None
        if app is not None and not app.system:
            middle = action("Uninstall", "delete-outline", ask("uninstall"))
        elif enabled:
            middle = action("Disable", "cancel", None if ours else ask("disable"))
        else:
            middle = action("Enable", "check", lambda: phone.packages.enable(package, True))
        stop = ask("stop") if running and not ours else None
        return row(
            action("Open", "open-in-new", open_),
            middle,
            action("Force stop", "alert-octagon-outline", stop),
            width=FILL,
            padding=(8, 8),
            gap=8,
        )

    def _app_links(self, activity: Activity, package: str) -> list[View]:
        """Rows that lead to an app's other pages."""
        phone = activity.phone
        record = phone.state["packages"][package]
        granted = len(record["granted"])
        permissions = f"{granted} permission{'' if granted == 1 else 's'} allowed" if granted else NO_PERMISSIONS
        total = megabytes(code_size(package) + size_of(phone, package))
        rows = (
            ("Notifications", "On" if record["notifications"] else "Off", "Settings$AppNotificationSettingsActivity"),
            ("Permissions", permissions, "Settings$AppPermissionsActivity"),
            ("Storage & cache", f"{total} used in internal storage", "Settings$AppStorageSettingsActivity"),
        )
        return [link(activity, title, summary, page_name, package=package) for title, summary, page_name in rows]

    def _app_windows(self, activity: Activity, package: str) -> list[View]:
        """The question before an app is stopped, disabled or removed."""
        phone, state = activity.phone, activity.state

        def cancel() -> None:
            state.update(asking="")

        def confirm() -> None:
            asked = state["asking"]
            cancel()
            if asked == "stop":
                phone.force_stop(package)
            elif asked == "disable":
                phone.packages.enable(package, False)
            else:
                phone.packages.uninstall(package)
                activity.finish()

        asked = state.get("asking", "")
        if asked not in QUESTIONS:
            return []
        title, words, yes = QUESTIONS[asked]
        if asked == "uninstall":
            title = phone.packages.label(package)
        return [dialog(title, words, buttons=[("Cancel", cancel), (yes, confirm)], on_dismiss=cancel)]

    def app_notifications(self, activity: Activity) -> Page:
        phone, package = activity.phone, package_of(activity)
        record = phone.state["packages"].get(package)
        if record is None:
            return page(activity, "Notifications", text("App not found", padding=24))
        label = phone.packages.label(package)

        def put(value: bool) -> None:
            record["notifications"] = value
            if not value:
                phone.cancel_notification(package)

        switch = switched(f"All {label} notifications", "", record["notifications"], put, "switch_widget")
        return page(activity, "Notifications", switch)

    def app_storage(self, activity: Activity) -> Page:
        phone, state, package = activity.phone, activity.state, package_of(activity)
        size = size_of(phone, package)

        def clear() -> None:
            state.update(asking=False)
            phone.packages.clear(package)

        def cancel() -> None:
            state.update(asking=False)

        windows = []
        if state.get("asking"):
            words = "This app’s data will be permanently deleted from this device."
            buttons = [("Cancel", cancel), ("Delete", clear)]
            windows = [dialog("Delete app data?", words, buttons=buttons, on_dismiss=cancel)]
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
        phone, package = activity.phone, package_of(activity)
        permissions = dict.fromkeys((*phone.packages.permissions(package), NOTIFICATIONS))
        rows = [self._permission(phone, package, permission) for permission in permissions]
        return page(activity, "App permissions", *rows)

    def _permission(self, phone: Phone, package: str, permission: str) -> View:
        def put(value: bool) -> None:
            (phone.packages.grant if value else phone.packages.revoke)(package, permission)

        title = permission.rpartition(".")[2].replace("_", " ").capitalize()
        summary = f"Lets the app {LABELS.get(permission, 'do this')}"
        return switched(title, summary, phone.packages.granted(package, permission), put, "switch_widget")


def action(label: str, glyph: str, on_click: Action) -> View:
    """One of the buttons below an app's name."""
    color = "primary" if on_click else "outline"
    return column(
        icon(glyph, 24, color),
        text(label, "label_large", color, 1),
        gap=4,
        align="center",
        weight=1,
        padding=(0, 12),
        on_click=on_click,
        enabled=on_click is not None,
        desc=label,
        key=label,
    )


def app_row(activity: Activity, app: Manifest) -> View:
    """An app in a list."""
    phone = activity.phone
    size = megabytes(code_size(app.package) + size_of(phone, app.package))
    return list_item(
        app.label,
        size if phone.packages.is_enabled(app.package) else "Disabled",
        leading=app_icon(app, 36),
        min_height=ROW_DP,
        key=app.package,
        padding=(24, 8),
        on_click=lambda: go(activity, "applications.InstalledAppDetails", package=app.package),
    )


def installed_apps(phone: Phone) -> list[Manifest]:
    """Installed apps by label."""
    apps = [app for app in phone.apps.values() if phone.packages.is_installed(app.package)]
    return sorted(apps, key=lambda app: app.label.casefold())


def recent_apps(phone: Phone) -> list[Manifest]:
    """Apps with an icon, the last used first."""
    order = [task["package"] for task in reversed(phone.state["tasks"])]
    return [phone.apps[name] for name in dict.fromkeys(order) if phone.apps[name].launcher]


def package_of(activity: Activity) -> str:
    """The package that an intent is about."""
    extras = activity.intent["extras"]
    package = extras.get("package") or extras.get("android.provider.extra.APP_PACKAGE")
    return str(package or activity.intent["data"].removeprefix("package:"))


def size_of(phone: Phone, package: str) -> int:
    """Size of what an app has stored, bytes."""
    folder = f"/data/data/{package}"
    return sum(phone.files.stat(p).size for p in phone.files.walk(folder)) if phone.files.exists(folder) else 0


def code_size(package: str) -> int:
    """The invented size of an app itself, bytes: 4 to 44 MB."""
    return 4_000_000 + zlib.crc32(package.encode()) % 40_000_000


def megabytes(size: int) -> str:
    """A size in bytes with its unit, as in ``4.20 MB``."""
    if size < 1_000_000:
        return f"{size / 1000:.2f} kB" if size else "0 B"
    return f"{size / 1e6:.2f} MB"
