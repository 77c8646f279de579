"""System overlays: toasts, the volume bar, permission prompts, crash messages, and the screen when off."""

from functools import partial

from palaestra.envs.android.system.packages import LABELS, NOTIFICATIONS
from palaestra.envs.android.system.phone import PERMISSIONS
from palaestra.envs.android.ui import keyboard
from palaestra.envs.android.ui.bars import PACKAGE
from palaestra.envs.android.ui.brush import Brush
from palaestra.envs.android.ui.controls import button
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import FILL, View, canvas, column, icon, row, stack, text

MAX_VOLUME = 15
VOLUME_BAR_DP = 200


def toast(phone: ScreenPhone) -> SystemWindow | None:
    """A short message."""
    if not phone.state["toast"]:
        return None
    width, height = phone.size
    height -= phone.theme.px(keyboard.height_dp(phone))
    bounds = (0, height - phone.theme.px(160), width, height - phone.theme.px(64))
    pill = row(
        text(phone.state["toast"], "body_medium", lines=2, id="android:id/message"),
        radius=24,
        background="surface_bright",
        padding=(24, 14),
        gravity="center",
        elevation=2,
    )
    return stack(pill, width=FILL, height=FILL, padding=(32, 0), key="toast"), PACKAGE, "system", bounds


def volume(phone: ScreenPhone) -> SystemWindow | None:
    """The volume bar, next to the volume keys."""
    if not phone.state["volume"]:
        return None
    width, height = phone.size
    px = phone.theme.px
    top = height // 4
    level = int(phone.settings.number("system", "volume_music", 5))
    bar = canvas(
        draw_level,
        level / MAX_VOLUME,
        width=48,
        height=VOLUME_BAR_DP,
        desc="Media volume",
        cls="android.widget.SeekBar",
        id="volume_row_slider",
    )

    def drag(_: float, y: float) -> None:
        share = (bar.bounds[3] - y) / (bar.bounds[3] - bar.bounds[1])
        phone.settings.put("system", "volume_music", str(round(min(max(share, 0.0), 1.0) * MAX_VOLUME)))
        phone.screen_changed()

    bar.on_drag = drag
    root = column(
        bar,
        width=FILL,
        height=FILL,
        padding=4,
        radius=28,
        background="surface_container_high",
        elevation=2,
        key="volume",
    )
    right = width - px(12)
    return root, PACKAGE, "system", (right - px(56), top, right, top + px(VOLUME_BAR_DP + 8))


def draw_level(brush: Brush, rect: tuple[int, int, int, int], look: Theme, share: float) -> None:
    """A bar filled from below, with a note icon at the bottom."""
    left, top, right, bottom = rect
    radius = look.px(24)
    brush.clip(rect, radius)
    brush.rect(rect, "secondary_container")
    brush.rect((left, bottom - share * (bottom - top), right, bottom), "primary")
    name = "music-note" if share else "music-note-off"
    color = "on_primary" if share > 0.15 else "on_secondary_container"
    brush.glyph(name, (left, bottom - look.px(48), right, bottom), look.px(20), color)


def prompt(phone: ScreenPhone) -> SystemWindow | None:
    """The permission prompt."""
    asked = phone.asked
    if asked is None or phone.state["overview"]:
        return None
    label = phone.packages.label(asked["package"])
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
        button(
            words,
            partial(phone.answer_prompt, granted),
            "tonal",
            id=ids + name,
            width=FILL,
            height=52,
            radius=12,
        )
        for words, granted, name in choices
    ]
    root = dialog(
        "",
        text(f"Allow {label} to {what}?", "title_large", text_align="center", width=FILL, id=ids + "message"),
        column(*buttons, width=FILL, gap=4),
        icon=icon("shield-check-outline", 28, "primary", gravity="center"),
    )
    root.title = "Permission"
    return root, PERMISSIONS, "dialog", None


def crash(phone: ScreenPhone) -> SystemWindow | None:
    """The message that an app has crashed."""
    package = phone.state["crashed"]
    if not package:
        return None

    def close(again: bool) -> None:
        phone.state["crashed"] = ""
        phone.screen_changed()
        if again:
            phone.open_app(package)

    label = phone.packages.label(package)
    choices = [("Open app again", True, "refresh", "aerr_restart"), ("Close app", False, "close", "aerr_close")]
    rows = [
        row(
            icon(name, 20),
            text(words, "body_large"),
            gap=16,
            padding=(0, 12),
            width=FILL,
            on_click=partial(close, again),
            id=f"android:id/{id}",
            key=id,
        )
        for words, again, name, id in choices
        if not again or phone.apps[package].launcher
    ]
    root = dialog(f"{label} has stopped", column(*rows, width=FILL), on_dismiss=lambda: close(False))
    root.title = f"{label} has stopped"
    return root, "android", "dialog", None


def sleep(phone: ScreenPhone) -> SystemWindow | None:
    """The black screen of a sleeping phone."""
    if phone.state["awake"]:
        return None
    return (
        View("box", "android.view.View", width=FILL, height=FILL, background="#000000", key="sleep"),
        PACKAGE,
        "system",
        None,
    )
