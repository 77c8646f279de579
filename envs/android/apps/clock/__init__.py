"""The clock: alarms, world clock, timer, stopwatch; alarms and timers ring by events on the virtual clock."""

from collections.abc import Callable, Mapping
from typing import Any

from palaestra.envs.android.apps.clock.alarm_tab import alarm_tab
from palaestra.envs.android.apps.clock.alarms import SCHEMA, add_alarm, dismiss, ring, snooze
from palaestra.envs.android.apps.clock.stopwatch import stopwatch_tab
from palaestra.envs.android.apps.clock.tab import DESK, PACKAGE, Tab
from palaestra.envs.android.apps.clock.timer import begin_timer, reset_timer, ring_timer, timer_tab
from palaestra.envs.android.apps.clock.world import world_tab
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, Intent, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, scaffold
from palaestra.envs.android.ui.page import Page

TABS = (("alarm", "Alarm"), ("clock-outline", "Clock"), ("timer-sand", "Timer"), ("timer-outline", "Stopwatch"))
ALARM, CLOCK, TIMER, STOPWATCH = range(4)
DRAWN_BY: Mapping[int, Callable[[Activity], Tab]] = {
    ALARM: alarm_tab,
    CLOCK: world_tab,
    TIMER: timer_tab,
    STOPWATCH: stopwatch_tab,
}


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

    def install(self, phone: Phone) -> None:
        for hour, minute, days, enabled in ((8, 30, 0b11111, 0), (9, 0, 0b1100000, 0)):
            add_alarm(phone, hour, minute, days=days, enabled=enabled)

    def on_create(self, activity: Activity) -> None:
        activity.state["tab"] = opened_by(activity)

    def desk(self, activity: Activity) -> Page:
        """The tab that is open."""
        state = activity.state
        number = state["tab"]

        def turn(index: int) -> None:
            state.update(tab=index, dialog="", entry="")

        bottom = bottom_bar(list(TABS), number, turn, id="navigation_view")
        more = icon_button("dots-vertical", lambda: state.update(menu=True), "More options")
        bar = app_bar(TABS[number][1], actions=[more])
        tab = DRAWN_BY[number](activity)
        windows = tab.windows
        if state.get("menu"):
            settings = intent("android.settings.DATE_SETTINGS")
            items = [("Date & time settings", lambda: activity.phone.start_activity(settings))]
            windows = [menu(items, lambda: state.update(menu=False))]
        return Page(scaffold(bar, tab.body, tab.button, bottom), windows, tick=tab.tick, title=TABS[number][1])

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        if event == "alarm":
            ring(phone, data["id"], data["due_us"])
        elif event == "timer":
            ring_timer(phone, data["number"])

    def dismiss(self, phone: Phone, sent: Intent) -> None:
        dismiss(phone, sent)

    def snooze(self, phone: Phone, sent: Intent) -> None:
        snooze(phone, sent)

    def stop_timer(self, phone: Phone, sent: Intent) -> None:
        reset_timer(phone)


def opened_by(activity: Activity) -> int:
    """The tab that an intent asks for; the intent may also set an alarm or a timer."""
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


def _number(extras: dict[str, Any], name: str) -> int | None:
    value = extras.get(f"android.intent.extra.alarm.{name}")
    return value if isinstance(value, int) and value >= 0 else None
