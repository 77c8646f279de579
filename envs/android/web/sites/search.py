"""The search engine: google.com."""

import zlib
from functools import partial
from typing import Any

from palaestra.envs.android.ui.view import FILL, View, column, link, paragraph, row, text
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.answers import answer
from palaestra.envs.android.web.portals.cards import ANSWER, Card, body
from palaestra.envs.android.web.portals.front import SHOWN_WORDS, search_box
from palaestra.envs.android.web.portals.searching import Link, Reading, links, understood
from palaestra.envs.android.web.questions import Question
from palaestra.envs.android.web.site import Loaded, Place, Site, Visit, Web

ACCENT, ACCENT_DARK = "#1B5E9E", "#9CC7F2"
ON_A_CARD = 5
"""Items of an answer that a card shows."""
EXAMPLES = (
    "Weather in Paris",
    "News today",
    "Flights from London to Tokyo",
    "Capital of Peru",
    "Price of a Samsung TV",
)


class Google(Site):
    """A first page with a search box, and results: an answer on a card, and links below."""

    hosts = ("google.com",)
    name = "Google"

    def page(self, web: Web, address: Address, visit: Visit) -> Loaded:
        """The first page, results, or an error."""
        kind = _kind(address)
        visitor = _Results(web, address, visit)
        if kind == "results":
            root, title = visitor.results(), f"{address.get('q')[:SHOWN_WORDS]} - Google Search"
        elif kind == "home":
            root, title = visitor.home(), "Google"
        else:
            root, title = visitor.lost(), "Page not found"
        return Loaded(404 if kind == "error" else 200, title, root, 150 + zlib.crc32(str(address).encode()) % 200)

    def place(self, web: Web, address: Address) -> Place:
        """What an address shows; results say for which question."""
        kind = _kind(address)
        if kind != "results":
            return Place(kind)
        reading = understood(address.get("q"))
        return Place("results", reading.query, reading.corrected, str(reading.question) if reading.question else "")


def _kind(address: Address) -> str:
    path = address.path.rstrip("/")
    if path == "/search" and address.get("q").strip():
        return "results"
    return "home" if path in ("", "/search", "/webhp") else "error"


class _Results:
    """One visit."""

    def __init__(self, web: Web, address: Address, visit: Visit):
        self.web, self.address, self.visit = web, address, visit
        self.accent = ACCENT_DARK if visit.dark else ACCENT
        self.compact = bool(int(web.knobs.get("layout", 0)) & 1)

    def search(self, words: str) -> None:
        """Load the results of a query."""
        self.visit.go(self.address.at("/search", q=words))

    def home(self) -> View:
        """The search box and examples."""
        examples = [
            text(query, "body_large", self.accent, 1, padding=(0, 12), on_click=partial(self.search, query))
            for query in EXAMPLES
        ]
        return column(
            text("Google", "display_medium", self.accent, 1, gravity="center"),
            search_box(self.visit, "", self.search, "Search", margin=(0, 16)),
            text("Others ask", "title_medium"),
            *examples,
            width=FILL,
            padding=(24, 72, 24, 48),
            gap=4,
            background="surface",
        )

    def results(self) -> View:
        """A card with the answer, if the query is a question; links."""
        reading = understood(self.address.get("q"))
        found = links(self.web.seed, reading, self.visit.now_us)
        shown = [self._link(each, number, not reading.question) for number, each in enumerate(found)]
        card = self._card(reading.question) if reading.question is not None else None
        parts = [card, *shown] if card is not None or shown else [self._nothing(reading)]
        return column(
            self._header(reading.query),
            self._correction(reading),
            *parts,
            width=FILL,
            gap=4,
            padding=(0, 0, 0, 32),
            background="surface",
        )

    def lost(self) -> View:
        """No such page."""
        return column(
            text("404. We can’t find that page", "title_large"),
            text("Go to Google", "body_large", self.accent, 1, padding=(0, 12), on_click=lambda: self.visit.go("/")),
            width=FILL,
            padding=(24, 64),
            gap=8,
            background="surface",
        )

    # --- parts

    def _header(self, query: str) -> View:
        name = text("Google", "title_large", self.accent, 1, id="home", on_click=lambda: self.visit.go("/"))
        box = search_box(self.visit, query, self.search, "Search")
        options: dict[str, Any] = {"width": FILL, "padding": (16, 10), "background": "surface_container"}
        if self.compact:
            box.weight = 1
            return row(name, box, gap=12, **options)
        name.padding = (0, 8)
        return column(name, box, gap=2, **options)

    def _correction(self, reading: Reading) -> View | None:
        if reading.corrected.lower() == reading.query.lower():
            return None
        right = link(reading.corrected[:SHOWN_WORDS], lambda: self.search(reading.corrected), self.accent)
        return paragraph("Showing results for ", right, font="body_large", width=FILL, padding=(16, 8), id="correction")

    def _card(self, question: Question) -> View:
        told = answer(self.web.seed, question, self.visit.now_us)
        return column(
            text(told.title, "title_large", width=FILL),
            *body(Card(question, told, self.visit, self.web.seed, self.accent, ON_A_CARD)),
            width=FILL,
            gap=8,
            margin=(12, 12),
            padding=(16, 16),
            radius=16,
            background="surface_container_lowest",
            border="outline_variant",
            id="answer_card",
            key="answer_card",
        )

    def _link(self, found: Link, number: int, answers: bool) -> View:
        return column(
            text(f"{found.site} · {found.address.host}", "body_small", "on_surface_variant", 1),
            text(found.title, "title_medium", self.accent, 3),
            text(found.text, "body_medium", "on_surface_variant", 3),
            width=FILL,
            gap=3,
            padding=(16, 12),
            id=ANSWER if answers and number == 0 else "",
            key=f"result{number}",
            on_click=lambda: self.visit.go(found.address, rank=number + 1),
        )

    def _nothing(self, reading: Reading) -> View:
        return column(
            text(
                f"Your search - {reading.query[:SHOWN_WORDS]} - did not match anything", "title_medium", id="no_results"
            ),
            text("Check the spelling, or try other words.", "body_medium", "on_surface_variant"),
            width=FILL,
            gap=8,
            padding=(16, 24),
        )
