"""What the phone's web costs: pages from the tap to their pixels, what evaluators ask, and snapshots with ten tabs.

A page is loaded by its address and drawn from scratch at 270x600, nothing of its picture kept from before; the
baseline, measured in the same way right before each page, is a screen of Settings. ``to build`` is a part of ``to
pixels``, which has it twice: a page is built when it begins to load and when it shows. Times are medians of CPU time.
"""

import argparse
import collections
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
from rich.console import Console
from rich.table import Table

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.device import Device
from palaestra.envs.android.drawing.paint import Bands, Painter
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.site import Site
from palaestra.envs.android.web.web import connect, known_sites

RENDER = (270, 600)
LATER_MS = 10_000
"""More than any page takes to load."""
SEARCHED = "macbook air"
SETTINGS = {
    "Settings": "com.android.settings.Settings",
    "Settings, display": "com.android.settings.Settings$DisplaySettingsActivity",
}


def median_ms(work: Callable[[], Any], times: int, before: Callable[[], Any] = lambda: None) -> float:
    """Median CPU time of a call, ms; ``before`` is called before each one and not timed."""
    work()
    seconds = []
    for _ in range(times):
        before()
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return 1e3 * float(np.median(seconds))


def forget_pictures(phone: Device) -> None:
    """Have the next frame drawn from scratch."""
    phone._painter = Painter(phone.natural, phone.render, Bands())


def pages(phone: Device) -> Iterator[tuple[str, str, str]]:
    """One page of every kind of every site that is reached from its first page and a search: site, kind, address."""
    sites: dict[int, Site] = {id(site): site for site in known_sites().values()}
    for site in sites.values():
        kinds = dict[str, str]()
        for address in (site.hosts[0], *reached(phone, site.hosts[0])):
            tabs.go(phone, fresh_tab(phone), address)
            phone.advance(LATER_MS)
            shown = tabs.shown(phone)
            if shown is not None and shown.address.host in site.hosts:
                kinds.setdefault(shown.place.kind, address)
        yield from ((site.hosts[0], kind, address) for kind, address in kinds.items())
    yield "nowhere.example", "error", "nowhere.example"


def reached(phone: Device, host: str) -> list[str]:
    """Addresses that a search on a site and its first links lead to."""
    addresses = []
    tab = fresh_tab(phone)
    tabs.go(phone, tab, host)
    phone.advance(LATER_MS)
    search(phone)
    for _ in range(2):
        entry = tabs.entry_of(tab)
        assert entry is not None
        addresses.append(entry["url"])
        tap_a_link(phone)
    return addresses


def search(phone: Device) -> None:
    """Type into a site's search field, if there is one, and press enter."""
    field = next((view for view in webview(phone) if view.editable and view.clip), None)
    if field is not None and field.clip is not None:
        left, top, right, bottom = field.clip
        phone.tap((left + right) / 2, (top + bottom) / 2)
        phone.type_text(SEARCHED + "\n")
        phone.advance(LATER_MS)


def tap_a_link(phone: Device) -> None:
    """Tap the largest of what can be tapped on the page, as is a result in a list."""
    links = [view for view in webview(phone) if view.clickable and not view.editable and view.clip]
    if links:
        left, top, right, bottom = max((view.clip for view in links if view.clip), key=area)
        phone.tap((left + right) / 2, (top + bottom) / 2)
        phone.advance(LATER_MS)


def area(box: tuple[int, int, int, int]) -> int:
    """Of a rectangle, px."""
    return (box[2] - box[0]) * (box[3] - box[1])


def webview(phone: Device) -> list[Any]:
    """The views of the page in front."""
    window = phone.window("app")
    views = list(walk(window.root)) if window is not None else []
    page = next((view for view in views if view.cls == "android.webkit.WebView"), None)
    return list(walk(page)) if page is not None else []


