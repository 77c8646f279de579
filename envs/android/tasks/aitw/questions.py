"""The question that an instruction asks, made from its slots."""

from collections.abc import Callable, Mapping

from palaestra.envs.android.web.places import HERE
from palaestra.envs.android.web.questions import Question, ask
from palaestra.envs.task import Slots

WANTS = {
    "price": "price",
    "look": "look",
    "new": "new",
    "best selling": "best",
    "search": "find",
    "find": "find",
    "buy": "buy",
}
"""Kind of the question by what an instruction wants of a product."""


def question_for(template: str, slots: Slots) -> Question | None:
    """The question of a template of General, or None if it asks nothing of the web.

    Args:
        template: its name.
        slots: the template's.
    """
    make = _QUESTIONS.get(template)
    return None if make is None else make(slots)


def _place(slots: Slots) -> str:
    """The place asked about, or where the phone is."""
    place = str(slots["place"])
    return HERE if place in ("", "here") else place


def _fact(slots: Slots) -> Question:
    office = slots["attribute"] in ("president", "prime minister")
    return ask("leader" if office else "fact", slots["entity"], slots["attribute"])


def _reddit(slots: Slots) -> Question:
    return ask("reddit", "top" if slots["want"] == "top post" else "", "week" if slots["when"] == "this week" else "")


_QUESTIONS: Mapping[str, Callable[[Slots], Question]] = {
    "GeneralCapital": lambda slots: ask("capital", slots["place"]),
    "GeneralExchangeRate": lambda slots: ask("rate", slots["base"], slots["quote"]),
    "GeneralFacts": _fact,
    "GeneralFlights": lambda slots: ask("flights", slots["origin"], slots["destination"]),
    "GeneralHotels": lambda slots: ask("hotels", slots["place"]),
    "GeneralMenu": lambda slots: ask("menu", slots["restaurant"]),
    "GeneralNearest": lambda slots: ask("nearest", slots["shop"]),
    "GeneralNews": lambda slots: ask("news", slots["place"] or slots["topic"], slots["period"]),
    "GeneralProducts": lambda slots: ask(WANTS[slots["want"]], slots["product"], slots["host"]),
    "GeneralReddit": _reddit,
    "GeneralRent": lambda slots: ask("rent", slots["place"], str(slots["bedrooms"])),
    "GeneralRestaurants": lambda slots: ask("restaurants", _place(slots), slots["cuisine"]),
    "GeneralTime": lambda slots: ask("time", _place(slots)),
    "GeneralVideo": lambda slots: ask("video", slots["artist"] or slots["channel"]),
    "GeneralWallpapers": lambda slots: ask("wallpapers", slots["device"]),
    "GeneralWeather": lambda slots: ask("weather", _place(slots)),
}
