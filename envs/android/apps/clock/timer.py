"""The timer: its tab, and how it runs."""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE, SECOND, Tab
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import button, fab, icon_button
from palaestra.envs.android.ui.theme import FIXED, Theme
from palaestra.envs.android.ui.view import (
    FILL,
    WRAP,
    Action,
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

NOTIFICATION = 7
STOP = "palaestra.clock.STOP_TIMER"
"""Action of its notification."""
SHOW = "android.intent.action.SHOW_TIMERS"
KEYS = (("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9"), ("00", "0", "⌫"))
MAX_DIGITS = 6


# --- the tab


def timer_tab(activity: Activity) -> Tab:
    """The timer that runs, or a pad to enter one."""
    timer = activity.prefs.get("timer")
    if timer and not activity.state.get("adding"):
        return _running(activity, timer)
    return _entry(activity, bool(timer))


def _entry(activity: Activity, can_cancel: bool) -> Tab:
    """The duration so far, and the keys."""
    phone, state = activity.phone, activity.state
    entry = state.get("entry", "")
    digits = entry.rjust(MAX_DIGITS, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])

    def press(key: str) -> None:
        state["entry"] = (entry + key).lstrip("0")[:MAX_DIGITS] if len(entry) + len(key) <= MAX_DIGITS else entry

    def erase() -> None:
        state["entry"] = entry[:-1]

    def start() -> None:
        begin_timer(phone, 3600 * hours + 60 * minutes + seconds)
        state.update(entry="", adding=False)

    duration = text(
        f"{hours:02d}h {minutes:02d}m {seconds:02d}s",
        f"{FIXED}display_medium",
        "primary" if entry else "on_surface_variant",
        1,
        id="timer_setup_time",
        desc=f"{hours} hours, {minutes} minutes, {seconds} seconds",
    )
    wide = phone.size[0] > phone.size[1]
    pad = [
        row(
            *(_key(key, 44 if wide else 88, press, erase) for key in line),
            width=WRAP if wide else FILL,
            gap=16,
            justify="center",
        )
        for line in KEYS
    ]
    go = fab("play", start, "Start", id="fab") if entry else None
    close = icon_button("close", lambda: state.update(adding=False, entry=""), "Cancel")
    cancel = row(close, padding=16) if can_cancel else None
    if wide:
        left = column(spacer(weight=1), duration, spacer(weight=1), cancel, height=FILL)
        return Tab(row(left, column(*pad, gap=6), width=FILL, justify="center", gap=48), go)
    top = column(duration, width=FILL, align="center", padding=(0, 24))
    return Tab(column(top, *pad, spacer(weight=1), cancel, width=FILL, height=FILL, gap=12), go)


def _key(label: str, height: int, press: Callable[[str], None], erase: Action) -> View:
    look: dict[str, Any] = {"width": 88, "height": height, "radius": height / 2, "key": label}
    if label == "⌫":
        glyph = icon("backspace-outline", 28, gravity="center")
        look |= {"background": "surface_container", "id": "timer_setup_delete"}
        return stack(glyph, desc="Delete", on_click=erase, **look)
    look |= {"background": "surface_container_high", "foreground": "on_surface", "id": f"timer_setup_digit_{label}"}
    font = "headline_medium" if height > 44 else "title_large"
    return button(label, lambda: press(label), "tonal", font=font, **look)


def _running(activity: Activity, timer: dict[str, Any]) -> Tab:
    """The remaining time and the timer's buttons."""
    phone, state = activity.phone, activity.state
    left = timer_left(phone, timer)
    on = timer["ends_us"] is not None
    share = min(1.0, max(0.0, left / timer["length_us"])) if timer["length_us"] else 0.0
    ring = stack(
        canvas(draw_ring, round(share, 3), width=260, height=260, gravity="center"),
        text(left_text(left), f"{FIXED}display_large", lines=1, gravity="center", id="timer_time"),
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
    return Tab(body, go, live=on)


def left_text(left_us: int) -> str:
    """``1:02:03`` or ``2:03``; with a minus once the time is up."""
    sign = "−" if left_us < 0 else ""
    seconds = -(-abs(left_us) // SECOND) if left_us >= 0 else abs(left_us) // SECOND
    if seconds >= 3600:
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{sign}{seconds // 60}:{seconds % 60:02d}"


def draw_ring(brush: Brush, rect: Rect, look: Theme, share: float) -> None:
    """The remaining time of a timer."""
    left, top, right, bottom = rect
    inset = look.px(8)
    box = (left + inset, top + inset, right - inset, bottom - inset)
    brush.arc(box, 0, 360, "surface_container_highest", look.px(8))
    if share > 0:
        brush.arc(box, -90, 360 * share, "primary", look.px(8))


# --- behaviour


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
        phone.cancel_notification(PACKAGE, NOTIFICATION)


def ring(phone: Phone, number: int) -> None:
    """Show the notification that the time is up, if the timer was not changed in the meantime."""
    timer = phone.prefs(PACKAGE).get("timer")
    if timer and timer["ends_us"] is not None and timer["event"] == number:
        phone.notify(
            PACKAGE,
            NOTIFICATION,
            "Time’s up",
            timer["label"] or "Timer",
            icon="timer-sand",
            heads_up=True,
            intent=intent(SHOW, package=PACKAGE, cls=DESK),
            actions=[("Stop", intent(STOP))],
        )


def extend_timer(phone: Phone, seconds: int) -> None:
    """Add time to the timer."""
    timer = phone.prefs(PACKAGE)["timer"]
    timer["length_us"] += seconds * SECOND
    if timer["ends_us"] is None:
        timer["left_us"] += seconds * SECOND
        return
    toggle_timer(phone)
    timer["left_us"] = max(0, timer["left_us"]) + seconds * SECOND
    toggle_timer(phone)


def reset_timer(phone: Phone) -> None:
    """Stop the timer, with its whole length left."""
    timer = phone.prefs(PACKAGE).get("timer")
    phone.cancel_notification(PACKAGE, NOTIFICATION)
    if timer:
        timer.update(left_us=timer["length_us"], ends_us=None)


def remove_timer(phone: Phone) -> None:
    """Delete the timer."""
    phone.prefs(PACKAGE).pop("timer", None)
    phone.cancel_notification(PACKAGE, NOTIFICATION)
