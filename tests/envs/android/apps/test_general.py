"""The apps that a phone has only if they are chosen: what they do, and that their screens agree."""

import datetime
import re
from pathlib import Path

import pytest

from palaestra.envs.android.apps.general import agenda, mail, maps, music, named, reader, store, video
from palaestra.envs.android.boot import general_apps, known_apps
from palaestra.envs.android.device import Device
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.answers import answer
from palaestra.envs.android.web.knobs import PRESETS
from palaestra.envs.android.web.questions import ask
from palaestra.envs.android.web.web import connect

SCREENS = [(package, cls) for package, app in general_apps().items() for cls in app.activities if app.preinstalled]
LOOKS = {"light": {}, "dark": {"theme": "dark"}, "large": {"font_scale": 1.3}, "narrow": {"size": (540, 1140)}}


@pytest.fixture(scope="module")
def first():
    return Device(render=(54, 120), apps=["all", "general"])


@pytest.fixture
def phone(first):
    twin = Device(render=(54, 120), apps=["all", "general"])
    twin.restore(first.snapshot())
    return twin


def tap(phone, **wanted):
    """Touch the last drawn view with these fields."""
    views = [view for window in phone.windows() for view in walk(window.root) if view.clip]
    left, top, right, bottom = [v for v in views if all(getattr(v, k) == w for k, w in wanted.items())][-1].clip
    phone.tap((left + right) // 2, (top + bottom) // 2)
    phone.settle()


def seen(phone):
    return [element["text"] for element in accessibility.elements(phone)]


def opened(phone, label):
    phone.open_app(label)
    phone.settle()
    return phone


def test_what_the_page_says_of_them_is_so():
    page = (Path(__file__).parents[4] / "docs" / "web.md").read_text().partition("\n## General's apps")[2]
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, "docs/web.md", "exec"), {})
    assert "Another 25 apps" in page
    assert "15 are there" in page
    assert (len(named.INSTALLED), len(named.OFFERED)) == (15, 10)
    rest = general_apps().keys() - {name.package for name in (*named.INSTALLED, *named.OFFERED)}
    assert {package for package in rest if f"`{package}`" in page} == rest


def test_usual_phones_do_not_have_them():
    usual = Device(render=(54, 120))
    assert usual.apps.keys() == known_apps().keys()
    assert not general_apps().keys() & known_apps().keys()
    only = Device(render=(54, 120), apps=[maps.PACKAGE])
    assert only.packages.is_installed(maps.PACKAGE)
    assert not only.packages.is_installed(mail.PACKAGE)


def test_the_store_installs_opens_and_removes(phone):
    package = "com.ebay.mobile"
    assert package.encode() not in phone.shell("pm list packages").output
    opened(phone, "Play Store")
    tap(phone, id="search_bar_text_input")
    phone.type_text("ebay app")
    phone.press("ENTER")
    tap(phone, text="eBay")
    tap_now(phone, text="Install")
    assert store.offers(phone, "EBAY")[0].package == package
    phone.advance(store.TICK_MS + 50)
    assert "25 %" in seen(phone)
    tap_now(phone, text="Cancel")
    phone.advance(10_000)
    assert not phone.packages.is_installed(package)
    tap(phone, text="Install")
    assert package.encode() in phone.shell("pm list packages -3").output
    assert "com.android.vending" not in phone.shell("pm list packages -3").output.decode()
    tap(phone, text="Open")
    assert phone.foreground[0] == package
    opened(phone, "Play Store")
    tap(phone, text="Uninstall")
    assert not phone.packages.is_installed(package)
    assert "Install" in seen(phone)


