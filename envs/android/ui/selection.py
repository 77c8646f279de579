"""Overlays of the text being edited: the bar with cut, copy and paste, and the handles of the selection."""

from collections.abc import Callable
from functools import partial

from palaestra.envs.android.ui.caret import caret, index_at
from palaestra.envs.android.ui.editing import copy, cut, field_of_last_layout, move, paste, select_all, selection
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.view import FILL, Bounds, View, row, stack, text

BAR_DP = 48
HANDLE_DP = 24
EDGE_DP = 8


def selection_window(phone: ScreenPhone) -> SystemWindow | None:
    """The bar above the selection and the handles at its ends, where visible."""
    view = field_of_last_layout(phone)
    if view is None or view.clip is None:
        return None
    start, end = selection(phone, view)
    bar = _bar(phone, view, view.clip, start, end) if phone.state["keyboard"].get("popup") else None
    handles = [_handle(phone, view, view.clip, place, place == end) for place in (start, end)] if start < end else []
    if bar is None and not handles:
        return None
    return stack(bar, *handles, width=FILL, height=FILL, key="popup"), "android", "system", None


def _bar(phone: ScreenPhone, view: View, clip: Bounds, start: int, end: int) -> View | None:
    """The applicable ones of cut, copy, paste and select all."""
    marked = start < end and not view.password
    everything = (start, end) == (0, len(view.text))
    offered = [
        ("Cut", cut, marked),
        ("Copy", copy, marked),
        ("Paste", paste, bool(phone.clipboard)),
        ("Select all", select_all, bool(view.text) and not everything),
    ]
    choices = [(label, does) for label, does, offers in offered if offers]
    if not choices:
        return None

    def choose(does: Callable[[ScreenPhone], None]) -> None:
        does(phone)
        if does is not select_all:
            phone.state["keyboard"]["popup"] = False
        if does is copy:
            move(phone, end)

    scale, look = phone.theme.scale, phone.theme
    first, last = caret(phone, view, start), caret(phone, view, end)
    width = sum(look.measure(label, "label_large") / scale + 32 for label, _ in choices)
    middle = (first[0] + last[0]) / 2 / scale if first[1] == last[1] else phone.size[0] / 2 / scale
    left = min(max(EDGE_DP, middle - width / 2), phone.size[0] / scale - width - EDGE_DP)
    top = max(first[1], clip[1]) / scale - BAR_DP - EDGE_DP
    if top < 40:
        top = min(last[2], clip[3]) / scale + HANDLE_DP + EDGE_DP
    return row(
        *(
            stack(
                text(label, "label_large", gravity="center"),
                height=FILL,
                padding=(16, 0),
                desc=label,
                on_click=partial(choose, does),
                key=label,
                id="floating_toolbar_menu_item_text",
            )
            for label, does in choices
        ),
        height=BAR_DP,
        radius=BAR_DP / 2,
        background="surface_container_high",
        elevation=3,
        margin=(left, top, 0, 0),
        key="bar",
    )


def _handle(phone: ScreenPhone, view: View, clip: Bounds, place: int, last: bool) -> View | None:
    """The handle below one end of the selection."""
    x, _, bottom = caret(phone, view, place)
    left, top, right, lower = clip
    if not (left <= x <= right and top < bottom <= lower):
        return None
    scale, half = phone.theme.scale, HANDLE_DP / 2

    def dragged(to_x: float, to_y: float) -> None:
        start, end = selection(phone, view)
        corner, line = phone.theme.px(half), phone.theme.line_height(view.font)
        at = index_at(phone, view, to_x + (-corner if last else corner), to_y - corner - line / 2)
        move(phone, max(at, start + 1) if last else end, start if last else min(at, end - 1))

    return View(
        "box",
        "android.view.View",
        width=HANDLE_DP,
        height=HANDLE_DP,
        background="primary",
        on_drag=dragged,
        radius=(0, half, half, half) if last else (half, 0, half, half),
        key="end" if last else "start",
        margin=(max(0.0, x / scale - (0 if last else HANDLE_DP)), bottom / scale, 0, 0),
    )
