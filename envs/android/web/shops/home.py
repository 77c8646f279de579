"""A shop's home page, its categories and its deals."""

from collections.abc import Sequence

from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import FILL, View, canvas, column, grid, scroll, stack, text
from palaestra.envs.android.web.catalogue import Product, uniform
from palaestra.envs.android.web.catalogue_families import CATEGORIES
from palaestra.envs.android.web.shops.front import Front
from palaestra.envs.android.web.shops.looks import DEALS, EVERYTHING

TILES, TILE_COLUMNS = 8, 4
IN_A_ROW, PICKED = 8, 4
ON_A_PAGE = 24


def home(front: Front) -> View:
    """Banner, categories, deals, and a few products for everybody."""
    say = front.say
    tiles = [front.tile(name, CATEGORIES[name]) for name in _favourites(front)[:TILES]]
    categories = column(
        front.heading(say("categories"), front.goes(EVERYTHING)),
        grid(*tiles, columns=TILE_COLUMNS, padding=(8, 0)),
        width=FILL,
    )
    deals = column(
        front.heading(say("deals"), front.goes(DEALS)),
        strip(front, front.shops.deals(front.host)[:IN_A_ROW], "deal"),
        width=FILL,
    )
    picked = column(front.heading(say("for_you")), cards(front, _picked(front), "pick"), width=FILL)
    sections = (deals, categories, picked) if front.compact else (categories, deals, picked)
    return front.page(_hero(front), *sections)


def everything(front: Front) -> View:
    """All categories."""
    tiles = [front.tile(name, glyph) for name, glyph in CATEGORIES.items()]
    return front.page(front.heading(front.say("all_categories")), grid(*tiles, columns=TILE_COLUMNS, padding=(8, 0)))


def category(front: Front, name: str) -> View:
    """What the shop likes best of a category."""
    products = front.shops.in_category(front.host, name)[:ON_A_PAGE]
    return front.page(front.heading(front.say.category(name)), cards(front, products, "item"))


def deals(front: Front) -> View:
    """What is cheaper today."""
    return front.page(
        front.heading(front.say("deals")), cards(front, front.shops.deals(front.host)[:ON_A_PAGE], "deal")
    )


def strip(front: Front, products: Sequence[Product], key: str) -> View:
    """Products in a row that scrolls."""
    return scroll(
        *(front.card(each, front.open(each), width=156, key=f"{key}{each.id}") for each in products),
        horizontal=True,
        gap=8,
        padding=(16, 0),
        align="fill",
        key=key,
    )


def cards(front: Front, products: Sequence[Product], key: str) -> View:
    """Products in two columns."""
    made = [front.card(each, front.open(each), key=f"{key}{each.id}") for each in products]
    return grid(*made, columns=2, gap=8, padding=(12, 0))


def _hero(front: Front) -> View:
    name = _favourites(front)[0]
    words = column(
        text(front.say("hero"), "headline_small", "#FFFFFF", 2),
        text(front.say("hero_more", category=front.say.category(name)), "body_medium", "#FFFFFF", 2),
        front.button(front.say("shop_deals"), front.goes(DEALS), background="#FFFFFF", foreground=front.look.accent),
        gap=8,
        padding=20,
        justify="center",
        width=FILL,
        min_height=180,
    )
    ground = canvas(draw_hero, front.look.accent, front.draw("hero", 7), width=FILL, height=FILL)
    return stack(ground, words, width=FILL)


def draw_hero(brush: Brush, rect: Rect, look: Theme, colour: str, variant: int) -> None:
    """The banner's ground: the shop's colour with a few discs."""
    left, top, right, bottom = rect
    width, height = right - left, bottom - top
    brush.rect(rect, colour)
    brush.canvas.save()
    brush.clip(rect)
    for number in range(3):
        x = right - width * (0.05 + 0.13 * ((variant + 2 * number) % 4))
        brush.circle(x, top + height * (0.2 + 0.35 * number), height * (0.28 + 0.05 * number), "#1FFFFFFF")
    brush.canvas.restore()


def _favourites(front: Front) -> list[str]:
    """The categories in the shop's own order."""
    names = list(CATEGORIES)
    order = uniform(front.web.seed, f"categories {front.host}", len(names)).tolist()
    return [name for _, name in sorted(zip(order, names, strict=True))]


def _picked(front: Front) -> list[Product]:
    """The favourite of each of a few categories."""
    names = _favourites(front)[TILES : TILES + PICKED]
    return [front.shops.in_category(front.host, name)[0] for name in names]
