"""System settings: three namespaces of strings, and the effects of changing them."""

import functools
import math
import re
from typing import overload

from palaestra.envs.android.system.kernel import Kernel

DEFAULTS = {
    "system": {
        "accelerometer_rotation": "0",
        "font_scale": "1.0",
        "haptic_feedback_enabled": "1",
        "pointer_location": "0",
        "ringtone": "content://media/internal/audio/media/1",
        "screen_brightness": "102",
        "screen_brightness_mode": "0",
        "screen_off_timeout": "1800000",
        "show_touches": "0",
        "time_12_24": "24",
        "user_rotation": "0",
        "vibrate_when_ringing": "0",
        "volume_alarm": "6",
        "volume_music": "5",
        "volume_notification": "5",
        "volume_ring": "5",
        "volume_voice": "4",
    },
    "secure": {
        "accessibility_enabled": "0",
        "android_id": "7f3a1c9e5b2d8046",
        "bluetooth_name": "sdk_gphone_x86_64",
        "default_input_method": "com.google.android.inputmethod.latin/.LatinIME",
        "enabled_accessibility_services": "",
        "location_mode": "3",
        "navigation_mode": "2",
        "show_ime_with_hard_keyboard": "1",
        "ui_night_mode": "1",
        "user_setup_complete": "1",
        "zen_duration": "0",
    },
    "global": {
        "adb_enabled": "1",
        "airplane_mode_on": "0",
        "animator_duration_scale": "1.0",
        "auto_time": "1",
        "auto_time_zone": "1",
        "bluetooth_on": "1",
        "data_roaming": "0",
        "development_settings_enabled": "1",
        "device_name": "sdk_gphone_x86_64",
        "device_provisioned": "1",
        "flashlight_on": "0",
        "heads_up_notifications_enabled": "1",
        "low_power": "0",
        "mobile_data": "1",
        "mode_ringer": "2",
        "stay_on_while_plugged_in": "0",
        "transition_animation_scale": "1.0",
        "wifi_on": "1",
        "window_animation_scale": "1.0",
        "zen_mode": "0",
    },
}
"""The settings after the first boot."""
FORCED_SIZE = "display_size_forced"
FORCED_DENSITY = "display_density_forced"
MIN_SIDE = 200
"""Smallest width and height that ``wm size`` sets, px."""
MIN_DENSITY, MAX_DENSITY = 72, 1000
"""Dots per inch that ``wm density`` can set."""
WIFI_OFF_BY_AIRPLANE = "3"
"""Android's value for Wi-Fi that comes back when airplane mode ends."""


class SettingsStore:
    """The settings of one device, in ``state["settings"]``. Values are strings.

    Raises:
        KeyError: there is no such namespace.
    """

    def __init__(self, kernel: Kernel):
        self._kernel = kernel

    def create(self) -> None:
        """Set the defaults."""
        self._kernel.state["settings"] = {name: dict(values) for name, values in DEFAULTS.items()}

    @overload
    def get(self, namespace: str, key: str) -> str | None: ...
    @overload
    def get(self, namespace: str, key: str, default: str) -> str: ...
    def get(self, namespace: str, key: str, default: str | None = None) -> str | None:
        """A value; None if it isn't set."""
        return self._kernel.state["settings"][namespace].get(key, default)

    def on(self, namespace: str, key: str) -> bool:
        """Whether a switch is on: any number but 0."""
        return self.get(namespace, key, "0") not in ("0", "", None)

    def number(self, namespace: str, key: str, default: float) -> float:
        """A value as a number; the default if it isn't one."""
        value = _number(self.get(namespace, key, ""))
        return default if value is None else value

    def put(self, namespace: str, key: str, value: str) -> None:
        """Set a value and have the screen redrawn."""
        self._kernel.state["settings"][namespace][key] = value
        if (namespace, key) == ("global", "airplane_mode_on"):
            self._follow_airplane_mode(value)
        self._kernel.screen_changed()

    def delete(self, namespace: str, key: str) -> bool:
        """Unset a value; whether it was set."""
        was_set = self._kernel.state["settings"][namespace].pop(key, None) is not None
        self._kernel.screen_changed()
        return was_set

    def list(self, namespace: str) -> dict[str, str]:
        """All values of a namespace."""
        return dict(self._kernel.state["settings"][namespace])

    @property
    def wifi_is_on(self) -> bool:
        """Whether Wi-Fi is on: 1, or 2 in airplane mode."""
        return self.get("global", "wifi_on") in ("1", "2")

    def set_wifi(self, on: bool) -> None:
        """Switch Wi-Fi."""
        airplane = self.on("global", "airplane_mode_on")
        self.put("global", "wifi_on", ("2" if airplane else "1") if on else "0")

    def set_brightness(self, value: int) -> None:
        """Set the screen's brightness, 1 to 255, and turn adaptive brightness off."""
        self.put("system", "screen_brightness_mode", "0")
        self.put("system", "screen_brightness", str(value))

    @property
    def is_dark(self) -> bool:
        """Whether the dark theme is on."""
        return self.get("secure", "ui_night_mode") == "2"

    @property
    def quarter_turns(self) -> int:
        """Quarter turns by which the screen is rotated, 0 to 3."""
        return int(self.number("system", "user_rotation", 0)) % 4

    @property
    def forced_size(self) -> tuple[int, int] | None:
        """Width and height set by ``wm size``, px; None: the panel's apply."""
        text = self.get("global", FORCED_SIZE)
        match = re.fullmatch(r"(\d{3,4}),(\d{3,4})", text) if text else None
        return (max(int(match[1]), MIN_SIDE), max(int(match[2]), MIN_SIDE)) if match else None

    @property
    def forced_density(self) -> int | None:
        """Dots per inch set by ``wm density``; None: the panel's apply."""
        text = self.get("secure", FORCED_DENSITY)
        return min(max(int(text[:6]), MIN_DENSITY), MAX_DENSITY) if text and text.isdecimal() else None

    def _follow_airplane_mode(self, value: str) -> None:
        """Switch Wi-Fi off with airplane mode and on again after it, unless it was switched meanwhile."""
        values = self._kernel.state["settings"]["global"]
        if value == "1" and values.get("wifi_on") == "1":
            values["wifi_on"] = WIFI_OFF_BY_AIRPLANE
        elif value == "0" and values.get("wifi_on") == WIFI_OFF_BY_AIRPLANE:
            values["wifi_on"] = "1"


@functools.lru_cache(maxsize=256)
def _number(text: str | None) -> float | None:
    """The finite number that a text is; None for other texts."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
