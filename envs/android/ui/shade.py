"""The notification shade with quick settings, and heads-up notifications."""

from collections.abc import Callable
from functools import partial
from typing import Any

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.kernel import MINUTE
from palaestra.envs.android.ui.bars import PACKAGE, STATUS_DP, status_row
from palaestra.envs.android.ui.controls import button, icon_button, slider
from palaestra.envs.android.ui.internet import open_internet
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, stack, text

MAX_BRIGHTNESS = 255
TILE_DP = 64


def shade(phone: ScreenPhone) -> SystemWindow | None:
    """The open shade: quick settings and notifications."""
    if not phone.state["shade"]["open"]:
        return None
    quick = phone.state["shade"]["quick"]
    now = phone.now
    head = text(f"{now:%a, %b} {now.day}", "title_medium", lines=1, id="date", padding=(8, 4, 8, 12))
    tiles = _tiles(phone)
    visible = tiles if quick else tiles[:4]
    grid = [row(*visible[i : i + 2], width=FILL, gap=8, key=f"tiles {i}") for i in range(0, len(visible), 2)]
    panel = column(
        head,
        _brightness(phone) if quick else None,
        *grid,
        _shade_footer(phone) if quick else None,
        scroll(
            *_notifications(phone),
            gap=2,
            padding=(0, 8, 0, 40),
            key="notifications",
            weight=1,
            id="notification_stack_scroller",
        ),
        width=FILL,
        weight=1,
        gap=8,
        padding=(16, 0, 16, 0),
        id="quick_settings_panel",
    )
    root = column(
        status_row(phone, "on_surface", "shade status"),
        panel,
        width=FILL,
        height=FILL,
        background="surface_container",
        key="shade",
        on_swipe=lambda direction: None,
        title="Notification shade",
    )
    return root, PACKAGE, "system", None


def _shade_footer(phone: ScreenPhone) -> View:
    """The row below the tiles, with the button for the settings."""
    to_settings = icon_button(
        "cog-outline",
        lambda: _open(phone, "android.settings.SETTINGS"),
        "Open settings.",
        foreground="on_surface",
        id="settings_button_container",
        width=40,
        height=40,
        size=20,
        radius=20,
        background="surface_container_highest",
    )
    return row(to_settings, width=FILL, justify="end", key="footer")


def _open(phone: ScreenPhone, action: str) -> None:
    """Close the shade and start the activity for an intent action, if there is one."""
    phone.start_activity(intent(action))


def _brightness(phone: ScreenPhone) -> View:
    value = int(phone.settings.number("system", "screen_brightness", 102))
    return row(
        icon("brightness-6", 20),
        slider(
            value,
            1,
            MAX_BRIGHTNESS,
            lambda new: phone.settings.set_brightness(int(new)),
            desc="Display brightness",
            weight=1,
            id="slider",
        ),
        width=FILL,
        gap=4,
        padding=(8, 0),
        key="brightness",
    )


def _tiles(phone: ScreenPhone) -> list[View]:
    settings = phone.settings

    def flip(space: str, key: str) -> Callable[[], None]:
        return lambda: settings.put(space, key, "0" if settings.on(space, key) else "1")

    def flip_night() -> None:
        settings.put("secure", "ui_night_mode", "1" if settings.get("secure", "ui_night_mode") == "2" else "2")

    wifi, bluetooth = phone.settings.wifi_is_on, settings.on("global", "bluetooth_on")
    night = settings.get("secure", "ui_night_mode") == "2"
    switches = [
        (
            "Internet",
            "AndroidWifi" if wifi else "Off",
            "wifi" if wifi else "wifi-off",
            wifi,
            lambda: open_internet(phone),
            "WIFI",
        ),
        (
            "Bluetooth",
            "On" if bluetooth else "Off",
            "bluetooth" if bluetooth else "bluetooth-off",
            bluetooth,
            flip("global", "bluetooth_on"),
            "BLUETOOTH",
        ),
        ("Flashlight", "", "flashlight", settings.on("global", "flashlight_on"), flip("global", "flashlight_on"), ""),
        (
            "Do Not Disturb",
            "",
            "minus-circle-outline",
            settings.on("global", "zen_mode"),
            flip("global", "zen_mode"),
            "ZEN_MODE",
        ),
        (
            "Airplane mode",
            "",
            "airplane",
            settings.on("global", "airplane_mode_on"),
            flip("global", "airplane_mode_on"),
            "AIRPLANE_MODE",
        ),
        (
            "Auto-rotate",
            "",
            "screen-rotation",
            settings.on("system", "accelerometer_rotation"),
            flip("system", "accelerometer_rotation"),
            "DISPLAY",
        ),
        ("Dark theme", "", "circle-half-full", night, flip_night, "DISPLAY"),
        (
            "Battery Saver",
            "",
            "battery-plus-outline",
            settings.on("global", "low_power"),
            flip("global", "low_power"),
            "BATTERY_SAVER",
        ),
    ]
    return [_tile(phone, *tile) for tile in switches]


