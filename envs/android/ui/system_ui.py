"""What the system itself shows: status bar, navigation bar, shade, overview, toasts, prompts.

Each window is a function of the phone's state: (root, package, type, bounds or None for the whole screen), or None.
"""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.drawing.display_list import draw, listed
from palaestra.envs.android.system.app import HOME, Page, intent
from palaestra.envs.android.system.packages import LABELS, NOTIFICATIONS
from palaestra.envs.android.ui import keyboard
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    button,
    canvas,
    column,
    dialog,
    icon,
    icon_button,
    row,
    scroll,
    slider,
    spacer,
    stack,
    text,
)

PACKAGE = "com.android.systemui"
STATUS_DP = 32
NAVIGATION_DP = 24
MAX_BRIGHTNESS = 255
MAX_VOLUME = 15
VOLUME_BAR_DP = 200
TILE_DP = 64
CARD_WIDTH_DP, WIDE_CARD_DP = 264, 460
END = 1 << 20
"""Farther than anything scrolls."""
Made = tuple[View, str, str, tuple[int, int, int, int] | None] | None


def launcher(device) -> str:
    """The package behind the home screen."""
    for app in device.apps.values():
        if any(one.get("category") == HOME for one in app.filters):
            return app.package
    return ""


# --- bars


def content(device, page: Page, keyboard_dp: float) -> View:
    """A page between the bars: the root of its window. The bars take on the colours that they border on.

    Args:
        device: the phone.
        page: what an app has made.
        keyboard_dp: height of the soft keyboard, 0 without one.
    """
    root = page.root
    root.width = root.height = FILL
    root.key = root.key or "page"
    above = _strip("statusBarBackground", STATUS_DP, _edge_color(page, 0)) if not page.full_screen else None
    if keyboard_dp:
        below = spacer(height=keyboard_dp, width=FILL)
    else:
        lower = _edge_color(page, -1)
        below = _strip("navigationBarBackground", NAVIGATION_DP, lower) if not page.full_screen else None
    children = [child for child in (above, root, below) if child is not None]
    return View("box", "android.widget.FrameLayout", "column", children, id="android:id/content",
                background=page.background, width=FILL, height=FILL)  # fmt: skip


def _edge_color(page: Page, end: int) -> str | None:
    """Background of what stands first (0) or last (-1) on a page; None where it is the page's own."""
    view, color = page.root, None
    while view.layout == "column" and view.children and not view.padding:
        view = view.children[end]
        if view.width != FILL or view.radius:
            break
        color = view.background or color
    return color if color != page.background else None


def _strip(name: str, height: float, color: str | None) -> View:
    return View("box", "android.view.View", width=FILL, height=height, background=color, id=f"android:id/{name}")


def status_bar(device) -> Made:
    """Clock and icons."""
    if device.state["shade"]["open"]:
        return None
    page = device.screen.page
    color = page.status_color if page is not None and not device.state["overview"] else "on_surface"
    bounds = (0, 0, device.size[0], device.theme.px(STATUS_DP))
    return _status_row(device, color, "status"), PACKAGE, "system", bounds


def _status_row(device, color: str, key: str) -> View:
    settings = device.settings
    shown = list(dict.fromkeys(n["icon"] for n in device.state["notifications"]))[-4:]
    airplane = settings.on("global", "airplane_mode_on")
    right = [
        ("minus-circle", "Do Not Disturb.") if settings.on("global", "zen_mode") else None,
        ("bluetooth", "Bluetooth on.") if settings.on("global", "bluetooth_on") else None,
        ("airplane", "Airplane mode.") if airplane else None,
        ("wifi", "Wifi signal full.") if wifi_is_on(device) else None,
        ("signal", "Phone signal full.") if not airplane else None,
        ("battery", "Battery 100 percent."),
    ]
    return row(
        text(clock_text(device), "label_large", color, 1, id="clock", desc=clock_text(device)),
        *(icon(name, 15, color, desc="notification") for name in reversed(shown)),
        spacer(weight=1),
        *(icon(item[0], 15, color, desc=item[1], key=item[0]) for item in right if item is not None),
        width=FILL, height=STATUS_DP, gap=6, padding=(24, 0, 20, 0), key=key,
    )  # fmt: skip


def clock_text(device) -> str:
    """The time as the settings want it: 15:34 or 3:34 PM."""
    now = device.now
    if device.settings.get("system", "time_12_24", "24") == "24":
        return f"{now:%H:%M}"
    return f"{(now.hour + 11) % 12 + 1}:{now:%M}"


