"""What fingers do, on screens drawn for the purpose."""

import datetime

import pytest

from palaestra.envs.android.ui import gestures
from palaestra.envs.android.ui.controls import button, slider, switch
from palaestra.envs.android.ui.dialogs import bottom_sheet, dialog
from palaestra.envs.android.ui.groups import list_item
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.pickers import date_picker, time_picker
from palaestra.envs.android.ui.view import FILL, canvas, column, lazy_list, row, scroll, stack, text


def rows(activity):
    """A hundred rows that count taps and long presses."""
    state = activity.state

    def press(i):
        state.setdefault("taps", []).append(i)

    def hold(i):
        state.setdefault("held", []).append(i)

    return lazy_list(
        100, lambda i: list_item(f"Row {i}", on_click=lambda: press(i), on_long_click=lambda: hold(i)), 56, id="list"
    )


def offset(phone):
    return phone.seen("list").offset


def test_tap_and_long_press_are_told_apart_by_time(shown):
    phone = shown(rows)
    phone.tap_on("Row 2")
    assert phone.kept == {"taps": [2]}
    phone.long_press(*phone.middle("Row 3"))
    assert phone.kept == {"taps": [2], "held": [3]}


def test_a_long_press_needs_half_a_second(shown):
    phone = shown(rows)
    x, y = phone.middle("Row 1")
    phone.touch([(x, y, True, 0)])
    phone.advance(499)
    assert "held" not in phone.kept
    phone.advance(1)
    assert phone.kept["held"] == [1]
    phone.touch([(x, y, False, 0)])
    assert "taps" not in phone.kept


def test_a_slow_drag_moves_the_list_by_as_much_as_the_finger_less_the_slop(shown):
    phone = shown(rows)
    phone.touch([(540, 1500, True, 0)])
    for y in range(1490, 990, -10):
        phone.advance(30)
        phone.touch([(540, y, True, 0)])
    phone.advance(300)
    phone.touch([(540, 1000, False, 0)])
    phone.settle()
    assert offset(phone) == 500 - phone.theme.px(8)
    assert "taps" not in phone.kept


def test_a_fling_goes_further_than_its_drag_slows_down_and_settles(shown):
    phone = shown(rows)
    phone.swipe(540, 1500, 540, 1000, 100)
    released = offset(phone)
    ways = []
    while not phone.quiet:
        before = offset(phone)
        phone.advance(100)
        ways.append(offset(phone) - before)
    assert released <= 500
    assert offset(phone) > 2 * released
    assert ways == sorted(ways, reverse=True), "it only slows down"
    assert 5 < len(ways) < 30
    still = offset(phone)
    phone.advance(2000)
    assert offset(phone) == still


def test_a_fling_rolls_as_far_as_androids_overscroller():
    # 5000 px/s on 420 dpi: l = ln(0.35 * 5000 / (0.015 * 9.80665 * 39.37 * 420 * 0.84)), by hand
    distance, ms = gestures.roll(5000.0, 420)
    assert distance == pytest.approx(1561, abs=2)
    assert ms == pytest.approx(892, abs=2)


def test_a_faster_swipe_rolls_further_and_a_touch_stops_it(shown):
    far = []
    for ms in (400, 200, 100):
        phone = shown(rows)
        phone.swipe(540, 1500, 540, 1000, ms)
        phone.settle()
        far.append(offset(phone))
    assert far == sorted(far)
    assert far[0] < far[-1]
    phone = shown(rows)
    phone.swipe(540, 1500, 540, 1000, 100)
    phone.advance(200)
    phone.tap(540, 1200)
    stopped = offset(phone)
    phone.advance(2000)
    assert offset(phone) == stopped < far[-1]
    assert "taps" not in phone.kept, "the touch that stops a list presses nothing"


def test_touches_of_raw_steps_fling_as_well(shown):
    phone = shown(rows)
    for y in (1800, 1200):
        phone.touch([(540, y, True, 0)])
        phone.advance(100)
    phone.touch([(0, 0, False, 0)])
    dragged = offset(phone)
    phone.settle()
    assert offset(phone) > dragged + 100


