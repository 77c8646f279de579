"""Maps: a search, the places it finds, the card of a place, and directions to it."""

import functools
import zlib

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import button, icon_button, text_field
from palaestra.envs.android.ui.groups import list_item
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme, theme_of
from palaestra.envs.android.ui.view import FILL, View, canvas, column, divider, icon, row, scroll, stack, text
from palaestra.envs.android.web.answers import Item, answer
from palaestra.envs.android.web.questions import CUISINES, Question, ask, canonical, question_of, stem, words_of
from palaestra.envs.android.web.web import web_of

PACKAGE = "com.google.android.apps.maps"
MAIN_ACTIVITY = "com.google.android.maps.MapsActivity"
KINDS = ("nearest", "restaurants", "hotels")
"""Questions that a map answers."""
EATING = {"restaurant", "food", "cafe", "diner", "place", "shop"}
"""With one of these a kind of food is no shop's name, as it is in Burger King."""
PANEL_DP, PANEL_SHARE = 420, 0.55
"""Height of a list over the map, and how much of the screen it may be."""
PLACE_DP = 230
MAX_WORDS = 300
ROADS = 7
TURNS = ("Head {} on {} Street", "Turn left onto {} Avenue", "Turn right onto {} Street", "Continue on {} Road")
STREETS = ("Alder", "Mill", "Harbor", "Orchard", "Station", "Chapel")


class Maps(App):
    """A map with a panel: a list, a place, or the way to it."""

    package = PACKAGE
    label = "Maps"
    icon = "map-marker"
    color = "#2E7D32"
    system = False
    activities = {MAIN_ACTIVITY: "map"}
    launcher = MAIN_ACTIVITY

    def map(self, activity: Activity) -> Page:
        """The map."""
        state, prefs = activity.state, activity.prefs
        panel = _panel(activity)
        drawing = canvas(draw_map, prefs.get("query", ""), width=FILL, height=FILL, desc="Map", cls="android.view.View")
        root = stack(
            drawing,
            column(_search(activity), width=FILL, padding=(16, 12), gravity="top"),
            panel,
            width=FILL,
            height=FILL,
            id="mainmap_container",
        )

        def back() -> None:
            if state.get("directions"):
                state.update(directions=False)
            elif state.get("at") is not None:
                state.update(at=None)
            else:
                _forget(activity)

        return Page(root, on_back=back if panel is not None else None, title="Maps")


@functools.lru_cache(maxsize=256)
def question(query: str) -> Question:
    """What a search on the map asks for: places to eat, hotels, else the nearest of its words."""
    stems = {stem(word) for word in words_of(query)}
    of_food = bool(stems & EATING) or set(canonical(query).split()) <= {stem(name) for name in CUISINES}
    found = question_of(query)
    if found is None or found.kind not in KINDS or (found.kind == "restaurants" and not of_food):
        found = question_of(f"nearest {query}")
    return found if found is not None and found.kind in KINDS else ask("nearest", query)


def places(phone: Phone) -> tuple[Item, ...]:
    """The places that the current search has found."""
    query = phone.prefs(PACKAGE).get("query", "")
    return answer(web_of(phone).seed, question(query), phone.now_us).items if query.strip() else ()


def _forget(activity: Activity) -> None:
    activity.prefs["query"] = ""
    activity.state.update(typed="", at=None, directions=False)


def _search(activity: Activity) -> View:
    """The search field over the map."""
    state, prefs = activity.state, activity.prefs

    def search() -> None:
        words = state.get("typed", "").strip()[:MAX_WORDS]
        prefs["query"] = words
        state.update(at=None, directions=False)
        activity.phone.state["focus"] = None

    typed = state.get("typed", prefs.get("query", ""))
    return text_field(
        typed,
        lambda value: state.update(typed=value),
        hint="Search here",
        id="search_omnibox_edit_text",
        style="bare",
        on_submit=search,
        action="search",
        padding=(52, 12, 16, 12),
        leading=icon("magnify"),
        trailing=icon_button("close", lambda: _forget(activity), "Clear") if typed else None,
        background="surface",
        radius=28,
        min_height=52,
        elevation=3,
    )


