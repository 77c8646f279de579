"""What products cost: what the shops of this web ask for them, and invented offers for what they don't sell."""

from palaestra.envs.android.web.catalogue import Product, catalogue
from palaestra.envs.android.web.invention import ADJECTIVES, Answer, Item, Source, dollars, titled
from palaestra.envs.android.web.questions import Question
from palaestra.envs.android.web.search import search

SHOPS = {
    "bestbuy.com": "Best Buy",
    "ebay.com": "eBay",
    "walmart.com": "Walmart",
    "homedepot.com": "Home Depot",
    "costco.com": "Costco",
    "sephora.com": "Sephora",
    "lowes.com": "Lowe’s",
    "newegg.com": "Newegg",
}
"""Names of the shops by their hosts."""
OTHER_SHOPS = ("Everything & More", "Corner Depot", "Maple Goods", "Citrus Market")
"""Shops without a site, for what the others don't sell."""
ASKED = 4
"""Shops whose prices are compared."""
HEADINGS = {
    "best": "Best selling",
    "buy": "Where to buy",
    "find": "Results for",
    "look": "Pictures of",
    "new": "New from",
}


def price(question: Question, source: Source, now_us: int) -> Answer:
    """The price of a product: that of the first result at the shop asked for, or the lowest."""
    at = f" at {SHOPS.get(question.detail, question.detail)}" if question.detail else ""
    title = f"Price of {titled(question.subject)}{at}"
    hosts = [question.detail] if question.detail in SHOPS else list(SHOPS)[:ASKED]
    found = [(host, products[0]) for host in hosts if (products := sold(source.seed, host, question))]
    if not found:
        cents = source.number("price", 2, 140) * 1_000 - 1
        shops = tuple(
            Item(name, "Free delivery" if row % 2 else "In stock", dollars(cents + row * source.number(name, 1, 300)))
            for row, name in enumerate(OTHER_SHOPS)
        )
        return Answer(title, dollars(cents), shops)
    found.sort(key=lambda offer: offer[1].price)
    offers = tuple(Item(product.name, SHOPS[host], dollars(product.price), product.id) for host, product in found)
    return Answer(title, offers[0].value, offers)


def choice(question: Question, source: Source, now_us: int) -> Answer:
    """Several products to choose from, with the shops that sell them."""
    title = f"{HEADINGS[question.kind]} {titled(question.subject)}"
    hosts = [question.detail] if question.detail in SHOPS else list(SHOPS)[:ASKED]
    kept: dict[int, tuple[str, Product]] = {}
    for host in hosts:
        for product in sold(source.seed, host, question)[: 8 // len(hosts)]:
            kept.setdefault(product.id, (host, product))
    offers = tuple(
        Item(product.name, f"{SHOPS[host]} · {product.rating / 10:.1f} ★", dollars(product.price), product.id)
        for host, product in kept.values()
    )
    return Answer(title, "", offers or tuple(_invented(question, source, row) for row in range(8)))


def sold(seed: int, host: str, question: Question) -> list[Product]:
    """What a shop finds for the subject of a question."""
    found = search(catalogue(seed), host, question.about)
    shops = catalogue(seed)
    return [product for number in found.ids[:8] if (product := shops.product(number)) is not None]


def _invented(question: Question, source: Source, row: int) -> Item:
    return Item(
        f"{source.one_of(f'brand {row}', ADJECTIVES)} {titled(question.subject)}",
        f"{source.number(f'stars {row}', 36, 50) / 10:.1f} ★ ({source.number(f'reviews {row}', 12, 4_000):,})",
        dollars(source.number(f"price {row}", 2, 90) * 1_000 - 1),
    )
