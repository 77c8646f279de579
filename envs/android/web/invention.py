"""How the facts of this web are invented: drawn from the web's seed and the question."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from palaestra.envs.android.web.questions import Question

Value = TypeVar("Value")


class Item(NamedTuple):
    """One of several things that answer a question: a flight, a hotel, a headline, a video, ...

    Attributes:
        title: its name.
        detail: what is known about it, in words.
        value: its number: a price, a rating, a time.
        product: the number of a product in the catalogue, if it is one.
    """

    title: str
    detail: str = ""
    value: str = ""
    product: int = 0


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
INITIALS = frozenset(["bbc", "bbq", "ign", "ihop", "lg", "tcl", "tv", "uk", "us", "usa", "usb"])
"""Words that headings have in capitals."""
SPELT = {word.lower(): word for word in ("eBay", "iPad", "iPhone", "iMac", "JCPenney", "GameSpot")}
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
STUDIES = (
    "{}: what changed this year, and what didn’t",
    "A new book explains {} to everybody",
    "Experts on {} meet for the tenth time",
    "Students win a prize for their work on {}",
    "Ten questions about {}, answered",
    "Poll: more people follow {} than ever",
    "The week in {}, in pictures",
    "Museum opens a room about {}",
)
"""Headlines about topics; those about places are ``DEVELOPMENTS``."""
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


def person(source: Source, purpose: str = "name") -> str:
    """An invented person."""
    return f"{source.one_of(f'{purpose} first', FIRST)} {source.one_of(f'{purpose} last', LAST)}"


def titled(subject: str) -> str:
    """Free words as a heading has them."""
    return " ".join(_capitals(word) for word in subject.split())


def _capitals(word: str) -> str:
    if word in INITIALS:
        return word.upper()
    return SPELT.get(word) or (word.capitalize() if word.islower() else word)


def dollars(cents: int) -> str:
    """An amount of money."""
    return f"${cents // 100:,}.{cents % 100:02d}"
