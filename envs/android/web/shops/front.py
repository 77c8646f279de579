"""What all pages of a shop share: header with the search box, cards of products, footer; and the way around."""

import zlib
from typing import Any

from palaestra.envs.android.ui.controls import button, chip, icon_button, text_field
from palaestra.envs.android.ui.view import FILL, Action, View, column, divider, icon, link, paragraph, row, stack, text
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.catalogue import Catalogue, Product, catalogue
from palaestra.envs.android.web.shops.looks import DEALS, EVERYTHING, HELP, Look, category_path, product_path
from palaestra.envs.android.web.shops.pictures import picture
from palaestra.envs.android.web.shops.wording import Wording, money
from palaestra.envs.android.web.site import Visit, Web

MOST_OF_ONE = 99
"""Pieces of one product in a cart."""
FREE_FROM = 3500
"""Price from which delivery is free, cents."""
NARROW = 380
"""Width of a page, dp, below which prices stand below each other."""
STAR = "#B7791F"


class Front:
    """One visit to a page of a shop.

    Attributes:
        look: the shop's.
        host: likewise.
        web, address, visit: of the page.
        shops: the catalogue.
        say: what it says.
        accent: colour of links on the page's ground.
        flips: layout variant: results are a grid where they would be a list, and the other way round.
        compact: layout variant: a header of one line without a menu, sections in another order.
    """

    def __init__(self, look: Look, web: Web, address: Address, visit: Visit):
        self.look, self.web, self.address, self.visit = look, web, address, visit
        self.host = address.host
        self.shops: Catalogue = catalogue(web.seed)
        self.say = Wording(int(web.knobs.get("language", 0)))
        self.accent = look.accent_dark if visit.dark else look.accent
        layout = int(web.knobs.get("layout", 0))
        self.flips, self.compact = bool(layout & 1), bool(layout & 2)

    # --- addresses

    def at(self, path: str, **query: str | int | None) -> Address:
        """An address of this shop."""
        return self.address.at(path, **query)

    def goes(self, path: str, **query: str | int | None) -> Action:
        """What a touch does that loads a page of this shop."""
        return lambda: self.visit.go(self.at(path, **query))

    def search(self, query: str) -> None:
        """Load the results of a query."""
        words = " ".join(query.split())
        if words:
            self.visit.go(self.at(self.look.search, **{self.look.query: words}))

    def open(self, product: Product, **via: Any) -> Action:
        """What a touch on a product does."""
        return lambda: self.visit.go(self.at(product_path(self.look, product)), **via)

    def draw(self, purpose: str, below: int) -> int:
        """A number in 0 .. below - 1 that depends on the web's seed, the shop and a purpose."""
        return zlib.crc32(f"{self.web.seed} {self.host} {purpose}".encode()) % below

    # --- the cart

    @property
    def cart(self) -> dict[str, int]:
        """Number of pieces by product; to be changed through ``put``."""
        kept = self.visit.cookies.get("cart")
        return dict(kept) if isinstance(kept, dict) else {}

    def put(self, product: Product, count: int) -> None:
        """Have that many pieces of a product in the cart."""
        cart = self.cart
        cart.pop(str(product.id), None) if count < 1 else cart.update({str(product.id): min(count, MOST_OF_ONE)})
        self.visit.cookies["cart"] = cart

    def add(self, product: Product) -> None:
        """Put one more into the cart."""
        self.put(product, self.cart.get(str(product.id), 0) + 1)

    # --- the page around

    def page(self, *body: View | None, query: str = "") -> View:
        """Header, body and footer."""
        return column(self._header(query), *body, self._footer(), width=FILL, background="surface")

    def _header(self, query: str) -> View:
        look = self.look
        ground, ink = (look.accent, "#FFFFFF") if look.solid else ("surface_container", "on_surface")
        box = self._search_box(query)
        pieces = sum(self.cart.values())
        cart = stack(
            icon("cart-outline", 24, ink, gravity="center"),
            text(str(pieces), "fixed label_small", ink, 1, gravity="top end", margin=(0, 4, 6, 0)) if pieces else None,
            width=48,
            height=48,
            desc=self.say("cart_items", count=pieces) if pieces else self.say("cart"),
            id="cart",
            cls="android.widget.Button",
            on_click=self.goes(look.cart),
        )
        name = text(look.name, "title_large", ink if look.solid else self.accent, 1, id="home", on_click=self.goes("/"))
        if self.compact:
            name.font, name.margin = "title_medium", (8, 0)
            box.weight = 1
            return row(name, box, cart, width=FILL, background=ground, padding=(4, 8), gap=4)
        menu = icon_button("menu", self.goes(EVERYTHING), self.say("menu"), foreground=ink, id="menu")
        account = icon_button("account-outline", self.goes(look.sign_in), self.say("account"), foreground=ink)
        name.weight = 1
        bar = row(menu, name, account, cart, width=FILL, height=56, padding=(4, 0))
        return column(bar, row(box, width=FILL, padding=(12, 0, 12, 10)), width=FILL, background=ground)

    def _search_box(self, query: str) -> View:
        form = self.visit.form

        def submit() -> None:
            self.search(form.get("q", query))

        field = text_field(
            form.get("q", query),
            lambda value: form.update(q=value),
            hint=self.say("search_in", shop=self.look.name) if not self.compact else self.say("search"),
            id="search",
            action="search",
            on_submit=submit,
            background="surface_container_lowest",
            radius=max(self.look.radius, 4) if self.look.solid else 24,
            min_height=48,
            padding=(16, 12, 48, 12),
        )
        # beside the field, not in it: of a view with children, accessibility tells the children only
        lens = icon_button("magnify", submit, self.say("search"), id="search_button", gravity="end center")
        return stack(field, lens, width=FILL)

    def _footer(self) -> View:
        say = self.say
        links = [
            link(say("all_categories"), self.goes(EVERYTHING), self.accent),
            link(say("deals"), self.goes(DEALS), self.accent),
            link(say("sign_in"), self.goes(self.look.sign_in), self.accent),
            link(say("help"), self.goes(HELP), self.accent),
        ]
        pieces: list[View | str] = [links[0]]
        for each in links[1:]:
            pieces += ["   ", each]
        return column(
            divider(),
            paragraph(*pieces, font="body_medium", width=FILL),
            width=FILL,
            gap=16,
            padding=(16, 24, 16, 24),
        )

    # --- parts of pages

    def heading(self, words: str, more: Action = None) -> View:
        """A section's title, with a link to all of it."""
        see = text(self.say("see_all"), "label_large", self.accent, 1, padding=(0, 12), on_click=more) if more else None
        return row(
            text(words, "title_medium", lines=2, weight=1, padding=(0, 12)), see, width=FILL, padding=(16, 0), gap=12
        )

    def button(self, words: str, on_click: Action, *, filled: bool = True, **options: Any) -> View:
        """A button in the shop's colour."""
        look = {"background": self.look.accent, "foreground": "#FFFFFF"} if filled else {"foreground": self.accent}
        style = "filled" if filled else "outlined"
        return button(words, on_click, style, radius=max(4, self.look.radius), **{**look, **options})

    def price(self, product: Product, font: str = "title_medium", *, narrow: bool = False) -> View:
        """The price and, of a deal, the former one: beside it, or below where there is little room."""
        now = text(money(product.price), font, "error" if product.was else "on_surface", 1)
        if not product.was:
            return now
        was = text(self.say("was", price=money(product.was)), "body_small", "on_surface_variant", 1)
        return column(now, was) if narrow or self.visit.width_dp < NARROW else row(now, was, gap=6)

    def chip(self, words: str, selected: bool, on_click: Action, key: str) -> View:
        """A chip in the shop's colour when selected."""
        look = {"background": self.look.accent, "foreground": "#FFFFFF"} if selected else {}
        return chip(words, selected, on_click, key=key, **look)

    def rating(self, product: Product) -> View:
        """Stars and the number of reviews."""
        words = f"{product.rating / 10:.1f} {self.say('reviews', count=f'{product.reviews:,}')}"
        return row(icon("star", 16, STAR), text(words, "body_small", "on_surface_variant", 1), gap=4)

    def delivery(self, product: Product) -> str:
        """Words about the delivery of a product."""
        if product.price >= FREE_FROM:
            return self.say("free") if product.id % 3 else self.say("pickup")
        return self.say("delivery", price=money(499))

    def card(self, product: Product, on_click: Action, *, label: str = "", **options: Any) -> View:
        """A product in a grid or a row of cards."""
        return column(
            text(label, "label_small", "on_surface_variant", 1) if label else None,
            picture(product, FILL, 124),
            text(product.name, "body_medium", lines=4),
            self.rating(product),
            self.price(product, narrow=True),
            **{"gap": 6, "padding": 8, **self._surface(), "on_click": on_click, **options},
        )

    def line(self, product: Product, on_click: Action, *, label: str = "", **options: Any) -> View:
        """A product in a list."""
        words = column(
            text(label, "label_small", "on_surface_variant", 1) if label else None,
            text(product.name, "body_medium", lines=3),
            self.rating(product),
            self.price(product),
            text(self.delivery(product), "body_small", "on_surface_variant", 1),
            gap=3,
            weight=1,
        )
        return row(
            picture(product, 112, 112),
            words,
            **{"width": FILL, "gap": 12, "padding": 8, **self._surface(), "on_click": on_click, **options},
        )

    def _surface(self) -> dict[str, Any]:
        return {
            "background": "surface_container_lowest",
            "border": "outline_variant",
            "radius": self.look.radius,
            "cls": "android.view.View",
        }

    def tile(self, category: str, glyph: str) -> View:
        """A category to touch."""
        return column(
            stack(
                icon(glyph, 28, self.accent, gravity="center"),
                width=56,
                height=56,
                radius=28,
                background="surface_container_high",
            ),
            text(self.say.category(category), "body_small", lines=2, text_align="center"),
            width=FILL,
            align="center",
            gap=4,
            padding=(2, 6),
            key=category,
            on_click=self.goes(category_path(self.look, category)),
        )
