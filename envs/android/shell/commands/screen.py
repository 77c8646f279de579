"""The screen and the system's services: ``screencap``, ``uiautomator``, ``wm``, ``svc``, ``cmd``, ``service``."""

import re
import struct

import numpy as np

from palaestra.envs.android.drawing.paint import png, screenshot
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.run import Call, Subcommand
from palaestra.envs.android.ui.accessibility import xml
from palaestra.envs.android.ui.handset import Handset


def screencap(call: Call) -> int:
    """``screencap [-p] [-d DISPLAY] [FILE]``: PNG with -p or for a name in .png, else RGBA with a header."""
    words, as_png = list(call.args), False
    names: list[str] = []
    while words:
        word = words.pop(0)
        if word == "-p":
            as_png = True
        elif word == "-d":
            del words[:1]
        elif word in ("-h", "--help") or (word.startswith("-") and word != "-"):
            call.complain("usage: screencap [-hp] [-d display-id] [FILENAME]\n")
            return 1
        elif word:
            names.append(word)
    as_png = as_png or bool(names and names[0].endswith(".png"))
    data = png(screenshot(call.device)) if as_png else raw(call.device)
    if not names:
        call.say(data)
        return 0
    try:
        call.device.files.write(call.path(names[0]), data)
    except OSError as error:
        call.complain(f"Error opening file: {names[0]} ({reason(error)})\n")
        return 1
    return 0


def raw(device: Handset) -> bytes:
    """Width, height, format (1: RGBA 8888), colour space, then the pixels, in the content's orientation."""
    pixels = screenshot(device)
    height, width, _ = pixels.shape
    opaque = np.full((height, width, 1), 255, np.uint8)
    return struct.pack("<IIII", width, height, 1, 1) + np.concatenate([pixels, opaque], axis=2).tobytes()


def uiautomator(call: Call) -> int:
    """``uiautomator dump [--compressed] [FILE]``."""
    words = [word for word in call.args if word not in ("--compressed", "--verbose", "")]
    hierarchy = xml(call.device, compressed="--compressed" in call.args)
    if words[:1] != ["dump"]:
        call.say("Usage: uiautomator <subcommand> [options]\n")
        return 1
    name = words[1] if len(words) > 1 else "/sdcard/window_dump.xml"
    if name == "/dev/tty":
        call.say(f"{hierarchy}UI hierchary dumped to: {name}\n")
        return 0
    try:
        call.device.files.write(call.path(name), hierarchy.encode("utf-8", "replace"))
    except OSError as error:
        call.complain(f"ERROR: could not write {name}: {reason(error)}\n")
        return 1
    call.say(f"UI hierchary dumped to: {name}\n")
    return 0


def window_manager(call: Call) -> int:
    """``wm size|density|user-rotation|dismiss-keyguard``."""
    words = [word for word in call.args if word]
    settings = call.device.settings
    if words[:1] == ["size"]:
        width, height = call.device.natural
        if len(words) == 1:
            call.say(f"Physical size: {width}x{height}\n")
            forced = settings.get("global", "display_size_forced")
            call.say(f"Override size: {forced.replace(',', 'x')}\n" if forced else "")
        elif words[1] == "reset":
            settings.delete("global", "display_size_forced")
        elif match := re.fullmatch(r"(\d{2,5})x(\d{2,5})", words[1]):
            settings.put("global", "display_size_forced", f"{match[1]},{match[2]}")
        else:
            call.complain(f"Error: bad size {words[1]}\n")
            return 255
        return 0
    if words[:1] == ["density"]:
        if len(words) == 1:
            call.say(f"Physical density: {call.device.density}\n")
            forced = settings.get("secure", "display_density_forced")
            call.say(f"Override density: {forced}\n" if forced else "")
        elif words[1] == "reset":
            settings.delete("secure", "display_density_forced")
        elif words[1].isdecimal() and 72 <= int(words[1][:6]) <= 1000:
            settings.put("secure", "display_density_forced", words[1])
        else:
            call.complain(f"Error: bad density {words[1]}\n")
            return 255
        return 0
    if words[:1] == ["user-rotation"]:
        if len(words) > 1 and words[1] in ("lock", "free"):
            settings.put("system", "accelerometer_rotation", "0" if words[1] == "lock" else "1")
            if len(words) > 2 and words[2] in ("0", "1", "2", "3"):
                settings.put("system", "user_rotation", words[2])
        else:
            locked = not settings.on("system", "accelerometer_rotation")
            call.say(f"{'lock' if locked else 'free'} {settings.get('system', 'user_rotation', '0')}\n")
        return 0
    if words[:1] == ["dismiss-keyguard"]:
        return 0
    call.complain(f"Unknown command: {words[0]}\n" if words else "Window manager (window) commands:\n")
    return 255