def tap_now(phone, **wanted):
    """Touch a view without waiting for what it begins."""
    views = [view for window in phone.windows() for view in walk(window.root) if view.clip]
    left, top, right, bottom = [v for v in views if all(getattr(v, k) == w for k, w in wanted.items())][-1].clip
    phone.tap((left + right) // 2, (top + bottom) // 2)


def test_an_answer_is_the_web_s(phone):
    connect(phone, 5, PRESETS["paper"])
    listed = {
        "nearest": maps.places,
        "video": lambda phone: video.videos(phone, "Drake"),
        "reddit": lambda phone: reader.posts(phone, 1),
    }
    phone.prefs(maps.PACKAGE)["query"] = "IKEA"
    for kind, about in (("nearest", "IKEA"), ("video", "Drake"), ("reddit", "top")):
        items = answer(5, ask(kind, about), phone.now_us).items
        assert listed[kind](phone) == items
        assert items != answer(0, ask(kind, about), phone.now_us).items
    opened(phone, "Maps")
    items = maps.places(phone)
    assert items[0].title in seen(phone)
    tap(phone, key="0")
    assert {items[0].detail, items[0].value} <= set(seen(phone))
    tap(phone, text="Directions")
    assert f"Your location → {items[0].title}" in seen(phone)
    for _ in range(3):
        phone.back()
    assert phone.foreground[0] == maps.PACKAGE
    assert phone.prefs(maps.PACKAGE)["query"] == ""


def test_a_video_plays_and_pauses(phone):
    opened(phone, "YouTube")
    tap(phone, desc="Search")
    phone.type_text("the new Drake video")
    phone.press("ENTER")
    assert video.playing(phone) is None
    tap(phone, key="0")
    assert video.playing(phone) == (ask("video", "Drake"), 1)
    tap(phone, desc="Pause video")
    assert video.playing(phone) is None
    tap(phone, desc="Play video")
    phone.back()
    assert video.playing(phone) is None
    opened(phone, "Play Music")
    tap(phone, key="2")
    assert phone.prefs(music.PACKAGE) == {"song": 2, "playing": True}
    tap(phone, desc="Pause")
    assert phone.prefs(music.PACKAGE)["playing"] is False
    opened(phone, "Reddit")
    tap(phone, desc="Top")
    assert reader.question(phone) == ask("reddit", "top")


def test_mail_is_sent_and_kept_as_a_draft(phone):
    opened(phone, "Gmail")
    assert mail.shows_inbox(phone)
    for send, folder in ((True, mail.SENT), (False, mail.DRAFTS)):
        tap(phone, text="Compose")
        phone.type_text("anna@example.org")
        tap(phone, desc="Send") if send else tap(phone, desc="Navigate up")
        last = phone.prefs(mail.PACKAGE)["messages"][-1]
        assert (last["folder"], last["who"]) == (folder, "anna@example.org")
    tap(phone, text="Sent")
    assert not mail.shows_inbox(phone)
    assert "To: anna@example.org" in seen(phone)
    phone.back()
    tap(phone, text="Saturday's hike")
    tap(phone, desc="Delete")
    assert "Saturday's hike" not in seen(phone)


def test_the_calendar_has_three_views_and_takes_events(phone):
    opened(phone, "Calendar")
    today = phone.now.date()
    assert agenda.shown_view(phone) == ("day", today)
    tap(phone, desc="Create new event")
    phone.type_text("Chess")
    tap(phone, text="Save")
    assert {"Chess", "4:00 PM"} <= set(seen(phone))
    for view, days in (("Week", 7), ("Month", 31)):
        tap(phone, desc=view)
        assert agenda.shown_view(phone) == (view.lower(), today)
        assert "Chess" in seen(phone)
        tap(phone, desc=f"Next {view.lower()}")
        shown = agenda.shown_view(phone)
        assert not agenda.contains(*shown, today)
        assert 0 < (shown[1] - today).days <= days
        tap(phone, desc="Today")
    sunday, saturday = datetime.date(2023, 10, 15), datetime.date(2023, 10, 21)
    assert agenda.contains("week", sunday, saturday)
    assert not agenda.contains("week", sunday, sunday - datetime.timedelta(1))


def agree(phone):
    """What is reported lies on the screen and inside its parents, and something is drawn where a text is reported."""
    frame = phone.frame()
    reported = accessibility.elements(phone)
    tree = accessibility.xml(phone)
    for element in reported:
        left, top, right, bottom = element["bounds"]
        assert 0 <= left <= right <= phone.size[0]
        assert 0 <= top <= bottom <= phone.size[1]
        if element["text"].strip() and element["cls"] == "android.widget.TextView":
            assert element["package"] != phone.foreground[0] or f"[{left},{top}][{right},{bottom}]" in tree
            part = frame[top:bottom, left:right].reshape(-1, 3)
            sliver = bottom - top < 20 or right - left < 8  # at the edge of a scroller
            assert sliver or part.min() < part.max(), element


@pytest.mark.parametrize("look", ["light", *(pytest.param(look, marks=pytest.mark.slow) for look in list(LOOKS)[1:])])
def test_screens_agree(look):
    phone = Device(apps=["all", "general"], **LOOKS[look])
    of_interest = [
        screen for screen in SCREENS if look != "light" or "Named" not in type(phone.apps[screen[0]]).__name__
    ]
    assert len(of_interest) >= 10
    for package, cls in of_interest:
        wanted = intent(package=package, cls=cls)
        wanted["extras"].update(id=1, package="com.ebay.mobile", day="2023-10-15")
        phone.start_activity(wanted)
        phone.settle()
        assert phone.foreground == (package, cls)
        agree(phone)


def test_odd_intents_and_preferences_crash_nothing(phone):
    for package, cls in SCREENS:
        wanted = intent(package=package, cls=cls)
        wanted["extras"].update(id="x", package="no.such.app", day="soon", to=7)
        for sent in (wanted, intent(package=package, cls=cls)):
            phone.start_activity(sent)
            phone.settle()
            assert phone.foreground == (package, cls)
            assert not phone.state["crashed"]
            assert phone.windows()
    for query in ("", " ", "🍕" * 400, "' OR 1=1 --", "نص", "x" * 10_000):
        phone.prefs(maps.PACKAGE)["query"] = query
        opened(phone, "Maps")
        assert len(maps.places(phone)) == (0 if not query.strip() else len(maps.places(phone)))
        assert video.videos(phone, query)
        assert isinstance(store.offers(phone, query), list)
    day = datetime.date(1, 1, 2)
    for view in agenda.VIEWS:
        assert agenda.later(agenda.later(day, view, -1), view, -1) >= datetime.date.min
        assert agenda.later(datetime.date.max, view, 1) == datetime.date.max
