"""Languages, clock, and what phone this is."""

import datetime

from palaestra.envs.android.apps.settings.rows import go, item, page, switched, toggle
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


class SystemPages:
    """The system's own pages."""

    def system(self, activity: Activity) -> Page:
        return page(
            activity,
            "System",
            item(
                "Languages & input",
                "English (United States)",
                lambda: go(activity, "Settings$LanguageSettingsActivity"),
                "web",
            ),
            item("Gestures", "", None, "gesture"),
            item(
                "Date & time",
                zone_text(activity.phone),
                lambda: go(activity, "Settings$DateTimeSettingsActivity"),
                "clock-outline",
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
        settings = phone.settings
        now = phone.now
        automatic, automatic_zone = settings.on("global", "auto_time"), settings.on("global", "auto_time_zone")
        full = is_24_hours(phone)
        clock = f"{now:%H:%M}" if full else f"{(now.hour + 11) % 12 + 1}:{now:%M %p}"
        return page(
            activity,
            "Date & time",
            toggle(activity, "Set time automatically", "global", "auto_time"),
            item("Date", f"{now:%B} {now.day}, {now.year}", lambda: ask_date(activity), enabled=not automatic),
            item("Time", clock, lambda: ask_time(activity), enabled=not automatic),
            toggle(activity, "Set time zone automatically", "global", "auto_time_zone"),
            item(
                "Time zone",
                zone_text(phone),
                lambda: go(activity, "Settings$TimeZoneActivity"),
                enabled=not automatic_zone,
            ),
            switched(
                "Use 24-hour format",
                "13:00" if full else "1:00 PM",
                full,
                lambda value: settings.put("system", "time_12_24", "24" if value else "12"),
                "switchWidget",
            ),
            windows=pickers(activity),
        )

    def time_zone(self, activity: Activity) -> Page:
        phone = activity.phone

        def choose(name: str) -> None:
            phone.state["properties"]["persist.sys.timezone"] = name
            activity.finish()

        return page(
            activity,
            "Select time zone",
            *(item(name.replace("_", " "), "", lambda name=name: choose(name)) for name in ZONES),
        )

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
    """Whether clocks go to 24."""
    return phone.settings.get("system", "time_12_24", "24") == "24"


def ask_date(activity: Activity) -> None:
    """Show the month of today."""
    day = activity.phone.now.date().isoformat()
    activity.state.update(asking="date", day=day, month=day)


def ask_time(activity: Activity) -> None:
    """Show the clock face."""
    now = activity.phone.now
    activity.state.update(asking="time", hour=now.hour, minute=now.minute, part="hour")


def pickers(activity: Activity) -> list[View]:
    """The dialog that was asked for."""
    state, phone = activity.state, activity.phone

    def close() -> None:
        state.update(asking="")

    def put(**parts: int) -> None:
        close()
        phone.set_time(round(phone.now.replace(**parts).timestamp() * 1e6))

    if state.get("asking") == "date":
        day, month = datetime.date.fromisoformat(state["day"]), datetime.date.fromisoformat(state["month"])
        return [
            date_picker(
                day,
                lambda new: state.update(day=new.isoformat()),
                month=month,
                today=phone.now.date(),
                on_month=lambda new: state.update(month=new.isoformat()),
                on_cancel=close,
                on_ok=lambda: put(year=min(max(day.year, 1971), 2037), month=day.month, day=day.day),
            )
        ]
    if state.get("asking") == "time":
        hour, minute = state["hour"], state["minute"]
        return [
            time_picker(
                hour,
                minute,
                lambda h, m: state.update(hour=h, minute=m),
                part=state["part"],
                on_part=lambda part: state.update(part=part),
                on_cancel=close,
                hours24=is_24_hours(phone),
                wide=phone.size[0] > phone.size[1],
                on_ok=lambda: put(hour=hour, minute=minute, second=0, microsecond=0),
            )
        ]
    return []
