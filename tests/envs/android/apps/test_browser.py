"""The browser by touches: tabs, the address bar, history, find, loading; and what evaluators see of it."""

import warnings
from typing import ClassVar

import pytest

from palaestra.envs.android.apps.browser import suggestions, tabs
from palaestra.envs.android.apps.browser.find import MARKS
from palaestra.envs.android.device import Device
from palaestra.envs.android.system.crashes import AppCrash
from palaestra.envs.android.ui.controls import button, text_field
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.ui.view import FILL, column, link, paragraph, text
from palaestra.envs.android.web import web
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.site import Loaded, Place, Site

MARK, MARK_AT = MARKS[False]


class Village(Site):
    """A site of known content."""

    hosts: ClassVar = ("village.org",)
    name = "Old Village"

    def page(self, web, address, visit):
        if address.path == "/gone":
            return Loaded(404, "Gone", text("Nothing here"))
        seen = visit.cookies["seen"] = visit.cookies.get("seen", 0)
        field = text_field(visit.form.get("q", ""), lambda value: visit.form.update(q=value), id="search")
        body = column(
            field,
            text(f"seen {seen}"),
            paragraph("A path leads to ", link("the mill", lambda: visit.go("/mill?by=path", rank=1)), "."),
            button("Count", lambda: visit.cookies.update(seen=visit.cookies["seen"] + 1)),
            button("Ask", lambda: visit.alert("Leave?", "leave")),
            text(f"answer {visit.form.get('leave')}"),
            *(text(f"House {number}", height=200, key=f"h{number}") for number in range(20)),
            width=FILL,
        )
        title = f"Village {address.path}" + f" ({seen})" * bool(seen)
        return Loaded(200, title, body, 3_000 if address.path == "/slow" else 250)

    def place(self, web, address):
        return Place("page", entity=address.path)


@pytest.fixture
def phone(full, monkeypatch):
    """The browser in front with a new tab, and a site of known content."""
    sites = {**web.known_sites(), "village.org": Village()}
    for module in (web, suggestions):
        monkeypatch.setattr(module, "known_sites", lambda: sites)
    web.connect(full, 0, knobs_of("none"))
    full.open_app("Chrome")
    full.settle()
    return full


def load(phone, words):
    """Type an address or words, and press enter."""
    phone.tap_on("url_bar")
    phone.type_text(words + "\n")
    phone.settle()


def choose(phone, item):
    """An item of the menu."""
    phone.tap_on("menu_button")
    phone.tap_on(item)
    phone.settle()


def path(phone):
    shown = tabs.shown(phone)
    return None if shown is None else shown.address.path


def is_there(phone, name):
    return bool(phone.all_seen(name))


def test_links_lead_on_and_back_and_forward_lead_along_them(phone):
    first = tabs.new_tab_shown(phone)
    assert (first.private, first.by, tabs.shown(phone)) == (False, "start", None)
    load(phone, "village.org")
    assert tabs.new_tab_shown(phone) is None
    phone.tap_on("Count")
    phone.tap_on("search")
    phone.type_text("abc")
    phone.press("BACK")  # the keyboard
    phone.tap_on("the mill")
    assert tabs.shown(phone) is None  # it loads
    assert is_there(phone, "progress")
    phone.settle()
    shown = tabs.shown(phone)
    assert (shown.address.path, shown.address.get("by"), shown.via) == ("/mill", "path", {"rank": 1})
    assert is_there(phone, "seen 1")
    phone.press("BACK")
    assert (path(phone), phone.seen("search").text) == ("/", "abc")
    choose(phone, "Forward")
    assert (path(phone), tabs.shown(phone).via) == ("/mill", {"rank": 1})
    choose(phone, "Refresh")
    assert tabs.shown(phone).via == {"rank": 1}
    phone.press("BACK")
    phone.press("BACK")
    assert tabs.new_tab_shown(phone) == first
    phone.press("BACK")
    assert phone.foreground[0] != tabs.PACKAGE
    phone.open_app("Chrome")
    assert tabs.new_tab_shown(phone) == first  # the tab is still there
    load(phone, "village.org/gone")
    assert tabs.current(phone)["entries"][-1]["status"] == 404


