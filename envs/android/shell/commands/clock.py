"""``date``, and commands that wait."""

import datetime
import re

from palaestra.envs.android.shell.run import Call

MAX_SLEEP_S = 3_600
"""Longest sleep, s."""


def date(call: Call) -> int:
    """``date [-u] [-I] [-r FILE] [-d WHEN] [-D FORMAT] [+FORMAT]``, ``date [-s] WHEN`` to set the clock.

    WHEN is ``MMDDhhmm[[CC]YY][.ss]``, ``@SECONDS``, ISO 8601 or, with ``-D``, in that format.
    """
    words = list(call.args)
    utc, pattern, when, form = False, "%a %b %e %H:%M:%S %Z %Y", None, ""
    while words:
        word = words.pop(0)
        if word == "-u":
            utc = True
        elif word == "-I":
            pattern = "%Y-%m-%d"
        elif word in ("-d", "-s", "-D", "-r"):
            if not words:
                return call.fail(f"{word} needs 1 argument")
            text = words.pop(0)
            if word == "-D":
                form = text
                continue
            if word == "-r":
                when = call.device.files.stat(call.path(text)).mtime_us
                continue
            when = read_time(text, call.device.now, form)
            if when is None:
                return call.fail(f"bad date '{text}'")
            if word == "-s":
                call.device.set_time(when)
        elif word.startswith("+"):
            pattern = word[1:]
        else:
            when = None if word.startswith("-") else read_time(word, call.device.now, form)
            if when is None:
                return call.fail(f"bad date '{word}'")
            call.device.set_time(when)
    us = call.device.now_us if when is None else when
    zone = datetime.UTC if utc else call.device.now.tzinfo
    moment = datetime.datetime.fromtimestamp(us / 1e6, datetime.UTC).astimezone(zone)
    call.say(formatted(moment, us, pattern) + "\n")
    return 0


def formatted(moment: datetime.datetime, us: int, pattern: str) -> str:
    """A time in ``date``'s format."""
    values = {
        "s": str(us // 1_000_000),
        "N": f"{us % 1_000_000 * 1000:09d}",
        "e": f"{moment.day:2d}",
        "k": f"{moment.hour:2d}",
        "F": f"{moment:%Y-%m-%d}",
        "T": f"{moment:%H:%M:%S}",
        "R": f"{moment:%H:%M}",
        "D": f"{moment:%m/%d/%y}",
        "n": "\n",
        "t": "\t",
        "%": "%",
    }
    return re.sub(r"%(.)", lambda m: values.get(m[1]) or (moment.strftime(m[0]) if m[1].isalpha() else m[0]), pattern)


def read_time(text: str, now: datetime.datetime, form: str = "") -> int | None:
    """Parse ``@SECONDS``, ISO 8601 or ``MMDDhhmm[[CC]YY][.ss]`` to microseconds; None: it is none of them.

    Args:
        text: the time.
        now: the current time, in the phone's zone.
        form: a format of ``strptime``, or ``%s``, to read it by instead.
    """
    if form == "%s":
        text = f"@{text}"
    if re.fullmatch(r"@\d{1,12}(\.\d+)?", text):
        return round(float(text[1:]) * 1e6)
    match = re.fullmatch(r"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2}|\d{4})?(?:\.(\d{2}))?", text)
    try:
        if form and form != "%s":
            moment = datetime.datetime.strptime(text, form).replace(tzinfo=now.tzinfo)
        elif match:
            month, day, hour, minute = (int(match[i]) for i in range(1, 5))
            year = now.year if not match[5] else int(match[5]) + (2000 if len(match[5]) == 2 else 0)
            moment = datetime.datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=now.tzinfo)
        else:
            moment = datetime.datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
        us = round(moment.timestamp() * 1e6)
    except (ValueError, OverflowError):
        return None
    return us if 0 <= us < 1 << 52 else None


def sleep(call: Call) -> int:
    """``sleep SECONDS``, in virtual time."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", call.args[0]) if call.args else None
    if not match:
        return call.fail("Needs 1 argument" if not call.args else f"not integer: {call.args[0]}")
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
    call.device.advance(int(min(seconds, MAX_SLEEP_S) * 1000))
    return 0


def usleep(call: Call) -> int:
    """``usleep MICROSECONDS``."""
    if not call.args or not call.args[0].isdecimal():
        return call.fail("Needs 1 argument")
    call.device.advance(int(min(int(call.args[0]) / 1000, MAX_SLEEP_S * 1000)))
    return 0


COMMANDS = {"date": date, "sleep": sleep, "usleep": usleep}
