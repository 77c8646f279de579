"""The timer and its tab."""

from typing import Any

from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE, SECOND, Tab
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.controls import button, fab, icon_button
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import (
    FILL,
    WRAP,
    Bounds,
    View,
    canvas,
    column,
    icon,
    row,
    scroll,
    spacer,
    stack,
    text,
)

TIMER_NOTE = 7


def timer_tab(activity: Activity) -> Tab:
    """The running timer, or the keys to set one."""
    phone, state, prefs = activity.phone, activity.state, activity.prefs
    timer = prefs.get("timer")
    if timer and not state.get("adding"):
        return _running(activity, timer)
    entry = state.get("entry", "")
    digits = entry.rjust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])

    def press(key: str) -> None:
        state["entry"] = (entry + key).lstrip("0")[:6] if len(entry) + len(key) <= 6 else entry

    def start() -> None:
        begin_timer(phone, 3600 * hours + 60 * minutes + seconds)
        state.update(entry="", adding=False)

    color = "primary" if entry else "on_surface_variant"
    display = text(
        f"{hours:02d}h {minutes:02d}m {seconds:02d}s",
        "display_medium",
        color,
        1,
        id="timer_setup_time",
        desc=f"{hours} hours, {minutes} minutes, {seconds} seconds",
    )
    keys = [[str(3 * i + j) for j in (1, 2, 3)] for i in range(3)] + [["00", "0", "⌫"]]
    wide = phone.size[0] > phone.size[1]
    pad = [
        row(
            *(_key(key, 44 if wide else 88, press, lambda: state.update(entry=entry[:-1])) for key in line),
            width=WRAP if wide else FILL,
            gap=16,
            justify="center",
        )
        for line in keys
    ]
    go = fab("play", start, "Start", id="fab") if entry else None
    cancel = row(icon_button("close", lambda: state.update(adding=False, entry=""), "Cancel"), padding=16)
    if wide:
        left = column(spacer(weight=1), display, spacer(weight=1), cancel if timer else None, height=FILL)
        return Tab(row(left, column(*pad, gap=6), width=FILL, justify="center", gap=48), go)
    body = column(
        column(display, width=FILL, align="center", padding=(0, 24)),
        *pad,
        spacer(weight=1),
        cancel if timer else None,
        width=FILL,
        height=FILL,
        gap=12,
    )
    return Tab(body, go)


def _key(label: str, height: int, press: Any, erase: Any) -> View:
    room: dict[str, Any] = {"width": 88, "height": height, "radius": height / 2, "key": label}
    if label == "⌫":
        return stack(
            icon("backspace-outline", 28, gravity="center"),
            desc="Delete",
            on_click=erase,
            background="surface_container",
            id="timer_setup_delete",
            **room,
        )
    return button(
        label,
        lambda: press(label),
        "tonal",
        font="headline_medium" if height > 44 else "title_large",
        background="surface_container_high",
        foreground="on_surface",
        id=f"timer_setup_digit_{label}",
        **room,
    )


