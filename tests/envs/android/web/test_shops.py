"""The shops as their visitors see them: pages, ranks, carts, and what addresses mean."""

import re
import xml.etree.ElementTree as ET

import pytest

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.search import search
from palaestra.envs.android.web.shops.looks import LOOKS, category_path, product_path, route
from palaestra.envs.android.web.shops.pictures import draw_product
from palaestra.envs.android.web.site import Place, Web
from palaestra.envs.android.web.web import connect, place_of

HOSTS = tuple(LOOKS)
RESULTS = {
    "bestbuy.com": "/site/searchpage.jsp?st=",
    "ebay.com": "/sch/i.html?_nkw=",
    "costco.com": "/s?keyword=",
    "walmart.com": "/search?q=",
    "newegg.com": "/p/pl?d=",
    "homedepot.com": "/s?keyword=",
    "lowes.com": "/search?searchTerm=",
    "sephora.com": "/search?keyword=",
}
"""Where each shop shows the results of a query."""


class Visitor:
    """A phone with a tab of its browser in front."""

    def __init__(self, **options):
        self.phone = Device(apps=["com.android.chrome"], **{"render": (54, 120), **options})
        self.phone.open_app("Chrome")
        self.tab = tabs.open_tab(self.phone)
        self.knobs()

    def knobs(self, **knobs):
        connect(self.phone, 0, knobs_of(knobs))

    def go(self, url):
        tabs.go(self.phone, self.tab, url)
        self.phone.settle()
        return self

    def search(self, host, query):
        return self.go(f"{host}{RESULTS[host]}{query.replace(' ', '+')}")

    @property
    def views(self):
        return list(walk(self.phone.window("app").root))

    def texts(self):
        return [view.text for view in self.views if view.text]

    def find(self, name):
        return next(v for v in self.views if name in (v.id, v.desc, v.text) or (v.key and v.key.startswith(name)))

    def press(self, name):
        self.find(name).on_click()
        self.phone.screen_changed()
        self.phone.settle()
        return self

    @property
    def shown(self):
        return tabs.shown(self.phone)


@pytest.fixture(scope="module")
def visitor():
    return Visitor()


@pytest.fixture(scope="module")
def large():
    """Large letters."""
    return Visitor(font_scale=1.3, theme="dark")


def kinds_of_pages(visitor, host):
    """Visits the pages of a shop, one after the other."""
    yield "home", visitor.go(host)
    yield "results", visitor.search(host, "bose quitecomfort 35")
    yield "product", visitor.press("item")
    visitor.press("add_to_cart")
    yield "cart", visitor.press("cart")


@pytest.mark.parametrize("host", HOSTS)
def test_pages_are_within_the_screen_and_their_outputs_agree(visitor, large, host):
    for each in (visitor, large):
        each.knobs(sponsored=1, layout=HOSTS.index(host) % 4, language=HOSTS.index(host) % 2)
        width, height = each.phone.size
        for kind, now in kinds_of_pages(each, host):
            assert now.shown.place.kind == kind
            page = [view for view in now.views if view.clip is not None]
            for view in page:
                left, top, right, bottom = view.clip
                assert 0 <= left < right <= width
                assert 0 <= top < bottom <= height
            aside = tuple(f"{view.path}/" for view in page if view.layout == "scroll" and view.horizontal)
            for view in page:  # nothing leaves the page sideways, or is squeezed or cut
                left, top, right, bottom = view.bounds
                assert view.path.startswith(aside) or (left >= 0 and right <= width), view
                if view.kind == "text" and view.text:
                    assert bottom - top >= now.phone.theme.line_height(view.font), view
                    assert view.lines != 1 or right - left >= now.phone.theme.measure(view.text, view.font), view
            nodes = list(ET.fromstring(accessibility.xml(now.phone).encode()).iter("node"))
            written = {(node.get("text"), node.get("bounds")) for node in nodes if node.get("text")}
            (app,) = (window for window in accessibility.forest(now.phone) if window["name"] == "app")
            told = {
                (node["text"], "[{},{}][{},{}]".format(*node["bounds"]))
                for node in app["nodes"]
                if node["text"] and node["visible"]
            }
            assert told <= written
            assert {view.text for view in page if view.kind == "text"} <= {text for text, _ in told}
            assert len([view for view in page if view.clickable]) >= 4


