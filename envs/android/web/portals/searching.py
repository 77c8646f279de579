"""What the search engine understands by a query, and the links that it finds."""

import functools
from dataclasses import dataclass

from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.answers import answer
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.invention import FACTS, titled
from palaestra.envs.android.web.offers import SHOPS
from palaestra.envs.android.web.places import CITIES, COUNTRIES
from palaestra.envs.android.web.portals.looks import PORTALS, address_of, shop_address
from palaestra.envs.android.web.questions import (
    CUISINES,
    CURRENCIES,
    DOLLARS,
    PRODUCT_KINDS,
    TRIGGERS,
    Question,
    ask,
    question_of,
    stem,
    words_of,
)
from palaestra.envs.android.web.search import edits, search

CORRECTED_FROM = 6
"""Letters from which an unknown word is corrected."""
MOST_LINKS = 8
IN_THE_NEWS = ("capital", "leader", "hotels", "restaurants", "weather")
"""Kinds of questions about places, of which there are news too."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query is taken for.

    Attributes:
        query: as asked, spaces aside.
        corrected: with misspelt words put right.
        question: that it asks, if it is one.
    """

    query: str
    corrected: str
    question: Question | None


@dataclass(frozen=True, slots=True)
class Link:
    """A result of a search."""

    site: str
    title: str
    text: str
    address: Address


@functools.lru_cache(maxsize=4096)
def understood(query: str) -> Reading:
    """What a query asks for, its spelling put right."""
    query = " ".join(query[:400].split())
    corrected = " ".join(_corrected(word) for word in query.split())
    return Reading(query, corrected, question_of(corrected))


def links(seed: int, reading: Reading, now_us: int) -> list[Link]:
    """Pages that answer a query: content pages, sites of that name, shops that have it."""
    question, words = reading.question, reading.corrected
    found = _sites(words)
    if question is not None and (address := address_of(question)) is not None:
        found.append(_content(seed, question, address, now_us))
        if question.kind == "video":
            found.append(_content(seed, ask("news", question.subject), None, now_us))
    subject = question.about if question is not None else words
    if question is None or question.kind in PRODUCT_KINDS:
        at = question.detail if question is not None else ""
        hosts = sorted(SHOPS, key=lambda host: host != at)
        found += [_shop(seed, host, subject, words) for host in hosts if search(catalogue(seed), host, subject).ids]
    elif question.about:
        shown = ask("news", question.subject)
        found += [_content(seed, shown, None, now_us)] if question.kind in IN_THE_NEWS else []
    return found[:MOST_LINKS]


def _content(seed: int, question: Question, address: Address | None, now_us: int) -> Link:
    target = address or address_of(question)
    assert target is not None
    told = answer(seed, question, now_us)
    first = told.value or (f"{told.items[0].title} {told.items[0].value}".strip() if told.items else "")
    return Link(PORTALS[target.host].name, told.title, f"{first}. More about it on {target.host}.", target)


def _shop(seed: int, host: str, subject: str, words: str) -> Link:
    found = search(catalogue(seed), host, subject)
    shops = catalogue(seed)
    product = shops.product(found.ids[0])
    first = product.name if product is not None else ""
    title = f"{titled(subject if len(subject) < len(words) else words)} at {SHOPS[host]}"
    return Link(SHOPS[host], title, f"{len(found.ids)} results, such as {first}.", shop_address(host, subject))


def _sites(words: str) -> list[Link]:
    """Sites that a query names."""
    plain = "".join(words_of(words))
    named = {host: portal.name for host, portal in PORTALS.items()} | SHOPS
    return [
        Link(name, f"{name}: home page", f"The first page of {host}.", Address("https", host))
        for host, name in named.items()
        if "".join(words_of(name)) in plain or host in words.lower()
    ]


def _corrected(word: str) -> str:
    """A word, or the known one that is an edit away."""
    small = word.lower()
    if len(small) < CORRECTED_FROM or not small.isascii() or not small.isalpha() or stem(small) in _known():
        return word
    alike = [known for known in _known() if known[0] == small[0] and abs(len(known) - len(small)) < 2]
    near = [known for known in alike if edits(small, known) == 1]
    return min(near) if near else word


@functools.cache
def _known() -> frozenset[str]:
    """Words that are spelt right: of places, of questions, of things that there are facts about."""
    texts = [*(city.name for city in CITIES), *(land.name for land in COUNTRIES)]
    texts += [*CUISINES, *TRIGGERS, *CURRENCIES, *DOLLARS]
    texts += [about for about, _ in FACTS]
    words = {word for text in texts for word in words_of(text)}
    return frozenset(words | {stem(word) for word in words})
