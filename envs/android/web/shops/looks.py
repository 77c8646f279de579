"""What tells the shops apart: colours of our own, the shape of pages, and addresses like those of the real ones."""

import functools
import re
from dataclasses import dataclass
from typing import NamedTuple

from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.catalogue import Product
from palaestra.envs.android.web.catalogue_families import CATEGORIES

HOME = ("/", "/home", "/index.html")
SEARCHES = ("/s", "/search")
"""Paths that every shop understands as a search, with the words in ``q``."""
DEALS, EVERYTHING, HELP = "/deals", "/all", "/help"


@dataclass(frozen=True, slots=True)
class Look:
    """One shop.

    Attributes:
        name: as written in its header.
        accent: colour of its header or buttons.
        accent_dark: colour of links in the dark theme.
        solid: whether the header has the accent's colour.
        grid: whether results are a grid rather than a list.
        radius: of cards and buttons, dp.
        search, query: path of the results page, and name of the words in its address.
        product, category: paths with ``{id}``, ``{slug}`` and ``{category}``.
        cart, sign_in: paths.
        sort, page: names in the address of a results page.
    """

    name: str
    accent: str
    accent_dark: str
    solid: bool
    grid: bool
    radius: int
    search: str
    query: str
    product: str
    category: str
    cart: str
    sign_in: str
    sort: str
    page: str


class Route(NamedTuple):
    """What an address of a shop means: home, results, product, category, cart, sign_in, deals, all, help or error."""

    kind: str
    value: str = ""


LOOKS: dict[str, Look] = {
    "bestbuy.com": Look(
        "Best Buy",
        "#0B6E6E",
        "#5FD3D0",
        solid=True,
        grid=False,
        radius=4,
        search="/site/searchpage.jsp",
        query="st",
        product="/site/{slug}/{id}.p",
        category="/site/{category}/c",
        cart="/cart",
        sign_in="/identity/signin",
        sort="sp",
        page="cp",
    ),
    "ebay.com": Look(
        "eBay",
        "#7B2D6B",
        "#E59AD6",
        solid=False,
        grid=False,
        radius=16,
        search="/sch/i.html",
        query="_nkw",
        product="/itm/{id}",
        category="/b/{category}",
        cart="/cart",
        sign_in="/signin",
        sort="_sop",
        page="_pgn",
    ),
    "costco.com": Look(
        "Costco",
        "#2E6B34",
        "#8FD394",
        solid=False,
        grid=True,
        radius=2,
        search="/s",
        query="keyword",
        product="/{slug}.product.{id}.html",
        category="/{category}.html",
        cart="/CheckoutCartDisplayView",
        sign_in="/LogonForm",
        sort="sortBy",
        page="currentPage",
    ),
    "walmart.com": Look(
        "Walmart",
        "#8A4B14",
        "#F0B27A",
        solid=True,
        grid=True,
        radius=12,
        search="/search",
        query="q",
        product="/ip/{slug}/{id}",
        category="/browse/{category}",
        cart="/cart",
        sign_in="/account/login",
        sort="sort",
        page="page",
    ),
    "newegg.com": Look(
        "Newegg",
        "#3B3F9E",
        "#A9B0FF",
        solid=True,
        grid=False,
        radius=8,
        search="/p/pl",
        query="d",
        product="/{slug}/p/{id}",
        category="/{category}/store",
        cart="/shop/cart",
        sign_in="/login",
        sort="Order",
        page="page",
    ),
    "homedepot.com": Look(
        "Home Depot",
        "#5C4A2E",
        "#DFC79A",
        solid=True,
        grid=False,
        radius=6,
        search="/s",
        query="keyword",
        product="/p/{slug}/{id}",
        category="/b/{category}",
        cart="/mycart/home",
        sign_in="/auth/view/signin",
        sort="sortby",
        page="page",
    ),
    "lowes.com": Look(
        "Lowe’s",
        "#20505E",
        "#8CCBDB",
        solid=False,
        grid=True,
        radius=8,
        search="/search",
        query="searchTerm",
        product="/pd/{slug}/{id}",
        category="/c/{category}",
        cart="/cart",
        sign_in="/u/login",
        sort="sortMethod",
        page="page",
    ),
    "sephora.com": Look(
        "Sephora",
        "#8E2F4F",
        "#F1A9BF",
        solid=False,
        grid=True,
        radius=20,
        search="/search",
        query="keyword",
        product="/product/{slug}-P{id}",
        category="/shop/{category}",
        cart="/basket",
        sign_in="/profile/signin",
        sort="sortBy",
        page="currentPage",
    ),
}
"""By host."""


def route(look: Look, address: Address) -> Route:
    """What an address means; whether there is such a product is for the catalogue to say."""
    path = address.path.rstrip("/") or "/"
    if path in HOME:
        return Route("home")
    if path == look.search or path in SEARCHES:
        return Route("results", address.get(look.query) or address.get("q"))
    fixed = {look.cart: "cart", look.sign_in: "sign_in", DEALS: "deals", EVERYTHING: "all", HELP: "help"}
    if path in fixed:
        return Route(fixed[path])
    match = _pattern(look.product).fullmatch(path)
    if match:
        return Route("product", match[1])
    match = _pattern(look.category).fullmatch(path)
    if match and match[1].replace("-", "_") in CATEGORIES:
        return Route("category", match[1].replace("-", "_"))
    return Route("error")


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    """A path of a look as a regular expression with one group: the id or the category."""
    wild = {r"\{slug\}": "[^/]*", r"\{id\}": "([0-9]{1,9})", r"\{category\}": "([a-z_-]+)"}
    expression = re.escape(path)
    for name, value in wild.items():
        expression = expression.replace(name, value)
    return re.compile(expression)


def product_path(look: Look, product: Product) -> str:
    """The path of a product's page."""
    return look.product.replace("{id}", str(product.id)).replace("{slug}", _slug(product.name))


def category_path(look: Look, category: str) -> str:
    """The path of a category's page."""
    return look.category.replace("{category}", category.replace("_", "-"))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
