"""Notifications, sound, battery, storage, location."""

from palaestra.envs.android.apps.settings.rows import item, link, page, switched, toggle
from palaestra.envs.android.system import battery
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import slider
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, progress, row, text


class HardwarePages:
    """What the phone does and holds."""

    def notifications(self, activity: Activity) -> Page:
        return page(
            activity,
            "Notifications",
            link(
                activity,
                "App settings",
                "Control notifications from individual apps",
                "Settings$ManageApplicationsActivity",
            ),
            toggle(activity, "Pop on screen", "global", "heads_up_notifications_enabled"),
            toggle(activity, "Do Not Disturb", "global", "zen_mode", glyph="minus-circle-outline"),
            toggle(activity, "Notification dot on app icon", "secure", "notification_badging"),
        )

    def battery(self, activity: Activity) -> Page:
        shown = battery.shown(activity.phone)
        return page(
            activity,
            "Battery",
            column(
                text(f"{shown.level}%", "display_medium"),
                text(_charge(shown), "body_medium", "on_surface_variant"),
                padding=(24, 8),
            ),
            toggle(activity, "Battery Saver", "global", "low_power", glyph="battery-plus"),
            item("Battery usage", "View usage since last full charge", None, "chart-bar"),
            toggle(activity, "Battery percentage", "system", "status_bar_show_battery_percent", glyph="percent"),
        )

    def storage(self, activity: Activity) -> Page:
        phone = activity.phone
        return page(
            activity,
            "Storage",
            column(
                text("1.24 GB", "display_small"),
                text("used of 6.08 GB", "body_medium", "on_surface_variant"),
                progress(0.2, height=8),
                gap=8,
                padding=(24, 8),
                width=FILL,
            ),
            item("Free up space", "Go to Files to manage space", lambda: phone.open_app("Files"), "broom"),
            item("Images", "18.4 MB", None, "image-outline"),
            item("Videos", "9.7 MB", None, "movie-outline"),
            link(activity, "Apps", "0.9 GB", "Settings$ManageApplicationsActivity", "apps"),
            item("System", "0.3 GB", None, "cellphone"),
        )

    def sound(self, activity: Activity) -> Page:
        return page(
            activity,
            "Sound & vibration",
            self._volume(activity, "Media volume", "volume_music", 15, "music-note"),
            self._volume(activity, "Call volume", "volume_voice", 7, "phone-outline"),
            self._volume(activity, "Ring & notification volume", "volume_ring", 7, "bell-outline"),
            self._volume(activity, "Alarm volume", "volume_alarm", 7, "alarm"),
            toggle(activity, "Do Not Disturb", "global", "zen_mode"),
            toggle(activity, "Vibrate for calls", "system", "vibrate_when_ringing"),
            item("Phone ringtone", "Morning dew", None),
            item("Default notification sound", "Drop", None),
            toggle(activity, "Touch sounds", "system", "sound_effects_enabled"),
        )

    def _volume(self, activity: Activity, title: str, key: str, high: int, glyph: str) -> View:
        settings = activity.phone.settings

        def put(value: float) -> None:
            settings.put("system", key, str(value))

        scale = slider(int(settings.number("system", key, 5)), 0, high, put, desc=title, id="seekbar")
        words = column(text(title, "body_large", padding=(16, 0)), scale, weight=1)
        return row(icon(glyph), words, width=FILL, padding=(24, 8), gap=8, key=key)

    def location(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        on = settings.on("secure", "location_mode")

        def put(value: bool) -> None:
            settings.put("secure", "location_mode", "3" if value else "0")

        return page(
            activity,
            "Location",
            switched("Use location", "", on, put, "switch_widget"),
            item("App location permissions", "0 of 2 apps have access", None),
            item("Location services", "", None),
        )


def _charge(shown: battery.Battery) -> str:
    """What the battery is doing."""
    if not shown.plugged:
        return "Not charging" if shown.level >= battery.LOW else "Battery low"
    return {battery.FULL: "Fully charged", battery.CHARGING: "Charging"}.get(shown.state, "Plugged in, not charging")
