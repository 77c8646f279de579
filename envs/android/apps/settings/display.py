"""Brightness, theme, type."""

from functools import partial

from palaestra.envs.android.apps.settings.rows import go, heading, item, link, note, page, switched, toggle
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, slider, switch
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.groups import choice
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, text

TIMEOUTS = (
    ("15 seconds", 15),
    ("30 seconds", 30),
    ("1 minute", 60),
    ("2 minutes", 120),
    ("5 minutes", 300),
    ("10 minutes", 600),
    ("30 minutes", 1800),
)
MAX_BRIGHTNESS = 255
FONT_SCALES = ((0.85, "Small"), (1.0, "Default"), (1.15, "Large"), (1.3, "Largest"))


class DisplayPages:
    """How the screen looks."""

    def display(self, activity: Activity) -> Page:
        state, phone = activity.state, activity.phone
        seconds = _timeout(phone)
        timeout = next((name for name, value in TIMEOUTS if value == seconds), f"{seconds} seconds")
        return page(
            activity,
            "Display",
            heading("Brightness"),
            item("Brightness level", f"{percent(_level(phone))}%", lambda: state.update(asking="brightness")),
            toggle(activity, "Adaptive brightness", "system", "screen_brightness_mode"),
            heading("Lock display"),
            item("Screen timeout", f"After {timeout} of inactivity", lambda: state.update(asking="timeout")),
            heading("Appearance"),
            self._dark_theme_row(activity),
            link(activity, "Display size and text", "", "Settings$TextReadingSettingsActivity"),
            heading("Color"),
            toggle(activity, "Night Light", "secure", "night_display_activated"),
            heading("Other display controls"),
            toggle(activity, "Auto-rotate screen", "system", "accelerometer_rotation"),
            windows=self._display_windows(activity),
        )

    def _dark_theme_row(self, activity: Activity) -> View:
        """Words that open a page, and a switch."""
        phone = activity.phone
        on = phone.settings.is_dark
        words = column(
            text("Dark theme", "body_large", id="android:id/title"),
            text("On" if on else "Off", "body_medium", "on_surface_variant", id="android:id/summary"),
            weight=1,
            padding=(24, 12),
            on_click=lambda: go(activity, "Settings$DarkThemeSettingsActivity"),
            key="words",
        )
        widget = switch(on, lambda value: _set_dark(phone, value), id="switchWidget", desc="Dark theme")
        return row(words, widget, width=FILL, padding=(0, 0, 24, 0), key="dark")

    def _display_windows(self, activity: Activity) -> list[View]:
        asked = activity.state.get("asking")
        if asked == "brightness":
            return [self._brightness_dialog(activity)]
        return [self._timeout_dialog(activity)] if asked == "timeout" else []

    def _brightness_dialog(self, activity: Activity) -> View:
        """A slider at the upper edge."""
        settings = activity.phone.settings

        def put(value: float) -> None:
            settings.set_brightness(int(value))

        level = _level(activity.phone)
        scale = slider(level, 1, MAX_BRIGHTNESS, put, desc="Display brightness", weight=1, id="slider")
        return dialog(
            "",
            row(icon("brightness-6"), scale, width=FILL, gap=8),
            on_dismiss=lambda: activity.state.update(asking=""),
            gravity="top center",
            margin=(16, 56, 16, 0),
            id="brightness_mirror_container",
        )

    def _timeout_dialog(self, activity: Activity) -> View:
        phone = activity.phone
        current = _timeout(phone)

        def close() -> None:
            activity.state.update(asking="")

        def choose(seconds: int) -> None:
            phone.settings.put("system", "screen_off_timeout", str(seconds * 1000))
            close()

        rows = [choice(name, value == current, partial(choose, value), name) for name, value in TIMEOUTS]
        return dialog("Screen timeout", *rows, buttons=[("Cancel", close)], on_dismiss=close)

    def dark_theme(self, activity: Activity) -> Page:
        phone = activity.phone
        return page(
            activity,
            "Dark theme",
            switched(
                "Use Dark theme", "", phone.settings.is_dark, lambda value: _set_dark(phone, value), "switch_widget"
            ),
            item("Schedule", "None", None),
            note("Dark theme uses a black background to help keep your battery alive longer on some screens."),
        )

    def text_size(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        current = settings.number("system", "font_scale", 1.0)
        place = min(range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i][0] - current))

        def reset() -> None:
            settings.put("system", "font_scale", "1.0")
            for key in ("font_weight_bold", "high_text_contrast_enabled"):
                if settings.on("secure", key):
                    settings.put("secure", key, "0")
            activity.toast("Size and text settings have been reset")

        def put(value: float) -> None:
            settings.put("system", "font_scale", str(FONT_SCALES[int(value)][0]))

        preview = column(
            text("Your preview text looks like this", "body_large"),
            padding=20,
            margin=(24, 8),
            width=FILL,
            background="surface_container_high",
            radius=16,
        )
        name = text(FONT_SCALES[place][1], "body_medium", "on_surface_variant")
        scale = slider(place, 0, len(FONT_SCALES) - 1, put, desc="Font size", id="seekbar")
        return page(
            activity,
            "Display size and text",
            preview,
            column(text("Font size", "body_large"), name, padding=(24, 8)),
            row(scale, width=FILL, padding=(8, 0)),
            toggle(activity, "Bold text", "secure", "font_weight_bold"),
            toggle(activity, "High contrast text", "secure", "high_text_contrast_enabled"),
            row(button("Reset settings", reset, "outlined"), width=FILL, justify="center", padding=16),
        )

    def accessibility(self, activity: Activity) -> Page:
        return page(
            activity,
            "Accessibility",
            link(activity, "Display size and text", "", "Settings$TextReadingSettingsActivity", "format-size"),
            toggle(
                activity, "Color inversion", "secure", "accessibility_display_inversion_enabled", glyph="invert-colors"
            ),
            toggle(activity, "Remove animations", "global", "animations_removed", glyph="animation-outline"),
            toggle(activity, "Mono audio", "system", "master_mono", glyph="ear-hearing"),
        )


def _level(phone: Phone) -> int:
    """Brightness, 1 to ``MAX_BRIGHTNESS``."""
    return int(phone.settings.number("system", "screen_brightness", 102))


def _timeout(phone: Phone) -> int:
    """Seconds until the screen goes off."""
    return int(phone.settings.number("system", "screen_off_timeout", 60_000)) // 1000


def _set_dark(phone: Phone, on: bool) -> None:
    phone.settings.put("secure", "ui_night_mode", "2" if on else "1")


def percent(level: int) -> int:
    """A level of brightness in percent of the range."""
    share = max(0.0, (level - 1) / 254)
    return round(100 * share)
