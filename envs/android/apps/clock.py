"""The clock: alarms, world clock, timer, stopwatch; what rings does so by events on the virtual clock."""

import datetime
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.pickers import time_picker
from palaestra.envs.android.ui.view import (
    FILL,
    WRAP,
    View,
    app_bar,
    bottom_bar,
    button,
    canvas,
    column,
    dialog,
    fab,
    icon,
    icon_button,
    list_item,
    menu,
    row,
    scaffold,
    scroll,
    spacer,
    stack,
    switch,
    text,
    text_field,
)

PACKAGE = "com.google.android.deskclock"
DESK = "com.android.deskclock.DeskClock"
SCHEMA = """
CREATE TABLE alarm_templates (_id INTEGER PRIMARY KEY, hour INTEGER NOT NULL, minutes INTEGER NOT NULL,
    daysofweek INTEGER NOT NULL DEFAULT 0, enabled INTEGER NOT NULL DEFAULT 1, vibrate INTEGER NOT NULL DEFAULT 1,
    label TEXT NOT NULL DEFAULT '', ringtone TEXT, delete_after_use INTEGER NOT NULL DEFAULT 0);
"""
TABS = (("alarm", "Alarm"), ("clock-outline", "Clock"), ("timer-sand", "Timer"), ("timer-outline", "Stopwatch"))
ALARM, CLOCK, TIMER, STOPWATCH = range(4)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""Bit i of ``daysofweek`` is day i."""
CITIES = (
    ("London", 0),
    ("Paris", 60),
    ("Athens", 120),
    ("Nairobi", 180),
    ("Dubai", 240),
    ("New Delhi", 330),
    ("Bangkok", 420),
    ("Beijing", 480),
    ("Tokyo", 540),
    ("Sydney", 600),
    ("Auckland", 720),
    ("Honolulu", -600),
    ("Los Angeles", -480),
    ("Denver", -420),
    ("Chicago", -360),
    ("New York", -300),
    ("São Paulo", -180),
)
"""Cities and their offset from UTC, minutes, without summer time."""
SECOND = 1_000_000
SNOOZE_MINUTES = 10
TIMER_NOTE = 7


class Clock(App):
    """Four tabs in one activity."""

    package = PACKAGE
    label = "Clock"
    icon = "clock"
    color = "#3949AB"
    activities = {DESK: "desk"}
    launcher = DESK
    databases = {"alarms.db": SCHEMA}
    filters = (
        {"activity": DESK, "action": MAIN},
        {"activity": DESK, "action": "android.intent.action.SHOW_ALARMS"},
        {"activity": DESK, "action": "android.intent.action.SHOW_TIMERS"},
        {"activity": DESK, "action": "android.intent.action.SET_ALARM"},
        {"activity": DESK, "action": "android.intent.action.SET_TIMER"},
    )
    receivers = {
        "palaestra.clock.DISMISS": "dismiss",
        "palaestra.clock.SNOOZE": "snooze",
        "palaestra.clock.STOP_TIMER": "stop_timer",
    }

    def install(self, phone: Phone):
        for hour, minute, days, enabled in ((8, 30, 0b11111, 0), (9, 0, 0b1100000, 0)):
            add_alarm(phone, hour, minute, days=days, enabled=enabled)

    def on_create(self, activity: Activity):
        activity.state["tab"] = opened_by(activity)

    def desk(self, activity: Activity) -> Page:
        """The tab that is open."""
        state = activity.state
        tab = state["tab"]
        page = (self._alarms, self._world, self._timer, self._stopwatch)[tab](activity)

        def turn(index: int) -> None:
            state.update(tab=index, dialog="", entry="")

        bottom = bottom_bar(list(TABS), tab, turn, id="navigation_view")
        more = icon_button("dots-vertical", lambda: state.update(menu=True), "More options")
        bar = app_bar(TABS[tab][1], actions=[more])
        body, button_, windows, tick = page
        if state.get("menu"):
            settings = intent("android.settings.DATE_SETTINGS")
            items = [("Date & time settings", lambda: activity.phone.start_activity(settings))]
            windows = [menu(items, lambda: state.update(menu=False))]
        return Page(scaffold(bar, body, button_, bottom), windows, tick=tick, title=TABS[tab][1])

    # --- alarms

    def _alarms(self, activity: Activity):
        phone, state = activity.phone, activity.state
        rows = [self._alarm(activity, one) for one in alarms(phone)]
        body = scroll(*rows, spacer(96), gap=12, padding=(16, 0), id="alarm_recycler_view")
        if not rows:
            body = stack(
                column(
                    icon("alarm-off", 72, "outline"),
                    text("No alarms", "title_medium"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )

        def new() -> None:
            now = phone.now
            state.update(dialog="alarm", alarm=0, hour=now.hour, minute=0, part="hour")

        plus = fab("plus", new, "Add alarm", id="fab")
        return body, plus, self._alarm_windows(activity), 0

    def _alarm(self, activity: Activity, one: dict[str, Any]) -> View:
        phone, state = activity.phone, activity.state
        number, on = one["_id"], bool(one["enabled"])
        is_open = state.get("open") == number
        color = "on_surface" if on else "on_surface_variant"

        def edit() -> None:
            state.update(dialog="alarm", alarm=number, hour=one["hour"], minute=one["minutes"], part="hour")

        def turn(value: bool) -> None:
            change(phone, number, enabled=int(value))
            if value:
                activity.toast(f"Alarm set for {from_now(phone, one)} from now")

        told = time_text(phone, one["hour"], one["minutes"])
        label = text(
            one["label"] or "Add label",
            "label_large",
            "on_surface_variant",
            1,
            id="edit_label",
            padding=(0, 8),
            on_click=(lambda: state.update(dialog="label", alarm=number, label=one["label"])) if is_open else None,
        )
        when = column(
            label if one["label"] or is_open else None,
            text(
                told,
                "display_medium",
                color,
                1,
                id="digital_clock",
                on_click=edit,
                desc=spoken_time(phone, one["hour"], one["minutes"]),
            ),
            text(days_text(phone, one), "body_medium", "on_surface_variant", 1, id="days_of_week"),
            weight=1,
        )
        arrow = icon_button(
            "chevron-up" if is_open else "chevron-down",
            lambda: state.update(open=None if is_open else number),
            "Collapse alarm" if is_open else "Expand alarm",
            id="arrow",
        )
        hold = column(arrow, switch(on, turn, id="onoff", desc=told), gap=4, align="center")
        details = self._alarm_details(activity, one) if is_open else []
        return column(
            row(when, hold, width=FILL, align="end"),
            *details,
            width=FILL,
            radius=24,
            padding=(20, 4, 16, 16),
            key=f"alarm {number}",
            background="surface_container_high" if on else "surface_container",
        )

    def _alarm_details(self, activity: Activity, one: dict[str, Any]) -> list[View]:
        phone, number = activity.phone, one["_id"]

        def flip(day: int) -> None:
            change(phone, number, daysofweek=one["daysofweek"] ^ (1 << day))

        order = [6, 0, 1, 2, 3, 4, 5]
        week = [
            stack(
                text(
                    DAYS[day][0],
                    "label_large",
                    "on_primary" if one["daysofweek"] >> day & 1 else "on_surface",
                    gravity="center",
                ),
                width=36,
                height=36,
                radius=18,
                key=DAYS[day],
                desc=DAYS[day],
                checkable=True,
                checked=bool(one["daysofweek"] >> day & 1),
                cls="android.widget.CheckBox",
                background="primary" if one["daysofweek"] >> day & 1 else "surface_container_highest",
                on_click=lambda day=day: flip(day),
            )
            for day in order
        ]
        return [
            row(*week, width=FILL, justify="between", padding=(0, 16, 0, 8)),
            list_item(
                "Vibrate",
                leading=icon("vibrate"),
                padding=(0, 4),
                key="vibrate",
                trailing=switch(
                    bool(one["vibrate"]), lambda value: change(phone, number, vibrate=int(value)), id="vibrate_onoff"
                ),
            ),
            list_item(
                "Delete",
                leading=icon("delete-outline"),
                padding=(0, 4),
                key="delete",
                title_id="delete",
                on_click=lambda: delete_alarm(activity, number),
            ),
        ]

    def _alarm_windows(self, activity: Activity) -> list[View]:
        state, phone = activity.state, activity.phone

        def close() -> None:
            state["dialog"] = ""

        if state.get("dialog") == "alarm":

            def keep() -> None:
                close()
                if state["alarm"]:
                    change(phone, state["alarm"], hour=state["hour"], minutes=state["minute"], enabled=1)
                    number = state["alarm"]
                else:
                    number = add_alarm(phone, state["hour"], state["minute"])
                one = next(one for one in alarms(phone) if one["_id"] == number)
                activity.toast(f"Alarm set for {from_now(phone, one)} from now")

            return [
                time_picker(
                    state["hour"],
                    state["minute"],
                    lambda hour, minute: state.update(hour=hour, minute=minute),
                    part=state["part"],
                    on_part=lambda part: state.update(part=part),
                    on_ok=keep,
                    on_cancel=close,
                    hours24=is_24(phone),
                    wide=phone.size[0] > phone.size[1],
                )
            ]
        if state.get("dialog") == "label":

            def name() -> None:
                close()
                change(phone, state["alarm"], label=state["label"])

            field = text_field(
                state["label"],
                lambda value: state.update(label=value),
                label="Label",
                autofocus=True,
                on_submit=name,
                action="done",
                id="label_box",
            )
            return [dialog("Add label", field, buttons=[("Cancel", close), ("OK", name)], on_dismiss=close)]
        return []

    # --- world clock

    def _world(self, activity: Activity):
        phone, state, prefs = activity.phone, activity.state, activity.prefs
        now = phone.now
        chosen = prefs.setdefault("cities", ["London", "Tokyo"])
        rows = [self._city(phone, name, lambda name=name: chosen.remove(name)) for name in chosen]
        body = scroll(
            column(
                text(time_text(phone, now.hour, now.minute), "display_huge", lines=1, id="digital_clock"),
                text(f"{now:%a, %b} {now.day}", "title_medium", "on_surface_variant", id="date"),
                width=FILL,
                align="center",
                padding=(0, 24),
            ),
            *rows,
            spacer(96),
            gap=8,
            padding=(16, 0),
            id="cities",
        )
        plus = fab("plus", lambda: state.update(dialog="city"), "Cities", id="fab")
        windows = []
        if state.get("dialog") == "city":

            def add(name: str) -> None:
                state["dialog"] = ""
                if name not in chosen:
                    chosen.append(name)

            items = [list_item(name, on_click=lambda name=name: add(name), key=name) for name, _ in CITIES]
            windows = [dialog("Add a city", *items, on_dismiss=lambda: state.update(dialog=""))]
        return body, plus, windows, 0

    def _city(self, phone: Phone, name: str, remove: Any) -> View:
        offset = dict(CITIES)[name]
        there = phone.now.astimezone(datetime.timezone(datetime.timedelta(minutes=offset)))
        ahead = offset - int((phone.now.utcoffset() or datetime.timedelta()).total_seconds() // 60)
        told = "Same time" if not ahead else f"{abs(ahead) / 60:g} hours {'ahead' if ahead > 0 else 'behind'}"
        return row(
            column(
                text(name, "title_large", lines=1, id="city_name"),
                text(told, "body_medium", "on_surface_variant", id="hours_ahead"),
                weight=1,
            ),
            text(time_text(phone, there.hour, there.minute), "headline_large", id="digital_clock"),
            width=FILL,
            padding=(20, 16),
            radius=24,
            background="surface_container",
            on_long_click=remove,
            key=name,
        )

    # --- timer

    def _timer(self, activity: Activity):
        phone, state, prefs = activity.phone, activity.state, activity.prefs
        timer = prefs.get("timer")
        if timer and not state.get("adding"):
            return self._running_timer(activity, timer)
        entry = state.get("entry", "")
        digits = entry.rjust(6, "0")
        hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])

        def press(key: str) -> None:
            state["entry"] = (entry + key).lstrip("0")[:6] if len(entry) + len(key) <= 6 else entry

        def start() -> None:
            begin_timer(phone, 3600 * hours + 60 * minutes + seconds)
            state.update(entry="", adding=False)

        color = "primary" if entry else "on_surface_variant"
        shown = text(
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
                *(
                    self._timer_key(key, 44 if wide else 88, press, lambda: state.update(entry=entry[:-1]))
                    for key in line
                ),
                width=WRAP if wide else FILL,
                gap=16,
                justify="center",
            )
            for line in keys
        ]
        go = fab("play", start, "Start", id="fab") if entry else None
        cancel = row(icon_button("close", lambda: state.update(adding=False, entry=""), "Cancel"), padding=16)
        if wide:
            left = column(spacer(weight=1), shown, spacer(weight=1), cancel if timer else None, height=FILL)
            return row(left, column(*pad, gap=6), width=FILL, justify="center", gap=48), go, [], 0
        body = column(
            column(shown, width=FILL, align="center", padding=(0, 24)),
            *pad,
            spacer(weight=1),
            cancel if timer else None,
            width=FILL,
            height=FILL,
            gap=12,
        )
        return body, go, [], 0

    def _timer_key(self, label: str, height: int, press: Any, erase: Any) -> View:
        room = {"width": 88, "height": height, "radius": height / 2, "key": label}
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

    def _running_timer(self, activity: Activity, timer: dict[str, Any]):
        phone, state = activity.phone, activity.state
        left = timer_left(phone, timer)
        on = timer["ends_us"] is not None
        sign = "−" if left < 0 else ""
        seconds = -(-abs(left) // SECOND) if left >= 0 else abs(left) // SECOND
        told = (
            f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
            if seconds >= 3600
            else f"{seconds // 60}:{seconds % 60:02d}"
        )
        share = min(1.0, max(0.0, left / timer["length_us"])) if timer["length_us"] else 0.0
        ring = stack(
            canvas(draw_ring, round(share, 3), width=260, height=260, gravity="center"),
            text(sign + told, "display_large", lines=1, gravity="center", id="timer_time"),
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
        return body, go, [], 1000 if on else 0

    # --- stopwatch

    def _stopwatch(self, activity: Activity):
        phone, prefs = activity.phone, activity.prefs
        watch = prefs.setdefault("stopwatch", {"started_us": None, "gone_us": 0, "laps": []})
        on = watch["started_us"] is not None
        gone = stopwatch_time(phone, watch)
        wide = phone.size[0] > phone.size[1]
        shown = column(
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
        body = column(shown, scroll(*laps, id="laps_list", weight=1), buttons, width=FILL, height=FILL)
        if wide:
            body = row(column(shown, buttons, weight=1), scroll(*laps, id="laps_list", weight=1), height=FILL)
        return body, None, [], 100 if on else 0

    # --- what rings

    def on_event(self, phone: Phone, event, data):
        if event == "alarm":
            self._ring(phone, data["id"], data["due_us"])
        elif event == "timer":
            timer = phone.prefs(PACKAGE).get("timer")
            if timer and timer["ends_us"] is not None and timer["event"] == data["number"]:
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

    def _ring(self, phone: Phone, number: int, due_us: int) -> None:
        one = next((one for one in alarms(phone) if one["_id"] == number and one["enabled"]), None)
        if one is None or phone.prefs(PACKAGE).get("due", {}).get(str(number)) != due_us:
            return
        phone.prefs(PACKAGE)["ringing"] = number
        phone.notify(
            PACKAGE,
            number,
            one["label"] or "Alarm",
            time_text(phone, one["hour"], one["minutes"]),
            icon="alarm",
            ongoing=True,
            heads_up=True,
            intent=intent(MAIN, package=PACKAGE, cls=DESK),
            actions=[
                ("Snooze", intent("palaestra.clock.SNOOZE", id=number)),
                ("Dismiss", intent("palaestra.clock.DISMISS", id=number)),
            ],
        )

    def dismiss(self, phone: Phone, sent):
        number = _asked(phone, sent)
        phone.cancel_notification(PACKAGE, number)
        phone.prefs(PACKAGE).pop("ringing", None)
        one = next((one for one in alarms(phone) if one["_id"] == number), None)
        if one is not None:
            change(phone, number, enabled=int(one["daysofweek"] > 0))

    def snooze(self, phone: Phone, sent):
        number = _asked(phone, sent)
        phone.cancel_notification(PACKAGE, number)
        phone.prefs(PACKAGE).pop("ringing", None)
        due = phone.now_us + SNOOZE_MINUTES * 60 * SECOND
        phone.prefs(PACKAGE).setdefault("due", {})[str(number)] = due
        phone.schedule(SNOOZE_MINUTES * 60_000, PACKAGE, "alarm", {"id": number, "due_us": due})

    def stop_timer(self, phone: Phone, sent):
        reset_timer(phone)


def opened_by(activity: Activity) -> int:
    """The tab that an intent asks for; it may set an alarm or a timer at once."""
    asked, extras, phone = activity.intent["action"], activity.intent["extras"], activity.phone
    if asked == "android.intent.action.SET_TIMER" and _number(extras, "LENGTH") is not None:
        begin_timer(phone, _number(extras, "LENGTH") or 0, str(extras.get("android.intent.extra.alarm.MESSAGE", "")))
    if asked == "android.intent.action.SET_ALARM" and _number(extras, "HOUR") is not None:
        hour, minute = _number(extras, "HOUR") or 0, _number(extras, "MINUTES") or 0
        if hour < 24 and minute < 60:
            add_alarm(phone, hour, minute, label=str(extras.get("android.intent.extra.alarm.MESSAGE", "")))
    if asked in ("android.intent.action.SHOW_TIMERS", "android.intent.action.SET_TIMER"):
        return TIMER
    if asked in ("android.intent.action.SHOW_ALARMS", "android.intent.action.SET_ALARM"):
        return ALARM
    return activity.prefs.get("tab", ALARM)


def _asked(phone: Phone, sent: dict[str, Any]) -> int:
    """The alarm that a broadcast is about: the one it names, or the one that rings."""
    named = sent["extras"].get("id")
    return named if isinstance(named, int) else int(phone.prefs(PACKAGE).get("ringing") or 0)


def _number(extras: dict[str, Any], name: str) -> int | None:
    value = extras.get(f"android.intent.extra.alarm.{name}")
    return value if isinstance(value, int) and value >= 0 else None


def is_24(phone: Phone) -> bool:
    """Whether times are shown with 24 hours."""
    return phone.settings.get("system", "time_12_24", "24") == "24"


def time_text(phone: Phone, hour: int, minute: int) -> str:
    """``08:30`` or ``8:30 AM``."""
    if is_24(phone):
        return f"{hour:02d}:{minute:02d}"
    return f"{(hour + 11) % 12 + 1}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"


def spoken_time(phone: Phone, hour: int, minute: int) -> str:
    """What a screen reader says of an alarm's time."""
    return f"Alarm {time_text(phone, hour, minute)}"


