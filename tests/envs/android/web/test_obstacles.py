"""Obstacles before pages: where they stand, what passes them, and what evaluators see meanwhile."""

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.knobs import KNOBS, PRESETS, knobs_of
from palaestra.envs.android.web.obstacles import barrier
from palaestra.envs.android.web.site import Web
from palaestra.envs.android.web.web import connect, web_of

LATER_MS = 10_000
"""More than any page takes to load."""


@pytest.fixture
def phone():
    device = Device(render=(54, 120), apps=["com.android.chrome"])
    device.open_app("Chrome")
    return device


def visit(phone, url, **knobs):
    connect(phone, 0, knobs_of(knobs))
    tabs.go(phone, tabs.open_tab(phone), url)


def tap(phone, name):
    left, top, right, bottom = next(e["bounds"] for e in accessibility.elements(phone) if e["id"].endswith(f"/{name}"))
    phone.tap((left + right) / 2, (top + bottom) / 2)
    phone.advance(LATER_MS)


def there(phone, name):
    return any(e["id"].endswith(f"/{name}") for e in accessibility.elements(phone))


def kind(phone):
    return tabs.shown(phone).place.kind


@pytest.mark.parametrize(("button", "consent"), [("accept", "all"), ("reject", "none")])
def test_a_cookie_wall_covers_the_page_until_it_is_answered(phone, button, consent):
    visit(phone, "newegg.com", cookies=1)
    phone.settle()
    assert kind(phone) == "home"  # the page is loaded; the wall lies over it
    bounds = next(e["bounds"] for e in accessibility.elements(phone) if e["id"].endswith("/search"))
    phone.tap(bounds[0] + 40, bounds[1] + 40)
    assert phone.state["focus"] is None  # touches don't pass
    tap(phone, button)
    assert not there(phone, "accept")
    assert tabs.cookies_of(phone, tabs.current(phone), "newegg.com") == {"consent": consent}
    tabs.go(phone, tabs.open_tab(phone), "newegg.com/s?q=x")
    phone.settle()
    assert not there(phone, "accept")
    tabs.go(phone, tabs.current(phone), "ebay.com")
    phone.settle()
    assert there(phone, "accept")  # another host


@pytest.mark.parametrize("button", ["popup_close", "popup_later"])
def test_a_popup_comes_once_per_host(phone, button):
    visit(phone, "newegg.com", popup=1)
    phone.settle()
    tap(phone, button)
    assert not there(phone, "popup_later")
    tabs.go(phone, tabs.open_tab(phone), "newegg.com/s?q=x")
    phone.settle()
    assert not there(phone, "popup_later")


def test_a_captcha_stands_in_the_page_s_place(phone):
    visit(phone, "newegg.com", captcha=1)
    phone.settle()
    assert kind(phone) == "error"
    assert not there(phone, "search")
    tap(phone, "not_a_robot")
    assert kind(phone) == "home"


def test_a_missing_page_is_there_when_loaded_again(phone):
    visit(phone, "newegg.com/s?q=x", missing=1)
    phone.settle()
    assert kind(phone) == "error"
    tap(phone, "again")
    assert kind(phone) == "results"
    tabs.go(phone, tabs.current(phone), "newegg.com")
    phone.settle()
    assert kind(phone) == "home"  # a site's first page is never missing


def test_a_slow_page_is_blank_after_the_action_and_loads_later(phone):
    visit(phone, "newegg.com", slow=1)
    phone.advance(1_000)
    phone.settle()
    assert tabs.shown(phone) is None
    assert not there(phone, "search")
    assert phone.frame()[40:100].min() > 240  # a blank frame
    phone.advance(LATER_MS)
    assert kind(phone) == "home"


def test_shares_are_shares_of_hosts_and_the_same_at_every_visit():
    hosts = [parse(f"shop{number}.com") for number in range(1_000)]
    web = Web(3, {"captcha": 0.25})
    where = [barrier(web, host, {}) for host in hosts]
    assert 200 < where.count("captcha") < 300
    assert where == [barrier(Web(3, {"captcha": 0.25}), host, {}) for host in hosts]
    assert where != [barrier(Web(4, {"captcha": 0.25}), host, {}) for host in hosts]
    more = [barrier(Web(3, {"captcha": 0.5}), host, {}) for host in hosts]
    assert all(b == "captcha" for a, b in zip(where, more) if a)  # turned up, none goes away


def test_presets_and_knobs():
    assert knobs_of("paper") == dict.fromkeys(KNOBS, 0) | {"cookies": 1, "sponsored": 1}
    assert knobs_of({"sponsored": 2}) == dict.fromkeys(KNOBS, 0) | {"sponsored": 2}
    assert all(0 <= PRESETS["hard"][name] <= knob.high for name, knob in KNOBS.items())


@pytest.mark.parametrize(
    ("web", "message"),
    [
        ("papr", "web 'papr': must be one of none, paper, hard"),
        ({"sponsord": 1}, "did you mean sponsored"),
        ({"cookies": 0.5}, "must be a whole number"),
        ({"slow": 2}, "from 0 to 1"),
        ({"slow": float("nan")}, "from 0 to 1"),
        ({"slow": True}, "from 0 to 1"),
        (7, "must be one of"),
    ],
)
def test_unknown_knobs_are_refused_in_one_line(web, message):
    with pytest.raises(InputError, match=message) as error:
        knobs_of(web)
    assert "\n" not in str(error.value)


def test_a_phone_s_web_is_in_its_snapshot(phone):
    connect(phone, 5, knobs_of({"language": 1, "dark": 1, "font": 0.5}))
    copy = Device(render=(54, 120), apps=["com.android.chrome"])
    copy.restore(phone.snapshot())
    assert web_of(copy) == web_of(phone)
    assert (web_of(copy).seed, web_of(copy).knobs["language"]) == (5, 1)
    assert copy.settings.is_dark
    assert copy.settings.number("system", "font_scale", 1.0) == 1.5
    connect(copy, 0, knobs_of("paper"))
    assert web_of(copy) == web_of(Device(apps=["com.android.chrome"]))
