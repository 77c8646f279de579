"""Pictures and videos of the shared storage: a grid, and one at a time."""

import functools
import io
from typing import Any

from palaestra.envs.android.apps.folders import folder_dialog
from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.content_types import file_behind
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import BROWSABLE, GET_CONTENT, MAIN, OPENABLE, PICK, VIEW
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.providers import mime_type
from palaestra.envs.android.ui.brush import Brush, Rect
from palaestra.envs.android.ui.controls import icon_button
from palaestra.envs.android.ui.dialogs import dialog, menu, yes_or_no
from palaestra.envs.android.ui.fonts import skia
from palaestra.envs.android.ui.groups import app_bar, list_item, more_options, placeholder, scaffold, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    canvas,
    column,
    icon,
    lazy_list,
    progress,
    row,
    spacer,
    stack,
    text,
)

PACKAGE = "com.simplemobiletools.gallery.pro"
GRID = f"{PACKAGE}.activities.MainActivity"
VIEWER = f"{PACKAGE}.activities.ViewPagerActivity"
PHOTO, VIDEO = f"{PACKAGE}.activities.PhotoActivity", f"{PACKAGE}.activities.VideoActivity"
"""The viewer as other apps open it."""
MEDIA = ("image/*", "video/*", "vnd.android.cursor.dir/image", "vnd.android.cursor.dir/video")
"""Types of what can be picked."""
COLUMNS, WIDE_COLUMNS = 3, 7
CELL_DP = 137
WHITE = "#FFFFFF"


