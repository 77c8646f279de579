"""The results of a search: in the order of relevance or another, narrowed down, in pages; with sponsored rows."""

from collections.abc import Callable
from typing import NamedTuple

from palaestra.envs.android.ui.view import FILL, View, column, grid, link, paragraph, row, scroll, text
from palaestra.envs.android.web.catalogue import Product
from palaestra.envs.android.web.search import Results, search
from palaestra.envs.android.web.shops.front import Front

ON_A_PAGE = 12
BETWEEN = 4
"""Results between the sponsored ones above them and the one among them."""
POPULAR = ("MacBook Air", "Bose SoundLink", "Samsung TV", "Air Fryer", "Office Chair", "USB-C Cable", "Razer Kraken")
SUGGESTED = 5
SHOWN_WORDS = 80
"""Characters of a query that are repeated on the page."""

_SORTS: dict[str, Callable[[Product], tuple[int, int]]] = {
    "low": lambda product: (product.price, product.id),
    "high": lambda product: (-product.price, product.id),
    "rated": lambda product: (-product.rating, product.id),
}
_BOUNDS = (1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 150_000, 250_000)
"""Prices that results can be limited to, cents."""


class Ranked(NamedTuple):
    """A product and its rank among the results; 0 where ranks don't count."""

    product: Product
    rank: int


