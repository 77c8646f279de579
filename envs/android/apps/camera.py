"""The camera: a viewfinder on an invented scene, photos and videos as files.

Pictures are drawn from the phone's own dice; a photo is a PNG under a name that ends in ``.jpg`` as the camera's do, a
video an empty shell of an MP4 with its length: nothing here decodes video.
"""

import struct
import zlib
from typing import Any

from palaestra.envs.android.app import MAIN, VIEW, App, Page, intent
from palaestra.envs.android.files import STORAGE
from palaestra.envs.android.view import (
    FILL,
    View,
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
SAVING_MS = 300
WIDTH, HEIGHT = 96, 128
"""Of a stored photo, px."""


class Camera(App):
    """One screen."""

    package = PACKAGE
    label = "Camera"
    icon = "camera"
    color = "#37474F"
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

    def install(self, phone):
        for name in self.permissions:
            phone.packages.grant(PACKAGE, name)

    def on_pause(self, activity):
        if activity.state.get("recording_us") is not None:
            self._shoot(activity)  # who leaves the camera stops the film

    def camera(self, activity) -> Page:
        """Viewfinder, mode and shutter."""
        state, phone = activity.state, activity.phone
        if not phone.packages.granted(PACKAGE, PERMISSION):
            return self._refused(activity)
        if "mode" not in state:
            state["mode"] = int("VIDEO" in activity.intent["action"])
        recording = state.get("recording_us")
        front = bool(state.get("front"))
        view = canvas(draw_scene, front, bool(state.get("grid")), width=FILL, weight=1, desc="Viewfinder",
                      id="preview_content")  # fmt: skip
        seconds = (phone.now_us - recording) // 1_000_000 if recording else 0
        top = row(
            icon_button("flash-off" if not state.get("flash") else "flash",
                lambda: state.update(flash=not state.get("flash")),
                        "Flash on" if state.get("flash") else "Flash off", foreground="#FFFFFF"),
            spacer(weight=1),
            text(f"{seconds // 60:02d}:{seconds % 60:02d}", "title_medium", "#FFFFFF", id="recording_time")
            if recording else None,
            spacer(weight=1),
            icon_button("cog-outline", lambda: state.update(menu=True), "Settings", foreground="#FFFFFF"),
            width=FILL, padding=(8, 40, 8, 8),
        )  # fmt: skip
        modes = row(
            *(text(name, "title_medium", "#FFFFFF" if i == state["mode"] else "#B0FFFFFF", padding=(16, 12), key=name,
                   selected=i == state["mode"], on_click=lambda i=i: self._turn(activity, i), id="mode")
              for i, name in enumerate(MODES)),
            width=FILL, justify="center",
        )  # fmt: skip
        video = state["mode"] == 1
        inner = View("box", "android.view.View", width=28 if recording else 56, height=28 if recording else 56,
                     radius=6 if recording else 28, background="#EA4335" if video else "#FFFFFF",
                         gravity="center")  # fmt: skip
        shutter = stack(inner, width=76, height=76, radius=38, border="#FFFFFF", desc="Shutter", id="shutter_button",
                        on_click=lambda: self._shoot(activity), cls="android.widget.ImageView")  # fmt: skip
        last = newest(phone)
        thumb = stack(
            icon("image-outline" if last else "image-off-outline", 22, "#FFFFFF", gravity="center"),
            width=48, height=48, radius=24, background="#40FFFFFF", desc="Last photo" if last else "No photos yet",
            id="rounded_thumbnail_view", enabled=bool(last),
            on_click=(lambda: self._open(activity, last)) if last else None,
        )  # fmt: skip
        flip = icon_button("camera-flip-outline", lambda: state.update(front=not front), "Switch camera",
                           foreground="#FFFFFF", background="#40FFFFFF")  # fmt: skip
        bottom = row(thumb, shutter, flip, width=FILL, justify="between", padding=(40, 8, 40, 56))
        page = column(top, view, modes if not recording else None, bottom, width=FILL, height=FILL)
        windows = []
        if state.get("menu"):
            grid = bool(state.get("grid"))
            items = [("Hide grid lines" if grid else "Show grid lines", lambda: state.update(grid=not grid))]
            windows = [menu(items, lambda: state.update(menu=False))]
        return Page(page, windows, full_screen=True, background="#000000", status_color="#FFFFFF",
                    tick=1000 if recording else 0, title="Camera")  # fmt: skip

    def _refused(self, activity) -> Page:
        from palaestra.envs.android.view import button

        body = column(
            icon("camera-off-outline", 72, "outline"), text("Camera needs your permission to take pictures",
                "title_medium"),
            button("Allow", lambda: activity.ask(PERMISSION, "camera")), gap=16, align="center", justify="center",
            width=FILL, height=FILL,
        )  # fmt: skip
        return Page(body, title="Camera")

    def _turn(self, activity, mode: int) -> None:
        activity.state["mode"] = mode

    def _open(self, activity, path: str) -> None:
        kind = "video/mp4" if path.endswith(".mp4") else "image/jpeg"
        activity.start(intent(VIEW, data=f"file://{path}", type=kind))

    def _shoot(self, activity) -> None:
        state, phone = activity.state, activity.phone
        if state["mode"] == 0:
            self._keep(activity, PHOTOS, "IMG", "jpg", picture(phone.rng("camera")))
        elif state.get("recording_us") is None:
            state["recording_us"] = phone.now_us
        else:
            length = phone.now_us - state["recording_us"]
            state["recording_us"] = None
            self._keep(activity, VIDEOS, "VID", "mp4", film(length // 1000))

    def _keep(self, activity, folder: str, start: str, kind: str, data: bytes) -> None:
        files = activity.phone.files
        try:
            files.mkdir(folder, parents=True)
            files.write(free_name(activity.phone, folder, start, kind), data)
        except OSError:
            activity.toast("Couldn’t save it")


def free_name(phone, folder: str, start: str, kind: str) -> str:
    """``IMG_20231015_153400.jpg``, with a number behind it if it is taken."""
    stem = f"{folder}/{start}_{phone.now:%Y%m%d_%H%M%S}"
    path, number = f"{stem}.{kind}", 0
    while phone.files.exists(path):
        number += 1
        path = f"{stem}_{number}.{kind}"
    return path


def newest(phone) -> str:
    """The last photo or video; empty if there is none."""
    paths = [path for folder in (PHOTOS, VIDEOS) if phone.files.isdir(folder) for path in phone.files.walk(folder)]
    return max(paths, key=lambda path: (phone.files.stat(path).mtime_us, path), default="")


def picture(random: Any) -> bytes:
    """A small landscape as PNG, drawn with dice."""
    import numpy as np

    sky, land = random.integers(90, 240, 3), random.integers(20, 160, 3)
    heights = HEIGHT * (0.55 + 0.1 * np.sin(np.linspace(0, 6, WIDTH) + random.uniform(0, 6)))
    pixels = np.where(np.arange(HEIGHT)[:, None, None] < heights[None, :, None], sky, land).astype(np.uint8)
    pixels -= (np.arange(HEIGHT)[:, None, None] // 8).astype(np.uint8)
    rows = np.concatenate([np.zeros((HEIGHT, 1), np.uint8), pixels.reshape(HEIGHT, -1)], axis=1).tobytes()

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
    width, height = right - left, bottom - top
    _draw_view(brush, left, top, right, bottom, width, height, front)
    for part in (1, 2) if grid else ():
        x, y = left + part * width / 3, top + part * height / 3
        brush.line(x, top, x, bottom, "#80FFFFFF", look.px(1))
        brush.line(left, y, right, y, "#80FFFFFF", look.px(1))


def _draw_view(brush, left, top, right, bottom, width, height, front) -> None:
    if front:
        brush.gradient((left, top, right, bottom), ["#CFD8DC", "#90A4AE"])
        brush.circle(left + width / 2, top + 0.45 * height, 0.2 * width, "#FFCC80")
        brush.rect((left + 0.25 * width, top + 0.58 * height, left + 0.75 * width, bottom), "#5C6BC0", 0.1 * width)
        return
    brush.gradient((left, top, right, bottom), ["#B3E5FC", "#E1F5FE", "#D7CCC8"])
    brush.rect((left + 0.15 * width, top + 0.12 * height, left + 0.85 * width, top + 0.52 * height), "#FFFFFF", 12)
    brush.rect((left + 0.19 * width, top + 0.14 * height, left + 0.81 * width, top + 0.5 * height), "#81D4FA", 6)
    brush.circle(left + 0.66 * width, top + 0.22 * height, 0.06 * width, "#FFF59D")
    brush.polygon([(left + 0.19 * width, top + 0.5 * height), (left + 0.42 * width, top + 0.32 * height),
                   (left + 0.6 * width, top + 0.5 * height)], "#66BB6A")  # fmt: skip
    brush.rect((left, top + 0.66 * height, right, bottom), "#8D6E63")
    brush.rect((left, top + 0.66 * height, right, top + 0.68 * height), "#6D4C41")
    brush.circle(left + 0.4 * width, top + 0.64 * height, 0.09 * width, "#E53935")
    brush.circle(left + 0.58 * width, top + 0.65 * height, 0.075 * width, "#FDD835")
