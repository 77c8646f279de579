"""Quarter turns: the frame keeps its shape, what it shows is turned, and fingers hit what they touch."""

import numpy as np
import pytest

from palaestra.envs.android.bridge.simulator import PhoneSimulator
from palaestra.envs.android.drawing.paint import Painter
from palaestra.envs.android.ui import editing
from palaestra.envs.android.ui.rotation import area_to_frame, area_to_shown, shown_size, to_shown
from palaestra.envs.android.ui.tree import walk

NATURAL = (1080, 2400)


def turn(phone, turns):
    phone.settings.put("system", "user_rotation", str(turns))
    phone.settle()


@pytest.mark.parametrize("turns", range(4))
def test_there_and_back(turns):
    area = (10, 20, 300, 500)
    width, height = shown_size(NATURAL, turns)
    frame = area_to_frame(area, NATURAL, turns)
    assert area_to_shown(frame, NATURAL, turns) == area
    assert 0 <= frame[0] < frame[2] <= NATURAL[0]
    assert 0 <= frame[1] < frame[3] <= NATURAL[1]
    corner = {0: (0, 0), 1: (1079, 0), 2: (1079, 2399), 3: (0, 2399)}[turns]
    assert to_shown(*corner, NATURAL, turns) == (0, 0)
    assert (width, height) == ((1080, 2400), (2400, 1080))[turns % 2]


@pytest.mark.parametrize("turns", range(4))
def test_the_frame_shows_the_turned_content(phone, turns):
    phone.open_app("Notes")
    turn(phone, turns)
    assert phone.size == shown_size(NATURAL, turns)
    frame = phone.frame()
    assert frame.shape == (2400, 1080, 3)
    upright = Painter(phone.size, phone.size).frame(phone.windows(), phone.theme, None)
    difference = np.abs(np.rot90(upright, -turns).astype(int) - frame)
    assert difference.mean() < 0.3
    assert (difference > 60).mean() < 0.005


@pytest.mark.parametrize("turns", range(4))
def test_touches_of_the_frame_reach_what_is_seen_there(phone, turns):
    phone.open_app("Notes")
    turn(phone, turns)
    phone.render = (270, 600)
    add = next(view for view in walk(phone.window("app").root) if view.desc == "Add note")
    left, top, right, bottom = area_to_frame(add.bounds, NATURAL, turns)
    x, y = int((left + right) / 8), int((top + bottom) / 8)
    simulator = PhoneSimulator(phone)
    simulator.send_touch([(x, y, True, 0)])
    simulator.send_touch([(x, y, False, 0)])
    assert phone.foreground[1].endswith(".Edit")


def test_a_focused_field_stays_in_sight_when_the_phone_turns(full):
    def lies_in_sight():
        field = editing.field(full)
        top, bottom = full.window("app").bounds[1], full.window("keyboard").bounds[1]
        return field.clip == field.bounds and top <= field.bounds[1] and field.bounds[3] <= bottom

    full.shell("am start -a android.intent.action.INSERT -t vnd.android.cursor.dir/contact")
    full.settle()
    full.swipe(540, 1200, 540, 600)
    full.settle()
    full.tap_on("email")
    for turns in (1, 2, 3, 0):
        turn(full, turns)
        assert (editing.field(full).key, lies_in_sight()) == ("email", True), turns
    full.shell("am start -a android.settings.WIFI_SETTINGS")
    full.settle()
    full.tap_on("Harbour Cafe")
    for turns in (1, 0, 3):  # a dialog has little room above the keyboard
        turn(full, turns)
        assert (editing.field(full).label, lies_in_sight()) == ("Password", True), turns
        assert full.seen("Connect").clip[3] <= full.window("keyboard").bounds[1]


def test_turned_frames_do_not_depend_on_the_ones_before(phone):
    random = np.random.default_rng(0)
    phone.open_app("Notes")
    for _ in range(30):
        if random.random() < 0.2:
            turn(phone, int(random.integers(4)))
        width, height = phone.size
        phone.touch([(random.uniform(0, width - 1), random.uniform(0, height - 1), bool(random.random() < 0.5), 0)])
        phone.advance(100)
        fresh = Painter(phone.natural, phone.render).frame(
            phone.windows(), phone.theme, phone.state["pressed"], phone.turns
        )
        np.testing.assert_array_equal(phone.frame(), fresh)
