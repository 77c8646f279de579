"""``dumpsys battery`` and ``cmd battery``: the battery's values, and others shown in their place."""

from collections.abc import Callable

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system import battery
from palaestra.envs.android.system.battery import Battery
from palaestra.envs.android.ui.handset import Handset

CHARGERS = ("ac", "usb", "wireless", "dock")
KEYS = {name: name for name in (*CHARGERS, "status", "level", "present", "counter")} | {"temp": "temperature"}
"""Words of ``set`` and ``get`` -> fields of the battery."""
RANGES = {"status": (1, 5), "level": (0, 100), "temperature": (-1000, 2000), "counter": (0, 1 << 31)}
USAGE = """Battery service (battery) commands:
  help
    Print this help text.
  get [-f] [ac|usb|wireless|dock|status|level|temp|present|counter|invalid]
  set [-f] [ac|usb|wireless|dock|status|level|temp|present|counter|invalid] <value>
    Force a battery property value, freezing battery state.
  unplug [-f]
    Force battery unplugged, freezing battery state.
  reset [-f]
    Unfreeze battery state, returning to current hardware values.
"""


def dump(device: Handset) -> str:
    """The values as ``dumpsys battery`` prints them."""
    shown = battery.shown(device)
    stopped = "  (UPDATES STOPPED -- use 'reset' to restart)\n" if battery.updates_stopped(device) else ""
    return (
        f"Current Battery Service state:\n{stopped}"
        f"  AC powered: {_word(shown.ac)}\n  USB powered: {_word(shown.usb)}\n"
        f"  Wireless powered: {_word(shown.wireless)}\n  Dock powered: {_word(shown.dock)}\n"
        "  Max charging current: 0\n  Max charging voltage: 0\n"
        f"  Charge counter: {shown.counter}\n  status: {shown.state}\n  health: {shown.health}\n"
        f"  present: {_word(shown.present)}\n  level: {shown.level}\n  scale: 100\n  voltage: {shown.voltage}\n"
        f"  temperature: {shown.temperature}\n  technology: Li-ion\n"
    )


def _word(value: bool) -> str:
    return "true" if value else "false"


def run(call: Call, words: list[str]) -> int:
    """``cmd battery``; ``dumpsys battery`` passes its words on."""
    words = [word for word in words if word != "-f"]
    if not words or words[0] in ("help", "-h"):
        call.say(USAGE)
        return 0 if words else 255
    action = ACTIONS.get(words[0])
    if action is None:
        call.complain(f"Unknown command: {words[0]}\n")
        return 255
    return action(call, words[1:])


def _unplug(call: Call, words: list[str]) -> int:
    battery.set_shown(call.device, **dict.fromkeys(CHARGERS, False))
    return 0


def _reset(call: Call, words: list[str]) -> int:
    battery.reset(call.device)
    return 0


def _get(call: Call, words: list[str]) -> int:
    if not words or words[0] not in KEYS:
        call.complain(f"Unknown get option: {words[0]}\n" if words else "No property specified\n")
        return 255
    shown = battery.shown(call.device)
    value = shown.state if words[0] == "status" else getattr(shown, KEYS[words[0]])
    call.say(f"{_word(value) if isinstance(value, bool) else value}\n")
    return 0


def _set(call: Call, words: list[str]) -> int:
    if len(words) < 2:
        call.complain("No value specified\n" if words else "No property specified\n")
        return 255
    if words[0] not in KEYS:
        call.complain(f"Unknown set option: {words[0]}\n")
        return 255
    field = KEYS[words[0]]
    try:
        value = int(words[1])
        low, high = RANGES.get(field, (0, 1))
        if len(words[1]) > 12 or not low <= value <= high:
            raise ValueError
    except ValueError:
        call.complain(f"Bad value: {words[1]}\n")
        return 255
    usual = Battery()
    battery.set_shown(call.device, **{field: bool(value) if isinstance(getattr(usual, field), bool) else value})
    return 0


ACTIONS: dict[str, Callable[[Call, list[str]], int]] = {"get": _get, "set": _set, "unplug": _unplug, "reset": _reset}
