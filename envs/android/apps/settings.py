"""The settings: a tree of pages over the phone's settings, packages and clock.

Every page is an activity of its own, as on a phone; rows change the same settings that the shell reads.
"""

import datetime
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.app import MAIN, VIEW, App, Page
from palaestra.envs.android.packages import LABELS, NOTIFICATIONS
from palaestra.envs.android.system_ui import app_icon, set_brightness, set_wifi, wifi_is_on
from palaestra.envs.android.view import (
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
    radio,
    row,
    scaffold,
    scroll,
    slider,
    spacer,
    switch,
    text,
    text_field,
)

PACKAGE = "com.android.settings"
DETAILS = "android.settings.APPLICATION_DETAILS_SETTINGS"
PAGES = {
    "Settings": "root",
    "Settings$NetworkDashboardActivity": "network",
    "Settings$NetworkProviderSettingsActivity": "internet",
    "Settings$ConnectedDeviceDashboardActivity": "connected",
    "Settings$AdvancedConnectedDeviceActivity": "preferences",
    "Settings$BluetoothSettingsActivity": "bluetooth",
    "Settings$AppDashboardActivity": "apps",
    "Settings$ManageApplicationsActivity": "all_apps",
    "applications.InstalledAppDetails": "app_info",
    "Settings$AppNotificationSettingsActivity": "app_notifications",
    "Settings$AppStorageSettingsActivity": "app_storage",
    "Settings$AppPermissionsActivity": "app_permissions",
    "Settings$ConfigureNotificationSettingsActivity": "notifications",
    "Settings$BatteryDashboardActivity": "battery",
    "Settings$StorageDashboardActivity": "storage",
    "Settings$SoundSettingsActivity": "sound",
    "Settings$DisplaySettingsActivity": "display",
    "Settings$DarkThemeSettingsActivity": "dark_theme",
    "Settings$TextReadingSettingsActivity": "text_size",
    "Settings$AccessibilitySettingsActivity": "accessibility",
    "Settings$LocationSettingsActivity": "location",
    "Settings$SystemDashboardActivity": "system",
    "Settings$LanguageSettingsActivity": "languages",
    "Settings$DateTimeSettingsActivity": "date_time",
    "Settings$TimeZoneActivity": "time_zone",
    "Settings$MyDeviceInfoActivity": "about",
    "homepage.SearchActivity": "search",
}
ACTIONS = {
    "SETTINGS": "Settings",
    "WIFI_SETTINGS": "Settings$NetworkProviderSettingsActivity",
    "WIRELESS_SETTINGS": "Settings$NetworkDashboardActivity",
    "AIRPLANE_MODE_SETTINGS": "Settings$NetworkDashboardActivity",
    "BLUETOOTH_SETTINGS": "Settings$BluetoothSettingsActivity",
    "DISPLAY_SETTINGS": "Settings$DisplaySettingsActivity",
    "SOUND_SETTINGS": "Settings$SoundSettingsActivity",
    "DATE_SETTINGS": "Settings$DateTimeSettingsActivity",
    "APPLICATION_SETTINGS": "Settings$ManageApplicationsActivity",
    "MANAGE_APPLICATIONS_SETTINGS": "Settings$ManageApplicationsActivity",
    "MANAGE_ALL_APPLICATIONS_SETTINGS": "Settings$ManageApplicationsActivity",
    "LOCATION_SOURCE_SETTINGS": "Settings$LocationSettingsActivity",
    "ACCESSIBILITY_SETTINGS": "Settings$AccessibilitySettingsActivity",
    "INTERNAL_STORAGE_SETTINGS": "Settings$StorageDashboardActivity",
    "BATTERY_SAVER_SETTINGS": "Settings$BatteryDashboardActivity",
    "NOTIFICATION_SETTINGS": "Settings$ConfigureNotificationSettingsActivity",
    "DEVICE_INFO_SETTINGS": "Settings$MyDeviceInfoActivity",
    "LOCALE_SETTINGS": "Settings$LanguageSettingsActivity",
}
ROOT = (
    ("wifi", "Network & internet", "Mobile, Wi‑Fi, hotspot", "Settings$NetworkDashboardActivity"),
    ("devices", "Connected devices", "Bluetooth, pairing", "Settings$ConnectedDeviceDashboardActivity"),
    ("apps", "Apps", "Assistant, recent apps, default apps", "Settings$AppDashboardActivity"),
    ("bell-outline", "Notifications", "Notification history, conversations",
     "Settings$ConfigureNotificationSettingsActivity"),
    ("battery", "Battery", "100%", "Settings$BatteryDashboardActivity"),
    ("harddisk", "Storage", "20% used - 4.84 GB free", "Settings$StorageDashboardActivity"),
    ("volume-high", "Sound & vibration", "Volume, haptics, Do Not Disturb", "Settings$SoundSettingsActivity"),
    ("brightness-6", "Display", "Dark theme, font size, brightness", "Settings$DisplaySettingsActivity"),
    ("human", "Accessibility", "Display, interaction, audio", "Settings$AccessibilitySettingsActivity"),
    ("map-marker-outline", "Location", "On - 2 apps have access to location", "Settings$LocationSettingsActivity"),
    ("information-outline", "System", "Languages, gestures, time, backup", "Settings$SystemDashboardActivity"),
    ("cellphone", "About emulated device", "sdk_gphone_x86_64", "Settings$MyDeviceInfoActivity"),
)  # fmt: skip
SEARCHABLE = (
    *((title, page) for _, title, _, page in ROOT),
    ("Wi‑Fi", "Settings$NetworkProviderSettingsActivity"),
    ("Internet", "Settings$NetworkProviderSettingsActivity"),
    ("Airplane mode", "Settings$NetworkDashboardActivity"),
    ("Bluetooth", "Settings$BluetoothSettingsActivity"),
    ("Brightness level", "Settings$DisplaySettingsActivity"),
    ("Dark theme", "Settings$DarkThemeSettingsActivity"),
    ("Font size", "Settings$TextReadingSettingsActivity"),
    ("Date & time", "Settings$DateTimeSettingsActivity"),
    ("Time zone", "Settings$TimeZoneActivity"),
    ("App info", "Settings$ManageApplicationsActivity"),
    ("Languages & input", "Settings$LanguageSettingsActivity"),
)
TIMEOUTS = (("15 seconds", 15), ("30 seconds", 30), ("1 minute", 60), ("2 minutes", 120), ("5 minutes", 300),
            ("10 minutes", 600), ("30 minutes", 1800))  # fmt: skip
