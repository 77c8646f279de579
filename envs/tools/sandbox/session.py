"""Interpreter sessions that fork: a journal of cells is the snapshot, frozen processes make it cheap.

A session is an interactive interpreter: variables, imports, functions and files stay from cell to cell. Its state is
a ``Journal``, plain data. To run a cell after a journal, the process that ran the journal's cells, and has been
waiting since, is forked, and the fork runs the cell and waits in its turn. Without such a process the journal is
replayed in a new one. Branches of one journal never see each other: each fork has its own memory, and before a cell
the working directory is filled again with the journal's files (links and modes of files are not kept).

Not every process can be forked faithfully. One with a second thread, an open file or a shared mapping is not frozen;
the next cell replays the journal. Processes and timers that a cell starts end with it.

This is for code that goes wrong, or that looks around. A cell that rewrites the interpreter's machine code decides what
its process does when it is forked, and could let its branches know of each other; it reaches no other session.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.client import Lost, Room
from palaestra.envs.tools.sandbox.run import (
    Outcome,
    Sandbox,
    check_code,
    encode_files,
    is_inside,
    overlapping,
    read_outcome,
)

VERSION = 1
MAX_FROZEN = 64
"""Frozen processes kept; each has some megabytes of its own."""


@dataclass(frozen=True)
class Cell:
    """A cell that was run.

    Attributes:
        code: as it was given.
        clock: the virtual clock at its start, in seconds since 1970.
        after: the virtual clock at its end.
        digest: of its outcome.
        failed: it was stopped, so it had no effect and replays leave it out.
    """

    code: str
    clock: float
    after: float
    digest: str
    failed: bool = False


@dataclass(frozen=True)
class Journal:
    """All that a session is.

    Attributes:
        seed: of all chance.
        clock: the virtual clock at the session's start, in seconds since 1970.
        files: in the working directory at its start, contents by path.
        cells: run so far.
    """

    seed: int = 0
    clock: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()

    @property
    def effective(self) -> tuple[Cell, ...]:
        """The cells that had an effect."""
        return tuple(cell for cell in self.cells if not cell.failed)

    @property
    def now(self) -> float:
        """The virtual clock at its end."""
        return self.effective[-1].after if self.effective else self.clock

    @property
    def key(self) -> str:
        """SHA-256 of what determines the interpreter's state."""
        files = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(self.files.items())]
        cells = [(cell.code, cell.clock) for cell in self.effective]
        return hashlib.sha256(json.dumps([self.seed, files, cells]).encode()).hexdigest()

    def to_data(self) -> dict[str, Any]:
        """As plain data for msgpack."""
        return vars(self) | {"version": VERSION, "files": dict(self.files), "cells": [vars(c) for c in self.cells]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Journal":
        """A journal from plain data.

        Raises:
            ValueError: it is none, or of another version.
        """
        try:
            if data["version"] != VERSION:
                raise ValueError(f"a journal of version {data['version']}, this is version {VERSION}")
            cells = tuple(Cell(**cell) for cell in data["cells"])
            if not isinstance(data["files"], Mapping):
                raise TypeError("the files are none")
            journal = cls(data["seed"], float(data["clock"]), dict(data["files"]), cells)
            journal._check()
            return journal
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a journal ({type(error).__name__}: {error})") from None

    def _check(self) -> None:
        """Raise a ValueError if a part is of the wrong type or range."""
        times = [self.clock, *(time for cell in self.cells for time in (cell.clock, cell.after))]
        texts = [text for cell in self.cells for text in (cell.code, cell.digest)]
        right = type(self.seed) is int and all(isinstance(time, float) and 0 <= time < 1e12 for time in times)
        right = right and all(isinstance(text, str) for text in texts) and not any(map(check_code, texts))
        right = right and all(isinstance(cell.failed, bool) for cell in self.cells) and not overlapping(self.files)
        if not right or not all(is_inside(name) and isinstance(data, bytes) for name, data in self.files.items()):
            raise ValueError("not a journal (a part is of the wrong type or out of range)")


def digest_outcome(outcome: Outcome) -> str:
    """SHA-256 of what a cell showed and did to files."""
    files = [(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(outcome.files.items())]
    shown = [outcome.stdout, outcome.value, outcome.error, outcome.stop, files, list(outcome.removed), outcome.clock]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


@dataclass
class _Process:
    """A process that ran a journal's cells.

    Attributes:
        key: in its room; 0 for one still to be made.
        files: in the working directory after the last cell, as base64 by path.
        how: to go on from it: ``new``, ``fork`` or ``same``.
        nondeterministic: its replay differed from the journal.
    """

    key: int
    files: dict[str, str]
    how: str
    nondeterministic: bool = False


class _Unrepeatable(Exception):
    """A cell that had run was stopped when it was replayed."""


class Sessions:
    """Runs cells after journals.

    One cell runs at a time; threads wait for each other.

    Args:
        sandbox: of tier T1 or higher; its limits are those of each cell.
        frozen: processes kept, least recently used dropped, at most ``MAX_FROZEN``.

    Raises:
        InputError: the sandbox is of tier T0, or the number is out of range.
    """

    def __init__(self, sandbox: Sandbox, frozen: int = MAX_FROZEN):
        if not 0 <= frozen <= MAX_FROZEN:
            raise InputError(f"frozen={frozen}: 0 to {MAX_FROZEN} processes can be kept")
        self._connection = sandbox.connection
        self._sandbox = sandbox
        self._frozen = frozen
        self._cache: OrderedDict[str, _Process] = OrderedDict()
        self._room: Room | None = None
        self._lock = threading.Lock()

    def run(self, journal: Journal, code: str, clock: float | None = None) -> tuple[Journal, Outcome]:
        """Run a cell after a journal.

        A cell that is stopped (``outcome.stop``) has no effect: the journal records it as failed, and the session is
        as before. A cell that raises has the effects that it had until then, as in any interpreter.

        Args:
            journal: of the cells before.
            code: of the cell.
            clock: the virtual time, in seconds since 1970; by default it goes on from the journal's.

        Returns:
            The journal with this cell, and the cell's outcome.

        Raises:
            InputError: the journal's files don't fit the sandbox's limits.
        """
        start = journal.now if clock is None else float(clock)
        if reason := check_code(code):
            return journal, Outcome(error=reason, tier=self._sandbox.tier, clock=start)
        with self._lock:
            try:
                outcome, process = self._run(journal, code, start)
            except Lost:  # a dead process or room is made again, once
                self._forget()
                try:
                    outcome, process = self._run(journal, code, start)
                except Lost:
                    outcome, process = Outcome(stop="killed", tier=self._sandbox.tier, clock=start), None
            except _Unrepeatable as error:
                stopped = Outcome(error=str(error), stop="killed", tier=self._sandbox.tier, clock=start)
                outcome, process = replace(stopped, nondeterministic=True), None
            cell = Cell(code, start, outcome.clock, digest_outcome(outcome), failed=bool(outcome.stop))
            after = replace(journal, cells=(*journal.cells, cell))
            if process is not None:
                self._keep(after.key, process)
        return after, outcome

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._forget()

    def _run(self, journal: Journal, code: str, clock: float) -> tuple[Outcome, _Process | None]:
        """The outcome of a cell, and its process if it can be frozen."""
        cached = self._cached(journal.key)
        origin = cached or self._replay(journal)
        outcome, process = self._step(origin, journal.seed, code, clock)
        if cached is None and origin.how == "fork":
            self._keep(journal.key, origin)
        return replace(outcome, nondeterministic=origin.nondeterministic), process

    def _step(self, origin: _Process, seed: int, code: str, clock: float) -> tuple[Outcome, _Process | None]:
        """Run one cell from a process; the new process if the cell wasn't stopped."""
        room = self._open()
        start = seed if origin.how == "new" else None
        key, raw = room.run(code, origin.files, start, clock, origin.key, origin.how)
        outcome = read_outcome(raw, self._sandbox.limits, self._sandbox.tier, clock)
        if outcome.stop:
            room.drop(key)
            return outcome, None
        files = {name: content for name, content in origin.files.items() if name not in outcome.removed}
        files |= encode_files(outcome.files, self._sandbox.limits)
        how = "fork" if raw.forkable else "same"
        return outcome, _Process(key, files, how, origin.nondeterministic)

    def _replay(self, journal: Journal) -> _Process:
        """A process that has run a journal's cells again, one after another."""
        process = _Process(0, encode_files(journal.files, self._sandbox.limits), "new")
        for number, cell in enumerate(journal.effective, 1):
            # By forks, as the first time: addresses, and with them the order of some sets, are the same more often.
            outcome, after = self._step(process, journal.seed, cell.code, cell.clock)
            if process.how == "fork":
                self._open().drop(process.key)
            if after is None:
                raise _Unrepeatable(f"cell {number} ran before and was now stopped: {outcome.stop}")
            differs = digest_outcome(outcome) != cell.digest
            process = replace(after, nondeterministic=process.nondeterministic or differs)
        return process

    def _cached(self, key: str) -> _Process | None:
        process = self._cache.get(key)
        if process is not None:
            self._cache.move_to_end(key)
        return process

    def _keep(self, key: str, process: _Process) -> None:
        """Keep a process frozen if it can be forked, and drop those used least recently."""
        room = self._open()
        previous = self._cache.pop(key, None)
        if previous is not None and previous.key != process.key:
            room.drop(previous.key)
        if process.how != "fork":
            room.drop(process.key)
            return
        self._cache[key] = process
        while len(self._cache) > self._frozen:
            room.drop(self._cache.popitem(last=False)[1].key)

    def _open(self) -> Room:
        if self._room is not None and not self._room.ours:
            self._cache.clear()
            self._room = None
        if self._room is None:
            self._room = self._connection.open(session=True)
        return self._room

    def _forget(self) -> None:
        self._cache.clear()
        if self._room is not None:
            self._room.close()
        self._room = None
