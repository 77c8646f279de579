"""The round icon of an app."""

from typing import Any

from palaestra.envs.android.ui.view import View, canvas


def app_icon(app, size: float, **options: Any) -> View:
    """An app's round icon."""
    return canvas(
        draw_app_icon, app.icon, app.color, width=size, height=size, cls="android.widget.ImageView", **options
    )


def draw_app_icon(painter, rect: tuple[int, int, int, int], look, name: str, color: str) -> None:
    """A disc with a white glyph."""
    left, top, right, bottom = rect
    radius = (right - left) / 2
    painter.circle(left + radius, top + radius, radius, color)
    painter.glyph(name, (left, top, right, bottom), (right - left) * 0.56, "#FFFFFF")
