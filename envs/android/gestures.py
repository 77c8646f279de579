"""Fingers: what a touch means, from where it went down, how far it moved and how long it stayed.

What is under way is in ``state["touch"]``, so that a phone can be forked with a finger on its glass. Distances and
times are those of Android's ViewConfiguration; a fling is a few events on the virtual clock.
"""

from typing import Any

from palaestra.envs.android import keyboard
from palaestra.envs.android.layout import find, hit
from palaestra.envs.android.view import View

SLOP_DP = 8
LONG_PRESS_MS = 500
DOUBLE_TAP_MS = 300
EDGE_DP = 14
"""Width of the strips at the left and right edge where a swipe inwards means back."""
BACK_DP = 32
SWIPE_DP = 48
"""A drag that nothing scrolls with is a swipe from here on."""
DISMISS_SHARE = 0.3
"""Of its own width or height that a card must be dragged to go."""
FLING_DP_PER_S = 50
"""Slowest release that keeps rolling."""
FLING_SECONDS = 0.35
"""How far a fling rolls: as far as the finger would have gone in this time."""
FLING_TICK_MS = 50
FLING_SHARE = 0.4
"""Of what is left of a fling, this much is rolled in a tick."""
TRACE_US = 100_000
HOLD_US = 300_000
"""A swipe up from the lower edge that rests so long before release opens the overview instead of home."""
PASSIVE = ("toast",)
"""Windows that fingers go through."""


def touch(device, points) -> None:
    """Fingers at (x, y, is down, identifier), logical px. One finger at a time has a meaning: the first one."""
    for x, y, down, identifier in points:
        current = device.state["touch"]
        if down and not current.get("down"):
            _press(device, float(x), float(y), int(identifier))
        elif down and current["id"] == identifier:
            _move(device, current, float(x), float(y))
        elif not down and current.get("down") and current["id"] == identifier:
            _release(device, current)


def event(device, name: str, data: dict[str, Any]) -> None:
    """A finger has rested long enough, or a fling rolls on."""
    current = device.state["touch"]
    if name == "long_press" and current.get("down") and current["number"] == data["number"]:
        _long_press(device, current)
    elif name == "fling" and not current.get("down"):
        _roll(device, data)


def _press(device, x: float, y: float, identifier: int) -> None:
    last = device.state["touch"].get("tap", [])
    rolling = _stop_flings(device)
    window, target = _target(device, x, y)
    now = device.now_us
    current: dict[str, Any] = {
        "down": True,
        "id": identifier,
        "number": device.number("touch"),
        "mode": "press",
        "window": window.name if window else "",
        "path": target.path if target else "",
        "start": [x, y],
        "at": [x, y],
        "begun_us": now,
        "trace": [[now, x, y]],
        "tap": last,
    }
    device.state["touch"] = current
    edge = device.theme.px(EDGE_DP)
    if window is not None and window.name in ("status", "navigation"):
        current["mode"] = window.name
    elif x < edge or x >= device.size[0] - edge:
        current["mode"] = "edge"
    if window is not None and window.name != "popup":
        keyboard.close_popup(device)
    if rolling:
        current["path"] = ""  # the touch only stops what rolls
    elif target is not None:
        _show_pressed(device, [window.name, target.path])
        if _wants_long_press(target):
            device.schedule(LONG_PRESS_MS, "android.touch", "long_press", {"number": current["number"]})
        if _is_dragged(target):
            current["mode"] = "drag"
            _drag(device, target, x, y)


def _move(device, current: dict[str, Any], x: float, y: float) -> None:
    if [x, y] == current["at"]:
        return
    current["at"] = [x, y]
    trace = current["trace"]
    trace.append([device.now_us, x, y])
    while len(trace) > 2 and device.now_us - trace[0][0] > TRACE_US:
        del trace[0]
    dx, dy = x - current["start"][0], y - current["start"][1]
    mode = current["mode"]
    if mode == "drag":
        view = _view(device, current["window"], current["path"])
        if view is not None:
            _drag(device, view, x, y)
    elif mode == "scroll":
        _scroll_to(device, current)
    elif mode in ("press", "edge") and max(abs(dx), abs(dy)) > device.theme.px(SLOP_DP):
        _begin_drag(device, current, dx, dy)
    elif mode == "status" and dy > device.theme.px(SLOP_DP):
        current["mode"] = "done"
        device.shade(True, quick=False)


