"""Gesture recognition from the start, distance and duration of a touch.

A gesture in progress is in ``state["touch"]``, so a phone can be forked during one. Distances and times are those
of Android's ViewConfiguration; a fling decelerates as in Android's OverScroller, by a few events on the virtual clock
(developer.android.com/reference/android/widget/OverScroller).
"""

import math
from collections.abc import Sequence
from typing import Any

from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.ui import editing, navigation
from palaestra.envs.android.ui.screen import ScreenPhone, Window
from palaestra.envs.android.ui.tree import find, hit, walk
from palaestra.envs.android.ui.view import View

SLOP_DP = 8
LONG_PRESS_MS = 500
DOUBLE_TAP_MS = 300
EDGE_DP = 24
"""Width of the strips at the left and right edge where a swipe inwards means back."""
BACK_DP = 32
SWIPE_DP = 48
"""A drag of this length that scrolls nothing is a swipe."""
DISMISS_SHARE = 0.3
"""Share of its width or height that a card must be dragged to be dismissed."""
KEY_REACH_DP = 12
"""Touches within this distance of a key of the soft keyboard press it."""
FLING_DP_PER_S = 50
"""Slowest release that starts a fling."""
FLING_TICK_MS = 100
FRICTION = 0.015 * 9.80665 * 39.37 * 0.84
"""Of a fling, per dot of an inch: gravity, inches per metre, and Android's coefficient."""
INFLEXION = 0.35
DECELERATION = math.log(0.78) / math.log(0.9)
TRACE_US = 100_000
HOLD_US = 300_000
"""A swipe up from the lower edge that rests this long before release opens the overview instead of home."""
PASSIVE = ("toast",)
"""Windows that ignore touches."""


def touch(phone: ScreenPhone, points: Sequence[tuple[float, float, bool, int]]) -> None:
    """Fingers at (x, y, is down, identifier), logical px. Only the first finger counts."""
    width, height = phone.size
    for x, y, down, identifier in points:
        current = phone.state["touch"]
        x, y = min(max(0.0, x), width - 1.0), min(max(0.0, y), height - 1.0)
        if down and not current.get("down"):
            _press(phone, x, y, int(identifier))
        elif down and current["id"] == identifier:
            _move(phone, current, x, y)
        elif not down and current.get("down") and current["id"] == identifier:
            _release(phone, current)


def event(phone: ScreenPhone, name: str, data: dict[str, Any]) -> None:
    """Handle a scheduled event: a long press, or the next step of a fling."""
    current = phone.state["touch"]
    if name == "long_press" and current.get("down") and current["number"] == data["number"]:
        _long_press(phone, current)
    elif name == "fling":
        _roll(phone, data)


# --- down, move, up


def _press(phone: ScreenPhone, x: float, y: float, identifier: int) -> None:
    window, target = _target(phone, x, y)
    rolling = window is not None and _forget(phone, "fling", window.name)
    now = phone.now_us
    current: dict[str, Any] = {
        "down": True,
        "id": identifier,
        "number": phone.number("touch"),
        "mode": "press",
        "window": window.name if window else "",
        "path": target.path if target else "",
        "start": [x, y],
        "at": [x, y],
        "trace": [[now, x, y]],
        "tap": phone.state["touch"].get("tap", []),
    }
    phone.state["touch"] = current
    edge = phone.theme.px(EDGE_DP)
    if window is not None and window.name in ("status", "navigation"):
        current["mode"] = window.name
    elif x < edge or x >= phone.size[0] - edge:
        current["mode"] = "edge"
    if window is not None and window.name not in ("popup", "keyboard"):
        editing.close_popup(phone)
    if rolling:
        current["path"] = ""  # the touch only stops the fling
        return
    if window is None or target is None or not target.enabled:
        return
    phone.state["pressed"] = [window.name, target.path]
    if target.on_long_click is not None or target.editable:
        phone.schedule(LONG_PRESS_MS, "android.touch", "long_press", {"number": current["number"]})
    # on a scrolling page, the direction of the drag decides between slider and page
    if target.on_drag is not None or (target.kind == "slider" and hit(window.root, x, y, _scrolls_down) is None):
        current["mode"] = "drag"
        _drag(phone, window, target, x, y)


