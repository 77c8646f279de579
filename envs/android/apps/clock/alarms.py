"""Alarms: rows of the app's database, when each rings, and what happens then."""

import datetime
from typing import Any

from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE, SECOND, time_text
from palaestra.envs.android.system.intents import MAIN, Intent, intent
from palaestra.envs.android.system.phone import Phone

Alarm = dict[str, Any]
"""A row of ``alarm_templates``."""
SCHEMA = """
CREATE TABLE alarm_templates (_id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, minutes INTEGER NOT NULL,
    daysofweek INTEGER NOT NULL DEFAULT 0, enabled INTEGER NOT NULL DEFAULT 1, vibrate INTEGER NOT NULL DEFAULT 1,
    label TEXT NOT NULL DEFAULT '', ringtone TEXT, delete_after_use INTEGER NOT NULL DEFAULT 0);
"""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Bit i of ``daysofweek`` is day i."""
WEEK = (6, 0, 1, 2, 3, 4, 5)
"""Days in the order that the app shows them in."""
EVERY_DAY = 0b1111111
SNOOZE_MINUTES = 10
DISMISS, SNOOZE = "palaestra.clock.DISMISS", "palaestra.clock.SNOOZE"
"""Actions of an alarm's notification."""


# --- rows


def alarms(phone: Phone) -> list[Alarm]:
    """Alarms by time of day."""
    rows = phone.database(PACKAGE, "alarms.db").execute("SELECT * FROM alarm_templates ORDER BY hour, minutes, _id")
    return [dict(row) for row in rows]


def alarm_of(phone: Phone, number: int) -> Alarm | None:
    """The alarm of that number."""
    return next((alarm for alarm in alarms(phone) if alarm["_id"] == number), None)


def add_alarm(phone: Phone, hour: int, minute: int, *, days: int = 0, enabled: int = 1, label: str = "") -> int:
    """Add an alarm; returns its number."""
    cursor = phone.database(PACKAGE, "alarms.db").execute(
        "INSERT INTO alarm_templates (hour, minutes, daysofweek, enabled, label) VALUES (?, ?, ?, ?, ?)",
        (hour, minute, days, enabled, label),
    )
    number = int(cursor.lastrowid or 0)
    plan(phone, number)
    return number


def change_alarm(phone: Phone, number: int, **values: Any) -> None:
    """Change columns of an alarm, and plan its next ring anew."""
    sets = ", ".join(f"{name} = ?" for name in values)
    database = phone.database(PACKAGE, "alarms.db")
    database.execute(f"UPDATE alarm_templates SET {sets} WHERE _id = ?", (*values.values(), number))
    plan(phone, number)


def delete_alarm(phone: Phone, number: int) -> None:
    """Remove an alarm."""
    phone.database(PACKAGE, "alarms.db").execute("DELETE FROM alarm_templates WHERE _id = ?", (number,))


# --- when they ring


def plan(phone: Phone, number: int) -> None:
    """Schedule the next ring of an alarm that is on; what was planned before no longer counts."""
    alarm = alarm_of(phone, number)
    due = phone.prefs(PACKAGE).setdefault("due", {})
    due.pop(str(number), None)
    if alarm is not None and alarm["enabled"]:
        due[str(number)] = next_ring(phone, alarm)
        delay = (due[str(number)] - phone.now_us) // 1000
        phone.schedule(delay, PACKAGE, "alarm", {"id": number, "due_us": due[str(number)]})


def next_ring(phone: Phone, alarm: Alarm) -> int:
    """When an alarm rings next, microseconds."""
    now = phone.now
    first = now.replace(hour=alarm["hour"], minute=alarm["minutes"], second=0, microsecond=0)
    for ahead in range(9):
        moment = first + datetime.timedelta(days=ahead)
        day_fits = not alarm["daysofweek"] or alarm["daysofweek"] >> moment.weekday() & 1
        if moment > now and day_fits:
            return round(moment.timestamp() * 1e6)
    return round((first + datetime.timedelta(days=1)).timestamp() * 1e6)


def from_now(phone: Phone, alarm: Alarm) -> str:
    """``17 hours and 26 minutes``."""
    minutes = max(1, -(-(next_ring(phone, alarm) - phone.now_us) // (60 * SECOND)))
    counts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in counts if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def days_text(phone: Phone, alarm: Alarm) -> str:
    """On which days an alarm rings."""
    days = alarm["daysofweek"]
    if not days:
        if not alarm["enabled"]:
            return "Not scheduled"
        ring = datetime.datetime.fromtimestamp(next_ring(phone, alarm) / 1e6, datetime.UTC)
        return "Today" if ring.astimezone(phone.now.tzinfo).date() == phone.now.date() else "Tomorrow"
    if days == EVERY_DAY:
        return "Every day"
    return ", ".join(DAYS[day][:3] for day in WEEK if days >> day & 1)


# --- the ring


def ring(phone: Phone, number: int, due_us: int) -> None:
    """Show the notification of an alarm, if the ring is still planned."""
    alarm = alarm_of(phone, number)
    if alarm is None or not alarm["enabled"] or phone.prefs(PACKAGE).get("due", {}).get(str(number)) != due_us:
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
        actions=[("Snooze", intent(SNOOZE, id=number)), ("Dismiss", intent(DISMISS, id=number))],
    )


def dismiss(phone: Phone, sent: Intent) -> None:
    """End a ring; an alarm without days is off afterwards."""
    number = _silenced(phone, sent)
    alarm = alarm_of(phone, number)
    if alarm is not None:
        change_alarm(phone, number, enabled=int(alarm["daysofweek"] > 0))


def snooze(phone: Phone, sent: Intent) -> None:
    """End a ring, and ring again later."""
    number = _silenced(phone, sent)
    due = phone.now_us + SNOOZE_MINUTES * 60 * SECOND
    phone.prefs(PACKAGE).setdefault("due", {})[str(number)] = due
    phone.schedule(SNOOZE_MINUTES * 60_000, PACKAGE, "alarm", {"id": number, "due_us": due})


def _silenced(phone: Phone, sent: Intent) -> int:
    """Silence the alarm that a broadcast names, or else the one that rings; returns its number."""
    named = sent["extras"].get("id")
    number = named if isinstance(named, int) else int(phone.prefs(PACKAGE).get("ringing") or 0)
    phone.cancel_notification(PACKAGE, number)
    phone.prefs(PACKAGE).pop("ringing", None)
    return number
