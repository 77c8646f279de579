"""The camera: a viewfinder on an invented scene, photos and videos as files.

What is on a photo comes from the phone's random streams. A photo is a PNG with a name that ends in ``.jpg``, as a
camera's would; a video is an MP4 with its length and no frames: nothing here decodes video.
"""

import struct
import zlib
from typing import Any

import numpy as np

from palaestra.envs.android.apps.gallery import picture_of
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.bars import STATUS_DP
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import button, icon_button
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import FILL, View, canvas, column, icon, row, spacer, stack, text

PACKAGE = "com.android.camera2"
CAMERA = "com.android.camera.CameraLauncher"
PERMISSION = "android.permission.CAMERA"
PHOTOS, VIDEOS = f"{STORAGE}/Pictures", f"{STORAGE}/Movies"
MODES = ("Photo", "Video")
PHOTO, VIDEO = range(2)
WHITE = "#FFFFFF"
PALETTES = (
    ((84, 140, 200), (214, 230, 240), (255, 246, 214), (122, 150, 150), (78, 112, 84)),
    ((44, 62, 102), (240, 168, 128), (255, 226, 178), (116, 92, 124), (58, 52, 84)),
    ((120, 176, 214), (246, 238, 220), (255, 250, 232), (178, 160, 120), (140, 116, 78)),
    ((70, 110, 130), (222, 200, 180), (250, 232, 200), (104, 120, 128), (54, 74, 84)),
)
"""Colours of a photo: the sky at the top and at the horizon, the sun, far and near hills."""
WIDTH, HEIGHT = 144, 192
"""Size of a stored photo, px."""