def wifi_is_on(device) -> bool:
    """Whether Wi-Fi is on: 1, or 2 in airplane mode."""
    return device.settings.get("global", "wifi_on") in ("1", "2")


def set_wifi(device, on: bool) -> None:
    """Switch Wi-Fi."""
    airplane = device.settings.on("global", "airplane_mode_on")
    device.settings.put("global", "wifi_on", ("2" if airplane else "1") if on else "0")


def navigation_bar(device) -> Made:
    """The pill."""
    width, height = device.size
    bounds = (0, height - device.theme.px(NAVIGATION_DP), width, height)
    page = device.screen.page
    dark = page is not None and page.status_color != "on_surface" and not device.state["overview"]
    pill = View("box", "android.view.View", width=108, height=4, radius=2, gravity="center", id="home_handle",
                background="#E6FFFFFF" if dark else "on_surface:0.85")  # fmt: skip
    return stack(pill, width=FILL, height=FILL, key="navigation"), PACKAGE, "system", bounds


# --- shade


def shade(device) -> Made:
    """Quick settings and notifications, when it is drawn down."""
    if not device.state["shade"]["open"]:
        return None
    quick = device.state["shade"]["quick"]
    now = device.now
    head = text(f"{now:%a, %b} {now.day}", "title_medium", lines=1, id="date", padding=(8, 4, 8, 12))
    tiles = _tiles(device)
    shown = tiles if quick else tiles[:4]
    grid = [row(*shown[i : i + 2], width=FILL, gap=8, key=f"tiles {i}") for i in range(0, len(shown), 2)]
    panel = column(
        head,
        _brightness(device) if quick else None,
        *grid,
        _shade_footer(device) if quick else None,
        scroll(*_notifications(device), gap=2, padding=(0, 8, 0, 40), key="notifications", weight=1,
               id="notification_stack_scroller"),
        width=FILL, weight=1, gap=8, padding=(16, 0, 16, 0), id="quick_settings_panel",
    )  # fmt: skip
    root = column(_status_row(device, "on_surface", "shade status"), panel, width=FILL, height=FILL,
                  background="surface_container", key="shade", on_swipe=lambda direction: None,
                  title="Notification shade")  # fmt: skip
    return root, PACKAGE, "system", None


def _shade_footer(device) -> View:
    """What stands below the tiles: the way to the settings."""
    to_settings = icon_button("cog-outline", lambda: _open(device, "android.settings.SETTINGS"), "Open settings.",
                              foreground="on_surface", id="settings_button_container", width=40, height=40,
                              size=20, radius=20, background="surface_container_highest")  # fmt: skip
    return row(to_settings, width=FILL, justify="end", key="footer")


def _open(device, action: str) -> None:
    """Close the shade and start what answers an action; nothing happens if nothing does."""
    device.start_activity(intent(action))


def _brightness(device) -> View:
    value = int(device.settings.number("system", "screen_brightness", 102))
    return row(
        icon("brightness-6", 20),
        slider(value, 1, MAX_BRIGHTNESS, lambda new: set_brightness(device, new), desc="Display brightness",
               weight=1, id="slider"),
        width=FILL, gap=4, padding=(8, 0), key="brightness",
    )  # fmt: skip


def set_brightness(device, value: int) -> None:
    """Set it by hand, 1 to 255."""
    device.settings.put("system", "screen_brightness_mode", "0")
    device.settings.put("system", "screen_brightness", str(value))


def _tiles(device) -> list[View]:
    settings = device.settings

    def flip(space: str, key: str) -> Callable[[], None]:
        return lambda: settings.put(space, key, "0" if settings.on(space, key) else "1")

    def flip_night() -> None:
        settings.put("secure", "ui_night_mode", "1" if settings.get("secure", "ui_night_mode") == "2" else "2")

    wifi, bluetooth = wifi_is_on(device), settings.on("global", "bluetooth_on")
    night = settings.get("secure", "ui_night_mode") == "2"
    switches = [
        ("Internet", "AndroidWifi" if wifi else "Off", "wifi" if wifi else "wifi-off", wifi,
         lambda: set_wifi(device, not wifi), "WIFI"),
        ("Bluetooth", "On" if bluetooth else "Off", "bluetooth" if bluetooth else "bluetooth-off", bluetooth,
         flip("global", "bluetooth_on"), "BLUETOOTH"),
        ("Flashlight", "", "flashlight", settings.on("global", "flashlight_on"), flip("global", "flashlight_on"), ""),
        ("Do Not Disturb", "", "minus-circle-outline", settings.on("global", "zen_mode"), flip("global", "zen_mode"),
         "ZEN_MODE"),
        ("Airplane mode", "", "airplane", settings.on("global", "airplane_mode_on"),
         flip("global", "airplane_mode_on"), "AIRPLANE_MODE"),
        ("Auto-rotate", "", "screen-rotation", settings.on("system", "accelerometer_rotation"),
         flip("system", "accelerometer_rotation"), "DISPLAY"),
        ("Dark theme", "", "circle-half-full", night, flip_night, "DISPLAY"),
        ("Battery Saver", "", "battery-plus-outline", settings.on("global", "low_power"), flip("global", "low_power"),
         "BATTERY_SAVER"),
    ]  # fmt: skip
    return [_tile(device, *one) for one in switches]


