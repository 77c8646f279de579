"""The browser: tabs, an address bar, and the pages of the phone's web."""

from typing import Any

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.browser.tabs import ACTIVITY, PACKAGE, PageVisit
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, VIEW
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import icon_button, text_field
from palaestra.envs.android.ui.groups import toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, progress, scroll, spacer, stack
from palaestra.envs.android.web.address import parse
from palaestra.envs.android.web.web import load, web_of


class Browser(App):
    """One activity."""

    package = PACKAGE
    label = "Chrome"
    icon = "google-chrome"
    color = "#F1F3F4"
    activities = {ACTIVITY: "main"}
    launcher = ACTIVITY
    filters = (
        {"activity": ACTIVITY, "action": MAIN},
        *intent_filters(ACTIVITY, VIEW, schemes=("http", "https"), category="android.intent.category.BROWSABLE"),
    )

    def on_create(self, activity: Activity) -> None:
        """Open the address that another app or the shell asks for."""
        if activity.intent["data"]:
            tabs.go(activity.phone, tabs.open_tab(activity.phone), activity.intent["data"])

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        """The end of loading."""
        if event == tabs.LOADED:
            tabs.finish_loading(phone, data)

    def main(self, activity: Activity) -> Page:
        """The tab in front."""
        phone = activity.phone
        tab = tabs.current(phone) or tabs.open_tab(phone)
        root = column(self._bar(activity, tab), self._page(phone, tab), width=FILL, height=FILL)

        def back() -> None:
            if not tabs.back(phone, tab):
                activity.finish()

        return Page(root, on_back=back, title="Chrome")

    def _bar(self, activity: Activity, tab: tabs.Tab) -> View:
        state, phone = activity.state, activity.phone
        entry = tabs.entry_of(tab)
        url = "" if entry is None else entry["url"].removeprefix("https://")

        def submit() -> None:
            typed = state.pop("typed", "").strip()
            if typed:
                tabs.go(phone, tab, typed)

        field = text_field(
            state.get("typed", ""),
            lambda value: state.update(typed=value),
            hint=url or "Search or type web address",
            id="url_bar",
            action="go",
            on_submit=submit,
            style="bare",
            weight=1,
        )
        return toolbar(icon_button("home-outline", lambda: tabs.open_tab(phone), "Home", id="home_button"), field)

    def _page(self, phone: Phone, tab: tabs.Tab) -> View:
        entry = tabs.entry_of(tab)
        if entry is None:
            return spacer(weight=1, width=FILL)
        if not entry["loaded"]:
            return stack(progress(), width=FILL, weight=1, background="#FFFFFF")
        address = parse(entry["url"])
        assert address is not None
        page = load(web_of(phone), address, PageVisit(phone, tab, entry, address))
        body = scroll(page.root, cls="android.webkit.WebView", desc=page.title, key=f"page{entry['id']}")
        return stack(body, page.over, width=FILL, weight=1)