class Camera(App):
    """One screen."""

    package = PACKAGE
    label = "Camera"
    icon = "camera"
    color = "#C2185B"
    activities = {CAMERA: "camera"}
    launcher = CAMERA
    permissions = (PERMISSION, "android.permission.RECORD_AUDIO")
    filters = (
        {"activity": CAMERA, "action": MAIN},
        {"activity": CAMERA, "action": "android.media.action.STILL_IMAGE_CAMERA"},
        {"activity": CAMERA, "action": "android.media.action.IMAGE_CAPTURE"},
        {"activity": CAMERA, "action": "android.media.action.VIDEO_CAMERA"},
        {"activity": CAMERA, "action": "android.media.action.VIDEO_CAPTURE"},
    )

    def install(self, phone: Phone) -> None:
        for name in self.permissions:
            phone.packages.grant(PACKAGE, name)

    def on_pause(self, activity: Activity) -> None:
        if activity.state.get("recording_us") is not None:
            self._shoot(activity)  # leaving the camera ends the recording

    def camera(self, activity: Activity) -> Page:
        """Viewfinder, mode and shutter."""
        state, phone = activity.state, activity.phone
        if not phone.packages.granted(PACKAGE, PERMISSION):
            return self._refused(activity)
        if "mode" not in state:
            state["mode"] = int("VIDEO" in activity.intent["action"])
        recording = state.get("recording_us")
        look = {"width": FILL, "height": FILL, "weight": 1, "desc": "Viewfinder", "id": "preview_content"}
        view = canvas(draw_scene, bool(state.get("front")), bool(state.get("grid")), **look)
        options = self._options(activity)
        modes = [] if recording else [self._mode(state, mode) for mode in range(len(MODES))]
        thumb, shutter, flip = self._thumbnail(activity), self._shutter(activity), self._flip(state)
        if phone.size[0] > phone.size[1]:
            left = column(*options, height=FILL, padding=(16, 8, 8, 32), align="center")
            right = column(
                flip, shutter, thumb, height=FILL, justify="between", padding=(16, 16, 40, 40), align="center"
            )
            middle = column(*modes, width=96, height=FILL, justify="center", align="center")
            page = row(left, view, middle, right, width=FILL, height=FILL, padding=(0, STATUS_DP, 0, 0))
        else:
            page = column(
                row(*options, width=FILL, padding=(8, 40, 8, 8)),
                view,
                row(*modes, width=FILL, height=48, justify="center"),
                row(thumb, shutter, flip, width=FILL, justify="between", padding=(40, 8, 40, 56)),
                width=FILL,
                height=FILL,
            )
        return Page(
            page,
            [self._menu(state)] if state.get("menu") else [],
            full_screen=True,
            background="#000000",
            status_color=WHITE,
            live=recording is not None,
            title="Camera",
        )

    def _options(self, activity: Activity) -> list[View | None]:
        """Flash, the length of the recording, settings."""
        state = activity.state
        flash, recording = bool(state.get("flash")), state.get("recording_us")
        seconds = (activity.phone.now_us - recording) // 1_000_000 if recording else 0
        time = text(f"{seconds // 60:02d}:{seconds % 60:02d}", "title_medium", WHITE, id="recording_time")

        def switch_flash() -> None:
            state.update(flash=not flash)

        glyph, desc = ("flash", "Flash on") if flash else ("flash-off", "Flash off")
        return [
            icon_button(glyph, switch_flash, desc, foreground=WHITE),
            spacer(weight=1),
            time if recording else None,
            spacer(weight=1),
            icon_button("cog-outline", lambda: state.update(menu=True), "Settings", foreground=WHITE),
        ]

    def _menu(self, state: dict[str, Any]) -> View:
        grid = bool(state.get("grid"))
        items = [("Hide grid lines" if grid else "Show grid lines", lambda: state.update(grid=not grid))]
        return menu(items, lambda: state.update(menu=False))

    def _mode(self, state: dict[str, Any], mode: int) -> View:
        selected = mode == state["mode"]
        return text(
            MODES[mode],
            "title_medium",
            WHITE if selected else "#B0FFFFFF",
            padding=(16, 12),
            key=MODES[mode],
            selected=selected,
            on_click=lambda: state.update(mode=mode),
            id="mode",
        )

    def _shutter(self, activity: Activity) -> View:
        state = activity.state
        recording = state.get("recording_us")
        inner = View(
            "box",
            "android.view.View",
            width=28 if recording else 56,
            height=28 if recording else 56,
            radius=6 if recording else 28,
            background="#EA4335" if state["mode"] == VIDEO else WHITE,
            gravity="center",
        )
        return stack(
            inner,
            width=76,
            height=76,
            radius=38,
            border=WHITE,
            desc="Shutter",
            id="shutter_button",
            on_click=lambda: self._shoot(activity),
            cls="android.widget.ImageView",
        )

    def _thumbnail(self, activity: Activity) -> View:
        """The last picture or video; a tap opens it."""
        last = newest(activity.phone)
        if last and not last.endswith(".mp4"):
            small = picture_of(activity.phone, last, "", cover=True, radius=24)
        else:
            small = icon("play" if last else "image-off-outline", 22, WHITE, gravity="center")
        return stack(
            small,
            width=48,
            height=48,
            radius=24,
            background="#40FFFFFF",
            id="rounded_thumbnail_view",
            desc="Last photo" if last else "No photos yet",
            enabled=bool(last),
            on_click=(lambda: self._open(activity, last)) if last else None,
        )

    def _flip(self, state: dict[str, Any]) -> View:
        def flip() -> None:
            state.update(front=not state.get("front"))

        look = {"foreground": WHITE, "background": "#40FFFFFF"}
        return icon_button("camera-flip-outline", flip, "Switch camera", **look)

    def _refused(self, activity: Activity) -> Page:
        body = column(
            icon("camera-off-outline", 72, "outline"),
            text("Camera needs your permission to take pictures", "title_medium"),
            button("Allow", lambda: activity.ask(PERMISSION, "camera")),
            gap=16,
            align="center",
            justify="center",
            width=FILL,
            height=FILL,
        )
        return Page(body, title="Camera")

    def _open(self, activity: Activity, path: str) -> None:
        kind = "video/mp4" if path.endswith(".mp4") else "image/jpeg"
        activity.start(intent(VIEW, data=f"file://{path}", type=kind))

    def _shoot(self, activity: Activity) -> None:
        state, phone = activity.state, activity.phone
        if state["mode"] == PHOTO:
            self._keep(activity, PHOTOS, "IMG", "jpg", picture(phone.rng("camera")))
        elif state.get("recording_us") is None:
            state["recording_us"] = phone.now_us
        else:
            length = phone.now_us - state["recording_us"]
            state["recording_us"] = None
            self._keep(activity, VIDEOS, "VID", "mp4", film(length // 1000))

    def _keep(self, activity: Activity, folder: str, start: str, kind: str, data: bytes) -> None:
        files = activity.phone.files
        try:
            files.mkdir(folder, parents=True)
            files.write(free_name(activity.phone, folder, start, kind), data)
        except OSError:
            activity.toast("Couldn’t save it")


def free_name(phone: Phone, folder: str, start: str, kind: str) -> str:
    """``IMG_20231015_153400.jpg``, with a number at the end if that name is taken."""
    stem = f"{folder}/{start}_{phone.now:%Y%m%d_%H%M%S}"
    path, number = f"{stem}.{kind}", 0
    while phone.files.exists(path):
        number += 1
        path = f"{stem}_{number}.{kind}"
    return path


def newest(phone: Phone) -> str:
    """Path of the last photo or video; empty if there is none."""
    paths = [path for folder in (PHOTOS, VIDEOS) if phone.files.isdir(folder) for path in phone.files.walk(folder)]
    return max(paths, key=lambda path: (phone.files.stat(path).mtime_us, path), default="")


def picture(random: np.random.Generator) -> bytes:
    """A small random landscape as PNG: sky, sun, two rows of hills."""
    middle = WIDTH * random.uniform(0.2, 0.8), HEIGHT * random.uniform(0.2, 0.4)
    palette = np.array(PALETTES[random.integers(len(PALETTES))], float)
    high, low, sun, far, near = palette.reshape(5, 1, 1, 3)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH][..., None].astype(float)
    share = np.clip(y / (0.7 * HEIGHT), 0, 1)
    pixels = high + (low - high) * share
    away = np.hypot(x - middle[0], y - middle[1])
    pixels += (sun - pixels) * np.clip(0.11 * WIDTH - away, 0, 1)
    for base, rise, color in ((0.58, 0.07, far), (0.74, 0.06, near)):
        waves = np.sin(6.3 * x / WIDTH + random.uniform(0, 6)) + 0.5 * np.sin(14 * x / WIDTH + random.uniform(0, 6))
        shade = color * (1.05 - 0.25 * y / HEIGHT)
        pixels += (shade - pixels) * np.clip(y - HEIGHT * (base - rise * waves) + 0.5, 0, 1)
    rows = np.concatenate(
        [np.zeros((HEIGHT, 1), np.uint8), pixels.clip(0, 255).astype(np.uint8).reshape(HEIGHT, -1)], axis=1
    ).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows, 6)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def film(milliseconds: int) -> bytes:
    """An MP4 without frames: its type, and a header with its length."""
    movie = struct.pack(">I4sIIIII", 28, b"mvhd", 0, 0, 0, 1000, int(milliseconds))
    return struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 512, b"isom") + struct.pack(">I4s", 36, b"moov") + movie