def _move(phone: ScreenPhone, current: dict[str, Any], x: float, y: float) -> None:
    if [x, y] == current["at"]:
        return
    current["at"] = [x, y]
    trace = current["trace"]
    trace.append([phone.now_us, x, y])
    while len(trace) > 2 and phone.now_us - trace[0][0] > TRACE_US:
        del trace[0]
    dx, dy = x - current["start"][0], y - current["start"][1]
    mode = current["mode"]
    if mode == "drag":
        touched = _touched(phone, current["window"], current["path"])
        if touched is not None:
            _drag(phone, *touched, x, y)
    elif mode == "scroll":
        _scroll_to(phone, current)
    elif mode in ("press", "edge") and max(abs(dx), abs(dy)) > phone.theme.px(SLOP_DP):
        _begin_drag(phone, current, dx, dy)
    elif mode == "status" and dy > phone.theme.px(SLOP_DP):
        current["mode"] = "done"
        phone.shade(True, quick=False)


def _begin_drag(phone: ScreenPhone, current: dict[str, Any], dx: float, dy: float) -> None:
    """Turn a press into a drag, a scroll or a swipe."""
    x, y = current["start"]
    across = abs(dx) > abs(dy)
    if current["mode"] == "edge" and across and (dx > 0) == (x < phone.size[0] / 2):
        current["mode"] = "back"
        phone.state["pressed"] = None
        return
    window = phone.window(current["window"])
    if window is None:
        return
    pressed = find(window.root, current["path"]) if current["path"] else None
    if across and pressed is not None and pressed.kind == "slider" and pressed.enabled:
        current["mode"] = "drag"
        _drag(phone, window, pressed, *current["at"])
        return
    along, ahead = (0, dx < 0) if across else (1, dy < 0)

    def scrolls(view: View) -> bool:
        return view.scrollable and view.limit > 0 and view.horizontal == across

    def moves(view: View) -> bool:
        return scrolls(view) and (view.offset < view.limit if ahead else view.offset > 0)

    card = hit(window.root, x, y, lambda view: view.on_dismiss is not None and view is not window.root)
    scroller = hit(window.root, x, y, moves)
    if scroller is None and not _waits_for_swipe(window, x, y, dx, dy):
        scroller = hit(window.root, x, y, scrolls)  # at its end: the finger may still reverse
    if card is not None and across == (window.name != "overview"):
        current.update(mode="dismiss", path=card.path)
    elif scroller is not None:
        slop = phone.theme.px(SLOP_DP)
        current.update(mode="scroll", path=scroller.path, offset=scroller.offset, across=across)
        current["start"][along] += -slop if ahead else slop
        _scroll_to(phone, current)
    else:
        left, top, right, bottom = pressed.bounds if pressed is not None else (0, 0, 0, 0)
        at_x, at_y = current["at"]
        if left <= at_x < right and top <= at_y < bottom and max(abs(dx), abs(dy)) < phone.theme.px(SWIPE_DP):
            return  # still on the pressed view
        current["mode"] = "swipe"
    _forget(phone, "long_press")
    phone.state["pressed"] = None


def _waits_for_swipe(window: Window, x: float, y: float, dx: float, dy: float) -> bool:
    """Whether something other than a scroller takes a drag from here."""
    if abs(dy) > abs(dx) and (window.name in ("shade", "heads_up") or (window.root.style == "sheet" and dy > 0)):
        return True
    return hit(window.root, x, y, lambda view: view.on_swipe is not None) is not None


def _release(phone: ScreenPhone, current: dict[str, Any]) -> None:
    current["down"] = False
    _forget(phone, "long_press")
    phone.state["pressed"] = None
    dx, dy = (current["at"][i] - current["start"][i] for i in (0, 1))
    mode = current["mode"]
    if mode in ("press", "edge"):
        _tap(phone, current)
    elif mode == "scroll":
        _fling(phone, current)
    elif mode == "back" and abs(dx) > phone.theme.px(BACK_DP):
        navigation.back(phone)
    elif mode == "navigation":
        _leave(phone, current, dx, dy)
    elif mode == "dismiss":
        _dismiss(phone, current, dx, dy)
    elif mode == "swipe":
        _swipe(phone, current, dx, dy)


# --- completed gestures


