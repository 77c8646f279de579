"""``find``: an expression of tests and actions, parsed once and applied to every file."""

import fnmatch
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from palaestra.envs.android.shell.owners import owner
from palaestra.envs.android.shell.paths import MISSING, basename, dirname, join, reason
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.shell.streams import Streams

Test = Callable[[str, str], bool]
"""A test or action on a file's name, as printed, and its path."""
EVERYTHING = 1 << 30
AGES = {"-mtime": 86_400, "-atime": 86_400, "-ctime": 86_400, "-mmin": 60, "-amin": 60, "-cmin": 60}
"""Tests of a file's age -> their unit, s; a file here has one time."""
SIZES = {"c": 1, "w": 2, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "b": 512}
NUMBER = re.compile(r"([+-]?)(\d{1,12})([bcwkMG]?)")


class Leave(Exception):
    """``-quit``: find ends."""


def find(call: Call) -> int:
    """``find [PATH...] [TESTS and ACTIONS]``."""
    args = list(call.args)
    while args and args[0] in ("-H", "-L", "-P"):
        args.pop(0)
    starts: list[str] = []
    while args and not args[0].startswith(("-", "(", "!", "\\(")):
        starts.append(args.pop(0))
    try:
        expression = _Parser(call, args)
        test = expression.parse()
    except ValueError as problem:
        return call.fail(str(problem))
    status = 0
    try:
        for start in starts or ["."]:
            if not call.device.files.exists(call.path(start)):
                status = call.fail(f"'{start}': {MISSING}")
                continue
            _visit(expression, test, start, call.path(start), 0)
    except Leave:
        pass
    expression.run_collected()
    return status or expression.status


def _visit(expression: "_Parser", test: Test, name: str, path: str, depth: int) -> None:
    """Apply an expression to a file and, unless it is pruned or too deep, to everything in it."""
    files = expression.call.device.files
    expression.pruned = False
    first = not expression.depth_first
    if first and depth >= expression.low:
        test(name, path)
    if files.isdir(path) and depth < expression.high and not expression.pruned:
        for below in files.listdir(path):
            _visit(expression, test, join(name, below), join(path, below), depth + 1)
    if not first and depth >= expression.low and files.exists(path):
        test(name, path)


