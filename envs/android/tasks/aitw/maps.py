"""What the phone's maps show, for conditions of success."""

from palaestra.envs.android.device import Device

PACKAGE = "com.google.android.apps.maps"


def maps_shown(device: Device) -> str:
    """What the map in front was searched for; empty if there is none in front."""
    foreground = device.foreground
    if foreground is None or foreground[0] != PACKAGE or device.state["overview"]:
        return ""
    return str(device.prefs(PACKAGE).get("query", ""))
