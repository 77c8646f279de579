"""Brightness, theme, type."""

from palaestra.envs.android.apps.settings.rows import go, heading, item, page, switched, toggle
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, button, column, dialog, icon, radio, row, slider, switch, text

TIMEOUTS = (
    ("15 seconds", 15),
    ("30 seconds", 30),
    ("1 minute", 60),
    ("2 minutes", 120),
    ("5 minutes", 300),
    ("10 minutes", 600),
    ("30 minutes", 1800),
)
FONT_SCALES = ((0.85, "Small"), (1.0, "Default"), (1.15, "Large"), (1.3, "Largest"))


class DisplayPages:
    """How the screen looks."""

    def display(self, activity: Activity) -> Page:
        state, phone = activity.state, activity.phone
        settings = phone.settings
        level = int(settings.number("system", "screen_brightness", 102))
        night = settings.get("secure", "ui_night_mode") == "2"
        seconds = int(settings.number("system", "screen_off_timeout", 60_000)) // 1000
        shown = next((name for name, value in TIMEOUTS if value == seconds), f"{seconds} seconds")

        def choose(value: int) -> None:
            settings.put("system", "screen_off_timeout", str(value * 1000))
            state.update(asking="")

        windows = []
        if state.get("asking") == "brightness":
            close = lambda: state.update(asking="")
            panel = row(
                icon("brightness-6"),
                slider(
                    level,
                    1,
                    255,
                    lambda value: phone.settings.set_brightness(value),
                    desc="Display brightness",
                    weight=1,
                    id="slider",
                ),
                width=FILL,
                gap=8,
            )
            windows = [
                dialog(
                    "",
                    panel,
                    on_dismiss=close,
                    gravity="top center",
                    margin=(16, 56, 16, 0),
                    id="brightness_mirror_container",
                )
            ]
        elif state.get("asking") == "timeout":
            close = lambda: state.update(asking="")
            rows = [
                row(
                    radio(value == seconds),
                    text(name, "body_large"),
                    width=FILL,
                    height=48,
                    gap=8,
                    key=name,
                    on_click=lambda value=value: choose(value),
                )
                for name, value in TIMEOUTS
            ]
            windows = [dialog("Screen timeout", *rows, buttons=[("Cancel", close)], on_dismiss=close)]
        return page(
            activity,
            "Display",
            heading("Brightness"),
            item("Brightness level", f"{percent(level)}%", lambda: state.update(asking="brightness")),
            toggle(activity, "Adaptive brightness", "system", "screen_brightness_mode"),
            heading("Lock display"),
            item("Screen timeout", f"After {shown} of inactivity", lambda: state.update(asking="timeout")),
            heading("Appearance"),
            row(
                column(
                    text("Dark theme", "body_large", id="android:id/title"),
                    text("On" if night else "Off", "body_medium", "on_surface_variant", id="android:id/summary"),
                    weight=1,
                    padding=(24, 12),
                    on_click=lambda: go(activity, "Settings$DarkThemeSettingsActivity"),
                    key="words",
                ),
                switch(
                    night,
                    lambda value: settings.put("secure", "ui_night_mode", "2" if value else "1"),
                    id="switchWidget",
                    desc="Dark theme",
                ),
                width=FILL,
                padding=(0, 0, 24, 0),
                key="dark",
            ),
            item("Display size and text", "", lambda: go(activity, "Settings$TextReadingSettingsActivity")),
            heading("Color"),
            toggle(activity, "Night Light", "secure", "night_display_activated"),
            heading("Other display controls"),
            toggle(activity, "Auto-rotate screen", "system", "accelerometer_rotation"),
            windows=windows,
        )

    def dark_theme(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        on = settings.get("secure", "ui_night_mode") == "2"
        return page(
            activity,
            "Dark theme",
            switched(
                "Use Dark theme",
                "",
                on,
                lambda value: settings.put("secure", "ui_night_mode", "2" if value else "1"),
                "switch_widget",
            ),
            item("Schedule", "None", None),
            text(
                "Dark theme uses a black background to help keep your battery alive longer on some screens.",
                "body_medium",
                "on_surface_variant",
                padding=(24, 16),
            ),
        )

    def text_size(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        scale = settings.number("system", "font_scale", 1.0)
        place = min(range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i][0] - scale))

        def reset() -> None:
            settings.put("system", "font_scale", "1.0")
            for key in ("font_weight_bold", "high_text_contrast_enabled"):
                if settings.on("secure", key):
                    settings.put("secure", key, "0")
            activity.toast("Size and text settings have been reset")

        return page(
            activity,
            "Display size and text",
            column(
                text("Your preview text looks like this", "body_large"),
                padding=20,
                margin=(24, 8),
                width=FILL,
                background="surface_container_high",
                radius=16,
            ),
            column(
                text("Font size", "body_large"),
                text(FONT_SCALES[place][1], "body_medium", "on_surface_variant"),
                padding=(24, 8),
            ),
            row(
                slider(
                    place,
                    0,
                    len(FONT_SCALES) - 1,
                    lambda value: settings.put("system", "font_scale", str(FONT_SCALES[value][0])),
                    desc="Font size",
                    id="seekbar",
                ),
                width=FILL,
                padding=(8, 0),
            ),
            toggle(activity, "Bold text", "secure", "font_weight_bold"),
            toggle(activity, "High contrast text", "secure", "high_text_contrast_enabled"),
            row(button("Reset settings", reset, "outlined"), width=FILL, justify="center", padding=16),
        )

    def accessibility(self, activity: Activity) -> Page:
        return page(
            activity,
            "Accessibility",
            item(
                "Display size and text", "", lambda: go(activity, "Settings$TextReadingSettingsActivity"), "format-size"
            ),
            toggle(
                activity, "Color inversion", "secure", "accessibility_display_inversion_enabled", glyph="invert-colors"
            ),
            toggle(activity, "Remove animations", "global", "animations_removed", glyph="animation-outline"),
            toggle(activity, "Mono audio", "system", "master_mono", glyph="ear-hearing"),
        )


def percent(level: int) -> int:
    """How bright a level is, by the curve that Android's slider has (BrightnessUtils, gamma)."""
    share = max(0.0, (level - 1) / 254)
    return round(100 * share)
