"""Redirections: the streams of a command, and the files that they are written to."""

import contextlib
import io
from collections.abc import Sequence

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.expansion import Expansion
from palaestra.envs.android.shell.paths import reason, resolve
from palaestra.envs.android.shell.streams import Sink, Streams, encode


class Redirected:
    """A context manager for a command's redirections.

    Entering it returns the command's streams, or None if a file can't be opened, after writing the error message.
    Output files get their contents when the context ends.
    """

    def __init__(self, shell: Expansion, redirections: Sequence[tree.Redirection], streams: Streams):
        self.shell, self.redirections, self.streams = shell, redirections, streams
        self.writes: list[tuple[str, Sink, bool]] = []

    def __enter__(self) -> Streams | None:
        self.outer_stderr = self.shell.stderr
        streams = Streams(self.streams.stdin, self.streams.out, self.streams.err)
        self.shell.stderr = streams.err
        for redirection in self.redirections:
            if not self._apply(redirection, streams):
                return None
        self.shell.stderr = streams.err
        return streams

    def __exit__(self, *error: object) -> None:
        self.shell.stderr = self.outer_stderr
        files = self.shell.device.files
        for path, sink, append in self.writes:
            if sink.data:
                write = files.append if append else files.write
                with contextlib.suppress(OSError):  # the command may have removed the file's folder
                    write(path, bytes(sink.data))

    def _apply(self, redirection: tree.Redirection, streams: Streams) -> bool:
        """Apply a redirection to the streams; False if its file can't be opened."""
        shell, operator = self.shell, redirection.operator
        if operator in ("<<", "<<<"):
            streams.stdin = io.BytesIO(encode(shell.single(redirection.target) + ("\n" if operator == "<<<" else "")))
            return True
        name = shell.single(redirection.target)
        if operator == ">&" and name in ("0", "1", "2", "-"):
            sink = {"1": streams.out, "2": streams.err}.get(name) or Sink(shell.bounds)
            self._attach(redirection.descriptor, sink, streams)
            return True
        if operator == "<&" and name in ("0", "1", "2", "-"):
            return True
        path = resolve(shell.folder, name)
        if operator == "<":
            return self._open(path, name, streams)
        sink = Sink(shell.bounds)
        if path not in ("/dev/null", "/dev/zero"):
            append = operator in (">>", "&>>")
            problem = self._create(path, append)
            if problem:
                self.streams.err.write(encode(f"/system/bin/sh: can't create {name}: {problem}\n"))
                return False
            self.writes.append((path, sink, append))
        if operator.startswith("&>"):
            streams.out = streams.err = sink
        else:
            self._attach(redirection.descriptor, sink, streams)
        return True

    def _attach(self, descriptor: int, sink: Sink, streams: Streams) -> None:
        if descriptor == 1:
            streams.out = sink
        elif descriptor == 2:
            streams.err = sink

    def _open(self, path: str, name: str, streams: Streams) -> bool:
        files = self.shell.device.files
        if path == "/dev/null":
            streams.stdin = io.BytesIO()
        elif not files.exists(path):
            self.streams.err.write(encode(f"/system/bin/sh: can't open {name}: No such file or directory\n"))
            return False
        else:
            streams.stdin = io.BytesIO(b"" if files.isdir(path) else files.read(path))
        return True

    def _create(self, path: str, append: bool) -> str:
        """Create the file, or empty it unless it is appended to; the system's message if that fails, else ''."""
        files = self.shell.device.files
        try:
            if not append or not files.exists(path):
                files.write(path, b"")
            elif files.isdir(path):
                return "Is a directory"
        except OSError as error:
            return reason(error)
        return ""
