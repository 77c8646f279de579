"""What the map in front shows, for evaluators, and the route of an oracle to it."""

from palaestra.envs.android.apps.general.maps import PACKAGE, places, question
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.aitw.browsing import enter
from palaestra.envs.android.tasks.aitw.home import app_in_front, open_by_search
from palaestra.envs.android.tasks.oracle import OracleView, Route, type_text
from palaestra.envs.android.web.questions import Question


def maps_shown(device: Device) -> str:
    """What the map in front was searched for; empty if there is none in front, or nothing was asked of it."""
    return str(device.prefs(PACKAGE)["query"]) if shown_on_maps(device) is not None else ""


def shown_on_maps(device: Device) -> Question | None:
    """What was asked of the map in front; None if none is in front, or nothing was asked of it."""
    query = str(device.prefs(PACKAGE).get("query", "")) if app_in_front(device, PACKAGE) else ""
    return question(query) if query.strip() else None


def place_on_maps(device: Device) -> bool:
    """Whether the map in front shows the card of one place, or directions to it."""
    top = device.activities.top
    if top is None or shown_on_maps(device) is None:
        return False
    at = top["state"].get("at")
    return isinstance(at, int) and at < len(places(device))


def search_maps(screen: OracleView, query: str) -> Route:
    """From the home screen, search on the map; returns the list of places. Six actions."""
    screen = yield from open_by_search(screen, "Maps")
    screen = yield screen.tap(editable=True)
    screen = yield type_text(query)
    return (yield enter())