def _tile(
    device, label: str, state: str, name: str, on: bool, on_click: Callable[[], Any], screen: str
) -> View:  # fmt: skip
    """A switch of the quick settings; a long press opens the screen of the settings."""
    color = "on_primary_container" if on else "on_surface"
    long_click = (lambda: _open(device, f"android.settings.{screen}_SETTINGS")) if screen else None
    told = state or ("On" if on else "Off")
    return row(
        icon(name, 20, color),
        column(
            text(label, "title_small", color, 1, id="tile_label"),
            text(told, "body_small", color, 1, id="app_label"),
            weight=1,
        ),
        weight=1, height=TILE_DP, gap=12, padding=(16, 0, 8, 0), radius=24,
        background="primary_container" if on else "surface_container_highest",
        on_click=on_click, on_long_click=long_click, checkable=True, checked=on, key=label,
        cls="android.widget.Switch", desc=f"{label}, {told}",
    )  # fmt: skip


def _clearable(device) -> bool:
    return any(not n["ongoing"] for n in device.state["notifications"])


def _clear_all(device) -> None:
    device.state["notifications"][:] = [n for n in device.state["notifications"] if n["ongoing"]]
    device.shade(False)


def _notifications(device) -> list[View | None]:
    notes = device.state["notifications"]
    if not notes:
        return [text("No notifications", "body_medium", "on_surface_variant", width=FILL, text_align="center",
                     padding=(0, 24), id="no_notifications")]  # fmt: skip
    clear = button("Clear all", lambda: _clear_all(device), "tonal", id="dismiss_text", height=36, margin=(0, 8))
    return [
        *(_notification(device, one) for one in reversed(notes)),
        row(clear, width=FILL, justify="end", key="footer") if _clearable(device) else None,
    ]


def _notification(device, note: dict[str, Any]) -> View:
    label = device.packages.label(note["package"])
    buttons = [
        button(name, lambda sent=sent: _act(device, note, sent), "text", key=name, id="android:id/action0")
        for name, sent in note["actions"]
    ]
    return column(
        row(
            stack(icon(note["icon"], 18, "on_primary", gravity="center"), width=32, height=32, radius=16,
                  background="primary"),
            column(
                row(text(note["title"], "title_small", lines=1, id="android:id/title"),
                    text(f"{label} · {_ago(device, note['when_us'])}", "body_small", "on_surface_variant", 1,
                         id="android:id/app_name_text"), gap=8, width=FILL),
                text(note["text"], "body_medium", "on_surface_variant", 2, id="android:id/text"),
                weight=1, gap=2,
            ),
            width=FILL, gap=12, align="start",
        ),
        row(*buttons, width=FILL, gap=4, padding=(32, 4, 0, 0)) if buttons else None,
        width=FILL, background="surface_container_lowest", radius=16, padding=(16, 12), key=note["key"],
        on_click=lambda: open_notification(device, note),
        on_dismiss=None if note["ongoing"] else lambda: device.cancel_notification(note["package"], note["id"]),
    )  # fmt: skip


def _act(device, note: dict[str, Any], sent: dict[str, Any]) -> None:
    """A button of a notification."""
    device.broadcast(sent)
    device.shade(False)


def open_notification(device, note: dict[str, Any]) -> None:
    """A tap on a notification."""
    device.shade(False)
    if not note["ongoing"]:
        device.cancel_notification(note["package"], note["id"])
    if note["intent"] is not None:
        device.start_activity(note["intent"])


