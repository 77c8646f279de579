"""The settings: a tree of pages over the phone's settings, packages and clock.

Every page is an activity of its own, as on a phone; rows change the same settings that the shell reads.
"""

from palaestra.envs.android.apps.settings.applications import AppPages, installed_apps
from palaestra.envs.android.apps.settings.display import DisplayPages
from palaestra.envs.android.apps.settings.hardware import HardwarePages
from palaestra.envs.android.apps.settings.network import NetworkPages
from palaestra.envs.android.apps.settings.rows import PACKAGE, fact, go, link, page
from palaestra.envs.android.apps.settings.system import SystemPages
from palaestra.envs.android.system import battery
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, VIEW
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.groups import list_item, scaffold, search_bar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, spacer, text

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
    "Settings$SystemDashboardActivity": "system_page",
    "Settings$LanguageSettingsActivity": "languages",
    "Settings$DateTimeSettingsActivity": "date_time",
    "Settings$TimeZoneActivity": "time_zone",
    "Settings$MyDeviceInfoActivity": "about",
    "homepage.SearchActivity": "search",
    "SubSettings": "leaf",
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
    (
        "bell-outline",
        "Notifications",
        "Notification history, conversations",
        "Settings$ConfigureNotificationSettingsActivity",
    ),
    ("battery", "Battery", "100%", "Settings$BatteryDashboardActivity"),
    ("harddisk", "Storage", "20% used - 4.84 GB free", "Settings$StorageDashboardActivity"),
    ("volume-high", "Sound & vibration", "Volume, haptics, Do Not Disturb", "Settings$SoundSettingsActivity"),
    ("brightness-6", "Display", "Dark theme, font size, brightness", "Settings$DisplaySettingsActivity"),
    ("human", "Accessibility", "Display, interaction, audio", "Settings$AccessibilitySettingsActivity"),
    ("map-marker-outline", "Location", "On - 2 apps have access to location", "Settings$LocationSettingsActivity"),
    ("information-outline", "System", "Languages, gestures, time, backup", "Settings$SystemDashboardActivity"),
    ("cellphone", "About emulated device", "sdk_gphone_x86_64", "Settings$MyDeviceInfoActivity"),
)
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


class Settings(NetworkPages, AppPages, HardwarePages, DisplayPages, SystemPages, App):
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
        {
            "activity": f"{PACKAGE}.Settings$AppNotificationSettingsActivity",
            "action": "android.settings.APP_NOTIFICATION_SETTINGS",
        },
        {"activity": f"{PACKAGE}.Settings", "action": VIEW, "scheme": "settings"},
        *(
            {"activity": f"{PACKAGE}.{name}", "action": f"android.settings.{action}"}
            for action, name in ACTIONS.items()
        ),
    )

    def root(self, activity: Activity) -> Page:
        """The first page."""
        search = row(
            icon("magnify"),
            text("Search settings", "body_large", "on_surface_variant", 1),
            width=FILL,
            height=52,
            radius=26,
            padding=(16, 0),
            gap=16,
            margin=(16, 0, 16, 8),
            background="surface_container_high",
            on_click=lambda: go(activity, "homepage.SearchActivity"),
            id="search_action_bar",
            desc="Search settings",
        )
        rows = [
            link(activity, title, self._summary(activity.phone, title, summary), page_name, glyph)
            for glyph, title, summary, page_name in ROOT
        ]
        head = text("Settings", "headline_medium", lines=1, padding=(24, 88, 24, 24), id="collapsing_toolbar")
        body = scroll(head, search, *rows, spacer(24), id="settings_homepage_container")
        return Page(column(body, width=FILL, height=FILL), title="Settings")

    def _summary(self, phone: Phone, title: str, summary: str) -> str:
        if title == "Location":
            return "On" if phone.settings.on("secure", "location_mode") else "Off"
        if title == "Battery":
            return f"{battery.shown(phone).level}%"
        if title == "Apps":
            return f"{len(installed_apps(phone))} apps installed"
        return summary

    def search(self, activity: Activity) -> Page:
        """Pages by name."""
        state = activity.state
        query = state.get("query", "")
        bar = search_bar(
            query,
            lambda value: state.update(query=value),
            activity.finish,
            hint="Search settings",
            clear="Clear text",
        )
        rows = [
            self._result(activity, title, page_name)
            for title, page_name in SEARCHABLE
            if query and query.casefold() in title.casefold().replace("‑", "-")
        ]
        if query and not rows:
            rows = [text("No results", "body_large", "on_surface_variant", padding=24)]
        return Page(scaffold(bar, scroll(*rows, id="list_results")), title="Search settings")

    def _result(self, activity: Activity, title: str, page_name: str) -> View:
        return list_item(title, on_click=lambda: go(activity, page_name), leading=icon("cog-outline"), key=title)

    def leaf(self, activity: Activity) -> Page:
        """The value of a setting that offers no choice."""
        extras = activity.intent["extras"]
        words = str(extras.get("told") or "Nothing is set up here.")
        return page(activity, str(extras.get("title", "Settings")), fact(words, ""))