def alarms(phone: Phone) -> list[dict[str, Any]]:
    """Alarms by time of day."""
    rows = phone.database(PACKAGE, "alarms.db").execute("SELECT * FROM alarm_templates ORDER BY hour, minutes, _id")
    return [dict(one) for one in rows]


def add_alarm(phone: Phone, hour: int, minute: int, *, days: int = 0, enabled: int = 1, label: str = "") -> int:
    """A new alarm; returns its number."""
    made = phone.database(PACKAGE, "alarms.db").execute(
        "INSERT INTO alarm_templates (hour, minutes, daysofweek, enabled, label) VALUES (?, ?, ?, ?, ?)",
        (hour, minute, days, enabled, label),
    )
    plan(phone, made.lastrowid)
    return int(made.lastrowid)


def change(phone: Phone, number: int, **values: Any) -> None:
    """Change an alarm; when it rings next follows."""
    sets = ", ".join(f"{name} = ?" for name in values)
    database = phone.database(PACKAGE, "alarms.db")
    database.execute(f"UPDATE alarm_templates SET {sets} WHERE _id = ?", (*values.values(), number))
    plan(phone, number)


def delete_alarm(activity: Activity, number: int) -> None:
    """Remove an alarm."""
    activity.phone.database(PACKAGE, "alarms.db").execute("DELETE FROM alarm_templates WHERE _id = ?", (number,))
    activity.state.update(open=None)
    activity.toast("Alarm deleted")


