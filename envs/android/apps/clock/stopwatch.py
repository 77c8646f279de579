"""The stopwatch and its tab."""

from typing import Any

from palaestra.envs.android.apps.clock.tab import SECOND, Tab
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button
from palaestra.envs.android.ui.view import FILL, column, row, scroll, spacer, text


def stopwatch_tab(activity: Activity) -> Tab:
    """Elapsed time and laps."""
    phone, prefs = activity.phone, activity.prefs
    watch = prefs.setdefault("stopwatch", {"started_us": None, "gone_us": 0, "laps": []})
    on = watch["started_us"] is not None
    gone = stopwatch_time(phone, watch)
    wide = phone.size[0] > phone.size[1]
    display = column(
        text(watch_text(gone), "display_large", lines=1, id="stopwatch_time_text"),
        width=FILL,
        align="center",
        padding=(0, 8) if wide else (0, 56, 0, 40),
    )
    laps = [
        row(
            text(f"# {len(watch['laps']) - i}", "body_large", weight=1),
            text(watch_text(lap), "body_large"),
            width=FILL,
            padding=(40, 8),
            key=f"lap {i}",
        )
        for i, lap in enumerate(reversed(watch["laps"]))
    ]

    def flip() -> None:
        if on:
            watch.update(started_us=None, gone_us=stopwatch_time(phone, watch))
        else:
            watch["started_us"] = phone.now_us

    def lap() -> None:
        watch["laps"].append(stopwatch_time(phone, watch) - sum(watch["laps"]))

    main = fab(
        "pause" if on else "play",
        flip,
        "Pause" if on else "Start",
        width=96,
        height=96,
        radius=32,
        size=36,
        id="fab",
    )
    left = icon_button(
        "restart",
        lambda: prefs.pop("stopwatch"),
        "Reset",
        id="left_button",
        background="surface_container_high",
        width=56,
        height=56,
        radius=28,
    )
    right = icon_button(
        "flag-outline",
        lap,
        "Lap",
        id="right_button",
        background="surface_container_high",
        width=56,
        height=56,
        radius=28,
    )
    buttons = row(
        left if on or gone else spacer(56),
        main,
        right if on else spacer(56),
        width=FILL,
        gap=32,
        justify="center",
        padding=(0, 0, 0, 24),
    )
    body = column(display, scroll(*laps, id="laps_list", weight=1), buttons, width=FILL, height=FILL)
    if wide:
        body = row(column(display, buttons, weight=1), scroll(*laps, id="laps_list", weight=1), height=FILL)
    return Tab(body, tick=100 if on else 0)


def stopwatch_time(phone: Phone, watch: dict[str, Any]) -> int:
    """Elapsed time of the stopwatch, microseconds."""
    return watch["gone_us"] + (phone.now_us - watch["started_us"] if watch["started_us"] is not None else 0)


def watch_text(us: int) -> str:
    """``0:07.50`` or ``1:00:07.50``."""
    seconds, rest = divmod(us, SECOND)
    part = f"{seconds % 60:02d}.{rest // 10_000:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{part}" if seconds >= 3600 else f"{seconds // 60}:{part}"
