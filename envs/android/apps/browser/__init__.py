"""The browser: tabs, an address bar, and the pages of the phone's web."""

from typing import Any

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.bar import editing_page, end_editing
from palaestra.envs.android.apps.browser.browsing import browsing
from palaestra.envs.android.apps.browser.history import HISTORY, history
from palaestra.envs.android.apps.browser.switcher import switcher
from palaestra.envs.android.apps.browser.tabs import ACTIVITY, PACKAGE
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import BROWSABLE, MAIN, VIEW
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page

WEB_SEARCH = "android.intent.action.WEB_SEARCH"


class Browser(App):
    """Tabs, and the history."""

    package = PACKAGE
    label = "Chrome"
    icon = "google-chrome"
    color = "#F1F3F4"
    activities = {ACTIVITY: "main", HISTORY: "history"}
    launcher = ACTIVITY
    filters = (
        {"activity": ACTIVITY, "action": MAIN},
        {"activity": ACTIVITY, "action": WEB_SEARCH},
        *intent_filters(ACTIVITY, VIEW, schemes=("http", "https"), category=BROWSABLE),
    )

    def on_create(self, activity: Activity) -> None:
        """Open what another app or the shell asks for; otherwise go on where the browser was left."""
        if activity.name != ACTIVITY:
            return
        phone, asked = activity.phone, activity.intent
        self._end_others(activity)
        url = asked["data"] or str(asked["extras"].get("query") or "")
        if url:
            tabs.go(phone, tabs.open_tab(phone, by="link"), url)
        elif (tab := tabs.current(phone)) is not None:
            tabs.resume(phone, tab)
        else:
            tabs.open_tab(phone, by="start")

    def _end_others(self, activity: Activity) -> None:
        """End the browser's other screens: there is one, which shows the tab in front."""
        records = [record for task in activity.phone.activities.tasks for record in task["records"]]
        for record in records:
            if record["package"] == PACKAGE and record is not activity.record:
                activity.phone.finish(record["id"])

    def on_pause(self, activity: Activity) -> None:
        """What was typed as an address is dropped."""
        if activity.state.get("mode") == "omnibox":
            end_editing(activity)

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        """The end of loading, or of the time in which closing tabs can be undone."""
        if event == tabs.LOADED:
            tabs.finish_loading(phone, data)
        elif event == tabs.FORGET:
            tabs.forget_closed(phone)

    def main(self, activity: Activity) -> Page:
        """The tab in front, its address bar while something is typed, or the tab switcher."""
        tab, mode = tabs.current(activity.phone), activity.state.get("mode")
        if tab is None or mode == "tabs":
            return switcher(activity)
        if mode == "omnibox":
            return editing_page(activity, tab)
        return browsing(activity, tab)

    def history(self, activity: Activity) -> Page:
        """The history."""
        return history(activity)
