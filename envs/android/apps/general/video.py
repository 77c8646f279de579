"""Videos: search, results, and a player."""

from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.groups import app_bar, scaffold, search_bar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import FILL, View, canvas, column, icon, progress, scroll, stack, text
from palaestra.envs.android.web.answers import Item, answer
from palaestra.envs.android.web.questions import Question, ask, question_of
from palaestra.envs.android.web.web import web_of

PACKAGE = "com.google.android.youtube"
MAIN_ACTIVITY = f"{PACKAGE}.HomeActivity"
PICTURE_DP = 200
MAX_WORDS = 300
SHADES = (("#37474F", "#90A4AE"), ("#4E342E", "#FFAB91"), ("#1A237E", "#7986CB"), ("#1B5E20", "#A5D6A7"))
"""Colours of the pictures, from above to below."""


class Video(App):
    """Home, results and player are one activity."""

    package = PACKAGE
    label = "YouTube"
    icon = "play"
    color = "#C62828"
    system = False
    activities = {MAIN_ACTIVITY: "home"}
    launcher = MAIN_ACTIVITY

    def home(self, activity: Activity) -> Page:
        """The videos found, or the one that plays."""
        state = activity.state
        if state.get("at") is not None:
            return _player(activity)
        leave = None
        if state.get("searching") or state.get("query"):
            leave = lambda: state.update(searching=False, typed="", query="")
        items = videos(activity.phone, state.get("query", ""))
        cards = [_card(activity, number, item) for number, item in enumerate(items)]
        return Page(scaffold(_bar(activity), scroll(*cards, id="results", gap=16)), on_back=leave, title="Videos")


def question(query: str) -> Question:
    """What a search is about; without words, any music."""
    found = question_of(query)
    return found if found is not None and found.kind == "video" else ask("video", query)


def videos(phone: Phone, query: str) -> tuple[Item, ...]:
    """What a search finds, the newest first."""
    return answer(web_of(phone).seed, question(query), phone.now_us).items


def playing(phone: Phone) -> tuple[Question, int] | None:
    """What the video in front is about, and its place among them from 1; None if none is there or it pauses."""
    top = phone.activities.top
    if top is None or phone.foreground != (PACKAGE, MAIN_ACTIVITY) or phone.state["overview"]:
        return None
    state = top["state"]
    if state.get("at") is None or not state.get("playing"):
        return None
    return question(state.get("query", "")), state["at"] + 1


def _bar(activity: Activity) -> View:
    state = activity.state

    def search() -> None:
        if state.get("typed", "").strip():
            state.update(query=state["typed"].strip()[:MAX_WORDS], searching=False)

    def begin() -> None:
        state.update(searching=True, typed="")

    if state.get("searching"):
        return search_bar(
            state.get("typed", ""),
            lambda value: state.update(typed=value),
            lambda: state.update(searching=False),
            hint="Search YouTube",
            on_submit=search,
            id="search_edit_text",
        )
    return app_bar(state.get("query") or "YouTube", actions=[icon_button("magnify", begin, "Search")])


def _card(activity: Activity, number: int, item: Item) -> View:
    """A video among others."""
    state = activity.state
    return column(
        _picture(number),
        column(
            text(item.title, "title_medium", lines=2, id="title"),
            text(f"{item.detail} · {item.value}", "body_medium", "on_surface_variant", 1, id="metadata"),
            padding=(16, 0),
            gap=2,
        ),
        width=FILL,
        gap=8,
        on_click=lambda: state.update(at=number, playing=True),
        key=str(number),
        id="video",
    )


def _picture(number: int) -> View:
    return canvas(draw_scene, number, width=FILL, height=PICTURE_DP, cls="android.widget.ImageView", desc="")


def draw_scene(brush: Brush, rect: Rect, look: Theme, number: int) -> None:
    """A sun over water."""
    left, top, right, bottom = rect
    brush.gradient(rect, list(SHADES[number % len(SHADES)]))
    middle = left + (right - left) * (3 + number % 5) / 10
    brush.circle(middle, top + (bottom - top) * 0.55, (bottom - top) * 0.2, "#FFF3E0")


def _player(activity: Activity) -> Page:
    """The video that was touched."""
    state = activity.state
    items = videos(activity.phone, state.get("query", ""))
    number = min(state["at"], len(items) - 1)
    item, plays = items[number], bool(state.get("playing"))

    def turn() -> None:
        state.update(playing=not plays)

    screen = stack(
        _picture(number),
        stack(
            icon("pause" if plays else "play", 40, "#FFFFFF", gravity="center"),
            width=72,
            height=72,
            radius=36,
            background="#66000000",
            gravity="center",
            on_click=turn,
            desc="Pause video" if plays else "Play video",
            id="player_control_play_pause_replay_button",
        ),
        width=FILL,
        key="player",
        id="watch_player",
    )
    words = column(
        text(item.title, "title_large", id="title"),
        text(item.detail, "body_medium", "on_surface_variant"),
        text(item.value, "body_medium", "on_surface_variant", id="time_bar_total_time"),
        text("Playing" if plays else "Paused", "label_large", "primary"),
        padding=16,
        gap=8,
    )

    def leave() -> None:
        state.update(at=None, playing=False)

    bar = app_bar("", back=leave)
    others: list[Any] = [_card(activity, at, other) for at, other in enumerate(items) if at != number]
    body = scroll(screen, progress(0.05), words, *others, id="watch", gap=8)
    return Page(scaffold(bar, body), on_back=leave, title=item.title)