def _tap(phone: ScreenPhone, current: dict[str, Any]) -> None:
    window = phone.window(current["window"])
    if window is None:
        return
    x, y = current["at"]
    view = find(window.root, current["path"]) if current["path"] else None
    if view is None:
        on_dismiss = window.root.on_dismiss
        if on_dismiss is not None and hit(window.root, x, y, _blocks) is None and not current["path"]:
            contain(phone, window.package, on_dismiss)
            phone.screen_changed()
        return
    if not view.enabled:
        return
    last, now = current["tap"], phone.now_us
    double = len(last) == 3 and last[1:] == [window.name, view.path] and now - last[0] <= DOUBLE_TAP_MS * 1000
    current["tap"] = [now, window.name, view.path]
    if view.editable:
        editing.focus(phone, window, view, x, y, select_word=double)
    elif view.kind == "slider":
        _drag(phone, window, view, x, y)
    elif view.on_change is not None and view.checkable:
        contain(phone, window.package, view.on_change, True if view.kind == "radio" else not view.checked)
    elif view.on_click is not None:
        contain(phone, window.package, view.on_click)
    phone.screen_changed()


def _long_press(phone: ScreenPhone, current: dict[str, Any]) -> None:
    touched = _touched(phone, current["window"], current["path"])
    if current["mode"] not in ("press", "edge") or touched is None or not touched[1].enabled:
        return
    window, view = touched
    current["mode"] = "done"
    phone.state["pressed"] = None
    if view.on_long_click is not None:
        contain(phone, window.package, view.on_long_click)
    elif view.editable:
        editing.focus(phone, window, view, *current["at"], select_word=True)
    phone.screen_changed()


def _leave(phone: ScreenPhone, current: dict[str, Any], dx: float, dy: float) -> None:
    """Swipe from the navigation bar: up is home, up and rest the overview, right the previous app."""
    if -dy > phone.theme.px(SWIPE_DP):
        rested = phone.now_us - current["trace"][-1][0] >= HOLD_US
        phone.recents() if rested and not phone.state["overview"] else phone.home()
    elif dx > phone.theme.px(SWIPE_DP):
        phone.previous_app()


def _dismiss(phone: ScreenPhone, current: dict[str, Any], dx: float, dy: float) -> None:
    touched = _touched(phone, current["window"], current["path"])
    if touched is None:
        return
    window, view = touched
    left, top, right, bottom = view.bounds
    vertical = current["window"] == "overview"
    if (-dy > DISMISS_SHARE * (bottom - top)) if vertical else (abs(dx) > DISMISS_SHARE * (right - left)):
        if view.on_dismiss is not None:
            contain(phone, window.package, view.on_dismiss)
        phone.screen_changed()


def _swipe(phone: ScreenPhone, current: dict[str, Any], dx: float, dy: float) -> None:
    """Handle a drag that scrolled nothing: on the shade, a sheet, or a view with ``on_swipe``."""
    window = phone.window(current["window"])
    if window is None or max(abs(dx), abs(dy)) < phone.theme.px(SWIPE_DP):
        return
    direction = ("left" if dx < 0 else "right") if abs(dx) > abs(dy) else ("up" if dy < 0 else "down")
    x, y = current["start"]
    view = hit(window.root, x, y, lambda v: v.on_swipe is not None)
    if window.name == "shade" and direction in ("up", "down"):
        phone.shade(direction == "down", quick=direction == "down")
    elif window.name == "heads_up" and direction == "up":
        phone.state["heads_up"] = ""
    elif window.root.style == "sheet" and direction == "down" and hit(window.root, x, y, _blocks):
        if window.root.on_dismiss is not None:
            contain(phone, window.package, window.root.on_dismiss)
    elif view is not None and view.on_swipe is not None:
        contain(phone, window.package, view.on_swipe, direction)
    phone.screen_changed()


def _drag(phone: ScreenPhone, window: Window, view: View, x: float, y: float) -> None:
    """Handle a drag on a slider or on a view with ``on_drag``."""
    left, _, right, _ = view.bounds
    if view.on_drag is not None:
        contain(phone, window.package, view.on_drag, x, y)
        phone.screen_changed()
        return
    if view.on_change is None:
        return
    inset = phone.theme.px(16)
    share = min(max((x - left - inset) / max(1, right - left - 2 * inset), 0.0), 1.0)
    value = view.low + share * (view.high - view.low)
    whole = isinstance(view.low, int) and isinstance(view.high, int)
    value = round(value) if whole else value
    if value != view.value:
        contain(phone, window.package, view.on_change, value)
        phone.screen_changed()


# --- scrolling


def _scroll_to(phone: ScreenPhone, current: dict[str, Any]) -> None:
    """Scroll by the movement of the finger."""
    axis = 0 if current["across"] else 1
    offset = current["offset"] + current["start"][axis] - current["at"][axis]
    _set_offset(phone, current["window"], current["path"], offset)