def test_tabs_are_opened_switched_closed_and_brought_back(phone):
    load(phone, "village.org")
    for number in (2, 3):
        choose(phone, "New tab")
        assert tabs.new_tab_shown(phone).by == "user"
        load(phone, f"village.org/{number}")
    phone.tap_on("tab_switcher_button")
    assert tabs.shown(phone) is None
    phone.tap_on("Village /, tab")
    assert path(phone) == "/"
    phone.tap_on("tab_switcher_button")
    phone.tap_on("Close Village / tab")
    phone.tap_on("Undo")
    assert tabs.current(phone)["id"] == 1
    phone.tap_on("Close Village /2 tab")
    phone.advance(tabs.UNDO_MS)
    assert not is_there(phone, "Undo")
    choose(phone, "Close all tabs")
    assert is_there(phone, "2 tabs closed")
    assert tabs.current(phone) is None
    phone.tap_on("new_tab_view")
    assert tabs.new_tab_shown(phone).tab == 4
    assert len(phone.prefs(tabs.PACKAGE)["tabs"]) == 1


def test_private_tabs_have_cookies_of_their_own_and_leave_nothing_behind(phone):
    load(phone, "village.org")
    phone.tap_on("Count")
    choose(phone, "New Incognito tab")
    assert tabs.new_tab_shown(phone).private
    phone.settle()
    assert phone.frame()[100:2000].mean() < 80  # dark
    load(phone, "village.org/secret")
    assert tabs.shown(phone).private
    assert is_there(phone, "seen 0")
    phone.tap_on("Count")
    phone.tap_on("Count")
    assert is_there(phone, "seen 2")
    phone.tap_on("tab_switcher_button")
    phone.tap_on("Close Village /secret (2) tab")
    assert not is_there(phone, "Undo")
    prefs = phone.prefs(tabs.PACKAGE)
    assert "private_cookies" not in prefs
    assert [visit["url"] for visit in prefs["history"]] == ["https://village.org/"]
    assert "secret" not in str(phone.state)
    phone.press("BACK")
    assert is_there(phone, "seen 1")


def test_the_address_bar_offers_the_address_sites_history_and_a_search(phone):
    load(phone, "village.org/mill")
    phone.tap_on("url_bar")
    assert phone.seen("line_2").text == "https://village.org/mill"
    assert phone.seen("omnibox").text == ""  # what is typed replaces it
    phone.tap_on("Edit")
    phone.type_text("/x")
    phone.press("ENTER")
    phone.settle()
    assert path(phone) == "/mill/x"
    phone.tap_on("url_bar")
    phone.type_text("vill")
    rows = [view.text for window in phone.windows() for view in walk(window.root) if view.id == "line_1"]
    assert rows == ["vill", "Old Village", "Village /mill/x", "Village /mill"]
    phone.tap_on("Clear input")
    assert phone.seen("omnibox").text == ""
    phone.type_text("vill")
    phone.tap_on("Old Village")
    phone.settle()
    assert path(phone) == "/"
    phone.tap_on("url_bar")
    phone.press("BACK")  # the keyboard
    phone.press("BACK")
    assert path(phone) == "/"
    load(phone, "old mills & wheels")
    assert tabs.entry_of(tabs.current(phone))["url"] == "https://google.com/search?q=old+mills+%26+wheels"


ODD = {
    "%zz": "https://google.com/search?q=%25zz",
    "village.org/%zz?%": "https://village.org/%25zz?%25=",
    "HTTP://me:x@WWW.Village.org:8080": "http://village.org:8080/",
    "about:blank": "about:blank",
    "chrome://newtab": tabs.NEW_TAB,
    "file:///sdcard": "file:///sdcard",
    "javascript:alert(1)": "https://google.com/search?q=javascript%3Aalert%281%29",
    "'; DROP TABLE tabs; --": "https://google.com/search?q=%27%3B+DROP+TABLE+tabs%3B+--",
    "😀": "https://google.com/search?q=%F0%9F%98%80",
    "שלום עולם": "https://google.com/search?q=%D7%A9%D7%9C%D7%95%D7%9D+%D7%A2%D7%95%D7%9C%D7%9D",
    "nowhere.example": "https://nowhere.example/",
}


