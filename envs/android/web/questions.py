"""What a search query asks for: the same question in many wordings, in any order of words, is one `Question`."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

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
    "bestbuy": "bestbuy.com",
    "ebay": "ebay.com",
    "sephora": "sephora.com",
    "lowe": "lowes.com",
    "home depot": "homedepot.com",
    "walmart": "walmart.com",
    "costco": "costco.com",
    "newegg": "newegg.com",
}
"""Hosts by the stems of a store's name."""
PRODUCT_KINDS = ("price", "best", "buy", "find", "look", "new")
"""Kinds of questions about products."""
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
        "best",
        "top",
        "rated",
        "great",
        "nice",
        "new",
        "newest",
        "latest",
        "cheap",
        "cheapest",
        "most",
        "popular",
    ]
)
_SAME = {"tech": "technology", "barbecue": "bbq"}
"""Words for one thing."""
_DROPPED = {"nearest": frozenset(["store"])} | dict.fromkeys(PRODUCT_KINDS, frozenset(["product", "com"]))
"""Words that a subject does without, by the kind of question."""
_JOINED = re.compile(r"\b(in|the|a|at|to|of|for|from|on|is)(?=[A-Z0-9])|\b(good)(?=restaurant)|(?<=[a-z])(?=TV\b)")
"""Where the space between two words is missing."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in its normal form; make it with ``ask``.

    Attributes:
        kind: ``weather``, ``capital``, ...; one of ``KINDS``.
        about: its subject.
        detail: the rest, such as the number of bedrooms.
        said: the subject in the words of whoever asks, for headings; two questions can differ in it and be equal.
    """

    kind: str
    about: str = ""
    detail: str = ""
    said: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind}/{self.about}/{self.detail}"

    @property
    def subject(self) -> str:
        """The subject for headings."""
        return self.said or self.about


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without accents and signs; ``'s`` and apostrophes are dropped."""
    text = _JOINED.sub(lambda match: f"{match[0]} ", text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = re.findall(r"[^\W_]+", re.sub(r"[’']s\b|[’']", "", bare).replace("&", " ").replace("best buy", "bestbuy"))
    return words[:MAX_WORDS]


def canonical(text: str) -> str:
    """A subject in free words, so that those of one thing are equal: stems, in alphabetical order."""
    return _normal(words_of(text), frozenset())


def _normal(words: Sequence[str], dropped: frozenset[str]) -> str:
    stems = {_SAME.get(word, stem(word)) for word in words if word not in _EMPTY | _PRAISE}
    return " ".join(sorted(stems - dropped or stems))


def stem(word: str) -> str:
    """A word without the plural's ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def ask(kind: str, about: str = "", detail: str = "") -> Question:
    """A question; its subjects are places' usual names, currencies' codes, or free words in their normal form."""
    if kind == "rate":
        return Question(kind, about.upper(), detail.upper())
    subject = about if about in _PRAISE else _subject(kind, about)
    return Question(kind, subject, _detail(detail), "" if subject == about else about)


def _subject(kind: str, text: str) -> str:
    words = words_of(text)
    places = places_in(words)
    if len(places) == 1 and places[0][1:] == (0, len(words)):
        return places[0][0]
    return _normal(words, _DROPPED.get(kind, frozenset()))


def _detail(text: str) -> str:
    """Places and free words as in subjects; hosts, and words that subjects do without, as they are."""
    return text if text in STORES.values() or text in _PRAISE else _subject("", text)


def question_of(query: str) -> Question | None:
    """What a query asks for; None if it is just words to look for."""
    plain = re.sub(r"\([^()]*\)", " ", query)
    words = words_of(plain)
    stems = {stem(word) for word in words}
    for triggers, read in _RULES:
        if triggers & stems and (question := read(words)) is not None:
            said = _said(plain, question.about)
            return replace(question, about=_subject(question.kind, said), said=said) if said else question
    return None


def _said(query: str, about: str) -> str:
    """The words of a query that are its subject, from the first to the last, as they were written."""
    if about != about.lower() or about in _PRAISE:  # a place or a currency has one name
        return ""
    wanted = set(about.split())
    pieces = [piece.strip('?!.,;:"“”()') for piece in _JOINED.sub(lambda match: f"{match[0]} ", query).split()]
    found = [[_SAME.get(word, stem(word)) in wanted for word in words_of(piece)] for piece in pieces]
    at = [number for number, hits in enumerate(found) if any(hits)]
    if not at:
        return "Best Buy" if "bestbuy" in wanted else ""
    first, last = at[0], at[-1]
    while first and pieces[first - 1].istitle() and pieces[first - 1].lower() in _PRAISE:  # New York Times
        first -= 1
    between = [piece for piece, hits in zip(pieces, found) if any(hits)]
    foreign = any(word not in wanted | _EMPTY for piece in pieces[at[0] : last] for word in map(stem, words_of(piece)))
    words = " ".join(between if foreign else pieces[first : last + 1])
    return re.sub(r"[’']s$", "", words) if stem(words.lower()) in wanted else words


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
    others = [code for code in dict.fromkeys(codes) if code != "USD"]
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
    rest = _rest(words, "nearest", "closest", "direction", "today", "tomorrow", places=True)
    return ask("nearest", rest) if canonical(rest) else None


def _menu(words: Sequence[str]) -> Question | None:
    about = canonical(_rest(words, "menu"))
    return Question("menu", about) if about else None


def _restaurants(words: Sequence[str]) -> Question:
    cuisine = next((stem(word) for word in words if stem(word) in CUISINES), "")
    cuisine = _SAME.get(cuisine, cuisine)
    places = places_in(words)
    return Question("restaurants", places[-1][0] if places else HERE, cuisine)


def _wallpapers(words: Sequence[str]) -> Question:
    return Question("wallpapers", next((word for word in words if word in DEVICES), ""))


def _reddit(words: Sequence[str]) -> Question:
    return Question("reddit", "top" if "top" in words else "", "week" if "week" in words else "")


def _video(words: Sequence[str]) -> Question:
    dropped = ("video", "youtube", "play", "watch", "song", "music")
    return Question("video", canonical(_rest(words, *dropped, places=True)))


def _product(want: str, *triggers: str) -> Callable[[Sequence[str]], Question | None]:
    def read(words: Sequence[str]) -> Question | None:
        said = f" {' '.join(map(stem, words))} "
        store = next((host for name, host in STORES.items() if f" {name} " in said), "")
        stores = {word for name in STORES for word in name.split()} if store else set()
        rest = _rest([word for word in words if stem(word) not in stores], *triggers)
        about = _normal(rest.split(), _DROPPED[want])
        return Question(want, about, store) if about else None

    return read


def _look(words: Sequence[str]) -> Question | None:
    return _product("look", *_PICTURES)(words) if {"like", *_PICTURES} & set(map(stem, words)) else None


def _newest(words: Sequence[str]) -> Question | None:
    """New things of a maker; a new thing."""
    is_maker = "by" in words or "from" in words
    return _product("new" if is_maker else "find", "new", "nice")(words)


_PICTURES = ("picture", "photo", "image")


_RULES: tuple[tuple[frozenset[str], Callable[[Sequence[str]], Question | None]], ...] = tuple(
    (frozenset(triggers.split()), read)
    for triggers, read in (
        ("flight fly airfare", _flights),
        ("hotel lodging", lambda words: Question("hotels", _place(words))),
        ("rent rental apartment", _rent),
        ("video youtube", _video),
        ("new headline", lambda words: _news(words) if {"news", "headlines"} & set(words) else None),
        ("weather forecast temperature", lambda words: Question("weather", _place(words))),
        ("capital", _capital),
        ("president prime", _leader),
        ("exchange rate currency convert", _rate),
        ("wallpaper background", _wallpapers),
        ("reddit", _reddit),
        ("music song", _video),
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
        ("look picture photo image", _look),
        ("time clock", lambda words: Question("time", _place(words))),
        (" ".join(CUISINES), _restaurants),
        ("new nice", _newest),
        (" ".join(name.split()[-1] for name in STORES), _product("find")),
    )
)
TRIGGERS = frozenset().union(*(triggers for triggers, _ in _RULES))
"""Stems of the words that make a query a question."""