def _set_offset(phone: ScreenPhone, window_name: str, path: str, offset: float) -> bool:
    """Scroll a scroller; returns whether it moved."""
    touched = _touched(phone, window_name, path)
    if touched is None:
        return False
    window, view = touched
    offset = min(max(0, round(offset)), view.limit)
    if offset == view.offset:
        return False
    window.scrolls[path] = offset
    if view.focused:
        phone.state["focus"]["follow"] = False  # the text may be scrolled away from its cursor
    phone.screen.dirty.update((window_name, "popup"))
    return True


def _fling(phone: ScreenPhone, current: dict[str, Any]) -> None:
    """Start a fling with the speed of the finger."""
    axis = 1 if current["across"] else 2
    first, last = current["trace"][0], current["trace"][-1]
    seconds = (phone.now_us - first[0]) / 1e6
    touched = _touched(phone, current["window"], current["path"])
    if touched is None or phone.now_us - last[0] > TRACE_US or seconds <= 0:
        return
    speed = (first[axis] - last[axis]) / seconds
    if abs(speed) > phone.theme.px(FLING_DP_PER_S):
        distance, ms = roll(abs(speed), phone.density)
        data = {
            "window": current["window"],
            "path": current["path"],
            "from": touched[1].offset,
            "distance": math.copysign(distance, speed),
            "begun_us": phone.now_us,
            "ms": ms,
        }
        phone.schedule(FLING_TICK_MS, "android.touch", "fling", data)


def roll(speed: float, density: float) -> tuple[float, float]:
    """Distance (px) and duration (ms) of a fling that starts at a speed (px/s), on a screen of a density in dpi."""
    friction = FRICTION * density
    force = math.log(INFLEXION * speed / friction)
    return friction * math.exp(DECELERATION / (DECELERATION - 1) * force), 1000 * math.exp(force / (DECELERATION - 1))


def _roll(phone: ScreenPhone, data: dict[str, Any]) -> None:
    share = min(1.0, (phone.now_us - data["begun_us"]) / 1000 / data["ms"])
    offset = data["from"] + data["distance"] * (1 - (1 - share) ** (1 / INFLEXION))
    touched = _touched(phone, data["window"], data["path"])
    if touched is None:
        return
    _set_offset(phone, data["window"], data["path"], offset)
    if share < 1 and 0 < offset < touched[1].limit:
        phone.schedule(FLING_TICK_MS, "android.touch", "fling", data)


def _forget(phone: ScreenPhone, name: str, window: str | None = None) -> bool:
    """Cancel events scheduled under a name, in one window or in all; returns whether there were any."""
    events = phone.state["events"]
    kept = [
        event
        for event in events
        if event[2:4] != ["android.touch", name] or window not in (None, event[4].get("window"))
    ]
    cancelled = len(kept) < len(events)
    if cancelled:
        events[:] = kept
    return cancelled


# --- hit testing


def _target(phone: ScreenPhone, x: float, y: float) -> tuple[Window | None, View | None]:
    """The window under a finger, and the view in it that a tap would reach."""
    for window in reversed(phone.windows()):
        left, top, right, bottom = window.bounds
        if window.name in PASSIVE or not (left <= x < right and top <= y < bottom):
            continue
        view = hit(window.root, x, y, _takes_touches)
        if view is None and window.name == "keyboard":
            view = _nearest_key(phone, window.root, x, y)
        if view is not None or window.name not in ("popup", "heads_up"):
            return window, view
    return None, None


def _nearest_key(phone: ScreenPhone, root: View, x: float, y: float) -> View | None:
    """The key nearest to a point between keys."""

    def distance(view: View) -> float:
        left, top, right, bottom = view.bounds
        return max(left - x, x - right, 0) + max(top - y, y - bottom, 0)

    nearest = min((view for view in walk(root) if view.clickable), key=distance)
    return nearest if distance(nearest) <= phone.theme.px(KEY_REACH_DP) else None


def _takes_touches(view: View) -> bool:
    return (
        view.clickable
        or view.long_clickable
        or view.on_change is not None
        or view.on_drag is not None
        or view.kind == "slider"
    )


def _blocks(view: View) -> bool:
    return view.blocks


def _scrolls_down(view: View) -> bool:
    return view.scrollable and view.limit > 0 and not view.horizontal


def _touched(phone: ScreenPhone, window_name: str, path: str) -> tuple[Window, View] | None:
    """A window and a view in it, if both still show."""
    window = phone.window(window_name)
    view = find(window.root, path) if window is not None and path else None
    return (window, view) if window is not None and view is not None else None