RADIOS = {"wifi": "wifi_on", "bluetooth": "bluetooth_on", "data": "mobile_data", "nfc": "nfc_on"}


def service_control(call: Call) -> int:
    """``svc wifi|bluetooth|data|nfc enable|disable``, ``svc power stayon VALUE``."""
    words = [word for word in call.args if word]
    settings = call.device.settings
    if len(words) > 1 and words[0] in RADIOS and words[1] in ("enable", "disable"):
        on = words[1] == "enable"
        if words[0] == "wifi":
            call.device.settings.set_wifi(on)
        else:
            settings.put("global", RADIOS[words[0]], "1" if on else "0")
        return 0
    if words[:2] == ["power", "stayon"]:
        settings.put("global", "stay_on_while_plugged_in", "0" if words[2:3] == ["false"] else "7")
        return 0
    if words[:1] == ["power"]:
        return 0
    call.say("Available commands:\n    help\n    power\n    data\n    wifi\n    usb\n    nfc\n    bluetooth\n")
    return 0 if not words or words[0] == "help" else 1


def command(call: Call) -> int:
    """``cmd SERVICE ...``."""
    words = [word for word in call.args if word]
    if not words or words == ["-l"]:
        call.say("Currently running services:\n" + "".join(f"  {name}\n" for name in sorted((*ALIASES, *SERVICES))))
        return 0 if words else 20
    service, rest = words[0], words[1:]
    if service in ALIASES:
        return call.shell.execute([ALIASES[service], *rest], call.streams)
    if service in SERVICES:
        return SERVICES[service](call, rest)
    call.complain(f"cmd: Can't find service: {service}\n")
    return 20


ALIASES = {
    "package": "pm",
    "activity": "am",
    "settings": "settings",
    "window": "wm",
    "input": "input",
    "content": "content",
    "appops": "appops",
}
"""Services of ``cmd`` -> the command that does the same."""


def _status_bar(call: Call, rest: list[str]) -> int:
    shade = {
        "expand-notifications": (True, False),
        "expand-settings": (True, True),
        "collapse": (False, False),
    }.get(rest[0] if rest else "")
    if shade is None:
        call.complain(f"Unknown command: {rest[0] if rest else ''}\n")
        return 255
    call.device.shade(*shade)
    return 0


NIGHT_MODES = {"2": "yes", "1": "no", "0": "auto"}


def _ui_mode(call: Call, rest: list[str]) -> int:
    settings = call.device.settings
    if rest[:1] != ["night"]:
        call.complain(f"Unknown command: {rest[0] if rest else ''}\n")
        return 255
    if len(rest) > 1:
        value = {"yes": "2", "no": "1", "auto": "0"}.get(rest[1])
        if value is None:
            call.complain(f"Error: unknown mode {rest[1]}\n")
            return 255
        settings.put("secure", "ui_night_mode", value)
    mode = settings.get("secure", "ui_night_mode") or "1"
    call.say(f"Night mode: {NIGHT_MODES.get(mode, 'no')}\n")
    return 0


def _connectivity(call: Call, rest: list[str]) -> int:
    settings = call.device.settings
    if rest[:1] == ["airplane-mode"]:
        if len(rest) == 1:
            call.say("enabled\n" if settings.on("global", "airplane_mode_on") else "disabled\n")
        else:
            settings.put("global", "airplane_mode_on", "1" if rest[1] == "enable" else "0")
    return 0


def _wifi(call: Call, rest: list[str]) -> int:
    if rest[:1] == ["set-wifi-enabled"] and len(rest) > 1:
        call.device.settings.set_wifi(rest[1] == "enabled")
    else:
        call.say(f"Wifi is {'enabled' if call.device.settings.wifi_is_on else 'disabled'}\n")
    return 0