FONT_SCALES = ((0.85, "Small"), (1.0, "Default"), (1.15, "Large"), (1.3, "Largest"))
ZONES = ("UTC", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Berlin",
         "Europe/Athens", "Africa/Nairobi", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
         "Australia/Sydney")  # fmt: skip
NETWORKS = ("AndroidWifi", "Harbour Cafe", "Neighbours 5G")
DEVICES = ("Living Room Speaker", "Kite Headphones")


class Settings(App):
    """Pages by class name."""

    package = PACKAGE
    label = "Settings"
    icon = "cog"
    color = "#5F6368"
    activities = {f"{PACKAGE}.{name}": method for name, method in PAGES.items()}
    launcher = f"{PACKAGE}.Settings"
    filters = (
        {"activity": f"{PACKAGE}.Settings", "action": MAIN},
        {"activity": f"{PACKAGE}.applications.InstalledAppDetails", "action": DETAILS, "scheme": "package"},
        {"activity": f"{PACKAGE}.Settings$AppNotificationSettingsActivity",
         "action": "android.settings.APP_NOTIFICATION_SETTINGS"},
        {"activity": f"{PACKAGE}.Settings", "action": VIEW, "scheme": "settings"},
        *({"activity": f"{PACKAGE}.{name}", "action": f"android.settings.{action}"} for action,
            name in ACTIONS.items()),
    )  # fmt: skip

    # --- the root

    def root(self, activity) -> Page:
        """What there is."""
        search = row(
            icon("magnify"), text("Search settings", "body_large", "on_surface_variant", 1), width=FILL, height=52,
            radius=26, padding=(16, 0), gap=16, margin=(16, 0, 16, 8), background="surface_container_high",
            on_click=lambda: go(activity, "homepage.SearchActivity"), id="search_action_bar", desc="Search settings",
        )  # fmt: skip
        rows = [
            list_item(title, self._summary(activity.phone, title, told), leading=icon(name, 24, "on_surface_variant"),
                      on_click=lambda page=page: go(activity, page), padding=(24, 12), gap=24, key=title)
            for name, title, told, page in ROOT
        ]  # fmt: skip
        body = scroll(app_bar("Settings", large=True), search, *rows, spacer(24), id="settings_homepage_container")
        return Page(column(body, width=FILL, height=FILL), title="Settings")

    def _summary(self, phone, title: str, told: str) -> str:
        if title == "Location":
            return "On" if phone.settings.on("secure", "location_mode") else "Off"
        if title == "Apps":
            return f"{len(shown_apps(phone))} apps installed"
        return told

    def search(self, activity) -> Page:
        """Pages by name."""
        state = activity.state
        query = state.get("query", "")
        found = [one for one in SEARCHABLE if query and query.casefold() in one[0].casefold().replace("‑", "-")]
        bar = row(
            icon_button("arrow-left", activity.finish, "Back"),
            text_field(query, lambda value: state.update(query=value), hint="Search settings", style="bare", weight=1,
                       autofocus=True, id="search_src_text", action="search"),
            icon_button("close", lambda: state.update(query=""), "Clear text") if query else None,
            width=FILL, height=64, padding=(4, 0),
        )  # fmt: skip
        rows = [list_item(title, on_click=lambda page=page: go(activity, page), leading=icon("cog-outline"), key=title)
                for title, page in found]  # fmt: skip
        if query and not rows:
            rows = [text("No results", "body_large", "on_surface_variant", padding=24)]
        return Page(scaffold(bar, scroll(*rows, id="list_results")), title="Search settings")

    # --- network

    def network(self, activity) -> Page:
        phone = activity.phone
        settings = phone.settings
        on = wifi_is_on(phone)
        airplane = settings.on("global", "airplane_mode_on")
        return page(
            activity, "Network & internet",
            item("Internet", NETWORKS[0] if on else "Off" if airplane else "Carrier",
                 lambda: go(activity, "Settings$NetworkProviderSettingsActivity"), "wifi"),
            item("Calls & SMS", "Carrier", None, "phone-outline"),
            item("SIMs", "Carrier", None, "sim"),
            toggle(activity, "Airplane mode", "global", "airplane_mode_on", glyph="airplane"),
            item("Hotspot & tethering", "Off", None, "access-point"),
            toggle(activity, "Data Saver", "global", "data_saver", "Off", "leaf"),
            item("VPN", "None", None, "key-outline"),
            item("Private DNS", "Automatic", None, "dns-outline"),
        )  # fmt: skip

    def internet(self, activity) -> Page:
        phone, state = activity.phone, activity.state
        on = wifi_is_on(phone)
        rows = [
            switched("Wi‑Fi", "", on, lambda value: set_wifi(phone, value), "wifi_switch", words="Wi-Fi"),
            *(
                item(name, "Connected" if name == NETWORKS[0] else "Secured",
                     lambda name=name: state.update(network=name), "wifi" if name == NETWORKS[0] else "wifi-lock")
                for name in (NETWORKS if on else ())
            ),
            item("Add network", "", None, "plus") if on else None,
            item("Network preferences", "Wi‑Fi turns back on automatically", None, "cog-outline"),
            toggle(activity, "Mobile data", "global", "mobile_data"),
        ]  # fmt: skip
        windows = []
        if state.get("network"):
            name = state["network"]
            close = {"on_dismiss": lambda: state.update(network="")}
            told = "Connected" if name == NETWORKS[0] else "Secured. It asks for a password."
            windows = [dialog(name, told, buttons=[("OK", lambda: state.update(network=""))], **close)]
        return page(activity, "Internet", *rows, windows=windows)

    def connected(self, activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        pair = lambda: go(activity, "Settings$BluetoothSettingsActivity")
        return page(
            activity, "Connected devices",
            item("Pair new device", "" if on else "Bluetooth will turn on to pair", pair, "plus"),
            heading("Saved devices"),
            *(item(name, "" if on else "Bluetooth is off", None, "speaker-bluetooth") for name in DEVICES),
            item("Connection preferences", "Bluetooth, NFC, driving mode",
                 lambda: go(activity, "Settings$AdvancedConnectedDeviceActivity"), "tune"),
        )  # fmt: skip

    def preferences(self, activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        return page(
            activity, "Connection preferences",
            item("Bluetooth", "On" if on else "Off", lambda: go(activity, "Settings$BluetoothSettingsActivity"),
                 "bluetooth"),
            toggle(activity, "NFC", "global", "nfc_on", glyph="nfc"),
            item("Cast", "", None, "cast"),
            item("Printing", "1 print service on", None, "printer-outline"),
            item("Files received by Nearby Share", "", None, "folder-outline"),
        )  # fmt: skip

    def bluetooth(self, activity) -> Page:
        settings = activity.phone.settings
        on = settings.on("global", "bluetooth_on")
        return page(
            activity, "Bluetooth",
            switched("Use Bluetooth", "", on, lambda value: settings.put("global", "bluetooth_on", str(int(value))),
                     "switch_widget"),
            item("Device name", settings.get("secure", "bluetooth_name"), None) if on else None,
            heading("Saved devices") if on else None,
            *(item(name, "Saved", None, "speaker-bluetooth") for name in (DEVICES if on else ())),
            text("When Bluetooth is on, your device can communicate with other nearby Bluetooth devices.",
                 "body_medium", "on_surface_variant", padding=(24, 16)),
        )  # fmt: skip

    # --- apps

    def apps(self, activity) -> Page:
        phone = activity.phone
        all_of = shown_apps(phone)
        return page(
            activity, "Apps",
            heading("Recently opened apps"),
            *(app_row(activity, app) for app in recent_apps(phone)[:4]),
            item(f"See all {len(all_of)} apps", "", lambda: go(activity, "Settings$ManageApplicationsActivity"),
                 "chevron-right"),
            divider(),
            item("Default apps", "Phone and Simple SMS Messenger", None),
            item("Screen time", "", None),
            item("Unused apps", "0 apps", None),
        )  # fmt: skip

    def all_apps(self, activity) -> Page:
        state, phone = activity.state, activity.phone
        query = state.get("query", "")
        found = [app for app in shown_apps(phone) if query.casefold() in app.label.casefold()]
        body = lazy_list(len(found), lambda i: app_row(activity, found[i]), 72, id="apps_list")
        if state.get("searching"):
            bar = row(
                icon_button("arrow-left", lambda: state.update(searching=False, query=""), "Back"),
                text_field(query, lambda value: state.update(query=value), hint="Search", style="bare", weight=1,
                           autofocus=True, id="search_src_text", action="search"),
                width=FILL, height=64, padding=(4, 0),
            )  # fmt: skip
        else:
            find = icon_button("magnify", lambda: state.update(searching=True), "Search")
            bar = app_bar("App info", back=activity.finish, actions=[find])
        back = (lambda: state.update(searching=False, query="")) if state.get("searching") else None
        return Page(scaffold(bar, body), title="App info", on_back=back)

    def app_info(self, activity) -> Page:
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
            action("Open", "open-in-new",
                (lambda: phone.open_app(package)) if app and app.launcher and enabled else None),
            action("Uninstall", "delete-outline", lambda: state.update(asking="uninstall")) if removable else
            action("Disable" if enabled else "Enable", "cancel" if enabled else "check",
                   (lambda: state.update(asking="disable")) if enabled and package != PACKAGE else
                   (lambda: phone.packages.enable(package, True)) if not enabled else None),
            action("Force stop", "alert-octagon-outline",
                   (lambda: state.update(asking="stop")) if running and package != PACKAGE else None),
            width=FILL, padding=(8, 8), gap=8,
        )  # fmt: skip
        granted = len(record["granted"])
        extras = {"package": package}
        asked = state.get("asking", "")
        questions = {
            "stop": ("Force stop?", "If you force stop an app, it may misbehave.", "OK",
                     lambda: phone.force_stop(package)),
            "disable": ("Disable app?", "If you disable this app, other apps may no longer work as intended.",
                        "Disable app", lambda: phone.packages.enable(package, False)),
            "uninstall": (app.label if app else "", "Do you want to uninstall this app?", "OK", remove),
        }  # fmt: skip
        windows = []
        if asked in questions:
            title, told, words, does = questions[asked]
            cancel = lambda: state.update(asking="")
            windows = [dialog(title, told, buttons=[("Cancel", cancel), (words, lambda: leave(does))],
                              on_dismiss=cancel)]  # fmt: skip
        return page(
            activity, "App info",
            column(app_icon(app, 56) if app else icon("android", 56), text(phone.packages.label(package),
                   "title_large", id="entity_header_title"), gap=8, align="center", width=FILL, padding=(0, 8)),
            actions,
            item("Notifications", "On" if record["notifications"] else "Off",
                 lambda: go(activity, "Settings$AppNotificationSettingsActivity", **extras)),
            item("Permissions", f"{granted} permission{'' if granted == 1 else 's'} allowed" if granted
                 else "No permissions granted", lambda: go(activity, "Settings$AppPermissionsActivity", **extras)),
            item("Storage & cache", f"{size_of(phone, package)} used in internal storage",
                 lambda: go(activity, "Settings$AppStorageSettingsActivity", **extras)),
            item("Mobile data & Wi‑Fi", "No data used", None),
            item("Screen time", "0 minutes today", None),
            item("Battery", "0% use since last full charge", None),
            item("Open by default", "No defaults set", None),
            text(f"version {phone.packages.version(package)}", "body_medium", "on_surface_variant", padding=(24, 16)),
            windows=windows,
        )  # fmt: skip

    def app_notifications(self, activity) -> Page:
        phone, package = activity.phone, wanted_package(activity)
        record = phone.state["packages"].get(package)
        if record is None:
            return page(activity, "Notifications", text("App not found", padding=24))
        label = phone.packages.label(package)

        def put(value: bool) -> None:
            record["notifications"] = value
            if not value:
                phone.cancel_notification(package)

        return page(activity, "Notifications", switched(f"All {label} notifications", "", record["notifications"], put,
                                                        "switch_widget"))  # fmt: skip

    def app_storage(self, activity) -> Page:
        phone, state, package = activity.phone, activity.state, wanted_package(activity)
        size = size_of(phone, package)

        def clear() -> None:
            state.update(asking=False)
            phone.packages.clear(package)

        windows = []
        if state.get("asking"):
            cancel = lambda: state.update(asking=False)
            told = "This app’s data will be permanently deleted from this device."
            windows = [dialog("Delete app data?", told, buttons=[("Cancel", cancel), ("Delete", clear)],
                              on_dismiss=cancel)]  # fmt: skip
        return page(
            activity, "Storage",
            row(button("Clear storage", lambda: state.update(asking=True), "tonal", weight=1, id="button1"),
                button("Clear cache", lambda: activity.toast("Cache cleared"), "tonal", weight=1, id="button2"),
                width=FILL, gap=8, padding=(24, 16)),
            item("App size", "12.4 MB", None), item("User data", size, None), item("Cache", "0 B", None),
            item("Total", size, None), windows=windows,
        )  # fmt: skip

    def app_permissions(self, activity) -> Page:
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

    # --- notifications, battery, storage, sound

    def notifications(self, activity) -> Page:
        return page(
            activity, "Notifications",
            item("App settings", "Control notifications from individual apps",
                 lambda: go(activity, "Settings$ManageApplicationsActivity")),
            toggle(activity, "Pop on screen", "global", "heads_up_notifications_enabled"),
            toggle(activity, "Do Not Disturb", "global", "zen_mode", glyph="minus-circle-outline"),
            toggle(activity, "Notification dot on app icon", "secure", "notification_badging"),
        )  # fmt: skip

    def battery(self, activity) -> Page:
        return page(
            activity, "Battery",
            column(text("100%", "display_medium"), text("Fully charged", "body_medium", "on_surface_variant"),
                   padding=(24, 8)),
            toggle(activity, "Battery Saver", "global", "low_power", glyph="battery-plus"),
            item("Battery usage", "View usage since last full charge", None, "chart-bar"),
            toggle(activity, "Battery percentage", "system", "status_bar_show_battery_percent", glyph="percent"),
        )  # fmt: skip

    def storage(self, activity) -> Page:
        phone = activity.phone
        return page(
            activity, "Storage",
            column(text("1.24 GB", "display_small"), text("used of 6.08 GB", "body_medium", "on_surface_variant"),
                   View("progress", "android.widget.ProgressBar", value=0.2, width=FILL, height=8, foreground="primary",
                        style="linear"), gap=8, padding=(24, 8), width=FILL),
            item("Free up space", "Go to Files to manage space", lambda: phone.open_app("Files"), "broom"),
            item("Images", "0.02 GB", None, "image-outline"),
            item("Videos", "0.01 GB", None, "movie-outline"),
            item("Apps", "0.9 GB", lambda: go(activity, "Settings$ManageApplicationsActivity"), "apps"),
            item("System", "0.3 GB", None, "cellphone"),
        )  # fmt: skip

    def sound(self, activity) -> Page:
        settings = activity.phone.settings

        def level(title: str, key: str, high: int, glyph: str) -> View:
            value = int(settings.number("system", key, 5))
            return row(
                icon(glyph), column(
                    text(title, "body_large", padding=(16, 0)),
                    slider(value, 0, high, lambda new: settings.put("system", key, str(new)), desc=title, id="seekbar"),
                    weight=1,
                ), width=FILL, padding=(24, 8), gap=8, key=key,
            )  # fmt: skip

        return page(
            activity, "Sound & vibration",
            level("Media volume", "volume_music", 15, "music-note"),
            level("Call volume", "volume_voice", 7, "phone-outline"),
            level("Ring & notification volume", "volume_ring", 7, "bell-outline"),
            level("Alarm volume", "volume_alarm", 7, "alarm"),
            toggle(activity, "Do Not Disturb", "global", "zen_mode"),
            toggle(activity, "Vibrate for calls", "system", "vibrate_when_ringing"),
            item("Phone ringtone", "Morning dew", None), item("Default notification sound", "Drop", None),
            toggle(activity, "Touch sounds", "system", "sound_effects_enabled"),
        )  # fmt: skip

    # --- display

    def display(self, activity) -> Page:
        state, phone = activity.state, activity.phone
        settings = phone.settings
        level = int(settings.number("system", "screen_brightness", 102))
        night = settings.get("secure", "ui_night_mode") == "2"
        seconds = int(settings.number("system", "screen_off_timeout", 60_000)) // 1000
        shown = next((name for name, value in TIMEOUTS if value == seconds), f"{seconds} seconds")

        def choose(value: int) -> None:
            settings.put("system", "screen_off_timeout", str(value * 1000))
            state.update(asking="")

        windows = []
        if state.get("asking") == "brightness":
            close = lambda: state.update(asking="")
            panel = row(icon("brightness-6"), slider(level, 1, 255, lambda value: set_brightness(phone, value),
                        desc="Display brightness", weight=1, id="slider"), width=FILL, gap=8)  # fmt: skip
            windows = [dialog("", panel, on_dismiss=close, gravity="top center", margin=(16, 56, 16, 0),
                              id="brightness_mirror_container")]  # fmt: skip
        elif state.get("asking") == "timeout":
            close = lambda: state.update(asking="")
            rows = [row(radio(value == seconds), text(name, "body_large"), width=FILL, height=48, gap=8, key=name,
                        on_click=lambda value=value: choose(value)) for name, value in TIMEOUTS]  # fmt: skip
            windows = [dialog("Screen timeout", *rows, buttons=[("Cancel", close)], on_dismiss=close)]
        return page(
            activity, "Display",
            heading("Brightness"),
            item("Brightness level", f"{percent(level)}%", lambda: state.update(asking="brightness")),
            toggle(activity, "Adaptive brightness", "system", "screen_brightness_mode"),
            heading("Lock display"),
            item("Screen timeout", f"After {shown} of inactivity", lambda: state.update(asking="timeout")),
            heading("Appearance"),
            row(column(text("Dark theme", "body_large", id="android:id/title"),
                       text("On" if night else "Off", "body_medium", "on_surface_variant", id="android:id/summary"),
                       weight=1, padding=(24, 12), on_click=lambda: go(activity, "Settings$DarkThemeSettingsActivity"),
                       key="words"),
                switch(night, lambda value: settings.put("secure", "ui_night_mode", "2" if value else "1"),
                       id="switchWidget", desc="Dark theme"), width=FILL, padding=(0, 0, 24, 0), key="dark"),
            item("Display size and text", "", lambda: go(activity, "Settings$TextReadingSettingsActivity")),
            heading("Color"),
            toggle(activity, "Night Light", "secure", "night_display_activated"),
            heading("Other display controls"),
            toggle(activity, "Auto-rotate screen", "system", "accelerometer_rotation"),
            windows=windows,
        )  # fmt: skip

    def dark_theme(self, activity) -> Page:
        settings = activity.phone.settings
        on = settings.get("secure", "ui_night_mode") == "2"
        return page(
            activity, "Dark theme",
            switched("Use Dark theme", "", on,
                     lambda value: settings.put("secure", "ui_night_mode", "2" if value else "1"), "switch_widget"),
            item("Schedule", "None", None),
            text("Dark theme uses a black background to help keep your battery alive longer on some screens.",
                 "body_medium", "on_surface_variant", padding=(24, 16)),
        )  # fmt: skip

    def text_size(self, activity) -> Page:
        settings = activity.phone.settings
        scale = settings.number("system", "font_scale", 1.0)
        place = min(range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i][0] - scale))
        return page(
            activity, "Display size and text",
            column(text("Your preview text looks like this", "body_large"), padding=20, margin=(24, 8), width=FILL,
                   background="surface_container_high", radius=16),
            column(text("Font size", "body_large"), text(FONT_SCALES[place][1], "body_medium", "on_surface_variant"),
                   padding=(24, 8)),
            row(slider(place, 0, len(FONT_SCALES) - 1, lambda value: settings.put("system", "font_scale",
                       str(FONT_SCALES[value][0])), desc="Font size", id="seekbar"), width=FILL, padding=(8, 0)),
            toggle(activity, "Bold text", "secure", "font_weight_bold"),
            toggle(activity, "High contrast text", "secure", "high_text_contrast_enabled"),
            row(button("Reset settings", lambda: settings.put("system", "font_scale", "1.0"), "outlined"),
                width=FILL, justify="center", padding=16),
        )  # fmt: skip

    def accessibility(self, activity) -> Page:
        return page(
            activity, "Accessibility",
            item("Display size and text", "", lambda: go(activity, "Settings$TextReadingSettingsActivity"),
                 "format-size"),
            toggle(activity, "Color inversion", "secure", "accessibility_display_inversion_enabled",
                   glyph="invert-colors"),
            toggle(activity, "Remove animations", "global", "animations_removed", glyph="animation-outline"),
            toggle(activity, "Mono audio", "system", "master_mono", glyph="ear-hearing"),
        )  # fmt: skip

    def location(self, activity) -> Page:
        settings = activity.phone.settings
        on = settings.on("secure", "location_mode")
        return page(
            activity, "Location",
            switched("Use location", "", on,
                     lambda value: settings.put("secure", "location_mode", "3" if value else "0"), "switch_widget"),
            item("App location permissions", "0 of 2 apps have access", None),
            item("Location services", "", None),
        )  # fmt: skip

    # --- system

    def system(self, activity) -> Page:
        return page(
            activity, "System",
            item("Languages & input", "English (United States)",
                 lambda: go(activity, "Settings$LanguageSettingsActivity"), "web"),
            item("Gestures", "", None, "gesture"),
            item("Date & time", zone_text(activity.phone), lambda: go(activity, "Settings$DateTimeSettingsActivity"),
                 "clock-outline"),
            item("Backup", "Off", None, "cloud-upload-outline"),
            item("System update", "Updated to Android 13", None, "update"),
            item("Reset options", "", None, "restore"),
        )  # fmt: skip

    def languages(self, activity) -> Page:
        return page(activity, "Languages & input", item("Languages", "English (United States)", None, "web"),
                    item("On-screen keyboard", "Keyboard", None, "keyboard-outline"),
                    item("Spell checker", "Off", None, "spellcheck"))  # fmt: skip

    def date_time(self, activity) -> Page:
        state, phone = activity.state, activity.phone
        settings = phone.settings
        now = phone.now
        automatic = settings.on("global", "auto_time")
        full = settings.get("system", "time_12_24", "24") == "24"
        clock = f"{now:%H:%M}" if full else f"{(now.hour + 11) % 12 + 1}:{now:%M %p}"

        def move(**parts: int) -> None:
            try:
                changed = now.replace(**parts)
            except ValueError:  # no such day in that month
                return
            phone.set_time(round(changed.timestamp() * 1e6))

        windows = []
        if state.get("asking") == "date":
            windows = [spin_dialog("Set date", [("Year", now.year, 1971, 2037, "year"), ("Month", now.month, 1, 12,
                       "month"), ("Day", now.day, 1, days_of(now), "day")], move,
                           lambda: state.update(asking=""))]  # fmt: skip
        elif state.get("asking") == "time":
            windows = [spin_dialog("Set time", [("Hour", now.hour, 0, 23, "hour"), ("Minute", now.minute, 0, 59,
                       "minute")], move, lambda: state.update(asking=""))]  # fmt: skip
        return page(
            activity, "Date & time",
            toggle(activity, "Set time automatically", "global", "auto_time"),
            item("Date", f"{now:%B} {now.day}, {now.year}", None if automatic else lambda: state.update(asking="date"),
                 enabled=not automatic),
            item("Time", clock, None if automatic else lambda: state.update(asking="time"), enabled=not automatic),
            toggle(activity, "Set time zone automatically", "global", "auto_time_zone"),
            item("Time zone", zone_text(phone), None if settings.on("global", "auto_time_zone")
                 else lambda: go(activity, "Settings$TimeZoneActivity"),
                 enabled=not settings.on("global", "auto_time_zone")),
            switched("Use 24-hour format", "13:00" if full else "1:00 PM", full,
                     lambda value: settings.put("system", "time_12_24", "24" if value else "12"), "switchWidget"),
            windows=windows,
        )  # fmt: skip

    def time_zone(self, activity) -> Page:
        phone = activity.phone

        def choose(name: str) -> None:
            phone.state["properties"]["persist.sys.timezone"] = name
            activity.finish()

        return page(activity, "Select time zone", *(item(name.replace("_", " "), "", lambda name=name: choose(name))
                                                    for name in ZONES))  # fmt: skip

    def about(self, activity) -> Page:
        settings = activity.phone.settings
        return page(
            activity, "About emulated device",
            item("Device name", settings.get("global", "device_name"), None),
            item("Phone number", "+1 555 521 5554", None),
            item("Model", "sdk_gphone_x86_64", None),
            item("Android version", "13", None),
            item("IP address", "10.0.2.15" if wifi_is_on(activity.phone) else "Unavailable", None),
            item("Bluetooth address", "02:00:00:44:55:66", None),
            item("Build number", "TE1A.1", lambda: activity.toast("No need, you are already a developer")),
        )  # fmt: skip


