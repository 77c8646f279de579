"""The facts of this web: one answer to a question, whether a card, a page or an app shows it.

Numbers, names of people, prices and headlines are invented: they are drawn from the web's seed and the question, in a
plausible range. Capitals, time zones and currencies are real (`places`).
"""

import datetime
import hashlib
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from palaestra.envs.android.web.places import HERE, HERE_ZONE, city, country
from palaestra.envs.android.web.questions import DEVICES, Question

Value = TypeVar("Value")


class Item(NamedTuple):
    """One of several things that answer a question: a flight, a hotel, a headline, a video, ...

    Attributes:
        title: its name.
        detail: what is known about it, in words.
        value: its number: a price, a rating, a time.
    """

    title: str
    detail: str = ""
    value: str = ""


class Answer(NamedTuple):
    """What answers a question.

    Attributes:
        title: the question in the words of a heading.
        value: the answer in short, such as ``"18 °C"``; empty if the answer is a list.
        items: more about it, or the list.
    """

    title: str
    value: str
    items: tuple[Item, ...] = ()


class Source:
    """Draws the parts of one answer: the same for equal seeds and questions, in any order of calls.

    Args:
        seed: of the web.
        question: what is asked.
    """

    def __init__(self, seed: int, question: Question):
        self.seed = seed
        self._text = f"{seed} {question}"

    def number(self, purpose: str, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        digest = hashlib.blake2b(f"{self._text} {purpose}".encode(), digest_size=8).digest()
        return low + int.from_bytes(digest) * (high - low + 1) // 2**64

    def one_of(self, purpose: str, values: Sequence[Value]) -> Value:
        """A value."""
        return values[self.number(purpose, 0, len(values) - 1)]

    def some_of(self, purpose: str, values: Sequence[Value], count: int) -> list[Value]:
        """Distinct values in an order of their own."""
        order = sorted(range(len(values)), key=lambda at: self.number(f"{purpose} {at}", 0, 2**32))
        return [values[at] for at in order[:count]]


FIRST = [
    "Ada",
    "Bela",
    "Cleo",
    "Dario",
    "Edda",
    "Flor",
    "Gino",
    "Hanne",
    "Ilja",
    "Juno",
    "Kian",
    "Lena",
    "Marek",
    "Nadia",
    "Orla",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sefa",
    "Timo",
]
LAST = [
    "Alder",
    "Brandt",
    "Corvin",
    "Duval",
    "Eskil",
    "Falk",
    "Garnet",
    "Holm",
    "Ibarra",
    "Jessen",
    "Kestrel",
    "Lund",
    "Moreau",
    "Novak",
    "Osten",
    "Prado",
]
ADJECTIVES = [
    "Golden",
    "Quiet",
    "Old",
    "Little",
    "Blue",
    "Royal",
    "Silver",
    "Green",
    "Red",
    "Corner",
    "Harbor",
    "Garden",
    "Grand",
    "Lucky",
    "Bright",
    "Velvet",
]
SKIES = ("Sunny", "Partly cloudy", "Cloudy", "Light rain", "Showers", "Thunderstorms", "Fog", "Windy")
PLACES_TO_EAT = [
    "Table",
    "Kitchen",
    "Oven",
    "Grill",
    "Spoon",
    "Bistro",
    "Cantina",
    "House",
    "Terrace",
    "Lantern",
    "Market",
    "Fork",
]
HOTELS = ["Hotel", "Inn", "Suites", "Lodge", "Residence", "Plaza", "House", "Palace"]
AIRLINES = ("Aurora Air", "Meridian", "Blue Heron", "Transpolar", "Cumulus", "Northwind")
STREETS = ["Castro", "Villa", "Mercy", "California", "Dana", "Hope", "Franklin", "Bryant", "View", "Church"]
DISHES = [
    "House salad",
    "Soup of the day",
    "Grilled cheese",
    "Classic burger",
    "Double burger",
    "Chicken sandwich",
    "Veggie wrap",
    "Fish tacos",
    "Pasta with tomatoes",
    "Margherita",
    "Four seasons",
    "Fries",
    "Onion rings",
    "Apple pie",
    "Brownie",
    "Iced tea",
    "Lemonade",
    "Coffee",
]
DEVELOPMENTS = (
    "{} opens a new science museum",
    "{} plans faster trains by 2030",
    "Record harvest expected around {}",
    "Volunteers clean up rivers across {}",
    "{} hosts an international film festival",
    "Libraries in {} extend their hours",
    "Study: people in {} sleep longer than a decade ago",
    "{} celebrates a weekend of music",
    "New bridge brings two towns in {} together",
    "Teachers in {} share their best ideas",
)
SCENES = ("Dunes", "Lake at dawn", "Northern lights", "Paper mountains", "Deep sea", "City at night", "Autumn leaves")
SOURCES = ("The Daily Ledger", "Morning Post", "Channel Nine", "The Observer's Desk", "Radio One", "City Wire")
FACTS: Mapping[tuple[str, str], tuple[int, int, str]] = {
    ("blue whale", "size"): (22, 30, "m long"),
    ("dinosaur", "size"): (9, 26, "m long"),
    ("giraffe", "size"): (4, 6, "m tall"),
    ("lion", "size"): (150, 225, "kg"),
    ("tiger", "size"): (140, 300, "kg"),
    ("earth", "size"): (12_700, 12_800, "km in diameter"),
    ("moon", "size"): (3_400, 3_500, "km in diameter"),
    ("sun", "size"): (1_390_000, 1_394_000, "km in diameter"),
    ("universe", "size"): (92, 94, "billion light-years across"),
    ("moon", "distance"): (363_000, 405_000, "km away"),
    ("sun", "distance"): (147, 152, "million km away"),
    ("earth", "age"): (4, 5, "billion years"),
    ("car", "speed"): (48, 60, "km/h"),
    ("bicycle", "speed"): (15, 25, "km/h"),
    ("cheetah", "speed"): (93, 112, "km/h"),
    ("jet", "speed"): (880, 980, "km/h"),
    ("plane", "speed"): (740, 930, "km/h"),
    ("rocket", "speed"): (27_000, 29_000, "km/h"),
    ("skateboard", "speed"): (10, 18, "km/h"),
    ("tiger", "speed"): (49, 65, "km/h"),
    ("train", "speed"): (80, 320, "km/h"),
    ("light", "speed"): (299_700, 299_800, "km/s"),
    ("sound", "speed"): (331, 343, "m/s"),
}
"""Range and unit of the answers to questions about things, by their normal form and attribute."""
RATES: Mapping[str, int] = {
    "AUD": 150,
    "BRL": 500,
    "CAD": 135,
    "CHF": 90,
    "CNY": 720,
    "EUR": 93,
    "GBP": 80,
    "INR": 8_300,
    "JPY": 14_800,
    "KRW": 134_000,
    "MXN": 1_800,
}
"""A plausible rate against the US dollar, hundredths."""


def answer(seed: int, question: Question, now_us: int) -> Answer:
    """The answer to a question.

    Args:
        seed: of the web.
        question: of any kind.
        now_us: the phone's time, microseconds since 1970: for questions about time and dates.
    """
    return _ANSWERS[question.kind](question, Source(seed, question), now_us)


def person(source: Source, purpose: str = "name") -> str:
    """An invented person."""
    return f"{source.one_of(f'{purpose} first', FIRST)} {source.one_of(f'{purpose} last', LAST)}"


def titled(subject: str) -> str:
    """Free words as a heading has them."""
    return " ".join(word if word.isupper() else word.capitalize() for word in subject.split())


def _clock(minutes: int) -> str:
    """A time of day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def dollars(cents: int) -> str:
    """An amount of money."""
    return f"${cents // 100:,}.{cents % 100:02d}"


def _weather(question: Question, source: Source, now_us: int) -> Answer:
    low = source.number("low", 2, 22)
    high = low + source.number("range", 4, 11)
    days = ("Today", "Tomorrow", "In 2 days", "In 3 days", "In 4 days")
    week = tuple(
        Item(day, source.one_of(f"sky {day}", SKIES), f"{high + source.number(f'up {day}', -3, 3)}°") for day in days
    )
    first = Item("Low", "", f"{low} °C"), Item("Humidity", "", f"{source.number('humid', 30, 90)} %")
    wind = Item("Wind", "", f"{source.number('wind', 3, 35)} km/h")
    now = f"{(low + high) // 2} °C, {source.one_of('sky', SKIES).lower()}"
    return Answer(f"Weather in {question.about}", now, (*first, wind, *week))


def _time(question: Question, source: Source, now_us: int) -> Answer:
    place = city(question.about)
    capital = country(question.about)
    if place is None and capital is not None:
        place = city(capital.capital)
    zone = zoneinfo.ZoneInfo(place.zone if place else HERE_ZONE)
    now = datetime.datetime.fromtimestamp(now_us / 1e6, zone)
    return Answer(f"Time in {question.about}", f"{now:%H:%M}", (Item(f"{now:%A}, {now:%B} {now.day}, {now.year}"),))


def _capital(question: Question, source: Source, now_us: int) -> Answer:
    land = country(question.about)
    name = land.capital if land else "no capital"
    people = Item("Population", "", f"{source.number('people', 90, 1_900) * 10_000:,}")
    return Answer(f"Capital of {question.about}", name, (people,))


def _leader(question: Question, source: Source, now_us: int) -> Answer:
    office = "President" if question.detail == "president" else "Prime minister"
    since = Item("In office since", "", str(source.number("since", 2016, 2022)))
    return Answer(f"{office} of {question.about}", person(source), (since,))


def _fact(question: Question, source: Source, now_us: int) -> Answer:
    low, high, unit = FACTS.get((question.about, question.detail), (10, 900, ""))
    heading = {"size": "Size of", "distance": "Distance to", "age": "Age of", "speed": "Speed of"}[question.detail]
    return Answer(f"{heading} {question.about}", f"{source.number('value', low, high):,} {unit}".strip())


def _rate(question: Question, source: Source, now_us: int) -> Answer:
    seed = source.seed

    def against_dollar(code: str) -> int:
        middle = RATES.get(code, 100) * 100
        return (
            10_000
            if code == "USD"
            else Source(seed, Question("rate", code)).number("rate", middle * 97, middle * 103) // 100
        )

    rate = against_dollar(question.detail) / against_dollar(question.about)
    changes = Item("Change today", "", f"{source.number('change', -90, 90) / 100:+.2f} %")
    value = f"{rate:,.2f}" if rate >= 10 else f"{rate:.4f}"
    return Answer(f"1 {question.about} in {question.detail}", f"{value} {question.detail}", (changes,))


def _rent(question: Question, source: Source, now_us: int) -> Answer:
    middle = source.number("one room", 110, 260) * 10 + int(question.detail) * source.number("more", 25, 60) * 10
    flats = tuple(
        Item(
            f"{source.number(f'number {row}', 10, 990)} {source.one_of(f'street {row}', STREETS)} Street",
            f"{question.detail} bedrooms, {source.number(f'area {row}', 60, 140)} m²",
            f"${middle + source.number(f'price {row}', -40, 40) * 10:,}",
        )
        for row in range(6)
    )
    rooms = f"{question.detail} bedroom apartment"
    return Answer(f"Average rent of a {rooms} in {question.about}", f"${middle:,} a month", flats)


def _hotels(question: Question, source: Source, now_us: int) -> Answer:
    kinds = [(first, last) for first in ADJECTIVES for last in HOTELS]
    hotels = tuple(
        Item(
            f"{first} {last}",
            f"{source.number(f'stars {row}', 2, 5)} stars, {source.number(f'rating {row}', 62, 97) / 10:.1f} of 10",
            f"${source.number(f'price {row}', 60, 420)} a night",
        )
        for row, (first, last) in enumerate(source.some_of("names", kinds, 8))
    )
    return Answer(f"Hotels in {question.about}", "", hotels)


def _flights(question: Question, source: Source, now_us: int) -> Answer:
    places = [city(name) for name in (question.about, question.detail)]
    codes = " – ".join(place.airport if place else "?" for place in places)
    flights = []
    for row in range(6):
        leaves, takes = source.number(f"leaves {row}", 0, 95) * 15, source.number(f"takes {row}", 8, 60) * 15
        ends = (leaves + takes) % 1440
        times = (
            f"{leaves // 60:02d}:{leaves % 60:02d} – {ends // 60:02d}:{ends % 60:02d}, {takes // 60} h {takes % 60} min"
        )
        price = f"${source.number(f'price {row}', 89, 1_290):,}"
        flights.append(Item(source.one_of(f"airline {row}", AIRLINES), f"{times}, {codes}", price))
    return Answer(f"Flights from {question.about} to {question.detail}", "", tuple(flights))


def _restaurants(question: Question, source: Source, now_us: int) -> Answer:
    kinds = [(first, last) for first in ADJECTIVES for last in PLACES_TO_EAT]
    cuisine = titled(question.detail)
    rows = tuple(
        Item(
            f"{first} {cuisine} {last}".replace("  ", " "),
            f"{cuisine or source.one_of(f'kind {row}', ('American', 'Bistro', 'Family'))} · "
            f"{'$' * source.number(f'price {row}', 1, 3)} · {source.number(f'far {row}', 2, 48) / 10:.1f} km",
            f"{source.number(f'stars {row}', 36, 50) / 10:.1f} ★",
        )
        for row, (first, last) in enumerate(source.some_of("names", kinds, 8))
    )
    what = f"{cuisine} restaurants".strip().capitalize()
    return Answer(f"{what} in {question.about}", "", tuple(sorted(rows, key=lambda row: row.value, reverse=True)))


def _nearest(question: Question, source: Source, now_us: int) -> Answer:
    rows = tuple(
        Item(
            titled(question.about),
            f"{source.number(f'number {row}', 10, 990)} {source.one_of(f'street {row}', STREETS)} Street, {HERE} · "
            f"open until {source.number(f'closes {row}', 19, 23)}:00",
            f"{(row * 13 + source.number(f'far {row}', 3, 12)) / 10:.1f} km",
        )
        for row in range(5)
    )
    return Answer(f"{titled(question.about)} near you", f"{rows[0].value} away", rows)


def _menu(question: Question, source: Source, now_us: int) -> Answer:
    dishes = tuple(
        Item(dish, "", dollars(source.number(f"price {dish}", 5, 42) * 50 + 49))
        for dish in source.some_of("dishes", DISHES, 10)
    )
    return Answer(f"Menu of {titled(question.about)}", "", dishes)


def _news(question: Question, source: Source, now_us: int) -> Answer:
    subject = titled(question.about) or "The country"
    heads = tuple(
        Item(
            development.format(subject),
            f"{source.one_of(f'source {row}', SOURCES)} · {source.number(f'hours {row}', 1, 20)} hours ago",
        )
        for row, development in enumerate(source.some_of("heads", DEVELOPMENTS, 6))
    )
    span = {"": "", "today": " today"}.get(question.detail, f" this {question.detail}")
    about = f" · {titled(question.about)}" if question.about else ""
    return Answer(f"News{span}{about}", "", heads)


def _video(question: Question, source: Source, now_us: int) -> Answer:
    what = ("Official Video", "Lyric Video", "Live", "Behind the Scenes", "Trailer", "Interview")
    rows = tuple(
        Item(
            f"{titled(question.about) or 'Music mix'} – {source.one_of(f'word {row}', ADJECTIVES)} "
            f"{source.one_of(f'noun {row}', PLACES_TO_EAT)} ({kind})",
            f"{source.number(f'views {row}', 2, 900)} thousand views · "
            f"{row * 3 + source.number(f'age {row}', 1, 3)} days ago",
            f"{source.number(f'minutes {row}', 2, 12)}:{source.number(f'seconds {row}', 0, 59):02d}",
        )
        for row, kind in enumerate(source.some_of("kinds", what, 6))
    )
    return Answer(f"Videos: {titled(question.about)}" if question.about else "Videos", "", rows)


def _reddit(question: Question, source: Source, now_us: int) -> Answer:
    about = ("my sourdough", "this trail", "a tiny workshop", "our old bicycle", "the night sky", "a rescued cat")
    starts = ("A picture of", "I finally finished", "Does anybody else love", "Ten years of", "What I learnt from")
    rows = [
        (
            source.number(f"votes {row}", 300, 94_000),
            f"{source.one_of(f'start {row}', starts)} {source.one_of(f'about {row}', about)}",
            source.one_of(f"group {row}", ("r/pics", "r/DIY", "r/space", "r/cooking", "r/aww")),
        )
        for row in range(8)
    ]
    posts = tuple(Item(title, group, f"{votes:,} votes") for votes, title, group in sorted(rows, reverse=True))
    return Answer("Top posts" if question.about else "Popular posts", "", posts)


def _wallpapers(question: Question, source: Source, now_us: int) -> Answer:
    scenes = (
        "Dunes",
        "Lake at dawn",
        "Northern lights",
        "Paper mountains",
        "Deep sea",
        "City at night",
        "Autumn leaves",
    )
    rows = tuple(Item(scene, "", f"{source.number(f'likes {scene}', 1, 90)}k") for scene in scenes)
    device = question.about if question.about in DEVICES else "screen"
    return Answer(f"Wallpapers for your {device}", "", rows)


def _price(question: Question, source: Source, now_us: int) -> Answer:
    cents = source.number("price", 20, 140) * 1_000 - 1
    shops = ("Everything & More", "Corner Depot", "Maple Goods", "Citrus Market")
    offers = tuple(
        Item(shop, "Free delivery" if row % 2 else "In stock", dollars(cents + source.number(shop, -9, 9) * 100))
        for row, shop in enumerate(shops)
    )
    at = f" at {question.detail}" if question.detail else ""
    return Answer(f"Price of {titled(question.about)}{at}", dollars(cents), offers)


def _choice(question: Question, source: Source, now_us: int) -> Answer:
    headings = {"best": "Best selling", "buy": "Where to buy"}
    offers = tuple(
        Item(
            f"{source.one_of(f'brand {row}', ADJECTIVES)} {titled(question.about)}",
            f"{source.number(f'stars {row}', 36, 50) / 10:.1f} ★ ({source.number(f'reviews {row}', 12, 4_000):,})",
            dollars(source.number(f"price {row}", 2, 90) * 1_000 - 1),
        )
        for row in range(8)
    )
    return Answer(f"{headings[question.kind]}: {titled(question.about)}", "", offers)


_ANSWERS: Mapping[str, Callable[[Question, Source, int], Answer]] = {
    "best": _choice,
    "buy": _choice,
    "capital": _capital,
    "fact": _fact,
    "flights": _flights,
    "hotels": _hotels,
    "leader": _leader,
    "menu": _menu,
    "nearest": _nearest,
    "news": _news,
    "price": _price,
    "rate": _rate,
    "reddit": _reddit,
    "rent": _rent,
    "restaurants": _restaurants,
    "time": _time,
    "video": _video,
    "wallpapers": _wallpapers,
    "weather": _weather,
}
KINDS = tuple(_ANSWERS)
"""Every kind of question."""