class Gallery(App):
    """Grid and viewer."""

    package = PACKAGE
    label = "Gallery"
    icon = "image-multiple"
    color = "#5E35B1"
    system = False
    activities = {GRID: "grid", VIEWER: "viewer", PHOTO: "viewer", VIDEO: "viewer"}
    launcher = GRID
    filters = (
        {"activity": GRID, "action": MAIN},
        *intent_filters(GRID, PICK, types=MEDIA),
        *intent_filters(GRID, GET_CONTENT, types=MEDIA, category=OPENABLE),
        *intent_filters(PHOTO, VIEW, types=["image/*"], category=BROWSABLE),
        *intent_filters(VIDEO, VIEW, types=["video/*"], category=BROWSABLE),
        *intent_filters(VIEWER, "com.android.camera.action.REVIEW", types=["image/*", "video/*"], category=BROWSABLE),
    )

    def grid(self, activity: Activity) -> Page:
        """The newest first."""
        phone, state = activity.phone, activity.state
        paths = pictures(phone)
        columns = COLUMNS if phone.size[0] < phone.size[1] else WIDE_COLUMNS

        def build(index: int) -> View:
            cells = [self._cell(activity, path) for path in paths[index * columns : (index + 1) * columns]]
            cells += [spacer(weight=1) for _ in range(columns - len(cells))]
            return row(*cells, width=FILL, height=CELL_DP, gap=2)

        if paths:
            body = lazy_list(-(-len(paths) // columns), build, CELL_DP, id="media_grid")
        else:
            body = placeholder("image-off-outline", "No media files found")
        camera = icon_button("camera-outline", lambda: phone.open_app("Camera"), "Open camera")
        windows = [delete_dialog(activity, state["asked"])] if state.get("asked") else []
        return Page(scaffold(app_bar("Gallery", actions=[camera]), body), windows, title="Gallery")

    def _cell(self, activity: Activity, path: str) -> View:
        is_video = mime_type(path).startswith("video/")
        return stack(
            picture_of(activity.phone, path, "thumbnail", cover=True),
            icon("play-circle", 36, WHITE, gravity="center") if is_video else None,
            weight=1,
            height=CELL_DP - 2,
            desc=name_of(path),
            key=path,
            id="medium_thumbnail",
            on_click=lambda: open_picture(activity, path),
            on_long_click=lambda: activity.state.update(asked=path),
        )

    def viewer(self, activity: Activity) -> Page:
        """One picture or video; swipe for the next."""
        phone, state = activity.phone, activity.state
        path = state.get("path") or str(activity.intent["extras"].get("path") or "")
        path = path or file_behind(phone, activity.intent["data"])
        if not phone.files.exists(path):
            body = stack(text("This file isn’t there any more", "title_medium", WHITE, gravity="center"))
            return Page(body, background="#000000", status_color=WHITE, title="Gallery")
        paths = pictures(phone)

        def turn(way: str) -> None:
            if path in paths and way in ("left", "right"):
                place = paths.index(path) + (1 if way == "left" else -1)
                state.update(path=paths[min(max(place, 0), len(paths) - 1)], playing_us=None)

        player, playing = self._player(activity, path) if mime_type(path).startswith("video/") else ([], False)
        picture = picture_of(phone, path, name_of(path))
        middle = stack(picture, *player, weight=1, width=FILL, on_swipe=turn, key="picture")
        bar = toolbar(
            icon_button("arrow-left", activity.finish, "Back", foreground=WHITE),
            text(name_of(path), "title_medium", WHITE, 1, weight=1, id="toolbar_title"),
            more_options(lambda: state.update(menu=True), foreground=WHITE),
        )
        page = column(bar, middle, self._actions(activity, path), width=FILL, height=FILL)
        windows = self._windows(activity, path)
        return Page(page, windows, background="#000000", status_color=WHITE, title="Gallery", live=playing)

    def _actions(self, activity: Activity, path: str) -> View:
        state = activity.state

        def share() -> None:
            activity.toast("Nothing to share with")

        return row(
            icon_button("share-variant-outline", share, "Share", foreground=WHITE),
            icon_button("delete-outline", lambda: state.update(asked=path), "Delete", foreground=WHITE),
            icon_button("information-outline", lambda: state.update(info=True), "Properties", foreground=WHITE),
            width=FILL,
            justify="center",
            gap=48,
            padding=(0, 8, 0, 16),
        )

    def _windows(self, activity: Activity, path: str) -> list[View]:
        state = activity.state

        def close() -> None:
            state.update(info=False)

        if state.get("info"):
            lines = (f"Path: {path}", f"Size: {activity.phone.files.stat(path).size} B")
            return [dialog("Properties", *lines, buttons=[("OK", close)], on_dismiss=close)]
        if state.get("asked"):
            return [delete_dialog(activity, path)]
        return transfer_windows(activity, path)

    def _player(self, activity: Activity, path: str) -> tuple[list[View], bool]:
        """The overlay of a video, and whether it is playing."""
        phone, state = activity.phone, activity.state
        length = film_ms(phone.files.read(path))
        since = state.get("playing_us")
        gone = min((phone.now_us - since) // 1000, length) if since is not None else 0
        on = since is not None and gone < length
        play = icon_button(
            "pause" if on else "play",
            lambda: state.update(playing_us=None if on else phone.now_us),
            "Pause" if on else "Play",
            foreground=WHITE,
            background="#80000000",
            width=72,
            height=72,
            radius=36,
            size=40,
            gravity="center",
            id="video_play_outline",
        )
        times = row(
            text(clock_text(gone), "label_large", WHITE, id="video_curr_time"),
            progress(gone / length if length else 0.0, weight=1, id="video_seekbar"),
            text(clock_text(length), "label_large", WHITE, id="video_duration"),
            width=FILL,
            gap=12,
            padding=(24, 16),
            gravity="bottom",
        )
        return [play, times], on


def open_picture(activity: Activity, path: str) -> None:
    """Show a picture, or return it to the app that wants one."""
    if activity.intent["action"] in (PICK, GET_CONTENT):
        activity.finish({"data": f"file://{path}"})
    else:
        activity.start(VIEWER, path=path)


def film_ms(data: bytes) -> int:
    """The length in a film's header, ms; 0 if there is none."""
    at = data.find(b"mvhd")
    head = data[at + 4 : at + 24]
    scale = int.from_bytes(head[12:16], "big")
    return int.from_bytes(head[16:20], "big") * 1000 // scale if at >= 0 and scale else 0


def clock_text(ms: int) -> str:
    """Minutes and seconds, as in ``00:04``."""
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}"


def pictures(phone: Phone) -> list[str]:
    """Pictures and videos, the newest first."""
    kinds = ("image/", "video/")
    paths = [path for path in phone.files.walk(STORAGE) if mime_type(path).startswith(kinds) and "/." not in path]
    return sorted(paths, key=lambda path: (-phone.files.stat(path).mtime_us, path))


def delete_dialog(activity: Activity, path: str) -> View:
    """The dialog that asks before a file is deleted."""

    def cancel() -> None:
        activity.state["asked"] = ""

    def delete() -> None:
        cancel()
        activity.phone.files.remove(path)
        if activity.name != GRID:
            activity.finish()

    return yes_or_no(f"Are you sure you want to delete “{name_of(path)}”?", delete, cancel)


def transfer_windows(activity: Activity, path: str) -> list[View]:
    """The menu, and the dialogs for the folder to copy or move to: those with pictures first, then any other."""
    state = activity.state

    def begin(kind: str) -> None:
        state.update(transfer=kind, folder="")

    def cancel() -> None:
        state.update(transfer="")

    if state.get("menu"):
        items = [("Copy to", lambda: begin("copy")), ("Move to", lambda: begin("move"))]
        return [menu(items, lambda: state.update(menu=False))]
    kind = state.get("transfer")
    if not kind:
        return []
    if state["folder"]:
        return [
            folder_dialog(
                activity.phone,
                "Select a folder",
                state["folder"],
                on_open=lambda folder: state.update(folder=folder),
                on_cancel=cancel,
                select=("OK", lambda: transfer(activity, path, state["folder"])),
            )
        ]
    places = sorted({each.rpartition("/")[0] for each in pictures(activity.phone)})
    rows = [
        list_item(name_of(place), key=place, on_click=functools.partial(transfer, activity, path, place))
        for place in places
    ]
    buttons = [("Other folder", lambda: state.update(folder=path.rpartition("/")[0])), ("Cancel", cancel)]
    return [dialog("Select destination", *rows, buttons=buttons, on_dismiss=cancel)]


def transfer(activity: Activity, path: str, folder: str) -> None:
    """Copy or move a file to a folder where its name is free; a toast says what came of it."""
    state, files = activity.state, activity.phone.files
    kind, target = state["transfer"], f"{folder}/{name_of(path)}"
    state.update(transfer="")
    if target == path:
        activity.toast("Source and destination cannot be the same")
    elif files.exists(target):
        activity.toast(f"“{name_of(path)}” already exists there")
    else:
        try:
            (files.copy if kind == "copy" else files.move)(path, target)
        except OSError:
            activity.toast(f"Couldn’t {kind} it")
            return
        state["path"] = path if kind == "copy" else target
        activity.toast("Files copied successfully" if kind == "copy" else "Files moved successfully")


def picture_of(phone: Phone, path: str, desc: str, cover: bool = False, radius: float = 0) -> View:
    """A file as a picture, whole or cut to cover its place; a dark card if nothing can be decoded."""
    data = phone.files.read(path) if mime_type(path).startswith("image/") else b""
    return canvas(draw_file, data, cover, radius, width=FILL, height=FILL, desc=desc, cls="android.widget.ImageView")


@functools.lru_cache(maxsize=64)
def decoded(data: bytes) -> Any:
    """A Skia image of a file's bytes, or None."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > 1 << 24:
                return None
            import numpy as np

            pixels = np.array(image.convert("RGBA"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    module = skia()
    return module.Image.fromarray(pixels, colorType=module.kRGBA_8888_ColorType, copy=True)


def draw_file(brush: Brush, rect: Rect, look: Theme, data: bytes, cover: bool, radius: float) -> None:
    """The picture, fitted into its place."""
    image = decoded(data) if data else None
    if image is None:
        brush.rect(rect, "#3C4043" if cover else "#202124", look.px(radius))
        if data:
            brush.glyph("image-broken-variant", rect, (rect[2] - rect[0]) * 0.3, "#9AA0A6")
        return
    if cover:
        brush.canvas.save()
        brush.clip(rect, look.px(radius))
    brush.image(image, rect, cover)
    if cover:
        brush.canvas.restore()
