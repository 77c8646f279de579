"""The web: its sites by host, its errors, and what is switched on in it."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from palaestra.envs.android.system.kernel import Kernel
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.view import FILL, column, icon, text
from palaestra.envs.android.web import sites as folder
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.knobs import PRESETS
from palaestra.envs.android.web.obstacles import barrier, obstructed
from palaestra.envs.android.web.site import Loaded, Place, Site, Visit, Web

SERVICE = "web"
"""Name of the phone's service that keeps the web's seed and its knobs."""


def site_of(host: str) -> Site | None:
    """The site of a host."""
    return known_sites().get(host)


def load(web: Web, address: Address, visit: Visit) -> Loaded:
    """The page at an address behind its obstacles, or an error page."""
    site = site_of(address.host)
    if site is None:
        return unreachable(address)
    return obstructed(web, address, visit, lambda: site.page(web, address, visit))


def place_of(web: Web, address: Address, cookies: Mapping[str, Any]) -> Place:
    """What a visitor sees at an address.

    Args:
        web: the web.
        address: of the page.
        cookies: of its host; they say which obstacles the visitor got past.
    """
    site = site_of(address.host)
    if site is None or barrier(web, address, cookies):
        return Place("error")
    return site.place(web, address)


def web_of(phone: Kernel) -> Web:
    """The web of a phone: that which ``connect`` has set, or the first one with the preset ``paper``."""
    kept = phone.service(SERVICE)
    return _web(kept.get("seed", 0), tuple(sorted((PRESETS["paper"] | kept.get("knobs", {})).items())))


def connect(phone: Phone, seed: int = 0, knobs: Mapping[str, float] = PRESETS["paper"]) -> None:
    """Give a phone another web. Its browser's tabs stay as they are.

    Args:
        phone: gets the dark theme and the font scale that the knobs say, if they are on.
        seed: of all content.
        knobs: all of them; see ``knobs_of``.
    """
    changed = {name: value for name, value in knobs.items() if PRESETS["paper"][name] != value}
    phone.set_service(SERVICE, ({"seed": seed} if seed else {}) | ({"knobs": changed} if changed else {}))
    if knobs["dark"]:
        phone.settings.put("secure", "ui_night_mode", "2")
    if knobs["font"]:
        phone.settings.put("system", "font_scale", str(1 + knobs["font"]))


@functools.lru_cache(maxsize=16)
def _web(seed: int, knobs: tuple[tuple[str, float], ...]) -> Web:
    return Web(seed, dict(knobs))


@functools.cache
def known_sites() -> Mapping[str, Site]:
    """All sites by host: the subclasses of ``Site`` in the folder ``sites``."""
    sites: dict[str, Site] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        name = f"{folder.__name__}.{module}"
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Site) and value.hosts and value.__module__ == name:
                sites |= dict.fromkeys(value.hosts, value())
    return sites


def unreachable(address: Address) -> Loaded:
    """The browser's page for a host that doesn't exist."""
    root = column(
        icon("web-off", 48),
        text("This site can’t be reached", "headline_small"),
        text(f"Check if there is a typo in {address.host}.", color="on_surface_variant"),
        text("ERR_NAME_NOT_RESOLVED", "body_small", "on_surface_variant"),
        width=FILL,
        padding=(24, 96, 24, 24),
        gap=16,
    )
    return Loaded(0, address.host, root, 100)