def test_odd_addresses_never_fail(phone):
    for typed, url in ODD.items():
        load(phone, typed)
        assert tabs.entry_of(tabs.current(phone))["url"] == url
        phone.tap_on("url_bar")
        phone.press("BACK")
        phone.press("BACK")
    assert tabs.shown(phone).place.kind == "error"
    assert is_there(phone, "ERR_NAME_NOT_RESOLVED")
    for typed in ("a" * 10_000, "a." * 5_000, "b.c/" + "é" * 10_000, "שלום " * 2_000, "\u202e\u0000\ud83d x"):
        load(phone, typed)
        assert len(tabs.entry_of(tabs.current(phone))["url"]) <= 2_000
    load(phone, "  ")
    assert len(phone.snapshot()) < 200_000


def test_history_by_day_is_searched_and_cleared(phone):
    load(phone, "village.org/a")
    phone.advance(24 * 3_600_000)
    for name in "bc":
        load(phone, f"village.org/{name}")
    phone.tap_on("Count")
    choose(phone, "History")
    assert tabs.shown(phone) is None
    days = [view.text for view in phone.all_seen("date")]
    assert days == ["Today - Oct 16, 2023", "Yesterday - Oct 15, 2023"]
    phone.tap_on("Remove Village /b")
    assert not is_there(phone, "Village /b")
    phone.tap_on("Search")
    phone.type_text("/A")
    assert [view.text for view in phone.all_seen("title")] == ["Village /a"]
    phone.tap_on("Village /a")
    phone.settle()
    assert path(phone) == "/a"
    choose(phone, "History")
    phone.tap_on("Clear browsing data…")
    phone.tap_on("clear_history")
    phone.tap_on("Clear data")
    assert is_there(phone, "Village /c")  # only cookies were cleared
    phone.press("BACK")
    assert is_there(phone, "seen 0")
    choose(phone, "History")
    phone.tap_on("Clear browsing data…")
    phone.tap_on("Clear data")
    assert "history" not in phone.prefs(tabs.PACKAGE)


def test_find_counts_marks_and_scrolls_to_hits(phone):
    load(phone, "village.org")
    choose(phone, "Find in page")
    phone.type_text("HOUSE 1")
    assert phone.seen("find_status").text == "1/11"  # 1 and 10 to 19
    marks = {view.text: view.marks for view in walk(phone.window("app").root) if view.marks}
    assert marks["House 1"] == ((0, 7, MARK_AT),)
    assert marks["House 19"] == ((0, 7, MARK),)
    phone.tap_on("Previous")
    assert phone.seen("find_status").text == "11/11"
    assert is_there(phone, "House 19")  # scrolled to
    orange = (phone.frame() == (0xFF, 0xA0, 0x40)).all(axis=2)
    left, top, right, bottom = phone.seen("House 19").bounds
    assert 0.05 < orange[top:bottom, left:right].mean() < 0.5
    assert not orange[: top - 1].any()
    phone.tap_on("Next")
    assert is_there(phone, "House 1")
    phone.select_all()
    phone.type_text("the mill")  # in a paragraph
    assert phone.seen("find_status").text == "1/1"
    mill = next(view for view in phone.all_seen("the mill") if view.kind == "text")
    assert mill.marks == ((0, 8, MARK_AT),)
    phone.tap_on("Close find bar")
    assert not phone.seen("the mill").marks
    assert not is_there(phone, "find_query")
    assert path(phone) == "/"


def test_a_page_asks_in_a_dialog(phone):
    load(phone, "village.org")
    for answer, chosen in (("OK", True), ("Cancel", False)):
        phone.tap_on("Ask")
        assert phone.seen("android:id/alertTitle").text == "village.org says"
        phone.tap_on(answer)
        assert is_there(phone, f"answer {chosen}")


def test_loading_can_be_stopped_left_and_overtaken(phone):
    load(phone, "village.org")
    load(phone, "village.org/slow")
    assert path(phone) is None  # settling doesn't wait for slow pages
    assert phone.frame()[400:2000].min() == 255  # a blank page
    phone.press("BACK")
    assert path(phone) == "/"
    assert len(tabs.current(phone)["entries"]) == 2
    load(phone, "village.org/slow")
    choose(phone, "Stop loading")
    assert path(phone) == "/"
    load(phone, "village.org/slow")
    load(phone, "village.org/fast")
    assert path(phone) == "/fast"
    phone.advance(5_000)
    assert path(phone) == "/fast"
    assert [entry["url"][19:] for entry in tabs.current(phone)["entries"][1:]] == ["/", "/fast"]
    load(phone, "village.org/slow")
    phone.shell("am force-stop com.android.chrome")
    phone.advance(5_000)
    phone.open_app("Chrome")
    phone.advance(3_000)
    assert path(phone) == "/slow"  # it was loaded again


