"""The browser's tabs as plain data, what is done with them, and what evaluators ask about them.

They are in the app's preferences: ``{"tabs": [...], "current": id, "cookies": {host: {}}, "private_cookies": {host:
{}}, "history": [{"url", "title", "us"}, ...]}``. A tab is ``{"id", "private", "by", "opened_us", "entries": [...],
"at": index}``; an entry, a page of its history, ``{"id", "url", "title", "status", "via", "form", "loaded",
"shown"}``: it was ``shown`` if it was loaded once, and has an ``event`` while it loads.
"""

import functools
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.theme import theme_of
from palaestra.envs.android.ui.view import FILL, View, column, icon, spacer, text
from palaestra.envs.android.web.address import MAX_LENGTH, Address, parse
from palaestra.envs.android.web.site import Loaded, Place
from palaestra.envs.android.web.web import load, place_of, web_of

PACKAGE = "com.android.chrome"
ACTIVITY = "com.google.android.apps.chrome.Main"
LOADED = "loaded"
"""Name of the event that ends the loading of a page."""
FORGET = "forget closed"
"""Name of the event after which closing tabs can't be undone."""
SLOW_MS = 1_500
"""A page that loads this long or longer is still blank after the action that opened it."""
UNDO_MS = 5_000
"""Time in which closing tabs can be undone."""
MAX_ENTRIES = 50
"""Pages in the history of one tab."""
MAX_HISTORY = 200
"""Pages in the browser's history."""
MAX_WORDS = 300
"""Characters of the words that are searched for; more are cut."""
SEARCH = Address("https", "google.com", "/search")
NEW_TAB = "chrome-native://newtab/"
BLANK = "about:blank"
UNKNOWN_SCHEMES = ("file:", "content:", "chrome:", "chrome-native:", "about:", "ftp:")
"""Beginnings of addresses that lead to an error page; other words that are no address are searched for."""

Tab = dict[str, Any]
Entry = dict[str, Any]


# --- for evaluators


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


@dataclass(frozen=True, slots=True)
class NewTab:
    """The new-tab page that the user sees.

    Attributes:
        private: whether its tab is.
        tab: the tab's number; a higher one was opened later.
        opened_us: when the tab was opened, microseconds since 1970.
        by: who opened it: the ``user``, the browser at its ``start``, or a ``link`` of another app.
    """

    private: bool
    tab: int
    opened_us: int
    by: str


def shown(phone: Phone) -> Shown | None:
    """The page in front; None while it loads, on a new tab, or if the browser's page is not in front."""
    try:
        tab, entry = _in_front(phone)
        address = _address(entry["url"])
        if address is None or not entry["loaded"]:
            return None
        jar = phone.state["prefs"][PACKAGE].get(_jar(tab), {})
        place = place_of(web_of(phone), address, jar.get(address.host, {}))
        return Shown(address, place, entry["via"], tab["private"], tab["id"])
    except (LookupError, TypeError, AttributeError, ValueError):  # no tab, or damaged from outside
        return None


def new_tab_shown(phone: Phone) -> NewTab | None:
    """The new-tab page in front; None if something else is."""
    try:
        tab, entry = _in_front(phone)
        if entry["url"] != NEW_TAB:
            return None
        return NewTab(tab["private"], tab["id"], tab["opened_us"], tab["by"])
    except (LookupError, TypeError, AttributeError, ValueError):  # see ``shown``
        return None


def _in_front(phone: Phone) -> tuple[Tab, Entry]:
    """The tab and the entry that the user sees; LookupError if there is none."""
    top = phone.activities.top
    if top is None or phone.foreground != (PACKAGE, ACTIVITY) or phone.state["overview"] or top["state"].get("mode"):
        raise LookupError
    prefs = phone.state["prefs"][PACKAGE]
    tab = next((tab for tab in prefs["tabs"] if tab["id"] == prefs["current"]), None)
    if tab is None:
        raise LookupError
    return tab, tab["entries"][tab["at"]]


@functools.lru_cache(maxsize=1 << 10)
def _address(url: str) -> Address | None:
    return parse(url)


# --- tabs


def all_tabs(phone: Phone, *, private: bool) -> list[Tab]:
    """The private tabs, or the others, the oldest first."""
    return [tab for tab in phone.prefs(PACKAGE).get("tabs", ()) if tab["private"] == private]


def current(phone: Phone) -> Tab | None:
    """The tab in front; None if there is none."""
    prefs = phone.prefs(PACKAGE)
    return next((tab for tab in prefs.get("tabs", ()) if tab["id"] == prefs.get("current")), None)


def entry_of(tab: Tab) -> Entry | None:
    """The entry of a tab's history that it shows; None if nothing was loaded into it yet."""
    return tab["entries"][tab["at"]] if tab["entries"] else None


def title_of(tab: Tab) -> str:
    """What a tab is called."""
    entry = entry_of(tab)
    return "New tab" if entry is None else entry["title"] or entry["url"]


def is_new(tab: Tab) -> bool:
    """Whether a tab shows the new-tab page."""
    entry = entry_of(tab)
    return entry is not None and entry["url"] == NEW_TAB


