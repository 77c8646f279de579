"""Days and times of the calendar as text, and the free times between busy ones.

A day is ``2026-01-08``, a time ``2026-01-08 14:00``; both sort as texts.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.world import START

DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d")
TIME_FORM = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:00)?Z?")
TODAY = datetime.fromtimestamp(START, UTC).date()
OPENS, CLOSES = "09:00", "17:00"
"""The office hours, Monday to Friday."""
STEP = 30
"""Minutes of the grid on which meetings begin and end."""
WORKDAYS = tuple((TODAY + timedelta(days)).isoformat() for days in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11))
"""The working days of this week and the next."""

Span = tuple[str, str]
"""From and to, as times of one day: ``("09:00", "10:30")``."""


def read_day(text: str) -> str:
    """A day as the agent wrote it.

    Raises:
        ToolError: it is none.
    """
    try:
        if DAY_FORM.fullmatch(text.strip()):
            return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        pass
    raise ToolError(f"{text[:40]!r} is no day; write it like 2026-01-08")


def read_time(text: str) -> str:
    """A day and time as the agent wrote it.

    Raises:
        ToolError: it is none.
    """
    match = TIME_FORM.fullmatch(text.strip())
    try:
        if match:
            return datetime.fromisoformat(f"{match[1]} {match[2]}").isoformat(" ", "minutes")
    except ValueError:
        pass
    raise ToolError(f"{text[:40]!r} is no time; write it like 2026-01-08 14:00")


def shown(seconds: float) -> str:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(" ", "minutes")


def plus(time: str, minutes: int) -> str:
    """A time some minutes later."""
    return (datetime.fromisoformat(time) + timedelta(minutes=minutes)).isoformat(" ", "minutes")


def minutes_between(start: str, end: str) -> int:
    """The minutes from one time to another."""
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()) // 60


def day_after(day: str, days: int = 1) -> str:
    """The day some days later."""
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def weekday(day: str) -> str:
    """The name of a day's weekday."""
    return f"{date.fromisoformat(day[:10]):%A}"


def is_workday(day: str) -> bool:
    """Whether a day is one from Monday to Friday."""
    return date.fromisoformat(day).weekday() < 5


def free_spans(busy: Iterable[Span], minutes: int, opens: str = OPENS, closes: str = CLOSES) -> list[Span]:
    """The spans of a day in which nothing is, of at least some minutes.

    Args:
        busy: in any order, may overlap and reach beyond the hours.
        minutes: shortest span that counts.
        opens: from when.
        closes: until when.
    """
    free, since = [], opens
    for start, end in [*sorted(busy), (closes, closes)]:
        until = min(start, closes)
        if since < until and _length(since, until) >= minutes:
            free.append((since, until))
        since = max(since, end)
    return free


def _length(start: str, end: str) -> int:
    return minutes_between(f"2026-01-05 {start}", f"2026-01-05 {end}")
