"""The facts of this web: one answer to a question, whether a card, a page or an app shows it.

Numbers, names of people, prices and headlines are invented: they are drawn from the web's seed and the question, in a
plausible range. Capitals, time zones and currencies are real (`places`).
"""

import datetime
import zoneinfo
from collections.abc import Callable, Mapping

from palaestra.envs.android.web import offers
from palaestra.envs.android.web.invention import (
    ADJECTIVES,
    AIRLINES,
    DEVELOPMENTS,
    DISHES,
    FACTS,
    HOTELS,
    PLACES_TO_EAT,
    RATES,
    SCENES,
    SKIES,
    SOURCES,
    STREETS,
    STUDIES,
    Answer,
    Item,
    Source,
    dollars,
    person,
    titled,
)
from palaestra.envs.android.web.places import HERE, HERE_ZONE, city, country
from palaestra.envs.android.web.questions import CUISINES, DEVICES, PERIODS, Question

__all__ = ["KINDS", "Answer", "Item", "answer", "has_answer"]


ATTRIBUTES: Mapping[str, str] = {"size": "Size of", "distance": "Distance to", "age": "Age of", "speed": "Speed of"}
"""Headings of facts by the attribute of a thing."""
WITHOUT_ARTICLE = ("light", "sound")


def has_answer(question: Question) -> bool:
    """Whether a question made from an address makes sense."""
    about, detail = question.about, question.detail
    if question.kind == "fact":
        return detail in ATTRIBUTES
    if question.kind == "rent":
        return len(detail) == 1 and detail in "123456789"
    if question.kind == "rate":
        return about != detail and {about, detail} <= RATES.keys() | {"USD"}
    if question.kind == "flights":
        return bool(about and detail) and about != detail
    if question.kind in ("news", "reddit", "restaurants"):
        return detail in ("", *PERIODS, *CUISINES)
    return detail == "" or question.kind == "leader"


def answer(seed: int, question: Question, now_us: int) -> Answer:
    """The answer to a question.

    Args:
        seed: of the web.
        question: of any kind.
        now_us: the phone's time, microseconds since 1970: for questions about time and dates.
    """
    return _ANSWERS[question.kind](question, Source(seed, question), now_us)


def _clock(minutes: int) -> str:
    """A time of day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


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
    heading = ATTRIBUTES[question.detail]
    is_known = (question.about, question.detail) in FACTS and question.about not in WITHOUT_ARTICLE
    thing = f"the {question.subject}" if is_known else question.subject
    return Answer(f"{heading} {thing}", f"{source.number('value', low, high):,} {unit}".strip())


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
    what = f"{cuisine} restaurants" if cuisine else "Restaurants"
    return Answer(f"{what} in {question.about}", "", tuple(sorted(rows, key=lambda row: row.value, reverse=True)))


def _nearest(question: Question, source: Source, now_us: int) -> Answer:
    rows = tuple(
        Item(
            titled(question.subject),
            f"{source.number(f'number {row}', 10, 990)} {source.one_of(f'street {row}', STREETS)} Street, {HERE} · "
            f"open until {source.number(f'closes {row}', 19, 23)}:00",
            f"{(row * 13 + source.number(f'far {row}', 3, 12)) / 10:.1f} km",
        )
        for row in range(5)
    )
    return Answer(f"{titled(question.subject)} near you", f"{rows[0].value} away", rows)


def _menu(question: Question, source: Source, now_us: int) -> Answer:
    dishes = tuple(
        Item(dish, "", dollars(source.number(f"price {dish}", 5, 42) * 50 + 49))
        for dish in source.some_of("dishes", DISHES, 10)
    )
    return Answer(f"Menu of {titled(question.subject)}", "", dishes)


def _sentence(words: str) -> str:
    """With a capital at its start."""
    return words[:1].upper() + words[1:]


def _news(question: Question, source: Source, now_us: int) -> Answer:
    is_topic = question.about.islower()
    subject = question.subject if is_topic else question.about or "the region"
    heads = tuple(
        Item(
            _sentence(development.format(subject)),
            f"{source.one_of(f'source {row}', SOURCES)} · {source.number(f'hours {row}', 1, 20)} hours ago",
        )
        for row, development in enumerate(source.some_of("heads", STUDIES if is_topic else DEVELOPMENTS, 6))
    )
    span = {"": "", "today": " today"}.get(question.detail, f" this {question.detail}")
    about = f" · {titled(question.subject)}" if question.about else ""
    return Answer(f"News{span}{about}", "", heads)


def _video(question: Question, source: Source, now_us: int) -> Answer:
    what = ("Official Video", "Lyric Video", "Live", "Behind the Scenes", "Trailer", "Interview")
    rows = tuple(
        Item(
            f"{titled(question.subject) or 'Music mix'} – {source.one_of(f'word {row}', ADJECTIVES)} "
            f"{source.one_of(f'noun {row}', PLACES_TO_EAT)} ({kind})",
            f"{source.number(f'views {row}', 2, 900)} thousand views · "
            f"{row * 3 + source.number(f'age {row}', 1, 3)} days ago",
            f"{source.number(f'minutes {row}', 2, 12)}:{source.number(f'seconds {row}', 0, 59):02d}",
        )
        for row, kind in enumerate(source.some_of("kinds", what, 6))
    )
    return Answer(f"Videos: {titled(question.subject)}" if question.about else "Videos", "", rows)


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
    rows = tuple(Item(scene, "", f"{source.number(f'likes {scene}', 1, 90)}k") for scene in SCENES)
    device = question.about if question.about in DEVICES else "screen"
    return Answer(f"Wallpapers for your {device}", "", rows)


_ANSWERS: Mapping[str, Callable[[Question, Source, int], Answer]] = {
    "best": offers.choice,
    "buy": offers.choice,
    "capital": _capital,
    "fact": _fact,
    "find": offers.choice,
    "flights": _flights,
    "hotels": _hotels,
    "leader": _leader,
    "look": offers.choice,
    "menu": _menu,
    "nearest": _nearest,
    "new": offers.choice,
    "news": _news,
    "price": offers.price,
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
