"""General's tasks that need no web: settings, notifications, apps, tabs, alarms, mail, calendar, the nearest shop.

Each condition is about the phone's state: which app is in front and what it shows, what is installed or switched on.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.android.apps.browser.tabs import PACKAGE as BROWSER
from palaestra.envs.android.apps.browser.tabs import all_tabs, new_tab_shown, shown
from palaestra.envs.android.apps.clock.alarms import alarms
from palaestra.envs.android.apps.clock.tab import PACKAGE as CLOCK
from palaestra.envs.android.apps.general.agenda import PACKAGE as CALENDAR
from palaestra.envs.android.apps.general.agenda import contains, shown_view
from palaestra.envs.android.apps.general.mail import PACKAGE as MAIL
from palaestra.envs.android.apps.general.mail import shows_inbox
from palaestra.envs.android.apps.general.maps import PACKAGE as MAPS
from palaestra.envs.android.apps.general.store import PACKAGE as STORE
from palaestra.envs.android.apps.settings.applications import package_of
from palaestra.envs.android.apps.settings.rows import PACKAGE as SETTINGS
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.elements import centre
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.aitw.browsing import enter
from palaestra.envs.android.tasks.aitw.general_web import in_sight
from palaestra.envs.android.tasks.aitw.home import (
    app_in_front,
    label_of,
    nothing_over,
    open_by_search,
    packages_of,
)
from palaestra.envs.android.tasks.aitw.maps import place_on_maps, search_maps, shown_on_maps
from palaestra.envs.android.tasks.aitw.template import LineTemplate, words
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, type_text
from palaestra.envs.android.tasks.task import private_data
from palaestra.envs.android.web.questions import ask, question_of
from palaestra.envs.task import Slots

APP_INFO = f"{SETTINGS}.applications.InstalledAppDetails"
SWITCHES = ("on", "off", "toggle")
"""Actions of ``GeneralAppSettings`` that change whether an app may notify."""
OTHER_APPS = ("Netflix", "Spotify")
OTHER_OFFERS = ("Yelp", "CNN")
OTHER_SHOPS = ("Target", "IKEA")
"""What near misses take, the second where the first is what is asked."""


def _other(names: tuple[str, str], asked: str) -> str:
    return names[0] if asked != names[0] else names[1]


class _Device(LineTemplate):
    """What the screen says when such a task is done is in ``signs``."""

    def signs(self, slots: Slots) -> str:
        """Words that the screen shows when the task is done."""
        raise NotImplementedError

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """All of them are somewhere on the screen."""
        return set(words(self.signs(slots))) <= set(words(" ".join(texts)))


class GeneralAppSettings(_Device):
    """An app's page in the settings, whether it may notify, or the shade with the notifications."""

    apps = (SETTINGS, STORE)

    def signs(self, slots: Slots) -> str:
        label = label_of(slots["app"])
        named = {"settings": f"App info {label}", "show": "Notifications"}
        return named.get(slots["action"], f"All {label} notifications")

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """For a switch: the app has been used before, and notifies if they shall be turned off."""
        if slots["action"] in SWITCHES:
            (package,) = packages_of(slots["app"])
            world.state["packages"][package]["notifications"] = slots["action"] != "on"
            world.open_app(package)
            world.settle()

    def facts(self, world: Device, /, slots: Slots) -> dict[str, Any]:
        packages = packages_of(slots["app"])
        return {"notifies": _notifies(world, packages[0]) if packages else None}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        if slots["action"] not in SWITCHES:
            return ()
        return (f"packages/{packages_of(slots['app'])[0]}",)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if slots["action"] == "show":
            return {"shade": bool(world.state["shade"]["open"])}
        packages = packages_of(slots["app"])
        if slots["action"] == "settings":
            top = world.activities.top
            is_open = top is not None and world.foreground == (SETTINGS, APP_INFO) and nothing_over(world)
            return {"page": is_open, "app": bool(is_open and top and package_of(world.activity(top)) in packages)}
        notifies = _notifies(world, packages[0])
        wanted = not start["notifies"] if slots["action"] == "toggle" else slots["action"] == "on"
        return {"notifications": notifies is wanted}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another app; the opposite action."""
        if slots["action"] == "show":
            return [slots | {"quick": False}]
        app = slots | {"app": "Photos" if slots["app"] == "Maps" else "Maps"}
        opposite = {"on": "off", "off": "on"}.get(slots["action"])
        if opposite:
            return [app, slots | {"action": opposite}]
        return [app, slots | {"action": "settings"}] if slots["action"] == "toggle" else [app]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        if slots["action"] == "show":
            if slots.get("quick", True):
                yield screen.scroll("up")
            else:
                yield screen.scroll("down")
            return
        screen = yield from open_by_search(screen, "Settings")
        screen = yield screen.tap(text="Apps")
        label = label_of(slots["app"])
        if not screen.has(text=label):
            screen = yield screen.tap(text="See all *")
            screen = yield screen.tap(desc="Search")
            screen = yield type_text(label)
        screen = yield screen.tap(text=label, editable=False)
        if slots["action"] in SWITCHES:
            on = screen.has(text="On")
            screen = yield screen.tap(text="Notifications")
            if slots["action"] == "toggle" or on != (slots["action"] == "on"):
                yield screen.tap(checkable=True)


def _notifies(device: Device, package: str) -> bool | None:
    """Whether an app may notify; None if it isn't there."""
    record = device.state["packages"].get(package)
    return None if record is None else bool(record["notifications"])


