"""The camera: a viewfinder on an invented scene, photos and videos as files.

Pictures are drawn from the phone's own dice; a photo is a PNG under a name that ends in ``.jpg`` as the camera's do, a
video an empty shell of an MP4 with its length: nothing here decodes video.
"""

import struct
import zlib
from typing import Any

from palaestra.envs.android.apps.gallery import shown
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.bars import STATUS_DP
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    button,
    canvas,
    column,
    icon,
    icon_button,
    menu,
    row,
    spacer,
    stack,
    text,
)

PACKAGE = "com.android.camera2"
CAMERA = "com.android.camera.CameraLauncher"
PERMISSION = "android.permission.CAMERA"
PHOTOS, VIDEOS = f"{STORAGE}/Pictures", f"{STORAGE}/Movies"
MODES = ("Photo", "Video")
PALETTES = (
    ((84, 140, 200), (214, 230, 240), (255, 246, 214), (122, 150, 150), (78, 112, 84)),
    ((44, 62, 102), (240, 168, 128), (255, 226, 178), (116, 92, 124), (58, 52, 84)),
    ((120, 176, 214), (246, 238, 220), (255, 250, 232), (178, 160, 120), (140, 116, 78)),
    ((70, 110, 130), (222, 200, 180), (250, 232, 200), (104, 120, 128), (54, 74, 84)),
)
"""Of photos: the sky high and low, the sun, hills far and near."""
WIDTH, HEIGHT = 144, 192
"""Of a stored photo, px."""


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

    def install(self, phone: Phone):
        for name in self.permissions:
            phone.packages.grant(PACKAGE, name)

    def on_pause(self, activity: Activity):
        if activity.state.get("recording_us") is not None:
            self._shoot(activity)  # who leaves the camera stops the film

    def camera(self, activity: Activity) -> Page:
        """Viewfinder, mode and shutter."""
        state, phone = activity.state, activity.phone
        if not phone.packages.granted(PACKAGE, PERMISSION):
            return self._refused(activity)
        if "mode" not in state:
            state["mode"] = int("VIDEO" in activity.intent["action"])
        recording = state.get("recording_us")
        front = bool(state.get("front"))
        wide = phone.size[0] > phone.size[1]
        view = canvas(
            draw_scene,
            front,
            bool(state.get("grid")),
            width=FILL,
            height=FILL,
            weight=1,
            desc="Viewfinder",
            id="preview_content",
        )
        seconds = (phone.now_us - recording) // 1_000_000 if recording else 0
        options = [
            icon_button(
                "flash-off" if not state.get("flash") else "flash",
                lambda: state.update(flash=not state.get("flash")),
                "Flash on" if state.get("flash") else "Flash off",
                foreground="#FFFFFF",
            ),
            spacer(weight=1),
            text(f"{seconds // 60:02d}:{seconds % 60:02d}", "title_medium", "#FFFFFF", id="recording_time")
            if recording
            else None,
            spacer(weight=1),
            icon_button("cog-outline", lambda: state.update(menu=True), "Settings", foreground="#FFFFFF"),
        ]
        modes = (
            [
                text(
                    name,
                    "title_medium",
                    "#FFFFFF" if i == state["mode"] else "#B0FFFFFF",
                    padding=(16, 12),
                    key=name,
                    selected=i == state["mode"],
                    on_click=lambda i=i: self._turn(activity, i),
                    id="mode",
                )
                for i, name in enumerate(MODES)
            ]
            if not recording
            else []
        )
        thumb, shutter, flip = self._buttons(activity)
        if wide:
            left = column(*options, height=FILL, padding=(16, 8, 8, 32), align="center")
            right = column(
                flip, shutter, thumb, height=FILL, justify="between", padding=(16, 16, 40, 40), align="center"
            )
            chosen = column(*modes, width=96, height=FILL, justify="center", align="center")
            page = row(left, view, chosen, right, width=FILL, height=FILL, padding=(0, STATUS_DP, 0, 0))
        else:
            page = column(
                row(*options, width=FILL, padding=(8, 40, 8, 8)),
                view,
                row(*modes, width=FILL, height=48, justify="center"),
                row(thumb, shutter, flip, width=FILL, justify="between", padding=(40, 8, 40, 56)),
                width=FILL,
                height=FILL,
            )
        windows = []
        if state.get("menu"):
            grid = bool(state.get("grid"))
            items = [("Hide grid lines" if grid else "Show grid lines", lambda: state.update(grid=not grid))]
            windows = [menu(items, lambda: state.update(menu=False))]
        return Page(
            page,
            windows,
            full_screen=True,
            background="#000000",
            status_color="#FFFFFF",
            tick=1000 if recording else 0,
            title="Camera",
        )

    def _buttons(self, activity: Activity) -> tuple[View, View, View]:
        """The last picture, the shutter, and what turns the camera round."""
        state, phone = activity.state, activity.phone
        video, recording = state["mode"] == 1, state.get("recording_us")
        inner = View(
            "box",
            "android.view.View",
            width=28 if recording else 56,
            height=28 if recording else 56,
            radius=6 if recording else 28,
            background="#EA4335" if video else "#FFFFFF",
            gravity="center",
        )
        shutter = stack(
            inner,
            width=76,
            height=76,
            radius=38,
            border="#FFFFFF",
            desc="Shutter",
            id="shutter_button",
            on_click=lambda: self._shoot(activity),
            cls="android.widget.ImageView",
        )
        last = newest(phone)
        if last and not last.endswith(".mp4"):
            small = shown(phone, last, "", cover=True, radius=24)
        else:
            small = icon("play" if last else "image-off-outline", 22, "#FFFFFF", gravity="center")
        thumb = stack(
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
        flip = icon_button(
            "camera-flip-outline",
            lambda: state.update(front=not state.get("front")),
            "Switch camera",
            foreground="#FFFFFF",
            background="#40FFFFFF",
        )
        return thumb, shutter, flip

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

    def _turn(self, activity: Activity, mode: int) -> None:
        activity.state["mode"] = mode

    def _open(self, activity: Activity, path: str) -> None:
        kind = "video/mp4" if path.endswith(".mp4") else "image/jpeg"
        activity.start(intent(VIEW, data=f"file://{path}", type=kind))

    def _shoot(self, activity: Activity) -> None:
        state, phone = activity.state, activity.phone
        if state["mode"] == 0:
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
    """``IMG_20231015_153400.jpg``, with a number behind it if it is taken."""
    stem = f"{folder}/{start}_{phone.now:%Y%m%d_%H%M%S}"
    path, number = f"{stem}.{kind}", 0
    while phone.files.exists(path):
        number += 1
        path = f"{stem}_{number}.{kind}"
    return path


def newest(phone: Phone) -> str:
    """The last photo or video; empty if there is none."""
    paths = [path for folder in (PHOTOS, VIDEOS) if phone.files.isdir(folder) for path in phone.files.walk(folder)]
    return max(paths, key=lambda path: (phone.files.stat(path).mtime_us, path), default="")


def picture(random: Any) -> bytes:
    """A small landscape as PNG, drawn with dice: sky, sun, two rows of hills."""
    import numpy as np

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


def draw_scene(brush, rect, look, front: bool, grid: bool) -> None:
    """What the camera sees: a table by a window, or who holds the phone; with grid lines in thirds."""
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


def _draw_person(brush, left, top, right, bottom) -> None:
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


def _draw_table(brush, left, top, right, bottom) -> None:
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
