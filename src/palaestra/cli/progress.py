"""Progress of training and other long commands: a bar on a terminal, and a line per evaluation anywhere."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

BAR_COLUMNS = 60
"""Width of the bar with its counts and the remaining time; metrics use the rest of the terminal."""

ESTIMATE_AFTER = 3.0
"""Seconds of updates from which the duration of a training is estimated."""


def progress_bar() -> "Progress":
    """A progress display on stderr, disabled if that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}")
    console = Console(stderr=True)
    # Lines printed meanwhile go above the bar, but into the file if stdout is one.
    return Progress(*columns, console=console, disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty())


class TrainingReport:
    """Shows the progress of training: settings, the latest metrics beside the bar, and a printed line per evaluation.

    A few seconds after its start a line says how long it will take.

    Args:
        bar: the progress display.
        algorithm: its name.
        total: updates of the whole run.
        settings: of the run, as text.
    """

    def __init__(self, bar: "Progress", algorithm: str, total: int, settings: str):
        self.bar, self.algorithm, self.total, self.settings = bar, algorithm, total, settings
        self._task = bar.add_task(algorithm, total=total, visible=False)
        self._first: tuple[int, float] | None = None
        self._start: int | None = None
        self._timed: tuple[int, float] | None = None
        self._estimated = False

    def updated(self, update: int) -> None:
        """Print once how long the training will take; to be called before the first update and after each.

        The first update is not timed: it compiles and allocates.
        """
        if self._estimated:
            return
        if self._start is None:
            self._start = update
        elif self._timed is None:
            self._timed = update, time.monotonic()
        elif (seconds := time.monotonic() - self._timed[1]) >= ESTIMATE_AFTER and update < self.total:
            self._estimated = True
            rate, updates = (update - self._timed[0]) / seconds, self.total - self._start
            speed = f"{duration(updates / rate)} at {rate:.3g} updates/s ({updates:,} updates)"
            print(f"about {speed}, without evaluations", flush=True)

    def begin(self) -> None:
        """Print the settings, and show the bar."""
        print(self.settings, flush=True)
        self.bar.update(self._task, visible=True)

    def progress(self, update: int, metrics: Mapping[str, float]) -> None:
        """Show the metrics of an update."""
        self._first = self._first or (update, time.monotonic())
        text = "  ".join([self.algorithm, *(f"{name} {value:.4g}" for name, value in metrics.items())])
        room = max(len(self.algorithm), self.bar.console.width - BAR_COLUMNS)
        self.bar.update(self._task, completed=update, description=text[:room])

    def evaluated(self, update: int, records: Sequence[Mapping[str, Any]]) -> None:
        """Print a line about the episodes of an evaluation, or without episodes about a checkpoint."""
        self._timed = None  # the updates before it do not tell how long it took
        result = scores_line(records) if records else "checkpoint"
        print(f"update {update:,} of {self.total:,}: {result}{self._speed(update)}", flush=True)

    def _speed(self, update: int) -> str:
        """The speed since the first metrics, evaluations included, and the remaining time at that speed."""
        first = self._first or (update, time.monotonic())
        seconds = time.monotonic() - first[1]
        if update == first[0]:
            return ""
        rate = (update - first[0]) / seconds
        left = f", {duration((self.total - update) / rate)} left" if update < self.total else ""
        return f", {rate:.3g} updates/s{left}"


def scores_line(records: Sequence[Mapping[str, Any]]) -> str:
    """Mean score over seeds and episodes, or mean return without a score; one figure per target return.

    Episodes without a return, such as those that a broken environment cut off, are counted.
    """
    parts = []
    for target in dict.fromkeys(record.get("target") for record in records):
        group = [record for record in records if record.get("target") == target]
        name = "score" if any(record["score"] is not None for record in group) else "return"
        values = [record[name] for record in group if record[name] is not None]
        mean = f"{name} {sum(values) / len(values):,.1f}" if values else "no score"
        missing = f" ({len(group) - len(values)} episodes without)" if values and len(values) < len(group) else ""
        parts.append(mean + (f" at target {target:g}" if target is not None else "") + missing)
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A duration with its two largest units: ``45 s``, ``2 min 56 s``, ``3 h 20 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def stopped_by_interrupt(step: str = "this update or evaluation") -> Iterator[Callable[[], bool]]:
    """Make the first Ctrl-C a request to stop, which the yielded function reports; the second interrupts at once.

    Nothing changes outside of the main thread, where Python handles no signals, or if Ctrl-C is ignored (``nohup``).

    Args:
        step: what will be finished, for the line that is printed then.
    """
    requested, before = threading.Event(), signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield requested.is_set
        return

    def request(*_: object) -> None:
        requested.set()
        signal.signal(signal.SIGINT, before)
        # print is not reentrant, and this may interrupt one
        os.write(2, f"\npalaestra: stops after {step}; Ctrl-C again stops at once\n".encode())

    signal.signal(signal.SIGINT, request)
    try:
        yield requested.is_set
    finally:
        signal.signal(signal.SIGINT, before)
