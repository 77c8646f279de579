"""The clock: alarms, world clock, timer, stopwatch; what rings does so by events on the virtual clock."""

from typing import Any

from palaestra.envs.android.apps.clock import alarms, timer
from palaestra.envs.android.apps.clock.alarm_tab import alarm_tab
from palaestra.envs.android.apps.clock.stopwatch import stopwatch_tab
from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE
from palaestra.envs.android.apps.clock.world_clock import world_clock_tab
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, Intent, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, more_options, scaffold
from palaestra.envs.android.ui.page import Page

TABS = (("alarm", "Alarm"), ("clock-outline", "Clock"), ("timer-sand", "Timer"), ("timer-outline", "Stopwatch"))
ALARM, CLOCK, TIMER, STOPWATCH = range(4)
MAKERS = (alarm_tab, world_clock_tab, timer.timer_tab, stopwatch_tab)
"""The function that draws each of the ``TABS``."""
SET_ALARM, SHOW_ALARMS = "android.intent.action.SET_ALARM", "android.intent.action.SHOW_ALARMS"
SET_TIMER = "android.intent.action.SET_TIMER"
ACTIONS = (MAIN, SHOW_ALARMS, timer.SHOW, SET_ALARM, SET_TIMER)
EXTRA = "android.intent.extra.alarm"
FIRST_ALARMS = ((8, 30, 0b11111), (9, 0, 0b1100000))
"""Hour, minute and days of the alarms of a new phone; they are off."""


class Clock(App):
    """Four tabs in one activity."""

    package = PACKAGE
    label = "Clock"
    icon = "clock"
    color = "#3949AB"
    activities = {DESK: "desk"}
    launcher = DESK
    databases = {"alarms.db": alarms.SCHEMA}
    filters = tuple({"activity": DESK, "action": action} for action in ACTIONS)
    receivers = {alarms.DISMISS: "dismiss", alarms.SNOOZE: "snooze", timer.STOP: "stop_timer"}

    def install(self, phone: Phone) -> None:
        for hour, minute, days in FIRST_ALARMS:
            alarms.add_alarm(phone, hour, minute, days=days, enabled=0)

    def on_create(self, activity: Activity) -> None:
        activity.state["tab"] = opened_by(activity)

    def desk(self, activity: Activity) -> Page:
        """The tab that is open."""
        state = activity.state
        number = state["tab"]
        title = TABS[number][1]
        tab = MAKERS[number](activity)

        def turn(index: int) -> None:
            state.update(tab=index, dialog="", entry="")

        bar = app_bar(title, actions=[more_options(lambda: state.update(menu=True))])
        bottom = bottom_bar(list(TABS), number, turn, id="navigation_view")
        windows = tab.windows
        if state.get("menu"):
            settings = intent("android.settings.DATE_SETTINGS")
            items = [("Date & time settings", lambda: activity.phone.start_activity(settings))]
            windows = [menu(items, lambda: state.update(menu=False))]
        return Page(scaffold(bar, tab.body, tab.button, bottom), windows, live=tab.live, title=title)

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        if event == "alarm":
            alarms.ring(phone, data["id"], data["due_us"])
        elif event == "timer":
            timer.ring(phone, data["number"])

    def dismiss(self, phone: Phone, sent: Intent) -> None:
        alarms.dismiss(phone, sent)

    def snooze(self, phone: Phone, sent: Intent) -> None:
        alarms.snooze(phone, sent)

    def stop_timer(self, phone: Phone, sent: Intent) -> None:
        timer.reset_timer(phone)


def opened_by(activity: Activity) -> int:
    """Handle an intent: select its tab, and set an alarm or a timer if it contains one."""
    action, extras, phone = activity.intent["action"], activity.intent["extras"], activity.phone
    label = str(extras.get(f"{EXTRA}.MESSAGE", ""))
    seconds, hour = _number(extras, "LENGTH"), _number(extras, "HOUR")
    if action == SET_TIMER and seconds is not None:
        timer.begin_timer(phone, seconds, label)
    if action == SET_ALARM and hour is not None:
        minute = _number(extras, "MINUTES") or 0
        if hour < 24 and minute < 60:
            alarms.add_alarm(phone, hour, minute, label=label)
    if action in (timer.SHOW, SET_TIMER):
        return TIMER
    if action in (SHOW_ALARMS, SET_ALARM):
        return ALARM
    return activity.prefs.get("tab", ALARM)


def _number(extras: dict[str, Any], name: str) -> int | None:
    value = extras.get(f"{EXTRA}.{name}")
    return value if isinstance(value, int) and value >= 0 else None
