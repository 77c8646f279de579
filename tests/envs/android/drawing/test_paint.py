"""Pixels: what is drawn again is what a drawing from nothing would show, and colours are where an eye expects them."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from palaestra.data.errors import InputError
from palaestra.envs.android.device import Device
from palaestra.envs.android.drawing import display_list
from palaestra.envs.android.drawing.paint import Bands, Painter, png
from palaestra.envs.android.ui import theme as looks
from palaestra.envs.android.ui.controls import button, checkbox, chip, fab, radio, slider, switch, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.fonts import glyph
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, card, list_item, scaffold, tabs
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.screen import Window
from palaestra.envs.android.ui.tree import named
from palaestra.envs.android.ui.view import FILL, View, canvas, column, icon, progress, row, scroll, spacer, stack, text

SIZE = (1080, 2400)
LIGHT, DARK = looks.theme("light"), looks.theme("dark")


def window(root: View, name: str = "app", theme=LIGHT, scrolls=None, focus=None) -> Window:
    root.key = root.key or name
    bounds = (0, 0, *SIZE)
    arrange(root, bounds, theme, scrolls or {}, focus)
    return Window(name, "com.example", "", root, bounds, "application", "", scrolls or {})


def shown(root: View, render=SIZE, theme=LIGHT, pressed=None, **options) -> np.ndarray:
    return Painter(SIZE, render).frame([window(root, theme=theme, **options)], theme, pressed)


def page(number: int) -> View:
    """A page with everything on it; the number changes some of it."""
    return scaffold(
        app_bar(f"Page {number}", back=lambda: None),
        scroll(
            tabs(["One", "Two"], number % 2, lambda i: None),
            row(button("Save", lambda: None), button("No", lambda: None, "outlined"), chip("On", number % 3 == 0)),
            row(
                switch(number % 2 == 0, lambda on: None),
                checkbox(number % 3 == 0, lambda on: None, text="Box"),
                radio(True, lambda on: None, enabled=number % 5 != 0),
            ),
            slider(number % 100, 0, 100, lambda value: None),
            progress(number % 7 / 7),
            progress(None, circular=True),
            text_field(f"Text {number}", lambda value: None, label="Name", id="name"),
            text_field("Several\nlines", lambda value: None, label="Note", input_type="multiline", style="filled"),
            *(card(text(f"Card {i}", "title_medium"), text("😀 漢 words " * (i + number % 4))) for i in range(6)),
            *(list_item(f"Row {i}", "below", leading=icon("wifi"), on_click=lambda: None) for i in range(12)),
            id="list",
            gap=8,
            padding=16,
        ),
        fab=fab("plus", lambda: None, "Add") if number % 4 else None,
        bottom=bottom_bar([("home", "Home"), ("cog", "Settings")], number % 2, lambda i: None),
        snackbar="Deleted" if number % 3 == 1 else None,
    )


@pytest.mark.parametrize("render", [(270, 600), (411, 913), (1080, 2400), (33, 47)])
def test_a_picture_does_not_depend_on_the_pictures_before_it(render):
    random = np.random.default_rng(render[0])
    # a device keeps bands that were drawn before; these have room for two or three pictures
    painter = Painter(SIZE, render, Bands(8 * render[0] * render[1]))
    changed, last = 0, None
    for _ in range(25):
        number = int(random.integers(12))
        path = f"app/1/content/list/{random.integers(30)}"
        app = window(page(number), scrolls={"app/content/list": int(random.choice([0, 40, 777]))})
        windows = [app]
        if random.random() < 0.3:
            windows.append(window(dialog("Sure?", "It is gone then.", buttons=[("OK", None)]), "app:1"))
        if random.random() < 0.3:
            windows.append(window(menu([("Copy", None)], anchor=(200, 300, 400, 500)), "app:2"))
        pressed = ["app", path] if random.random() < 0.5 else None
        theme = DARK if random.random() < 0.1 else LIGHT
        seen = painter.frame(windows, theme, pressed)
        np.testing.assert_array_equal(seen, Painter(SIZE, render).frame(windows, theme, pressed))
        changed += last is not None and not np.array_equal(seen, last)
        last = seen
    assert changed > 15


@pytest.mark.parametrize("seed", [0, 1])
def test_a_phone_that_is_used_looks_like_one_drawn_from_nothing(seed):
    random = np.random.default_rng(seed)
    device = Device(render=(270, 600))
    labels = [app.label for app in device.apps.values() if app.launcher]
    for _ in range(150):
        chance = random.random()
        if chance < 0.75:
            x, y = random.uniform(0, SIZE[0] - 1), random.uniform(0, SIZE[1] - 1)
            device.touch([(x, y, chance < 0.45, 0)])
        elif chance < 0.85:
            device.press(str(random.choice(["BACK", "HOME", "APP_SWITCH", "NOTIFICATION"])))
        elif chance < 0.92:
            device.type_text("ab c")
        else:
            device.open_app(str(random.choice(labels)))
        device.advance(100)
        seen = device.frame()
        fresh = Painter(device.size, device.render).frame(device.windows(), device.theme, device.state["pressed"])
        np.testing.assert_array_equal(seen, fresh)


def test_frames_are_the_callers_own_and_contiguous():
    device = Device(render=(270, 600))
    first, second = device.frame(), device.frame()
    assert first.shape == (600, 270, 3)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    first[:] = 0
    np.testing.assert_array_equal(device.frame(), second)


PRINT_FRAMES = """
import hashlib
from palaestra.envs.android.device import Device
device = Device(render=(411, 913), theme="dark")
digest = hashlib.sha256()
for x, y in ((540, 2200), (900, 300), (540, 1200), (300, 1800)):
    device.tap(x, y)
    device.advance(300)
    digest.update(device.frame().tobytes())
