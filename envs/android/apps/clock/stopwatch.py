"""The tab with the stopwatch."""

from typing import Any

from palaestra.envs.android.apps.clock.tab import SECOND, Tab
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button
from palaestra.envs.android.ui.view import FILL, Action, View, column, row, scroll, spacer, text


def stopwatch_tab(activity: Activity) -> Tab:
    """The elapsed time, the laps, and the buttons."""
    phone = activity.phone
    watch = activity.prefs.setdefault("stopwatch", {"started_us": None, "gone_us": 0, "laps": []})
    on = watch["started_us"] is not None
    wide = phone.size[0] > phone.size[1]
    time = column(
        text(time_text(elapsed(phone, watch)), "display_large", lines=1, id="stopwatch_time_text"),
        width=FILL,
        align="center",
        padding=(0, 8) if wide else (0, 56, 0, 40),
    )
    buttons = _buttons(activity, watch)
    laps = scroll(*_laps(watch["laps"]), id="laps_list", weight=1)
    if wide:
        body = row(column(time, buttons, weight=1), laps, height=FILL)
    else:
        body = column(time, laps, buttons, width=FILL, height=FILL)
    return Tab(body, live=on)


def _laps(laps: list[int]) -> list[View]:
    """The laps, the last on top."""
    return [
        row(
            text(f"# {len(laps) - i}", "body_large", weight=1),
            text(time_text(lap), "body_large"),
            width=FILL,
            padding=(40, 8),
            key=f"lap {i}",
        )
        for i, lap in enumerate(reversed(laps))
    ]


def _buttons(activity: Activity, watch: dict[str, Any]) -> View:
    phone = activity.phone
    on = watch["started_us"] is not None

    def flip() -> None:
        if on:
            watch.update(started_us=None, gone_us=elapsed(phone, watch))
        else:
            watch["started_us"] = phone.now_us

    def lap() -> None:
        watch["laps"].append(elapsed(phone, watch) - sum(watch["laps"]))

    glyph, desc = ("pause", "Pause") if on else ("play", "Start")
    left = _side("restart", lambda: activity.prefs.pop("stopwatch"), "Reset", "left_button")
    right = _side("flag-outline", lap, "Lap", "right_button")
    return row(
        left if on or elapsed(phone, watch) else spacer(56),
        fab(glyph, flip, desc, width=96, height=96, radius=32, size=36, id="fab"),
        right if on else spacer(56),
        width=FILL,
        gap=32,
        justify="center",
        padding=(0, 0, 0, 24),
    )


def _side(glyph: str, on_click: Action, desc: str, id: str) -> View:
    look = {"background": "surface_container_high", "width": 56, "height": 56, "radius": 28}
    return icon_button(glyph, on_click, desc, id=id, **look)


def elapsed(phone: Phone, watch: dict[str, Any]) -> int:
    """Microseconds on the stopwatch."""
    return watch["gone_us"] + (phone.now_us - watch["started_us"] if watch["started_us"] is not None else 0)


def time_text(us: int) -> str:
    """``0:07.50`` or ``1:00:07.50``."""
    seconds, rest = divmod(us, SECOND)
    part = f"{seconds % 60:02d}.{rest // 10_000:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{part}" if seconds >= 3600 else f"{seconds // 60}:{part}"
