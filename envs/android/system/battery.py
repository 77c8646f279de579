"""The battery: its hardware, which the emulator's console sets, and what ``dumpsys battery`` says in its place.

``service("battery")`` holds "hardware" and, while updates are stopped, "shown".
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from palaestra.envs.android.system.kernel import Kernel

UNKNOWN, CHARGING, DISCHARGING, NOT_CHARGING, FULL = 1, 2, 3, 4, 5
"""Values of ``status``, those of Android's BatteryManager."""
LOW = 15
"""Level at which Android says that the battery is low, percent."""


@dataclass(frozen=True, slots=True)
class Battery:
    """Values in Android's units: percent, mV, tenths of a degree, uAh.

    Attributes:
        status: one of the constants; 0: what follows from the level and the charger.
    """

    ac: bool = True
    usb: bool = False
    wireless: bool = False
    dock: bool = False
    status: int = 0
    health: int = 2
    present: bool = True
    level: int = 100
    voltage: int = 5000
    temperature: int = 250
    counter: int = 10_000

    @property
    def plugged(self) -> bool:
        """Whether a charger is connected."""
        return self.ac or self.usb or self.wireless or self.dock

    @property
    def state(self) -> int:
        """The status, never 0."""
        if self.status:
            return self.status
        return DISCHARGING if not self.plugged else FULL if self.level >= 100 else CHARGING


FIELDS = tuple(field.name for field in fields(Battery))


def hardware(phone: Kernel) -> Battery:
    """What the battery itself reports."""
    return Battery(**phone.service("battery").get("hardware", {}))


def shown(phone: Kernel) -> Battery:
    """What Android shows."""
    kept = phone.service("battery")
    return Battery(**kept["shown"]) if "shown" in kept else hardware(phone)


def updates_stopped(phone: Kernel) -> bool:
    """Whether Android shows other values than the battery reports."""
    return "shown" in phone.service("battery")


def set_hardware(phone: Kernel, **values: Any) -> None:
    """Change what the battery reports."""
    _keep(phone, "hardware", replace(hardware(phone), **values))


def set_shown(phone: Kernel, **values: Any) -> None:
    """Change what Android shows, until ``reset``."""
    current = shown(phone)
    _keep(phone, "shown", replace(current, **({"status": current.state} | values)))


def reset(phone: Kernel) -> None:
    """Show again what the battery reports."""
    kept = phone.service("battery")
    kept.pop("shown", None)
    phone.set_service("battery", kept)


def _keep(phone: Kernel, part: str, battery: Battery) -> None:
    """Keep what differs from a new phone's; "shown" also where nothing does."""
    kept, usual = phone.service("battery"), asdict(Battery())
    kept[part] = {name: value for name, value in asdict(battery).items() if value != usual[name]}
    if not kept.get("hardware"):
        kept.pop("hardware", None)
    phone.set_service("battery", kept)
