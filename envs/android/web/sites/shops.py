"""Five shops: one engine, five looks."""

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from palaestra.envs.android.ui.view import View
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.catalogue import Product, catalogue
from palaestra.envs.android.web.search import search
from palaestra.envs.android.web.shops.front import Front
from palaestra.envs.android.web.shops.home import category, deals, everything, home
from palaestra.envs.android.web.shops.looks import LOOKS, route
from palaestra.envs.android.web.shops.pages import cart, help_page, lost, sign_in
from palaestra.envs.android.web.shops.product_page import product_page
from palaestra.envs.android.web.shops.results import results
from palaestra.envs.android.web.site import Loaded, Place, Site, Visit, Web

_PAGES: Mapping[str, Callable[[Front], View]] = MappingProxyType(
    {"home": home, "deals": deals, "all": everything, "cart": cart, "sign_in": sign_in, "help": help_page}
)
"""Pages that an address names without more."""


class Shop(Site):
    """A shop; which one, the host says."""

    def page(self, web: Web, address: Address, visit: Visit) -> Loaded:
        """Any of its pages."""
        front = Front(LOOKS[address.host], web, address, visit)
        kind, value = route(front.look, address)
        product = sold(web, address.host, value) if kind == "product" else None
        status, title = 200, self.name
        if product is not None:
            root, title = product_page(front, product), product.name
        elif kind == "results":
            root, title = results(front, value), f"{value[:60]} - {self.name}"
        elif kind == "category":
            root, title = category(front, value), f"{front.say.category(value)} - {self.name}"
        elif kind in _PAGES:
            root = _PAGES[kind](front)
        else:
            root, status, title = lost(front), 404, front.say("lost")
        return Loaded(status, title, root, 180 + zlib.crc32(str(address).encode()) % 300)

    def place(self, web: Web, address: Address) -> Place:
        """What an address shows: a search also says for which words, a product's page for which product."""
        kind, value = route(LOOKS[address.host], address)
        if kind == "results":
            found = search(catalogue(web.seed), address.host, value)
            return Place("results", value, found.corrected)
        if kind == "product":
            product = sold(web, address.host, value)
            return Place("product", entity=str(product.id)) if product is not None else Place("error")
        if kind in ("home", "cart", "error"):
            return Place(kind)
        return Place("page", entity=value or kind)


def sold(web: Web, host: str, number: str) -> Product | None:
    """A product by its number; None if there is none, or the shop doesn't sell it."""
    shops = catalogue(web.seed)
    product = shops.product(int(number))
    return product if product is not None and shops.is_sold(host, product) else None


class BestBuy(Shop):
    """bestbuy.com."""

    hosts = ("bestbuy.com",)
    name = "Best Buy"


class Ebay(Shop):
    """ebay.com."""

    hosts = ("ebay.com",)
    name = "eBay"


class Costco(Shop):
    """costco.com."""

    hosts = ("costco.com",)
    name = "Costco"


class Walmart(Shop):
    """walmart.com."""

    hosts = ("walmart.com",)
    name = "Walmart"


class Newegg(Shop):
    """newegg.com."""

    hosts = ("newegg.com",)
    name = "Newegg"
