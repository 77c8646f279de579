"""The input and output of a line of shell, and the limits on its work."""

import io
from dataclasses import dataclass

MAX_OUTPUT = 64 << 20
"""Most bytes that one line may write to its output, pipes and files together."""
MAX_COMMANDS = 5_000
"""Most commands that one line may run; beyond that it is killed (status 137)."""
MAX_NESTING = 60
"""Deepest nesting of running lists and commands: loops, groups, substitutions, ``sh -c``, ``eval``."""


class Stopped(Exception):
    """The shell ends: by ``exit``, by ``exec`` or because its limits are exhausted."""

    def __init__(self, status: int):
        self.status = status


@dataclass
class Bounds:
    """The rest of the work that a line may do, shared by all its shells.

    As a context manager it counts one level of nesting.
    """

    commands: int = MAX_COMMANDS
    output: int = MAX_OUTPUT
    depth: int = 0

    def __enter__(self) -> None:
        """Enter a level of nesting."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.commands = -1
            raise Stopped(137)

    def __exit__(self, *error: object) -> None:
        self.depth -= 1

    def command(self) -> None:
        """Count a command.

        Raises:
            Stopped: the line has run too many.
        """
        self.commands -= 1
        if self.commands < 0:
            raise Stopped(137)


class Sink:
    """The output of a command."""

    __slots__ = ("_bounds", "data")

    def __init__(self, bounds: Bounds):
        self.data = bytearray()
        self._bounds = bounds

    def write(self, data: bytes) -> None:
        """Append data.

        Raises:
            Stopped: the line has written too much.
        """
        self._bounds.output -= len(data)
        if self._bounds.output < 0:
            raise Stopped(137)
        self.data += data


@dataclass
class Streams:
    """The standard streams of a command; ``out`` and ``err`` may be the same sink."""

    stdin: io.BytesIO
    out: Sink
    err: Sink


def encode(text: str) -> bytes:
    """Encode as UTF-8; escaped bytes are restored, or else every surrogate becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def decode(data: bytes) -> str:
    """Decode UTF-8; invalid bytes become replacement characters, and zeros are dropped."""
    return data.decode("utf-8", "replace").replace("\0", "")
