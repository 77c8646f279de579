"""The calendar: a day, a week or a month of events, and a page that adds one."""

import calendar
import datetime
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, fab, icon_button, text_field
from palaestra.envs.android.ui.groups import app_bar, list_item, scaffold, tabs
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.pickers import date_picker, time_picker
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, spacer, stack, text

PACKAGE = "com.google.android.calendar"
MAIN_ACTIVITY = "com.android.calendar.AllInOneActivity"
EDIT = "com.android.calendar.EditEventActivity"
VIEWS = ("day", "week", "month")
PLANNED = (
    (0, 18, 0, "Choir practice"),
    (1, 9, 30, "Team meeting"),
    (1, 13, 0, "Lunch with Nadia"),
    (2, 16, 0, "Dentist"),
    (4, 11, 0, "Call with the landlord"),
    (5, 19, 30, "Concert"),
    (8, 10, 0, "Project review"),
    (12, 15, 0, "Parents' evening"),
    (-3, 8, 0, "Swimming"),
    (-9, 17, 0, "Book club"),
)
"""Days from the installation, hour, minute, and title."""

Event = dict[str, Any]


class Calendar(App):
    """Events are plain rows: ``id``, ``day`` (ISO 8601), ``hour``, ``minute``, ``title``."""

    package = PACKAGE
    label = "Calendar"
    icon = "calendar"
    color = "#1565C0"
    system = False
    activities = {MAIN_ACTIVITY: "agenda", EDIT: "edit"}
    launcher = MAIN_ACTIVITY

    def install(self, phone: Phone) -> None:
        today = phone.now.date()
        for days, hour, minute, title in PLANNED:
            add_event(phone, today + datetime.timedelta(days), hour, minute, title)

    def agenda(self, activity: Activity) -> Page:
        """Events of the view that was chosen last."""
        state, prefs = activity.state, activity.prefs
        view, day = prefs.get("view", "day"), shown_day(activity.phone, state)

        def turn(by: int) -> None:
            state["day"] = later(day, view, by).isoformat()

        def show(number: int) -> None:
            prefs["view"] = VIEWS[number]

        make = {"day": _day, "week": _week, "month": _month}[view]
        title = f"{day:%B} {day.year}"
        bar = app_bar(
            title,
            actions=[
                icon_button("chevron-left", lambda: turn(-1), f"Previous {view}"),
                icon_button("chevron-right", lambda: turn(1), f"Next {view}"),
                icon_button("calendar-today", lambda: state.pop("day", None), "Today"),
            ],
        )
        heads = tabs(["Day", "Week", "Month"], VIEWS.index(view), show)
        plus = fab("plus", lambda: activity.start(EDIT, day=day.isoformat()), "Create new event", id="floating_action")
        body = column(heads, make(activity, day), width=FILL, height=FILL)
        return Page(scaffold(bar, body, plus), title=title)

    def on_create(self, activity: Activity) -> None:
        if activity.name == EDIT:
            today = activity.phone.now.date()
            day = _date(str(activity.intent["extras"].get("day", "")), today).isoformat()
            activity.state.update(title="", day=day, hour=(activity.phone.now.hour + 1) % 24, minute=0, part="hour")

    def edit(self, activity: Activity) -> Page:
        """A new event."""
        state = activity.state
        day = _date(state["day"], activity.phone.now.date())

        def save() -> None:
            add_event(activity.phone, day, state["hour"], state["minute"], state["title"].strip() or "(No title)")
            activity.toast("Event saved")
            activity.finish()

        def ask(what: str) -> Any:
            return lambda: state.update(dialog=what, part="hour", month=state["day"])

        title = text_field(
            state["title"], lambda value: state.update(title=value), label="Add title", id="title", autofocus=True,
            width=FILL,
        )  # fmt: skip
        body = scroll(
            title,
            list_item(f"{day:%A, %B} {day.day}", leading=icon("calendar"), on_click=ask("day"), key="day"),
            list_item(clock(state), leading=icon("clock-outline"), on_click=ask("time"), key="time"),
            padding=16,
            gap=8,
        )
        bar = app_bar("", back=activity.finish, actions=[button("Save", save, id="save")])
        return Page(scaffold(bar, body), _dialogs(activity, day), title="New event")


def add_event(phone: Phone, day: datetime.date, hour: int, minute: int, title: str) -> None:
    """Add an event."""
    rows = phone.prefs(PACKAGE).setdefault("events", [])
    number = 1 + max((row["id"] for row in rows), default=0)
    rows.append({"id": number, "day": day.isoformat(), "hour": hour, "minute": minute, "title": title})


def shown_day(phone: Phone, state: dict[str, Any]) -> datetime.date:
    """The day that the agenda shows, or whose week or month."""
    return _date(state.get("day", ""), phone.now.date())


def shown_view(phone: Phone) -> tuple[str, datetime.date] | None:
    """The view in front, ``day``, ``week`` or ``month``, and a day in it; None if the agenda isn't in front."""
    top = phone.activities.top
    if top is None or phone.foreground != (PACKAGE, MAIN_ACTIVITY) or phone.state["overview"]:
        return None
    return phone.prefs(PACKAGE).get("view", "day"), shown_day(phone, top["state"])


def contains(view: str, shown: datetime.date, day: datetime.date) -> bool:
    """Whether a view has a day in it; a week begins with Sunday."""
    if view == "month":
        return (shown.year, shown.month) == (day.year, day.month)
    return (_sunday(shown) == _sunday(day)) if view == "week" else shown == day


