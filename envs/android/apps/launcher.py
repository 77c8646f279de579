"""The home screen: wallpaper, dock and search bar; the drawer with all apps behind a swipe up."""

from math import sin
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import HOME, LAUNCHER, MAIN, intent
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme, theme_of
from palaestra.envs.android.ui.view import FILL, View, canvas, column, icon, lazy_list, row, spacer, stack, text

DOCK = (("Phone",), ("Simple SMS Messenger",), ("Chrome", "Contacts"), ("Camera",), ("Clock",))
"""Labels of the apps in each place of the dock, the first that is installed."""
COLUMNS = 4
WIDE_COLUMNS = 7
ROW_DP = 104


class Launcher(App):
    """Home and drawer are one activity, as on a phone."""

    package = "com.google.android.apps.nexuslauncher"
    label = "Pixel Launcher"
    icon = "home"
    activities = {"com.google.android.apps.nexuslauncher.NexusLauncherActivity": "home"}
    filters = (
        {
            "activity": "com.google.android.apps.nexuslauncher.NexusLauncherActivity",
            "action": MAIN,
            "category": HOME,
        },
    )

    def on_pause(self, activity: Activity) -> None:
        close_drawer(activity.state)
        activity.state.update(held="", menu=False)

    def home(self, activity: Activity) -> Page:
        """The home screen, or the drawer while it is open."""
        state = activity.state
        if state.get("drawer"):
            return self._drawer(activity)
        now = activity.phone.now
        date = text(f"{now:%a, %b} {now.day}", "headline_small", "#FFFFFF", 1, id="date")
        foot = column(
            self._dock(activity),
            self._search_pill(state),
            width=FILL,
            max_width=460,
            padding=(20, 0, 20, 44),
            gravity="center",
        )
        page = column(
            column(date, padding=(24, 60, 24, 0), id="smartspace"),
            spacer(weight=1),
            foot,
            width=FILL,
            height=FILL,
        )
        root = stack(
            canvas(draw_wallpaper, width=FILL, height=FILL, cls="android.widget.FrameLayout"),
            page,
            width=FILL,
            height=FILL,
            id="workspace",
            on_swipe=lambda way: self._swiped(activity, way),
            on_long_click=lambda: state.update(menu=True),
        )
        return Page(
            root,
            self._menus(activity),
            full_screen=True,
            background="#20344F",
            status_color="#FFFFFF",
            on_back=lambda: None,
            title="Home",
        )

    def _search_pill(self, state: dict[str, Any]) -> View:
        return row(
            icon("magnify", 24, "on_surface_variant"),
            text("Search", "body_large", "on_surface_variant", 1),
            width=FILL,
            height=56,
            radius=28,
            background="surface_container_lowest",
            gap=12,
            padding=(16, 0),
            on_click=lambda: open_drawer(state, search=True),
            id="search_container_hotseat",
            desc="Search",
        )

    def _dock(self, activity: Activity) -> View:
        apps = apps_with_icons(activity.phone)
        places = [[app for label in labels for app in apps if app.label == label] for labels in DOCK]
        icons = [self._dock_icon(activity, place[0]) for place in places if place]
        return row(*icons, width=FILL, justify="between", padding=(4, 0, 4, 16), id="hotseat")

    def _swiped(self, activity: Activity, way: str) -> None:
        if way == "up":
            open_drawer(activity.state)
        elif way == "down":
            activity.phone.shade(True)

    def _dock_icon(self, activity: Activity, app: Manifest) -> View:
        return stack(
            app_icon(app, 52, gravity="center"),
            width=60,
            height=60,
            desc=app.label,
            id="icon",
            on_click=lambda: launch(activity, app),
            on_long_click=lambda: activity.state.update(held=app.package),
            key=app.package,
            cls="android.widget.TextView",
        )

    def _drawer(self, activity: Activity) -> Page:
        state = activity.state
        query = state.get("query", "")
        apps = [app for app in apps_with_icons(activity.phone) if query.casefold() in app.label.casefold()]
        columns = COLUMNS if activity.phone.size[0] < activity.phone.size[1] else WIDE_COLUMNS

        def build(index: int) -> View:
            cells = [self._drawer_icon(activity, app) for app in apps[index * columns : (index + 1) * columns]]
            cells += [spacer(weight=1) for _ in range(columns - len(cells))]
            return row(*cells, width=FILL, min_height=ROW_DP, align="start")

        def open_first() -> None:
            if apps and query:
                launch(activity, apps[0])

        field = text_field(
            query,
            lambda value: state.update(query=value),
            hint="Search apps",
            id="input",
            style="bare",
            autofocus=bool(state.get("search")),
            on_submit=open_first,
            action="search",
            padding=(52, 12, 16, 12),
            leading=icon("magnify"),
            background="surface_container_highest",
            radius=28,
            min_height=52,
        )
        if apps:
            rows = -(-len(apps) // columns)
            body = lazy_list(rows, build, ROW_DP, id="apps_list_view", padding=(8, 0, 8, 0), weight=1)
        else:
            words = f"No apps match “{query}”"
            body = text(words, "body_large", "on_surface_variant", padding=24, weight=1)
        page = column(
            column(field, width=FILL, padding=(16, 8, 16, 12)),
            body,
            width=FILL,
            height=FILL,
            id="apps_view",
            on_swipe=lambda way: close_drawer(state) if way == "down" else None,
        )
        return Page(
            page,
            self._menus(activity),
            on_back=lambda: close_drawer(state),
            background="surface_container",
            title="Apps",
        )

    def _drawer_icon(self, activity: Activity, app: Manifest) -> View:
        return column(
            app_icon(app, 54, gravity="center"),
            text(app.label, "label_medium", lines=2, text_align="center", width=FILL, id="icon"),
            weight=1,
            gap=8,
            align="center",
            padding=(4, 8),
            desc=app.label,
            key=app.package,
            on_click=lambda: launch(activity, app),
            on_long_click=lambda: activity.state.update(held=app.package),
        )

    def _menus(self, activity: Activity) -> list[View]:
        """What a long press on an icon, or beside the icons, offers."""
        state = activity.state
        held, phone = state.get("held"), activity.phone
        if state.get("menu"):
            items = [
                ("Wallpaper & style", lambda: phone.start_activity(intent("android.settings.DISPLAY_SETTINGS"))),
                ("All apps", lambda: open_drawer(state)),
                ("Home settings", lambda: phone.start_activity(intent("android.settings.SETTINGS"))),
            ]
            width, height = phone.size
            middle = (width // 2 - theme_of(phone).px(100), height // 2, width // 2, height // 2)
            return [menu(items, lambda: state.update(menu=False), anchor=middle)]
        if not held:
            return []
        info = intent("android.settings.APPLICATION_DETAILS_SETTINGS", data=f"package:{held}")
        items = [
            ("Open", lambda: launch(activity, phone.apps[held])),
            ("App info", lambda: phone.start_activity(info)),
        ]
        return [menu(items, lambda: state.update(held=""), anchor=held)]


def apps_with_icons(phone: Phone) -> list[Manifest]:
    """Apps that have an icon, by label."""
    apps = [app for app in phone.apps.values() if app.launcher and phone.packages.is_enabled(app.package)]
    return sorted(apps, key=lambda app: app.label.casefold())


def launch(activity: Activity, app: Manifest) -> None:
    """Open an app by its icon."""
    close_drawer(activity.state)
    activity.phone.start_activity(intent(MAIN, package=app.package, categories=[LAUNCHER]))


def open_drawer(state: dict[str, Any], search: bool = False) -> None:
    """Show all apps."""
    state.update(drawer=True, query="", search=search)


def close_drawer(state: dict[str, Any]) -> None:
    """Back to the home screen."""
    state.update(drawer=False, query="", search=False)


def draw_wallpaper(brush: Brush, rect: Rect, look: Theme) -> None:
    """Hills at dusk."""
    left, top, right, bottom = rect
    width, height = right - left, bottom - top
    brush.gradient(rect, ["#1F3350", "#3E6389", "#9A8F9B", "#E8A87C", "#E8A87C", "#C38D9E"])
    brush.circle(left + 0.72 * width, top + 0.46 * height, 0.1 * min(width, height), "#FCE8C8")
    hills = (
        (0.60, 0.030, 0.4, "#7A5C80"),
        (0.67, 0.036, 2.1, "#5B4B72"),
        (0.75, 0.040, 4.0, "#3F3A5F"),
        (0.85, 0.034, 5.6, "#2A2B4A"),
    )
    for base, rise, shift, color in hills:
        points = [(left, bottom)]
        for step in range(61):
            x = step / 60
            wave = sin(5.0 * x + shift) + 0.45 * sin(11.0 * x + 2.3 * shift)
            points.append((left + width * x, top + height * (base - rise * wave)))
        brush.polygon([*points, (right, bottom)], color)
