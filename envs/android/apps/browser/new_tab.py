"""The new-tab page: a search box and shortcuts to sites; in a private tab what that means."""

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.bar import HINT, begin_editing
from palaestra.envs.android.apps.browser.look import NORMAL, PRIVATE, disc
from palaestra.envs.android.apps.browser.suggestions import sites
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.view import FILL, View, column, grid, icon, row, scroll, text
from palaestra.envs.android.web.site import Site

MAX_SHORTCUTS = 8
COLUMNS, WIDE_COLUMNS = 4, 8
PROMISES = (
    "Chrome won’t save your browsing history, cookies and site data, or what you enter in forms.",
    "Your activity might still be visible to the websites you visit.",
)


def new_tab(activity: Activity, tab: tabs.Tab) -> View:
    """The page of a new tab."""
    return private_page() if tab["private"] else _page(activity, tab)


def _page(activity: Activity, tab: tabs.Tab) -> View:
    box = row(
        icon("magnify", 22, NORMAL.faint),
        text(
            HINT,
            "body_large",
            NORMAL.faint,
            1,
            weight=1,
            height=56,
            cls="android.widget.EditText",
            id="search_box_text",
            on_click=lambda: begin_editing(activity),
        ),
        width=FILL,
        height=56,
        max_width=560,
        padding=(16, 0),
        gap=12,
        radius=28,
        background=NORMAL.pill,
        gravity="center",
        id="search_box",
    )
    phone = activity.phone
    columns = COLUMNS if phone.size[0] < phone.size[1] else WIDE_COLUMNS
    tiles = (_tile(activity, tab, site) for site in sites()[:MAX_SHORTCUTS])
    return scroll(
        icon("web", 72, "outline", gravity="center", key="logo"),
        box,
        grid(*tiles, columns=columns, gap=8, id="mv_tiles_layout"),
        weight=1,
        padding=(16, 40, 16, 24),
        gap=28,
        key="new tab",
        background=NORMAL.bar,
        desc="New tab",
    )


def _tile(activity: Activity, tab: tabs.Tab, site: Site) -> View:
    return column(
        disc(site.name, 48, "title_medium"),
        text(site.name, "body_small", NORMAL.ink, 1, text_align="center", width=FILL, id="tile_view_title"),
        gap=6,
        padding=(2, 8),
        align="center",
        on_click=lambda: tabs.go(activity.phone, tab, site.hosts[0]),
        desc=site.name,
        key=site.hosts[0],
        cls="android.widget.FrameLayout",
    )


def private_page() -> View:
    """The page of a new private tab."""
    lines = (text(promise, "body_medium", PRIVATE.faint, width=FILL) for promise in PROMISES)
    return scroll(
        icon("incognito", 72, PRIVATE.faint, gravity="center", key="logo"),
        text("You’ve gone Incognito", "headline_small", PRIVATE.ink, width=FILL, id="new_tab_incognito_title"),
        *lines,
        weight=1,
        padding=(24, 40, 24, 24),
        gap=20,
        key="new tab",
        background=PRIVATE.bar,
        desc="New Incognito tab",
    )
