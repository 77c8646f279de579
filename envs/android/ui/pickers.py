"""Material's dialogs that choose a time on a clock face, or a day in a month."""

import calendar
import datetime
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.theme import FIXED, Theme
from palaestra.envs.android.ui.view import FILL, Bounds, View, canvas, column, row, spacer, stack, text

Action = Callable[[], Any] | None
FACE_DP = 256
OUTER_DP = 104
INNER_DP = 68
"""Distance from the centre of the clock face to its numbers."""
NUMBER_DP = 40


def time_picker(
    hour: int,
    minute: int,
    on_change: Callable[[int, int], Any],
    *,
    part: str = "hour",
    on_part: Callable[[str], Any] | None = None,
    on_ok: Action = None,
    on_cancel: Action = None,
    title: str = "Select time",
    hours24: bool = False,
    wide: bool = False,
) -> View:
    """A time picker with a clock face, for `Page.windows`.

    Args:
        hour: 0 to 23.
        minute: 0 to 59.
        on_change: called with (hour, minute) on every choice.
        part: what the face sets: "hour" or "minute"; the caller keeps it.
        on_part: called with the part that was pressed, and with "minute" after an hour was chosen.
        on_ok: the OK button.
        on_cancel: the Cancel button, back, or a touch outside.
        title: small headline.
        hours24: a face of 24 hours without AM and PM.
        wide: the face beside the digits, for a phone on its side.
    """
    afternoon = hour >= 12
    face_hour = hour if hours24 else (hour + 11) % 12 + 1

    def to_part(name: str) -> None:
        if on_part is not None:
            on_part(name)

    def choose_hour(number: int) -> None:
        on_change(number if hours24 else number % 12 + 12 * afternoon, minute)
        to_part("minute")

    digits = row(
        _digits(
            f"{face_hour:02d}" if hours24 else str(face_hour), "hour", f"{face_hour} hours", part == "hour", to_part
        ),
        text(":", f"{FIXED}display_large", width=24, text_align="center"),
        _digits(f"{minute:02d}", "minute", f"{minute} minutes", part == "minute", to_part),
        None
        if hours24
        else column(
            _half("AM", not afternoon, (8, 8, 0, 0), lambda: on_change(hour % 12, minute)),
            _half("PM", afternoon, (0, 0, 8, 8), lambda: on_change(hour % 12 + 12, minute)),
            margin=(12, 0, 0, 0),
            id="material_clock_period_toggle",
        ),
        gravity="center",
    )
    if part == "hour":
        outer = [(n, str(n), f"{n} o'clock" if not hours24 else f"{n} hours") for n in (12, *range(1, 12))]
        inner = [(n % 24, f"{n % 24:02d}", f"{n % 24} hours") for n in (24, *range(13, 24))] if hours24 else []
        face = _face(outer, inner, face_hour, 12, choose_hour)
    else:
        outer = [(n, f"{n:02d}", f"{n} minutes") for n in range(0, 60, 5)]
        face = _face(outer, [], minute, 60, lambda value: on_change(hour, value))
        face.on_drag = _turned(face, lambda value: on_change(hour, value))
    head = text(title, "label_medium", "on_surface_variant", id="header_title")
    parts = [head, digits, face]
    if wide:
        digits.gravity = ""
        parts = [
            row(
                column(head, spacer(weight=1), digits, spacer(weight=1), height=FACE_DP),
                face,
                width=FILL,
                justify="between",
            )
        ]
    return dialog(
        "",
        *parts,
        buttons=[("Cancel", on_cancel), ("OK", on_ok)],
        on_dismiss=on_cancel,
        width=600 if wide else 328,
        margin=4 if wide else 16,
        max_width=0,
    )


def _digits(value: str, name: str, desc: str, active: bool, to_part: Callable[[str], None]) -> View:
    return stack(
        text(value, f"{FIXED}display_large", "on_primary_container" if active else "on_surface", 1, gravity="center"),
        width=96,
        height=80,
        radius=8,
        selected=active,
        on_click=lambda: to_part(name),
        desc=desc,
        id=f"material_{name}_tv",
        background="primary_container" if active else "surface_container_highest",
    )


def _half(label: str, active: bool, radius: tuple[int, int, int, int], on_click: Action) -> View:
    return stack(
        text(
            label,
            f"{FIXED}title_medium",
            "on_tertiary_container" if active else "on_surface_variant",
            1,
            gravity="center",
        ),
        width=52,
        height=40,
        selected=active,
        checkable=True,
        checked=active,
        cls="android.widget.RadioButton",
        background="tertiary_container" if active else None,
        id=f"material_clock_period_{label.lower()}_button",
        on_click=on_click,
        border="outline",
        radius=radius,
        desc=label,
    )


