"""``find``."""

import fnmatch
import re
from collections.abc import Iterator

from palaestra.envs.android.shell.paths import MISSING, basename, join, reason
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.shell.streams import Streams


def find(call: Call) -> int:
    """``find [PATH...] [-type f|d] [-name GLOB] [-iname GLOB] [-path GLOB] [-maxdepth N] [-size] [-delete] [-o]``."""
    args = list(call.args)
    starts: list[str] = []
    while args and not args[0].startswith(("-", "(", "!")):
        starts.append(args.pop(0))
    depth = 1 << 30
    if "-maxdepth" in args:
        at = args.index("-maxdepth")
        if at + 1 >= len(args) or not args[at + 1].isdecimal():
            return call.fail("-maxdepth needs a number")
        depth = int(args[at + 1])
        del args[at : at + 2]
    try:
        test = _Expression(call, args)
    except ValueError as problem:
        return call.fail(str(problem))
    status = 0
    for start in starts or ["."]:
        if not call.device.files.exists(call.path(start)):
            status = call.fail(f"'{start}': {MISSING}")
            continue
        entries = list(tree(call, start, call.path(start), depth))
        for name, path in reversed(entries) if test.depth_first else entries:
            if call.device.files.exists(path):  # an action may have removed it
                test.apply(name, path)
    return status


class _Expression:
    """The tests and actions of ``find``.

    Attributes:
        alternatives: the tests on either side of ``-o``; each test is whether it is negated, its name, its arguments.
        depth_first: whether folders come after their contents.
    """

    VALUED = ("-name", "-iname", "-path", "-wholename", "-type", "-size", "-mtime", "-mmin", "-newer", "-user")

    def __init__(self, call: Call, words: list[str]):
        self.call = call
        self.unit = 512
        self.alternatives: list[list[tuple[bool, str, list[str]]]] = [[]]
        words = [word for word in words if word not in ("(", ")", "\\(", "\\)")]
        self.depth_first = "-delete" in words or "-depth" in words
        negated = False
        while words:
            word = words.pop(0)
            if word in ("-o", "-or"):
                self.alternatives.append([])
            elif word in ("!", "-not"):
                negated = True
            elif word in self.VALUED:
                if not words:
                    raise ValueError(f"'{word}' needs 1 argument")
                self.alternatives[-1].append((negated, word, [words.pop(0)]))
                negated = False
            elif word in ("-print", "-print0", "-delete", "-empty", "-true", "-false"):
                self.alternatives[-1].append((negated, word, []))
                negated = False
            elif word == "-exec":
                ends = [i for i, w in enumerate(words) if w in (";", "\\;", "+")]
                if not ends:
                    raise ValueError("-exec needs ;")
                self.alternatives[-1].append((negated, word, words[: ends[0]]))
                del words[: ends[0] + 1]
            elif word not in ("-a", "-and", "-depth", "-xdev", "-follow"):
                raise ValueError(f"bad arg '{word}'")

    def apply(self, name: str, path: str) -> None:
        """Test a file and run the actions on it; without an action, print its name."""
        names = {test for tests in self.alternatives for _, test, _ in tests}
        acts = bool(names & {"-print", "-print0", "-delete", "-exec"})
        for tests in self.alternatives:
            if all(self._holds(test, values, name, path) != negated for negated, test, values in tests):
                if not acts:
                    self.call.say(name + "\n")
                return

    def _holds(self, test: str, values: list[str], name: str, path: str) -> bool:
        files = self.call.device.files
        if test in ("-print", "-print0"):
            self.call.say(name + ("\n" if test == "-print" else "\0"))
        elif test == "-delete":
            try:
                files.remove(path, recursive=files.isdir(path) and not files.listdir(path))
            except OSError as error:
                return not self.call.fail(f"'{name}': {reason(error)}")
        elif test == "-exec":
            streams = Streams(self.call.streams.stdin, self.call.streams.out, self.call.streams.err)
            return not self.call.shell.execute([word.replace("{}", name) for word in values], streams)
        elif test in ("-name", "-iname"):
            last = basename(name)
            if test == "-iname":
                return fnmatch.fnmatchcase(last.lower(), values[0].lower())
            return fnmatch.fnmatchcase(last, values[0])
        elif test in ("-path", "-wholename"):
            return fnmatch.fnmatchcase(name, values[0])
        elif test == "-type":
            return files.isdir(path) == (values[0] == "d") and values[0] in "fd"
        elif test == "-empty":
            return not files.listdir(path) if files.isdir(path) else not files.stat(path).size
        elif test == "-size":
            self.unit = 512
            return self._compared(files.stat(path).size, values[0])
        elif test == "-newer":
            other = self.call.path(values[0])
            return files.exists(other) and files.stat(path).mtime_us > files.stat(other).mtime_us
        elif test in ("-mtime", "-mmin"):
            self.unit = 1
            age_us = self.call.device.now_us - files.stat(path).mtime_us
            return self._compared(age_us // (86_400_000_000 if test == "-mtime" else 60_000_000), values[0])
        return test != "-false"

    def _compared(self, value: int, expression: str) -> bool:
        """Whether a size or age is above ``+5k``, below ``-5k`` or equal to ``5k``, in whole units, rounded up."""
        match = re.fullmatch(r"([+-]?)(\d{1,12})([bcwkMG]?)", expression)
        if match is None:
            return False
        unit = {"c": 1, "w": 2, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "b": 512}.get(match[3], self.unit)
        value, limit = -(-value // unit), int(match[2])
        return value > limit if match[1] == "+" else value < limit if match[1] == "-" else value == limit


def tree(call: Call, name: str, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Names and paths of a file or folder and everything in it, each folder before its contents."""
    yield name, path
    if depth > 0 and call.device.files.isdir(path):
        for below in call.device.files.listdir(path):
            yield from tree(call, join(name, below), join(path, below), depth - 1)


COMMANDS = {"find": find}
