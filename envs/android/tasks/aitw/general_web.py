"""General's questions to the web: what is asked must be in sight, on a card of the search engine or on a page.

A page counts if it has loaded in the foreground tab, it answers the question that the instruction's slots make, and the
answer is in the part of it that can be seen, with nothing over it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.android.apps.browser.tabs import PACKAGE, Shown, current, entry_of, shown
from palaestra.envs.android.apps.general.reader import question as posts_shown
from palaestra.envs.android.apps.general.video import playing
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.aitw.browsing import cleared, open_page, search_site
from palaestra.envs.android.tasks.aitw.grammar import known_lines
from palaestra.envs.android.tasks.aitw.maps import PACKAGE as MAPS
from palaestra.envs.android.tasks.aitw.maps import maps_shown, search_maps
from palaestra.envs.android.tasks.aitw.questions import question_for
from palaestra.envs.android.tasks.aitw.template import LineTemplate
from palaestra.envs.android.tasks.oracle import Oracle, OracleView
from palaestra.envs.android.tasks.task import private_data
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.answers import answer
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.offers import SHOPS
from palaestra.envs.android.web.portals.front import PAUSED
from palaestra.envs.android.web.questions import Question, ask, question_of, words_of
from palaestra.envs.android.web.search import stem
from palaestra.envs.android.web.site import Web
from palaestra.envs.android.web.web import web_of
from palaestra.envs.task import Slots

ANSWERS = ("answer", "title")
"""Ids of what was asked for: the answer, and a product's name on its own page."""
OVER = "over"
"""Key of what lies over a page."""
SEVERAL = 2
"""Texts with a subject's words that look like an answer: the search box and what was found."""
VIEWS = " views · "
"""What is said of a video."""
SEARCH_HOST = "google.com"
ON_PAGES = ("home", "results", "page")
"""Kinds of places whose entity is a question that they answer."""


def in_sight(device: Device) -> bool:
    """Whether the whole answer of the page in front can be seen, with nothing over the page."""
    window = device.window("app")
    if window is None:
        return False
    found = None
    for view in walk(window.root):
        if view.key == OVER:
            return False
        if found is None and view.id in ANSWERS:
            found = view
    return found is not None and found.clip is not None and tuple(found.clip) == tuple(found.bounds)


class _Asking(LineTemplate):
    """A page that answers a question.

    Attributes:
        about, detail: names of the slots that are the question's subject and the rest of it.
    """

    apps = (PACKAGE,)
    about: ClassVar[str] = ""
    detail: ClassVar[str] = ""

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """The browser as after its installation: no tabs, history or cookies."""
        world.packages.clear(PACKAGE)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(PACKAGE)

    def question(self, slots: Slots) -> Question:
        """What the slots ask."""
        question = question_for(type(self).__name__, slots)
        assert question is not None
        return question

    def query(self, slots: Slots) -> str:
        """What the oracle searches for."""
        raise NotImplementedError

    def host(self, slots: Slots) -> str:
        """The host that the instruction names, if any."""
        return ""

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        page = shown(world)
        clauses = self.on_page(page, slots, web_of(world))
        return clauses | {"in_sight": clauses["asked"] and in_sight(world)}

    def on_page(self, page: Shown | None, slots: Slots, web: Web) -> dict[str, bool]:
        """Whether the page answers this kind of question, and for each part of it whether it is the same."""
        wanted = self.question(slots)
        host = self.host(slots)
        named = {"host": page is not None and page.address.host == host} if host else {}
        kind, about, detail = _parts(page)
        asked = kind == wanted.kind
        parts = {self.about: about == wanted.about} if self.about else {}
        parts |= {self.detail: detail == wanted.detail} if self.detail else {}
        if not (self.about or self.detail):
            asked = asked and (about, detail) == (wanted.about, wanted.detail)
        return named | {"asked": asked} | {name: asked and same for name, same in parts.items()}

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """A text has the words of the question's heading."""
        heading = _stems(answer(0, self.question(slots), 0).title)
        return any(heading <= _stems(text) for text in texts)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """For each slot of the question, another line's value."""
        names = [name for name in (self.about, self.detail) if name]
        return [slots | {name: self._other(name, slots)} for name in names if name in slots]

    def _other(self, name: str, slots: Slots) -> Any:
        """Another value of a slot, from the lists."""
        lines = [line.slots for line in known_lines("general") if line.template == type(self).__name__]
        mine = self.question(slots)
        values = [each[name] for each in lines if each[name] and self.question(slots | {name: each[name]}) != mine]
        taken = {str(slots[other]) for other in slots if other != name}
        values = [value for value in values if str(value) not in taken]
        return values[len(slots["line"]) % len(values)]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from open_page(screen, self.query(slots))


def _parts(page: Shown | None) -> tuple[str, str, str]:
    """Kind, subject and detail of the question that a page answers."""
    if page is None or page.place.kind not in ON_PAGES:
        return "", "", ""
    kind, about, detail = (*page.place.entity.split("/", 2), "", "")[:3]
    return kind, about, detail