def results(front: Front, query: str) -> View:
    """The page of results for a query."""
    found = search(front.shops, front.host, query)
    if not found.ids:
        return _nothing(front, found)
    sort, narrowed = front.address.get(front.look.sort), front.address.get("filter")
    ranked = _ranked(front, found, sort, narrowed)
    pages = max(1, -(-len(ranked) // ON_A_PAGE))
    page = min(max(1, _number(front.address.get(front.look.page), 1)), pages)
    shown = ranked[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    if page > 1:
        shown = [Ranked(product, 0) for product, _ in shown]
    return front.page(
        _head(front, found, len(ranked)),
        _chips(front, found, sort, narrowed),
        _items(front, found, shown, page) if shown else _filtered_out(front, found),
        _pager(front, page, pages),
        query=found.query,
    )


def _ranked(front: Front, found: Results, sort: str, narrowed: str) -> list[Ranked]:
    """The results in the order asked for; ranks count in the order of relevance, if nothing is left out."""
    products = [front.shops.products[number - front.shops.products[0].id] for number in found.ids]
    keep = _filter(narrowed)
    kept = [product for product in products if keep(product)] if keep else products
    if sort in _SORTS:
        kept = sorted(kept, key=_SORTS[sort])
    counts = sort not in _SORTS and not keep
    return [Ranked(product, rank if counts else 0) for rank, product in enumerate(kept, 1)]


def _filter(name: str) -> Callable[[Product], bool] | None:
    """What a filter keeps; None if there is no such filter."""
    if name == "sale":
        return lambda product: product.was > 0
    if name == "four":
        return lambda product: product.rating >= 40
    if name.startswith("under") and (bound := _number(name.removeprefix("under"), 0)):
        return lambda product: product.price < bound * 100
    return None


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default


# --- parts


def _head(front: Front, found: Results, count: int) -> View:
    """How many there are, and what was searched for."""
    shown = _short(found.corrected if found.was_corrected else found.query)
    title = text(front.say("results", count=count, query=shown), "title_medium", lines=3, id="result_count")
    note = None
    if found.was_corrected:
        instead = link(shown, lambda: front.search(found.corrected), front.accent)
        rest = front.say("instead", query=_short(found.query))
        note = paragraph(front.say("corrected"), instead, rest, font="body_medium", width=FILL, id="correction")
    return column(note, title, width=FILL, gap=4, padding=(16, 12, 16, 4))


def _chips(front: Front, found: Results, sort: str, narrowed: str) -> View:
    """Orders and filters; each is a link to this page with another address."""
    say, here = front.say, front.address.with_query(**{front.look.page: None})

    def order(name: str) -> View:
        target = here.with_query(**{front.look.sort: name or None})
        is_on = sort == name if name else sort not in _SORTS
        return front.chip(say(name or "best"), is_on, lambda: front.visit.go(target), key=f"sort {name}")

    def only(name: str, words: str) -> View:
        target = here.with_query(filter=None if narrowed == name else name)
        return front.chip(words, narrowed == name, lambda: front.visit.go(target), key=f"filter {name}")

    middle = sorted(front.shops.products[number - front.shops.products[0].id].price for number in found.ids)
    half = middle[len(middle) // 2]
    bound = min((each for each in _BOUNDS if each > half), default=_BOUNDS[-1]) // 100
    filters = [
        only("sale", say("sale")),
        only("four", say("four")),
        only(f"under{bound}", say("under", price=f"${bound:,}")),
    ]
    orders = [order(name) for name in ("", *_SORTS)]
    return scroll(*orders, *filters, horizontal=True, gap=8, padding=(16, 6), key="chips")


def _items(front: Front, found: Results, shown: list[Ranked], page: int) -> View:
    """Results, in a list or a grid, with sponsored rows among them."""
    is_grid = front.look.grid != front.flips
    make = front.card if is_grid else front.line
    views = [
        make(
            product,
            front.open(product, rank=rank, query=found.corrected, sponsored=False),
            id="" if number else "answer",
            key=f"item{product.id}",
        )
        for number, (product, rank) in enumerate(shown)
    ]
    if page == 1:
        for place, product in _sponsored(front, found, shown):
            via = {"rank": 0, "query": found.corrected, "sponsored": True}
            row_ = make(product, front.open(product, **via), label=front.say("sponsored"), key=f"ad{product.id}")
            views.insert(min(place, len(views)), row_)
    if is_grid:
        return grid(*views, columns=2, gap=8, padding=(12, 4))
    return column(*views, width=FILL, gap=8, padding=(12, 4))


def _sponsored(front: Front, found: Results, shown: list[Ranked]) -> list[tuple[int, Product]]:
    """Advertised neighbours of the results and their places in the list: the knob's number above them, one below."""
    above = int(front.web.knobs.get("sponsored", 0))
    if above < 1:
        return []
    there = {product.id for product, _ in shown}
    families = {product.family for product, _ in shown}
    near = front.shops.in_category(front.host, shown[0].product.category)
    others = [each for each in near if each.family not in families] or [each for each in near if each.id not in there]
    start = front.draw(f"sponsored {found.corrected}", max(1, len(others)))
    places = [*range(above), above + BETWEEN]
    return list(zip(places, (others[start:] + others[:start])[: len(places)], strict=False))


def _pager(front: Front, page: int, pages: int) -> View | None:
    if pages == 1:
        return None

    def turn(words: str, to: int) -> View:
        target = front.address.with_query(**{front.look.page: to if to > 1 else None})
        return front.button(words, lambda: front.visit.go(target), filled=False, enabled=1 <= to <= pages, key=words)

    counter = text(front.say("page", page=page, pages=pages), "body_medium", lines=2, weight=1, text_align="center")
    return row(
        turn(front.say("previous"), page - 1),
        counter,
        turn(front.say("next"), page + 1),
        width=FILL,
        gap=8,
        padding=(16, 16),
    )


def _nothing(front: Front, found: Results) -> View:
    """Nothing was found: what others search for."""
    say = front.say
    title = say("nothing", query=_short(found.query)) if found.query else say("nothing_asked")
    start = front.draw("popular", len(POPULAR))
    names = (POPULAR[start:] + POPULAR[:start])[:SUGGESTED]
    links = [
        text(name, "body_large", front.accent, 1, width=FILL, padding=(0, 12), on_click=lambda q=name: front.search(q))
        for name in names
    ]
    return front.page(
        column(
            text(title, "title_large", lines=4, id="no_results"),
            text(say("check"), "body_medium", "on_surface_variant"),
            text(say("popular"), "title_medium", margin=(0, 16, 0, 0)),
            *links,
            width=FILL,
            gap=4,
            padding=(16, 24),
        ),
        query=found.query,
    )


def _filtered_out(front: Front, found: Results) -> View:
    clear = front.address.with_query(filter=None, **{front.look.page: None})
    return column(
        text(front.say("nothing_filtered"), "title_medium"),
        front.button(front.say("clear"), lambda: front.visit.go(clear)),
        width=FILL,
        gap=16,
        padding=(16, 32),
        align="center",
    )


def _short(query: str) -> str:
    """A query as it is repeated on the page: a long one is cut."""
    return query if len(query) <= SHOWN_WORDS else query[:SHOWN_WORDS] + "…"
