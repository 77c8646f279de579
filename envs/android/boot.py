"""Creation of a phone: its apps, checks of its arguments, and its initial state."""

import datetime
import functools
import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.own_code import is_own, load_own, own_name
from palaestra.envs.android import apps as folder
from palaestra.envs.android.apps import general
from palaestra.envs.android.apps.general.named import named_apps
from palaestra.envs.android.system.app import App

GENERAL = "general"
"""Chooses all of ``general_apps``."""
GROUPS = ("all", GENERAL)


@functools.cache
def known_apps() -> dict[str, App]:
    """The usual apps by package: the subclasses of ``App`` in the folder ``apps``."""
    return _sorted(_apps_in(folder))


@functools.cache
def general_apps() -> dict[str, App]:
    """The apps that a phone has only if they are chosen, by package: those in ``apps.general``."""
    return _sorted([*_apps_in(general), *named_apps()])


def _apps_in(package: ModuleType) -> list[App]:
    """An app of each subclass of ``App`` that the modules of a package define."""
    apps: list[App] = []
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        name = f"{package.__name__}.{module}"
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, App) and value.package and value.__module__ == name:
                apps.append(value())
    return apps


def _sorted(apps: Iterable[App]) -> dict[str, App]:
    by_package = {app.package: app for app in apps}
    return dict(sorted(by_package.items()))


def installed_first(apps: Mapping[str, App]) -> list[str]:
    """The packages of those that a new phone has."""
    return [package for package, app in apps.items() if app.preinstalled]


def first_state(seed: int, now_us: int) -> dict[str, Any]:
    """The state of a phone before any app is installed.

    Args:
        seed: of the phone's random streams.
        now_us: the time, microseconds since 1970.
    """
    return {
        "now_us": now_us,
        "seed": seed,
        "streams": {},
        "numbers": {},
        "events": [],
        "packages": {},
        "prefs": {},
        "tasks": [],
        "properties": {"persist.sys.timezone": "UTC", "persist.sys.locale": "en-US"},
        "appops": {},
        "notifications": [],
        "heads_up": "",
        "toast": "",
        "volume": "",
        "prompt": None,
        "crashed": "",
        "clipboard": "",
        "log": [],
        "log_count": 0,
        "shade": {"open": False, "quick": False},
        "overview": False,
        "awake": True,
        "call": {"state": 0, "number": ""},
        "focus": None,
        "keyboard": {},
        "touch": {},
        "pressed": None,
        "scrolls": {},
    }


# --- arguments


def chosen_apps(packages: Sequence[str] | None) -> dict[str, App]:
    """The apps of a phone: the launcher and those given, or all usual ones.

    Args:
        packages: packages of known apps, ``all`` for the usual ones, ``general`` for those that the instructions of
            Android in the Wild speak of, and ``module:App`` of the user's own; None: ``all``.

    Raises:
        InputError: there is no such app, or two have the same package.
    """
    known = known_apps()
    if packages is None:
        return known
    own = [own_app(name) for name in dict.fromkeys(packages) if is_own(name)]
    further = general_apps()
    unknown = [name for name in packages if not (name in known or name in further or name in GROUPS or is_own(name))]
    if unknown:
        there = f"there are {', '.join(known)}, all, general, and module:App for your own"
        raise InputError(f"app {', '.join(unknown)}: {there}")
    chosen = {name: app for name, app in known.items() if {name, "all"} & set(packages) or app.is_home}
    chosen |= {name: app for name, app in further.items() if {name, GENERAL} & set(packages)}
    for app in own:
        if app.package in chosen:
            raise InputError(f"app {own_name(type(app))}: {app.package} is another app's package; choose another")
        chosen[app.package] = app
    return dict(sorted(chosen.items()))


@functools.cache
def own_app(name: str) -> App:
    """The user's own app ``module:App``.

    Raises:
        InputError: there is none, or it has no package.
    """
    kind = load_own(name)
    if not (isinstance(kind, type) and issubclass(kind, App) and kind is not App):
        raise InputError(f"app {name}: is no subclass of {App.__module__}.App")
    if not kind.package:
        raise InputError(f"app {name}: has no package; set one, such as package = 'org.example.mine'")
    return kind()


def size_in_px(name: str, size: Sequence[int]) -> tuple[int, int]:
    """Width and height as integers.

    Raises:
        InputError: not two numbers, or out of range.
    """
    try:
        width, height = (int(number) for number in size)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} {size!r}: must be width and height in px") from None
    if not (32 <= width <= 8192 and 32 <= height <= 8192):
        raise InputError(f"{name} {width}x{height}: must be between 32 and 8192 px")
    return width, height


def number_between(name: str, value: float, low: float, high: float) -> float:
    """The value, checked to be a number in [low, high].

    Raises:
        InputError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} {value!r}: must be a number from {low:g} to {high:g}")
    return value


def theme_name(name: str) -> str:
    """``light`` or ``dark``.

    Raises:
        InputError: it is neither.
    """
    if name not in ("light", "dark"):
        raise InputError(f"theme {name!r}: must be light or dark")
    return name


def time_in_us(time: str) -> int:
    """An ISO 8601 time (UTC if it has no zone) in microseconds since 1970.

    Raises:
        InputError: it is not in ISO 8601.
    """
    try:
        moment = datetime.datetime.fromisoformat(time)
    except ValueError:
        raise InputError(f"time {time!r}: must be in ISO 8601, such as 2023-10-15T15:34:00+00:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return round(moment.timestamp() * 1e6)
