"""Languages, date and time, and what phone this is."""

import datetime

from palaestra.envs.android.apps.settings.rows import go, item, link, page, switched, toggle
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.pickers import date_picker, time_picker
from palaestra.envs.android.ui.view import View

ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
)
MIN_YEAR, MAX_YEAR = 1971, 2037


class SystemPages:
    """The system's own pages."""

    def system_page(self, activity: Activity) -> Page:
        return page(
            activity,
            "System",
            link(activity, "Languages & input", "English (United States)", "Settings$LanguageSettingsActivity", "web"),
            item("Gestures", "", None, "gesture"),
            link(
                activity, "Date & time", zone_text(activity.phone), "Settings$DateTimeSettingsActivity", "clock-outline"
            ),
            item("Backup", "Off", None, "cloud-upload-outline"),
            item("System update", "Updated to Android 13", None, "update"),
            item("Reset options", "", None, "restore"),
        )

    def languages(self, activity: Activity) -> Page:
        return page(
            activity,
            "Languages & input",
            item("Languages", "English (United States)", None, "web"),
            item("On-screen keyboard", "Keyboard", None, "keyboard-outline"),
            item("Spell checker", "Off", None, "spellcheck"),
        )

    def date_time(self, activity: Activity) -> Page:
        phone = activity.phone
        settings, now = phone.settings, phone.now
        by_hand, zone_by_hand = not settings.on("global", "auto_time"), not settings.on("global", "auto_time_zone")
        full = is_24_hours(phone)
        clock = f"{now:%H:%M}" if full else f"{(now.hour + 11) % 12 + 1}:{now:%M %p}"

        def choose_zone() -> None:
            go(activity, "Settings$TimeZoneActivity")

        def put(value: bool) -> None:
            settings.put("system", "time_12_24", "24" if value else "12")

        return page(
            activity,
            "Date & time",
            toggle(activity, "Set time automatically", "global", "auto_time"),
            item("Date", f"{now:%B} {now.day}, {now.year}", lambda: ask_date(activity), enabled=by_hand),
            item("Time", clock, lambda: ask_time(activity), enabled=by_hand),
            toggle(activity, "Set time zone automatically", "global", "auto_time_zone"),
            item("Time zone", zone_text(phone), choose_zone, enabled=zone_by_hand),
            switched("Use 24-hour format", "13:00" if full else "1:00 PM", full, put, "switchWidget"),
            windows=pickers(activity),
        )

    def time_zone(self, activity: Activity) -> Page:
        return page(activity, "Select time zone", *(self._zone(activity, name) for name in ZONES))

    def _zone(self, activity: Activity, name: str) -> View:
        def choose() -> None:
            activity.phone.state["properties"]["persist.sys.timezone"] = name
            activity.finish()

        return item(name.replace("_", " "), "", choose)

    def about(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        return page(
            activity,
            "About emulated device",
            item("Device name", settings.get("global", "device_name"), None),
            item("Phone number", "+1 555 521 5554", None),
            item("Model", "sdk_gphone_x86_64", None),
            item("Android version", "13", None),
            item("IP address", "10.0.2.15" if activity.phone.settings.wifi_is_on else "Unavailable", None),
            item("Bluetooth address", "02:00:00:44:55:66", None),
            item("Build number", "TE1A.1", lambda: activity.toast("No need, you are already a developer")),
        )


def zone_text(phone: Phone) -> str:
    """``GMT+00:00 UTC``."""
    offset = phone.now.utcoffset() or datetime.timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    name = phone.state["properties"].get("persist.sys.timezone", "UTC").replace("_", " ")
    return f"GMT{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d} {name}"


def is_24_hours(phone: Phone) -> bool:
    """Whether times are shown with 24 hours."""
    return phone.settings.get("system", "time_12_24", "24") == "24"


def ask_date(activity: Activity) -> None:
    """Open the calendar at the current day."""
    day = activity.phone.now.date().isoformat()
    activity.state.update(asking="date", day=day, month=day)


def ask_time(activity: Activity) -> None:
    """Open the clock face at the current time."""
    now = activity.phone.now
    activity.state.update(asking="time", hour=now.hour, minute=now.minute, part="hour")


def pickers(activity: Activity) -> list[View]:
    """The requested dialog."""
    asked = activity.state.get("asking")
    if asked == "date":
        return [_date_dialog(activity)]
    return [_time_dialog(activity)] if asked == "time" else []


def _date_dialog(activity: Activity) -> View:
    state = activity.state
    day, month = datetime.date.fromisoformat(state["day"]), datetime.date.fromisoformat(state["month"])

    def put() -> None:
        state.update(asking="")
        year = min(max(day.year, MIN_YEAR), MAX_YEAR)
        _set_time(activity, activity.phone.now.replace(year=year, month=day.month, day=day.day))

    return date_picker(
        day,
        lambda new: state.update(day=new.isoformat()),
        month=month,
        today=activity.phone.now.date(),
        on_month=lambda new: state.update(month=new.isoformat()),
        on_cancel=lambda: state.update(asking=""),
        on_ok=put,
    )


def _time_dialog(activity: Activity) -> View:
    state, phone = activity.state, activity.phone
    hour, minute = state["hour"], state["minute"]

    def put() -> None:
        state.update(asking="")
        _set_time(activity, phone.now.replace(hour=hour, minute=minute, second=0, microsecond=0))

    return time_picker(
        hour,
        minute,
        lambda h, m: state.update(hour=h, minute=m),
        part=state["part"],
        on_part=lambda part: state.update(part=part),
        on_cancel=lambda: state.update(asking=""),
        hours24=is_24_hours(phone),
        wide=phone.size[0] > phone.size[1],
        on_ok=put,
    )


def _set_time(activity: Activity, moment: datetime.datetime) -> None:
    activity.phone.set_time(round(moment.timestamp() * 1e6))
