"""Status bar and navigation bar, and the page between them."""

from palaestra.envs.android.system import battery
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow, reused
from palaestra.envs.android.ui.view import FILL, View, icon, row, spacer, stack, text

PACKAGE = "com.android.systemui"
STATUS_DP = 32
NAVIGATION_DP = 24
SHOW_PERCENT = "status_bar_show_battery_percent"


def content(phone: ScreenPhone, page: Page, keyboard_dp: float) -> View:
    """A page between the bars: the root of its window. The bars take on the colours that they border on.

    Args:
        phone: whose screen it is.
        page: made by an app.
        keyboard_dp: height of the soft keyboard, 0 without one.
    """
    root = page.root
    root.width = root.height = FILL
    root.key = root.key or "page"
    above = _strip("statusBarBackground", STATUS_DP, _edge_color(page, 0)) if not page.full_screen else None
    below: View | None
    if keyboard_dp:
        below = spacer(height=keyboard_dp, width=FILL)
    else:
        lower = _edge_color(page, -1)
        below = _strip("navigationBarBackground", NAVIGATION_DP, lower) if not page.full_screen else None
    children = [child for child in (above, root, below) if child is not None]
    return View(
        "box",
        "android.widget.FrameLayout",
        "column",
        children,
        id="android:id/content",
        background=page.background,
        width=FILL,
        height=FILL,
    )


def _edge_color(page: Page, end: int) -> str | None:
    """Background of the first (0) or last (-1) view of a page; None where it is the page's own."""
    view, color = page.root, None
    while view.layout == "column" and view.children and not view.padding:
        view = view.children[end]
        if view.width != FILL or view.radius:
            break
        color = view.background or color
    return color if color != page.background else None


def _strip(name: str, height: float, color: str | None) -> View:
    return View("box", "android.view.View", width=FILL, height=height, background=color, id=f"android:id/{name}")


def status_bar(phone: ScreenPhone) -> SystemWindow | None:
    """Clock and icons."""
    if phone.state["shade"]["open"]:
        return None
    page = phone.screen.page
    color = page.status_color if page is not None and not phone.state["overview"] else "on_surface"
    bounds = (0, 0, phone.size[0], phone.theme.px(STATUS_DP))
    looks = _status(phone)
    shown = reused(phone, "status", (color, *looks), lambda: _status_row(looks, color, "status"))
    return shown, PACKAGE, "system", bounds


def status_row(phone: ScreenPhone, color: str, key: str) -> View:
    """Clock and icons, in one colour."""
    return _status_row(_status(phone), color, key)


_Status = tuple[str, list[str], list[tuple[str, str]], str]
"""The time, icons of notifications, icons of the phone with their descriptions, and the battery's level if shown."""


def _status(phone: ScreenPhone) -> _Status:
    settings = phone.settings
    icons = list(dict.fromkeys(n["icon"] for n in phone.state["notifications"]))[-4:]
    airplane = settings.on("global", "airplane_mode_on")
    right = [
        ("minus-circle", "Do Not Disturb.") if settings.on("global", "zen_mode") else None,
        ("bluetooth", "Bluetooth on.") if settings.on("global", "bluetooth_on") else None,
        ("airplane", "Airplane mode.") if airplane else None,
        ("wifi", "Wifi signal full.") if phone.settings.wifi_is_on else None,
        ("signal", "Phone signal full.") if not airplane else None,
        battery_icon(phone),
    ]
    level = f"{battery.shown(phone).level}%" if settings.on("system", SHOW_PERCENT) else ""
    return clock_text(phone), icons, [item for item in right if item is not None], level


def _status_row(shown: _Status, color: str, key: str) -> View:
    clock, icons, right, level = shown
    return row(
        text(clock, "label_large", color, 1, id="clock", desc=clock),
        *(icon(name, 15, color, desc="notification") for name in reversed(icons)),
        spacer(weight=1),
        *(icon(name, 15, color, desc=desc, key=name) for name, desc in right),
        *([text(level, "label_large", color, 1, id="battery_percentage_view")] if level else []),
        width=FILL,
        height=STATUS_DP,
        gap=6,
        padding=(24, 0, 20, 0),
        key=key,
    )


def battery_icon(phone: ScreenPhone) -> tuple[str, str]:
    """Icon and description of the battery: full, charging or in use."""
    shown = battery.shown(phone)
    charging = shown.plugged and shown.state in (battery.CHARGING, battery.FULL)
    words = f"Battery {shown.level} percent."
    tens = shown.level // 10 * 10
    if not shown.present:
        return "battery-unknown", "Battery percentage unknown."
    if charging and shown.level < 100:
        return f"battery-charging-{tens}" if tens else "battery-charging-outline", f"Battery charging, {words[8:]}"
    return "battery" if tens == 100 else f"battery-{tens}" if tens else "battery-outline", words


def clock_text(phone: ScreenPhone) -> str:
    """The time in the format of the settings: 15:34 or 3:34."""
    now = phone.now
    if phone.settings.get("system", "time_12_24", "24") == "24":
        return f"{now:%H:%M}"
    return f"{(now.hour + 11) % 12 + 1}:{now:%M}"


def navigation_bar(phone: ScreenPhone) -> SystemWindow | None:
    """The pill."""
    width, height = phone.size
    bounds = (0, height - phone.theme.px(NAVIGATION_DP), width, height)
    page = phone.screen.page
    dark = page is not None and page.status_color != "on_surface" and not phone.state["overview"]

    def build() -> View:
        pill = View(
            "box",
            "android.view.View",
            width=108,
            height=4,
            radius=2,
            gravity="center",
            id="home_handle",
            background="#E6FFFFFF" if dark else "on_surface:0.85",
        )
        return stack(pill, width=FILL, height=FILL, key="navigation")

    return reused(phone, "navigation", (dark,), build), PACKAGE, "system", bounds