def _begin_drag(device, current: dict[str, Any], dx: float, dy: float) -> None:
    """A press has become something else."""
    x, y = current["start"]
    across = abs(dx) > abs(dy)
    if current["mode"] == "edge" and across and (dx > 0) == (x < device.size[0] / 2):
        current["mode"] = "back"
        _show_pressed(device, None)
        return
    window = device.window(current["window"])
    if window is None:
        return

    def scrolls(view: View) -> bool:
        return view.scrollable and view.limit > 0 and view.horizontal == across

    card = hit(window.root, x, y, lambda view: view.on_dismiss is not None and view is not window.root)
    scroller = hit(window.root, x, y, scrolls)
    if card is not None and across == (window.name != "overview"):
        current.update(mode="dismiss", path=card.path)
    elif scroller is not None:
        current.update(mode="scroll", path=scroller.path, offset=scroller.offset, across=across)
        _scroll_to(device, current)
    else:
        view = _view(device, current["window"], current["path"])
        left, top, right, bottom = view.bounds if view is not None and view.bounds else (0, 0, 0, 0)
        at_x, at_y = current["at"]
        if left <= at_x < right and top <= at_y < bottom and max(abs(dx), abs(dy)) < device.theme.px(SWIPE_DP):
            return  # still on what was pressed
        current["mode"] = "swipe"
    _show_pressed(device, None)


def _release(device, current: dict[str, Any]) -> None:
    current["down"] = False
    _show_pressed(device, None)
    dx, dy = (current["at"][i] - current["start"][i] for i in (0, 1))
    mode = current["mode"]
    if mode in ("press", "edge"):
        _tap(device, current)
    elif mode == "scroll":
        _fling(device, current)
    elif mode == "back" and abs(dx) > device.theme.px(BACK_DP):
        device.back()
    elif mode == "navigation" and -dy > device.theme.px(SWIPE_DP):
        rested = device.now_us - current["trace"][-1][0] >= HOLD_US
        device.recents() if rested and not device.state["overview"] else device.home()
    elif mode == "dismiss":
        _dismiss(device, current, dx, dy)
    elif mode == "swipe":
        _swipe(device, current, dx, dy)


def _tap(device, current: dict[str, Any]) -> None:
    window = device.window(current["window"])
    if window is None:
        return
    x, y = current["at"]
    view = find(window.root, current["path"]) if current["path"] else None
    if view is None:
        outside = window.root.on_dismiss is not None and hit(window.root, x, y, lambda v: v.blocks) is None
        if outside and not current["path"]:
            window.root.on_dismiss()
            device.screen_changed()
        return
    last, now = current["tap"], device.now_us
    double = len(last) == 3 and last[2] == view.path and now - last[0] <= DOUBLE_TAP_MS * 1000
    current["tap"] = [now, current["window"], view.path]
    if view.editable:
        keyboard.focus(device, window, view, x, y, select_word=double)
    elif view.on_change is not None and view.checkable:
        view.on_change(True if view.kind == "radio" else not view.checked)
    elif view.on_click is not None:
        view.on_click()
    device.screen_changed()


def _long_press(device, current: dict[str, Any]) -> None:
    window = device.window(current["window"])
    view = find(window.root, current["path"]) if window is not None else None
    if current["mode"] not in ("press", "edge") or view is None:
        return
    current["mode"] = "done"
    _show_pressed(device, None)
    if view.on_long_click is not None:
        view.on_long_click()
    elif view.editable:
        keyboard.focus(device, window, view, *current["at"], select_word=True)
        keyboard.open_popup(device)
    device.screen_changed()


def _dismiss(device, current: dict[str, Any], dx: float, dy: float) -> None:
    view = _view(device, current["window"], current["path"])
    if view is None:
        return
    left, top, right, bottom = view.bounds
    vertical = current["window"] == "overview"
    if (-dy > DISMISS_SHARE * (bottom - top)) if vertical else (abs(dx) > DISMISS_SHARE * (right - left)):
        view.on_dismiss()
        device.screen_changed()