def fresh_tab(phone: Device) -> tabs.Tab:
    """A new tab, alone."""
    tabs.close(phone, [*tabs.all_tabs(phone, private=False)])
    tabs.forget_closed(phone)
    return tabs.open_tab(phone)


def screens(phone: Device, times: int) -> float:
    """Ms from starting a screen of Settings to its pixels, the mean of its first one and the display's."""
    spent = []
    for cls in SETTINGS.values():
        asked = intent(package="com.android.settings", cls=cls)

        def show(asked: dict[str, Any] = asked) -> None:
            phone.start_activity(asked)
            phone.advance(300)
            phone.frame()

        def leave() -> None:
            phone.force_stop("com.android.settings")
            phone.frame()
            forget_pictures(phone)

        spent.append(median_ms(show, times, leave))
    phone.force_stop("com.android.settings")
    phone.open_app("Chrome")
    return float(np.mean(spent))


def page_times(phone: Device, address: str, times: int) -> tuple[float, float]:
    """Ms from an address to its pixels, and of them to build the page once."""

    def load() -> None:
        tab = tabs.current(phone)
        assert tab is not None
        tabs.go(phone, tab, address)
        phone.advance(LATER_MS)
        phone.frame()

    def forget() -> None:
        fresh_tab(phone)
        phone.frame()
        forget_pictures(phone)

    pixels = median_ms(load, times, forget)
    tab = tabs.current(phone)
    entry = tabs.entry_of(tab) if tab is not None else None
    assert tab is not None
    assert entry is not None
    return pixels, median_ms(lambda: tabs.page_of(phone, tab, entry), times)


def with_ten_tabs(addresses: list[str], knobs: dict[str, float], seed: int) -> Device:
    """A phone of which nothing was used but the browser: ten tabs with four pages each."""
    phone = Device(render=RENDER)
    connect(phone, seed, knobs)
    phone.open_app("Chrome")
    for number in range(10):
        tab = tabs.open_tab(phone, private=number % 3 == 2)
        for step in range(4):
            tabs.go(phone, tab, addresses[(number + step) % len(addresses)])
            phone.advance(LATER_MS)
    return phone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=30, help="repetitions of everything")
    parser.add_argument("--seed", type=int, default=0, help="of the web")
    options = parser.parse_args()
    phone = Device(render=RENDER)
    knobs = knobs_of("none")
    connect(phone, options.seed, knobs)
    phone.open_app("Chrome")
    listed = list(pages(phone))
    table = Table("site", "kind", "to pixels, ms", "to build, ms", "Settings, ms", "x a Settings screen")
    worst = collections.defaultdict[str, float](float)
    for host, kind, address in listed:
        baseline = screens(phone, options.times)
        pixels, build = page_times(phone, address, options.times)
        worst[kind] = max(worst[kind], pixels / baseline)
        table.add_row(host, kind, f"{pixels:.2f}", f"{build:.2f}", f"{baseline:.2f}", f"{pixels / baseline:.2f}")
    summary = Table("what", "measured")
    for kind, ratio in worst.items():
        summary.add_row(f"slowest page: {kind}, x a Settings screen", f"{ratio:.2f}")
    phone = with_ten_tabs([address for *_, address in listed], knobs, options.seed)
    summary.add_row("what evaluators ask of a page, ms", f"{median_ms(lambda: tabs.shown(phone), 1_000):.4f}")
    summary.add_row(
        "what evaluators ask of a new tab, ms", f"{median_ms(lambda: tabs.new_tab_shown(phone), 1_000):.4f}"
    )
    summary.add_row("snapshot with ten tabs, ms", f"{median_ms(phone.snapshot, options.times):.3f}")
    browser = len(msgpack.packb(phone.state["prefs"][tabs.PACKAGE]))
    summary.add_row("snapshot with ten tabs, bytes", f"{len(phone.snapshot()):,}")
    summary.add_row("of it the browser's, bytes", f"{browser:,}")
    Console(width=110).print(table, summary)


if __name__ == "__main__":
    main()
