"""``logcat`` and ``log``."""

import datetime
from typing import Any

from palaestra.envs.android.shell.patterns import PatternFault, posix_regex
from palaestra.envs.android.shell.run import Call

LEVELS = "VDIWEFS"
FORMATS = ("brief", "epoch", "long", "process", "raw", "tag", "thread", "threadtime", "time")


def logcat(call: Call) -> int:
    """``logcat [-b BUFFER] [-c] [-d] [-t N] [-v FORMAT] [-s] [-e REGEX] [TAG:LEVEL...]``: prints the log and ends."""
    words = list(call.args)
    style, count, expression, silent = "threadtime", None, None, False
    filters: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("-b", "-v", "-t", "-T", "-e", "-m", "-n", "-r", "--pid", "--buffer", "--format", "--regex"):
            if not words:
                call.complain(f"logcat: option requires an argument -- {word.lstrip('-')[0]}\n")
                return 1
            value = words.pop(0)
            if word in ("-v", "--format"):
                style = value if value in FORMATS else style
            elif word in ("-t", "-T", "-m") and value.isdecimal():
                count = int(value)
            elif word in ("-e", "--regex"):
                expression = value
        elif word in ("-c", "--clear"):
            call.device.state["log"].clear()
            return 0
        elif word == "-s":
            silent = True
        elif word in ("-g", "-G", "-S", "-p"):
            call.say("main: ring buffer is 256 KiB (1 KiB consumed)\n")
            return 0
        elif not word.startswith("-"):
            filters.append(word)
    try:
        pattern = posix_regex(expression, True) if expression else None
    except PatternFault:
        call.complain(f"logcat: invalid regular expression {expression!r}\n")
        return 1
    entries = [entry for entry in call.device.state["log"] if passes(entry, filters, silent)]
    if pattern is not None:
        entries = [entry for entry in entries if pattern.search(entry["message"])]
    call.say("--------- beginning of main\n" if style != "raw" else "")
    for entry in entries[-count:] if count else entries:
        call.say(line_of(entry, style, call.device.now.tzinfo) + "\n")
    return 0


def passes(entry: dict[str, Any], filters: list[str], silent: bool) -> bool:
    """Whether filters such as ``Tag:I *:S`` let an entry of the log through."""
    least = "S" if silent else "V"
    for expression in filters:
        tag, _, level = expression.partition(":")
        level = (level or "V").upper()[:1]
        if level not in LEVELS + "*":
            continue
        if tag == entry["tag"]:
            return LEVELS.index(entry["level"]) >= LEVELS.index(level.replace("*", "V"))
        if tag == "*":
            least = level
    return LEVELS.index(entry["level"]) >= LEVELS.index(least)


def line_of(entry: dict[str, Any], style: str, zone: datetime.tzinfo | None) -> str:
    """An entry of the log as ``logcat -v STYLE`` prints it."""
    moment = datetime.datetime.fromtimestamp(entry["time_us"] / 1e6, datetime.UTC).astimezone(zone)
    when = f"{moment:%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"
    pid, level, tag, message = entry["pid"], entry["level"], entry["tag"], entry["message"]
    if style == "epoch":
        return f"{entry['time_us'] / 1e6:19.3f} {pid:5} {pid:5} {level} {tag}: {message}"
    if style == "raw":
        return message
    if style == "brief":
        return f"{level}/{tag}({pid:5}): {message}"
    if style == "tag":
        return f"{level}/{tag}: {message}"
    if style == "process":
        return f"{level}({pid:5}) {message}  ({tag})"
    if style == "time":
        return f"{when} {level}/{tag}({pid:5}): {message}"
    return f"{when} {pid:5} {pid:5} {level} {tag}: {message}"


def log(call: Call) -> int:
    """``log [-p LEVEL] [-t TAG] MESSAGE...``."""
    words, level, tag = list(call.args), "I", "log"
    while words and words[0] in ("-p", "-t"):
        option = words.pop(0)
        if not words:
            return call.fail(f"{option} needs 1 argument")
        value = words.pop(0)
        if option == "-t":
            tag = value
        elif value[:1].upper() in LEVELS[:-1] and value:
            level = value[:1].upper()
        else:
            return call.fail(f"bad priority '{value}'")
    call.device.log(tag, " ".join(words), level)
    return 0


COMMANDS = {"logcat": logcat, "log": log}
