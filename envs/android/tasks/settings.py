"""System settings: Wi-Fi, Bluetooth, brightness, and opening apps (15 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.android.codecs.action import Action, scroll
from palaestra.envs.android.codecs.elements import Element, centre
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, Route, back, open_app, scroll_to
from palaestra.envs.android.tasks.task import Template
from palaestra.envs.task import Slots

SETTINGS = "com.android.settings"
MAX_BRIGHTNESS = 255
OPPOSITE = {"on": "off", "off": "on", "max": "min", "min": "max"}


def set_radio(device: Device, radio: str, state: str) -> None:
    """Switch Wi-Fi or Bluetooth, as the system's service does."""
    device.shell(f"svc {radio} {'enable' if state == 'on' else 'disable'}")


def radio_is(device: Device, radio: str, state: str) -> bool:
    """Whether Wi-Fi or Bluetooth is in a state; the value of Wi-Fi is 2 when it is on in spite of airplane mode."""
    value = device.settings.get("global", f"{radio}_on")
    return value in (("1", "2") if radio == "wifi" else ("1",)) if state == "on" else value == "0"


def set_brightness(device: Device, level: str) -> None:
    """Set the brightness to its highest (``max``) or lowest value."""
    device.settings.put("system", "screen_brightness", str(MAX_BRIGHTNESS if level == "max" else 1))


def switch_of(screen: OracleView, label: str) -> Element:
    """The switch in the row that shows a label."""
    _, top, _, bottom = screen.one(text=label)["bounds"]
    return screen.one(lambda e: e["checkable"] and e["bounds"][1] <= (top + bottom) / 2 <= e["bounds"][3])


def open_settings() -> Route:
    """Open the first page of the settings, whatever page they were left at."""
    screen = yield open_app("Settings")
    while screen.has(desc="Navigate up"):
        screen = yield back()
    return screen


def switch_wifi(screen: OracleView, state: str) -> Oracle:
    """Use the switch in Settings, Network & internet, Internet."""
    screen = yield from open_settings()
    screen = yield screen.tap(text="Network & internet")
    screen = yield screen.tap(text="Internet")
    if switch_of(screen, "Wi-Fi")["checked"] != (state == "on"):
        yield Action("tap", centre(switch_of(screen, "Wi-Fi")))


def switch_bluetooth(screen: OracleView, state: str) -> Oracle:
    """Use the switch in Settings, Connected devices, Connection preferences, Bluetooth."""
    screen = yield from open_settings()
    screen = yield screen.tap(text="Connected devices")
    screen = yield screen.tap(text="Connection preferences")
    screen = yield screen.tap(text="Bluetooth")
    if switch_of(screen, "Use Bluetooth")["checked"] != (state == "on"):
        yield Action("tap", centre(switch_of(screen, "Use Bluetooth")))