def _ago(device, when_us: int) -> str:
    minutes = (device.now_us - when_us) // 60_000_000
    if minutes < 1:
        return "now"
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h" if minutes < 1440 else f"{minutes // 1440}d"


def heads_up(device) -> Made:
    """A notification that peeks in."""
    state = device.state
    note = next((n for n in state["notifications"] if n["key"] == state["heads_up"]), None)
    if note is None or state["shade"]["open"]:
        return None
    card = _notification(device, note)
    card.elevation, card.background = 3, "surface_container_high"
    top, width = device.theme.px(STATUS_DP), device.size[0]
    bounds = (0, top, width, top + device.theme.px(132 if note["actions"] else 96))
    return column(card, width=FILL, height=FILL, padding=(12, 4), key="heads_up"), PACKAGE, "system", bounds


# --- overview, toast, prompt


def overview(device) -> Made:
    """Cards of the tasks that are there, the newest at the right."""
    state = device.state
    if not state["overview"]:
        return None
    home = launcher(device)
    tasks = [task for task in state["tasks"] if task["package"] != home]
    if not tasks:
        body: View = column(
            icon("cards-outline", 48), text("No recent items", "title_medium"), gap=16, align="center", gravity="center"
        )
    else:
        clear = button("Clear all", lambda: _remove_all(device, tasks), "tonal", margin=(0, 0, 24, 0), key="clear")
        side = (device.size[0] / device.theme.scale - _card_width(device)) / 2
        cards = scroll(clear, *(_card(device, task) for task in tasks), horizontal=True, gap=16, height=FILL,
                       key="cards", align="center", padding=(side, 0), id="overview_panel")  # fmt: skip
        state["scrolls"].setdefault("overview", {}).setdefault("overview/cards", END)
        body = cards
    root = stack(body, width=FILL, height=FILL, background="surface_container", padding=(0, 48, 0, 48),
                 on_swipe=lambda direction: _leave_overview(device, direction), key="overview", title="Recent apps",
                 on_dismiss=device.recents)  # fmt: skip
    return root, launcher(device) or PACKAGE, "application", None


def _leave_overview(device, direction: str) -> None:
    if direction == "up":
        device.home()


def _remove_all(device, tasks: list[dict[str, Any]]) -> None:
    for task in tasks:
        device.activities.remove_task(task["id"])
    device.home()


def _card_width(device) -> int:
    """Of a task's card, dp."""
    return CARD_WIDTH_DP if device.size[0] < device.size[1] else WIDE_CARD_DP


def _card(device, task: dict[str, Any]) -> View:
    app = device.apps[task["package"]]
    return column(
        row(app_icon(app, 28), text(app.label, "title_small", lines=1), gap=8, padding=(8, 0, 0, 8)),
        _thumbnail(device, task["records"][-1]),
        key=f"task {task['id']}", desc=app.label, blocks=True,
        on_click=lambda: _to_front(device, task),
        on_dismiss=lambda: device.activities.remove_task(task["id"]),
    )  # fmt: skip


def _thumbnail(device, record: dict[str, Any]) -> View:
    """What an activity shows, small."""
    bounds, look = (0, 0, *device.size), device.theme
    try:
        root = content(device, device.activities.page(record), 0)
        root.key = "thumbnail"
        arrange(root, bounds, look, {}, None)
        small = listed(root, bounds, look, None)
    except Exception:  # it crashes when it comes to the front, not because somebody looks at its picture
        small = []
    width = _card_width(device)
    height = width * device.size[1] / device.size[0]
    return canvas(draw_small, device.size, tuple(small), width=width, height=height, radius=24,
                  background="surface")  # fmt: skip


def draw_small(brush, rect: tuple[int, int, int, int], look, size: tuple[int, int], entries: tuple) -> None:
    """A display list of a larger place."""
    left, top, right, bottom = rect
    canvas = brush.canvas
    canvas.save()
    canvas.translate(left, top)
    canvas.scale((right - left) / size[0], (bottom - top) / size[1])
    for entry in entries:
        draw(brush, entry)
    canvas.restore()


def _to_front(device, task: dict[str, Any]) -> None:
    device.state["overview"] = False
    device.activities.to_front(task)


def app_icon(app, size: float, **options: Any) -> View:
    """An app's round icon."""
    return canvas(draw_app_icon, app.icon, app.color, width=size, height=size, cls="android.widget.ImageView",
                  **options)  # fmt: skip


def draw_app_icon(painter, rect: tuple[int, int, int, int], look, name: str, color: str) -> None:
    """A disc with a white glyph."""
    left, top, right, bottom = rect
    radius = (right - left) / 2
    painter.circle(left + radius, top + radius, radius, color)
    painter.glyph(name, (left, top, right, bottom), (right - left) * 0.56, "#FFFFFF")


def toast(device) -> Made:
    """A short message."""
    if not device.state["toast"]:
        return None
    width, height = device.size
    height -= device.theme.px(keyboard.height_dp(device))
    bounds = (0, height - device.theme.px(160), width, height - device.theme.px(64))
    pill = row(
        text(device.state["toast"], "body_medium", lines=2, id="android:id/message"), radius=24,
        background="surface_bright", padding=(24, 14), gravity="center", elevation=2,
    )  # fmt: skip
    return stack(pill, width=FILL, height=FILL, padding=(32, 0), key="toast"), PACKAGE, "system", bounds


def volume(device) -> Made:
    """How loud it is, beside the keys for it."""
    if not device.state["volume"]:
        return None
    width, height = device.size
    px = device.theme.px
    top = height // 4
    level = int(device.settings.number("system", "volume_music", 5))
    bar = canvas(draw_level, level / MAX_VOLUME, width=48, height=VOLUME_BAR_DP, desc="Media volume",
                 cls="android.widget.SeekBar", id="volume_row_slider")  # fmt: skip

    def drag(_: float, y: float) -> None:
        share = (bar.bounds[3] - y) / (bar.bounds[3] - bar.bounds[1])
        device.settings.put("system", "volume_music", str(round(min(max(share, 0.0), 1.0) * MAX_VOLUME)))
        device.screen_changed()

    bar.on_drag = drag
    root = column(bar, width=FILL, height=FILL, padding=4, radius=28, background="surface_container_high",
                  elevation=2, key="volume")  # fmt: skip
    right = width - px(12)
    return root, PACKAGE, "system", (right - px(56), top, right, top + px(VOLUME_BAR_DP + 8))


def draw_level(brush, rect: tuple[int, int, int, int], look, share: float) -> None:
    """A bar that is filled from below, and a note at its foot."""
    left, top, right, bottom = rect
    radius = look.px(24)
    brush.clip(rect, radius)
    brush.rect(rect, "secondary_container")
    brush.rect((left, bottom - share * (bottom - top), right, bottom), "primary")
    name = "music-note" if share else "music-note-off"
    color = "on_primary" if share > 0.15 else "on_secondary_container"
    brush.glyph(name, (left, bottom - look.px(48), right, bottom), look.px(20), color)


def prompt(device) -> Made:
    """The question whether an app may do something."""
    asked = device.state["prompt"]
    if asked is None:
        return None
    label = device.packages.label(asked["package"])
    what = LABELS.get(asked["permission"], "use " + asked["permission"].rpartition(".")[2])
    ids = "com.android.permissioncontroller:id/permission_"
    choices = [("Allow", True, "allow_button")]
    if asked["permission"] != NOTIFICATIONS and asked["permission"].endswith(("CAMERA", "RECORD_AUDIO", "LOCATION")):
        choices = [
            ("While using the app", True, "allow_foreground_only_button"),
            ("Only this time", True, "allow_one_time_button"),
        ]
    choices.append(("Don’t allow", False, "deny_button"))
    buttons = [
        button(words, lambda granted=granted: device.answer_prompt(granted), "tonal", id=ids + name, width=FILL,
               height=52, radius=12)
        for words, granted, name in choices
    ]  # fmt: skip
    root = dialog(
        "", text(f"Allow {label} to {what}?", "title_large", text_align="center", width=FILL, id=ids + "message"),
        column(*buttons, width=FILL, gap=4), icon=icon("shield-check-outline", 28, "primary", gravity="center"),
    )  # fmt: skip
    root.title = "Permission"
    return root, "com.google.android.permissioncontroller", "dialog", None


def crash(device) -> Made:
    """The word that an app has failed."""
    package = device.state["crashed"]
    if not package:
        return None

    def close(again: bool) -> None:
        device.state["crashed"] = ""
        device.screen_changed()
        if again:
            device.open_app(package)

    label = device.packages.label(package)
    choices = [("Open app again", True, "refresh", "aerr_restart"), ("Close app", False, "close", "aerr_close")]
    rows = [
        row(icon(name, 20), text(words, "body_large"), gap=16, padding=(0, 12), width=FILL,
            on_click=lambda again=again: close(again), id=f"android:id/{id}", key=id)
        for words, again, name, id in choices
        if not again or device.apps[package].launcher
    ]  # fmt: skip
    root = dialog(f"{label} has stopped", column(*rows, width=FILL), on_dismiss=lambda: close(False))
    root.title = f"{label} has stopped"
    return root, "android", "dialog", None


def sleep(device) -> Made:
    """The dark screen."""
    if device.state["awake"]:
        return None
    return View("box", "android.view.View", width=FILL, height=FILL, background="#000000", key="sleep"), PACKAGE, \
        "system", None  # fmt: skip
