"""Instructions of Android in the Wild are read into templates and slots."""

from collections import Counter

import pytest

from palaestra.data.errors import InputError
from palaestra.data.recipes import aitw
from palaestra.envs.android.tasks import parse_instruction, task
from palaestra.envs.android.tasks.aitw.families import FAMILIES
from palaestra.envs.android.tasks.aitw.grammar import known_lines, plain, read, readings
from palaestra.envs.android.tasks.aitw.template import LineTemplate
from palaestra.envs.android.web.places import places_in
from palaestra.envs.android.web.questions import words_of

WEBSHOP = {"WebVisit": 5, "WebSearch": 170, "WebFirstEntry": 170}
GENERAL = {
    "GeneralNews": 64,
    "GeneralProducts": 58,
    "GeneralRestaurants": 46,
    "GeneralFlights": 37,
    "GeneralCapital": 30,
    "GeneralRent": 29,
    "GeneralFacts": 27,
    "GeneralVideo": 27,
    "GeneralAppSettings": 26,
    "GeneralNearest": 26,
    "GeneralHotels": 23,
    "GeneralInstall": 20,
    "GeneralMenu": 19,
    "GeneralWeather": 19,
    "GeneralOpenApp": 17,
    "GeneralTab": 17,
    "GeneralAlarm": 15,
    "GeneralTime": 14,
    "GeneralExchangeRate": 11,
    "GeneralReddit": 8,
    "GeneralAgenda": 7,
    "GeneralWallpapers": 5,
}
CASES = {
    "Go to walmart.com": ("WebVisit", {"host": "walmart.com"}),
    'Go to ebay.com, search for "usb-c to usb-a"': ("WebSearch", {"host": "ebay.com", "query": "usb-c to usb-a"}),
    'Go to walmart.com, search for "bose quitecomfort 35"': (
        "WebSearch",
        {"host": "walmart.com", "query": "bose quitecomfort 35"},
    ),
    'Go to bestbuy.com, search for "macbook", and select the first entry': (
        "WebFirstEntry",
        {"host": "bestbuy.com", "query": "macbook"},
    ),
    "What's the news?": ("GeneralNews", {"place": "", "topic": "", "period": ""}),
    "What's the news this weekend?": ("GeneralNews", {"place": "", "topic": "", "period": "this weekend"}),
    "What's the news in theFalkland Islands?": (
        "GeneralNews",
        {"place": "Falkland Islands", "topic": "", "period": ""},
    ),
    "What's the news in Trinidad and Tobago?": (
        "GeneralNews",
        {"place": "Trinidad and Tobago", "topic": "", "period": ""},
    ),
    "What's the news about the US?": ("GeneralNews", {"place": "", "topic": "United States", "period": ""}),
    "What's the news about the US dollar exchange rate?": (
        "GeneralNews",
        {"place": "", "topic": "US dollar exchange rate", "period": ""},
    ),
    "What's the latest news in space science?": ("GeneralNews", {"place": "", "topic": "space science", "period": ""}),
    "What's the latest tech news?": ("GeneralNews", {"place": "", "topic": "technology", "period": ""}),
    "How much does the HisenseTV cost?": (
        "GeneralProducts",
        {"want": "price", "product": "Hisense TV", "store": "", "host": ""},
    ),
    "What's the price of the new iPhone on eBay?": (
        "GeneralProducts",
        {"want": "price", "product": "iPhone", "store": "eBay", "host": "ebay.com"},
    ),
    "What is the price of a 12' ladder at Lowes?": (
        "GeneralProducts",
        {"want": "price", "product": "12' ladder", "store": "Lowe's", "host": "lowes.com"},
    ),
    "What's the price of the 2x4x8 boards at Home Depot?": (
        "GeneralProducts",
        {"want": "price", "product": "2x4x8 board", "store": "Home Depot", "host": "homedepot.com"},
    ),
    "What's the price of the 1000-Watt EGO Power+ Snow Blower?": (
        "GeneralProducts",
        {"want": "price", "product": "1000-Watt EGO Power+ Snow Blower", "store": "", "host": ""},
    ),
    "Search for a new foundation (skincare) product": (
        "GeneralProducts",
        {"want": "search", "product": "foundation", "store": "", "host": ""},
    ),
    "WHat are the new products by Samsung on eBay?": (
        "GeneralProducts",
        {"want": "new", "product": "Samsung", "store": "eBay", "host": "ebay.com"},
    ),
    "What does the iPhone 8 look like?": (
        "GeneralProducts",
        {"want": "look", "product": "iPhone 8", "store": "", "host": ""},
    ),
    "Where can I buy a nice beach bag?": (
        "GeneralProducts",
        {"want": "buy", "product": "beach bag", "store": "", "host": ""},
    ),
    "Find a nice sofa on eBay": (
        "GeneralProducts",
        {"want": "find", "product": "sofa", "store": "eBay", "host": "ebay.com"},
    ),
    "What's a goodrestaurant in Austin?": (
        "GeneralRestaurants",
        {"cuisine": "", "quality": "good", "place": "Austin", "maps": False},
    ),
    "What's a good restaurant near me?": (
        "GeneralRestaurants",
        {"cuisine": "", "quality": "good", "place": "here", "maps": False},
    ),
    "Searchfor good French restaurants": (
        "GeneralRestaurants",
        {"cuisine": "french", "quality": "good", "place": "", "maps": False},
    ),
    "Search for top rated burger restaurants on Google Maps": (
        "GeneralRestaurants",
        {"cuisine": "burger", "quality": "top rated", "place": "", "maps": True},
    ),
    "Find coffee shops on Maps": (
        "GeneralRestaurants",
        {"cuisine": "coffee", "quality": "", "place": "", "maps": True},
    ),
    "Search for a good pizza place on Maps": (
        "GeneralRestaurants",
        {"cuisine": "pizza", "quality": "good", "place": "", "maps": True},
    ),
    "Search for flights from NYC to Mexico city": (
        "GeneralFlights",
        {"origin": "New York", "destination": "Mexico City"},
    ),
    "How far is the moon?": ("GeneralFacts", {"entity": "moon", "attribute": "distance"}),
    "How big is a blue whale?": ("GeneralFacts", {"entity": "blue whale", "attribute": "size"}),
    "What is the average speed of a car?": ("GeneralFacts", {"entity": "car", "attribute": "speed"}),
    "What's the speed of light?": ("GeneralFacts", {"entity": "light", "attribute": "speed"}),
    "Who is the president of the United States?": (
        "GeneralFacts",
        {"entity": "United States", "attribute": "president"},
    ),
    "Google the capital of Peru": ("GeneralCapital", {"place": "Peru"}),
    "What is the capital of the United Kingdom?": ("GeneralCapital", {"place": "United Kingdom"}),
    "How much does a3 bedroom apartment rent for in Portland?": ("GeneralRent", {"bedrooms": 3, "place": "Portland"}),
    "How do I get to the nearest Lowe's?": ("GeneralNearest", {"shop": "Lowe's", "open": "", "directions": True}),
    "How do I get to the nearest AT&T Store?": ("GeneralNearest", {"shop": "AT&T", "open": "", "directions": True}),
    "Find the nearest electronics store that's open": (
        "GeneralNearest",
        {"shop": "electronics store", "open": "now", "directions": False},
    ),
    "Find the nearest electronics store that's open tomorrow": (
        "GeneralNearest",
        {"shop": "electronics store", "open": "tomorrow", "directions": False},
    ),
    "Checkthe settings for the Amazon Prime Music app": (
        "GeneralAppSettings",
        {"action": "settings", "app": "Amazon Prime Music"},
    ),
    "Turn off notifications for the Google Maps app": ("GeneralAppSettings", {"action": "off", "app": "Maps"}),
    "Toggle notifications for the Google Photos app": ("GeneralAppSettings", {"action": "toggle", "app": "Photos"}),
    "Show me my notifications": ("GeneralAppSettings", {"action": "show", "app": ""}),
    "Play the new Maroon 5 video on YouTube": (
        "GeneralVideo",
        {"want": "artist", "artist": "Maroon 5", "channel": "", "host": "youtube.com", "play": True},
    ),
    "What's the latest video from GameSpot News?": (
        "GeneralVideo",
        {"want": "latest", "artist": "", "channel": "GameSpot News", "host": "", "play": False},
    ),
    "Play some music on YouTube": (
        "GeneralVideo",
        {"want": "music", "artist": "", "channel": "", "host": "youtube.com", "play": True},
    ),
    "Search for hotels in Buenos aires": ("GeneralHotels", {"place": "Buenos Aires"}),
    "What's the weather like inToronto?": ("GeneralWeather", {"place": "Toronto"}),
    "What's the weather like in Rio de Janeiro?": ("GeneralWeather", {"place": "Rio de Janeiro"}),
    "Install the eBay app": ("GeneralInstall", {"app": "eBay"}),
    "What's on the menu at McDonalds?": ("GeneralMenu", {"restaurant": "McDonald's"}),
    "Open a new incognito tab in the chrome app": ("GeneralTab", {"private": True, "surface": "tab"}),
    "Open a new Chrome window": ("GeneralTab", {"private": False, "surface": "window"}),
    "Open the Google play store app": ("GeneralOpenApp", {"app": "Play Store"}),
    "Open the SMS app": ("GeneralOpenApp", {"app": "Messages"}),
    "Set an alarmfor 5pm": ("GeneralAlarm", {"hour": 17, "minute": 0}),
    "Set an alarm for 12pm": ("GeneralAlarm", {"hour": 12, "minute": 0}),
    "What's the time?": ("GeneralTime", {"place": ""}),
    "What time is it in San Francisco?": ("GeneralTime", {"place": "San Francisco"}),
    "What's US dollar exchange rateagainst the Mexican Peso?": ("GeneralExchangeRate", {"base": "USD", "quote": "MXN"}),
    "Check my gmail inbox": ("GeneralAgenda", {"app": "mail", "span": "", "rest": False}),
    "Open the calendar and show me this week's events?": (
        "GeneralAgenda",
        {"app": "calendar", "span": "week", "rest": False},
    ),
    "Go to Reddit": ("GeneralReddit", {"want": "home", "when": ""}),
    "What's the top post on reddit right now?": ("GeneralReddit", {"want": "top post", "when": "right now"}),
    "Show me some nice wallpapers for my phone": ("GeneralWallpapers", {"device": "phone"}),
}
LISTS = [line for world in FAMILIES for side in ("train", "test") for line in aitw.lines(world, side)]


