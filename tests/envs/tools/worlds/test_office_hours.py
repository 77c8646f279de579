"""The office's days, times and sentences: free spans by minutes, days in words, frames that are read back."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.wants import holds
from palaestra.envs.tools.worlds.office.writing import read_frame, spoken_day

SPANS = st.lists(st.tuples(st.integers(0, 24 * 60 - 1), st.integers(1, 300)), max_size=8)


def clock(minute):
    return f"{min(minute, 24 * 60 - 1) // 60:02d}:{min(minute, 24 * 60 - 1) % 60:02d}"


@settings(max_examples=60, deadline=None)
@given(spans=SPANS, minutes=st.integers(1, 240))
def test_free_spans_are_the_minutes_in_which_nothing_is(spans, minutes):
    busy = [(clock(start), clock(start + length)) for start, length in spans]
    free = hours.free_spans(busy, minutes)
    office = [clock(minute) for minute in range(9 * 60, 17 * 60)]
    taken = {time for time in office if any(start <= time < end for start, end in busy)}
    runs, run = [], []
    for time in [*office, "17:00"]:
        if time == "17:00" or time in taken:
            runs += [(run[0], time)] if len(run) >= minutes else []
            run = []
        else:
            run.append(time)
    assert free == runs


def test_free_spans_by_hand():
    busy = [("13:00", "14:00"), ("08:00", "09:30"), ("13:30", "13:45"), ("16:30", "18:00")]
    assert hours.free_spans(busy, 30) == [("09:30", "13:00"), ("14:00", "16:30")]
    assert hours.free_spans(busy, 180) == [("09:30", "13:00")]
    assert hours.free_spans([], 480) == [("09:00", "17:00")]
    assert hours.free_spans([("09:00", "17:00")], 1) == []


def test_days_in_words_mean_one_day():
    random = np.random.default_rng(0)
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    for position, day in enumerate(hours.WORKDAYS):
        value = date.fromisoformat(day)
        allowed = {f"on {value.day} January", f"on {day}", f"on {names[position % 5]}, {value.day} January"}
        allowed.add(f"on {names[position % 5]} {'this' if position < 5 else 'next'} week")
        allowed |= {1: {"tomorrow"}, 2: {"the day after tomorrow"}}.get(position, set())
        assert {spoken_day(random, day) for _ in range(100)} == allowed


def test_texts_hold_words_whatever_the_punctuation():
    assert holds("Moved to 2026-01-08, at 14:00!", "2026-01-08")
    assert holds("call +44-7700-900123", "+44 7700 900123")
    assert not holds("call +44 7700 900124", "+44 7700 900123")


def test_frames_are_read_back_and_nothing_else_is():
    frames = ("The {kind} for {topic} is {value}.", "{topic}: take {value} now.")
    text = "Hi,\n\nThe hotel for Larkspur is The Old Mill. Bye.\n\nBest"
    assert read_frame(frames, text) == {"kind": "hotel", "topic": "Larkspur", "value": "The Old Mill"}
    assert read_frame(frames, "Osprey: take 3.17 now.", topic="Osprey") == {"value": "3.17"}
    with pytest.raises(LookupError):
        read_frame(frames, text, topic="Osprey")