def _face(
    outer: Sequence[tuple[int, str, str]],
    inner: Sequence[tuple[int, str, str]],
    chosen: int,
    around: int,
    choose: Callable[[int], None],
) -> View:
    """A round face: rings of (value, label, description) that begin at the top; ``around`` values go all the way."""
    near = any(value == chosen for value, _, _ in inner)
    hand = canvas(
        draw_hand,
        (chosen % around) / around,
        (INNER_DP if near else OUTER_DP) / FACE_DP,
        NUMBER_DP / FACE_DP,
        width=FACE_DP,
        height=FACE_DP,
        key="hand",
    )
    numbers = []
    for ring, radius in ((outer, OUTER_DP), (inner, INNER_DP)):
        for place, (value, label, desc) in enumerate(ring):
            angle = math.pi * place / 6
            left = (FACE_DP - NUMBER_DP) / 2 + radius * math.sin(angle)
            top = (FACE_DP - NUMBER_DP) / 2 - radius * math.cos(angle)
            active = value == chosen
            numbers.append(
                stack(
                    text(label, f"{FIXED}body_large", "on_primary" if active else "on_surface", 1, gravity="center"),
                    width=NUMBER_DP,
                    height=NUMBER_DP,
                    radius=NUMBER_DP / 2,
                    margin=(left, top, 0, 0),
                    selected=active,
                    desc=desc,
                    on_click=partial(choose, value),
                    key=desc,
                    gravity="start",
                )
            )
    return stack(
        hand,
        *numbers,
        width=FACE_DP,
        height=FACE_DP,
        radius=FACE_DP / 2,
        background="surface_container_highest",
        gravity="center",
        id="material_clock_face",
    )


def draw_hand(brush: Brush, rect: Bounds, look: Theme, turn: float, reach: float, knob: float) -> None:
    """The hand of the clock, ``turn`` of the way around; lengths are shares of the face."""
    left, top, right, bottom = rect
    size, x, y = right - left, (left + right) / 2, (top + bottom) / 2
    angle = 2 * math.pi * turn
    end_x, end_y = x + size * reach * math.sin(angle), y - size * reach * math.cos(angle)
    brush.circle(x, y, look.px(4), "primary")
    brush.line(x, y, end_x, end_y, "primary", look.px(2))
    brush.circle(end_x, end_y, size * knob / 2, "primary")


def _turned(face: View, on_turn: Callable[[int], Any]) -> Callable[[float, float], None]:
    """The minutes at a finger's position on the clock face."""

    def turned(x: float, y: float) -> None:
        left, top, right, bottom = face.bounds
        angle = math.atan2(x - (left + right) / 2, (top + bottom) / 2 - y)
        on_turn(round(angle / (2 * math.pi) * 60) % 60)

    return turned


def date_picker(
    day: datetime.date,
    on_change: Callable[[datetime.date], Any],
    *,
    month: datetime.date | None = None,
    on_month: Callable[[datetime.date], Any] | None = None,
    today: datetime.date | None = None,
    on_ok: Action = None,
    on_cancel: Action = None,
    title: str = "Select date",
) -> View:
    """A date picker that shows a month, for `Page.windows`.

    Args:
        day: the selected day.
        on_change: called with the day that was pressed.
        month: any day of the month that shows; the chosen day's by default. The caller keeps it.
        on_month: called with the first day of the month to show next.
        today: gets a ring.
        on_ok: the OK button.
        on_cancel: the Cancel button, back, or a touch outside.
        title: small headline.
    """
    first = (month or day).replace(day=1)

    def turn(by: int) -> None:
        number = first.year * 12 + first.month - 1 + by
        if on_month is not None and 12 <= number < 12 * 9999:
            on_month(datetime.date(number // 12, number % 12 + 1, 1))

    months = row(
        text(f"{first:%B} {first.year}", "title_small", "on_surface_variant", 1, id="month_navigation_fragment_toggle"),
        spacer(weight=1),
        icon_button("chevron-left", lambda: turn(-1), "Change to previous month", id="month_navigation_previous"),
        icon_button("chevron-right", lambda: turn(1), "Change to next month", id="month_navigation_next"),
        width=FILL,
    )
    names = [calendar.day_name[(number - 1) % 7] for number in range(7)]  # a week begins with Sunday
    letters = row(
        *(text(name[0], "body_large", weight=1, text_align="center", desc=name, key=name) for name in names),
        width=FILL,
        height=NUMBER_DP,
    )
    weeks = calendar.Calendar(calendar.SUNDAY).monthdayscalendar(first.year, first.month)
    grid = [
        row(
            *(
                _day(first.replace(day=number), day, today, on_change) if number else spacer(weight=1)
                for number in week
            ),
            width=FILL,
            height=NUMBER_DP,
            key=f"week {index}",
        )
        for index, week in enumerate(weeks + [[0] * 7] * (6 - len(weeks)))
    ]
    return dialog(
        "",
        text(title, "label_medium", "on_surface_variant", id="mtrl_picker_title_text"),
        text(f"{day:%b} {day.day}, {day.year}", "headline_large", lines=1, id="mtrl_picker_header_selection_text"),
        months,
        column(letters, *grid, width=FILL, id="mtrl_calendar_frame"),
        buttons=[("Cancel", on_cancel), ("OK", on_ok)],
        on_dismiss=on_cancel,
        width=360,
        margin=16,
    )


def _day(
    day: datetime.date, chosen: datetime.date, today: datetime.date | None, on_change: Callable[[datetime.date], Any]
) -> View:
    active = day == chosen
    color = "on_primary" if active else "primary" if day == today else "on_surface"
    return stack(
        stack(
            text(str(day.day), "body_large", color, 1, gravity="center"),
            width=NUMBER_DP,
            height=NUMBER_DP,
            radius=NUMBER_DP / 2,
            background="primary" if active else None,
            gravity="center",
            border="primary" if day == today and not active else None,
        ),
        weight=1,
        height=FILL,
        desc=f"{'Today ' if day == today else ''}{day:%A, %B} {day.day}",
        selected=active,
        on_click=lambda: on_change(day),
        key=str(day.day),
    )