def test_every_line_of_the_lists_is_read_by_one_family():
    # DigiRL's lists have 545 + 432 and 438 + 360 lines; AitW's General part has 545 instructions.
    assert len(LISTS) == 977 + 798
    by_line = {line: {found.template for found in readings(line)} for line in dict.fromkeys(LISTS)}
    assert {line: names for line, names in by_line.items() if len(names) != 1} == {}
    assert Counter(line.template for line in known_lines("webshop")) == WEBSHOP
    assert Counter(line.template for line in known_lines("general")) == GENERAL
    assert len({plain(line) for line in LISTS}) == sum(WEBSHOP.values()) + sum(GENERAL.values()) == 890


def test_slots_are_the_family_s_and_the_line_itself():
    slots = {family.template: {"line", *family.defaults} for world in FAMILIES.values() for family in world}
    assert len(slots) == 3 + 22
    assert {line: found for line in LISTS if (found := read(line)).slots.keys() != slots[found.template]} == {}
    assert all(read(line).slots["line"] == line for line in LISTS)


@pytest.mark.parametrize("line", CASES)
def test_the_slots_of_a_line(line):
    template, slots = CASES[line]
    found = read(line)
    assert line in LISTS
    assert (found.template, found.slots) == (template, {"line": line, **slots})


def test_spelling_that_does_not_matter():
    asked = read("Go to ebay.com, search for 'dell xps'").slots
    for line in (
        'Go to ebay.com, search for "dell xps"',
        "Go to ebay.com, search for ‘dell xps’",
        " go to  www.eBay.com, search for “dell  xps”. ",
    ):
        assert read(line).slots == asked | {"line": line.strip()}
    assert read("What’s on the menu at Denny’s").slots["restaurant"] == "Denny's"
    assert read("Set an alarm for 7:30 pm").slots["hour"] == read("Set an alarm for 19:30").slots["hour"] == 19
    assert read("Set an alarm for 12am").slots["hour"] == 0
    assert read("What is the weather like in nyc?").slots["place"] == "New York"
    assert read("What's the news in india?").slots["place"] == "India"  # not "in" and "dia"


