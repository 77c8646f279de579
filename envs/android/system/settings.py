"""System settings: three namespaces of strings, and what follows from a change."""

import math

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
"""What a phone has after its first boot."""
WIFI_OFF_BY_AIRPLANE = "3"
"""Android's value for Wi-Fi that comes back when airplane mode ends."""


class Settings:
    """The settings of one device, in ``state["settings"]``. Values are strings.

    Raises:
        KeyError: there is no such namespace.
    """

    def __init__(self, device):
        self._device = device

    def create(self) -> None:
        """The defaults."""
        self._device.state["settings"] = {name: dict(values) for name, values in DEFAULTS.items()}

    def get(self, namespace: str, key: str, default: str | None = None) -> str | None:
        """A value; None if it isn't set."""
        return self._device.state["settings"][namespace].get(key, default)

    def on(self, namespace: str, key: str) -> bool:
        """Whether a switch is on: any number but 0."""
        return self.get(namespace, key, "0") not in ("0", "", None)

    def number(self, namespace: str, key: str, default: float) -> float:
        """A value as a number; the default if it isn't one."""
        try:
            value = float(self.get(namespace, key, "") or "")
        except ValueError:
            return default
        return value if math.isfinite(value) else default

    def put(self, namespace: str, key: str, value: str) -> None:
        """Set a value; the screen follows."""
        self._device.state["settings"][namespace][key] = value
        if (namespace, key) == ("global", "airplane_mode_on"):
            self._follow_airplane_mode(value)
        self._device.screen_changed()

    def delete(self, namespace: str, key: str) -> bool:
        """Unset a value; whether it was set."""
        found = self._device.state["settings"][namespace].pop(key, None) is not None
        self._device.screen_changed()
        return found

    def list(self, namespace: str) -> dict[str, str]:
        """All values of a namespace."""
        return dict(self._device.state["settings"][namespace])

    def _follow_airplane_mode(self, value: str) -> None:
        """Wi-Fi goes off in the air and comes back on the ground, unless it was switched meanwhile."""
        values = self._device.state["settings"]["global"]
        if value == "1" and values.get("wifi_on") == "1":
            values["wifi_on"] = WIFI_OFF_BY_AIRPLANE
        elif value == "0" and values.get("wifi_on") == WIFI_OFF_BY_AIRPLANE:
            values["wifi_on"] = "1"
