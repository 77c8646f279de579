"""``cmd``, ``service`` and ``appops``: the system's services by name."""

import re

from palaestra.envs.android.shell.commands import battery, defaults, radios, schedules
from palaestra.envs.android.shell.commands.dumpsys import SERVICES as DUMPED
from palaestra.envs.android.shell.commands.schedules import unknown
from palaestra.envs.android.shell.run import Call, Subcommand

ALIASES = {
    "package": "pm",
    "activity": "am",
    "settings": "settings",
    "window": "wm",
    "input": "input",
    "input_method": "ime",
    "content": "content",
    "appops": "appops",
}
"""Services of ``cmd`` -> the command that does the same."""
MODES = ("allow", "ignore", "deny", "default", "foreground")
"""Modes of ``appops``."""


def command(call: Call) -> int:
    """``cmd SERVICE ...``."""
    words = [word for word in call.args if word]
    while words[:1] in (["-w"], ["--"]):
        words.pop(0)
    if not words or words == ["-l"]:
        names = sorted({*ALIASES, *SERVICES, *DUMPED})
        call.say("Currently running services:\n" + "".join(f"  {name}\n" for name in names))
        return 0 if words else 20
    service, rest = words[0], words[1:]
    if service in ALIASES:
        return call.shell.execute([ALIASES[service], *rest], call.streams)
    if service in SERVICES:
        return SERVICES[service](call, rest)
    if service in DUMPED:
        call.complain("No shell command implementation.\n")
        return 255
    call.complain(f"cmd: Can't find service: {service}\n")
    return 20


def status_bar(call: Call, words: list[str]) -> int:
    """``cmd statusbar expand-notifications|expand-settings|collapse|get-status-icons``."""
    shade = {
        "expand-notifications": (True, False),
        "expand-settings": (True, True),
        "collapse": (False, False),
    }.get(words[0] if words else "")
    if shade is None:
        return unknown(call, words)
    call.device.shade(*shade)
    return 0


NIGHT_MODES = {"2": "yes", "1": "no"}


def ui_mode(call: Call, words: list[str]) -> int:
    """``cmd uimode night [yes|no]``; the automatic modes need a place and a schedule, which this phone has not."""
    settings = call.device.settings
    if words[:1] != ["night"]:
        return unknown(call, words)
    if len(words) > 1:
        value = {"yes": "2", "no": "1"}.get(words[1])
        if value is None:
            why = (
                "needs a schedule, which this phone has not"
                if words[1].startswith(("auto", "custom"))
                else "is unknown"
            )
            call.complain(f"Error: mode {words[1]} {why}\n")
            return 255
        settings.put("secure", "ui_night_mode", value)
    call.say(f"Night mode: {NIGHT_MODES.get(settings.get('secure', 'ui_night_mode') or '1', 'no')}\n")
    return 0


def notification(call: Call, words: list[str]) -> int:
    """``cmd notification post [-t TITLE] TAG TEXT``, ``cmd notification set_dnd on|off|...``."""
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb == "set_dnd" and rest:
        mode = {"on": "1", "priority": "1", "none": "2", "alarms": "3", "off": "0", "all": "0"}.get(rest[0])
        if mode is None:
            call.complain(f"Invalid mode {rest[0]}\n")
            return 255
        call.device.settings.put("global", "zen_mode", mode)
        return 0
    if verb != "post":
        return unknown(call, words)
    title = ""
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        value = rest.pop(0) if rest and option not in ("-v", "--verbose", "-h") else ""
        title = value if option in ("-t", "--title") else title
    if len(rest) < 2:
        call.complain("usage: cmd notification post [flags] <tag> <text>\n")
        return 255
    call.device.notify("com.android.shell", 2020, title or rest[0], " ".join(rest[1:]), icon="console")
    call.say("posting:\n")
    return 0


def clipboard(call: Call, words: list[str]) -> int:
    """``cmd clipboard get|set TEXT``: an addition of this phone's, Android has no such command."""
    if words[:1] == ["set"]:
        call.device.clipboard = " ".join(words[1:])
    elif words[:1] == ["get"]:
        call.say(call.device.clipboard + "\n")
    else:
        return unknown(call, words)
    return 0


