"""What a line of shell reads and writes, and the bounds of its work."""

import io
from dataclasses import dataclass

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