# --- rows and pages


def go(activity, page_name: str, **extras: Any) -> None:
    """Open another page."""
    activity.start(f"{PACKAGE}.{page_name}", **extras)


def page(activity, title: str, *rows: View | None, windows: Any = ()) -> Page:
    """A page with a large title over rows."""
    bar = row(icon_button("arrow-left", activity.finish, "Navigate up", foreground="on_surface"), width=FILL, height=64,
              padding=(4, 0), id="action_bar")  # fmt: skip
    head = text(title, "headline_medium", lines=2, padding=(24, 24, 24, 24), id="collapsing_toolbar", desc="")
    body = scroll(head, *rows, spacer(24), id="recycler_view")
    return Page(scaffold(bar, body), windows, title=title)


def heading(title: str) -> View:
    """The small title of a group."""
    return text(title, "label_large", "primary", padding=(24, 16, 24, 8), key=f"heading {title}")


def item(
    title: str, summary: str, on_click: Callable[[], Any] | None, glyph: str = "", *, enabled: bool = True
) -> View:
    """A row with a title and what it is set to."""
    return list_item(title, summary or "", leading=icon(glyph) if glyph else None, on_click=on_click, enabled=enabled,
                     padding=(24, 12), gap=24, key=title)  # fmt: skip


def switched(
    title: str, summary: str, on: bool, put: Callable[[bool], Any], id_: str, glyph: str = "", words: str = ""
) -> View:
    """A row with a switch; all of it can be pressed."""
    return list_item(words or title, summary, leading=icon(glyph) if glyph else None, key=title, padding=(24, 12, 24,
        12),
                     gap=24, trailing=switch(on, put, id=id_, key="switch"), on_click=lambda: put(not on))  # fmt: skip


