"""The shops' search: words, light stemming, correction of unknown words, BM25 (Robertson and Zaragoza 2009).

The index of a catalogue is built once per process. What is found at a shop depends on what it stocks and likes.
"""

import functools
import math
import re
import unicodedata
from collections import Counter
from typing import NamedTuple

import numpy as np

from palaestra.envs.android.web.catalogue import FIRST_ID, Catalogue, Product, catalogue

K1, B = 1.2, 0.5
"""BM25's saturation of repeated words, and the share of the length by which long names count less."""
MOST_WORDS, LONGEST_WORD = 16, 24
"""Of a query; words beyond are ignored, longer ones are unknown."""
KNOWN = 0.5
"""Share of a query's words that must be known for the others to be ignored."""
STOP_WORDS = frozenset(["an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_PIECES = re.compile(r"[a-z0-9]+")
_SEPARATORS = re.compile(r"[,;:=/|&()<>\"!?]+")
"""What separates words of a query; other signs, as in usb-c, are within words."""


class Results(NamedTuple):
    """What a query gives at a shop.

    Attributes:
        query: as asked, spaces aside.
        corrected: what was searched for: in small letters, misspelt words put right, unknown ones left out.
        ids: of products, the most relevant first.
    """

    query: str
    corrected: str
    ids: tuple[int, ...]

    @property
    def was_corrected(self) -> bool:
        """Whether other words were searched for than asked."""
        return bool(self.ids) and tokens(self.corrected) != tokens(self.query)


class Word(NamedTuple):
    """A word of a query: as shown, and the tokens that stand for it in the index (none: it isn't known)."""

    shown: str
    tokens: tuple[str, ...]


def search(catalogue: Catalogue, host: str, query: str) -> Results:
    """The products of a shop for a query; none for an empty one, or one of unknown words."""
    return _search(catalogue.seed, host, " ".join(query[:10_000].split()))


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text as the index compares them: small, without accents and hyphens, singular."""
    return tuple(stem("".join(pieces)) for word in folded(text).split() if (pieces := _PIECES.findall(word)))


def folded(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def stem(word: str) -> str:
    """The singular of an English word, about."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "ches", "shes", "xes")) else word[:-1]


@functools.lru_cache(maxsize=8)
def index(seed: int) -> "Index":
    """The index of a web's catalogue; built once per process."""
    return Index(catalogue(seed))


@functools.lru_cache(maxsize=4096)
def _search(seed: int, host: str, query: str) -> Results:
    return index(seed).search(host, query)


class Index:
    """Which products contain which words.

    Args:
        catalogue: to be searched.
    """

    def __init__(self, catalogue: Catalogue):
        self._catalogue = catalogue
        self._postings: dict[str, list[int]] = {}
        self._shown: dict[str, str] = {}
        lengths = []
        known: dict[str, tuple[str, ...]] = {}
        postings = self._postings
        for position, product in enumerate(catalogue.products):
            length = 0
            for word in _text(product).split():
                pieces = known.get(word)
                if pieces is None:
                    pieces = known[word] = self._tokens(word)
                length += len(pieces)
                for piece in pieces:
                    found = postings.get(piece)
                    if found is None:
                        postings[piece] = [position]
                    else:
                        found.append(position)
            lengths.append(length)
        length_of = np.array(lengths, float)
        self._damping = K1 * (1 - B + B * length_of / length_of.mean())
        self._weight = np.array([catalogue.families[product.family].weight for product in catalogue.products])
        self._scores: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._letters: tuple[list[str], np.ndarray] | None = None

    def _tokens(self, word: str) -> tuple[str, ...]:
        """All tokens of a word of a name: "USB-C" is found as usbc, usb and c."""
        small = folded(word)
        pieces = _PIECES.findall(small)
        whole = stem("".join(pieces))
        if whole:
            self._shown.setdefault(whole, small.strip(",.()") if len(pieces) > 1 else pieces[0])
        if len(pieces) < 2:
            return (whole,) if whole else ()
        for piece in pieces:
            self._shown.setdefault(stem(piece), piece)
        return (whole, *map(stem, pieces))

    # --- searching

    def search(self, host: str, query: str) -> Results:
        """The products of a shop for a query with single spaces."""
        words = self.words(query)
        known = [word for word in words if word.tokens]
        if not known or len(known) < KNOWN * len(words):
            return Results(query, query.lower(), ())
        wanted = list(dict.fromkeys(token for word in known for token in word.tokens if token not in STOP_WORDS))
        wanted = wanted or [token for word in known for token in word.tokens]
        shelf = self._catalogue.shelf(host)
        scores, hits = np.zeros(len(shelf.stocked)), np.zeros(len(shelf.stocked), np.int16)
        for token in wanted:
            positions, values = self._of(token)
            scores[positions] += values
            hits[positions] += 1
        hits[~shelf.stocked] = 0
        most = int(hits.max())
        if most < KNOWN * len(wanted):
            return Results(query, query.lower(), ())
        found = np.flatnonzero(hits == most)
        ranks = scores[found] * self._weight[found] * shelf.liked[found]
        order = found[np.argsort(-ranks, kind="stable")]
        return Results(query, " ".join(word.shown for word in known), tuple((order + FIRST_ID).tolist()))

    def _of(self, token: str) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the products with a token, and its part of their scores."""
        part = self._scores.get(token)
        if part is None:
            positions, times = np.unique(self._postings[token], return_counts=True)
            rarity = math.log(1 + (len(self._weight) - len(positions) + 0.5) / (len(positions) + 0.5))
            part = positions, rarity * times * (K1 + 1) / (times + self._damping[positions])
            self._scores[token] = part
        return part

    # --- a query's words

    def words(self, query: str) -> list[Word]:
        """A query's words; those that the index doesn't know joined, split or put right where that makes them known."""
        raw = _SEPARATORS.sub(" ", folded(query)).split()[:MOST_WORDS]
        pieces = ["".join(_PIECES.findall(word)) for word in raw]
        words: list[Word] = []
        at = 0
        while at < len(raw):
            small = pieces[at]
            after = pieces[at + 1] if at + 1 < len(raw) else ""
            if after and self._belong_together(small, after):
                words.append(self._known(small + after))
                at += 2
                continue
            if small or not raw[at].isascii():  # signs by themselves mean nothing
                words.append(self._word(raw[at], small))
            at += 1
        return words

    def _belong_together(self, first: str, second: str) -> bool:
        """Whether two words are one of the index: "sound link", "usb c"."""
        both_known = stem(first) in self._postings and stem(second) in self._postings
        apart = both_known and min(len(first), len(second)) > 1
        return not apart and bool(first) and stem(first + second) in self._postings

    def _known(self, word: str) -> Word:
        token = stem(word)
        return Word(self._shown[token] if token != word or word not in self._shown else self._shown[word], (token,))

    def _word(self, raw: str, small: str) -> Word:
        """One word: as it is, by its pieces, split in two, or corrected."""
        if len(small) > LONGEST_WORD:
            return Word("", ())
        if stem(small) in self._postings:
            return Word(raw.strip("'\",.;:!?()") or small, (stem(small),))
        pieces = _PIECES.findall(raw)
        if len(pieces) > 1 and all(stem(piece) in self._postings for piece in pieces):
            return Word(" ".join(pieces), tuple(map(stem, pieces)))
        for cut in range(1, len(small)):
            parts = small[:cut], small[cut:]
            if all(stem(part) in self._postings and (len(part) > 2 or part.isdigit()) for part in parts):
                return Word(" ".join(parts), tuple(map(stem, parts)))
        nearest = self._nearest(small)
        return self._known(nearest) if nearest else Word("", ())

    def _nearest(self, word: str) -> str:
        """The most frequent of the nearest known words, one edit away, two for a long word; "" if there is none.

        Model numbers aren't corrected: one digit off is another model.
        """
        if len(word) < 4 or any(char.isdigit() for char in word):
            return ""
        allowed = 1 if len(word) < 7 else 2
        if self._letters is None:
            vocabulary = sorted(token for token in self._postings if len(token) > 3 and token.isalpha())
            self._letters = vocabulary, np.array([_letters(token) for token in vocabulary], np.int16)
        vocabulary, letters = self._letters
        singular = stem(word)
        # an edit changes at most two counts of letters: most words are ruled out at once
        close = np.flatnonzero(np.abs(letters - np.array(_letters(singular), np.int16)).sum(1) <= 2 * allowed)
        found = [
            (distance, -len(self._postings[token]), token)
            for token in (vocabulary[position] for position in close.tolist())
            if (distance := edits(singular, token)) <= allowed
        ]
        return min(found)[2] if found else ""


def edits(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn one word into the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, char in enumerate(one, 1):
        line = [row]
        for column, also in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (char != also))
            if row > 1 and column > 1 and char == other[column - 2] and one[row - 2] == also:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


def _letters(word: str) -> list[int]:
    counts = Counter(word)
    return [counts[char] for char in _ALPHABET]


def _text(product: Product) -> str:
    """What is searched of a product."""
    return product.name if product.brand in product.name else f"{product.name} {product.brand}"