def test_a_phone_forked_in_the_middle_of_a_load_goes_on_alike(phone):
    load(phone, "village.org/slow")
    twin = Device()
    twin.restore(phone.snapshot())
    for device in (phone, twin):
        device.advance(4_000)
        device.type_text("x")
    assert path(twin) == path(phone) == "/slow"
    assert twin.fingerprint() == phone.fingerprint()


@pytest.mark.parametrize("category", ["", " -c android.intent.category.BROWSABLE"])
def test_links_of_other_apps_open_a_tab_that_back_closes(phone, category):
    phone.home()
    phone.shell(f"am start -a android.intent.action.VIEW -d https://village.org/mill{category}")
    phone.settle()
    assert path(phone) == "/mill"
    assert len(phone.prefs(tabs.PACKAGE)["tabs"]) == 2
    records = [record for task in phone.activities.tasks for record in task["records"]]
    assert len([record for record in records if record["package"] == tabs.PACKAGE]) == 1
    phone.press("BACK")
    assert phone.foreground[0] != tabs.PACKAGE
    assert len(phone.prefs(tabs.PACKAGE)["tabs"]) == 1
    phone.shell("am start -a android.intent.action.WEB_SEARCH --es query 'water wheel'")
    assert tabs.entry_of(tabs.current(phone))["url"] == "https://google.com/search?q=water+wheel"


def test_fifty_tabs_and_a_long_history_stay_small(phone):
    for number in range(50):
        tab = tabs.open_tab(phone)
        for page in range(3):
            tabs.go(phone, tab, f"village.org/{number}/{page}")
            phone.advance(300)
    phone.tap_on("tab_switcher_button")
    assert phone.seen("tab_switcher_toolbar")
    phone.swipe(540, 1800, 540, 300)
    phone.settle()
    for number in range(100):
        tabs.go(phone, tab, f"village.org/{number}")
        phone.advance(300)
    assert len(tab["entries"]) == tabs.MAX_ENTRIES
    assert len(phone.prefs(tabs.PACKAGE)["history"]) == tabs.MAX_HISTORY


DAMAGES = (
    {"tabs": "none"},
    {"tabs": [7], "current": 1},
    {"tabs": [{"id": 1}], "current": 1},
    {"tabs": [{"id": 1, "private": 0, "by": "", "opened_us": 0, "entries": [], "at": 4}], "current": 1},
    {"tabs": [{"id": 1, "private": 0, "entries": [{"url": 3, "loaded": 1}], "at": 0}], "current": 1},
    {"history": 5, "cookies": [], "current": None},
)


def test_damaged_preferences_end_the_browser_alone(phone):
    for damage in DAMAGES:
        phone.open_app("Chrome")
        phone.state["prefs"][tabs.PACKAGE] = damage
        phone.screen_changed()
        assert tabs.shown(phone) is None
        assert tabs.new_tab_shown(phone) is None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AppCrash)
            phone.settle()
            for name in ("url_bar", "menu_button", "History"):
                if is_there(phone, name):
                    phone.tap_on(name)
            phone.frame()
        phone.shell("pm clear com.android.chrome")
    phone.open_app("Chrome")
    assert tabs.new_tab_shown(phone) is not None


def test_only_words_that_can_be_read_are_texts(phone):
    load(phone, "village.org")
    for step in ("tab_switcher_button", "new_tab_view", "menu_button", "History"):
        texts = {view.text for window in phone.windows() for view in walk(window.root) if view.kind == "text"}
        assert not {text for text in texts if len(text) == 1 and text.isalnum()}  # pictures of letters are none
        phone.tap_on(step)


def test_evaluators_change_nothing(phone):
    load(phone, "nowhere.example")
    before = phone.fingerprint()
    tabs.shown(phone)
    tabs.new_tab_shown(phone)
    assert phone.fingerprint() == before