def _swipe(device, current: dict[str, Any], dx: float, dy: float) -> None:
    """A drag that nothing scrolled with: the shade, or a view that waits for swipes."""
    if max(abs(dx), abs(dy)) < device.theme.px(SWIPE_DP):
        return
    direction = ("left" if dx < 0 else "right") if abs(dx) > abs(dy) else ("up" if dy < 0 else "down")
    if current["window"] == "shade" and direction in ("up", "down"):
        device.shade(direction == "down", quick=direction == "down")
    elif current["window"] == "heads_up" and direction == "up":
        device.state["heads_up"] = ""
    elif (window := device.window(current["window"])) is not None:
        view = hit(window.root, *current["start"], lambda v: v.on_swipe is not None)
        if view is not None:
            view.on_swipe(direction)
    device.screen_changed()


def _drag(device, view: View, x: float, y: float) -> None:
    """A finger on a slider, or on the face of a clock."""
    if view.on_change is None:
        return
    left, top, right, bottom = view.bounds
    if view.kind == "slider":
        inset = device.theme.px(16)
        share = min(max((x - left - inset) / max(1, right - left - 2 * inset), 0.0), 1.0)
        value = view.low + share * (view.high - view.low)
        whole = isinstance(view.low, int) and isinstance(view.high, int)
        value = round(value) if whole else value
    else:
        from math import atan2, pi

        angle = atan2(x - (left + right) / 2, (top + bottom) / 2 - y)
        value = round(angle / (2 * pi) * 60) % 60
    if value != view.value:
        view.on_change(value)
        device.screen_changed()


def _scroll_to(device, current: dict[str, Any]) -> None:
    """Put a scroller where the finger has drawn it."""
    axis = 0 if current["across"] else 1
    offset = current["offset"] + current["start"][axis] - current["at"][axis]
    _set_offset(device, current["window"], current["path"], offset)


def _set_offset(device, window_name: str, path: str, offset: float) -> bool:
    """Scroll a scroller; whether it moved."""
    window = device.window(window_name)
    view = find(window.root, path) if window is not None else None
    if view is None:
        return False
    offset = min(max(0, round(offset)), view.limit)
    if offset == view.offset:
        return False
    window.scrolls[path] = offset
    device.dirty.add(window_name)
    return True


def _fling(device, current: dict[str, Any]) -> None:
    """Let a scroller roll on as fast as the finger left it."""
    axis = 1 if current["across"] else 2
    first, last = current["trace"][0], current["trace"][-1]
    seconds = (device.now_us - first[0]) / 1e6
    if device.now_us - last[0] > TRACE_US or seconds <= 0:
        return
    speed = (first[axis] - last[axis]) / seconds
    if abs(speed) > device.theme.px(FLING_DP_PER_S):
        data = {"window": current["window"], "path": current["path"], "left": speed * FLING_SECONDS}
        device.schedule(FLING_TICK_MS, "android.touch", "fling", data)


def _roll(device, data: dict[str, Any]) -> None:
    view = _view(device, data["window"], data["path"])
    if view is None:
        return
    part = data["left"] * FLING_SHARE
    moved = _set_offset(device, data["window"], data["path"], view.offset + part)
    left = data["left"] - part
    if moved and abs(left) > device.theme.px(2):
        device.schedule(FLING_TICK_MS, "android.touch", "fling", data | {"left": left})


def _stop_flings(device) -> bool:
    events = device.state["events"]
    rolling = [event for event in events if (event[2], event[3]) == ("android.touch", "fling")]
    events[:] = [event for event in events if event[2] != "android.touch"]
    return bool(rolling)


def _target(device, x: float, y: float) -> tuple[Any, View | None]:
    """The window under a finger, and the view in it that a tap would reach."""
    for window in reversed(device.windows()):
        left, top, right, bottom = window.bounds
        if window.name in PASSIVE or not (left <= x < right and top <= y < bottom):
            continue
        found = hit(window.root, x, y, _takes_touches)
        if found is not None or window.name not in ("popup", "heads_up"):
            return window, found
    return None, None


def _takes_touches(view: View) -> bool:
    return view.enabled and (
        view.clickable or view.long_clickable or view.on_change is not None or view.kind == "slider"
    )


def _wants_long_press(view: View) -> bool:
    return view.on_long_click is not None or view.editable


def _is_dragged(view: View) -> bool:
    return view.kind == "slider" or view.style == "dial"


def _view(device, window_name: str, path: str) -> View | None:
    window = device.window(window_name)
    return find(window.root, path) if window is not None and path else None


def _show_pressed(device, pressed: list[str] | None) -> None:
    """Where the darker spot under a finger is."""
    device.state["pressed"] = pressed
