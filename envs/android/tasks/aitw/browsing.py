"""Routes through the browser, for oracles that speak Auto-UI's words: taps, swipes, typing, keys.

They see the elements of an observation only: ids as Chrome's, and what a page shows.
"""

import re

from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.elements import Element, centre
from palaestra.envs.android.tasks.oracle import OracleView, Route, type_text

BROWSER = "Chrome"
"""Label of the browser's icon."""
URL_BAR = "com.android.chrome:id/url_bar"
WEB_VIEW = "android.webkit.WebView"
SEARCH_BOX = "search"
"""Id of a site's own search box."""
IN_THE_WAY = ("not_a_robot", "again", "accept", "popup_close")
"""Ids of what lets a visitor past an obstacle, in the order in which they come."""
SPONSORED = ("Sponsored", "Patrocinado")
"""What a sponsored result is labelled with, in every language of the web."""
RATING = re.compile(r"\d[.,]\d \([\d,.]+\)")
"""A product's rating and the number of its reviews."""
NEIGHBOUR = 0.08
"""How much lower the rating of a longer name beside it may be, as a share of the screen's height."""
MOST_WAITS = 8
MOST_SWIPES = 6


def open_page(screen: OracleView, address: str) -> Route:
    """From the home screen, load an address in the browser, and clear the page of what lies over it."""
    screen = yield screen.tap(desc=BROWSER)
    screen = yield screen.tap(id=URL_BAR)
    screen = yield type_text(address)
    screen = yield enter()
    return (yield from cleared(screen))


def cleared(screen: OracleView) -> Route:
    """Wait for a page, then get past what stands in the way to it."""
    for _ in range(MOST_WAITS):
        ways = [e for e in screen.elements if name_of(e) in IN_THE_WAY]
        if ways:
            screen = yield Action("tap", centre(ways[0]))
        elif screen.has(cls=WEB_VIEW):
            break
        else:
            screen = yield wait(screen)
    return screen


def search_site(screen: OracleView, query: str) -> Route:
    """Search a site by its own box; returns the results."""
    screen = yield screen.tap(lambda element: name_of(element) == SEARCH_BOX)
    screen = yield type_text(query)
    screen = yield enter()
    return (yield from cleared(screen))


def open_result(screen: OracleView, rank: int = 1, *, sponsored: bool = False) -> Route:
    """Open the result of a rank among those that are sponsored, or that aren't; scrolls to it."""
    seen: list[str] = []
    for _ in range(MOST_SWIPES):
        for name, is_ad in results(screen):
            if name["text"] not in seen and is_ad == sponsored:
                seen.append(name["text"])
                if len(seen) == rank:
                    screen = yield Action("tap", centre(name))
                    return (yield from cleared(screen))
        screen = yield screen.scroll("down")
    raise LookupError(f"no result {rank}, sponsored: {sponsored}")


def results(screen: OracleView) -> list[tuple[Element, bool]]:
    """The names of the products on a page of results, from above, and whether each is sponsored.

    A product is a name with a rating below; a sponsored one has its label above. One whose rating isn't on the screen
    is left out, and one so low that its neighbour's in a grid may not be.
    """
    listed, edge = screen.elements, screen.one(cls=WEB_VIEW)["bounds"][3] - NEIGHBOUR * screen.size[1]
    return [
        (name, above["text"] in SPONSORED)
        for above, name, below in zip(listed, listed[1:], listed[2:])
        if RATING.fullmatch(below["text"]) and name["text"] and below["bounds"][3] < edge
    ]


def enter() -> Action:
    """The Enter key, which submits a field."""
    return Action("key", text="ENTER")


def wait(screen: OracleView) -> Action:
    """Let a step pass: a tap on the status bar, since Auto-UI has no word for it."""
    return Action("tap", (screen.size[0] / 2, 4))


def name_of(element: Element) -> str:
    """The last part of an element's id."""
    return str(element["id"]).rpartition("/")[2]
