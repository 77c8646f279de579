"""The phone's log as android-env's log stream."""

import collections
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from android_env.components import log_stream

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge.session import Session

READER_PATIENCE = 10.0
"""Real time after which a log reader that does not return counts as gone, s."""
LEVELS = "VDIWEFS"
"""Log levels, from verbose to silent."""
FILTER = re.compile(r"(.+?)(?::([VDIWEFS*]))?$", re.IGNORECASE)
Entry = dict[str, Any]
"""A line of the device's log."""


class PhoneLogStream(log_stream.LogStream):
    """The device's log as android-env reads it: every line, and none of them late.

    If the reader runs on a thread of its own (the stock TaskManager's does), ``deliver`` waits until it has processed
    every line logged so far. A reader without a thread calls ``messages``.
    """

    def __init__(self, session: Session):
        super().__init__()
        self.session, self.device = session, session.device
        self.position = self.device.log_count
        self._lines: collections.deque[str] = collections.deque()
        self._change = threading.Condition()
        self._reading = False
        self.stopped = False

    def messages(self) -> list[str]:
        """The messages logged since the last call that pass the filters; [] while paused."""
        entries = self._new_entries()
        return [entry["message"] for entry in entries] if self._should_stream.is_set() else []

    def deliver(self) -> None:
        """Pass new lines to the reading thread, if there is one, and wait until it has processed them."""
        with self._change:
            if not self._reading or self.stopped:
                return
            lines = [format_line(entry) for entry in self._new_entries()]
            if not lines:
                return
            self._lines.extend(lines)
            self._change.notify_all()
            self._change.wait_for(lambda: not self._lines or self.stopped, READER_PATIENCE)

    def pause_stream(self) -> None:
        """Pause the stream; lines logged before still count."""
        self.deliver()
        super().pause_stream()

    def resume_stream(self) -> None:
        """Resume the stream; lines logged during the pause don't count."""
        self._new_entries()
        super().resume_stream()

    def stop_stream(self) -> None:
        """Stop the stream and wake its reader."""
        with self._change:
            self.stopped = True
            self._change.notify_all()

    def _get_stream_output(self) -> Iterator[str]:
        with self._change:
            self._reading = True
        while True:
            with self._change:
                self._change.wait_for(lambda: self._lines or self.stopped)
                if self.stopped:
                    return
                line = self._lines[0]
            yield line
            with self._change:  # the reader has requested the next line, so it has processed this one
                self._lines.popleft()
                self._change.notify_all()

    def _new_entries(self) -> list[Entry]:
        entries, self.position = self.device.log_since(self.position)
        return [entry for entry in entries if passes(entry, self._filters)]


def format_line(entry: Entry) -> str:
    """An entry of the device's log as ``logcat -v epoch`` prints it."""
    seconds, micros = divmod(entry["time_us"], 1_000_000)
    head = f"{seconds}.{micros // 1000:03d}".rjust(19)
    return f"{head} {entry['pid']:>5} {entry['pid']:>5} {entry['level']} {entry['tag']}: {entry['message']}"


def passes(entry: Entry, filters: Sequence[str]) -> bool:
    """Whether logcat's filters (``TAG:LEVEL``; a tag of its own goes before ``*``) let an entry through."""
    least = "V"
    for expression in filters:
        match = FILTER.match(expression)
        if match is None:
            raise InputError(f"not a logcat filter: {expression!r}; one is TAG or TAG:LEVEL")
        tag, level = match[1], (match[2] or "V").upper().replace("*", "V")
        if tag == entry["tag"]:
            least = level
            break
        if tag == "*":
            least = level
    return LEVELS.index(entry["level"]) >= LEVELS.index(least)
