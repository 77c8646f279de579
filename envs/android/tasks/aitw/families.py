"""The wordings of each template's instructions.

In a form, ``{name}`` is a slot, ``[...]`` may be missing, ``(a|b)`` is a choice, and "What's" may be "What is". A slot
that a form doesn't have is filled with what the form fixes, else with the family's default.
"""

from dataclasses import dataclass, field

from palaestra.envs.task import Slots


@dataclass(frozen=True)
class Form:
    """One wording of a template's instructions, and the slots whose values it fixes."""

    text: str
    fixed: Slots = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """The wordings of one template; its slots are the defaults', besides ``line``."""

    template: str
    defaults: Slots
    forms: tuple[Form, ...]


def _family(template: str, defaults: Slots, *forms: Form | str) -> Family:
    return Family(template, defaults, tuple(Form(form) if isinstance(form, str) else form for form in forms))


def _form(text: str, **fixed: object) -> Form:
    return Form(text, fixed)


SHOPPING = (
    _family("WebVisit", {"host": ""}, "Go to {host}"),
    _family("WebSearch", {"host": "", "query": ""}, "Go to {host}, search for '{query}'"),
    _family(
        "WebFirstEntry",
        {"host": "", "query": ""},
        "Go to {host}, search for '{query}', and select the first entry",
    ),
)

GENERAL = (
    _family(
        "GeneralNews",
        {"place": "", "topic": "", "period": ""},
        "What's the [latest ]news[ {period}]",
        "What's the news in {place}",
        "What's the news about {topic}",
        "What's the latest news (in|about) {topic}",
        "What's the latest {topic} news",
    ),
    _family(
        "GeneralProducts",
        {"want": "", "product": "", "store": "", "host": ""},
        _form("What's the price of {product}[ (on|at) {store}]", want="price"),
        _form("How much does {product} cost[ (on|at) {store}]", want="price"),
        _form("What does {product} look like[ on {store}]", want="look"),
        _form("What are the new products by {product}[ (on|at) {store}]", want="new"),
        _form("What are the best selling {product}[ (on|at) {store}]", want="best selling"),
        _form("Search for a new {product}[ (on|at) {store}]", want="search"),
        _form("Find a nice {product}[ (on|at) {store}]", want="find"),
        _form("Where can I buy a nice {product}", want="buy"),
    ),
    _family(
        "GeneralRestaurants",
        {"cuisine": "", "quality": "", "place": "", "maps": False},
        "(Search for|Find) {quality} {cuisine} (restaurants|restaurant|place)[ on {maps}]",
        "(Search for|Find) {cuisine} (restaurants|shops) on {maps}",
        _form("What's a good restaurant in {place}", quality="good"),
        _form("What's a good restaurant near me", quality="good", place="here"),
    ),
    _family("GeneralFlights", {"origin": "", "destination": ""}, "Search for flights from {origin} to {destination}"),
    _family(
        "GeneralFacts",
        {"entity": "", "attribute": ""},
        _form("How big is {entity}", attribute="size"),
        _form("How far is {entity}", attribute="distance"),
        _form("How old is {entity}", attribute="age"),
        _form("What's the [average ]speed of {entity}", attribute="speed"),
        "Who is the {attribute} of {entity}",
    ),
    _family("GeneralCapital", {"place": ""}, "Google the capital of {place}", "What's the capital of {place}"),
    _family(
        "GeneralRent",
        {"bedrooms": 0, "place": ""},
        "How much does a {bedrooms} bedroom apartment rent for in {place}",
    ),
    _family(
        "GeneralNearest",
        {"shop": "", "open": "", "directions": False},
        _form("How do I get to the nearest {shop}", directions=True),
        "Find the nearest {shop}",
        _form("Find the nearest {shop} that's open", open="now"),
        "Find the nearest {shop} that's open {open}",
    ),
    _family(
        "GeneralAppSettings",
        {"action": "", "app": ""},
        _form("Check the settings for the {app} app", action="settings"),
        _form("Turn on notifications for the {app} app", action="on"),
        _form("Turn off notifications for the {app} app", action="off"),
        _form("Toggle notifications for the {app} app", action="toggle"),
        _form("Show me my notifications", action="show"),
    ),
    _family(
        "GeneralVideo",
        {"want": "", "artist": "", "channel": "", "host": "", "play": True},
        _form("Play some music on YouTube", want="music", host="youtube.com"),
        _form("Play the new {artist} video on YouTube", want="artist", host="youtube.com"),
        _form("Play the latest video from {channel}", want="latest"),
        _form("What's the latest video from {channel}", want="latest", play=False),
    ),
    _family("GeneralHotels", {"place": ""}, "Search for hotels in {place}"),
    _family("GeneralWeather", {"place": ""}, "What's the weather like[ in {place}]"),
    _family("GeneralInstall", {"app": ""}, "Install the {app} app"),
    _family("GeneralMenu", {"restaurant": ""}, "What's on the menu at {restaurant}"),
    _family(
        "GeneralTab",
        {"private": False, "surface": ""},
        "Open a new Chrome[ {private}] {surface}",
        "Open a new[ {private}] {surface} in [the ]Chrome[ app]",
    ),
    _family("GeneralOpenApp", {"app": ""}, "Open the {app}[ app]"),
    _family("GeneralAlarm", {"hour": 0, "minute": 0}, "Set an alarm for {clock}"),
    _family("GeneralTime", {"place": ""}, "What time is it[ in {place}]", "What's the time[ in {place}]"),
    _family(
        "GeneralExchangeRate",
        {"base": "", "quote": ""},
        "What's [the ]{base} exchange rate against [the ]{quote}",
    ),
    _family(
        "GeneralAgenda",
        {"app": "", "span": "", "rest": False},
        _form("Check my (email|gmail)[ inbox]", app="mail"),
        _form("What's on my calendar for the rest of the {span}", app="calendar", rest=True),
        _form("Open the calendar and show me this {span}'s events", app="calendar"),
    ),
    _family(
        "GeneralReddit",
        {"want": "", "when": ""},
        _form("(Go to|Open) Reddit", want="home"),
        _form("What's on Reddit[ {when}]", want="posts"),
        _form("What's the top post on Reddit[ {when}]", want="top post"),
    ),
    _family("GeneralWallpapers", {"device": ""}, "Show me some nice wallpapers for my {device}"),
)

FAMILIES = {"webshop": SHOPPING, "general": GENERAL}
"""By the world whose instructions they are."""
