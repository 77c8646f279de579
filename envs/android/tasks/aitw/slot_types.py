"""What can stand in the slots of an instruction, and its normal form.

Different words for one thing give the same value: "NYC" and "New York", "Google Maps" and "Maps". Names keep their
capitals; a comparison with what a page shows should ignore case.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.task import Slots

SHOPS = ("bestbuy.com", "costco.com", "ebay.com", "newegg.com", "walmart.com")
"""The hosts of Web Shopping."""

STORES = {
    "Best Buy": "bestbuy.com",
    "Costco": "costco.com",
    "eBay": "ebay.com",
    "Home Depot": "homedepot.com",
    "Lowe's": "lowes.com",
    "Newegg": "newegg.com",
    "Sephora": "sephora.com",
    "Walmart": "walmart.com",
}
"""Hosts of the stores that General's questions about products name."""

CURRENCIES = {
    "Australian Dollar": "AUD",
    "Brazilian Real": "BRL",
    "British Pound": "GBP",
    "Canadian Dollar": "CAD",
    "Chinese Yuan": "CNY",
    "Euro": "EUR",
    "Indian Rupee": "INR",
    "Japanese Yen": "JPY",
    "Mexican Peso": "MXN",
    "South Korean Won": "KRW",
    "Swiss Franc": "CHF",
    "US Dollar": "USD",
}
"""ISO 4217 codes."""

PLACES = {"nyc": "New York", "new york city": "New York", "us": "United States", "usa": "United States"}
PLACES |= {"uk": "United Kingdom", "dc": "Washington DC", "washington d.c.": "Washington DC"}
APPS = {"amazon": "Amazon Shopping", "sms": "Messages"}
TOPICS = {"tech": "technology", "us": "United States"}
BRANDS = {"mcdonalds": "McDonald's", "lowes": "Lowe's"}
PRODUCTS = {"2x4x8 boards": "2x4x8 board"}
LOWER_IN_NAMES = ("and", "de", "of", "the")


@dataclass(frozen=True)
class SlotType:
    """What a slot may hold.

    Attributes:
        pattern: regular expression, without groups that capture; matched without regard to case.
        value: the text's normal form; a mapping if one text fills several slots.
        shape: the text in words, for a message.
    """

    pattern: str
    value: Callable[[str], Any]

    def read(self, name: str, text: str) -> Slots:
        """The slots that a text fills.

        Raises:
            InputError: it has the slot's form, but names nothing that exists.
        """
        value = self.value(text)
        return dict(value) if isinstance(value, Mapping) else {name: value}


def _words(*stops: str, first: str = "") -> str:
    """A pattern of any words but ``stops`` in their middle and ``first`` at their beginning."""
    banned = rf"(?!(?:{first})\b)" if first else ""
    inner = rf"(?!\s(?:{'|'.join(stops)})\s)" if stops else ""
    return rf"{banned}(?:{inner}.)+?"


def _bare(text: str) -> str:
    """Without an article at the start; the space after it may be missing before a capital."""
    return re.sub(r"^(?:the|an|a)(?:\s+|(?=[A-Z]))", "", text.strip(), flags=re.ASCII)


def _named(name: str) -> str:
    """A name with capitals where words have none."""
    return " ".join(
        word.capitalize() if word.islower() and word not in LOWER_IN_NAMES else word for word in name.split()
    )


def place(text: str) -> str:
    """The usual name of a city or country."""
    name = _bare(text)
    return PLACES.get(name.lower(), _named(name))


def entity(text: str) -> str:
    """What a question is about: a thing's name as written, or the usual name of a country."""
    name = _bare(text)
    return name if name.islower() else place(name)


def app(text: str) -> str:
    """An app's label: without Google's name before it, and in capitals."""
    name = re.sub(r"^google\s+", "", _bare(text), flags=re.IGNORECASE)
    return APPS.get(name.lower(), _named(name))


def brand(text: str) -> str:
    """The name of a chain, publisher or artist."""
    name = _bare(text)
    return BRANDS.get(name.lower(), name)


def shop(text: str) -> str:
    """A shop to go to: "Apple Store" is the chain "Apple", "grocery store" a kind."""
    name = brand(text)
    return re.sub(r"\s+Store$", "", name)


def topic(text: str) -> str:
    """What news are about."""
    name = _bare(text)
    return TOPICS.get(name.lower(), name)