@dataclass
class _Parser:
    """The parser of an expression, and what its actions need while it is applied.

    Attributes:
        low, high: depths between which files are tested.
        depth_first: whether folders come after their contents.
        acts: whether there is an action; without one, names are printed.
        pruned: whether the folder just tested is to be skipped.
        collected: commands of ``-exec ... +`` and the names for them.
        status: 1 once an action has failed.
    """

    call: Call
    words: list[str]
    low: int = 0
    high: int = EVERYTHING
    depth_first: bool = False
    acts: bool = False
    pruned: bool = False
    collected: list[tuple[list[str], list[str]]] = field(default_factory=list)
    status: int = 0

    def parse(self) -> Test:
        """The whole expression.

        Raises:
            ValueError: it isn't one; the message is find's.
        """
        if not self.words:
            return self._print
        test = self._either()
        if self.words:
            raise ValueError(f"bad arg '{self.words[0]}'")
        if self.acts:
            return test
        return lambda name, path: test(name, path) and self._print(name, path)

    def _either(self) -> Test:
        alternatives = [self._all()]
        while self.words and self.words[0] in ("-o", "-or"):
            self.words.pop(0)
            alternatives.append(self._all())
        return lambda name, path: any(test(name, path) for test in alternatives)

    def _all(self) -> Test:
        tests = [self._one()]
        while self.words and self.words[0] not in ("-o", "-or", ")", "\\)"):
            if self.words[0] in ("-a", "-and"):
                self.words.pop(0)
            tests.append(self._one())
        return lambda name, path: all(test(name, path) for test in tests)

    def _one(self) -> Test:
        if not self.words:
            raise ValueError("missing expression")
        word = self.words.pop(0)
        if word in ("!", "-not"):
            test = self._one()
            return lambda name, path: not test(name, path)
        if word in ("(", "\\("):
            test = self._either()
            if not self.words or self.words.pop(0) not in (")", "\\)"):
                raise ValueError("missing )")
            return test
        if word in ("-exec", "-execdir", "-ok"):
            return self._execute(word)
        if word in PLAIN:
            return self._plain(word)
        if word in VALUED:
            if not self.words:
                raise ValueError(f"'{word}' needs 1 argument")
            return self._valued(word, self.words.pop(0))
        raise ValueError(f"bad arg '{word}'")

    # --- without an argument

    def _plain(self, word: str) -> Test:
        files = self.call.device.files
        if word in ("-print", "-print0", "-delete", "-quit"):
            self.acts = True
        if word in ("-depth", "-delete"):
            self.depth_first = True
        tests: dict[str, Test] = {
            "-print": self._print,
            "-print0": lambda name, path: self._print(name, path, "\0"),
            "-delete": self._delete,
            "-prune": self._prune,
            "-quit": self._quit,
            "-false": lambda name, path: False,
            "-empty": lambda name, path: not (files.listdir(path) if files.isdir(path) else files.stat(path).size),
            "-executable": lambda name, path: bool(files.stat(path).mode & 0o111),
        }
        return tests.get(word, lambda name, path: True)

    def _print(self, name: str, path: str, end: str = "\n") -> bool:
        self.call.say(name + end)
        return True

    def _delete(self, name: str, path: str) -> bool:
        files = self.call.device.files
        if path == "/" or basename(name) == ".":
            return True
        try:
            if files.isdir(path) and files.listdir(path):
                self.status = self.call.fail(f"'{name}': Directory not empty")
                return False
            files.remove(path, recursive=files.isdir(path))
        except OSError as error:
            self.status = self.call.fail(f"'{name}': {reason(error)}")
            return False
        self.call.device.screen_changed()
        return True

    def _prune(self, name: str, path: str) -> bool:
        self.pruned = True
        return True

    def _quit(self, name: str, path: str) -> bool:
        raise Leave

    # --- with an argument

    def _valued(self, word: str, value: str) -> Test:
        files = self.call.device.files
        if word in ("-maxdepth", "-mindepth"):
            if not re.fullmatch(r"\d{1,9}", value):
                raise ValueError(f"{word} needs a number")
            if word == "-maxdepth":
                self.high = int(value)
            else:
                self.low = int(value)
            return lambda name, path: True
        if word in ("-name", "-iname", "-path", "-wholename", "-ipath"):
            return _named(word, value)
        if word in ("-type", "-xtype"):
            if not value or set(value) - set("fdlbcps,"):
                raise ValueError(f"bad -type '{value}'")
            return lambda name, path: ("d" if files.isdir(path) else "f") in value
        if word == "-size":
            return _compared(value, lambda path: files.stat(path).size, 512)
        if word in AGES:
            now_us = self.call.device.now_us
            return _compared(
                value, lambda path: (now_us - files.stat(path).mtime_us) // 1_000_000, AGES[word], whole=True
            )
        if word == "-newer":
            other = self.call.path(value)
            if not files.exists(other):
                raise ValueError(f"'{value}': {MISSING}")
            return lambda name, path: files.stat(path).mtime_us > files.stat(other).mtime_us
        if word == "-perm":
            return self._permitted(value)
        return self._owned(word, value)

    def _permitted(self, value: str) -> Test:
        files, digits = self.call.device.files, value.lstrip("-/+")
        if not re.fullmatch(r"[0-7]{1,4}", digits):
            raise ValueError(f"bad mode '{value}'")
        bits = int(digits, 8)

        def test(name: str, path: str) -> bool:
            mode = files.stat(path).mode & 0o7777
            return mode & bits == bits if value[0] == "-" else bool(mode & bits) if value[0] in "/+" else mode == bits

        return test

    def _owned(self, word: str, value: str) -> Test:
        place = 0 if word == "-user" else 1
        return lambda name, path: owner(self.call.device.files, path)[place] == value

    # --- commands

    def _execute(self, word: str) -> Test:
        ends = [
            i
            for i, part in enumerate(self.words)
            if part in (";", "\\;") or (part == "+" and self.words[i - 1] == "{}")
        ]
        if not ends or not ends[0]:
            raise ValueError(f"{word} needs ;")
        self.acts = True
        parts, end = self.words[: ends[0]], self.words[ends[0]]
        del self.words[: ends[0] + 1]
        if end == "+":
            names: list[str] = []
            self.collected.append((parts[:-1], names))

            def collect(name: str, path: str) -> bool:
                names.append(name)
                return True

            return collect
        return lambda name, path: self._run([part.replace("{}", name) for part in parts], path, word)

    def _run(self, words: list[str], path: str, word: str = "-exec") -> bool:
        shell, streams = self.call.shell, self.call.streams
        if word == "-execdir":
            shell = shell.child()
            shell.folder = dirname(path)
        return not shell.execute(words, Streams(streams.stdin, streams.out, streams.err))

    def run_collected(self) -> None:
        """Run the commands of ``-exec ... +`` on all their names at once."""
        for parts, names in self.collected:
            if names and not self._run([*parts, *names], "/"):
                self.status = 1


PLAIN = frozenset(
    [
        "-print",
        "-print0",
        "-delete",
        "-empty",
        "-true",
        "-false",
        "-prune",
        "-quit",
        "-depth",
        "-xdev",
        "-mount",
        "-follow",
        "-executable",
        "-readable",
    ]
)
VALUED = frozenset(
    [
        "-name",
        "-iname",
        "-path",
        "-wholename",
        "-ipath",
        "-type",
        "-xtype",
        "-size",
        "-newer",
        "-user",
        "-group",
        "-perm",
        "-maxdepth",
        "-mindepth",
    ]
) | frozenset(AGES)


def _named(word: str, pattern: str) -> Test:
    """The test of a name or path against a pattern."""
    whole, fold = word in ("-path", "-wholename", "-ipath"), word.startswith("-i")

    def test(name: str, path: str) -> bool:
        text = name if whole else basename(name)
        return fnmatch.fnmatchcase(text.lower() if fold else text, pattern.lower() if fold else pattern)

    return test


def _compared(expression: str, value: Callable[[str], int], unit: int, *, whole: bool = False) -> Test:
    """Whether a size or age is above ``+5k``, below ``-5k`` or equal to ``5k``: sizes rounded up, ages down."""
    match = NUMBER.fullmatch(expression)
    if match is None:
        raise ValueError(f"bad number '{expression}'")
    limit, scale = int(match[2]), unit if whole else SIZES.get(match[3], unit)

    def test(name: str, path: str) -> bool:
        units = value(path) // scale if whole else -(-value(path) // scale)
        return units > limit if match[1] == "+" else units < limit if match[1] == "-" else units == limit

    return test


def tree(call: Call, name: str, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Names and paths of a file or folder and everything in it, each folder before its contents."""
    yield name, path
    if depth > 0 and call.device.files.isdir(path):
        for below in call.device.files.listdir(path):
            yield from tree(call, join(name, below), join(path, below), depth - 1)


COMMANDS = {"find": find}