def toggle(activity, title: str, space: str, key: str, summary: str = "", glyph: str = "") -> View:
    """A row that switches a setting."""
    settings = activity.phone.settings
    on = settings.on(space, key)
    return switched(title, summary if not summary else ("On" if on else "Off"), on,
                    lambda value: settings.put(space, key, str(int(value))), "switchWidget", glyph)  # fmt: skip


def action(label: str, name: str, does: Callable[[], Any] | None) -> View:
    """One of the buttons below an app's name."""
    color = "primary" if does else "outline"
    return column(icon(name, 24, color), text(label, "label_large", color, 1), gap=4, align="center", weight=1,
                  padding=(0, 12), on_click=does, enabled=does is not None, desc=label, key=label)  # fmt: skip


def app_row(activity, app: App) -> View:
    """An app in a list."""
    told = "" if activity.phone.packages.is_enabled(app.package) else "Disabled"
    return list_item(
        app.label, told or size_of(activity.phone, app.package), leading=app_icon(app, 36), height=72, key=app.package,
        padding=(24, 8), on_click=lambda: go(activity, "applications.InstalledAppDetails", package=app.package),
    )  # fmt: skip


def shown_apps(phone) -> list[App]:
    """Installed apps by label."""
    apps = [app for app in phone.apps.values() if phone.packages.is_installed(app.package)]
    return sorted(apps, key=lambda app: app.label.casefold())


