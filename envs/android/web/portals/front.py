"""Pages of the content sites: header with a search box, the answer, ways on; a page that plays a video."""

from collections.abc import Callable
from functools import partial
from typing import Any

from palaestra.envs.android.ui.controls import button, icon_button, text_field
from palaestra.envs.android.ui.view import FILL, View, column, divider, icon, progress, row, stack, text
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.answers import answer
from palaestra.envs.android.web.portals.cards import Card, body
from palaestra.envs.android.web.portals.looks import PORTALS, Asked
from palaestra.envs.android.web.portals.scenes import scene
from palaestra.envs.android.web.questions import Question
from palaestra.envs.android.web.site import Visit, Web

MOST_ITEMS = 20
SHOWN_WORDS = 80
"""Characters of a query that are repeated on the page."""
PAUSED = "paused"
"""Name in a page's form: whether its video stands still."""


def search_box(visit: Visit, query: str, search: Callable[[str], None], hint: str, **options: Any) -> View:
    """A field with the words searched for and a button that searches."""
    form = visit.form

    def submit() -> None:
        words = " ".join(form.get("q", query).split())
        if words:
            search(words)

    field = text_field(
        form.get("q", query),
        lambda value: form.update(q=value),
        hint=hint,
        id="search",
        action="search",
        on_submit=submit,
        background="surface_container_lowest",
        border="outline_variant",
        radius=24,
        min_height=48,
        padding=(16, 12, 48, 12),
    )
    lens = icon_button("magnify", submit, "Search", id="search_button", gravity="end center")
    return stack(field, lens, **{"width": FILL, **options})


class Portals:
    """One visit to a page of a content site.

    Args:
        web: the web.
        address: of the page.
        visit: of it.
    """

    def __init__(self, web: Web, address: Address, visit: Visit):
        self.web, self.address, self.visit = web, address, visit
        self.look = PORTALS[address.host]
        self.accent = self.look.accent_dark if visit.dark else self.look.accent
        layout = int(web.knobs.get("layout", 0))
        self.compact, self.links_first = bool(layout & 1), bool(layout & 2)

    def page(self, asked: Asked) -> View:
        """The page of what an address means."""
        parts: list[View]
        if asked.kind == "error":
            parts = [self._nothing("We can’t find that page")]
        elif asked.kind == "video":
            parts = self._player(asked)
        elif asked.question is None:
            parts = [self._nothing(f"No results for “{asked.query[:SHOWN_WORDS]}”")]
        else:
            parts = [self._answered(asked.question)]
        more = self._popular()
        parts = [more, *parts] if self.links_first and asked.kind == "home" else [*parts, more]
        return column(self._header(asked.query), *parts, self._footer(), width=FILL, background="surface")

    def title(self, asked: Asked) -> str:
        """Of the tab."""
        if asked.question is None or asked.kind == "home":
            return self.look.name
        return f"{self.heading(asked.question)} - {self.look.name}"

    def heading(self, question: Question) -> str:
        """The title of the answer to a question."""
        return answer(self.web.seed, question, self.visit.now_us).title

    # --- parts

    def _search(self, words: str) -> None:
        self.visit.go(self.address.at("/search", q=words))

    def _header(self, query: str) -> View:
        look = self.look
        ground, ink = (look.accent, "#FFFFFF") if look.solid else ("surface_container", "on_surface")
        name = row(
            icon(look.glyph, 28, ink if look.solid else self.accent),
            text(look.name, "title_large" if not self.compact else "title_medium", ink, 1, weight=1),
            width=FILL,
            gap=12,
            min_height=48,
            id="home",
            on_click=lambda: self.visit.go("/"),
        )
        box = search_box(self.visit, query, self._search, f"Search {look.name}")
        return column(name, box, width=FILL, background=ground, padding=(16, 4, 16, 12), gap=4)

    def _answered(self, question: Question) -> View:
        found = answer(self.web.seed, question, self.visit.now_us)
        card = Card(question, found, self.visit, self.web.seed, self.accent, MOST_ITEMS)
        return column(
            text(found.title, "headline_small", width=FILL),
            *body(card),
            width=FILL,
            gap=8,
            padding=(16, 16),
            key="answered",
        )

    def _player(self, asked: Asked) -> list[View]:
        """A video that plays, and the others of the answer."""
        assert asked.question is not None
        found = answer(self.web.seed, asked.question, self.visit.now_us)
        item, form = found.items[asked.row], self.visit.form
        paused = bool(form.get(PAUSED))

        def toggle() -> None:
            form[PAUSED] = not paused

        number = Card(asked.question, found, self.visit, self.web.seed, self.accent, 1).number(item)
        words = "Play" if paused else "Pause"
        control = row(
            icon_button("play" if paused else "pause", toggle, words, id="play_pause"),
            progress(0.02, weight=1),
            text(f"0:00 / {item.value}", "label_medium", lines=1),
            width=FILL,
            gap=8,
            padding=(8, 0, 16, 0),
        )
        about = column(
            text(item.title, "title_large", id="answer"),
            text(item.detail, "body_medium", "on_surface_variant"),
            width=FILL,
            gap=4,
            padding=(16, 8),
        )
        screen = scene(number, FILL, 220, "play" if paused else "", desc="Video")
        return [screen, control, about, divider(), self._answered(asked.question)]

    def _popular(self) -> View:
        links = [
            button(query, partial(self._search, query), "outlined", foreground=self.accent, key=f"popular{number}")
            for number, query in enumerate(self.look.popular)
        ]
        return column(
            text("Popular", "title_medium"), *links, width=FILL, gap=4, padding=(16, 12), align="start", key="popular"
        )

    def _nothing(self, words: str) -> View:
        return column(
            text(words, "title_large", lines=4, id="no_results"),
            text("Check the spelling or use fewer words.", "body_medium", "on_surface_variant"),
            width=FILL,
            gap=8,
            padding=(16, 24),
        )

    def _footer(self) -> View:
        return column(
            divider(),
            text(f"{self.look.name} · About · Privacy · Help", "body_small", "on_surface_variant"),
            width=FILL,
            gap=12,
            padding=(16, 16, 16, 24),
        )