def _bluetooth(call: Call, rest: list[str]) -> int:
    if rest[:1] in (["enable"], ["disable"]):
        call.device.settings.put("global", "bluetooth_on", "1" if rest[0] == "enable" else "0")
    return 0


def _notification(call: Call, rest: list[str]) -> int:
    words = [word for word in rest[1:] if not word.startswith("-")]
    if rest[:1] == ["post"] and len(words) > 1:
        call.device.notify("com.android.shell", 2020, words[0], " ".join(words[1:]), icon="console")
        call.say("posting:\n")
    return 0


def _clipboard(call: Call, rest: list[str]) -> int:
    if rest[:1] == ["set"]:
        call.device.clipboard = " ".join(rest[1:])
    elif rest[:1] == ["get"]:
        call.say(call.device.clipboard + "\n")
    return 0


def _accept(call: Call, rest: list[str]) -> int:
    """Accept a service's command that has no effect here."""
    return 0


SERVICES: dict[str, Subcommand] = {
    "statusbar": _status_bar,
    "uimode": _ui_mode,
    "connectivity": _connectivity,
    "wifi": _wifi,
    "bluetooth_manager": _bluetooth,
    "notification": _notification,
    "clipboard": _clipboard,
    "overlay": _accept,
    "phone": _accept,
    "location": _accept,
    "media_session": _accept,
    "power": _accept,
}


def service(call: Call) -> int:
    """``service list|check|call``; ``service call alarm 3 s16 ZONE`` sets the time zone."""
    words = [word for word in call.args if word]
    if words[:3] == ["call", "alarm", "3"] and len(words) >= 5:
        call.device.state["properties"]["persist.sys.timezone"] = words[4]
        call.device.screen_changed()
    if words[:1] == ["check"] and len(words) > 1:
        call.say(f"Service {words[1]}: {'found' if words[1] in ('activity', 'package', 'window') else 'not found'}\n")
    elif words[:1] == ["list"]:
        call.say("Found 3 services:\n0\tactivity: []\n1\tpackage: []\n2\twindow: []\n")
    elif words[:1] == ["call"]:
        call.say("Result: Parcel(00000000    '....')\n")
    else:
        call.say("Usage: service [-h|-?]\n")
        return 10
    return 0


def app_operations(call: Call) -> int:
    """``appops set|get PACKAGE [OP [MODE]]``."""
    words = [word for word in call.args if word]
    operations = call.device.state["appops"]
    if words[:1] == ["set"] and len(words) >= 4:
        operations.setdefault(words[1], {})[words[2]] = words[3]
        return 0
    if words[:1] == ["get"] and len(words) >= 2:
        modes = operations.get(words[1], {}).items()
        lines = [f"{name}: {mode}\n" for name, mode in modes if len(words) < 3 or name == words[2]]
        call.say("".join(lines) or "No operations.\n")
        return 0
    if words[:1] == ["reset"]:
        operations.clear()
        return 0
    call.complain("AppOps service (appops) commands:\n  set, get, reset\n")
    return 255


def input_methods(call: Call) -> int:
    """``ime list|set|enable|disable|reset``."""
    words = [word for word in call.args if word]
    known = "com.google.android.inputmethod.latin/.LatinIME"
    settings = call.device.settings
    if words[:1] == ["list"]:
        call.say(f"{known}\n" if "-s" in words else f"{known}:\n  mId={known}\n")
    elif words[:1] in (["set"], ["enable"], ["disable"]) and len(words) > 1:
        if words[1] != known:
            call.complain(f"Unknown input method {words[1]} cannot be {words[0]} for user #0\n")
            return 255
        settings.put("secure", "default_input_method", known)
        call.say(f"Input method {known} {'selected' if words[0] == 'set' else words[0] + 'd'} for user #0\n")
    elif words[:1] != ["reset"]:
        call.complain("ime <command>:\n  list, enable, disable, set, reset\n")
        return 255
    return 0


COMMANDS = {
    "screencap": screencap,
    "uiautomator": uiautomator,
    "wm": window_manager,
    "svc": service_control,
    "cmd": command,
    "service": service,
    "appops": app_operations,
    "ime": input_methods,
}