def clock(event: Event) -> str:
    """When on its day an event begins."""
    return f"{(event['hour'] + 11) % 12 + 1}:{event['minute']:02d} {'PM' if event['hour'] >= 12 else 'AM'}"


def _date(text: str, otherwise: datetime.date) -> datetime.date:
    """A day in ISO 8601; another one if the text is none."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return otherwise


def _sunday(day: datetime.date) -> datetime.date:
    try:
        return day - datetime.timedelta((day.weekday() + 1) % 7)
    except OverflowError:  # the first days of the calendar
        return day


def later(day: datetime.date, view: str, by: int) -> datetime.date:
    """A day in the view after this one, or before it; the same day at the ends of the calendar."""
    try:
        if view != "month":
            return day + datetime.timedelta(by * (7 if view == "week" else 1))
        month = day.year * 12 + day.month - 1 + by
        return datetime.date(month // 12, month % 12 + 1, 1)
    except (OverflowError, ValueError):
        return day


def _events(activity: Activity, day: datetime.date) -> list[Event]:
    """Events of a day, the earliest first."""
    rows = [event for event in activity.prefs.get("events", []) if event["day"] == day.isoformat()]
    return sorted(rows, key=lambda event: (event["hour"], event["minute"], event["id"]))


def _day(activity: Activity, day: datetime.date) -> View:
    return scroll(*_of_day(activity, day, empty="Nothing planned"), spacer(96), id="day_view", weight=1)


def _week(activity: Activity, day: datetime.date) -> View:
    first = min(_sunday(day), datetime.date.max - datetime.timedelta(6))
    days = [first + datetime.timedelta(number) for number in range(7)]
    rows = [row for each in days for row in _of_day(activity, each, empty="")]
    return scroll(*rows, spacer(96), id="week_view", weight=1)


def _of_day(activity: Activity, day: datetime.date, *, empty: str) -> list[View]:
    """A heading and a row for each event."""
    today = day == activity.phone.now.date()
    words, color = f"{day:%A, %b} {day.day}{' · Today' if today else ''}", "primary" if today else "on_surface"
    head = text(words, "title_small", color, padding=(20, 12, 20, 4), key=f"head {day}")
    rows = [_event(event) for event in _events(activity, day)]
    if not rows and empty:
        rows = [text(empty, "body_large", "on_surface_variant", padding=20, key="empty")]
    return [head, *rows]


def _event(event: Event) -> View:
    return column(
        text(event["title"], "title_medium", "on_primary_container", 1),
        text(clock(event), "body_medium", "on_primary_container", 1),
        width=FILL,
        padding=(16, 8),
        margin=(16, 2),
        radius=8,
        background="primary_container",
        key=f"event {event['id']}",
    )


def _month(activity: Activity, day: datetime.date) -> View:
    """A grid of days with the titles of their events."""
    names = [calendar.day_abbr[(number - 1) % 7] for number in range(7)]
    head = row(*(text(name, "label_medium", weight=1, text_align="center", lines=1) for name in names), width=FILL)
    weeks = calendar.Calendar(calendar.SUNDAY).monthdatescalendar(day.year, day.month)
    grid = [
        row(
            *(_cell(activity, each, inside=each.month == day.month) for each in week),
            width=FILL,
            align="fill",
            key=f"{week[0]}",
        )
        for week in weeks
    ]
    return scroll(head, *grid, spacer(96), id="month_view", weight=1, gap=4, padding=(4, 8))


def _cell(activity: Activity, day: datetime.date, *, inside: bool) -> View:
    today = day == activity.phone.now.date()
    color = "on_primary" if today else "on_surface" if inside else "outline"
    number = stack(
        text(str(day.day), "label_large", color, 1, gravity="center"),
        width=28,
        height=28,
        radius=14,
        background="primary" if today else None,
        gravity="center",
    )
    titles = [
        text(event["title"], "label_small", "on_primary_container", 1, background="primary_container", width=FILL,
             key=f"event {event['id']}")
        for event in _events(activity, day)[:3]
    ]  # fmt: skip

    def show() -> None:
        activity.prefs["view"] = "day"
        activity.state["day"] = day.isoformat()

    return column(
        number,
        *titles,
        weight=1,
        min_height=96,
        gap=2,
        padding=2,
        on_click=show,
        desc=f"{day:%A, %B} {day.day}",
        key=day.isoformat(),
    )


def _dialogs(activity: Activity, day: datetime.date) -> list[View]:
    """What chooses the day or the time of a new event."""
    state = activity.state

    def close() -> None:
        state.pop("dialog", None)

    if state.get("dialog") == "day":
        return [
            date_picker(
                day,
                lambda chosen: state.update(day=chosen.isoformat()),
                month=_date(state["month"], day),
                on_month=lambda month: state.update(month=month.isoformat()),
                today=activity.phone.now.date(),
                on_ok=close,
                on_cancel=close,
            )
        ]
    if state.get("dialog") == "time":
        return [
            time_picker(
                state["hour"],
                state["minute"],
                lambda hour, minute: state.update(hour=hour, minute=minute),
                part=state["part"],
                on_part=lambda part: state.update(part=part),
                on_ok=close,
                on_cancel=close,
                wide=activity.phone.size[0] > activity.phone.size[1],
            )
        ]
    return []
