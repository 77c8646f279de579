"""What a search query asks for: the same question in many wordings, in any order of words, is one `Question`."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from palaestra.envs.android.web.places import HERE, places_in

MAX_WORDS = 40
"""Words of a query that are considered."""
CURRENCIES = {
    "dollar": "USD",
    "dollars": "USD",
    "usd": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "gbp": "GBP",
    "sterling": "GBP",
    "yen": "JPY",
    "jpy": "JPY",
    "yuan": "CNY",
    "renminbi": "CNY",
    "cny": "CNY",
    "rupee": "INR",
    "rupees": "INR",
    "inr": "INR",
    "won": "KRW",
    "krw": "KRW",
    "peso": "MXN",
    "pesos": "MXN",
    "mxn": "MXN",
    "real": "BRL",
    "brl": "BRL",
    "franc": "CHF",
    "francs": "CHF",
    "chf": "CHF",
    "aud": "AUD",
    "cad": "CAD",
}
DOLLARS = {"australian": "AUD", "canadian": "CAD", "us": "USD", "american": "USD"}
NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
STORES = {
    "ebay": "ebay.com",
    "sephora": "sephora.com",
    "lowes": "lowes.com",
    "home depot": "homedepot.com",
    "walmart": "walmart.com",
    "costco": "costco.com",
    "newegg": "newegg.com",
}
CUISINES = (
    "bbq",
    "barbecue",
    "burger",
    "chinese",
    "coffee",
    "french",
    "greek",
    "indian",
    "italian",
    "japanese",
    "korean",
    "mexican",
    "pizza",
    "seafood",
    "sushi",
    "thai",
    "vegan",
    "vegetarian",
)
PERIODS = ("morning", "afternoon", "evening", "weekend", "week", "month", "today")
DEVICES = ("phone", "tablet", "laptop", "computer", "desktop")
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "about",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "is",
        "are",
        "was",
        "do",
        "does",
        "did",
        "i",
        "me",
        "my",
        "mine",
        "you",
        "your",
        "we",
        "us",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "what",
        "whats",
        "which",
        "who",
        "whos",
        "how",
        "when",
        "where",
        "can",
        "could",
        "will",
        "would",
        "should",
        "please",
        "show",
        "tell",
        "give",
        "google",
        "search",
        "find",
        "look",
        "looks",
        "looking",
        "get",
        "go",
        "going",
        "want",
        "need",
        "some",
        "any",
        "right",
        "now",
        "near",
        "nearby",
        "s",
        "like",
        "there",
        "that",
        "open",
    ]
)
_PRAISE = frozenset(
    [
        "good",
        "nice",
        "best",
        "top",
        "rated",
        "great",
        "5",
        "star",
        "stars",
        "new",
        "newest",
        "latest",
        "cheap",
        "cheapest",
        "most",
        "popular",
    ]
)


class Question(NamedTuple):
    """A question in its normal form; make it with ``ask``.

    Attributes:
        kind: ``weather``, ``capital``, ...; one of ``KINDS``.
        about: its subject.
        detail: the rest, such as the number of bedrooms.
    """

    kind: str
    about: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return "/".join(self)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without accents and signs; ``'s`` and apostrophes are dropped."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = re.findall(r"\w+", re.sub(r"[’']s\b|[’']", "", bare).replace("&", " ").replace("best buy", "bestbuy"))
    return words[:MAX_WORDS]


def canonical(text: str) -> str:
    """A subject in free words, so that those of one thing are equal: stems, in alphabetical order."""
    return " ".join(sorted({stem(word) for word in words_of(text) if word not in _EMPTY | _PRAISE}))


def stem(word: str) -> str:
    """A word without the plural's ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def ask(kind: str, about: str = "", detail: str = "") -> Question:
    """A question; its subjects are places' usual names, or free words in their normal form."""
    return Question(kind, _subject(kind, about), _subject(kind, detail))


def _subject(kind: str, text: str) -> str:
    words = words_of(text)
    places = places_in(words)
    if len(places) == 1 and places[0][1:] == (0, len(words)):
        return places[0][0]
    return canonical(text)


def question_of(query: str) -> Question | None:
    """What a query asks for; None if it is just words to look for."""
    words = words_of(query)
    stems = {stem(word) for word in words}
    for triggers, read in _RULES:
        if triggers & stems and (question := read(words)) is not None:
            return question
    return None


# --- readers of one kind each


def _rest(words: Sequence[str], *dropped: str, places: bool = False) -> str:
    """The words that are left for the subject, those of places only if wanted."""
    named = set() if places else {at for _, first, last in places_in(words) for at in range(first, last)}
    return " ".join(word for at, word in enumerate(words) if at not in named and stem(word) not in dropped)


def _place(words: Sequence[str]) -> str:
    """The last place named, or where the phone is."""
    places = places_in(words)
    return places[-1][0] if places else HERE