def _panel(activity: Activity) -> View | None:
    """What lies over the lower part of the map."""
    state, items = activity.state, places(activity.phone)
    at = state.get("at")
    if not items:
        return None
    phone = activity.phone
    height = min(PANEL_DP, PANEL_SHARE * phone.size[1] / theme_of(phone).scale)
    if not isinstance(at, int) or at >= len(items):
        rows = [_result(activity, number, item) for number, item in enumerate(items)]
        return _sheet(scroll(*rows, id="search_list", height=height))
    return _sheet(_directions(items[at], height) if state.get("directions") else _place(activity, items[at], height))


def _sheet(body: View) -> View:
    return stack(
        body,
        width=FILL,
        background="surface",
        radius=(24, 24, 0, 0),
        padding=(0, 16, 0, 8),
        elevation=3,
        gravity="bottom",
        blocks=True,
        id="home_bottom_sheet_container",
    )


def _result(activity: Activity, number: int, item: Item) -> View:
    return list_item(
        item.title,
        f"{item.detail} · {item.value}",
        leading=icon("map-marker", 28, "primary"),
        padding=(20, 8),
        min_height=72,
        key=str(number),
        on_click=lambda: activity.state.update(at=number, directions=False),
    )


def _place(activity: Activity, item: Item, height: float) -> View:
    """The card of a place."""
    state = activity.state
    return scroll(
        text(item.title, "headline_small", id="title"),
        text(item.value, "title_medium", "on_surface_variant"),
        text(item.detail, "body_large", "on_surface_variant"),
        row(
            button("Directions", lambda: state.update(directions=True), icon="directions", id="directions_button"),
            button("Save", lambda: activity.toast("Saved"), "outlined"),
            gap=12,
        ),
        padding=(24, 0),
        gap=12,
        height=min(height, PLACE_DP * theme_of(activity.phone).font_scale),
        id="place_page_view",
    )


def _directions(item: Item, height: float) -> View:
    """The way from where the phone is."""
    chance = zlib.crc32(f"{item.title} {item.detail}".encode())
    turns = [
        list_item(
            turn.format(*(("north", street) if turn.startswith("Head") else (street,))),
            f"{(chance >> 3 * step) % 8 + 1}00 m",
            leading=icon("arrow-up" if step % 3 == 0 else "arrow-left-top" if step == 1 else "arrow-right-top"),
            padding=(24, 6),
            key=str(step),
        )
        for step, turn in enumerate(TURNS)
        for street in [STREETS[(chance >> 2 * step) % len(STREETS)]]
    ]
    return scroll(
        text(f"Your location → {item.title}", "title_large", padding=(24, 0), id="directions_header"),
        text(f"{4 + chance % 19} min by car", "title_medium", "primary", padding=(24, 8)),
        divider(),
        *turns,
        height=height,
        id="directions_panel",
    )


def draw_map(brush: Brush, rect: Rect, look: Theme, query: str) -> None:
    """Streets, a park and a river; pins where something was found."""
    left, top, right, bottom = rect
    width, height = right - left, bottom - top
    brush.rect(rect, "surface_container_high")
    brush.polygon(
        [(left, top + 0.1 * height), (right, top + 0.3 * height), (right, top + 0.36 * height),
         (left, top + 0.18 * height)], "#7FA9C9"
    )  # fmt: skip
    brush.circle(left + 0.25 * width, top + 0.4 * height, 0.14 * width, "#8DB38B")
    for number in range(ROADS):
        share = (number + 0.5) / ROADS
        brush.line(left + share * width, top, left + (share + 0.08) * width, bottom, "surface_bright", look.px(6))
        brush.line(left, top + share * height, right, top + (share - 0.04) * height, "surface_bright", look.px(6))
    if query:
        for number in range(3):
            x, y = left + (0.25 + 0.25 * number) * width, top + (0.2 + 0.09 * number) * height
            brush.circle(x, y, look.px(10), "primary")
            brush.circle(x, y, look.px(4), "on_primary")