def test_lists_stop_at_their_ends(shown):
    phone = shown(rows)
    for _ in range(12):
        phone.swipe(540, 2000, 540, 400, 80)
        phone.settle()
    assert offset(phone) == phone.seen("list").limit
    assert phone.seen("Row 99").clip[3] <= 2400
    phone.swipe(540, 800, 540, 2200, 60)
    phone.settle()
    phone.swipe(540, 800, 540, 900, 200)
    assert 0 <= offset(phone) < phone.seen("list").limit


def test_the_phone_can_be_forked_while_a_list_rolls(shown):
    phone = shown(rows)
    phone.swipe(540, 1500, 540, 1000, 100)
    phone.advance(200)
    saved = phone.snapshot()
    phone.settle()
    there = offset(phone)
    phone.restore(saved)
    phone.settle()
    assert offset(phone) == there


def test_each_direction_scrolls_what_scrolls_that_way(shown):
    def draw(activity):
        strip = scroll(*[text(f"Chip {i}", width=150) for i in range(9)], horizontal=True, height=100, id="strip")
        return scroll(strip, *[list_item(f"Row {i}") for i in range(30)], id="page")

    phone = shown(draw)
    x, y = phone.middle("strip")
    phone.swipe(x + 300, y, x - 300, y, 600)
    phone.settle()
    assert phone.seen("strip").offset > 400
    assert phone.seen("page").offset == 0
    phone.swipe(x, y + 100, x, y - 200, 900)
    assert phone.seen("page").offset > 100


def test_a_switch_a_disabled_button_and_the_row_below_it(shown):
    def draw(activity):
        state = activity.state
        return column(
            switch(state.get("on", False), lambda on: state.update(on=on), desc="Wi-Fi"),
            row(
                button("Off limits", lambda: state.update(wrong=True), enabled=False),
                width=FILL,
                height=80,
                on_click=lambda: state.update(row=True),
                desc="row",
            ),
        )

    phone = shown(draw)
    phone.tap_on("Wi-Fi")
    assert phone.kept == {"on": True}
    phone.tap_on("Wi-Fi")
    assert phone.kept == {"on": False}
    phone.tap_on("Off limits")
    assert phone.kept == {"on": False}, "a disabled button takes the touch and does nothing"


def test_a_press_that_leaves_the_button_is_no_tap(shown):
    phone = shown(lambda activity: column(button("Go", lambda: activity.state.update(gone=True))))
    x, y = phone.middle("Go")
    phone.swipe(x, y, x + 5, y + 5)
    assert phone.kept == {"gone": True}
    phone.kept.clear()
    phone.swipe(x, y, x, y + 400)
    assert phone.kept == {}


