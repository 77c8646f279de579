"""Find in page: the bar with the words, and the hits marked on the page."""

import re
from typing import Any

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.bar import HEIGHT_DP
from palaestra.envs.android.apps.browser.look import look_of
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import icon_button, text_field
from palaestra.envs.android.ui.screen import ScreenPhone
from palaestra.envs.android.ui.theme import theme_of
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.ui.view import FILL, View, row, text

MARKS = {False: ("#FFF176", "#FFA040"), True: ("#6B5F00", "#A65300")}
"""Colours behind a hit, and behind the one that is shown; in the light theme (False) and in the dark one."""
MAX_WORDS = 200


def begin(activity: Activity, tab: tabs.Tab) -> None:
    """Show the bar over a tab's page."""
    entry = tabs.entry_of(tab)
    assert entry is not None
    activity.state["find"] = {"entry": entry["id"], "words": "", "at": 0}


def end(activity: Activity) -> None:
    """Hide the bar."""
    activity.state.pop("find", None)


def of_page(activity: Activity, entry: tabs.Entry) -> dict[str, Any] | None:
    """What is searched for on a page; None if nothing is."""
    kept = activity.state.get("find")
    return kept if kept is not None and kept["entry"] == entry["id"] else None


def marked(root: View, words: str, at: int, *, dark: bool = False) -> int:
    """Mark the hits in a tree, before its layout; returns how many there are.

    Args:
        root: of the page.
        words: to find, whatever their case.
        at: number of the hit that is shown, marked in another colour.
        dark: whether the words are light.
    """
    if not words:
        return 0
    mark, mark_at = MARKS[dark]
    pattern, hits = re.compile(re.escape(words), re.IGNORECASE), 0
    for view in walk(root):
        for piece in view.value if view.layout == "paragraph" else (view,):
            if piece.kind != "text":
                continue
            spans = [match.span() for match in pattern.finditer(piece.text)]
            here = at - hits
            piece.marks = tuple((*span, mark_at if i == here else mark) for i, span in enumerate(spans))
            hits += len(spans)
    return hits


def bar(activity: Activity, entry: tabs.Entry, hits: int, *, private: bool) -> View:
    """The field, the count, and the buttons that lead from hit to hit."""
    kept, look = activity.state["find"], look_of(private)
    words, at = kept["words"], kept["at"]

    def search(value: str) -> None:
        kept.update(words=value[:MAX_WORDS], at=0)
        _reveal(activity, entry)

    def step(by: int) -> None:
        if hits:
            kept["at"] = (at + by) % hits
            _reveal(activity, entry)

    field = text_field(
        words,
        search,
        hint="Find in page",
        id="find_query",
        on_submit=lambda: step(1),
        action="search",
        autofocus=True,
        style="bare",
        weight=1,
        foreground=look.ink,
    )
    count = text(f"{min(at + 1, hits)}/{hits}", "body_medium", look.faint, 1, id="find_status") if words else None
    options = {"foreground": look.faint, "enabled": hits > 0, "width": 44}
    return row(
        field,
        count,
        icon_button("chevron-up", lambda: step(-1), "Previous", id="find_prev_button", **options),
        icon_button("chevron-down", lambda: step(1), "Next", id="find_next_button", **options),
        icon_button(
            "close", lambda: end(activity), "Close find bar", id="close_find_button", foreground=look.faint, width=44
        ),
        width=FILL,
        height=HEIGHT_DP,
        padding=(16, 0, 4, 0),
        gap=4,
        background=look.bar,
        id="find_toolbar",
        key="find",
    )


def _reveal(activity: Activity, entry: tabs.Entry) -> None:
    """Scroll the page to the hit that is shown."""
    phone = activity.phone
    assert isinstance(phone, ScreenPhone)
    phone.screen_changed()
    window, color = phone.window("app"), MARKS[phone.settings.is_dark][1]
    body = next((view for view in walk(window.root) if view.key == key_of(entry)), None) if window else None
    if body is None:
        return
    for view in walk(body):
        span = next((mark for mark in view.marks if mark[2] == color), None)
        if span is not None:
            theme = theme_of(phone)
            lines = theme.breaks(view.text, view.font, max(1, view.bounds[2] - view.bounds[0]))
            line = max((i for i, (start, _) in enumerate(lines) if start <= span[0]), default=0)
            y = view.bounds[1] + line * theme.line_height(view.font)
            within = y - body.bounds[1] + body.offset
            room = body.bounds[3] - body.bounds[1]
            offset = min(max(0, within - room // 3), body.limit)
            activity.record["scroll"][body.path] = offset
            phone.screen_changed()
            return


def key_of(entry: tabs.Entry) -> str:
    """The key of the view that scrolls a page."""
    return f"page{entry['id']}"
