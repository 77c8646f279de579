"""The phone's shell: runs a line as ``adb shell`` would and returns its output and exit status.

Every line runs in a new shell, as with adb: variables and the working folder don't outlive it. Work and output are
limited, and no input raises an exception.
"""

import functools
import importlib
import io
import pkgutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from palaestra.envs.android.shell import commands as folder
from palaestra.envs.android.shell import grammar, tree
from palaestra.envs.android.shell.arithmetic import ArithmeticFault
from palaestra.envs.android.shell.conditions import extended_test
from palaestra.envs.android.shell.expansion import Expansion
from palaestra.envs.android.shell.paths import reason, resolve
from palaestra.envs.android.shell.redirections import Redirected
from palaestra.envs.android.shell.streams import Bounds, Sink, Stopped, Streams, decode, encode
from palaestra.envs.android.ui.handset import Handset

PROGRAM_FOLDERS = ("/bin", "/system/bin", "/system/xbin", "/vendor/bin")


@dataclass(frozen=True, slots=True)
class Result:
    """The output of a line, standard output and error interleaved, and its exit status."""

    output: bytes
    status: int


class LoopExit(Exception):
    """``break`` or ``continue`` (``again``) out of ``levels`` loops."""

    def __init__(self, levels: int, again: bool):
        self.levels, self.again = levels, again


@dataclass
class Call:
    """One call of a command: its shell, name, arguments and streams."""

    shell: "Shell"
    name: str
    args: list[str]
    streams: Streams

    @property
    def device(self) -> Handset:
        """The phone."""
        return self.shell.device

    def say(self, text: str | bytes) -> None:
        """Write to standard output."""
        self.streams.out.write(text if isinstance(text, bytes) else encode(text))

    def complain(self, text: str) -> None:
        """Write to standard error."""
        self.streams.err.write(encode(text))

    def fail(self, text: str, status: int = 1) -> int:
        """Write ``NAME: text`` to standard error; returns the exit status."""
        self.complain(f"{self.name}: {text}\n")
        return status

    def read(self) -> bytes:
        """The rest of standard input."""
        return self.streams.stdin.read()

    def path(self, name: str) -> str:
        """The absolute path of a name in the shell's working folder."""
        return resolve(self.shell.folder, name)


Command = Callable[[Call], int]
"""Runs a call; returns its exit status."""
Subcommand = Callable[[Call, list[str]], int]
"""What a word such as ``start`` in ``am start`` does with the words after it."""


@functools.cache
def commands() -> dict[str, Command]:
    """Every command by name, collected from the modules of the commands folder."""
    table: dict[str, Command] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        table.update(getattr(importlib.import_module(f"{folder.__name__}.{module.name}"), "COMMANDS", {}))
    return table


def run(device: Handset, line: str | bytes) -> Result:
    """Run a line in a new shell on the device.

    Args:
        device: the phone.
        line: a script; bytes that are not UTF-8 become replacement characters.
    """
    text = decode(line if isinstance(line, bytes) else line.encode("utf-8", "replace"))
    bounds = Bounds()
    out = Sink(bounds)
    shell = Shell(device, bounds, stderr=out)
    status = shell.script_text(text, Streams(io.BytesIO(), out, out))
    return Result(bytes(out.data), status)