def _flights(words: Sequence[str]) -> Question | None:
    places = places_in(words)
    if len(places) < 2:
        return None
    marks = {words[first - 1] if first else "": name for name, first, _ in places}
    origin, destination = marks.get("from", places[0][0]), marks.get("to", places[-1][0])
    return Question("flights", origin, destination) if origin != destination else None


def _rent(words: Sequence[str]) -> Question | None:
    rooms = re.search(r"\b(\d|one|two|three|four|five) ?(?:bedroom|bedrooms|bed|br|room)\b", " ".join(words))
    number = rooms[1] if rooms else "1"
    return Question("rent", _place(words), str(NUMBERS.get(number, number)))


def _rate(words: Sequence[str]) -> Question | None:
    codes = list(_currencies(words))
    others = [code for code in codes if code != "USD"]
    if not others:
        return None
    return Question("rate", "USD" if "USD" in codes or len(others) == 1 else others[0], others[-1])


def _currencies(words: Sequence[str]) -> Iterator[str]:
    for before, word in zip(("", *words), words):
        if word in ("dollar", "dollars") and before in DOLLARS:
            yield DOLLARS[before]
        elif word in CURRENCIES:
            yield CURRENCIES[word]


def _news(words: Sequence[str]) -> Question:
    period = next((word for word in words if word in PERIODS), "")
    places = places_in([word for word in words if word not in PERIODS])
    rest = canonical(_rest(words, "new", "headline", "story", *PERIODS, places=True))
    named = len(places) == 1 and not canonical(_rest(words, "new", "headline", "story", *PERIODS))
    about = places[0][0] if named else rest
    return Question("news", about, period)


def _capital(words: Sequence[str]) -> Question | None:
    places = places_in(words)
    return Question("capital", places[-1][0]) if places else None


def _leader(words: Sequence[str]) -> Question | None:
    places = places_in(words)
    office = "president" if "president" in words else "minister prime"
    return Question("leader", places[-1][0], office) if places else None


def _fact(attribute: str, *triggers: str) -> Callable[[Sequence[str]], Question | None]:
    def read(words: Sequence[str]) -> Question | None:
        about = canonical(_rest(words, *triggers, "average", places=True))
        return Question("fact", about, attribute) if about else None

    return read


def _nearest(words: Sequence[str]) -> Question | None:
    about = canonical(_rest(words, "nearest", "closest", "direction", "today", "tomorrow", places=True))
    return Question("nearest", about) if about else None


def _menu(words: Sequence[str]) -> Question | None:
    about = canonical(_rest(words, "menu"))
    return Question("menu", about) if about else None


def _restaurants(words: Sequence[str]) -> Question:
    cuisine = next((stem(word) for word in words if stem(word) in CUISINES), "")
    places = places_in(words)
    return Question("restaurants", places[-1][0] if places else HERE, cuisine)


def _wallpapers(words: Sequence[str]) -> Question:
    return Question("wallpapers", next((word for word in words if word in DEVICES), ""))


def _reddit(words: Sequence[str]) -> Question:
    return Question("reddit", "top" if "top" in words else "")


def _video(words: Sequence[str]) -> Question:
    dropped = ("video", "youtube", "play", "watch", "song", "music")
    return Question("video", canonical(_rest(words, *dropped, places=True)))


def _product(want: str, *triggers: str) -> Callable[[Sequence[str]], Question | None]:
    def read(words: Sequence[str]) -> Question | None:
        store = next((host for name, host in STORES.items() if name in " ".join(words)), "")
        stores = {word for name in STORES for word in name.split()} if store else set()
        about = canonical(_rest([word for word in words if word not in stores], *triggers, "product", "nice"))
        return Question(want, about, store) if about else None

    return read


_RULES: tuple[tuple[frozenset[str], Callable[[Sequence[str]], Question | None]], ...] = tuple(
    (frozenset(triggers.split()), read)
    for triggers, read in (
        ("flight fly airfare", _flights),
        ("hotel lodging", lambda words: Question("hotels", _place(words))),
        ("rent rental apartment", _rent),
        ("new headline", lambda words: _news(words) if {"news", "headlines"} & set(words) else None),
        ("weather forecast temperature", lambda words: Question("weather", _place(words))),
        ("capital", _capital),
        ("president prime", _leader),
        ("exchange rate currency convert", _rate),
        ("wallpaper background", _wallpapers),
        ("reddit", _reddit),
        ("video youtube", _video),
        ("menu", _menu),
        ("nearest closest direction", _nearest),
        ("big size large diameter", _fact("size", "big", "size", "large", "diameter")),
        ("far distance", _fact("distance", "far", "distance")),
        ("old age", _fact("age", "old", "age")),
        ("speed fast", _fact("speed", "speed", "fast")),
        ("restaurant food cafe diner coffee", _restaurants),
        ("price cost much", _product("price", "price", "cost", "much")),
        ("selling bestseller", _product("best", "selling", "bestseller")),
        ("buy", _product("buy", "buy")),
        ("time clock", lambda words: Question("time", _place(words))),
        (" ".join(CUISINES), _restaurants),
    )
)
