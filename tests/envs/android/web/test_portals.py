"""The search engine and the content sites as their visitors see them."""

import xml.etree.ElementTree as ET

import pytest

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.answers import KINDS, answer
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.portals.looks import PORTALS, address_of
from palaestra.envs.android.web.questions import ask, question_of
from palaestra.envs.android.web.web import connect

QUERIES = {
    "best": "best selling refrigerators",
    "buy": "buy a beach hat",
    "capital": "capital of Sri Lanka",
    "fact": "size of the universe",
    "find": "new skincare product",
    "flights": "flights from Mexico City to Buenos Aires",
    "hotels": "hotels in Washington DC",
    "leader": "prime minister of the United Kingdom",
    "look": "iPhone 8 pictures",
    "menu": "menu of Cheesecake Factory",
    "nearest": "nearest electronics store",
    "new": "new products by Samsung",
    "news": "news about the US dollar exchange rate",
    "price": "price of the EGO 14-in 56-Volt Brushless Cordless Chainsaw",
    "rate": "exchange rate won to dollar",
    "reddit": "top post on reddit",
    "rent": "3 bedroom apartment rent in Philadelphia",
    "restaurants": "vegetarian restaurants in San Francisco",
    "time": "time in Johannesburg",
    "video": "latest video from GameSpot Trailers",
    "wallpapers": "wallpapers for my desktop",
    "weather": "weather in Rio de Janeiro",
}


class Visitor:
    """A phone with a tab of its browser in front."""

    def __init__(self, **options):
        self.phone = Device(apps=["com.android.chrome"], **{"render": (54, 120), **options})
        self.phone.open_app("Chrome")
        self.tab = tabs.open_tab(self.phone)
        connect(self.phone, 0, knobs_of({}))

    def go(self, url):
        tabs.go(self.phone, self.tab, str(url))
        self.phone.settle()
        return self

    @property
    def views(self):
        return list(walk(self.phone.window("app").root))

    def find(self, name):
        return next(view for view in self.views if name in (view.id, view.desc, view.text, view.key))

    def press(self, name):
        self.find(name).on_click()
        self.phone.screen_changed()
        self.phone.settle()
        return self

    def type(self, words):
        """Into the page's search box, which is searched for."""
        left, top, right, bottom = self.find("search").bounds
        self.phone.tap((left + right) / 2, (top + bottom) / 2)
        self.phone.settle()
        self.phone.type_text(words)
        self.phone.press("ENTER")
        self.phone.settle()
        return self

    @property
    def place(self):
        return tabs.shown(self.phone).place


@pytest.fixture(scope="module")
def visitor():
    return Visitor()


def check(visitor):
    """Nothing is cut or leaves the page sideways; the forest and the XML agree."""
    phone, page = visitor.phone, [view for view in visitor.views if view.clip is not None]
    width, _ = phone.size
    aside = tuple(f"{view.path}/" for view in page if view.layout == "scroll" and view.horizontal)
    for view in page:
        left, top, right, bottom = view.bounds
        assert view.path.startswith(aside) or (left >= 0 and right <= width), view
        if view.kind == "text" and view.text:
            assert bottom - top >= phone.theme.line_height(view.font), view
            assert view.lines != 1 or right - left >= phone.theme.measure(view.text, view.font), view
    nodes = list(ET.fromstring(accessibility.xml(phone).encode()).iter("node"))
    written = {(node.get("text"), node.get("bounds")) for node in nodes if node.get("text")}
    (app,) = (window for window in accessibility.forest(phone) if window["name"] == "app")
    told = {(n["text"], "[{},{}][{},{}]".format(*n["bounds"])) for n in app["nodes"] if n["text"] and n["visible"]}
    assert told <= written
    assert {view.text for view in page if view.kind == "text"} <= {text for text, _ in told}


def test_every_answer_is_in_sight_on_the_card_and_on_its_page(visitor):
    assert QUERIES.keys() == {*KINDS}
    large = Visitor(theme="dark", font_scale=1.3)
    for number, (kind, query) in enumerate(QUERIES.items()):
        question = question_of(query)
        assert question.kind == kind
        each = large if number % 2 else visitor
        connect(each.phone, 0, knobs_of({"layout": number % 4}))
        told = answer(0, question, each.phone.now_us)
        for address in filter(None, (parse("google.com").at("/search", q=query), address_of(question))):
            each.go(address)
            check(each)
            view = each.find("answer")
            assert view.clip == view.bounds
            words = " ".join(part.text for part in walk(view) if part.text)
            first = told.value or told.items[0].title
            assert all(piece.strip().lower() in words.lower() for piece in first.split(",")), (address, words)
            assert told.title in {part.text for part in each.views}


def test_every_site_has_a_first_page_a_search_and_an_error(visitor):
    connect(visitor.phone, 0, knobs_of({}))
    for host, portal in PORTALS.items():
        check(visitor.go(host))
        assert (visitor.place.kind, visitor.place.entity) == ("home", str(portal.front))
        visitor.type(portal.popular[0])
        assert visitor.place.kind == "results"
        question = question_of(portal.popular[0])
        assert visitor.place.entity == str(question)
        visitor.press("home").press("popular1")
        assert visitor.place.entity == str(question_of(portal.popular[1]))
        check(visitor.go(f"{host}/no/such/page/here"))
        assert visitor.find("no_results").text == "We can’t find that page"


def test_the_search_engine_searches_corrects_and_links(visitor):
    visitor.go("google.com").type("exhange rate dollar to yen")
    assert visitor.place.corrected == "exchange rate dollar to yen"
    assert visitor.place.entity == str(ask("rate", "USD", "JPY"))
    assert "exchange rate dollar to yen" in {view.text for view in visitor.views}
    visitor.press("result0")
    assert tabs.shown(visitor.phone).address.host == "lexicopia.org"
    assert (visitor.place.kind, visitor.place.entity) == ("page", str(ask("rate", "USD", "JPY")))
    assert tabs.shown(visitor.phone).via == {"rank": 1}
    visitor.go("google.com/search?q=sephora+blush").press("result0")
    assert (tabs.shown(visitor.phone).address.host, visitor.place.kind) == ("sephora.com", "home")
    visitor.go("google.com/search?q=blush").press("answer")
    assert visitor.place.corrected == "blush"
    visitor.go("google.com").press("Weather in Paris")
    assert visitor.place.entity == str(ask("weather", "Paris"))


def test_odd_queries_find_nothing(visitor):
    for query in ("xqzvv", "%F0%9F%98%80", "a" * 1900, "%D7%A9%D7%9C%D7%95%D7%9D", "'; DROP TABLE pages; --"):
        for address in (f"google.com/search?q={query}", f"roomroost.com/search?q={query}"):
            check(visitor.go(address.replace(" ", "+")))
            assert visitor.place.kind == "results"
        assert visitor.go(f"google.com/search?q={query}".replace(" ", "+")).find("no_results")


def test_a_video_plays_until_it_is_paused(visitor):
    visitor.go("youtube.com").type("maroon 5").press("item1")
    question = ask("video", "Maroon 5")
    assert (visitor.place.kind, visitor.place.entity) == ("video", f"{question}#2")
    check(visitor)
    title = answer(0, question, visitor.phone.now_us).items[1].title
    assert visitor.find("answer").text.lower() == title.lower()
    visitor.press("Pause").press("Play").press("item0")
    assert visitor.place.entity == f"{question}#1"
    assert visitor.find("Pause")
