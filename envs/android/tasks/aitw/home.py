"""Apps by the names that instructions give them: which is in front, and how an oracle opens one."""

import functools

from palaestra.envs.android.apps.documents import PACKAGE as FILES
from palaestra.envs.android.apps.gallery import PACKAGE as GALLERY
from palaestra.envs.android.apps.general.music import PACKAGE as MUSIC
from palaestra.envs.android.apps.messenger.messages import PACKAGE as MESSENGER
from palaestra.envs.android.boot import general_apps, known_apps
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.aitw.browsing import enter
from palaestra.envs.android.tasks.oracle import OracleView, Route, type_text

ALIASES = {
    "Amazon Prime Music": ("com.amazon.mp3",),
    "Downloads": (FILES,),
    "Gallery": (GALLERY, "com.google.android.apps.photos"),
    "Messages": (MESSENGER,),
    "Music": (MUSIC, "com.amazon.mp3"),
}
"""Packages of the apps that a name can mean, the usual one first, where it isn't an app's label."""


def packages_of(name: str) -> tuple[str, ...]:
    """The packages of the apps that an instruction can mean by a name; empty if no phone has one."""
    return ALIASES.get(name) or ((_by_label()[name.lower()],) if name.lower() in _by_label() else ())


def label_of(name: str) -> str:
    """The label of the usual app of a name; the name itself if no phone has one."""
    found = packages_of(name)
    return (known_apps() | general_apps())[found[0]].label if found else name


@functools.cache
def _by_label() -> dict[str, str]:
    return {app.label.lower(): package for package, app in (known_apps() | general_apps()).items()}


def nothing_over(device: Device) -> bool:
    """Whether neither the shade nor the overview covers what is in front."""
    return not device.state["overview"] and not device.state["shade"]["open"]


def app_in_front(device: Device, *packages: str) -> bool:
    """Whether one of these apps is in front, and not covered."""
    return device.foreground[0] in packages and nothing_over(device)


def open_by_search(screen: OracleView, label: str) -> Route:
    """From the home screen, open an app by the search of the launcher. Three actions."""
    screen = yield screen.tap(desc="Search")
    screen = yield type_text(label)
    return (yield enter())
