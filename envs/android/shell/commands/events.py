"""``getevent`` and ``sendevent``: Linux's input devices."""

import re
from collections.abc import Callable

from palaestra.envs.android.shell.commands.flags import parse, with_flags
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.keycodes import XKB_KEYS
from palaestra.envs.android.ui.touchscreen import AXES, BUTTON, XKB_OFFSET, key_event, touch_event

KEYBOARD, TOUCH = "/dev/input/event0", "/dev/input/event1"
DEVICES: dict[str, tuple[str, Callable[[Handset, int, int, int], None]]] = {
    TOUCH: ("virtio_input_multi_touch_1", touch_event),
    KEYBOARD: ("qwerty2", key_event),
}
"""Path -> name, and what takes its events."""
AXIS_NAMES = {
    0x2F: "ABS_MT_SLOT",
    0x30: "ABS_MT_TOUCH_MAJOR",
    0x35: "ABS_MT_POSITION_X",
    0x36: "ABS_MT_POSITION_Y",
    0x39: "ABS_MT_TRACKING_ID",
    0x3A: "ABS_MT_PRESSURE",
}


@with_flags
def listen(call: Call) -> int:
    """``getevent [-pilqtS] [-c COUNT] [DEVICE]``: the devices; it doesn't wait, since nothing happens meanwhile."""
    options, names = parse(call.args, "pilqtSnrdhv", "cs")
    unknown = [name for name in names if name not in DEVICES]
    if unknown:
        call.complain(f"could not open {unknown[0]}, No such file or directory\n")
        return 1
    describe = bool(set("pi") & options.keys())
    for place, (path, (title, _)) in enumerate(DEVICES.items()):
        if names and path not in names:
            continue
        if describe or not names:
            call.say(f'add device {len(DEVICES) - place}: {path}\n  name:     "{title}"\n')
        if describe:
            call.say(_events(path, "l" in options))
    return 0


def _events(path: str, labelled: bool) -> str:
    """What a device can send."""
    if path == KEYBOARD:
        codes = sorted(code - XKB_OFFSET for code in XKB_KEYS if code >= XKB_OFFSET)
        rows = [codes[i : i + 8] for i in range(0, len(codes), 8)]
        cells = ["  ".join(f"{code:04x}" for code in row) for row in rows]
        return "  events:\n    KEY (0001): " + "\n                ".join(cells) + "\n  input props:\n    <none>\n"
    lines = [f"    KEY (0001): {'BTN_TOUCH' if labelled else f'{BUTTON:04x}'}"]
    for place, (code, high) in enumerate(AXES.items()):
        head = "    ABS (0003): " if not place else "                "
        label = f"{AXIS_NAMES[code]:<21}" if labelled else f"{code:04x} "
        lines.append(f"{head}{label} : value 0, min 0, max {high}, fuzz 0, flat 0, resolution 0")
    return "  events:\n" + "\n".join(lines) + "\n  input props:\n    INPUT_PROP_DIRECT\n"


def send(call: Call) -> int:
    """``sendevent DEVICE TYPE CODE VALUE``."""
    if len(call.args) != 4:
        call.complain(f"use: {call.name} device type code value\n")
        return 1
    path, *numbers = call.args
    if path not in DEVICES:
        call.complain(f"could not open {path}, No such file or directory\n")
        return 1
    if not all(re.fullmatch(r"-?\d{1,10}", word) for word in numbers):
        return call.fail(f"not integer: {' '.join(numbers)}")
    kind, code, value = map(int, numbers)
    DEVICES[path][1](call.device, kind, code, value)
    return 0


COMMANDS = {"getevent": listen, "sendevent": send}