def test_a_slider_follows_the_finger_to_whole_values_and_its_ends(shown):
    phone = shown(
        lambda a: column(slider(a.state.get("v", 3), 0, 10, lambda v: a.state.update(v=v), id="slider"), padding=16)
    )
    left, top, right, bottom = phone.seen("slider").bounds
    y = (top + bottom) // 2
    inset = phone.theme.px(16)
    phone.tap((left + right) // 2, y)
    assert phone.kept["v"] == 5
    phone.swipe(left + inset, y, left + inset + (right - left - 2 * inset) * 7 // 10, y)
    assert phone.kept["v"] == 7
    phone.swipe(left + 200, y, 1079, y + 300)
    assert phone.kept["v"] == 10


def test_a_slider_on_a_page_that_scrolls_leaves_it_the_drags_down(shown):
    def draw(activity):
        state = activity.state
        return scroll(
            slider(state.get("v", 50), 0, 100, lambda v: state.update(v=v), id="slider"),
            *[list_item(f"Row {i}") for i in range(40)],
            id="list",
        )

    phone = shown(draw)
    left, top, right, bottom = phone.seen("slider").bounds
    x, y = (left + right) // 4, (top + bottom) // 2
    phone.swipe(x, y + 1500, x, y, 900)
    phone.settle()
    phone.swipe(540, 500, 540, 2300, 100)
    phone.settle()
    phone.swipe(x, y, x, y + 900, 500)
    assert phone.kept == {}
    phone.swipe(x, y, x, y - 60, 500)
    phone.settle()
    assert phone.kept == {}
    assert offset(phone) > 0
    phone.swipe(540, 500, 540, 2300, 100)
    phone.settle()
    phone.swipe(x, y, (left + right) // 2, y + 30, 200)
    assert phone.kept == {"v": 50}
    phone.tap(x, y)
    assert phone.kept["v"] < 30


def test_own_views_are_dragged_px_by_px(shown):
    def draw(activity):
        return stack(
            canvas(
                lambda *_: None,
                width=FILL,
                height=FILL,
                id="pad",
                desc="Pad",
                on_drag=lambda x, y: activity.state.setdefault("way", []).append([x, y]),
            )
        )

    phone = shown(draw)
    phone.touch([(300, 900, True, 0)])
    phone.touch([(310, 905, True, 0)])
    phone.touch([(310, 905, False, 0)])
    assert phone.kept["way"] == [[300.0, 900.0], [310.0, 905.0]]


def test_swipes_reach_the_view_that_waits_for_them_even_over_a_list_at_its_end(shown):
    def draw(activity):
        return column(
            text("Head", height=200, width=FILL),
            rows(activity),
            width=FILL,
            height=FILL,
            on_swipe=lambda way: activity.state.setdefault("ways", []).append(way),
        )

    phone = shown(draw)
    phone.swipe(540, 200, 900, 200)
    phone.swipe(540, 1200, 540, 1800)
    assert phone.kept["ways"] == ["right", "down"]
    phone.swipe(540, 1800, 540, 1200, 800)
    assert phone.kept["ways"] == ["right", "down"]
    assert offset(phone) > 0


def dismissable(make):
    def draw(activity):
        state = activity.state
        away = {"on_dismiss": lambda: state.update(gone=True)}
        windows = [] if state.get("gone") else [make(**away)]
        return Page(column(button("Under", lambda: state.update(under=True)), width=FILL, height=FILL), windows)

    return draw


def test_a_narrow_screen_has_room_for_three_buttons_of_a_dialog(shown):
    names = ("Folder", "Cancel", "OK")
    phone = shown(
        lambda activity: Page(column(), [dialog("Create", "message", buttons=[(name, str) for name in names])])
    )
    phone.shell("wm size 720x1280")
    widths = {view.text: view.bounds[2] - view.bounds[0] for view in map(phone.seen, names)}
    assert all(width >= phone.theme.measure(name, "label_large") for name, width in widths.items())


def test_a_dialog_goes_by_a_touch_outside_not_inside_and_by_back(shown):
    draw = dismissable(lambda **away: dialog("Title", "message", **away))
    phone = shown(draw)
    phone.tap_on("message")
    assert phone.kept == {}
    phone.tap_on("Under")
    assert phone.kept == {"gone": True}, "what lies under a dialog can't be pressed"
    phone = shown(draw)
    phone.press("BACK")
    assert phone.kept == {"gone": True}


def test_a_sheet_goes_when_it_is_dragged_down(shown):
    phone = shown(dismissable(lambda **away: bottom_sheet(list_item("One"), list_item("Two"), **away)))
    x, y = phone.middle("Two")
    phone.swipe(x, y, x, y - 300)
    assert phone.kept == {}
    phone.swipe(x, y, x, y + 300)
    assert phone.kept == {"gone": True}


def test_a_swipe_from_the_edge_goes_back_from_both_sides(shown):
    phone = shown(rows)
    for x in (5, 1075):
        phone.start_activity(
            {
                "package": "com.example.drawn",
                "cls": ".Second",
                "action": "",
                "data": "",
                "type": "",
                "categories": [],
                "flags": [],
                "extras": {},
            },
            new_task=False,
        )
        assert phone.foreground[1].endswith("Second")
        phone.swipe(x, 1200, 540, 1200)
        assert phone.foreground[1].endswith("Main")
    phone.swipe(5, 1200, 20, 1200)
    assert phone.foreground[0] == "com.example.drawn"
    phone.swipe(5, 1500, 5, 900, 800)
    assert offset(phone) > 0, "along the edge it scrolls"


def test_the_pill_goes_home_to_the_overview_and_to_the_app_before(shown):
    phone = shown(rows)
    phone.swipe(540, 2390, 540, 1600)
    assert phone.foreground[0] != "com.example.drawn"
    assert not phone.state["overview"]
    phone.swipe(400, 2390, 800, 2390)
    assert phone.foreground[0] == "com.example.drawn"
    phone.touch([(540, 2390, True, 0)])
    phone.advance(100)
    phone.touch([(540, 1600, True, 0)])
    phone.advance(400)
    phone.touch([(540, 1600, False, 0)])
    assert phone.state["overview"]


def test_a_drag_from_the_status_bar_opens_the_shade_and_one_up_closes_it(shown):
    phone = shown(rows)
    phone.swipe(540, 10, 540, 900)
    assert phone.state["shade"] == {"open": True, "quick": False}
    phone.swipe(540, 400, 540, 1200)
    assert phone.state["shade"] == {"open": True, "quick": True}
    phone.swipe(540, 2300, 540, 900)
    assert not phone.state["shade"]["open"]
    assert offset(phone) == 0


def test_a_second_finger_and_places_off_the_screen_mean_nothing(shown):
    phone = shown(rows)
    x, y = phone.middle("Row 1")
    phone.touch([(x, y, True, 0), (x, y + 400, True, 1)])
    phone.advance(50)
    phone.touch([(x, y + 400, False, 1), (x, y, False, 0)])
    assert phone.kept == {"taps": [1]}
    for x, y in ((-50.0, 1e9), (float("nan"), float("inf"))):
        phone.touch([(x, y, True, 0)])
        phone.touch([(x, y, False, 0)])
    assert phone.foreground[0] == "com.example.drawn"


def test_a_time_is_chosen_hour_then_minute_by_touch_and_by_turning(shown):
    def draw(activity):
        state = activity.state
        picker = time_picker(
            state.get("hour", 9),
            state.get("minute", 30),
            lambda h, m: state.update(hour=h, minute=m),
            part=state.get("part", "hour"),
            on_part=lambda part: state.update(part=part),
            on_ok=lambda: state.update(done=True),
        )
        return Page(column(), [picker])

    phone = shown(draw)
    phone.tap_on("7 o'clock")
    phone.tap_on("PM")
    phone.tap_on("45 minutes")
    assert (phone.kept["hour"], phone.kept["minute"], phone.kept["part"]) == (19, 45, "minute")
    left, top, right, bottom = phone.seen("material_clock_face").bounds
    x, y = (left + right) // 2, (top + bottom) // 2
    phone.swipe(x + 100, y, x + 5, y + 130)
    assert 28 <= phone.kept["minute"] <= 30
    phone.tap_on("AM")
    phone.tap_on("12 o'clock" if phone.kept["part"] == "hour" else "material_hour_tv")
    phone.tap_on("12 o'clock")
    assert phone.kept["hour"] == 0
    phone.tap_on("OK")
    assert phone.kept["done"]


def test_a_day_is_chosen_in_another_month(shown):
    def draw(activity):
        state = activity.state
        day = datetime.date.fromisoformat(state.get("day", "2023-12-20"))
        picker = date_picker(
            day,
            lambda d: state.update(day=d.isoformat()),
            today=day,
            month=datetime.date.fromisoformat(state.get("month", "2023-12-01")),
            on_month=lambda m: state.update(month=m.isoformat()),
        )
        return Page(column(), [picker])

    phone = shown(draw)
    assert phone.seen("Dec 20, 2023")
    phone.tap_on("Change to next month")
    assert phone.seen("January 2024")
    phone.tap_on("Wednesday, January 31")
    assert phone.kept["day"] == "2024-01-31"
    phone.tap_on("Change to previous month")
    phone.tap_on("Change to previous month")
    phone.tap_on("Friday, November 3")
    assert phone.kept["day"] == "2023-11-03"