device.shade(True, quick=True)
digest.update(device.frame().tobytes())
print(digest.hexdigest())
"""


def test_frames_are_the_same_in_other_processes():
    def run(hash_seed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PRINT_FRAMES],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PATH": "/usr/bin:/bin"},
        )
        return done.stdout.strip()

    assert len(run("1")) == 64
    assert run("1") == run("2")


def test_a_png_holds_the_frame():
    import io

    from PIL import Image

    device = Device()
    picture = np.asarray(Image.open(io.BytesIO(device.png((270, 600)))))
    np.testing.assert_array_equal(picture, Device(render=(270, 600)).frame())
    assert png(picture)[:4] == b"\x89PNG"


def test_colours_are_where_they_belong():
    square = View("box", "View", width=40, height=40, background="#FF0000")
    frame = shown(column(square, spacer(20), text("x"), background="#00FF00", width=FILL, height=FILL))
    assert frame[50, 50].tolist() == [255, 0, 0]
    assert frame[50, 106].tolist() == [0, 255, 0]
    assert frame[-1, -1].tolist() == [0, 255, 0]


def test_translucent_colours_let_through_what_lies_below():
    over = View("box", "View", width=40, height=40, background="#80FFFFFF")
    frame = shown(stack(over, background="#000000", width=FILL, height=FILL))
    assert frame[50, 50].tolist() == [128, 128, 128]


def test_dark_is_dark_and_light_is_light():
    light = shown(page(0))
    dark = shown(page(0), theme=DARK)
    assert light.mean() > 200
    assert dark.mean() < 60


def test_what_is_pressed_is_darker():
    root = column(list_item("Row", on_click=lambda: None, key="row"), width=FILL, height=FILL, background="surface")
    plain = shown(root)
    down = shown(root, pressed=["app", "app/row"])
    assert int(down[20, 1000].sum()) < int(plain[20, 1000].sum())
    np.testing.assert_array_equal(down[400:], plain[400:])


def test_what_cannot_be_used_is_paler():
    def darkest(enabled: bool) -> int:
        return int(shown(column(text("Save", enabled=enabled), background="#FFFFFF", width=FILL, height=FILL)).min())

    assert darkest(True) < 60 < darkest(False)


def test_long_text_ends_in_an_ellipsis_inside_its_box():
    narrow = text("A title that is much too long for its place", lines=1, width=100)
    frame = shown(column(narrow, background="#FFFFFF", width=FILL, height=FILL))
    ink = np.flatnonzero((frame[:80] < 128).all(-1).any(0))
    assert 200 < ink.max() <= 263
    assert LIGHT.ellipsize("A title that is much too long for its place", "body_large", 263).endswith("…")


def test_cursor_and_selection_are_seen():
    def field(**state) -> np.ndarray:
        root = column(
            text_field("Hello", lambda value: None, id="name", style="bare"),
            background="#FFFFFF",
            width=FILL,
            height=FILL,
        )
        return shown(root, focus={"path": "app/name"} | state)

    blue = lambda frame: (frame[..., 2].astype(int) - frame[..., 0] > 40).sum(0)  # noqa: E731
    caret = np.flatnonzero(blue(field(cursor=0, anchor=0)))
    assert caret.min() < 3
    assert np.ptp(caret) < 8
    selected = np.flatnonzero(blue(field(cursor=5, anchor=0)))
    assert np.ptp(selected) == pytest.approx(LIGHT.measure("Hello", "body_large"), abs=3)


def test_a_cursor_after_a_line_break_stands_in_the_next_line():
    root = column(
        text_field("one\ntwo", None, id="note", style="bare", input_type="multiline", padding=0),
        background="#FFFFFF",
        width=FILL,
        height=FILL,
    )
    frame = shown(root, focus={"path": "app/note", "cursor": 4, "anchor": 4})
    rows = np.flatnonzero((frame[..., 2].astype(int) - frame[..., 0] > 60).any(1))
    line = LIGHT.line_height("body_large")
    assert line <= rows.min()
    assert rows.max() < 2 * line


def test_cards_that_are_scrolled_away_do_not_cover_the_bar():
    def frame(offset: int) -> np.ndarray:
        root = column(
            View("box", "View", width=FILL, height=64, background="#00FF00"),
            scroll(*(card(text("Card"), background="#FF0000", elevation=5, height=200) for _ in range(20)), key="list"),
            width=FILL,
            height=FILL,
        )
        return shown(root, scrolls={"app/list": offset})

    for offset in (0, 100, 333):
        assert (frame(offset)[: LIGHT.px(64)] == [0, 255, 0]).all()


def test_pictures_keep_to_round_corners():
    def paint(brush, rect, theme) -> None:
        brush.rect(rect, "#FF0000")

    root = stack(canvas(paint, width=100, height=100, radius=50), background="#FFFFFF", width=FILL, height=FILL)
    frame = shown(root)
    assert frame[3, 3].tolist() == [255, 255, 255]
    assert frame[131, 131].tolist() == [255, 0, 0]


def test_own_drawing_never_leaves_its_view():
    def paint(brush, rect, theme) -> None:
        brush.rect((0, 0, 1080, 2400), "#FF0000")

    frame = shown(stack(canvas(paint, width=40, height=40), background="#FFFFFF", width=FILL, height=FILL))
    assert (frame == [255, 0, 0]).all(-1).sum() == 105 * 105


def test_only_what_can_be_seen_is_drawn(monkeypatch):
    drawn = []
    monkeypatch.setattr("palaestra.envs.android.drawing.paint.draw", lambda brush, entry: drawn.append(entry))
    top = stack(background="surface", width=FILL, height=FILL)
    painter = Painter(SIZE, (270, 600))
    painter.frame([window(page(0)), window(top, "shade")], LIGHT, None)
    assert {entry[4] for entry in drawn} == {"surface"}
    drawn.clear()
    painter.frame([window(page(0)), window(top, "shade")], LIGHT, None)
    assert not drawn


ROOT = Path(display_list.__file__).parents[1]


def test_every_icon_that_is_named_exists():
    names = set()
    for file in ROOT.rglob("*.py"):
        source = file.read_text()
        names |= set(re.findall(r"\b(?:icon|icon_button|fab)\(\s*\"([a-z0-9-]+)\"", source))
        names |= set(re.findall(r"\bicon=\"([a-z0-9-]+)\"", source))
        names |= set(re.findall(r"^\s+icon(?:: \S+)? = \"([a-z0-9-]+)\"", source, re.MULTILINE))
        names |= set(re.findall(r"\.glyph\(\s*\"([a-z0-9-]+)\"", source))
    assert len(names) > 20
    assert [name for name in sorted(names) if not glyph(name)] == []


def test_an_icon_that_does_not_exist_is_one_line():
    with pytest.raises(InputError, match="no icon named 'wifl'"):
        glyph("wifl")


def test_a_colour_that_does_not_exist_is_one_line():
    with pytest.raises(InputError, match="no colour named 'primery'"):
        LIGHT.color("primery")


def test_the_status_bar_shows_what_is_on():
    device = Device()

    def icons() -> set[str]:
        return {view.icon for view in device.window("status").root.children if view.icon}

    assert {"wifi", "bluetooth", "signal"} <= icons()
    device.settings.put("global", "airplane_mode_on", "1")
    device.settings.set_wifi(False)
    assert "airplane" in icons()
    assert not {"wifi", "signal"} & icons()


def test_tiles_of_the_shade_switch_settings():
    device = Device()
    device.shade(True, quick=True)
    tile = named(device.window("shade").root, "Do Not Disturb")
    left, top, right, bottom = tile.bounds
    assert not tile.checked
    device.tap((left + right) / 2, (top + bottom) / 2)
    assert device.settings.get("global", "zen_mode") == "1"
    assert named(device.window("shade").root, "Do Not Disturb").checked


def test_text_sizes_follow_the_setting():
    small = hashlib.sha256(Device(font_scale=1.0).frame().tobytes()).hexdigest()
    large = hashlib.sha256(Device(font_scale=1.3).frame().tobytes()).hexdigest()
    assert small != large