def test_results_carry_their_rank_and_the_corrected_query(visitor):
    for host in HOSTS:
        for amount in (0, 2):
            visitor.knobs(sponsored=amount)
            visitor.search(host, "Bose quitecomfort 35")
            assert visitor.shown.place == Place("results", "Bose quitecomfort 35", "bose quietcomfort 35")
            cards = [view for view in visitor.views if re.match(r"(item|ad)\d+$", view.key)]
            found = search(catalogue(0), host, "bose quietcomfort 35").ids
            assert [view.key for view in cards[:amount]] == [v.key for v in cards if v.key.startswith("ad")][:amount]
            items = [view for view in cards if view.key.startswith("item")]
            assert [int(view.key.removeprefix("item")) for view in items] == list(found[:12])
            items[2].on_click()
            visitor.phone.settle()
            assert visitor.shown.via == {"rank": 3, "query": "bose quietcomfort 35", "sponsored": False}
            assert visitor.shown.place == Place("product", entity=str(found[2]))
            if amount:
                visitor.search(host, "bose quietcomfort 35").press("ad")
                assert visitor.shown.via == {"rank": 0, "query": "bose quietcomfort 35", "sponsored": True}
                assert int(visitor.shown.place.entity) not in found


def test_ranks_count_only_in_the_order_of_relevance(visitor):
    visitor.knobs()
    visitor.search("ebay.com", "macbook").press("Price: low to high").press("item")
    assert visitor.shown.via["rank"] == 0
    visitor.search("ebay.com", "macbook").press("Next").press("item")
    assert visitor.shown.via["rank"] == 0


def prices(visitor):
    found = [view.text for view in visitor.views if re.fullmatch(r"\$[\d,]+\.\d\d", view.text)]
    return [float(price[1:].replace(",", "")) for price in found]


def test_sorting_and_filters_change_the_results(visitor):
    visitor.knobs()
    visitor.search("walmart.com", "macbook").press("Price: low to high")
    assert prices(visitor) == sorted(prices(visitor))
    visitor.press("Price: high to low")
    assert prices(visitor) == sorted(prices(visitor), reverse=True)
    visitor.press("Best match").press("On sale")
    assert len(prices(visitor)) == sum("Was " in text for text in visitor.texts()) > 0
    under = next(text for text in visitor.texts() if text.startswith("Under $"))
    visitor.press("On sale").press(under)
    assert max(prices(visitor)) < float(under[7:].replace(",", ""))
    visitor.search("walmart.com", "macbook").press("Next")
    assert visitor.shown.address.get("page") == "2"
    assert any(text.startswith("Page 2 of ") for text in visitor.texts())


