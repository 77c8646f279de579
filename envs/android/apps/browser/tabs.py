"""The browser's tabs as plain data, and what is done with them.

They are in the app's preferences: ``{"tabs": [...], "current": id, "cookies": {host: {}}}``; a tab is ``{"id",
"private", "entries": [{"id", "url", "title", "via", "form", "loaded"}], "at": index}``.
"""

from dataclasses import dataclass
from typing import Any

from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.theme import theme_of
from palaestra.envs.android.web.address import Address, parse
from palaestra.envs.android.web.site import Place
from palaestra.envs.android.web.web import load, place_of, web_of

PACKAGE = "com.android.chrome"
ACTIVITY = "com.google.android.apps.chrome.Main"
LOADED = "loaded"
"""Name of the event that ends the loading of a page."""
SLOW_MS = 1_500
"""A page that loads this long or longer is still blank after the action that opened it."""
SEARCH_URL = "https://google.com/search"

Tab = dict[str, Any]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The page that the user sees.

    Attributes:
        address: of the page.
        place: what it shows.
        via: what was tapped to get there; see ``Visit.go``.
        private: whether its tab is.
        tab: the tab's number.
    """

    address: Address
    place: Place
    via: dict[str, Any]
    private: bool
    tab: int


def shown(phone: Phone) -> Shown | None:
    """The page in front; None while it loads, on a new tab, or if the browser's page is not in front."""
    if phone.foreground != (PACKAGE, ACTIVITY) or phone.state["overview"]:
        return None
    tab = current(phone)
    entry = None if tab is None else entry_of(tab)
    top = phone.activities.top
    if tab is None or entry is None or not entry["loaded"] or (top is not None and top["state"].get("mode")):
        return None
    address = parse(entry["url"])
    if address is None:
        return None
    cookies = cookies_of(phone, tab, address.host)
    return Shown(address, place_of(web_of(phone), address, cookies), entry["via"], tab["private"], tab["id"])


def current(phone: Phone) -> Tab | None:
    """The tab in front; None if there is none."""
    prefs = phone.prefs(PACKAGE)
    return next((tab for tab in prefs.get("tabs", ()) if tab["id"] == prefs.get("current")), None)


def entry_of(tab: Tab) -> Entry | None:
    """The entry of a tab's history that it shows; None on a new tab."""
    return tab["entries"][tab["at"]] if tab["entries"] else None


def cookies_of(phone: Phone, tab: Tab, host: str) -> dict[str, Any]:
    """What a host keeps with the visitor; private tabs have cookies of their own."""
    jar = "private_cookies" if tab["private"] else "cookies"
    return phone.prefs(PACKAGE).setdefault(jar, {}).setdefault(host, {})


def open_tab(phone: Phone, *, private: bool = False) -> Tab:
    """A new tab, in front."""
    prefs = phone.prefs(PACKAGE)
    tab: Tab = {"id": phone.number("tab"), "private": private, "entries": [], "at": 0}
    prefs.setdefault("tabs", []).append(tab)
    prefs["current"] = tab["id"]
    return tab


def go(phone: Phone, tab: Tab, url: str, via: dict[str, Any] | None = None) -> None:
    """Load an address, or search for words, in a tab."""
    address = parse(url) or parse(SEARCH_URL)
    assert address is not None
    if parse(url) is None:
        address = address.with_query(q=url)
    entry: Entry = {"id": phone.number("page"), "url": str(address), "via": dict(via or {}), "form": {}}
    entry.update(title=address.host, loaded=False)
    del tab["entries"][tab["at"] + 1 :]
    tab["entries"].append(entry)
    tab["at"] = len(tab["entries"]) - 1
    page = load(web_of(phone), address, PageVisit(phone, tab, entry, address))
    entry["title"] = page.title
    waits = page.load_ms < SLOW_MS
    phone.schedule(page.load_ms, PACKAGE, LOADED, {"tab": tab["id"], "entry": entry["id"]}, loading=waits)
    phone.state["focus"] = None
    phone.screen_changed()


def finish_loading(phone: Phone, data: dict[str, Any]) -> None:
    """A page has been loaded; its tab may have been closed in the meantime."""
    for tab in phone.prefs(PACKAGE).get("tabs", ()):
        for entry in tab["entries"]:
            if entry["id"] == data["entry"]:
                entry["loaded"] = True


def back(phone: Phone, tab: Tab) -> bool:
    """Show the page before; False if there is none."""
    if tab["at"] == 0:
        return False
    tab["at"] -= 1
    entry = tab["entries"][tab["at"]]
    if not entry["loaded"]:  # it was left while it loaded
        entry["loaded"] = True
    phone.screen_changed()
    return True


class PageVisit:
    """The visitor of a page; see ``Visit``."""

    __slots__ = ("_address", "_entry", "_phone", "_tab")

    def __init__(self, phone: Phone, tab: Tab, entry: Entry, address: Address):
        self._phone, self._tab, self._entry, self._address = phone, tab, entry, address

    @property
    def cookies(self) -> dict[str, Any]:
        """See ``Visit``."""
        return cookies_of(self._phone, self._tab, self._address.host)

    @property
    def form(self) -> dict[str, Any]:
        """See ``Visit``."""
        return self._entry["form"]

    @property
    def now_us(self) -> int:
        """See ``Visit``."""
        return self._phone.now_us

    @property
    def width_dp(self) -> int:
        """See ``Visit``."""
        return int(self._phone.size[0] / theme_of(self._phone).scale)

    @property
    def dark(self) -> bool:
        """See ``Visit``."""
        return self._phone.settings.is_dark

    def go(self, target: Address | str, **via: Any) -> None:
        """See ``Visit``."""
        address = self._address.at(target) if isinstance(target, str) else target
        go(self._phone, self._tab, str(address), via)

    def back(self) -> None:
        """See ``Visit``."""
        back(self._phone, self._tab)
