"""The clock: stopwatch and timer (3 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, open_app
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.android.ui import accessibility
from palaestra.envs.task import Slots

CLOCK = "com.google.android.deskclock"
RUNNING = {"Pause", "Lap"}


def clock_screen(device: Device) -> OracleView | None:
    """The screen of the clock, if it is in front."""
    if "DeskClock" not in device.foreground[1]:
        return None
    return OracleView(accessibility.elements(device), device.size)


def stopwatch_state(device: Device) -> str:
    """The state shown on the screen: ``running``, ``paused`` or ""."""
    screen = clock_screen(device)
    if screen is None:
        return ""
    descriptions = {e["desc"] for e in screen.elements}
    if descriptions >= RUNNING:
        return "running"
    named = screen.all(lambda e: "Stopwatch" in (e["desc"], e["text"]))
    return "paused" if "Start" in descriptions and len(named) >= 2 else ""


class _Stopwatch(Template):
    """Open the stopwatch and set its state."""

    apps = (CLOCK,)

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        device.shell(f"pm clear {CLOCK}")

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {f"the stopwatch is {slots['state']}": stopwatch_state(device) == slots["state"]}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(CLOCK)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Clock")
        screen = yield screen.tap(lambda e: "Stopwatch" in (e["desc"], e["text"]))
        if slots["state"] == "running":
            yield screen.tap(desc="Start")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{"state": "paused" if slots["state"] == "running" else "running"}]


class ClockStopWatchPausedVerify(_Stopwatch):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"state": "paused"}

    def instruction(self, slots: Slots) -> str:
        return "See to it that the stopwatch is paused, and show it."


class ClockStopWatchRunning(_Stopwatch):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"state": "running"}

    def instruction(self, slots: Slots) -> str:
        return "Start the stopwatch."


class ClockTimerEntry(Template):
    """Enter a duration without starting it."""

    apps = (CLOCK,)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {
            "hours": int(random.integers(0, 24)),
            "minutes": int(random.integers(0, 60)),
            "seconds": int(random.integers(0, 60)),
        }

    def instruction(self, slots: Slots) -> str:
        return (
            f"Set up a timer of {slots['hours']} hours, {slots['minutes']} minutes and {slots['seconds']} seconds, "
            "but do not start it."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        device.shell(f"pm clear {CLOCK}")

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        hours, minutes, seconds = slots["hours"], slots["minutes"], slots["seconds"]
        text = f"{hours:02d}h {minutes:02d}m {seconds:02d}s"
        spoken = f"{hours} hours, {minutes} minutes, {seconds} seconds"
        screen = clock_screen(device)
        is_entered = screen is not None and screen.has(lambda e: e["text"] == text or e["desc"] == spoken)
        return {f"{text} is entered": is_entered}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return private_data(CLOCK)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Clock")
        screen = yield screen.tap(lambda e: "Timer" in (e["desc"], e["text"]))
        for digit in f"{slots['hours']:02d}{slots['minutes']:02d}{slots['seconds']:02d}".lstrip("0"):
            screen = yield screen.tap(text=digit, clickable=True)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, part: slots[part] + (1 if slots[part] % 10 < 5 else -1)} for part in slots]