def test_the_search_box_searches(visitor):
    visitor.knobs()
    visitor.go("newegg.com")
    (bounds,) = (e["bounds"] for e in accessibility.elements(visitor.phone) if e["id"].endswith("/search"))
    visitor.phone.tap((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    visitor.phone.type_text("razer naga")
    visitor.press("search_button")
    assert visitor.shown.place == Place("results", "razer naga", "razer naga")
    bounds = visitor.find("search").bounds
    visitor.phone.tap(bounds[0] + 300, (bounds[1] + bounds[3]) / 2)
    visitor.phone.type_text(" pro")
    visitor.phone.press("ENTER")
    visitor.phone.settle()
    assert visitor.shown.place == Place("results", "razer naga pro", "razer naga pro")


def test_a_query_without_results_suggests_others(visitor):
    visitor.knobs()
    for query in (
        "xqzvv+wwwz",
        "",
        "%F0%9F%98%80",
        "a" * 1900,
        "%D7%A9%D7%9C%D7%95%D7%9D",
        "';+DROP+TABLE+products;+--",
    ):
        visitor.go(f"costco.com/s?keyword={query}")
        assert "Popular searches" in visitor.texts()
        visitor.press("Samsung TV")
        assert visitor.shown.place.corrected == "samsung tv"


def test_a_cart_keeps_what_was_put_into_it(visitor):
    visitor.knobs()
    visitor.go("walmart.com/cart")
    while any(view.id == "remove" for view in visitor.views):
        visitor.press("remove")
    assert "Your cart is empty" in visitor.texts()
    numbers = search(catalogue(0), "walmart.com", "jbl flip 4").ids[:2]
    for number in numbers:
        visitor.go(f"walmart.com/ip/any/{number}").press("add_to_cart")
    visitor.press("View cart").press("more")
    first, second = (catalogue(0).product(number).price for number in numbers)
    assert visitor.find("subtotal").text == f"${(2 * first + second) / 100:,.2f}"
    visitor.press("less").press("less")
    assert visitor.find("subtotal").text == f"${second / 100:,.2f}"
    visitor.go("ebay.com/cart")
    assert visitor.phone.prefs(tabs.PACKAGE)["cookies"]["walmart.com"]["cart"] == {str(numbers[1]): 1}


def test_options_lead_to_the_product_that_has_them(visitor):
    visitor.knobs()
    number = search(catalogue(0), "bestbuy.com", "macbook air").ids[0]
    before = dict(catalogue(0).product(number).options)
    other = next(value for value in ("8GB", "16GB", "32GB") if value != before["memory"])
    visitor.go(f"bestbuy.com/site/any/{number}.p").press(other)
    after = catalogue(0).product(int(visitor.shown.place.entity))
    assert (after.family, dict(after.options)["memory"]) == ("macbook-air", other)
    assert visitor.shown.via == {}


def test_signing_in_wants_both_words(visitor):
    visitor.knobs()
    visitor.go("costco.com/LogonForm").press("sign_in")
    assert "Enter an email address and a password" in visitor.texts()
    visitor.find("email").on_change("ann@example.com")
    visitor.phone.screen_changed()
    visitor.find("password").on_change("secret")
    visitor.press("sign_in")
    assert "Signed in as ann@example.com" in visitor.texts()
    visitor.press("Sign out")
    assert "Sign in" in visitor.texts()


@pytest.mark.parametrize("host", HOSTS)
def test_addresses_say_what_they_show(host):
    web, look = Web(0, knobs_of({})), LOOKS[host]
    product = catalogue(0).product(search(catalogue(0), host, "dell xps").ids[0])
    gone = next(each for each in catalogue(0).products if not catalogue(0).is_sold(host, each))

    def place(url):
        return place_of(web, parse(host + url), {})

    assert place("") == place("/") == Place("home")
    assert place_of(web, parse(f"http://www.{host}/"), {}) == place_of(web, parse(f"m.{host}"), {}) == Place("home")
    assert place(RESULTS[host] + "Dell%20XPS") == Place("results", "Dell XPS", "dell xps")
    assert place(product_path(look, product)) == Place("product", entity=str(product.id))
    assert place(category_path(look, "smart_home")) == Place("page", entity="smart_home")
    assert place(look.cart) == Place("cart")
    for path in (product_path(look, gone), "/nowhere", "/itm/99999999999", "/%zz", "/ip/x/0", "/../../etc"):
        assert place(path) == Place("error"), path


def test_unknown_pages_are_404(visitor):
    visitor.knobs()
    visitor.go("newegg.com/nowhere")
    assert "We can’t find that page" in visitor.texts()
    visitor.press("Go to the home page")
    assert visitor.shown.place == Place("home")


def test_every_way_from_the_home_page_leads_somewhere(visitor):
    visitor.knobs()
    for host in HOSTS:
        ways = [view.on_click for view in visitor.go(host).views if view.on_click and re.search(r"/page\d", view.path)]
        assert len(ways) > 30
        for way in ways[::3]:
            way()
            visitor.phone.settle()
            assert visitor.shown.place.kind != "error"


def test_layouts_and_languages_differ(visitor):
    seen = {}
    for layout in range(4):
        visitor.knobs(layout=layout)
        visitor.search("ebay.com", "dell xps")
        seen[layout] = tuple(view.bounds for view in visitor.views)
        visitor.go("ebay.com")
        seen[layout] += tuple(view.text for view in visitor.views)
    assert len(set(seen.values())) == 4
    visitor.knobs(language=1)
    visitor.search("ebay.com", "dell xps")
    assert any("resultados para «dell xps»" in text for text in visitor.texts())


class Strokes:
    """A brush that notes what is drawn where."""

    def __init__(self):
        self.boxes = []

    def rect(self, box, *look):
        self.boxes.append(box)

    def circle(self, x, y, radius, *look):
        self.boxes.append((x - radius, y - radius, x + radius, y + radius))

    def line(self, x1, y1, x2, y2, *look):
        self.boxes.append((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))

    def arc(self, box, *look):
        self.boxes.append(box)

    def polygon(self, points, *look):
        xs, ys = zip(*points, strict=True)
        self.boxes.append((min(xs), min(ys), max(xs), max(ys)))

    def glyph(self, name, box, *look):
        self.boxes.append(box)


def test_pictures_stay_in_their_tiles():
    for shape in {product.shape for product in catalogue(0).products}:
        for variant in range(8):
            brush = Strokes()
            draw_product(brush, (100, 50, 300, 250), None, shape, "#2B2D31", variant, variant % 4)
            assert len(brush.boxes) >= 3
            assert all(x1 >= 100 and y1 >= 50 and x2 <= 300 and y2 <= 250 for x1, y1, x2, y2 in brush.boxes), shape


def test_routes_are_the_paths_they_are_made_of():
    for host, look in LOOKS.items():
        for product in catalogue(0).products[::97]:
            address = parse(host + product_path(look, product))
            assert route(look, address) == ("product", str(product.id))
