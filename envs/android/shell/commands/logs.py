"""``logcat`` and ``log``."""

import datetime
from typing import Any

from palaestra.envs.android.shell.patterns import PatternFault, posix_regex
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.shell.streams import encode

LEVELS = "VDIWEFS"
FORMATS = ("brief", "epoch", "long", "process", "raw", "tag", "thread", "threadtime", "time")


VALUED = {
    "-b": "--buffer",
    "-v": "--format",
    "-e": "--regex",
    "-t": "--tail",
    "-T": "--since",
    "-m": "--max-count",
    "-f": "--file",
    "-n": "--rotate-count",
    "-r": "--rotate-kbytes",
    "-G": "--buffer-size",
    "--pid": "--pid",
}
"""Options with a value -> their long form."""
MODIFIERS = ("color", "descriptive", "monotonic", "printable", "uid", "usec", "UTC", "year", "zone")
"""What ``-v`` takes besides a format; the lines stay as they are."""


class _Bad(Exception):
    """Invalid options; the message is logcat's."""


def _options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options by their long form (or letter, without a value), and the filters."""
    words, options, filters = list(words), dict[str, str](), list[str]()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        if name in VALUED or name in VALUED.values():
            if not equals and not words:
                raise _Bad(f"option requires an argument -- {word.lstrip('-')[0]}")
            value = value if equals else words.pop(0)
            name = VALUED.get(name, name)
            if name == "--format" and value in MODIFIERS:
                continue
            options[name] = value
        elif word in ("-c", "--clear", "-d", "-g", "-s", "-B", "-D", "-L", "--dividers"):
            options["-c" if word == "--clear" else word] = ""
        elif word.startswith("-") and len(word) > 1:
            raise _Bad(f"unrecognized option '{word}'" if word.startswith("--") else f"invalid option -- {word[1]}")
        else:
            filters.append(word)
    return options, filters


def logcat(call: Call) -> int:
    """``logcat [-c] [-d] [-t N] [-v FORMAT] [-s] [-e REGEX] [-f FILE] [--pid=PID] [TAG:LEVEL...]``: prints and ends."""
    try:
        options, filters = _options(call.args)
        return _printed(call, options, filters)
    except _Bad as problem:
        call.complain(f"logcat: {problem}\n")
    except PatternFault:
        call.complain("logcat: invalid regular expression\n")
    return 1


def _printed(call: Call, options: dict[str, str], filters: list[str]) -> int:
    style = options.get("--format", "threadtime")
    if style not in FORMATS:
        raise _Bad(f"Invalid parameter {style} to -v")
    if "--buffer-size" in options:
        raise _Bad("failed to set the 'main' log size: it is fixed")
    if "-c" in options:
        call.device.state["log"].clear()
        return 0
    if "-g" in options:
        call.say("main: ring buffer is 256 KiB (1 KiB consumed), max entry is 5120 B, max payload is 4068 B\n")
        return 0
    entries = [entry for entry in call.device.state["log"] if passes(entry, filters, "-s" in options)]
    if options.get("--regex"):
        pattern = posix_regex(options["--regex"], True)
        entries = [entry for entry in entries if pattern.search(entry["message"])]
    if "--pid" in options:
        entries = [entry for entry in entries if str(entry["pid"]) == options["--pid"]]
    count = options.get("--tail", options.get("--since", ""))
    if count.isdecimal():
        entries = entries[-int(count[:9]) :] if int(count[:9]) else []
    if options.get("--max-count", "").isdecimal():
        entries = entries[: int(options["--max-count"][:9])]
    lines = ["--------- beginning of main"] if style != "raw" else []
    lines += [line_of(entry, style, call.device.now.tzinfo) for entry in entries]
    text = "".join(line + "\n" for line in lines)
    if "--file" in options:
        call.device.files.append(call.path(options["--file"]), encode(text))
    else:
        call.say(text)
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