class _Switch(Template):
    """Turn a radio on or off."""

    apps = (SETTINGS,)
    radio: ClassVar[str]
    state: ClassVar[str]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"on_or_off": self.state}

    def instruction(self, slots: Slots) -> str:
        return f"Switch {'Wi-Fi' if self.radio == 'wifi' else 'Bluetooth'} {slots['on_or_off']}."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        set_radio(device, self.radio, slots["on_or_off"] if self.true_from_start else OPPOSITE[slots["on_or_off"]])

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {f"{self.radio} is {slots['on_or_off']}": radio_is(device, self.radio, slots["on_or_off"])}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (f"settings/global/{self.radio}_on",)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        switch = switch_wifi if self.radio == "wifi" else switch_bluetooth
        yield from switch(screen, slots["on_or_off"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [] if self.true_from_start else [{"on_or_off": OPPOSITE[slots["on_or_off"]]}]

    def undo(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from self.oracle(screen, {"on_or_off": OPPOSITE[slots["on_or_off"]]})


class SystemBluetoothTurnOff(_Switch):
    radio, state = "bluetooth", "off"


class SystemBluetoothTurnOffVerify(_Switch):
    radio, state, true_from_start = "bluetooth", "off", True


class SystemBluetoothTurnOn(_Switch):
    radio, state = "bluetooth", "on"


class SystemBluetoothTurnOnVerify(_Switch):
    radio, state, true_from_start = "bluetooth", "on", True


class SystemWifiTurnOff(_Switch):
    radio, state = "wifi", "off"


class SystemWifiTurnOffVerify(_Switch):
    radio, state, true_from_start = "wifi", "off", True


class SystemWifiTurnOn(_Switch):
    radio, state = "wifi", "on"


class SystemWifiTurnOnVerify(_Switch):
    radio, state, true_from_start = "wifi", "on", True


class _Brightness(Template):
    """Set the brightness to one end of its range."""

    apps = (SETTINGS,)
    level: ClassVar[str]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"max_or_min": self.level}

    def instruction(self, slots: Slots) -> str:
        return f"Set the screen's brightness to its {slots['max_or_min']}imum."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        set_brightness(device, slots["max_or_min"] if self.true_from_start else OPPOSITE[slots["max_or_min"]])

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        expected = MAX_BRIGHTNESS if slots["max_or_min"] == "max" else 1
        value = device.settings.get("system", "screen_brightness")
        return {f"brightness is {expected}": value == str(expected)}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return ("settings/system/screen_brightness",)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_settings()
        screen = yield from scroll_to(screen, text="Display")
        screen = yield screen.tap(text="Display")
        screen = yield screen.tap(text="Brightness level")
        slider = screen.one(cls="android.widget.SeekBar")
        yield scroll(slider["bounds"], "left" if slots["max_or_min"] == "max" else "right")  # drags it the other way

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [] if self.true_from_start else [{"max_or_min": OPPOSITE[slots["max_or_min"]]}]

    def undo(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from self.oracle(screen, {"max_or_min": OPPOSITE[slots["max_or_min"]]})


class SystemBrightnessMax(_Brightness):
    level = "max"


class SystemBrightnessMaxVerify(_Brightness):
    level, true_from_start = "max", True


class SystemBrightnessMin(_Brightness):
    level = "min"


class SystemBrightnessMinVerify(_Brightness):
    level, true_from_start = "min", True


class TurnOffWifiAndTurnOnBluetooth(Template):
    """Two switches."""

    apps = (SETTINGS,)
    complexity = 2.0

    def instruction(self, slots: Slots) -> str:
        return "Switch Wi-Fi off, then switch Bluetooth on."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        set_radio(device, "wifi", "on")
        set_radio(device, "bluetooth", "off")

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {"wifi is off": radio_is(device, "wifi", "off"), "bluetooth is on": radio_is(device, "bluetooth", "on")}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return ("settings/global/wifi_on", "settings/global/bluetooth_on")

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from switch_wifi(screen, "off")
        yield from switch_bluetooth(screen, "on")


APPS = {
    "Camera": "com.android.camera2",
    "Clock": "com.google.android.deskclock",
    "Contacts": "com.google.android.contacts",
    "Files": "com.google.android.documentsui",
    "Phone": "com.google.android.dialer",
    "Settings": SETTINGS,
}
"""Apps that the templates below ask for, by label."""


def draw_app(random: np.random.Generator) -> dict[str, str]:
    """The slot of a template that opens an app."""
    return {"app_name": sorted(APPS)[int(random.integers(len(APPS)))]}


class TurnOnWifiAndOpenApp(Template):
    """A switch, then an app in the foreground."""

    apps = (SETTINGS,)
    complexity = 2.0

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return draw_app(random)

    def instruction(self, slots: Slots) -> str:
        return f"Switch Wi-Fi on, then open the app {slots['app_name']}."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        set_radio(device, "wifi", "off")

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        in_front = device.foreground[0] == APPS[slots["app_name"]]
        return {"wifi is on": radio_is(device, "wifi", "on"), f"{slots['app_name']} is in front": in_front}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return ("settings/global/wifi_on",)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from switch_wifi(screen, "on")
        yield open_app(slots["app_name"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{"app_name": name} for name in sorted(APPS) if name != slots["app_name"]][:1]


class OpenAppTaskEval(Template):
    """An app in the foreground."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return draw_app(random)

    def instruction(self, slots: Slots) -> str:
        return f"Open the app {slots['app_name']}. If it asks something first, refuse."

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {f"{slots['app_name']} is in front": device.foreground[0] == APPS[slots["app_name"]]}

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield open_app(slots["app_name"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{"app_name": name} for name in sorted(APPS) if name != slots["app_name"]][:1]
