"""Every site's pages: what is drawn, what the accessibility service reports and where it lies agree."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.web import connect, known_sites

LATER_MS = 10_000
"""More than any page takes to load."""
SITES = sorted({id(site): site.hosts[0] for site in known_sites().values()}.values())
OTHERS = ("nowhere.example", "about:blank", "file:///sdcard")
MAX_LINKS = 4
"""Links followed from a site's first page."""
LOOKS = {
    "paper": {},
    "dark": {"theme": "dark"},
    "big": {"font_scale": 2.0},
    "narrow": {"size": (540, 1140), "density": 320},
}


@pytest.mark.parametrize("look", ["paper", *(pytest.param(look, marks=pytest.mark.slow) for look in list(LOOKS)[1:])])
@pytest.mark.parametrize("host", [*SITES, *OTHERS])
def test_forest_xml_and_pixels_of_every_page_agree(host, look):
    phone = Device(apps=["com.android.chrome"], **LOOKS[look])
    connect(phone, 0, knobs_of({"sponsored": 1}))
    phone.open_app("Chrome")
    tab = tabs.open_tab(phone)
    tabs.go(phone, tab, host)
    phone.advance(LATER_MS)
    check(phone)
    for number in range(MAX_LINKS):
        links = [view for view in walk(webview(phone)) if view.clickable and not view.editable and view.clip]
        if number >= len(links):
            break
        left, top, right, bottom = links[number].clip
        phone.tap((left + right) // 2, (top + bottom) // 2)
        phone.advance(LATER_MS)
        if tabs.is_loading(tab) or phone.foreground[0] != tabs.PACKAGE:
            break
        check(phone)
        if tabs.current(phone)["at"] > 1:
            tabs.back(phone, tabs.current(phone))
            phone.advance(LATER_MS)


def webview(phone):
    return next(view for view in walk(phone.window("app").root) if view.cls == "android.webkit.WebView")


def check(phone):
    check_bounds(webview(phone))
    for window in accessibility.forest(phone):
        if window["focused"]:
            check_xml(phone, window)
    check_pixels(phone)


def check_bounds(view):
    """What shows of a view lies inside its parent, except along a scroller's axis."""
    left, top, right, bottom = view.bounds
    for child in view.children:
        x1, y1, x2, y2 = child.bounds
        across = (top, y1, y2, bottom) if view.horizontal else (left, x1, x2, right)
        along = (left, x1, x2, right) if view.horizontal else (top, y1, y2, bottom)
        for outer, low, high, limit in (across, *([] if view.layout in ("scroll", "list") else [along])):
            assert outer <= low <= high <= limit, (view, child)
        check_bounds(child)


def check_xml(phone, window):
    """Every visible node of the focused window is in the XML."""
    nodes = set()
    for node in ET.fromstring(accessibility.xml(phone).encode()).iter("node"):
        bounds = tuple(map(int, re.findall(r"-?\d+", node.get("bounds"))))
        nodes.add((node.get("text"), node.get("content-desc"), node.get("class"), bounds))
    seen = {(n["text"], n["desc"], n["cls"], tuple(n["bounds"])) for n in window["nodes"] if n["visible"]}
    assert seen <= nodes


def check_pixels(phone):
    """Something is drawn where a text is reported."""
    frame = phone.frame()
    for element in accessibility.elements(phone):
        if element["text"].strip() and element["cls"] == "android.widget.TextView":
            left, top, right, bottom = element["bounds"]
            part = frame[top:bottom, left:right].reshape(-1, 3)
            sliver = bottom - top < 20 or right - left < 8  # at the edge of a scroller
            assert sliver or part.min() < part.max(), element


BROWSE = """
from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.web import connect, known_sites

phone = Device(render=(54, 120), apps=["com.android.chrome"], seed=3)
connect(phone, 7, knobs_of("hard"))
phone.open_app("Chrome")
for number, host in enumerate(sorted(known_sites())):
    tabs.go(phone, tabs.open_tab(phone, private=number % 3 == 1), host)
    phone.advance(400)
    if number == 2:
        copy = Device(render=(54, 120), apps=["com.android.chrome"])
        copy.restore(phone.snapshot())
        phone = copy
    phone.tap(540, 1200)
    phone.advance(3_000)
print(phone.fingerprint())
"""


def test_equal_seeds_give_equal_fingerprints_in_two_processes(capsys):
    exec(BROWSE, {})
    here = capsys.readouterr().out.strip()
    assert len(here) == 64
    command = [sys.executable, "-c", BROWSE]
    environment = {**os.environ, "PYTHONHASHSEED": "2"}
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip() == here
