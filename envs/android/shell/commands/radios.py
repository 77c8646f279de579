"""``svc``, and ``cmd`` for Wi-Fi, Bluetooth, airplane mode, location and sound."""

from palaestra.envs.android.shell.commands.schedules import unknown, without_user
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system.power import restart

RADIOS = {"wifi": "wifi_on", "bluetooth": "bluetooth_on", "data": "mobile_data", "nfc": "nfc_on"}
NO_OFF = "Error: this phone can't be switched off\n"
USAGE = "Available commands:\n    help\n    power\n    data\n    wifi\n    usb\n    nfc\n    bluetooth\n"


def service_control(call: Call) -> int:
    """``svc wifi|bluetooth|data|nfc enable|disable``, ``svc power stayon VALUE|reboot``."""
    words = [word for word in call.args if word]
    settings = call.device.settings
    if words[:1] == ["power"] and words[1:2]:
        return _power(call, words[1:])
    if len(words) > 1 and words[0] in RADIOS and words[1] in ("enable", "disable"):
        on = words[1] == "enable"
        if words[0] == "wifi":
            settings.set_wifi(on)
        else:
            settings.put("global", RADIOS[words[0]], "1" if on else "0")
        return 0
    call.say(USAGE)
    return 0 if not words or words[0] == "help" else 1


def _power(call: Call, words: list[str]) -> int:
    stay_on = {"true": "7", "false": "0", "ac": "1", "usb": "2", "wireless": "4", "dock": "8"}
    if words[0] == "stayon" and len(words) > 1 and words[1] in stay_on:
        call.device.settings.put("global", "stay_on_while_plugged_in", stay_on[words[1]])
        return 0
    if words[0] == "reboot":
        restart(call.device)
        return 0
    if words[0] in ("shutdown", "forcestop"):
        call.complain(NO_OFF)
        return 1
    call.say(
        "Control the power manager\n\n"
        "usage: svc power stayon [true|false|usb|ac|wireless|dock]\n       svc power reboot\n"
    )
    return 1


def connectivity(call: Call, words: list[str]) -> int:
    """``cmd connectivity airplane-mode [enable|disable]``."""
    settings = call.device.settings
    if words[:1] != ["airplane-mode"]:
        return unknown(call, words)
    if len(words) == 1:
        call.say("enabled\n" if settings.on("global", "airplane_mode_on") else "disabled\n")
    elif words[1] in ("enable", "disable"):
        settings.put("global", "airplane_mode_on", "1" if words[1] == "enable" else "0")
    else:
        return unknown(call, words[1:])
    return 0


def wifi(call: Call, words: list[str]) -> int:
    """``cmd wifi status|set-wifi-enabled|list-networks|list-scan-results``."""
    settings = call.device.settings
    verb = words[0] if words else ""
    if verb == "set-wifi-enabled" and words[1:2] in (["enabled"], ["disabled"]):
        settings.set_wifi(words[1] == "enabled")
    elif verb == "status":
        on = settings.wifi_is_on
        call.say(f"Wifi is {'enabled' if on else 'disabled'}\nWifi scanning is only available when wifi is enabled\n")
        call.say('==== Primary ClientModeManager instance ====\nWifi is connected to "AndroidWifi"\n' if on else "")
    elif verb == "list-networks":
        call.say(
            "Network Id      SSID                         Security type\n"
            "0            AndroidWifi                  open\n"
        )
    elif verb == "list-scan-results" and settings.wifi_is_on:
        call.say(
            "    BSSID              Frequency      RSSI           Age(sec)     SSID                          Flags\n"
            "  00:13:10:85:fe:01       2447    -50                   0.000    AndroidWifi                   [ESS]\n"
        )
    elif verb == "list-scan-results":
        call.say("No scan results\n")
    else:
        return unknown(call, words)
    return 0


def bluetooth(call: Call, words: list[str]) -> int:
    """``cmd bluetooth_manager enable|disable``."""
    if words[:1] not in (["enable"], ["disable"]):
        return unknown(call, words)
    call.device.settings.put("global", "bluetooth_on", "1" if words[0] == "enable" else "0")
    call.say(f"{words[0]}: Success\n")
    return 0


def location(call: Call, words: list[str]) -> int:
    """``cmd location is-location-enabled|set-location-enabled true|false``."""
    settings, rest = call.device.settings, without_user(words[1:])
    if words[:1] == ["is-location-enabled"]:
        call.say("true\n" if settings.on("secure", "location_mode") else "false\n")
        return 0
    if words[:1] == ["set-location-enabled"] and rest[:1] in (["true"], ["false"]):
        settings.put("secure", "location_mode", "3" if rest[0] == "true" else "0")
        return 0
    return unknown(call, words)


STREAMS = {"0": ("volume_voice", 7), "2": ("volume_ring", 7), "3": ("volume_music", 15), "4": ("volume_alarm", 7)}
"""Audio stream -> its setting and its highest level."""


def media_session(call: Call, words: list[str]) -> int:
    """``cmd media_session volume [--stream N] [--get|--set LEVEL|--adj raise|lower]``."""
    settings = call.device.settings
    stream = words[words.index("--stream") + 1] if "--stream" in words[:-1] else "3"
    if words[:1] != ["volume"] or stream not in STREAMS:
        return unknown(call, words)
    key, high = STREAMS[stream]
    level = int(settings.number("system", key, 5))
    if "--set" in words[:-1]:
        text = words[words.index("--set") + 1]
        if not text.isdecimal() or len(text) > 6 or int(text) > high:
            call.complain(f"Error: volume {text} is not in range [0..{high}]\n")
            return 255
        level = int(text)
    elif "--adj" in words[:-1]:
        step = {"raise": 1, "lower": -1, "same": 0}.get(words[words.index("--adj") + 1])
        if step is None:
            call.complain("Error: adj must be one of same, lower, raise\n")
            return 255
        level = min(max(level + step, 0), high)
    if level != int(settings.number("system", key, 5)):
        settings.put("system", key, str(level))
    if "--get" in words:
        call.say(f"volume is {level} in range [0..{high}]\n")
    return 0


def power(call: Call, words: list[str]) -> int:
    """``cmd power set-mode 0|1``: battery saver."""
    if words[:1] == ["set-mode"] and words[1:2] in (["0"], ["1"]):
        call.device.settings.put("global", "low_power", words[1])
        return 0
    return unknown(call, words)


def reboot(call: Call) -> int:
    """``reboot``: restart the phone; it has no other modes and can't be switched off."""
    words = [word for word in call.args if word]
    if words[:1] == ["-p"]:
        call.complain(NO_OFF)
        return 1
    if words:
        return call.fail(f"this phone has no {words[0]}")
    restart(call.device)
    return 0


COMMANDS = {"svc": service_control, "reboot": reboot}