def product(text: str) -> str:
    """A product without "the", "new" and an explanation in brackets."""
    name = re.sub(r"^new\s+", "", _bare(text))
    name = re.sub(r"(?<=[a-z])TV$", " TV", re.sub(r"\s*\(.*\).*$", "", name))
    return PRODUCTS.get(name.lower(), name)


def store(text: str) -> Slots:
    """A store and its host."""
    letters = re.sub(r"\W", "", text.lower())
    name = next(name for name in STORES if re.sub(r"\W", "", name.lower()) == letters)
    return {"store": name, "host": STORES[name]}


def host(text: str) -> str:
    """A shop's host, without scheme and www.

    Raises:
        InputError: it is none of the five.
    """
    name = re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", text.lower())
    if name not in SHOPS:
        raise InputError(f"unknown host {name}; the shops are {', '.join(SHOPS)}")
    return name


def clock(text: str) -> Slots:
    """A time of day: ``hour`` 0-23 and ``minute``."""
    hour, minute, half = re.fullmatch(r"(\d+)(?::(\d+))?\s*([ap]m)?", text.lower()).groups()  # type: ignore[union-attr]
    early = int(hour) % 12 if half else int(hour)
    return {"hour": early + 12 * (half == "pm"), "minute": int(minute or 0)}


def _one_of(*names: str) -> str:
    """A pattern of fixed texts whose spaces and apostrophes may be missing, the longest first."""
    escaped = (re.escape(name).replace(r"\ ", r"\s*").replace("'", "'?") for name in sorted(names, key=len)[::-1])
    return "|".join(escaped)


def _spaced(text: str) -> str:
    return " ".join(text.lower().split())


def currency(text: str) -> str:
    """A currency's code."""
    name = re.sub(r"\s", "", text.lower())
    return next(code for currency, code in CURRENCIES.items() if currency.lower().replace(" ", "") == name)


_PERIODS = ("today", "this morning", "this afternoon", "this evening", "this week", "this weekend", "this month")
_PLACE = SlotType(_words("to", "from", "in", "cost"), place)
_CURRENCY = SlotType(_one_of(*CURRENCIES), currency)

SLOT_TYPES = {
    "app": SlotType(_words("and", "for", "on"), app),
    "artist": SlotType(_words("from", "video"), brand),
    "attribute": SlotType(_one_of("president", "prime minister"), _spaced),
    "base": _CURRENCY,
    "bedrooms": SlotType(r"[1-9]\d?", int),
    "channel": SlotType(_words("on"), brand),
    "clock": SlotType(r"(?:1[0-2]|0?[1-9])(?::[0-5]\d)?\s*[ap]m|(?:2[0-3]|[01]?\d):[0-5]\d(?!\s*[ap]m)", clock),
    "cuisine": SlotType(_words("on", "in", "at", "from", first="an?|the|good|best|top|5"), lambda text: _spaced(text)),
    "destination": _PLACE,
    "device": SlotType(_one_of("phone", "tablet", "laptop", "computer", "desktop"), _spaced),
    "entity": SlotType(_words("from", "in", "cost"), entity),
    "host": SlotType(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}/?", host),
    "maps": SlotType(r"(?:Google\s*)?Maps", lambda text: True),
    "open": SlotType(_one_of("now", "today", "tomorrow"), _spaced),
    "origin": _PLACE,
    "period": SlotType(_one_of(*_PERIODS), _spaced),
    "place": _PLACE,
    "private": SlotType(_one_of("incognito", "private"), lambda text: True),
    "product": SlotType(_words("on", "at", "for", "cost", "look"), product),
    "quality": SlotType(
        _one_of("a good", "good", "the best", "top rated", "5 star"), lambda text: _spaced(_bare(text))
    ),
    "query": SlotType(r".+?", lambda text: " ".join(text.split())),
    "quote": _CURRENCY,
    "restaurant": SlotType(_words("on", "in"), brand),
    "shop": SlotType(_words("that's", "in"), shop),
    "span": SlotType(_one_of("week", "month"), _spaced),
    "store": SlotType(_one_of(*STORES), store),
    "surface": SlotType(_one_of("tab", "window"), _spaced),
    "topic": SlotType(_words("from", "in", "on"), topic),
    "when": SlotType(_one_of("right now", "now", "today", "this week"), _spaced),
}
"""By the slot's name, the same in every template."""
