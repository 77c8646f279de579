"""What foreign code does to a phone: the calls at the border as actions, which can be recorded and replayed.

Time is one of them. By the host's clock, the time since the last call is passed to the phone before each call, as an
action like the others; a replay therefore needs no clock, and ends in the same state.

An action is plain data: ``["advance", ms]``, ``["settle"]``, ``["touch", [[x, y, is_down, finger], ...]]`` in logical
px, ``["key", name, is_down]``, ``["save", name]``, ``["load", name]``, and ``["adb", words, files]`` with the contents
of the host's files that the command reads, by the place of the word and the path below it.
"""

import pathlib
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge.adb import OPTIONS, Answer, adb
from palaestra.envs.android.device import Device

Action = list[Any]
CLOCKS = ("virtual", "wall")
READERS = {"push": -1, "install": None, "install-multiple": None}
"""Commands of adb that read files of the host -> the end of their names among the command's words."""


class Session:
    """The calls at the border of one phone.

    Args:
        device: the phone.
        clock: ``virtual``: only actions take time; ``wall``: the host's time passes as well.
        record: a list to which every action is added.

    Raises:
        InputError: there is no such clock.
    """

    def __init__(self, device: Device, *, clock: str = "virtual", record: list[Action] | None = None):
        if clock not in CLOCKS:
            raise InputError(f"clock {clock!r}: there are {' and '.join(CLOCKS)}")
        self.device, self.record = device, record
        self.is_wall = clock == "wall"
        self._states: dict[str, bytes] = {}
        self._started, self._passed_ms = time.monotonic(), 0

    def catch_up(self) -> None:
        """Pass the host's time since the last call to the phone, if it goes by that clock."""
        if self.is_wall:
            elapsed = int((time.monotonic() - self._started) * 1000) - self._passed_ms
            self._passed_ms += elapsed
            self.advance(elapsed)  # 0 ms too: what is drawn only now may have effects

    def advance(self, ms: int) -> None:
        """Let virtual time pass."""
        self._note("advance", ms)
        self.device.advance(ms)

    def settle(self) -> None:
        """Let the phone run until nothing moves."""
        self._note("settle")
        self.device.settle()

    def touch(self, points: Sequence[tuple[float, float, bool, int]]) -> None:
        """Put fingers down, move or lift them: (x, y, is down, finger), logical px of the content."""
        self.catch_up()
        self._note("touch", [[x, y, bool(down), int(finger)] for x, y, down, finger in points])
        self.device.touch(points)

    def key(self, name: str, down: bool) -> None:
        """Press or release a key."""
        self.catch_up()
        self._note("key", name, down)
        self.device.key(name, down)

    def adb(self, args: Sequence[str]) -> Answer:
        """Run ``adb ARGS``; returns its output and exit status."""
        self.catch_up()
        words = [str(word) for word in args]
        if self.record is not None:
            at, command = _command(words)
            # a pull writes on the host only: another command that changes nothing stands for it
            self._note("adb", ["get-state"] if command == "pull" else words, _host_files(words, at, command))
        answer = adb(self.device, words)
        self.device.windows()  # what is drawn may have effects; they must not depend on whether anyone looks
        return answer

    def save(self, name: str) -> None:
        """Keep the phone's state under a name, in memory."""
        self._note("save", name)
        self._states[name] = self.device.snapshot()

    def load(self, name: str) -> bool:
        """Restore the state saved under a name; False if there is none."""
        if name not in self._states:
            return False
        self._note("load", name)
        self.device.restore(self._states[name])
        return True

    def _note(self, *action: Any) -> None:
        if self.record is not None:
            self.record.append(list(action))


def replay(device: Device, record: Sequence[Action]) -> None:
    """Perform recorded actions on a phone that is in the state in which the record began.

    Args:
        device: the phone.
        record: of a ``Session``.
    """
    session = Session(device)
    calls: dict[str, Callable[..., Any]] = {
        "advance": session.advance,
        "settle": session.settle,
        "touch": session.touch,
        "key": session.key,
        "save": session.save,
        "load": session.load,
    }
    for kind, *arguments in record:
        if kind == "adb":
            _replay_adb(session, *arguments)
        else:
            calls[kind](*arguments)


def _replay_adb(session: Session, words: list[str], files: dict[str, dict[str, bytes]]) -> None:
    """Run a command of adb, the files that it read at the time in place of the host's."""
    at, command = _command(words)
    words = list(words)
    with tempfile.TemporaryDirectory() as folder:
        for place in _sources(words, at, command):
            copy = pathlib.Path(folder, str(place), pathlib.Path(words[place]).name)
            for path, data in files.get(str(place), {}).items():
                file = copy / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            words[place] = str(copy)
        session.adb(words)


def _command(words: Sequence[str]) -> tuple[int, str]:
    """The place of adb's command among its words, and the command; "" for none."""
    at = 0
    while at < len(words) and words[at] in OPTIONS:
        at += 1 + OPTIONS[words[at]]
    return at, words[at] if at < len(words) else ""


def _sources(words: Sequence[str], at: int, command: str) -> list[int]:
    """Places of the words that name files of the host which a command reads."""
    if command not in READERS:
        return []
    names = [place for place in range(at + 1, len(words)) if not words[place].startswith("-")]
    return names[: READERS[command]]


def _host_files(words: Sequence[str], at: int, command: str) -> dict[str, dict[str, bytes]]:
    """The contents of the files that a command reads, by the word's place and the path below it ("" for itself)."""
    found: dict[str, dict[str, bytes]] = {}
    for place in _sources(words, at, command):
        source = pathlib.Path(words[place])
        if source.is_dir():
            inside = sorted(path for path in source.rglob("*") if path.is_file())
            found[str(place)] = {path.relative_to(source).as_posix(): path.read_bytes() for path in inside}
        elif source.is_file():
            found[str(place)] = {"": source.read_bytes()}
    return found
