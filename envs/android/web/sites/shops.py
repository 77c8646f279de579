"""Five shops: one engine, five themes."""

from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.view import FILL, View, column, row, text
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.site import Loaded, Place, Site, Visit, Web


class Shop(Site):
    """A shop."""

    def page(self, web: Web, address: Address, visit: Visit) -> Loaded:
        """Home, results or a product."""
        place = self.place(web, address)
        form = visit.form
        field = text_field(
            form.get("q", place.query),
            lambda value: form.update(q=value),
            hint="Search everything",
            id="search",
            action="search",
            on_submit=lambda: visit.go(address.at("/s", q=form.get("q", place.query))),
        )
        body: list[View] = [text(f"{place.kind} {place.corrected or place.entity}", "headline_small")]
        if place.kind == "results":
            for rank in range(1, 13):
                body.append(self._card(place, rank, visit))
        return Loaded(200, self.name, column(field, *body, width=FILL, padding=16, gap=12))

    def _card(self, place: Place, rank: int, visit: Visit) -> View:
        def open_product() -> None:
            visit.go(f"/p/{rank}", rank=rank, query=place.corrected, sponsored=False)

        words = text(f"{place.corrected} no. {rank}", lines=2)
        return row(words, width=FILL, height=120, background="surface_container", key=f"r{rank}", on_click=open_product)

    def place(self, web: Web, address: Address) -> Place:
        """By the path."""
        if address.path == "/s":
            return Place("results", address.get("q"), address.get("q").lower())
        return Place("product", entity=address.path[3:]) if address.path.startswith("/p/") else Place("home")


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
