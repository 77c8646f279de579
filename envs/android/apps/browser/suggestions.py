"""What the address bar offers while something is typed."""

from typing import NamedTuple

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.site import Site
from palaestra.envs.android.web.web import known_sites

MAX_SUGGESTIONS = 8
MAX_RECENT = 4
"""Pages of the history offered before anything is typed."""


class Suggestion(NamedTuple):
    """One row.

    Attributes:
        icon: of Material Design.
        title: first line.
        detail: second line.
        url: what a tap loads: an address, or words to search for.
    """

    icon: str
    title: str
    detail: str
    url: str


def sites() -> list[Site]:
    """All sites, each once, by name."""
    return sorted({id(site): site for site in known_sites().values()}.values(), key=lambda site: site.name.casefold())


def suggestions(phone: Phone, typed: str) -> list[Suggestion]:
    """What fits the words so far, first what the enter key loads; at first the pages visited last."""
    words = typed.strip().casefold()
    if not words:
        return _visited(phone, "")[:MAX_RECENT]
    if parse(typed) is not None or typed.strip().lower().startswith(tabs.UNKNOWN_SCHEMES):
        first = Suggestion("web", typed.strip(), "", typed)
    else:
        first = Suggestion("magnify", typed.strip(), "Google Search", typed)
    offered = [first, *_of_sites(words), *_visited(phone, words)]
    by_url = {tabs.url_of(each.url): each for each in reversed(offered)}  # what comes first is kept
    return sorted(by_url.values(), key=offered.index)[:MAX_SUGGESTIONS]


def _of_sites(words: str) -> list[Suggestion]:
    """Sites whose host, or a word of whose name, begins with the words."""
    fitting = []
    for site in sites():
        name = site.name.casefold()
        if site.hosts[0].startswith(words) or name.startswith(words) or f" {words}" in name:
            fitting.append(Suggestion("web", site.name, site.hosts[0], site.hosts[0]))
    return fitting


def _visited(phone: Phone, words: str) -> list[Suggestion]:
    """Pages of the history with the words in title or address, each once, the newest first."""
    pages: dict[str, Suggestion] = {}
    for visit in reversed(phone.prefs(tabs.PACKAGE).get("history", ())):
        if words in visit["title"].casefold() or words in visit["url"].casefold():
            shown = visit["url"].removeprefix("https://")
            pages.setdefault(visit["url"], Suggestion("history", visit["title"], shown, visit["url"]))
    return list(pages.values())
