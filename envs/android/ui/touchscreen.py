"""The touch screen as Linux sees it: events of the multi-touch protocol with slots, which become touches.

Linux: Documentation/input/multi-touch-protocol.rst. ``service("touchscreen")`` holds the slot that events are for, and
of each slot the tracking id (-1: lifted) and the place, until no finger is down.
"""

from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.keycodes import XKB_KEYS
from palaestra.envs.android.ui.rotation import to_shown

EV_SYN, EV_KEY, EV_ABS = 0, 1, 3
SLOT, MAJOR, X, Y, TRACKING, PRESSURE = 0x2F, 0x30, 0x35, 0x36, 0x39, 0x3A
AXES = {SLOT: 9, MAJOR: 0x7FFFFFFF, X: 32767, Y: 32767, TRACKING: 65535, PRESSURE: 1024}
"""Axis -> its highest value."""
BUTTON = 0x14A
XKB_OFFSET = 8
"""X's number of a key minus Linux's."""


def touch_event(phone: Handset, kind: int, code: int, value: int) -> None:
    """Take an event of the touch screen; a report (``EV_SYN``) delivers the touches collected before it."""
    kept = phone.service("touchscreen")
    slots = {name: dict(slot) for name, slot in kept.get("slots", {}).items()}
    current = kept.get("slot", 0)
    if kind == EV_SYN and code == 0:
        _report(phone, slots)
        return
    if kind != EV_ABS or code not in AXES:
        return  # as the kernel drops what a device doesn't have
    if code == SLOT:
        current = min(max(value, 0), AXES[SLOT])
    else:
        slot = slots.setdefault(str(current), {"id": -1, "x": 0, "y": 0, "down": False})
        if code == TRACKING:
            slot["id"] = -1 if value in (-1, 0xFFFFFFFF) else value & 0xFFFF
        elif code in (X, Y):
            slot["x" if code == X else "y"] = min(max(value, 0), AXES[X])
    phone.set_service("touchscreen", {"slot": current, "slots": slots})


def _report(phone: Handset, slots: dict[str, dict[str, int]]) -> None:
    """Touch with every finger that is down, and lift those that no longer are."""
    width, height = phone.natural
    points = []
    for name, slot in sorted(slots.items()):
        is_down = slot["id"] != -1
        if is_down or slot["down"]:
            place = (slot["x"] * width // (AXES[X] + 1), slot["y"] * height // (AXES[Y] + 1))
            points.append((*to_shown(*place, phone.natural, phone.turns), is_down, int(name)))
        slot["down"] = is_down
    still = {name: slot for name, slot in slots.items() if slot["down"]}
    current = phone.service("touchscreen").get("slot", 0)
    phone.set_service("touchscreen", {"slot": current, "slots": still} if still or current else {})
    if points:
        phone.touch(points)


def key_event(phone: Handset, kind: int, code: int, value: int) -> None:
    """Take an event of the keyboard: a key pressed (1), repeated (2) or released (0)."""
    name = XKB_KEYS.get(code + XKB_OFFSET)
    if kind == EV_KEY and name is not None:
        phone.key(name, value != 0)
