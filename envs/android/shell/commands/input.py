"""``input``: touches, keys and text."""

import re
from collections.abc import Callable

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.ui.keycodes import ANDROID_KEYS

USAGE = """Usage: input [<source>] [-d DISPLAY_ID] <command> [<arg>...]

The sources are:
      touchnavigation
      touchscreen
      joystick
      stylus
      touchpad
      gamepad
      dpad
      mouse
      keyboard
      trackball
      rotaryencoder

-d: specify the display ID.
      (Default: -1 for key event, 0 for motion event if not specified.)
The commands and default sources are:
      text <string> (Default: touchscreen)
      keyevent [--longpress|--doubletap] <key code number or name> ... (Default: keyboard)
      tap <x> <y> (Default: touchscreen)
      swipe <x1> <y1> <x2> <y2> [duration(ms)] (Default: touchscreen)
      draganddrop <x1> <y1> <x2> <y2> [duration(ms)] (Default: touchscreen)
      press (Default: trackball)
      roll <dx> <dy> (Default: trackball)
      motionevent <DOWN|UP|MOVE|CANCEL> <x> <y> (Default: touchscreen)
      keycombination [-t duration(ms)] <key code 1> <key code 2> ... (Default: keyboard, the key order is important \
here.)
"""
SOURCES = frozenset(
    [
        "touchnavigation",
        "touchscreen",
        "joystick",
        "stylus",
        "touchpad",
        "gamepad",
        "dpad",
        "mouse",
        "keyboard",
        "trackball",
        "rotaryencoder",
    ]
)
NAMES = frozenset(ANDROID_KEYS.values())
LONG_PRESS_MS = 600
"""How long a key or finger is held for a long press, ms."""
MAX_MS = 60_000
"""Longest gesture, ms."""
NUMBER = re.compile(r"[-+]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})([eE][-+]?\d)?")


class BadArgument(Exception):
    """An argument that Android's parser rejects; the message is its exception's."""


def coordinate(text: str) -> int:
    """Parse a float as Android does, and drop its fraction.

    Raises:
        BadArgument: it is not a number.
    """
    if not text:
        raise BadArgument("java.lang.NumberFormatException: empty String")
    if not NUMBER.fullmatch(text.strip()):
        raise BadArgument(f'java.lang.NumberFormatException: For input string: "{text}"')
    return int(max(-1e6, min(1e6, float(text))))


def duration(args: list[str], index: int, default: int) -> int:
    """An optional number of milliseconds; an empty word means the default.

    Raises:
        BadArgument: it is not a number.
    """
    if len(args) <= index or not args[index]:
        return default
    if not re.fullmatch(r"[-+]?\d{1,9}", args[index]):
        raise BadArgument(f'java.lang.NumberFormatException: For input string: "{args[index]}"')
    return min(int(args[index]), MAX_MS) if int(args[index]) >= 0 else default


def key_name(text: str) -> str | None:
    """The name of a key given by number, ``KEYCODE_NAME`` or ``NAME``; None for an unknown number.

    Raises:
        BadArgument: it is neither a number nor a key's name.
    """
    if re.fullmatch(r"\d{1,6}", text):
        return ANDROID_KEYS.get(int(text))
    name = text.upper().removeprefix("KEYCODE_")
    if name not in NAMES:
        raise BadArgument(f"java.lang.IllegalArgumentException: Unknown keycode: {text}")
    return name


def type_text(call: Call, args: list[str]) -> None:
    """``text``: ``%s`` stands for a space."""
    text = args[0].replace("%s", " ")
    call.device.type_text(text.encode("utf-8", "replace").decode("utf-8"))


def key_events(call: Call, args: list[str]) -> None:
    """``keyevent``: press keys one after the other."""
    held = 0
    while args and args[0].startswith("--"):
        option = args.pop(0)
        if option == "--longpress":
            held = LONG_PRESS_MS
        elif option not in ("--doubletap", "--delay", "--async"):
            raise BadArgument(f"java.lang.IllegalArgumentException: Unknown keycode: {option}")
    for name in [key_name(arg) for arg in args if arg]:
        if name is None:
            continue
        call.device.key(name, True)
        call.device.advance(held)
        call.device.key(name, False)


def key_combination(call: Call, args: list[str]) -> None:
    """``keycombination``: press keys in this order and release them in reverse."""
    if args[:1] == ["-t"]:
        del args[:2]
    names = [name for name in (key_name(arg) for arg in args if arg) if name]
    for name in names:
        call.device.key(name, True)
    for name in reversed(names):
        call.device.key(name, False)


def tap(call: Call, args: list[str]) -> None:
    """``tap X Y``."""
    call.device.tap(coordinate(args[0]), coordinate(args[1]))


def swipe(call: Call, args: list[str]) -> None:
    """``swipe X1 Y1 X2 Y2 [MS]``; with the same point twice, a press of that duration."""
    x1, y1, x2, y2 = (coordinate(arg) for arg in args[:4])
    call.device.swipe(x1, y1, x2, y2, duration(args, 4, 300))


def drag(call: Call, args: list[str]) -> None:
    """``draganddrop X1 Y1 X2 Y2 [MS]``: a long press followed by a move."""
    x1, y1, x2, y2 = (coordinate(arg) for arg in args[:4])
    device, length = call.device, duration(args, 4, 300)
    device.touch([(x1, y1, True, 0)])
    device.advance(LONG_PRESS_MS)
    steps = max(1, length // 20)
    for i in range(1, steps + 1):
        device.touch([(x1 + (x2 - x1) * i // steps, y1 + (y2 - y1) * i // steps, True, 0)])
        device.advance(length // steps)
    device.touch([(x2, y2, False, 0)])


def motion(call: Call, args: list[str]) -> None:
    """``motionevent DOWN|UP|MOVE|CANCEL X Y``."""
    kind = args[0].upper()
    if kind not in ("DOWN", "UP", "MOVE", "CANCEL"):
        raise BadArgument(f"java.lang.IllegalArgumentException: Unknown action: {args[0]}")
    call.device.touch([(coordinate(args[1]), coordinate(args[2]), kind in ("DOWN", "MOVE"), 0)])


ACTIONS: dict[str, tuple[int, Callable[[Call, list[str]], None]]] = {  # name: number of words it needs, what it does
    "text": (1, type_text),
    "keyevent": (1, key_events),
    "keycombination": (2, key_combination),
    "tap": (2, tap),
    "swipe": (4, swipe),
    "touchscreen": (4, swipe),
    "draganddrop": (4, drag),
    "motionevent": (3, motion),
    "press": (0, lambda call, args: None),
    "roll": (2, lambda call, args: None),
}


def send_input(call: Call) -> int:
    """``input``."""
    args = list(call.args)
    if args and args[0] in SOURCES:
        args.pop(0)
    if args[:1] == ["-d"]:
        del args[:2]
    if not args:
        call.say(USAGE)
        return 255
    name = args.pop(0)
    if name not in ACTIONS:
        call.complain(f"Error: Unknown command: {name}\n")
        call.say(USAGE)
        return 255
    needed, action = ACTIONS[name]
    if len(args) < needed:
        call.complain(f"Error: Invalid arguments for command: {name}\n")
        call.say(USAGE)
        return 255
    try:
        action(call, args)
    except BadArgument as fault:
        call.complain(f"\nException occurred while executing '{name}':\n{fault}\n")
        return 255
    return 0


COMMANDS = {"input": send_input}
