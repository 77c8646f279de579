"""Redirections: the streams of a command, and the files that it writes when it is over."""

import contextlib
import io
from collections.abc import Sequence

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.expansion import Expansion
from palaestra.envs.android.shell.paths import reason, resolve
from palaestra.envs.android.shell.streams import Sink, Streams, encode


class Redirected:
    """The streams of a command with its redirections; None, with the error written, if a file can't be opened.

    Files that are written get their contents when the command is over.
    """

    def __init__(self, shell: Expansion, redirections: Sequence[tree.Redirection], streams: Streams):
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
