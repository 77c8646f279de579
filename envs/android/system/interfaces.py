"""Network interfaces: their addresses, and whether they are up, which the radios' switches decide."""

from dataclasses import dataclass

from palaestra.envs.android.system.settings import SettingsStore


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface.

    Attributes:
        index: its number.
        name: such as ``wlan0``.
        mac: hardware address; empty for the loopback.
        address: IPv4.
        prefix: bits of the network.
        address6: IPv6 with its prefix.
        is_up: whether it carries traffic; without it, it has no addresses.
    """

    index: int
    name: str
    mac: str
    address: str
    prefix: int
    address6: str
    is_up: bool

    @property
    def is_loopback(self) -> bool:
        """Whether it leads back to the phone."""
        return not self.mac

    @property
    def mask(self) -> str:
        """The network's mask."""
        bits = (0xFFFFFFFF << (32 - self.prefix)) & 0xFFFFFFFF
        return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0))

    @property
    def broadcast(self) -> str:
        """The network's broadcast address."""
        return self.address.rpartition(".")[0] + ".255"

    @property
    def network(self) -> str:
        """The network's address with its prefix."""
        return self.address.rpartition(".")[0] + f".0/{self.prefix}"


def interfaces(settings: SettingsStore) -> list[Interface]:
    """All interfaces; mobile data and Wi-Fi follow their switches and airplane mode."""
    data = settings.on("global", "mobile_data") and not settings.on("global", "airplane_mode_on")
    return [
        Interface(1, "lo", "", "127.0.0.1", 8, "::1/128", True),
        Interface(2, "eth0", "02:15:b2:00:00:01", "10.0.2.15", 24, "fe80::15:b2ff:fe00:1/64", data),
        Interface(3, "wlan0", "02:15:b2:00:00:00", "10.0.2.16", 24, "fe80::15:b2ff:fe00:0/64", settings.wifi_is_on),
    ]
