"""``screencap`` and ``uiautomator``: the screen as a picture and as a tree."""

import struct

import numpy as np

from palaestra.envs.android.drawing.paint import png, screenshot
from palaestra.envs.android.shell.commands.surfaces import DISPLAY_ID
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.run import Call
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
            display = words.pop(0) if words else ""
            if display not in (DISPLAY_ID, "0"):
                call.complain(f"Display Id '{display}' is not valid.\n")
                return 1
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


COMMANDS = {"screencap": screencap, "uiautomator": uiautomator}
