"""How an answer looks: the same parts on the search engine's card and on a site's page.

The view with the id ``answer`` is what was asked for: the value, or the first of a list.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from palaestra.envs.android.ui.view import FILL, Action, View, column, divider, grid, icon, row, scroll, text
from palaestra.envs.android.web.answers import Answer, Item
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.offers import SHOPS
from palaestra.envs.android.web.portals.looks import shop_address, video_address
from palaestra.envs.android.web.portals.scenes import scene
from palaestra.envs.android.web.questions import PRODUCT_KINDS, Question
from palaestra.envs.android.web.shops.pictures import picture
from palaestra.envs.android.web.site import Visit

ANSWER = "answer"
"""Id of the view that a question is about."""
SKY_ICONS = {
    "sunny": "weather-sunny",
    "partly cloudy": "weather-partly-cloudy",
    "cloudy": "weather-cloudy",
    "light rain": "weather-rainy",
    "showers": "weather-pouring",
    "thunderstorms": "weather-lightning-rainy",
    "fog": "weather-fog",
    "windy": "weather-windy",
}
STATS = 3
"""Items of a weather report before those of its days."""


@dataclass(frozen=True, slots=True)
class Card:
    """An answer to be shown.

    Attributes:
        question: that was asked.
        answer: to it.
        visit: whose page it is on.
        seed: of the web.
        accent: colour of links.
        most: items of a list shown at most.
    """

    question: Question
    answer: Answer
    visit: Visit
    seed: int
    accent: str
    most: int

    @property
    def items(self) -> tuple[Item, ...]:
        """Those that are shown."""
        return self.answer.items[: self.most]

    def number(self, item: Item) -> int:
        """Of the picture of an item; neighbours differ."""
        return zlib.crc32(str(self.question).encode()) % 997 + self.answer.items.index(item)


def body(card: Card) -> list[View]:
    """The views of an answer, from above, without its heading."""
    return _BODIES.get(card.question.kind, _value)(card)


def _value(card: Card) -> list[View]:
    """A value, and what else is known."""
    rows = [_fact_row(item, number) for number, item in enumerate(card.items)]
    return [text(card.answer.value, "headline_large", id=ANSWER, width=FILL), *rows]


def _fact_row(item: Item, number: int) -> View:
    words = column(
        text(item.title, "body_large"),
        text(item.detail, "body_small", "on_surface_variant") if item.detail else None,
        weight=1,
        gap=2,
    )
    value = text(item.value, "title_medium", lines=1) if item.value else None
    return row(words, value, width=FILL, gap=12, padding=(0, 8), key=f"fact{number}")


def _weather(card: Card) -> list[View]:
    degrees, _, sky = card.answer.value.partition(", ")
    now = row(
        icon(SKY_ICONS.get(sky, "weather-cloudy"), 56, card.accent),
        column(text(degrees, "headline_large", lines=1), text(sky.capitalize(), "body_large"), id=ANSWER, weight=1),
        width=FILL,
        gap=16,
    )
    stats = [_fact_row(item, number) for number, item in enumerate(card.answer.items[:STATS])]
    days = [
        column(
            text(item.title, "label_medium", lines=1),
            icon(SKY_ICONS.get(item.detail.lower(), "weather-cloudy"), 28, card.accent, desc=item.detail),
            text(item.value, "title_medium", lines=1),
            align="center",
            gap=6,
            padding=(12, 8),
            radius=12,
            background="surface_container",
            key=item.title,
        )
        for item in card.answer.items[STATS:]
    ]
    return [now, scroll(*days, horizontal=True, gap=8, padding=(0, 8), key="days"), *stats]


def _listed(card: Card, make: Callable[[Card, Item, int], View]) -> list[View]:
    """Items below each other; the first is what was asked for."""
    views: list[View] = []
    for number, item in enumerate(card.items):
        view = make(card, item, number)
        view.id, view.key = (ANSWER if number == 0 else ""), f"item{number}"
        views += [divider(key=f"line{number}"), view] if number else [view]
    return views


def _flight(card: Card, item: Item, number: int) -> View:
    times, _, rest = item.detail.partition(", ")
    words = column(
        text(times, "title_medium", lines=1),
        text(rest, "body_small", "on_surface_variant", 1),
        text(item.title, "body_medium", lines=1),
        weight=1,
        gap=2,
    )
    price = text(item.value, "title_large", card.accent, 1)
    return row(icon("airplane", 24, card.accent), words, price, width=FILL, gap=16, padding=(0, 10))


def _pictured(glyph: str) -> Callable[[Card, Item, int], View]:
    def make(card: Card, item: Item, number: int) -> View:
        words = column(
            text(item.title, "title_medium", lines=3),
            text(item.detail, "body_small", "on_surface_variant", 3) if item.detail else None,
            text(item.value, "title_small", card.accent, 1) if item.value else None,
            weight=1,
            gap=3,
        )
        return row(scene(card.number(item), 88, 72, glyph), words, width=FILL, gap=12, padding=(0, 10))

    return make


def _dish(card: Card, item: Item, number: int) -> View:
    name = text(item.title, "body_large", weight=1)
    return row(name, text(item.value, "title_small", card.accent, 1), width=FILL, gap=12, padding=(0, 10))


def _headline(card: Card, item: Item, number: int) -> View:
    words = column(
        text(item.title, "title_medium", lines=4),
        text(item.detail, "body_small", "on_surface_variant"),
        weight=1,
        gap=4,
    )
    return row(words, scene(card.number(item), 96, 72), width=FILL, gap=12, padding=(0, 10))


def _post(card: Card, item: Item, number: int) -> View:
    votes, _, _ = item.value.partition(" ")
    count = column(
        icon("arrow-up-bold-outline", 24, card.accent),
        text(votes, "label_medium", lines=1),
        align="center",
        width=64,
    )
    words = column(
        text(item.detail, "label_medium", "on_surface_variant", 1), text(item.title, "title_medium"), weight=1, gap=2
    )
    return row(count, words, width=FILL, gap=8, padding=(0, 10))


def _video(card: Card, item: Item, number: int) -> View:
    target = video_address(card.question, number)
    words = column(
        text(item.title, "title_small", lines=3),
        text(item.detail, "body_small", "on_surface_variant", 2),
        text(item.value, "label_medium", "on_surface_variant", 1),
        weight=1,
        gap=3,
    )
    return row(
        scene(card.number(item), 136, 84, "play"),
        words,
        width=FILL,
        gap=12,
        padding=(0, 8),
        on_click=lambda: card.visit.go(target, rank=number + 1),
    )


def _offer(card: Card, item: Item, number: int) -> View:
    """A product at a shop, with a link to what it finds."""
    shop = item.detail.partition(" · ")[0]
    host = next((host for host, name in SHOPS.items() if name == shop), "")
    words = column(
        text(item.title, "body_large", lines=3),
        text(item.detail, "body_small", "on_surface_variant", 1),
        text(item.value, "title_medium", lines=1),
        weight=1,
        gap=2,
    )
    product, side = catalogue(card.seed).product(item.product), 120 if card.question.kind == "look" else 64
    return row(
        picture(product, side, side) if product is not None else icon("tag-outline", 32, card.accent),
        words,
        width=FILL,
        gap=16,
        padding=(0, 10),
        on_click=_leads(card, host) if host else None,
    )


def _leads(card: Card, host: str) -> Action:
    return lambda: card.visit.go(shop_address(host, card.question.subject))


def _price(card: Card) -> list[View]:
    value = text(card.answer.value, "headline_large", id=ANSWER, width=FILL)
    offers = [_offer(card, item, number) for number, item in enumerate(card.items)]
    for number, offer in enumerate(offers):
        offer.key = f"item{number}"
    return [value, *offers]


def _wallpapers(card: Card) -> list[View]:
    tiles = [
        column(
            scene(card.number(item), FILL, 200, desc=item.title),
            text(item.title, "body_medium", lines=2),
            text(f"{item.value} likes", "body_small", "on_surface_variant", 1),
            gap=4,
            id=ANSWER if number == 0 else "",
            key=f"item{number}",
        )
        for number, item in enumerate(card.items)
    ]
    return [grid(*tiles, columns=2, gap=12)]


_BODIES: Mapping[str, Callable[[Card], list[View]]] = {
    "flights": lambda card: _listed(card, _flight),
    "hotels": lambda card: _listed(card, _pictured("bed")),
    "menu": lambda card: _listed(card, _dish),
    "news": lambda card: _listed(card, _headline),
    "price": _price,
    "reddit": lambda card: _listed(card, _post),
    "restaurants": lambda card: _listed(card, _pictured("silverware-fork-knife")),
    "video": lambda card: _listed(card, _video),
    "wallpapers": _wallpapers,
    "weather": _weather,
    **{kind: lambda card: _listed(card, _offer) for kind in PRODUCT_KINDS if kind != "price"},
}