@dataclass
class Shell(Expansion):
    """A running shell.

    Attributes:
        loops: how many loops are running.
        user: the user id that ``su`` has chosen.
        errexit: ``set -e``: the shell ends when a command fails.
        tested: how many conditions are being evaluated, in which a command may fail.
    """

    loops: int = 0
    user: int = 0
    errexit: bool = False
    tested: int = 0

    def child(self) -> "Shell":
        """A subshell: a copy that shares the device and the limits."""
        return Shell(
            self.device,
            self.bounds,
            dict(self.variables),
            set(self.exported),
            list(self.positional),
            self.folder,
            self.status,
            self.stderr,
            errexit=self.errexit,
            tested=self.tested,
        )

    # --- running ---

    def script_text(self, text: str, streams: Streams) -> int:
        """Parse and run a script; ``exit`` ends it."""
        try:
            return self.script(grammar.parse(text), streams)
        except tree.SyntaxFault as fault:
            self._try_write(streams.err, f"{self.positional[0]}: {fault}\n")
            return 1
        except Stopped as stopped:
            self.status = stopped.status
            return stopped.status
        except LoopExit:
            return self.status

    def _try_write(self, sink: Sink, text: str) -> None:
        try:
            sink.write(encode(text))
        except Stopped:
            self.status = 137

    def script(self, script: tree.Script, streams: Streams) -> int:
        """Run a parsed script, one level of nesting deeper."""
        with self.bounds:
            return self._chains(script, streams)

    def _chains(self, script: tree.Script, streams: Streams) -> int:
        for chain in script:
            if chain.background:
                shell = self.child()
                shell.status = shell._isolated(functools.partial(shell.chain, chain, streams))
                self.status = 0
            else:
                self.chain(chain, streams)
        return self.status

    def _isolated(self, work: Callable[[], int]) -> int:
        """Run a subshell's work: ``exit`` ends only the subshell, exhausted limits end the whole line."""
        try:
            return work()
        except Stopped as stopped:
            if self.bounds.commands < 0 or self.bounds.output < 0:
                raise
            return stopped.status
        except LoopExit:
            return self.status

    def chain(self, chain: tree.Chain, streams: Streams) -> int:
        """Run the pipelines whose operators allow it."""
        for operator, pipeline in chain.pipelines:
            if (operator == "&&" and self.status) or (operator == "||" and not self.status):
                continue
            is_tested = pipeline.negated or pipeline is not chain.pipelines[-1][1]  # by ! or by what follows it
            self.tested += is_tested
            try:
                self.pipeline(pipeline, streams)
            finally:
                self.tested -= is_tested
            if self.errexit and self.status and not is_tested and not self.tested:
                raise Stopped(self.status)
        return self.status

    def condition(self, script: tree.Script, streams: Streams) -> bool:
        """Whether a condition's last command succeeds; ``set -e`` doesn't apply in it."""
        self.tested += 1
        try:
            return self.script(script, streams) == 0
        finally:
            self.tested -= 1

    def pipeline(self, pipeline: tree.Pipeline, streams: Streams) -> int:
        """Run the commands of a pipeline, each on the output of the one before."""
        if len(pipeline.commands) == 1:
            status = self.command(pipeline.commands[0], streams)
        else:
            status = self._piped(pipeline.commands, streams)
        self.status = int(not status) if pipeline.negated else status
        return self.status

    def _piped(self, parts: Sequence[tree.Command], streams: Streams) -> int:
        stdin, status = streams.stdin, 0
        for i, part in enumerate(parts):
            out = streams.out if i == len(parts) - 1 else Sink(self.bounds)
            shell = self.child()
            status = shell._isolated(functools.partial(shell.command, part, Streams(stdin, out, streams.err)))
            stdin = io.BytesIO(bytes(out.data) if out is not streams.out else b"")
        return status

    def command(self, command: tree.Command, streams: Streams) -> int:
        """Run one command of any kind."""
        self.bounds.command()
        try:
            if isinstance(command, tree.Simple):
                self.status = self.simple(command, streams)
            else:
                with Redirected(self, command.redirections, streams) as redirected:
                    self.status = 1 if redirected is None else self.compound(command, redirected)
        except ArithmeticFault as fault:
            streams.err.write(encode(f"{self.positional[0]}: {fault}\n"))
            raise Stopped(1) from None
        return self.status

    def compound(self, command: tree.Compound, streams: Streams) -> int:
        """Run a group, a condition or a loop."""
        if isinstance(command, tree.Group):
            if not command.subshell:
                return self.script(command.body, streams)
            shell = self.child()
            return shell._isolated(functools.partial(shell.script, command.body, streams))
        if isinstance(command, tree.If):
            for condition, body in command.branches:
                if self.condition(condition, streams):
                    return self.script(body, streams)
            return self.script(command.otherwise, streams) if command.otherwise else 0
        if isinstance(command, tree.Test):
            return extended_test(self, command.tokens, streams)
        return self.loop(command, streams)

    def loop(self, command: tree.For | tree.While, streams: Streams) -> int:
        """Run ``for``, ``while`` and ``until``."""
        status = 0
        self.loops += 1
        try:
            if isinstance(command, tree.For):
                words = list(self.positional[1:]) if command.words is None else self.fields(command.words)
                for word in words:
                    self.bounds.command()
                    self.variables[command.name] = word
                    status, over = self._iteration(command.body, streams)
                    if over:
                        break
            else:
                while True:
                    self.bounds.command()
                    if self.condition(command.condition, streams) == command.until:
                        break
                    status, over = self._iteration(command.body, streams)
                    if over:
                        break
        finally:
            self.loops -= 1
        return status

    def _iteration(self, body: tree.Script, streams: Streams) -> tuple[int, bool]:
        """Run a loop's body once; its status, and whether the loop is over."""
        try:
            return self.script(body, streams), False
        except LoopExit as leaving:
            if leaving.levels > 1 and self.loops > 1:
                raise LoopExit(leaving.levels - 1, leaving.again) from None
            return 0, not leaving.again

    def simple(self, command: tree.Simple, streams: Streams) -> int:
        """Run a command of words, or assign variables."""
        words = self.fields(command.words)
        with Redirected(self, command.redirections, streams) as redirected:
            if redirected is None:
                return 1
            if not words:
                self.status = 0
                for name, word in command.assignments:
                    self.variables[name] = self.single(word)
                return self.status
            saved = {name: self.variables.get(name) for name, _ in command.assignments}
            for name, word in command.assignments:
                self.variables[name] = self.single(word)
            try:
                return self.execute(words, redirected)
            finally:
                for name, value in saved.items():
                    if value is None:
                        self.variables.pop(name, None)
                    else:
                        self.variables[name] = value

    def execute(self, words: Sequence[str], streams: Streams) -> int:
        """Run a command by its words; the status is 127 if there is no such command."""
        self.bounds.command()
        name, *args = words
        command = commands().get(name)
        if command is None and "/" in name:
            path = resolve(self.folder, name)
            parent, program = path.rsplit("/", 1)
            command = commands().get(program) if parent in PROGRAM_FOLDERS else None
            if command is None and self.device.files.exists(path):
                return self._script_file(path, args, streams)
        if command is None:
            streams.err.write(encode(f"/system/bin/sh: {name}: inaccessible or not found\n"))
            return 127
        call = Call(self, name.rsplit("/", 1)[-1] or name, args, streams)
        with self.bounds:
            try:
                return command(call)
            except OSError as error:
                return call.fail(reason(error))

    def _script_file(self, path: str, args: list[str], streams: Streams) -> int:
        mode = self.device.files.stat(path).mode
        if mode & 0o111 == 0 or stat.S_ISDIR(mode):
            problem = "Is a directory" if stat.S_ISDIR(mode) else "Permission denied"
            streams.err.write(encode(f"/system/bin/sh: {path}: can't execute: {problem}\n"))
            return 126
        shell = self.child()
        shell.positional = [path, *args]
        return shell.script_text(decode(self.device.files.read(path)), streams)

    def substitute(self, script: tree.Script) -> str:
        """A script's output without trailing newlines; its errors go to the shell's own."""
        sink = Sink(self.bounds)
        shell = self.child()
        streams = Streams(io.BytesIO(), sink, self.stderr or sink)
        self.status = shell._isolated(functools.partial(shell.script, script, streams))
        return decode(bytes(sink.data)).rstrip("\n")