def plan(phone: Phone, number: int) -> None:
    """Schedule the next ring of an alarm that is on; what was planned before no longer counts."""
    one = next((one for one in alarms(phone) if one["_id"] == number), None)
    due = phone.prefs(PACKAGE).setdefault("due", {})
    due.pop(str(number), None)
    if one is not None and one["enabled"]:
        due[str(number)] = next_ring(phone, one)
        delay = (due[str(number)] - phone.now_us) // 1000
        phone.schedule(delay, PACKAGE, "alarm", {"id": number, "due_us": due[str(number)]})


def next_ring(phone: Phone, one: dict[str, Any]) -> int:
    """When an alarm rings next, microseconds."""
    now = phone.now
    first = now.replace(hour=one["hour"], minute=one["minutes"], second=0, microsecond=0)
    for ahead in range(9):
        moment = first + datetime.timedelta(days=ahead)
        day_fits = not one["daysofweek"] or one["daysofweek"] >> moment.weekday() & 1
        if moment > now and day_fits:
            return round(moment.timestamp() * 1e6)
    return round((first + datetime.timedelta(days=1)).timestamp() * 1e6)


def from_now(phone: Phone, one: dict[str, Any]) -> str:
    """``17 hours and 26 minutes``."""
    minutes = max(1, -(-(next_ring(phone, one) - phone.now_us) // (60 * SECOND)))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((days, "day"), (hours, "hour"), (minutes, "minute")) if n
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def days_text(phone: Phone, one: dict[str, Any]) -> str:
    """When it rings, in words."""
    days = one["daysofweek"]
    if not days:
        if not one["enabled"]:
            return "Not scheduled"
        ring = datetime.datetime.fromtimestamp(next_ring(phone, one) / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
        return "Today" if ring.date() == phone.now.date() else "Tomorrow"
    if days == 0b1111111:
        return "Every day"
    return ", ".join(DAYS[day][:3] for day in (6, 0, 1, 2, 3, 4, 5) if days >> day & 1)


def begin_timer(phone: Phone, seconds: int, label: str = "") -> None:
    """A timer that runs."""
    length = seconds * SECOND
    timer = {"length_us": length, "left_us": length, "ends_us": None, "label": label, "event": 0}
    phone.prefs(PACKAGE)["timer"] = timer
    toggle_timer(phone)


def timer_left(phone: Phone, timer: dict[str, Any]) -> int:
    """Microseconds until it rings; negative afterwards."""
    return timer["left_us"] if timer["ends_us"] is None else timer["ends_us"] - phone.now_us


def toggle_timer(phone: Phone) -> None:
    """Pause, or go on."""
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
    """Back to its whole length, not running."""
    timer = phone.prefs(PACKAGE).get("timer")
    phone.cancel_notification(PACKAGE, TIMER_NOTE)
    if timer:
        timer.update(left_us=timer["length_us"], ends_us=None)


def remove_timer(phone: Phone) -> None:
    """No timer."""
    phone.prefs(PACKAGE).pop("timer", None)
    phone.cancel_notification(PACKAGE, TIMER_NOTE)


def stopwatch_time(phone: Phone, watch: dict[str, Any]) -> int:
    """Microseconds on the stopwatch."""
    return watch["gone_us"] + (phone.now_us - watch["started_us"] if watch["started_us"] is not None else 0)


def watch_text(us: int) -> str:
    """``0:07.50`` or ``1:00:07.50``."""
    seconds, rest = divmod(us, SECOND)
    part = f"{seconds % 60:02d}.{rest // 10_000:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{part}" if seconds >= 3600 else f"{seconds // 60}:{part}"


def draw_ring(brush, rect, look, share: float) -> None:
    """What is left of a timer."""
    left, top, right, bottom = rect
    inset = look.px(8)
    box = (left + inset, top + inset, right - inset, bottom - inset)
    brush.arc(box, 0, 360, "surface_container_highest", look.px(8))
    if share > 0:
        brush.arc(box, -90, 360 * share, "primary", look.px(8))
