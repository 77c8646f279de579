"""The tab of alarms."""

from functools import partial
from typing import Any

from palaestra.envs.android.apps.clock.alarms import DAYS, add_alarm, alarms, change, days_text, delete_alarm, from_now
from palaestra.envs.android.apps.clock.tab import Tab, time_text
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button, switch, text_field
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import list_item, placeholder
from palaestra.envs.android.ui.pickers import time_picker
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, spacer, stack, text


def alarm_tab(activity: Activity) -> Tab:
    """Alarms by time of day."""
    phone, state = activity.phone, activity.state
    rows = [_card(activity, alarm) for alarm in alarms(phone)]
    body = scroll(*rows, spacer(96), gap=12, padding=(16, 0), id="alarm_recycler_view")
    if not rows:
        body = placeholder("alarm-off", "No alarms")

    def new() -> None:
        now = phone.now
        state.update(dialog="alarm", alarm=0, hour=now.hour, minute=0, part="hour")

    plus = fab("plus", new, "Add alarm", id="fab")
    return Tab(body, plus, _windows(activity))


def _card(activity: Activity, alarm: dict[str, Any]) -> View:
    phone, state = activity.phone, activity.state
    number, on = alarm["_id"], bool(alarm["enabled"])
    is_open = state.get("open") == number
    color = "on_surface" if on else "on_surface_variant"

    def edit() -> None:
        state.update(dialog="alarm", alarm=number, hour=alarm["hour"], minute=alarm["minutes"], part="hour")

    def turn(value: bool) -> None:
        change(phone, number, enabled=int(value))
        if value:
            activity.toast(f"Alarm set for {from_now(phone, alarm)} from now")

    time = time_text(phone, alarm["hour"], alarm["minutes"])
    label = text(
        alarm["label"] or "Add label",
        "label_large",
        "on_surface_variant",
        1,
        id="edit_label",
        padding=(0, 8),
        on_click=(lambda: state.update(dialog="label", alarm=number, label=alarm["label"])) if is_open else None,
    )
    when = column(
        label if alarm["label"] or is_open else None,
        text(
            time,
            "display_medium",
            color,
            1,
            id="digital_clock",
            on_click=edit,
            desc=spoken_time(phone, alarm["hour"], alarm["minutes"]),
        ),
        text(days_text(phone, alarm), "body_medium", "on_surface_variant", 1, id="days_of_week"),
        weight=1,
    )
    arrow = icon_button(
        "chevron-up" if is_open else "chevron-down",
        lambda: state.update(open=None if is_open else number),
        "Collapse alarm" if is_open else "Expand alarm",
        id="arrow",
    )
    hold = column(arrow, switch(on, turn, id="onoff", desc=time), gap=4, align="center")
    details = _details(activity, alarm) if is_open else []
    return column(
        row(when, hold, width=FILL, align="end"),
        *details,
        width=FILL,
        radius=24,
        padding=(20, 4, 16, 16),
        key=f"alarm {number}",
        background="surface_container_high" if on else "surface_container",
    )


def _details(activity: Activity, alarm: dict[str, Any]) -> list[View]:
    phone, number = activity.phone, alarm["_id"]

    def flip(day: int) -> None:
        change(phone, number, daysofweek=alarm["daysofweek"] ^ (1 << day))

    order = [6, 0, 1, 2, 3, 4, 5]
    week = [
        stack(
            text(
                DAYS[day][0],
                "label_large",
                "on_primary" if alarm["daysofweek"] >> day & 1 else "on_surface",
                gravity="center",
            ),
            width=36,
            height=36,
            radius=18,
            key=DAYS[day],
            desc=DAYS[day],
            checkable=True,
            checked=bool(alarm["daysofweek"] >> day & 1),
            cls="android.widget.CheckBox",
            background="primary" if alarm["daysofweek"] >> day & 1 else "surface_container_highest",
            on_click=partial(flip, day),
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
                bool(alarm["vibrate"]), lambda value: change(phone, number, vibrate=int(value)), id="vibrate_onoff"
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


def _windows(activity: Activity) -> list[View]:
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
            alarm = next(alarm for alarm in alarms(phone) if alarm["_id"] == number)
            activity.toast(f"Alarm set for {from_now(phone, alarm)} from now")

        return [
            time_picker(
                state["hour"],
                state["minute"],
                lambda hour, minute: state.update(hour=hour, minute=minute),
                part=state["part"],
                on_part=lambda part: state.update(part=part),
                on_ok=keep,
                on_cancel=close,
                hours24=phone.settings.has_24_hours,
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


def spoken_time(phone: Phone, hour: int, minute: int) -> str:
    """What a screen reader says of an alarm's time."""
    return f"Alarm {time_text(phone, hour, minute)}"
