"""Web Shopping: go to a shop, search it, open the first entry.

A condition is about the page in the browser's foreground tab, once it has loaded. A search is compared by the words
that the shop has searched for after correcting them, in any order.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.android.apps.browser.tabs import PACKAGE, Shown, shown
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.aitw.browsing import open_page, open_result, search_site
from palaestra.envs.android.tasks.aitw.slot_types import SHOPS
from palaestra.envs.android.tasks.aitw.template import LineTemplate, words
from palaestra.envs.android.tasks.oracle import Oracle, OracleView
from palaestra.envs.android.tasks.task import private_data
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.search import search, tokens
from palaestra.envs.android.web.site import Web
from palaestra.envs.android.web.web import site_of, web_of
from palaestra.envs.task import Slots

NEIGHBOURS = {"macbook pro": "macbook air", "usb-a": "usb-b"}
"""Queries that are easily taken for another; for the others, a word is added or left out."""

SEVERAL = 2
"""Texts with the words of a query that look like results."""


class _Shopping(LineTemplate):
    """A condition on the page in front."""

    apps = (PACKAGE,)
    clauses: ClassVar[tuple[str, ...]] = ()
    """Those besides ``host``."""

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """The browser as after its installation: no tabs, history or cookies."""
        world.packages.clear(PACKAGE)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(PACKAGE)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        page = shown(world)
        if page is None or page.place.kind == "error" or page.address.host != slots["host"]:
            return dict.fromkeys(("host", *self.clauses), False)
        return {"host": True} | self.page_clauses(page, web_of(world), slots)

    def page_clauses(self, page: Shown, web: Web, slots: Slots) -> dict[str, bool]:
        """The clauses besides ``host``, on a page of the host."""
        return {}

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """The shop's name or host is somewhere, and the words of the query are where they must be."""
        site = site_of(slots["host"])
        names = [slots["host"], *([site.name.lower()] if site is not None else [])]
        shown = [text.lower() for text in texts]
        return any(name in text for name in names for text in shown) and self._looks_searched(slots, shown)

    def _looks_searched(self, slots: Slots, texts: Sequence[str]) -> bool:
        return True

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another host."""
        others = [host for host in SHOPS if host != slots["host"]]
        return [slots | {"host": others[len(slots["line"]) % len(others)]}]


class WebVisit(_Shopping):
    """Go to a shop: any of its pages."""

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from open_page(screen, slots["host"])


class WebSearch(_Shopping):
    """Go to a shop and search it: the results of the query."""

    clauses: ClassVar[tuple[str, ...]] = ("query",)

    def page_clauses(self, page: Shown, web: Web, slots: Slots) -> dict[str, bool]:
        return {"query": page.place.kind == "results" and _same(web, slots, page.place.corrected)}

    def _looks_searched(self, slots: Slots, texts: Sequence[str]) -> bool:
        """The query's words are in several texts: the search box and names of products."""
        return _count(slots["query"], texts) >= SEVERAL

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another host; a query for the neighbour of what is asked."""
        return [*super().near_misses(slots), slots | {"query": neighbour(slots["query"])}]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_page(screen, slots["host"])
        yield from search_site(screen, slots["query"])


class WebFirstEntry(WebSearch):
    """Search a shop and open the first entry: a product's page, by a tap on its first result that isn't sponsored."""

    clauses = ("query", "entry")

    def page_clauses(self, page: Shown, web: Web, slots: Slots) -> dict[str, bool]:
        on_results = page.place.kind == "results" and _same(web, slots, page.place.corrected)
        by_results = page.place.kind == "product" and _same(web, slots, str(page.via.get("query", "")))
        first = page.via.get("rank") == 1 and not page.via.get("sponsored")
        return {"query": on_results or by_results, "entry": by_results and first}

    def _looks_searched(self, slots: Slots, texts: Sequence[str]) -> bool:
        """The query's words are in a text, and something can be bought."""
        return _count(slots["query"], texts) > 0 and any("add to cart" in text for text in texts)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another host or query; the second entry; a sponsored one."""
        return [*super().near_misses(slots), slots | {"rank": 2}, slots | {"sponsored": True}]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_page(screen, slots["host"])
        screen = yield from search_site(screen, slots["query"])
        yield from open_result(screen, slots.get("rank", 1), sponsored=slots.get("sponsored", False))


def neighbour(query: str) -> str:
    """A query that is easily taken for another, but finds other products."""
    for part, other in NEIGHBOURS.items():
        if part in query.lower():
            return query.lower().replace(part, other)
    return query.rpartition(" ")[0] or f"{query} pro"


def _count(query: str, texts: Sequence[str]) -> int:
    """Texts that have all words of a query."""
    wanted = set(words(query))
    return sum(wanted <= set(words(text)) for text in texts)


def _same(web: Web, slots: Slots, corrected: str) -> bool:
    """Whether the words that a shop has searched for are those asked for, in any order."""
    return _sorted_words(corrected) == _asked(web.seed, slots["host"], slots["query"])


@functools.lru_cache(maxsize=4096)
def _asked(seed: int, host: str, query: str) -> list[str]:
    return _sorted_words(search(catalogue(seed), host, query).corrected)


def _sorted_words(query: str) -> list[str]:
    return sorted(tokens(query))
