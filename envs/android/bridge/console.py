"""The emulator's console: the commands of ``adb emu`` and port 5554.

A command does what it says or is refused with a line that begins with KO.
"""

import re
from collections.abc import Callable

from palaestra.envs.android.system import battery
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.telephony import IDLE, OFF_HOOK, RINGING, set_call
from palaestra.envs.android.ui.handset import Handset

SMS_ARRIVED = "android.provider.Telephony.SMS_DELIVER"
OK = "OK\n"
Command = Callable[[Handset, list[str]], str]


def console(device: Handset, words: list[str]) -> str:
    """Run a line of the console; the answer ends with a line OK or begins with KO."""
    words = [word for part in words for word in part.split(" ")] if len(words) == 1 else list(words)
    words = [word for word in words if word] if words[:1] != ["sms"] else words
    if not words:
        return OK
    command = COMMANDS.get(words[0])
    return command(device, words[1:]) if command is not None else "KO: unknown command, try 'help'\n"


def _says(text: str) -> Command:
    """A command with a fixed answer."""

    def command(device: Handset, words: list[str]) -> str:
        return text

    return command


def _help(device: Handset, words: list[str]) -> str:
    return "Android console commands:\n\n" + "".join(f"    {name}\n" for name in sorted(COMMANDS)) + OK


def _rotate(device: Handset, words: list[str]) -> str:
    rotation = (int(device.settings.number("system", "user_rotation", 0)) + 1) % 4
    device.settings.put("system", "user_rotation", str(rotation))
    return OK


def _sms(device: Handset, words: list[str]) -> str:
    if words[:1] != ["send"] or len(words) < 3:
        return "KO: missing argument, try 'sms send <phonenumber> <text message>'\n"
    device.broadcast(intent(SMS_ARRIVED, address=words[1], body=" ".join(words[2:])))
    return OK


CALL_STATES = {RINGING: "incoming", OFF_HOOK: "active"}


def _gsm(device: Handset, words: list[str]) -> str:
    call = device.state["call"]
    if words[:1] == ["list"]:
        described = CALL_STATES.get(call["state"])
        return (f"inbound from {call['number']:<10} : {described}\n" if described else "") + OK
    if words[:1] == ["status"]:
        return "gsm voice state: home\ngsm data state:  home\n" + OK
    if not words or words[0] not in ("call", "accept", "cancel", "busy", "hold"):
        return "KO: missing sub-command\n"
    if len(words) < 2:
        return f"KO: missing argument, try 'gsm {words[0]} <phonenumber>'\n"
    if words[0] != "call" and (call["state"] == IDLE or (words[0] == "accept" and call["number"] != words[1])):
        return "KO: could not find a call with that number\n"
    state = {"call": RINGING, "accept": OFF_HOOK, "hold": OFF_HOOK}.get(words[0], IDLE)
    set_call(device, state, words[1])
    return OK


def _avd(device: Handset, words: list[str]) -> str:
    if words[:1] == ["name"]:
        return "palaestra\n" + OK
    if words[:1] == ["status"]:
        return "virtual device is running\n" + OK
    if words[:2] == ["snapshot", "list"]:
        return "There is no snapshot available.\n" + OK
    if words[:1] == ["snapshot"]:
        return "KO: the console keeps no snapshots; use the environment's snapshot() and restore()\n"
    return "KO: bad sub-command\n" if words else "KO: missing sub-command\n"


STATUSES = {"unknown": 1, "charging": 2, "discharging": 3, "not-charging": 4, "full": 5}
HEALTHS = {"unknown": 1, "good": 2, "overheat": 3, "dead": 4, "overvoltage": 5, "failure": 6}


def _power(device: Handset, words: list[str]) -> str:
    """``power display|ac on|off|status S|present true|false|health H|capacity N``: the battery itself."""
    verb, value = (words[0] if words else ""), "".join(words[1:2])
    if verb == "display":
        now = battery.hardware(device)
        names = {number: name for name, number in STATUSES.items()}
        healths = {number: name for name, number in HEALTHS.items()}
        return (
            f"AC: {'online' if now.ac else 'offline'}\nstatus: {names[now.state].capitalize()}\n"
            f"health: {healths[now.health].capitalize()}\npresent: {str(now.present).lower()}\n"
            f"capacity: {now.level}\n{OK}"
        )
    if verb not in ("ac", "status", "present", "health", "capacity"):
        return "KO: missing sub-command\n" if not verb else "KO: bad sub-command\n"
    if verb == "capacity":
        if not re.fullmatch(r"\d{1,3}", value) or int(value) > 100:
            return 'KO: Usage: "capacity <percentage>"\n'
        battery.set_hardware(device, level=int(value))
        return OK
    tables: dict[str, dict[str, object]] = {
        "ac": {"on": True, "off": False},
        "present": {"true": True, "false": False},
        "status": dict(STATUSES),
        "health": dict(HEALTHS),
    }
    if value not in tables[verb]:
        return f'KO: Usage: "{verb} {"|".join(tables[verb])}"\n'
    battery.set_hardware(device, **{verb: tables[verb][value]})
    return OK


def _geo(device: Handset, words: list[str]) -> str:
    """``geo fix LONGITUDE LATITUDE``: what ``dumpsys location`` shows."""
    if words[:1] != ["fix"] or len(words) < 3:
        return "KO: longitude and latitude are needed\n" if words[:1] == ["fix"] else "KO: bad sub-command\n"
    if not all(re.fullmatch(r"[-+]?\d{1,3}(\.\d{1,12})?", word) for word in words[1:3]):
        return "KO: argument '<longitude>' is not a number\n"
    longitude, latitude = float(words[1]), float(words[2])
    if abs(longitude) > 180 or abs(latitude) > 90:
        return "KO: argument out of range\n"
    device.set_service("location", {"longitude": longitude, "latitude": latitude})
    return OK


def _network(device: Handset, words: list[str]) -> str:
    """``network status``; speed and delay can only be what they are."""
    if words[:1] == ["status"]:
        return (
            "Current network status:\n  download speed:          0 bits/s (0.0 KB/s)\n"
            "  upload speed:            0 bits/s (0.0 KB/s)\n  minimum latency:  0 ms\n  maximum latency:  0 ms\n" + OK
        )
    if words in (["speed", "full"], ["delay", "none"]):
        return OK
    return "KO: this phone has no network to shape\n"


def _event(device: Handset, words: list[str]) -> str:
    """``event text TEXT``: types into the focused field."""
    if words[:1] == ["text"] and len(words) > 1:
        device.type_text(" ".join(words[1:]))
        return OK
    return "KO: only 'event text' works here; use 'adb shell sendevent'\n"


COMMANDS: dict[str, Command] = {
    "auth": _says(OK),
    "avd": _avd,
    "event": _event,
    "finger": _says("KO: this phone has no fingerprint sensor\n"),
    "geo": _geo,
    "gsm": _gsm,
    "help": _help,
    "kill": _says("KO: this phone can't be switched off; close the environment\n"),
    "network": _network,
    "ping": _says("I am alive!\n" + OK),
    "power": _power,
    "quit": _says(OK),
    "rotate": _rotate,
    "sensor": _says("KO: this phone has no sensors\n"),
    "sms": _sms,
}
