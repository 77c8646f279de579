"""A shopper that knows the right next action on any screen, however it got there: the oracle without a memory.

A screen is reduced to a *situation*: what stands before the agent as far as the task is concerned. The right action is
a function of the screen and the task alone, so that recorded decisions can be compared with it.
"""

from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.elements import Element, centre
from palaestra.envs.android.tasks.aitw.browsing import (
    BROWSER,
    IN_THE_WAY,
    SEARCH_BOX,
    WEB_VIEW,
    enter,
    name_of,
    results,
    wait,
)
from palaestra.envs.android.tasks.oracle import OracleView, back, done, type_text
from palaestra.envs.task import Task

HOME = "home"
"""The launcher's first page, which shows the browser's icon."""
BLANK_TAB = "new tab"
TYPING_EMPTY = "address bar, empty"
TYPING_HOST = "address bar, the host"
TYPING_OTHER = "address bar, something else"
LOADING = "loading"
IN_THE_WAY_OF_PAGE = "something over the page"
OTHER_HOST = "another host"
SITE = "the site"
BOX_EMPTY = "search box, empty"
BOX_QUERY = "search box, the query"
BOX_OTHER = "search box, something else"
RESULTS = "results"
PRODUCT = "a product"
LOST = "anything else"


def situation(screen: OracleView, task: Task) -> str:
    """What the screen means for a task of Web Shopping; one of the constants above."""
    if screen.has(desc=BROWSER):
        return HOME
    bar = _address_bar(screen)
    if bar is None:
        return LOST
    if bar["editable"]:
        return _typing(bar, task)
    if not screen.has(cls=WEB_VIEW):
        return BLANK_TAB if screen.has(lambda element: name_of(element) == "search_box_text") else LOADING
    if _in_the_way(screen) is not None:
        return IN_THE_WAY_OF_PAGE
    if host_of(bar) != task.slots["host"]:
        return OTHER_HOST
    return _on_site(screen, task)


def _typing(bar: Element, task: Task) -> str:
    typed = _typed(bar)
    return TYPING_EMPTY if not typed else TYPING_HOST if typed == task.slots["host"] else TYPING_OTHER


def _on_site(screen: OracleView, task: Task) -> str:
    box = _search_box(screen)
    if box is None:
        return SITE
    typed, asked = _typed(box), str(task.slots.get("query", ""))
    if box["focused"]:
        return BOX_EMPTY if not typed else BOX_QUERY if _same(typed, asked) else BOX_OTHER
    if screen.has(lambda element: name_of(element) == "result_count"):
        return RESULTS if _same(typed, asked) else BOX_OTHER
    return PRODUCT if screen.has(lambda element: name_of(element) == "add_to_cart") else SITE


def right_action(screen: OracleView, task: Task) -> Action:
    """The action that leads on; on a screen from which nothing does, home."""
    try:
        return _right(situation(screen, task), screen, task)
    except LookupError:  # what it needs is not on the screen
        return Action("key", text="HOME")


def _right(where: str, screen: OracleView, task: Task) -> Action:
    if where == HOME:
        return screen.tap(desc=BROWSER)
    if where in (BLANK_TAB, OTHER_HOST):
        return address_bar(screen)
    if where == TYPING_EMPTY:
        return type_text(task.slots["host"])
    if where in (TYPING_HOST, BOX_QUERY):
        return enter()
    if where in (TYPING_OTHER, PRODUCT):
        return back()
    if where == LOADING:
        return wait(screen)
    if where == IN_THE_WAY_OF_PAGE:
        return past(screen)
    if where == SITE:
        return search_box(screen)
    if where == BOX_EMPTY:
        return type_text(task.slots.get("query", ""))
    if where == BOX_OTHER:  # the words in the box can't be removed, but the site's first page has an empty one
        return screen.tap(lambda element: name_of(element) == "home")
    if where == RESULTS:
        return result(screen, sponsored=False)
    return Action("key", text="HOME")


# --- actions on what is there


def address_bar(screen: OracleView) -> Action:
    """Touch the address bar."""
    return screen.tap(lambda element: name_of(element) == "url_bar")


def search_box(screen: OracleView) -> Action:
    """Touch the site's search box; up the page, if it is scrolled out of sight."""
    box = _search_box(screen)
    return Action("tap", centre(box)) if box is not None else screen.scroll("up")


def past(screen: OracleView) -> Action:
    """Touch what leads past an obstacle."""
    way = _in_the_way(screen)
    if way is None:
        raise LookupError("nothing is in the way")
    return Action("tap", centre(way))


def result(screen: OracleView, *, sponsored: bool, rank: int = 1) -> Action:
    """Touch a result, or scroll towards it."""
    shown = [name for name, is_ad in results(screen) if is_ad == sponsored]
    if len(shown) < rank:
        return screen.scroll("down")
    return Action("tap", centre(shown[rank - 1]))


def complete(screen: OracleView) -> Action:
    """Report that the task is complete."""
    return done()


# --- what is there


def host_of(bar: Element) -> str:
    """The host that the address bar shows."""
    return str(bar["text"]).removeprefix("http://").partition("/")[0].removeprefix("www.")


def _address_bar(screen: OracleView) -> Element | None:
    return next((element for element in screen.elements if name_of(element) == "url_bar"), None)


def _search_box(screen: OracleView) -> Element | None:
    boxes = (e for e in screen.elements if name_of(e) == SEARCH_BOX and e["editable"])
    return next(boxes, None)


def _in_the_way(screen: OracleView) -> Element | None:
    return next((element for element in screen.elements if name_of(element) in IN_THE_WAY), None)


def _typed(field: Element) -> str:
    """What stands in a field, which shows its hint while it is empty."""
    return "" if field["text"] == field["hint"] else str(field["text"])


def _same(typed: str, asked: str) -> bool:
    return sorted(typed.lower().split()) == sorted(asked.lower().split())
