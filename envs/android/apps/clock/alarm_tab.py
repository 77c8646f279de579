"""The tab with the alarms."""

from palaestra.envs.android.apps.clock.alarms import (
    DAYS,
    WEEK,
    Alarm,
    add_alarm,
    alarm_of,
    alarms,
    change_alarm,
    days_text,
    delete_alarm,
    from_now,
)
from palaestra.envs.android.apps.clock.tab import Tab, is_24_hours, time_text
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button, switch, text_field
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import list_item, placeholder
from palaestra.envs.android.ui.pickers import time_picker
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, spacer, stack, text


def alarm_tab(activity: Activity) -> Tab:
    """A card for each alarm."""
    phone, state = activity.phone, activity.state
    cards = [_card(activity, alarm) for alarm in alarms(phone)]
    if cards:
        body = scroll(*cards, spacer(96), gap=12, padding=(16, 0), id="alarm_recycler_view")
    else:
        body = placeholder("alarm-off", "No alarms")

    def new() -> None:
        state.update(dialog="alarm", alarm=0, hour=phone.now.hour, minute=0, part="hour")

    return Tab(body, fab("plus", new, "Add alarm", id="fab"), _windows(activity))


def _card(activity: Activity, alarm: Alarm) -> View:
    phone, state = activity.phone, activity.state
    number, on = alarm["_id"], bool(alarm["enabled"])
    is_open = state.get("open") == number
    time = time_text(phone, alarm["hour"], alarm["minutes"])

    def turn(value: bool) -> None:
        change_alarm(phone, number, enabled=int(value))
        if value:
            activity.toast(f"Alarm set for {from_now(phone, alarm)} from now")

    arrow = icon_button(
        "chevron-up" if is_open else "chevron-down",
        lambda: state.update(open=None if is_open else number),
        "Collapse alarm" if is_open else "Expand alarm",
        id="arrow",
    )
    controls = column(arrow, switch(on, turn, id="onoff", desc=time), gap=4, align="center")
    details = _details(activity, alarm) if is_open else []
    return column(
        row(_summary(activity, alarm, time, is_open), controls, width=FILL, align="end"),
        *details,
        width=FILL,
        radius=24,
        padding=(20, 4, 16, 16),
        key=f"alarm {number}",
        background="surface_container_high" if on else "surface_container",
    )


def _summary(activity: Activity, alarm: Alarm, time: str, is_open: bool) -> View:
    """Label, time and days of an alarm."""
    phone, state = activity.phone, activity.state
    color = "on_surface" if alarm["enabled"] else "on_surface_variant"

    def name() -> None:
        state.update(dialog="label", alarm=alarm["_id"], label=alarm["label"])

    def edit() -> None:
        state.update(dialog="alarm", alarm=alarm["_id"], hour=alarm["hour"], minute=alarm["minutes"], part="hour")

    label = text(
        alarm["label"] or "Add label",
        "label_large",
        "on_surface_variant",
        1,
        id="edit_label",
        padding=(0, 8),
        on_click=name if is_open else None,
    )
    return column(
        label if alarm["label"] or is_open else None,
        text(time, "display_medium", color, 1, id="digital_clock", on_click=edit, desc=f"Alarm {time}"),
        text(days_text(phone, alarm), "body_medium", "on_surface_variant", 1, id="days_of_week"),
        weight=1,
    )


def _details(activity: Activity, alarm: Alarm) -> list[View]:
    """Days, vibration, and the row that deletes an alarm."""
    phone, number = activity.phone, alarm["_id"]

    def vibrate(value: bool) -> None:
        change_alarm(phone, number, vibrate=int(value))

    def delete() -> None:
        delete_alarm(phone, number)
        activity.state.update(open=None)
        activity.toast("Alarm deleted")

    days = [_day(phone, alarm, day) for day in WEEK]
    return [
        row(*days, width=FILL, justify="between", padding=(0, 16, 0, 8)),
        list_item(
            "Vibrate",
            leading=icon("vibrate"),
            padding=(0, 4),
            key="vibrate",
            trailing=switch(bool(alarm["vibrate"]), vibrate, id="vibrate_onoff"),
        ),
        list_item(
            "Delete",
            leading=icon("delete-outline"),
            padding=(0, 4),
            key="delete",
            title_id="delete",
            on_click=delete,
        ),
    ]


def _day(phone: Phone, alarm: Alarm, day: int) -> View:
    """A disc that says whether an alarm rings on a day of the week."""
    on = bool(alarm["daysofweek"] >> day & 1)

    def flip() -> None:
        change_alarm(phone, alarm["_id"], daysofweek=alarm["daysofweek"] ^ (1 << day))

    return stack(
        text(DAYS[day][0], "label_large", "on_primary" if on else "on_surface", gravity="center"),
        width=36,
        height=36,
        radius=18,
        key=DAYS[day],
        desc=DAYS[day],
        checkable=True,
        checked=on,
        cls="android.widget.CheckBox",
        background="primary" if on else "surface_container_highest",
        on_click=flip,
    )


# --- dialogs


def _windows(activity: Activity) -> list[View]:
    kind = activity.state.get("dialog")
    if kind == "alarm":
        return [_time_dialog(activity)]
    return [_label_dialog(activity)] if kind == "label" else []


def _time_dialog(activity: Activity) -> View:
    """Set the time of a new alarm, or of one that is there."""
    state, phone = activity.state, activity.phone

    def keep() -> None:
        state["dialog"] = ""
        number = state["alarm"]
        if number:
            change_alarm(phone, number, hour=state["hour"], minutes=state["minute"], enabled=1)
        else:
            number = add_alarm(phone, state["hour"], state["minute"])
        alarm = alarm_of(phone, number)
        if alarm is not None:
            activity.toast(f"Alarm set for {from_now(phone, alarm)} from now")

    return time_picker(
        state["hour"],
        state["minute"],
        lambda hour, minute: state.update(hour=hour, minute=minute),
        part=state["part"],
        on_part=lambda part: state.update(part=part),
        on_ok=keep,
        on_cancel=lambda: state.update(dialog=""),
        hours24=is_24_hours(phone),
        wide=phone.size[0] > phone.size[1],
    )


def _label_dialog(activity: Activity) -> View:
    state = activity.state

    def close() -> None:
        state["dialog"] = ""

    def name() -> None:
        close()
        change_alarm(activity.phone, state["alarm"], label=state["label"])

    field = text_field(
        state["label"],
        lambda value: state.update(label=value),
        label="Label",
        autofocus=True,
        on_submit=name,
        action="done",
        capitals="sentences",
        id="label_box",
    )
    return dialog("Add label", field, buttons=[("Cancel", close), ("OK", name)], on_dismiss=close)