class GeneralInstall(_Device):
    """An app of the store is installed."""

    apps = (STORE,)

    def signs(self, slots: Slots) -> str:
        return f"{label_of(slots['app'])} Uninstall Open"

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """Without the app."""
        world.packages.uninstall(packages_of(slots["app"])[0])

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        package = packages_of(slots["app"])[0]
        return (f"packages/{package}", *private_data(package), *private_data(STORE))

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"installed": any(world.packages.is_installed(package) for package in packages_of(slots["app"]))}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another app."""
        return [slots | {"app": _other(OTHER_OFFERS, slots["app"])}]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_by_search(screen, "Play Store")
        screen = yield screen.tap(editable=True)
        screen = yield type_text(label_of(slots["app"]))
        screen = yield enter()
        screen = yield screen.tap(text=label_of(slots["app"]), editable=False)
        yield screen.tap(text="Install")


class GeneralOpenApp(_Device):
    """An app is in front, or another that its name can mean."""

    apps = (STORE,)

    def signs(self, slots: Slots) -> str:
        return label_of(slots["app"])

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return tuple(name for package in packages_of(slots["app"]) for name in private_data(package))

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"app": app_in_front(world, *packages_of(slots["app"]))}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another app."""
        return [slots | {"app": _other(OTHER_APPS, slots["app"])}]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from open_by_search(screen, label_of(slots["app"]))


class GeneralTab(_Device):
    """A tab that the user has opened, with the new-tab page, in front; a phone's window is a tab."""

    apps = (BROWSER,)

    def signs(self, slots: Slots) -> str:
        return "gone Incognito" if slots["private"] else "Search or type"

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """A browser without tabs."""
        world.packages.clear(BROWSER)

    def facts(self, world: Device, /, slots: Slots) -> dict[str, Any]:
        return {"tabs": [tab["id"] for private in (False, True) for tab in all_tabs(world, private=private)]}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(BROWSER)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        tab = new_tab_shown(world) if nothing_over(world) else None
        if tab is None or tab.tab in start["tabs"]:
            return {"opened": False, "private": False}
        return {"opened": tab.by == "user", "private": tab.private == bool(slots["private"])}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """A tab of the other kind; only the tab that the browser opens by itself."""
        return [slots | {"private": not slots["private"]}, slots | {"opened": False}]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield screen.tap(desc="Chrome")
        if slots.get("opened", True):
            screen = yield screen.tap(id=f"{BROWSER}:id/menu_button")
            yield screen.tap(text="New Incognito tab" if slots["private"] else "New tab")


