"""What tells the content sites apart, and which of them answers what."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.answers import has_answer
from palaestra.envs.android.web.places import HERE
from palaestra.envs.android.web.questions import Question, ask, question_of

VIDEOS = "youtube.com"


@dataclass(frozen=True, slots=True)
class Portal:
    """A content site.

    Attributes:
        name: as written in its header.
        accent, accent_dark: colours of its header or links, in the light and the dark theme.
        glyph: beside the name.
        solid: whether the header has the accent's colour.
        kinds: of the questions that it answers.
        front: the question that its first page answers.
        popular: queries that its pages lead to.
    """

    name: str
    accent: str
    accent_dark: str
    glyph: str
    solid: bool
    kinds: tuple[str, ...]
    front: Question
    popular: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address of a content site means.

    Attributes:
        kind: ``home``, ``results``, ``page``, ``video`` or ``error``.
        question: that the page answers, if any.
        query: the words searched for.
        row: of the video among the answer's items.
    """

    kind: str
    question: Question | None = None
    query: str = ""
    row: int = 0


PORTALS: Mapping[str, Portal] = {
    "thedailyledger.com": Portal(
        "The Daily Ledger",
        "#7A1F2B",
        "#F2A7AF",
        "newspaper-variant-outline",
        solid=False,
        kinds=("news",),
        front=ask("news"),
        popular=("News today", "Technology news", "News about the economy", "News in Brazil", "Space news"),
    ),
    "skylark-weather.com": Portal(
        "Skylark Weather",
        "#1F5F8B",
        "#9CCBEF",
        "weather-partly-cloudy",
        solid=True,
        kinds=("weather",),
        front=ask("weather", HERE),
        popular=("Weather in Paris", "Weather in Tokyo", "Weather in Chicago", "Weather in Sydney"),
    ),
    "wayfarer-travel.com": Portal(
        "Wayfarer",
        "#A3480F",
        "#F5B98C",
        "airplane",
        solid=True,
        kinds=("flights", "hotels"),
        front=ask("hotels", "San Francisco"),
        popular=("Flights from London to Tokyo", "Hotels in Rome", "Hotels in Boston", "Flights from Paris to Miami"),
    ),
    "tablemates.com": Portal(
        "Tablemates",
        "#8A1C5A",
        "#F0A3CC",
        "silverware-fork-knife",
        solid=False,
        kinds=("restaurants", "menu", "nearest"),
        front=ask("restaurants", HERE),
        popular=("Pizza restaurants", "Restaurants in Denver", "Menu of Corner Grill", "Nearest grocery store"),
    ),
    "roomroost.com": Portal(
        "Room & Roost",
        "#2F6B4F",
        "#9AD8B8",
        "home-city-outline",
        solid=True,
        kinds=("rent",),
        front=ask("rent", HERE, "1"),
        popular=("2 bedroom apartment in Austin", "3 bedroom apartment in Seattle", "Rent in Boston"),
    ),
    VIDEOS: Portal(
        "YouTube",
        "#5B2A86",
        "#CFA9F2",
        "play-box-outline",
        solid=False,
        kinds=("video",),
        front=ask("video"),
        popular=("Cooking videos", "Science videos", "Trailer videos", "Travel videos"),
    ),
    "reddit.com": Portal(
        "Reddit",
        "#0F6C6C",
        "#86D6D6",
        "forum-outline",
        solid=False,
        kinds=("reddit",),
        front=ask("reddit"),
        popular=("Top posts on reddit", "Top posts on reddit this week", "Reddit this week"),
    ),
    "wallnook.com": Portal(
        "Wallnook",
        "#3B3F9E",
        "#B3B8FF",
        "image-multiple-outline",
        solid=True,
        kinds=("wallpapers",),
        front=ask("wallpapers"),
        popular=("Wallpapers for a phone", "Wallpapers for a tablet", "Wallpapers for a laptop"),
    ),
    "lexicopia.org": Portal(
        "Lexicopia",
        "#44546A",
        "#B9C7DB",
        "book-open-page-variant-outline",
        solid=False,
        kinds=("capital", "leader", "fact", "time", "rate"),
        front=ask("capital", "Iceland"),
        popular=("Capital of Peru", "Speed of light", "Time in Berlin", "US dollar exchange rate to Euro"),
    ),
}
"""By host."""


@functools.cache
def host_of(kind: str) -> str:
    """The content site that answers questions of a kind; empty if it is for the shops."""
    return next((host for host, portal in PORTALS.items() if kind in portal.kinds), "")


def address_of(question: Question) -> Address | None:
    """The content page of a question; None for questions about products."""
    host = host_of(question.kind)
    if not host:
        return None
    about = question.subject.replace("/", " ").replace(" ", "_") or "all"
    detail = f"/{question.detail}".replace(" ", "_") if question.detail else ""
    return Address("https", host, f"/{question.kind}/{about}{detail}")


def video_address(question: Question, row: int) -> Address:
    """The page that plays a video of an answer."""
    about = question.subject.replace("/", " ").replace(" ", "_") or "all"
    return Address("https", VIDEOS, f"/watch/{about}", (("v", str(row + 1)),))


def asked(address: Address) -> Asked:
    """What an address of a content site means; its question is None where the site has no answer."""
    portal = PORTALS[address.host]
    path = address.path.rstrip("/") or "/"
    if path in ("/", "/home", "/index.html"):
        return Asked("home", portal.front)
    if path in ("/search", "/results"):
        query = address.get("q") or address.get("search_query")
        return Asked("results", _searched(portal, query), query)
    pieces = path.removeprefix("/").split("/")
    kind, about, detail = (*pieces, "", "")[:3]
    subject = "" if about == "all" else about.replace("_", " ").strip()
    if kind == "watch" and address.host == VIDEOS and len(pieces) == 2:
        row = address.get("v", "1")
        return Asked("video", ask("video", subject), row=int(row) - 1) if re.fullmatch("[1-6]", row) else Asked("error")
    if kind in portal.kinds and about and len(pieces) <= 3:
        question = ask(kind, subject, detail.replace("_", " "))
        return Asked("page", question) if has_answer(question) else Asked("error")
    return Asked("error")


def _searched(portal: Portal, query: str) -> Question | None:
    """The question of a query at a site: one of those that it answers, or its main one about these words."""
    question = question_of(query)
    if question is not None and question.kind in portal.kinds:
        return question
    if portal.kinds[0] in ("news", "video") and query.strip():
        return ask(portal.kinds[0], query[:200])
    kind = portal.kinds[0]
    return question_of(f"{kind} {query}"[:200]) if question is None and query.strip() else None


def shop_address(host: str, words: str) -> Address:
    """A shop's results."""
    return Address("https", host, "/search", (("q", words),))
