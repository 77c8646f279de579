"""What a line of shell reads and writes: streams, redirections, and the bounds of its work."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.commands.paths import reason, resolve

if TYPE_CHECKING:
    from palaestra.envs.android.shell.run import Shell

MAX_OUTPUT = 64 << 20
"""Most bytes that one line may write to its output, pipes and files together."""
MAX_COMMANDS = 5_000
"""Most commands that one line may run; past that it is killed (status 137)."""
MAX_NESTING = 60
"""Deepest nesting of lists and commands that run: loops, groups, substitutions, ``sh -c``, ``eval``."""


class Stopped(Exception):
    """The line is over: by ``exit``, by ``exec`` or because its bounds are used up."""

    def __init__(self, status: int):
        self.status = status


@dataclass
class Bounds:
    """What is left of a line's work, shared by all its shells."""

    commands: int = MAX_COMMANDS
    output: int = MAX_OUTPUT
    depth: int = 0

    def __enter__(self) -> None:
        """Go one list deeper."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.commands = -1
            raise Stopped(137)

    def __exit__(self, *error: object) -> None:
        self.depth -= 1

    def command(self) -> None:
        """Count one command."""
        self.commands -= 1
        if self.commands < 0:
            raise Stopped(137)


class Sink:
    """Where a command writes."""

    __slots__ = ("_bounds", "data")

    def __init__(self, bounds: Bounds):
        self.data = bytearray()
        self._bounds = bounds

    def write(self, data: bytes) -> None:
        """Append; a line that has written too much is stopped."""
        self._bounds.output -= len(data)
        if self._bounds.output < 0:
            raise Stopped(137)
        self.data += data


@dataclass
class Streams:
    """The three open ends of a command; ``out`` and ``err`` may be the same sink."""

    stdin: io.BytesIO
    out: Sink
    err: Sink


def encode(text: str) -> bytes:
    """UTF-8; what came in as stray bytes goes out as such, lone surrogates as question marks."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def decode(data: bytes) -> str:
    """Words from output or a file: UTF-8, other bytes become replacement characters, zeros are dropped."""
    return data.decode("utf-8", "replace").replace("\0", "")


class Redirected:
    """The streams of a command with its redirections; None, with the error written, if a file can't be opened.

    Files that are written get their contents when the command is over.
    """

    def __init__(self, shell: "Shell", redirections: Sequence[tree.Redirection], streams: Streams):
        self.shell, self.redirections, self.streams = shell, redirections, streams
        self.writes: list[tuple[str, Sink, bool]] = []

    def __enter__(self) -> Streams | None:
        self.outer = self.shell.stderr
        ends = Streams(self.streams.stdin, self.streams.out, self.streams.err)
        self.shell.stderr = ends.err
        for one in self.redirections:
            if not self._apply(one, ends):
                return None
        self.shell.stderr = ends.err
        return ends

    def __exit__(self, *error: object) -> None:
        self.shell.stderr = self.outer
        files = self.shell.device.files
        for path, sink, append in self.writes:
            if sink.data:
                with contextlib.suppress(OSError):  # the command itself may have taken its folder away
                    (files.append if append else files.write)(path, bytes(sink.data))

    def _apply(self, one: tree.Redirection, ends: Streams) -> bool:
        shell, operator = self.shell, one.operator
        if operator in ("<<", "<<<"):
            ends.stdin = io.BytesIO(encode(shell.single(one.target) + ("\n" if operator == "<<<" else "")))
            return True
        name = shell.single(one.target)
        if operator == ">&" and name in ("0", "1", "2", "-"):
            sink = {"1": ends.out, "2": ends.err}.get(name) or Sink(shell.bounds)
            self._attach(one.descriptor, sink, ends)
            return True
        if operator == "<&" and name in ("0", "1", "2", "-"):
            return True
        path = resolve(shell.folder, name)
        if operator == "<":
            return self._open(path, name, ends)
        sink = Sink(shell.bounds)
        if path not in ("/dev/null", "/dev/zero"):
            append = operator in (">>", "&>>")
            problem = self._create(path, append)
            if problem:
                self.streams.err.write(encode(f"/system/bin/sh: can't create {name}: {problem}\n"))
                return False
            self.writes.append((path, sink, append))
        if operator.startswith("&>"):
            ends.out = ends.err = sink
        else:
            self._attach(one.descriptor, sink, ends)
        return True

    def _attach(self, descriptor: int, sink: Sink, ends: Streams) -> None:
        if descriptor == 1:
            ends.out = sink
        elif descriptor == 2:
            ends.err = sink

    def _open(self, path: str, name: str, ends: Streams) -> bool:
        files = self.shell.device.files
        if path == "/dev/null":
            ends.stdin = io.BytesIO()
        elif not files.exists(path):
            self.streams.err.write(encode(f"/system/bin/sh: can't open {name}: No such file or directory\n"))
            return False
        else:
            ends.stdin = io.BytesIO(b"" if files.isdir(path) else files.read(path))
        return True

    def _create(self, path: str, append: bool) -> str:
        """Make the file empty, or have it there to be added to; the system's words if it can't be."""
        files = self.shell.device.files
        try:
            if not append or not files.exists(path):
                files.write(path, b"")
            elif files.isdir(path):
                return "Is a directory"
        except OSError as error:
            return reason(error)
        return ""
