"""Questions: one for all wordings, and the answers to them."""

import pytest

from palaestra.envs.android.tasks.aitw.grammar import known_lines
from palaestra.envs.android.tasks.aitw.questions import question_for
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.answers import KINDS, answer
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.places import HERE
from palaestra.envs.android.web.portals.looks import PORTALS, address_of, asked, host_of, video_address
from palaestra.envs.android.web.portals.searching import links, understood
from palaestra.envs.android.web.questions import PRODUCT_KINDS, ask, question_of
from palaestra.envs.android.web.search import search
from palaestra.envs.android.web.site import Web
from palaestra.envs.android.web.web import known_sites, place_of

NOON = 1_700_000_000_000_000


def asking():
    """The lines that ask the web something, and their questions."""
    for line in known_lines("general"):
        question = question_for(line.template, line.slots)
        if question is not None:
            yield line.slots["line"], question


def test_an_instruction_as_a_query_is_the_question_of_its_slots():
    pairs = list(asking())
    assert len(pairs) == 443
    assert [line for line, question in pairs if question_of(line) != question] == []
    assert [line for line, question in pairs if understood(line).question != question] == []


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("What's the weather like inToronto?", ask("weather", "Toronto")),
        ("How much does a3 bedroom apartment rent for in Portland?", ask("rent", "Portland", "3")),
        ("weather", ask("weather", HERE)),
        ("price of the new iPhone on eBay", ask("price", "iPhone", "ebay.com")),
        ("EGO Power+ snow blower price", ask("price", "snow blower EGO Power+")),
        ("new blush on Sephora", ask("find", "blush", "sephora.com")),
        ("new products by Samsung", ask("new", "Samsung")),
        ("iPhone 8 pictures", ask("look", "iPhone 8")),
        ("a nice sofa on eBay", ask("find", "sofa", "ebay.com")),
        ("tech news", ask("news", "technology")),
        ("GameSpot News latest video", ask("video", "GameSpot News")),
        ("nearest verizon store", ask("nearest", "Verizon")),
        ("5 bedroom apartment in Boston", ask("rent", "Boston", "5")),
        ("top post on reddit this week", ask("reddit", "top", "week")),
        ("yen to euro exchange rate", ask("rate", "JPY", "EUR")),
        ("euro euro exchange rate", ask("rate", "USD", "EUR")),
        ("portugal music", ask("video", "Portugal")),
        ("new york", None),
        ("blush", None),
        ("", None),
        ("\N{GRINNING FACE}", None),
    ],
)
def test_queries(query, question):
    assert question_of(query) == question


@pytest.mark.parametrize(
    ("query", "subject"),
    [
        ("the new Bruno Mars video", "Bruno Mars"),
        ("latest video from the New York Times", "New York Times"),
        ("What's on the menu at Chick-fil-A?", "Chick-fil-A"),
        ("What's on the menu at Papa John's?", "Papa John's"),
        ("How do I get to the nearest AT&T Store?", "AT&T"),
        ("nearest best buy", "Best Buy"),
        ("What is the price of a 12' ladder at Home Depot?", "12' ladder"),
        ("beach hat price, red", "beach hat red"),
    ],
)
def test_headings_have_the_words_that_were_said(query, subject):
    question = question_of(query)
    assert question.subject == subject
    assert question == ask(question.kind, question.about, question.detail)


def test_every_question_has_a_page_that_answers_it():
    web = Web(0)
    assert {kind for portal in PORTALS.values() for kind in portal.kinds} | {*PRODUCT_KINDS} == {*KINDS}
    assert known_sites().keys() >= PORTALS.keys() | {"google.com", "homedepot.com", "lowes.com", "sephora.com"}
    for line, question in asking():
        asked_for = question_of(line)
        address = address_of(asked_for)
        if address is not None:
            assert asked(parse(str(address))).question == question, address
            place = place_of(web, parse(str(address)), {})
            assert (place.kind, place.entity) == ("page", str(question))
            assert place_of(web, address.at("/search", q=line), {}).entity == str(question)
        found = place_of(web, parse("google.com").at("/search", q=line), {})
        assert (found.kind, found.query, found.entity) == ("results", line, str(question))
        assert links(0, understood(line), NOON) or (address is None and "$" in answer(0, question, NOON).items[0].value)


def test_misspelt_words_of_questions_are_put_right():
    reading = understood("exhange rate dollar to euro in Singapor")
    assert reading.corrected == "exchange rate dollar to euro in singapore"
    assert reading.question == ask("rate", "USD", "EUR")
    assert place_of(Web(0), parse("google.com/search?q=restuarant+in+Barcelon"), {}).corrected != ""


def test_a_price_is_that_of_the_shop():
    number = search(catalogue(3), "ebay.com", "iphone").ids[0]
    cents = catalogue(3).product(number).price
    told = answer(3, ask("price", "iPhone", "ebay.com"), NOON)
    assert told.value == f"${cents // 100:,}.{cents % 100:02}" == told.items[0].value
    lowest = answer(3, ask("price", "iPhone"), NOON)
    prices = [float(item.value[1:].replace(",", "")) for item in lowest.items]
    assert prices == sorted(prices)
    assert lowest.value == lowest.items[0].value
    assert answer(3, ask("price", "lipgloss"), NOON).value.startswith("$")


def test_answers_depend_on_the_seed_and_the_question_not_on_its_wording():
    for kind in KINDS:
        about, detail = {"rate": ("USD", "CHF"), "flights": ("London", "Paris"), "rent": ("Boston", "2")}.get(
            kind, ("Peru", "speed" if kind == "fact" else "")
        )
        question = ask(kind, about, detail)
        assert answer(0, question, NOON) == answer(0, ask(kind, about, detail), NOON)
        assert answer(0, question, NOON).title
    one, other = question_of("weather in Seoul"), question_of("What's the weather like in Seoul?")
    assert answer(0, one, NOON) == answer(0, other, NOON) != answer(1, one, NOON)


def test_addresses_of_content_sites():
    web = Web(0)

    def place(url):
        return place_of(web, parse(url), {})

    assert place("reddit.com").kind == place("www.youtube.com/home").kind == "home"
    assert place("reddit.com").entity == str(ask("reddit"))
    assert place(str(video_address(ask("video", "Maroon 5"), 1))).entity == f"{ask('video', 'Maroon 5')}#2"
    assert place("google.com").kind == place("google.com/search?q=").kind == "home"
    assert place("youtube.com/results?search_query=drake").entity == str(ask("video", "Drake"))
    for url in (
        "reddit.com/nowhere",
        "skylark-weather.com/flights/London/Paris",
        "youtube.com/watch/Drake?v=7",
        "youtube.com/watch/Drake?v=%F0%9F%98%80",
        "google.com/nowhere",
        "lexicopia.org/capital",
        "lexicopia.org/capital/a/b/c",
        "wallnook.com/%zz/",
        "lexicopia.org/fact/sun/colour",
        "lexicopia.org/rate/USD/XXX",
        "lexicopia.org/rate/EUR/EUR",
        "roomroost.com/rent/Boston/many",
        "wayfarer-travel.com/flights/London",
        "skylark-weather.com/weather/London/tomorrow",
    ):
        assert place(url).kind == "error", url
    assert host_of("price") == ""