def _tile(
    phone: ScreenPhone, label: str, state: str, name: str, on: bool, on_click: Callable[[], Any], screen: str
) -> View:
    """A quick settings tile; a long press opens its settings screen."""
    color = "on_primary_container" if on else "on_surface"
    long_click = (lambda: _open(phone, f"android.settings.{screen}_SETTINGS")) if screen else None
    status = state or ("On" if on else "Off")
    return row(
        icon(name, 20, color),
        column(
            text(label, "title_small", color, 1, id="tile_label"),
            text(status, "body_small", color, 1, id="app_label"),
            weight=1,
        ),
        weight=1,
        min_height=TILE_DP,
        gap=12,
        padding=(16, 0, 8, 0),
        radius=24,
        background="primary_container" if on else "surface_container_highest",
        on_click=on_click,
        on_long_click=long_click,
        checkable=True,
        checked=on,
        key=label,
        cls="android.widget.Switch",
        desc=f"{label}, {status}",
    )


def _clearable(phone: ScreenPhone) -> bool:
    return any(not n["ongoing"] for n in phone.state["notifications"])


def _clear_all(phone: ScreenPhone) -> None:
    phone.state["notifications"][:] = [n for n in phone.state["notifications"] if n["ongoing"]]
    phone.shade(False)


def _notifications(phone: ScreenPhone) -> list[View | None]:
    notes = phone.state["notifications"]
    if not notes:
        return [
            text(
                "No notifications",
                "body_medium",
                "on_surface_variant",
                width=FILL,
                text_align="center",
                padding=(0, 24),
                id="no_notifications",
            )
        ]
    clear = button("Clear all", lambda: _clear_all(phone), "tonal", id="dismiss_text", height=36, margin=(0, 8))
    return [
        *(_notification(phone, note) for note in reversed(notes)),
        row(clear, width=FILL, justify="end", key="footer") if _clearable(phone) else None,
    ]


def _notification(phone: ScreenPhone, note: dict[str, Any]) -> View:
    label = phone.packages.label(note["package"])
    buttons = [
        button(name, partial(_act, phone, note, sent), "text", key=name, id="android:id/action0")
        for name, sent in note["actions"]
    ]
    return column(
        row(
            stack(
                icon(note["icon"], 18, "on_primary", gravity="center"),
                width=32,
                height=32,
                radius=16,
                background="primary",
            ),
            column(
                row(
                    text(note["title"], "title_small", lines=1, id="android:id/title"),
                    text(
                        f"{label} · {_ago(phone, note['when_us'])}",
                        "body_small",
                        "on_surface_variant",
                        1,
                        id="android:id/app_name_text",
                    ),
                    gap=8,
                    width=FILL,
                ),
                text(note["text"], "body_medium", "on_surface_variant", 2, id="android:id/text"),
                weight=1,
                gap=2,
            ),
            width=FILL,
            gap=12,
            align="start",
        ),
        row(*buttons, width=FILL, gap=4, padding=(32, 4, 0, 0)) if buttons else None,
        width=FILL,
        background="surface_container_lowest",
        radius=16,
        padding=(16, 12),
        key=note["key"],
        on_click=lambda: open_notification(phone, note),
        on_dismiss=None if note["ongoing"] else lambda: phone.cancel_notification(note["package"], note["id"]),
    )


def _act(phone: ScreenPhone, note: dict[str, Any], sent: dict[str, Any]) -> None:
    """Handle a button of a notification."""
    phone.broadcast(sent)
    phone.shade(False)


def open_notification(phone: ScreenPhone, note: dict[str, Any]) -> None:
    """Handle a tap on a notification."""
    phone.shade(False)
    if not note["ongoing"]:
        phone.cancel_notification(note["package"], note["id"])
    if note["intent"] is not None:
        phone.start_activity(note["intent"])


def _ago(phone: ScreenPhone, when_us: int) -> str:
    minutes = (phone.now_us - when_us) // MINUTE
    if minutes < 1:
        return "now"
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h" if minutes < 1440 else f"{minutes // 1440}d"


def heads_up(phone: ScreenPhone) -> SystemWindow | None:
    """A heads-up notification."""
    state = phone.state
    note = next((n for n in state["notifications"] if n["key"] == state["heads_up"]), None)
    if note is None or state["shade"]["open"]:
        return None
    card = _notification(phone, note)
    card.elevation, card.background = 3, "surface_container_high"
    top, width = phone.theme.px(STATUS_DP), phone.size[0]
    bounds = (0, top, width, top + phone.theme.px(132 if note["actions"] else 96))
    return column(card, width=FILL, height=FILL, padding=(12, 4), key="heads_up"), PACKAGE, "system", bounds