def recent_apps(phone) -> list[App]:
    """Apps by when they were last in front."""
    order = [task["package"] for task in reversed(phone.state["tasks"])]
    return [phone.apps[name] for name in dict.fromkeys(order) if phone.apps[name].launcher]


def wanted_package(activity) -> str:
    """The app that an intent is about."""
    extras = activity.intent["extras"]
    told = extras.get("package") or extras.get("android.provider.extra.APP_PACKAGE")
    return str(told or activity.intent["data"].removeprefix("package:"))


def size_of(phone, package: str) -> str:
    """What an app has stored."""
    folder = f"/data/data/{package}"
    size = sum(phone.files.stat(p).size for p in phone.files.walk(folder)) if phone.files.exists(folder) else 0
    if size < 1_000_000:
        return f"{size / 1000:.2f} kB" if size else "0 B"
    return f"{size / 1e6:.2f} MB"


def percent(level: int) -> int:
    """How bright a level is, by the curve that Android's slider has (BrightnessUtils, gamma)."""
    share = max(0.0, (level - 1) / 254)
    return round(100 * share)


def days_of(now: datetime.datetime) -> int:
    """Days of the month."""
    following = now.replace(day=28) + datetime.timedelta(days=4)
    return (following - datetime.timedelta(days=following.day)).day


def zone_text(phone) -> str:
    """``GMT+00:00 UTC``."""
    offset = phone.now.utcoffset() or datetime.timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    name = phone.state["properties"].get("persist.sys.timezone", "UTC").replace("_", " ")
    return f"GMT{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d} {name}"


def spin_dialog(
    title: str, parts: list[tuple[str, int, int, int, str]], move: Callable[..., None], close: Callable[[], Any]
) -> View:
    """A dialog of numbers with buttons for less and more."""
    lines = [_spinner(*part, move) for part in parts]
    return dialog(title, *lines, buttons=[("Done", close)], on_dismiss=close)


def _spinner(label: str, value: int, low: int, high: int, part: str, move: Callable[..., None]) -> View:
    return row(
        text(label, "body_large", weight=1),
        icon_button("minus", lambda: move(**{part: max(low, value - 1)}), f"Decrease {label.lower()}"),
        text(str(value), "title_large", width=64, text_align="center", id=part),
        icon_button("plus", lambda: move(**{part: min(high, value + 1)}), f"Increase {label.lower()}"),
        width=FILL, key=part,
    )  # fmt: skip