class GeneralNews(_Asking):
    """News of a place, about a topic, of a time."""

    about, detail = "subject", "period"

    def query(self, slots: Slots) -> str:
        subject = slots["place"] or slots["topic"]
        return " ".join(filter(None, (subject, "news", slots["period"])))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another place or topic, another time."""
        name = "topic" if slots["topic"] else "place"
        return [slots | {name: self._other(name, slots)}, slots | {"period": self._other("period", slots)}]


class GeneralFlights(_Asking):
    """Flights between two places."""

    about, detail = "origin", "destination"

    def query(self, slots: Slots) -> str:
        return f"flights from {slots['origin']} to {slots['destination']}"


class GeneralFacts(_Asking):
    """How large, far, old or fast something is; who leads a country."""

    about, detail = "entity", "attribute"

    def query(self, slots: Slots) -> str:
        words = {"size": "how big is", "distance": "how far is", "age": "how old is", "speed": "speed of"}
        return f"{words.get(slots['attribute'], slots['attribute'] + ' of')} {slots['entity']}"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another thing or country; another of its attributes."""
        lines = [line.slots for line in known_lines("general") if line.template == "GeneralFacts"]
        alike = [each["entity"] for each in lines if each["attribute"] == slots["attribute"]]
        others = [each for each in alike if each != slots["entity"]] or ["universe"]
        pairs = {"president": "prime minister", "prime minister": "president", "size": "speed"}
        attribute = pairs.get(slots["attribute"], "size")
        return [slots | {"entity": others[len(slots["line"]) % len(others)]}, slots | {"attribute": attribute}]


class GeneralCapital(_Asking):
    """The capital of a country."""

    about = "place"

    def query(self, slots: Slots) -> str:
        return f"capital of {slots['place']}"


class GeneralRent(_Asking):
    """What apartments of a size cost in a place."""

    about, detail = "place", "bedrooms"

    def query(self, slots: Slots) -> str:
        return f"{slots['bedrooms']} bedroom apartment rent in {slots['place']}"


class GeneralHotels(_Asking):
    """Hotels in a place."""

    about = "place"

    def query(self, slots: Slots) -> str:
        return f"hotels in {slots['place']}"


class GeneralWeather(_Asking):
    """The weather in a place, or here."""

    about = "place"

    def query(self, slots: Slots) -> str:
        return f"weather in {slots['place']}" if slots["place"] else "weather"


class GeneralMenu(_Asking):
    """The menu of a restaurant."""

    about = "restaurant"

    def query(self, slots: Slots) -> str:
        return f"menu of {slots['restaurant']}"


class GeneralTime(_Asking):
    """The time in a place, or here."""

    about = "place"

    def query(self, slots: Slots) -> str:
        return f"time in {slots['place']}" if slots["place"] else "time now"


