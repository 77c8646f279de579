"""The innermost part of the phone: its state, clock, scheduled events, random streams and log."""

import bisect
import datetime
import functools
import zlib
import zoneinfo
from collections.abc import Mapping
from typing import Any

import numpy as np

from palaestra.data.streams import child_seed

MILLISECOND = 1_000
"""Times are microseconds."""
MINUTE = 60_000 * MILLISECOND
LOG_LINES = 200
"""Capacity of the log buffer, in lines."""


class Kernel:
    """The state of a phone as plain data, and what every part of it builds on.

    Attributes:
        state: dicts, lists, strings, numbers and bytes only, so that a snapshot is msgpack of it.
    """

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def screen_changed(self, window: str = "all") -> None:
        """Called when a window, or the whole screen, needs to be redrawn."""

    # --- system services

    def service(self, name: str) -> dict[str, Any]:
        """A copy of what a system service keeps by name; empty until something has been set."""
        return dict(self.state.get("services", {}).get(name, {}))

    def set_service(self, name: str, values: Mapping[str, Any]) -> None:
        """Replace what a system service keeps.

        The state has a part for the services only while one of them keeps something, so that a phone on which nothing
        was set is the same as one of an earlier version.
        """
        services = self.state.setdefault("services", {})
        services.pop(name, None)
        if values:
            services[name] = dict(values)
        if not services:
            del self.state["services"]
        self.screen_changed()

    # --- time

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds since 1970."""
        return self.state["now_us"]

    @property
    def now(self) -> datetime.datetime:
        """Virtual time in the phone's zone."""
        moment = datetime.datetime.fromtimestamp(self.now_us / 1e6, datetime.UTC)
        return moment.astimezone(_zone(self.state["properties"].get("persist.sys.timezone", "UTC")))

    def set_time(self, us: int) -> None:
        """Set the clock; scheduled events are shifted by the same amount."""
        shift = us - self.now_us
        for event in self.state["events"]:
            event[0] += shift
        self.state["now_us"] = us
        self.screen_changed()

    def schedule(
        self, delay_ms: int, package: str, event: str, data: Mapping[str, Any] | None = None, *, loading: bool = False
    ) -> int:
        """Have ``App.on_event`` called later; returns a number to cancel it by.

        Args:
            delay_ms: from now.
            package: whose app.
            event: its name for it.
            data: plain data handed along.
            loading: ``settle`` waits for it.
        """
        number = self.number("event")
        due = self.now_us + int(delay_ms) * MILLISECOND
        bisect.insort(self.state["events"], [due, number, package, event, dict(data or {}), loading], key=_order)
        return number

    def cancel(self, number: int) -> None:
        """Cancel a scheduled event."""
        self.state["events"][:] = [event for event in self.state["events"] if event[1] != number]

    # --- numbers and chance

    def number(self, kind: str) -> int:
        """The next of consecutive numbers, from 1."""
        numbers = self.state["numbers"]
        numbers[kind] = numbers.get(kind, 0) + 1
        return numbers[kind]

    def rng(self, purpose: str) -> np.random.Generator:
        """A new generator for a purpose; how many there were before is part of the state."""
        count = self.state["streams"].get(purpose, 0)
        self.state["streams"][purpose] = count + 1
        return np.random.default_rng(child_seed(self.state["seed"], purpose, count))

    def reseed(self, seed: int) -> None:
        """Restart all streams from a seed."""
        self.state["seed"], self.state["streams"] = seed, {}

    # --- log

    def log(self, tag: str, message: str, level: str = "I", package: str = "") -> None:
        """Add lines to the log."""
        for line in message.splitlines() or [""]:
            entry = {"time_us": self.now_us, "pid": pid(package), "level": level, "tag": tag, "message": line}
            self.state["log"].append(entry)
            self.state["log_count"] += 1
        del self.state["log"][:-LOG_LINES]

    @property
    def log_count(self) -> int:
        """Lines ever logged."""
        return self.state["log_count"]

    def log_since(self, position: int) -> tuple[list[dict[str, Any]], int]:
        """Lines from a position on, as far as the buffer still has them, and the position after them."""
        missed = self.log_count - max(position, 0)
        return (self.state["log"][-missed:] if missed > 0 else []), self.log_count


def pid(package: str) -> int:
    """The process id of a package: the same in every phone."""
    return 1000 + zlib.crc32(package.encode()) % 20_000 if package else 1


def _order(event: list[Any]) -> tuple[int, int]:
    return event[0], event[1]


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> datetime.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return datetime.UTC