def open_tab(phone: Phone, *, private: bool = False, by: str = "user") -> Tab:
    """A new tab, in front, with the new-tab page; one by a ``link`` has no page before the first that is loaded."""
    prefs = phone.prefs(PACKAGE)
    tab: Tab = {"id": phone.number("tab"), "private": private, "by": by, "opened_us": phone.now_us}
    tab.update(entries=[], at=0)
    prefs.setdefault("tabs", []).append(tab)
    prefs["current"] = tab["id"]
    if by != "link":
        _add(phone, tab, NEW_TAB, {})
    phone.screen_changed()
    return tab


def select(phone: Phone, tab: Tab) -> None:
    """Bring a tab to the front; it is loaded again if its loading was broken off."""
    phone.prefs(PACKAGE)["current"] = tab["id"]
    resume(phone, tab)
    phone.screen_changed()


def resume(phone: Phone, tab: Tab) -> None:
    """Load a tab's page if its loading was broken off, as by a force stop."""
    entry = entry_of(tab)
    if entry is not None and not entry["loaded"] and entry.get("event") not in (e[1] for e in phone.state["events"]):
        _begin(phone, tab, entry)


def close(phone: Phone, closed: Iterable[Tab]) -> None:
    """Close tabs; for a while that can be undone, unless they are private."""
    prefs = phone.prefs(PACKAGE)
    ids = {tab["id"] for tab in closed}
    tabs = prefs.get("tabs", [])
    gone = [[place, tab] for place, tab in enumerate(tabs) if tab["id"] in ids]
    before = next((place for place, tab in enumerate(tabs) if tab["id"] == prefs.get("current")), 0)
    kept = [tab for tab in tabs if tab["id"] not in ids]
    forget_closed(phone)
    undoable = [pair for pair in gone if not pair[1]["private"]]
    if undoable:
        event = phone.schedule(UNDO_MS, PACKAGE, FORGET)
        prefs["closed"] = {"tabs": undoable, "current": prefs.get("current"), "event": event}
    if prefs.get("current") in ids:
        private = tabs[before]["private"]
        alike = [tab for tab in kept if tab["private"] == private] or kept
        behind = [tab for tab in tabs[:before] if tab in alike]
        following = behind[-1] if behind else alike[0] if alike else None
        prefs["current"] = following["id"] if following is not None else 0
        if following is not None:
            resume(phone, following)
    prefs["tabs"] = kept
    if not any(tab["private"] for tab in kept):
        prefs.pop("private_cookies", None)
    phone.screen_changed()


def reopen_closed(phone: Phone) -> None:
    """Undo closing tabs."""
    prefs = phone.prefs(PACKAGE)
    closed = prefs.get("closed")
    if closed is None:
        return
    for place, tab in closed["tabs"]:
        prefs["tabs"].insert(place, tab)
    prefs["current"] = closed["current"]
    forget_closed(phone)
    phone.screen_changed()


def forget_closed(phone: Phone) -> None:
    """Closing tabs can't be undone any more."""
    closed = phone.prefs(PACKAGE).pop("closed", None)
    if closed is not None:
        phone.cancel(closed["event"])


def _jar(tab: Tab) -> str:
    """Where a tab's cookies are."""
    return "private_cookies" if tab["private"] else "cookies"


def cookies_of(phone: Phone, tab: Tab, host: str) -> dict[str, Any]:
    """What a host keeps with the visitor; private tabs have cookies of their own, gone with the last of them."""
    return phone.prefs(PACKAGE).setdefault(_jar(tab), {}).setdefault(host, {})


# --- pages


def url_of(typed: str) -> str:
    """The address that a text in the address bar means: its own, or that of a search for its words."""
    words = typed.strip()
    lower = words.lower()
    if lower in (NEW_TAB, "chrome://newtab", "chrome://newtab/"):
        return NEW_TAB
    if lower == BLANK:
        return BLANK
    address = parse(words)
    if address is None and lower.startswith(UNKNOWN_SCHEMES):
        return words[:MAX_LENGTH]
    return str(address or SEARCH.with_query(q=words[:MAX_WORDS]))[:MAX_LENGTH]


def go(phone: Phone, tab: Tab, url: str, via: dict[str, Any] | None = None) -> None:
    """Load an address, or search for words, in a tab; ``via``: see ``Visit.go``."""
    entry = _add(phone, tab, url_of(url), dict(via or {}))
    if entry["url"] != NEW_TAB:
        _begin(phone, tab, entry)
    phone.screen_changed()


def _add(phone: Phone, tab: Tab, url: str, via: dict[str, Any]) -> Entry:
    """A new entry behind the one that a tab shows, in place of those behind it."""
    stop(phone, tab)
    entry: Entry = {"id": phone.number("page"), "url": url, "title": "New tab", "status": 0, "via": via, "form": {}}
    entry["loaded"] = entry["shown"] = url == NEW_TAB
    old = entry_of(tab)
    del tab["entries"][tab["at"] + (1 if old is not None and old["shown"] else 0) :]
    tab["entries"].append(entry)
    del tab["entries"][:-MAX_ENTRIES]
    tab["at"] = len(tab["entries"]) - 1
    phone.state["focus"] = None
    return entry