def draw_scene(brush: Brush, rect: Rect, look: Theme, front: bool, grid: bool) -> None:
    """What the camera sees: a table by a window, or in front whoever holds the phone; with grid lines in thirds."""
    left, top, right, bottom = rect
    brush.canvas.save()
    brush.clip(rect)
    if front:
        _draw_person(brush, left, top, right, bottom)
    else:
        _draw_table(brush, left, top, right, bottom)
    brush.canvas.restore()
    width, height = right - left, bottom - top
    for part in (1, 2) if grid else ():
        x, y = left + part * width / 3, top + part * height / 3
        brush.line(x, top, x, bottom, "#80FFFFFF", look.px(1))
        brush.line(left, y, right, y, "#80FFFFFF", look.px(1))


def _draw_person(brush: Brush, left: float, top: float, right: float, bottom: float) -> None:
    """Head and shoulders before a wall."""
    x, y = (left + right) / 2, top + 0.42 * (bottom - top)
    unit = min(right - left, 0.7 * (bottom - top))
    brush.gradient((left, top, right, bottom), ["#E4DCD0", "#C3B5A2"])
    brush.rect((x - 0.46 * unit, y + 0.36 * unit, x + 0.46 * unit, bottom + unit), "#40577A", 0.22 * unit)
    brush.rect((x - 0.1 * unit, y + 0.12 * unit, x + 0.1 * unit, y + 0.44 * unit), "#C98F6B", 0.08 * unit)
    brush.circle(x, y - 0.05 * unit, 0.255 * unit, "#3B2A23")
    brush.rect((x - 0.19 * unit, y - 0.2 * unit, x + 0.19 * unit, y + 0.27 * unit), "#DBA37E", 0.17 * unit)
    for side in (-1, 1):
        brush.circle(x + side * 0.08 * unit, y + 0.01 * unit, 0.018 * unit, "#2B211D")
    brush.arc((x - 0.07 * unit, y + 0.06 * unit, x + 0.07 * unit, y + 0.17 * unit), 20, 140, "#9C5A45", 0.014 * unit)


