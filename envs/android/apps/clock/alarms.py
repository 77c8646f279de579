"""Alarms: rows of a database, each of which schedules its next ring."""

import datetime
from typing import Any

from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE, SECOND, time_text
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import MAIN, Intent, intent
from palaestra.envs.android.system.phone import Phone

SCHEMA = """
CREATE TABLE alarm_templates (_id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, minutes INTEGER NOT NULL,
    daysofweek INTEGER NOT NULL DEFAULT 0, enabled INTEGER NOT NULL DEFAULT 1, vibrate INTEGER NOT NULL DEFAULT 1,
    label TEXT NOT NULL DEFAULT '', ringtone TEXT, delete_after_use INTEGER NOT NULL DEFAULT 0);
"""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Bit i of ``daysofweek`` is day i."""
SNOOZE_MINUTES = 10


def alarms(phone: Phone) -> list[dict[str, Any]]:
    """Alarms by time of day."""
    rows = phone.database(PACKAGE, "alarms.db").execute("SELECT * FROM alarm_templates ORDER BY hour, minutes, _id")
    return [dict(alarm) for alarm in rows]


def add_alarm(phone: Phone, hour: int, minute: int, *, days: int = 0, enabled: int = 1, label: str = "") -> int:
    """Add an alarm; returns its number."""
    inserted = phone.database(PACKAGE, "alarms.db").execute(
        "INSERT INTO alarm_templates (hour, minutes, daysofweek, enabled, label) VALUES (?, ?, ?, ?, ?)",
        (hour, minute, days, enabled, label),
    )
    number = inserted.lastrowid or 0
    plan(phone, number)
    return number


def change(phone: Phone, number: int, **values: Any) -> None:
    """Change an alarm and reschedule its next ring."""
    sets = ", ".join(f"{name} = ?" for name in values)
    database = phone.database(PACKAGE, "alarms.db")
    database.execute(f"UPDATE alarm_templates SET {sets} WHERE _id = ?", (*values.values(), number))
    plan(phone, number)


def delete_alarm(activity: Activity, number: int) -> None:
    """Remove an alarm."""
    activity.phone.database(PACKAGE, "alarms.db").execute("DELETE FROM alarm_templates WHERE _id = ?", (number,))
    activity.state.update(open=None)
    activity.toast("Alarm deleted")


def plan(phone: Phone, number: int) -> None:
    """Schedule the next ring of an enabled alarm; an earlier schedule no longer counts."""
    alarm = next((alarm for alarm in alarms(phone) if alarm["_id"] == number), None)
    due = phone.prefs(PACKAGE).setdefault("due", {})
    due.pop(str(number), None)
    if alarm is not None and alarm["enabled"]:
        due[str(number)] = next_ring(phone, alarm)
        delay = (due[str(number)] - phone.now_us) // 1000
        phone.schedule(delay, PACKAGE, "alarm", {"id": number, "due_us": due[str(number)]})


def next_ring(phone: Phone, alarm: dict[str, Any]) -> int:
    """When an alarm rings next, microseconds."""
    now = phone.now
    first = now.replace(hour=alarm["hour"], minute=alarm["minutes"], second=0, microsecond=0)
    for ahead in range(9):
        moment = first + datetime.timedelta(days=ahead)
        day_fits = not alarm["daysofweek"] or alarm["daysofweek"] >> moment.weekday() & 1
        if moment > now and day_fits:
            return round(moment.timestamp() * 1e6)
    return round((first + datetime.timedelta(days=1)).timestamp() * 1e6)


def from_now(phone: Phone, alarm: dict[str, Any]) -> str:
    """``17 hours and 26 minutes``."""
    minutes = max(1, -(-(next_ring(phone, alarm) - phone.now_us) // (60 * SECOND)))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def days_text(phone: Phone, alarm: dict[str, Any]) -> str:
    """When it rings, in words."""
    days = alarm["daysofweek"]
    if not days:
        if not alarm["enabled"]:
            return "Not scheduled"
        ring = datetime.datetime.fromtimestamp(next_ring(phone, alarm) / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
        return "Today" if ring.date() == phone.now.date() else "Tomorrow"
    if days == 0b1111111:
        return "Every day"
    return ", ".join(DAYS[day][:3] for day in (6, 0, 1, 2, 3, 4, 5) if days >> day & 1)


def ring(phone: Phone, number: int, due_us: int) -> None:
    """An alarm rings, unless it was changed since."""
    alarm = next((alarm for alarm in alarms(phone) if alarm["_id"] == number and alarm["enabled"]), None)
    if alarm is None or phone.prefs(PACKAGE).get("due", {}).get(str(number)) != due_us:
        return
    phone.prefs(PACKAGE)["ringing"] = number
    phone.notify(
        PACKAGE,
        number,
        alarm["label"] or "Alarm",
        time_text(phone, alarm["hour"], alarm["minutes"]),
        icon="alarm",
        ongoing=True,
        heads_up=True,
        intent=intent(MAIN, package=PACKAGE, cls=DESK),
        actions=[
            ("Snooze", intent("palaestra.clock.SNOOZE", id=number)),
            ("Dismiss", intent("palaestra.clock.DISMISS", id=number)),
        ],
    )


def dismiss(phone: Phone, sent: Intent) -> None:
    """Stop ringing; an alarm that does not repeat is switched off."""
    number = _asked(phone, sent)
    phone.cancel_notification(PACKAGE, number)
    phone.prefs(PACKAGE).pop("ringing", None)
    alarm = next((alarm for alarm in alarms(phone) if alarm["_id"] == number), None)
    if alarm is not None:
        change(phone, number, enabled=int(alarm["daysofweek"] > 0))


def snooze(phone: Phone, sent: Intent) -> None:
    """Have the alarm ring again later."""
    number = _asked(phone, sent)
    phone.cancel_notification(PACKAGE, number)
    phone.prefs(PACKAGE).pop("ringing", None)
    due = phone.now_us + SNOOZE_MINUTES * 60 * SECOND
    phone.prefs(PACKAGE).setdefault("due", {})[str(number)] = due
    phone.schedule(SNOOZE_MINUTES * 60_000, PACKAGE, "alarm", {"id": number, "due_us": due})


def _asked(phone: Phone, sent: Intent) -> int:
    """The alarm that a broadcast refers to: the one it names, or the one that is ringing."""
    named = sent["extras"].get("id")
    return named if isinstance(named, int) else int(phone.prefs(PACKAGE).get("ringing") or 0)