def overlay(call: Call, words: list[str]) -> int:
    """``cmd overlay list``: this phone has no overlays."""
    if words[:1] == ["list"]:
        return 0
    if words[:1] in (["enable"], ["disable"]) and len(words) > 1:
        call.complain(f"Error: {words[-1]}: no such overlay\n")
        return 255
    return unknown(call, words)


SERVICES: dict[str, Subcommand] = {
    "alarm": schedules.alarm,
    "battery": battery.run,
    "bluetooth_manager": radios.bluetooth,
    "clipboard": clipboard,
    "connectivity": radios.connectivity,
    "device_policy": schedules.device_policy,
    "jobscheduler": schedules.jobs,
    "locale": schedules.locale,
    "location": radios.location,
    "media_session": radios.media_session,
    "notification": notification,
    "overlay": overlay,
    "phone": unknown,
    "power": radios.power,
    "role": defaults.role,
    "shortcut": schedules.shortcuts,
    "statusbar": status_bar,
    "telecom": defaults.telecom,
    "uimode": ui_mode,
    "wifi": radios.wifi,
}


def service(call: Call) -> int:
    """``service list|check|call``; of calls, only ``alarm 3 s16 ZONE``, which sets the time zone."""
    words = [word for word in call.args if word]
    names = sorted({*ALIASES, *SERVICES, *DUMPED} - {"settings", "content"})
    if words[:1] == ["check"] and len(words) > 1:
        call.say(f"Service {words[1]}: {'found' if words[1] in names else 'not found'}\n")
    elif words[:1] == ["list"]:
        call.say(f"Found {len(names)} services:\n" + "".join(f"{i}\t{name}: []\n" for i, name in enumerate(names)))
    elif words[:1] == ["call"] and len(words) > 2:
        return _transact(call, words[1:], names)
    else:
        call.say("Usage: service [-h|-?]\n")
        return 10
    return 0


def _transact(call: Call, words: list[str], names: list[str]) -> int:
    """``service call NAME CODE ARGUMENTS``: what isn't implemented is answered as an unknown transaction."""
    if words[0] not in names:
        call.complain(f"service: Service {words[0]} does not exist\n")
        return 10
    if not re.fullmatch(r"\d{1,6}", words[1]):
        call.complain(f"service: Invalid code {words[1]}\n")
        return 10
    if words[:3] == ["alarm", "3", "s16"] and len(words) == 4:
        call.device.state["properties"]["persist.sys.timezone"] = words[3]
        call.device.screen_changed()
        call.say("Result: Parcel(00000000    '....')\n")
        return 0
    call.say('Result: Parcel(Error: 0xffffffffffffffb6 "Not a data message")\n')
    return 10


def app_operations(call: Call) -> int:
    """``appops set|get|reset PACKAGE [OP [MODE]]``."""
    words = schedules.without_user([word for word in call.args if word and word not in ("--uid",)])
    operations = call.device.state["appops"]
    verb, package = (words[0] if words else ""), (words[1] if len(words) > 1 else "")
    if verb in ("set", "get") and package and not call.device.packages.is_installed(package):
        call.complain(f"Error: No UID for {package} in user 0\n")
        return 255
    if verb == "set" and len(words) >= 4:
        if words[3] not in MODES:
            call.complain(f"Error: Mode {words[3]} is not valid,\n")
            return 255
        operations.setdefault(package, {})[_operation(words[2])] = words[3]
        return 0
    if verb == "get" and package:
        modes = operations.get(package, {}).items()
        lines = [f"{name}: {mode}\n" for name, mode in modes if len(words) < 3 or name == _operation(words[2])]
        call.say("".join(lines) or "No operations.\n")
        return 0
    if verb == "reset":
        if package:
            operations.pop(package, None)
        else:
            operations.clear()
        return 0
    call.complain("AppOps service (appops) commands:\n  set, get, reset\n")
    return 255


def _operation(name: str) -> str:
    """An operation's short name: ``android:system_alert_window`` is ``SYSTEM_ALERT_WINDOW``."""
    return name.removeprefix("android:").upper() if name.startswith("android:") else name


COMMANDS = {"cmd": command, "service": service, "appops": app_operations}