def _draw_table(brush: Brush, left: float, top: float, right: float, bottom: float) -> None:
    """Fruit and a cup on a table by a window."""
    width, height = right - left, bottom - top
    unit = min(width, 0.75 * height)
    x, edge = (left + right) / 2, top + 0.64 * height
    brush.gradient((left, top, right, bottom), ["#EFE9E1", "#DDD2C4", "#C9BBA9"])
    frame = (x - 0.36 * unit, top + 0.07 * height, x + 0.36 * unit, edge - 0.14 * unit)
    pane = (frame[0] + 0.025 * unit, frame[1] + 0.025 * unit, frame[2] - 0.025 * unit, frame[3] - 0.025 * unit)
    brush.rect(frame, "#FBFAF7", 0.01 * unit)
    brush.gradient(pane, ["#7FB2DD", "#BFDDF0", "#F3E9D2"])
    brush.canvas.save()
    brush.clip(pane)
    foot = pane[3]
    for shift, size, color in ((-0.2, 0.3, "#9DB7A0"), (0.22, 0.36, "#86A68B"), (0.0, 0.24, "#6C9173")):
        brush.circle(x + shift * unit, foot + 0.16 * unit, size * unit, color)
    brush.canvas.restore()
    brush.rect((x - 0.006 * unit, pane[1], x + 0.006 * unit, pane[3]), "#FBFAF7")
    brush.gradient((left, edge, right, bottom), ["#A9825F", "#7E5B3F"])
    brush.rect((left, edge, right, edge + 0.012 * unit), "#C39B75")
    cup = (x - 0.34 * unit, edge - 0.12 * unit, x - 0.14 * unit, edge + 0.12 * unit)
    brush.rect((cup[0], cup[3] - 0.03 * unit, cup[2] + 0.05 * unit, cup[3] + 0.02 * unit), "#40000000", 0.025 * unit)
    brush.arc(
        (cup[2] - 0.05 * unit, cup[1] + 0.05 * unit, cup[2] + 0.07 * unit, cup[3] - 0.07 * unit),
        -90,
        180,
        "#E8E4DC",
        0.025 * unit,
    )
    brush.rect(cup, "#F4F1EA", (0.01 * unit, 0.01 * unit, 0.05 * unit, 0.05 * unit))
    for shift, size, color, light in ((0.09, 0.105, "#C23B32", "#DD6A5C"), (0.28, 0.095, "#D9A032", "#EBC269")):
        middle = edge + 0.08 * unit
        brush.rect(
            (
                x + (shift - size) * unit,
                middle + 0.72 * size * unit,
                x + (shift + size) * unit,
                middle + 1.1 * size * unit,
            ),
            "#40000000",
            0.19 * size * unit,
        )
        brush.circle(x + shift * unit, middle, size * unit, color)
        brush.circle(x + (shift - 0.3 * size) * unit, middle - 0.35 * size * unit, 0.3 * size * unit, light)
        brush.line(
            x + shift * unit,
            middle - 0.95 * size * unit,
            x + (shift + 0.02) * unit,
            middle - 1.3 * size * unit,
            "#5B4636",
            0.012 * unit,
        )