def _running(activity: Activity, timer: dict[str, Any]) -> Tab:
    phone, state = activity.phone, activity.state
    left = timer_left(phone, timer)
    on = timer["ends_us"] is not None
    sign = "−" if left < 0 else ""
    seconds = -(-abs(left) // SECOND) if left >= 0 else abs(left) // SECOND
    time = (
        f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        if seconds >= 3600
        else f"{seconds // 60}:{seconds % 60:02d}"
    )
    share = min(1.0, max(0.0, left / timer["length_us"])) if timer["length_us"] else 0.0
    ring = stack(
        canvas(draw_ring, round(share, 3), width=260, height=260, gravity="center"),
        text(sign + time, "display_large", lines=1, gravity="center", id="timer_time"),
        width=FILL,
        height=300,
    )
    body = scroll(
        text(timer["label"] or "Timer", "title_medium", width=FILL, text_align="center", padding=(0, 16)),
        ring,
        row(
            button("+ 1:00", lambda: extend_timer(phone, 60), "outlined", id="add_one_min"),
            button("Reset", lambda: reset_timer(phone), "outlined", id="reset", desc="Reset"),
            width=FILL,
            gap=12,
            justify="center",
        ),
        row(
            button("Delete", lambda: remove_timer(phone), "text", icon="delete-outline", desc="Delete timer"),
            button("Add timer", lambda: state.update(adding=True), "text", icon="plus", desc="Add timer"),
            width=FILL,
            justify="center",
            gap=12,
            padding=(0, 24),
        ),
    )
    go = fab("pause" if on else "play", lambda: toggle_timer(phone), "Pause" if on else "Start", id="fab")
    return Tab(body, go, tick=1000 if on else 0)


def ring_timer(phone: Phone, number: int) -> None:
    """Notify that the time is up, unless the timer was changed since."""
    timer = phone.prefs(PACKAGE).get("timer")
    if timer and timer["ends_us"] is not None and timer["event"] == number:
        phone.notify(
            PACKAGE,
            TIMER_NOTE,
            "Time’s up",
            timer["label"] or "Timer",
            icon="timer-sand",
            heads_up=True,
            intent=intent("android.intent.action.SHOW_TIMERS", package=PACKAGE, cls=DESK),
            actions=[("Stop", intent("palaestra.clock.STOP_TIMER"))],
        )


def begin_timer(phone: Phone, seconds: int, label: str = "") -> None:
    """Start a timer."""
    length = seconds * SECOND
    timer = {"length_us": length, "left_us": length, "ends_us": None, "label": label, "event": 0}
    phone.prefs(PACKAGE)["timer"] = timer
    toggle_timer(phone)


def timer_left(phone: Phone, timer: dict[str, Any]) -> int:
    """Microseconds until it rings; negative afterwards."""
    return timer["left_us"] if timer["ends_us"] is None else timer["ends_us"] - phone.now_us


def toggle_timer(phone: Phone) -> None:
    """Pause or resume the timer."""
    timer = phone.prefs(PACKAGE)["timer"]
    if timer["ends_us"] is None:
        timer.update(ends_us=phone.now_us + timer["left_us"], event=phone.number("timer"))
        phone.schedule(max(0, timer["left_us"] // 1000), PACKAGE, "timer", {"number": timer["event"]})
    else:
        timer.update(left_us=timer_left(phone, timer), ends_us=None)
        phone.cancel_notification(PACKAGE, TIMER_NOTE)


def extend_timer(phone: Phone, seconds: int) -> None:
    """Add time."""
    timer = phone.prefs(PACKAGE)["timer"]
    timer["length_us"] += seconds * SECOND
    if timer["ends_us"] is None:
        timer["left_us"] += seconds * SECOND
        return
    toggle_timer(phone)
    timer["left_us"] = max(0, timer["left_us"]) + seconds * SECOND
    toggle_timer(phone)


def reset_timer(phone: Phone) -> None:
    """Stop the timer and set it to its full length."""
    timer = phone.prefs(PACKAGE).get("timer")
    phone.cancel_notification(PACKAGE, TIMER_NOTE)
    if timer:
        timer.update(left_us=timer["length_us"], ends_us=None)


def remove_timer(phone: Phone) -> None:
    """Remove the timer."""
    phone.prefs(PACKAGE).pop("timer", None)
    phone.cancel_notification(PACKAGE, TIMER_NOTE)


def draw_ring(brush: Brush, rect: Bounds, look: Theme, share: float) -> None:
    """Draw the remaining share of a timer."""
    left, top, right, bottom = rect
    inset = look.px(8)
    box = (left + inset, top + inset, right - inset, bottom - inset)
    brush.arc(box, 0, 360, "surface_container_highest", look.px(8))
    if share > 0:
        brush.arc(box, -90, 360 * share, "primary", look.px(8))