def _begin(phone: Phone, tab: Tab, entry: Entry) -> None:
    """Begin to load an entry."""
    entry["loaded"] = False
    entry.pop("dialog", None)
    page = page_of(phone, tab, entry)
    entry.update(title=page.title, status=page.status)
    waits = page.load_ms < SLOW_MS
    data = {"tab": tab["id"], "entry": entry["id"]}
    entry["event"] = phone.schedule(page.load_ms, PACKAGE, LOADED, data, loading=waits)


def page_of(phone: Phone, tab: Tab, entry: Entry) -> Loaded:
    """The page of an entry: the web's, or one of the browser's own."""
    address = _address(entry["url"])
    if address is None:
        return _own_page(entry["url"])
    return load(web_of(phone), address, PageVisit(phone, tab, entry, address))


def retitle(phone: Phone, tab: Tab) -> None:
    """Give a tab the title of its page, which can have changed since it was loaded."""
    entry = entry_of(tab)
    if entry is not None and entry["loaded"] and not is_new(tab):
        entry["title"] = page_of(phone, tab, entry).title


def _own_page(url: str) -> Loaded:
    """A page that is no site's: empty, or an error."""
    if url == BLANK:
        return Loaded(200, BLANK, spacer(width=FILL), 50)
    body: list[View] = [
        icon("web-off", 48),
        text("This site can’t be reached", "headline_small"),
        text(f"The webpage at {url} can’t be opened.", color="on_surface_variant"),
        text("ERR_UNKNOWN_URL_SCHEME", "body_small", "on_surface_variant"),
    ]
    return Loaded(0, url, column(*body, width=FILL, padding=(24, 96, 24, 24), gap=16), 100)


def is_loading(tab: Tab) -> bool:
    """Whether a tab's page is on its way."""
    entry = entry_of(tab)
    return entry is not None and "event" in entry


def finish_loading(phone: Phone, data: dict[str, Any]) -> None:
    """A page has been loaded; its tab may have been closed in the meantime."""
    for tab in phone.prefs(PACKAGE).get("tabs", ()):
        for entry in tab["entries"]:
            if entry["id"] == data["entry"]:
                entry.pop("event", None)
                if not entry["shown"] and not tab["private"] and entry["status"]:
                    _note(phone, entry)
                entry.update(loaded=True, shown=True)


def _note(phone: Phone, entry: Entry) -> None:
    """Add a page to the browser's history."""
    history = phone.prefs(PACKAGE).setdefault("history", [])
    history.append({"url": entry["url"], "title": entry["title"], "us": phone.now_us})
    del history[:-MAX_HISTORY]


def stop(phone: Phone, tab: Tab) -> None:
    """Break off loading: the page before stays."""
    entry = entry_of(tab)
    if entry is None or "event" not in entry:
        return
    phone.cancel(entry.pop("event"))
    if entry["shown"]:
        entry["loaded"] = True
    elif tab["at"] > 0:
        del tab["entries"][tab["at"]]
        tab["at"] -= 1
    phone.screen_changed()


def reload(phone: Phone, tab: Tab) -> None:
    """Load a tab's page again; what was typed on it is lost."""
    entry = entry_of(tab)
    if entry is None or entry["url"] == NEW_TAB:
        return
    if "event" in entry:
        phone.cancel(entry.pop("event"))
    entry["form"] = {}
    _begin(phone, tab, entry)
    phone.state["focus"] = None
    phone.screen_changed()


def back(phone: Phone, tab: Tab) -> bool:
    """Show the page before, or break off loading the next one; False if there is none before."""
    if tab["at"] == 0:
        return False
    return _show(phone, tab, tab["at"] - 1)


def forward(phone: Phone, tab: Tab) -> bool:
    """Show the page from which the user went back; False if there is none."""
    if tab["at"] + 1 >= len(tab["entries"]):
        return False
    return _show(phone, tab, tab["at"] + 1)


def _show(phone: Phone, tab: Tab, place: int) -> bool:
    """Show another entry of a tab."""
    stop(phone, tab)
    tab["at"] = min(place, len(tab["entries"]) - 1)
    resume(phone, tab)
    phone.state["focus"] = None
    phone.screen_changed()
    return True


def _beside(address: Address, target: str) -> Address | str:
    """Where a link on a page leads: a path of the same host, with or without a query, or a whole address."""
    if "://" in target:
        return target
    path, _, query = target.partition("?")
    return replace(address.at(path), query=tuple(urllib.parse.parse_qsl(query, keep_blank_values=True)))


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
        if isinstance(target, str):
            target = _beside(self._address, target)
        go(self._phone, self._tab, str(target), via)

    def back(self) -> None:
        """See ``Visit``."""
        back(self._phone, self._tab)

    def alert(self, message: str, answer: str = "") -> None:
        """See ``Visit``."""
        self._entry["dialog"] = {"message": message, "answer": answer}
        self._phone.screen_changed()