class GeneralExchangeRate(_Asking):
    """One currency in another."""

    about, detail = "base", "quote"

    def query(self, slots: Slots) -> str:
        return f"{slots['base']} to {slots['quote']} exchange rate"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another pair."""
        quote = self._other("quote", slots)
        return [slots | {"base": quote}, slots | {"quote": quote}]


class GeneralWallpapers(_Asking):
    """Wallpapers for a device."""

    about = "device"

    def query(self, slots: Slots) -> str:
        return f"wallpapers for {slots['device']}"


class GeneralReddit(_Asking):
    """Reddit's first page, or its posts or the top ones, of a week or of now; on the web or in the app."""

    def host(self, slots: Slots) -> str:
        return "reddit.com" if slots["want"] == "home" else ""

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        clauses = super().check(start, world, answers, slots)
        in_app = posts_shown(world)
        if in_app is None:
            return clauses
        return dict.fromkeys(clauses, slots["want"] == "home" or in_app == self.question(slots))

    def query(self, slots: Slots) -> str:
        if slots["want"] == "home":
            return "reddit.com"
        when = "this week" if slots["when"] == "this week" else ""
        return " ".join(filter(None, ("top post on" if slots["want"] == "top post" else "posts on", "reddit", when)))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Other posts; those of another time."""
        if slots["want"] == "home":
            return [slots | {"want": "posts"}]
        want = "posts" if slots["want"] == "top post" else "top post"
        return [slots | {"want": want}, slots | {"when": "" if slots["when"] == "this week" else "this week"}]


class GeneralRestaurants(_Asking):
    """Restaurants of a cuisine or in a place, on the web or on the map; how good they are isn't compared."""

    about, detail = "place", "cuisine"

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (*private_data(PACKAGE), *private_data(MAPS))

    def query(self, slots: Slots) -> str:
        place = f"in {slots['place']}" if slots["place"] not in ("", "here") else ""
        return " ".join(filter(None, (slots["quality"], slots["cuisine"], "restaurants", place)))

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if not slots["maps"]:
            return super().check(start, world, answers, slots)
        found, wanted = question_of(maps_shown(world)), self.question(slots)
        asked = found is not None and found.kind == wanted.kind
        return {
            "maps": bool(maps_shown(world)),
            "place": asked and found is not None and found.about == wanted.about,
            "cuisine": asked and found is not None and found.detail == wanted.detail,
        }

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another cuisine or place; the web instead of the map."""
        name = "cuisine" if slots["cuisine"] else "place"
        other = [slots | {"maps": False}] if slots["maps"] else []
        return [slots | {name: self._other(name, slots)}, *other]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        if not slots["maps"]:
            yield from super().oracle(screen, slots)
            return
        yield from search_maps(screen, self.query(slots))


class GeneralProducts(_Asking):
    """Something about a product: on the search engine's card, or in a shop that has it.

    Where the instruction names a store, only its own results and product pages count.
    """

    about, detail = "product", ""

    def host(self, slots: Slots) -> str:
        return str(slots["host"])

    def query(self, slots: Slots) -> str:
        words = {"price": "price of", "look": "pictures of", "new": "new products by", "best selling": "best selling"}
        return f"{words.get(slots['want'], 'buy' if slots['want'] == 'buy' else 'new')} {slots['product']}"

    def on_page(self, page: Shown | None, slots: Slots, web: Web) -> dict[str, bool]:
        """Also results of a shop that have the product's words, and the products opened from them."""
        clauses = super().on_page(page, slots, web)
        if page is None or clauses["asked"]:
            return clauses
        words = page.place.corrected
        if page.place.kind == "product":
            words = _product_name(web, page.place.entity)
        by_links = page.address.host == SEARCH_HOST and slots["want"] not in ("price", "look")
        asked = bool(words) and (page.address.host in SHOPS or by_links)
        return clauses | {"asked": asked, "product": asked and _stems(slots["product"]) <= _stems(words)}

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """The store's host is there, and several texts have the product's words."""
        return _several(slots["product"], texts) and any(slots["host"] in text for text in texts)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another product; another store, or the search engine instead."""
        other = slots | {"product": self._other("product", slots)}
        return [other, *([slots | {"host": ""}] if slots["host"] else [])]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        if not slots["host"]:
            yield from super().oracle(screen, slots)
            return
        screen = yield from open_page(screen, slots["host"])
        yield from search_site(screen, slots["product"])


def _several(words: str, texts: Sequence[str]) -> bool:
    """Whether several texts have these words."""
    return sum(_stems(words) <= _stems(text) for text in texts) >= SEVERAL


def _product_name(web: Web, number: str) -> str:
    product = catalogue(web.seed).product(int(number))
    return product.name if product is not None else ""


def _stems(text: str) -> set[str]:
    """Of the words of a text, without those that a product is called anyway."""
    return {stem(word) for word in words_of(text) if word not in ("product", "products", "new")}


class GeneralVideo(_Asking):
    """An artist's or a channel's latest video: playing, or in sight where it is only asked for; or any music.

    The app plays them too.
    """

    about = "video"

    def host(self, slots: Slots) -> str:
        return str(slots["host"]) if slots["play"] else ""

    def query(self, slots: Slots) -> str:
        return f"{slots['artist'] or slots['channel'] or 'music'} latest video"

    def on_page(self, page: Shown | None, slots: Slots, web: Web) -> dict[str, bool]:
        """Also the page of the latest video itself."""
        if page is not None and page.place.entity == f"{self.question(slots)}#1":
            return {"asked": True, "video": True}
        return super().on_page(page, slots, web)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if not slots["play"]:
            return super().check(start, world, answers, slots)
        if (in_app := playing(world)) is not None:
            wanted = slots["want"] == "music" or in_app[0] == self.question(slots)
            latest = {} if slots["want"] == "music" else {"latest": in_app[1] == 1}
            return {"video": wanted} | latest | {"playing": True}
        page = shown(world)
        plays = page is not None and page.place.kind == "video"
        entity, _, number = page.place.entity.partition("#") if page is not None and plays else ("", "", "")
        wanted = slots["want"] == "music" or entity == str(self.question(slots))
        clauses = {"video": plays and wanted} | ({} if slots["want"] == "music" else {"latest": number == "1"})
        return clauses | {"playing": plays and in_sight(world) and not _is_paused(world)}

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """Several texts have the artist's or channel's name, and there is a number of views."""
        return _several(self.question(slots).about, texts) and any(VIEWS in text for text in texts)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another artist or channel; the list of the videos instead of one; the second of them."""
        name = "artist" if slots["artist"] else "channel"
        others = [] if slots["want"] == "music" else [slots | {name: self._other(name, slots)}]
        if not slots["play"]:
            return others
        return [*others, slots | {"play": False}, *([slots | {"row": 1}] if others else [])]

    def _other(self, name: str, slots: Slots) -> Any:
        lines = [line.slots for line in known_lines("general") if line.template == "GeneralVideo"]
        values = [each[name] for each in lines if each[name] and ask("video", each[name]) != self.question(slots)]
        return values[len(slots["line"]) % len(values)]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_page(screen, self.query(slots))
        if slots["play"]:
            lengths = screen.all(lambda element: VIEWS in element["text"])
            screen = yield screen.tap(text=lengths[slots.get("row", 0)]["text"])
            yield from cleared(screen)


def _is_paused(device: Device) -> bool:
    """Whether the video in front stands still."""
    tab = current(device)
    entry = entry_of(tab) if tab is not None else None
    return entry is None or bool(entry["form"].get(PAUSED))
