"""Alarms, timer and stopwatch by touches, and what rings."""

import pytest


@pytest.fixture
def clock(full):
    full.open_app("Clock")
    full.settle()
    return full


def alarms(phone):
    rows = phone.database("com.google.android.deskclock", "alarms.db").execute(
        "SELECT hour, minutes, daysofweek, enabled, label FROM alarm_templates ORDER BY _id"
    )
    return [tuple(row) for row in rows]


def test_an_alarm_is_made_named_repeated_and_deleted(clock):
    clock.tap_on("Add alarm")
    clock.tap_on("19 hours")
    clock.tap_on("45 minutes")
    clock.tap_on("OK")
    clock.settle()
    assert alarms(clock)[-1] == (19, 45, 0, 1, "")
    clock.tap_on("Alarm 19:45")
    clock.tap_on("7 hours")
    clock.tap_on("OK")
    assert alarms(clock)[-1][:2] == (7, 45)
    rows = clock.all_seen("Expand alarm")
    left, top, right, bottom = rows[0].clip
    clock.tap((left + right) // 2, (top + bottom) // 2)
    clock.tap_on("Monday")
    clock.tap_on("Add label")
    clock.type_keys("Swim")
    clock.tap_on("OK")
    assert alarms(clock)[-1] == (7, 45, 1, 1, "Swim")
    clock.advance(5_000)
    clock.tap_on("Delete")
    assert len(alarms(clock)) == 2


def test_an_alarm_rings_at_its_time_and_is_snoozed_and_dismissed(clock):
    clock.tap_on("Add alarm")
    clock.tap_on("material_minute_tv")
    clock.tap_on("40 minutes")
    clock.tap_on("OK")
    clock.home()
    clock.advance(5 * 60_000)
    assert not clock.all_seen("Snooze")
    clock.advance(60_000 + 500)
    clock.tap_on("Snooze")
    assert not clock.state["notifications"]
    clock.advance(10 * 60_000 + 500)
    clock.tap_on("Dismiss")
    assert alarms(clock)[-1][3] == 0, "an alarm that rings once is off afterwards"


def test_a_timer_runs_pauses_goes_on_and_ends(clock):
    clock.tap_on("Timer")
    for digit in "130":
        clock.tap_on(digit)
    assert clock.seen("00h 01m 30s")
    clock.tap_on("Start")
    clock.advance(10_000)
    assert clock.seen("1:20")
    clock.tap_on("Pause")
    clock.advance(60_000)
    assert clock.seen("1:20")
    clock.tap_on("+ 1:00")
    assert clock.seen("2:20")
    clock.tap_on("Start")
    clock.home()
    clock.advance(141_000)
    assert clock.seen("Time’s up")
    clock.tap_on("Stop")
    clock.open_app("Clock")
    clock.settle()
    assert clock.seen("2:30"), "back to its whole length"


def test_the_stopwatch_counts_to_the_hundredth_and_keeps_laps(clock):
    clock.tap_on("Stopwatch")
    clock.tap_on("Start")
    clock.advance(12_340 - 50)
    clock.tap_on("Lap")
    clock.advance(5_000 - 50)
    clock.tap_on("Pause")
    assert clock.seen("0:17.34")
    assert clock.seen("0:12.34")
    clock.advance(3_000)
    assert clock.seen("0:17.34")
    clock.tap_on("Reset")
    assert clock.seen("0:00.00")


def test_cities_are_added_and_taken_away(clock):
    clock.tap_on("Clock")
    clock.tap_on("Cities")
    names = [view.key for window in clock.windows() if window.name == "app:1" for view in _rows(window.root)]
    new = next(name for name in names if name not in ("London", "Tokyo"))
    clock.tap_on(new)
    assert clock.seen(new)
    clock.long_press(*clock.middle("Tokyo"))
    assert not clock.all_seen("Tokyo")


def _rows(view):
    return [one for child in view.children for one in ([child] if child.on_click else _rows(child))]


def test_the_clock_follows_the_setting_of_twelve_hours(clock):
    clock.settings.put("system", "time_12_24", "12")
    clock.advance(100)
    assert clock.seen("8:30 AM")
    clock.tap_on("More options")
    clock.tap_on("Date & time settings")
    clock.settle()
    clock.tap_on("Use 24-hour format")
    assert clock.settings.get("system", "time_12_24") == "24"


def test_a_running_timer_is_drawn_as_a_phone_draws_it_that_is_restored_at_that_moment(clock):
    clock.tap_on("Timer")
    for _ in range(3):
        clock.tap_on("5")
    clock.tap_on("Start")
    twin = type(clock)()
    for _ in range(3):
        clock.advance(130)  # not a whole number of seconds
        twin.restore(clock.snapshot())
        assert (clock.frame() == twin.frame()).all()