@pytest.mark.parametrize(
    ("line", "named"),
    {
        "Set an alarm for 13pm": "no template reads it; the nearest is GeneralAlarm: Set an alarm for {clock}",
        "Go to ebay.com and search for 'dell xps'": "the nearest is WebSearch: Go to {host}, search for '{query}'",
        "What's the US dollar exchange rate against the Zorkmid?": "the nearest is GeneralExchangeRate: ",
        "Open a newest incognito tab in Firefox": "the nearest is GeneralTab: ",
        "Go to amazon.com": "unknown host amazon.com; the shops are bestbuy.com, costco.com, ebay.com, newegg.com, w",
        "": "line '': no template reads it; the nearest is ",
        "Go to Reddit\nand back": r"line 'Go to Reddit\nand back': no template reads it; the nearest is ",
        "🙂" * 10_000: "no template reads it; the nearest is ",
    }.items(),
    ids=lambda text: text[:40],
)
def test_a_line_that_is_not_read_is_told_the_nearest_template_in_one_line(line, named):
    with pytest.raises(InputError) as caught:
        read(line)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.fixture
def templates(monkeypatch):
    """Templates for two families, beside those that the package has."""
    ours = {"__module__": LineTemplate.__module__}
    known = {name: type(name, (LineTemplate,), ours)() for name in ("WebVisit", "GeneralTime")}
    monkeypatch.setattr(task, "line_templates", lambda: known)


@pytest.mark.usefixtures("templates")
def test_a_task_comes_from_a_line():
    made = parse_instruction("Go to ebay.com")
    slots = {"line": "Go to ebay.com", "host": "ebay.com"}
    assert (made.template, made.slots, made.instruction, made.budget) == ("WebVisit", slots, slots["line"], 20)
    assert made == parse_instruction("Go to ebay.com")
    drawn = task.make_task("GeneralTime", 3)
    assert read(drawn.instruction).slots == drawn.slots
    asked = parse_instruction("What's the time?")
    assert (asked.instruction, asked.budget) == ("What's the time?", 10)


def test_tasks_from_lines_are_not_drawn_by_default():
    assert task.templates().keys().isdisjoint({*WEBSHOP, *GENERAL, "LineTemplate"})
    assert "LineTemplate" not in task.line_templates()


def test_places_have_the_web_s_names():
    slots = ("place", "origin", "destination")
    named = {line.slots[slot] for line in known_lines("general") for slot in slots if line.slots.get(slot)} - {"here"}
    assert len(named) > 70
    assert {name: found for name in named if (found := [each[0] for each in places_in(words_of(name))]) != [name]} == {}
