"""A music app: songs in a list, one of which plays."""

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.groups import app_bar, list_item, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, progress, row, text
from palaestra.envs.android.web.answers import Item, answer
from palaestra.envs.android.web.questions import ask
from palaestra.envs.android.web.web import web_of

PACKAGE = "com.google.android.music"
MAIN_ACTIVITY = f"{PACKAGE}.ui.HomeActivity"
ROW_DP = 72


class Music(App):
    """Songs; the one that was touched plays, whatever is in front."""

    package = PACKAGE
    label = "Play Music"
    icon = "music"
    color = "#E65100"
    system = False
    activities = {MAIN_ACTIVITY: "songs"}
    launcher = MAIN_ACTIVITY

    def songs(self, activity: Activity) -> Page:
        """All songs, and what plays below them."""
        prefs, items = activity.prefs, songs(activity.phone)

        def build(number: int) -> View:
            item = items[number]
            chosen = prefs.get("song") == number
            return list_item(
                item.title,
                item.value,
                leading=icon("volume-high" if chosen else "music-note", 32, "primary" if chosen else "outline"),
                min_height=ROW_DP,
                key=str(number),
                padding=(16, 8),
                on_click=lambda: prefs.update(song=number, playing=True),
            )

        body = lazy_list(len(items), build, ROW_DP, id="song_list")
        return Page(scaffold(app_bar("Play Music"), body, bottom=_player(activity, items)), title="Songs")


def songs(phone: Phone) -> tuple[Item, ...]:
    """Titles and lengths, those of the web's music videos."""
    return answer(web_of(phone).seed, ask("video"), phone.now_us).items


def _player(activity: Activity, items: tuple[Item, ...]) -> View | None:
    """The song that was chosen, and the button that lets it play or pause."""
    prefs = activity.prefs
    number = prefs.get("song")
    if not isinstance(number, int) or not 0 <= number < len(items):
        return None
    playing = bool(prefs.get("playing"))
    switch = icon_button(
        "pause" if playing else "play",
        lambda: prefs.update(playing=not playing),
        "Pause" if playing else "Play",
        id="play_pause",
    )
    words = text(items[number].title, "title_small", lines=1, weight=1, id="now_playing")
    bar = row(words, switch, width=FILL, padding=(16, 4, 8, 4), gap=8)
    return column(progress(0.1), bar, width=FILL, background="surface_container_high", id="player")