class GeneralAlarm(_Device):
    """A new alarm that is on; the others are as they were."""

    apps = (CLOCK,)

    def signs(self, slots: Slots) -> str:
        half = "PM" if slots["hour"] >= 12 else "AM"
        return f"{(slots['hour'] + 11) % 12 + 1} {slots['minute']:02d} {half}"

    def facts(self, world: Device, /, slots: Slots) -> dict[str, Any]:
        return {"alarms": alarms(world)}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(CLOCK)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        now, old = alarms(world), {row["_id"] for row in start["alarms"]}
        new = [row for row in now if row["_id"] not in old]
        at = (slots["hour"], slots["minute"])
        return {
            "alarm": any((row["hour"], row["minutes"]) == at and row["enabled"] for row in new),
            "others": all(row in now for row in start["alarms"]),
        }

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another hour, the other half of the day, another minute."""
        hour = slots["hour"]
        others = [{"hour": hour // 12 * 12 + (hour + 1) % 12}, {"hour": (hour + 12) % 24}]
        return [slots | change for change in (*others, {"minute": (slots["minute"] + 30) % 60})]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        hour, minute = slots["hour"], slots["minute"]
        screen = yield screen.tap(desc="Clock")
        screen = yield screen.tap(desc="Add alarm")
        halves = screen.has(desc="PM")
        screen = yield _on_face(screen, f"{(hour + 11) % 12 + 1} o'clock" if halves else f"{hour} hours")
        if minute:
            screen = yield _on_face(screen, f"{minute} minutes")
        if halves:
            screen = yield screen.tap(desc="PM" if hour >= 12 else "AM")
        yield screen.tap(text="OK")


def _on_face(screen: OracleView, desc: str) -> Action:
    """A tap on a number of the clock's face, which comes after the digits above it."""
    return Action("tap", centre(screen.all(desc=desc)[-1]))


class GeneralAgenda(_Device):
    """The inbox, or the calendar with this week or month."""

    apps = (MAIL, CALENDAR)

    def signs(self, slots: Slots) -> str:
        return "Inbox Compose" if slots["app"] == "mail" else "Day Week Month"

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """A calendar that shows a day."""
        world.prefs(CALENDAR).pop("view", None)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return () if slots["app"] == "mail" else (f"prefs/{CALENDAR}/view",)

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        clear = nothing_over(world)
        if slots["app"] == "mail":
            return {"inbox": clear and shows_inbox(world)}
        shows = shown_view(world) if clear else None
        if shows is None:
            return {"view": False, "today": False}
        return {"view": shows[0] == slots["span"], "today": contains(*shows, world.now.date())}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """The other app; the other span; a week of the next month."""
        if slots["app"] == "mail":
            return [slots | {"app": "calendar"}]
        others = [slots | {"app": "mail"}, slots | {"span": "month" if slots["span"] == "week" else "week"}]
        return [*others, slots | {"next": True}] if slots["span"] == "week" else others

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_by_search(screen, "Gmail" if slots["app"] == "mail" else "Calendar")
        if slots.get("next"):
            screen = yield screen.tap(desc="Month")
            screen = yield screen.tap(desc="Next month")
        if slots["app"] == "calendar" and slots["span"]:
            yield screen.tap(desc=slots["span"].capitalize())


_nearest = functools.lru_cache(maxsize=256)(functools.partial(ask, "nearest"))


class GeneralNearest(_Device):
    """The nearest shop on the map, or as the answer of the search engine; for the way there one place on the map."""

    apps = (MAPS, BROWSER)
    clauses: ClassVar[tuple[str, ...]] = ("shop", "place")

    def signs(self, slots: Slots) -> str:
        return slots["shop"] + (" Directions" if slots["directions"] else "")

    def setup(self, world: Device, /, slots: Slots, random: np.random.Generator) -> None:
        """Nothing was searched for."""
        world.packages.clear(MAPS)
        world.packages.clear(BROWSER)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (*private_data(MAPS), *private_data(BROWSER))

    def check(
        self, start: Mapping[str, Any], world: Device, /, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        wanted = _nearest(slots["shop"])
        if shown_on_maps(world) == wanted:
            return {"shop": True, "place": not slots["directions"] or place_on_maps(world)}
        page = shown(world) if nothing_over(world) else None
        if page is None or page.place.kind != "results" or page.address.host != "google.com":
            return dict.fromkeys(self.clauses, False)
        answered = question_of(page.place.query) == wanted or page.place.entity.startswith(str(wanted))
        return dict.fromkeys(self.clauses, answered and in_sight(world))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Another shop; only the list of places."""
        other = slots | {"shop": _other(OTHER_SHOPS, slots["shop"])}
        return [other, slots | {"directions": False}] if slots["directions"] else [other]

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from search_maps(screen, slots["shop"])
        if slots["directions"]:
            screen = yield screen.tap(lambda element: element["text"].endswith(" km"))
            yield screen.tap(text="Directions")
