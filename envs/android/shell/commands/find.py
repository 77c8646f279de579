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
    starts = []
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
        found = list(tree(call, start, call.path(start), depth))
        for name, path in reversed(found) if test.depth_first else found:
            if call.device.files.exists(path):  # an action may have removed it
                test.apply(name, path)
    return status


class _Expression:
    """The tests and actions of ``find``: ``-o`` between lists of ands, ``!`` before a test."""

    VALUED = ("-name", "-iname", "-path", "-wholename", "-type", "-size", "-mtime", "-mmin", "-newer", "-user")

    def __init__(self, call: Call, words: list[str]):
        self.call = call
        self.unit = 512
        self.ways: list[list[tuple[bool, str, list[str]]]] = [[]]
        words = [word for word in words if word not in ("(", ")", "\\(", "\\)")]
        self.depth_first = "-delete" in words or "-depth" in words
        negated = False
        while words:
            word = words.pop(0)
            if word in ("-o", "-or"):
                self.ways.append([])
            elif word in ("!", "-not"):
                negated = True
            elif word in self.VALUED:
                if not words:
                    raise ValueError(f"'{word}' needs 1 argument")
                self.ways[-1].append((negated, word, [words.pop(0)]))
                negated = False
            elif word in ("-print", "-print0", "-delete", "-empty", "-true", "-false"):
                self.ways[-1].append((negated, word, []))
                negated = False
            elif word == "-exec":
                ends = [i for i, w in enumerate(words) if w in (";", "\\;", "+")]
                if not ends:
                    raise ValueError("-exec needs ;")
                self.ways[-1].append((negated, word, words[: ends[0]]))
                del words[: ends[0] + 1]
            elif word not in ("-a", "-and", "-depth", "-xdev", "-follow"):
                raise ValueError(f"bad arg '{word}'")

    def apply(self, name: str, path: str) -> None:
        """Test a file and do what is asked; without an action, print it."""
        acts = any(test in ("-print", "-print0", "-delete", "-exec") for way in self.ways for _, test, _ in way)
        for way in self.ways:
            if all(self._holds(test, values, name, path) != negated for negated, test, values in way):
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
            ends = Streams(self.call.streams.stdin, self.call.streams.out, self.call.streams.err)
            return not self.call.shell.execute([word.replace("{}", name) for word in values], ends)
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

    def _compared(self, value: int, told: str) -> bool:
        """Whether a size or age is what ``+5k``, ``-5k`` or ``5k`` says, in whole units, rounded up."""
        found = re.fullmatch(r"([+-]?)(\d{1,12})([bcwkMG]?)", told)
        if found is None:
            return False
        unit = {"c": 1, "w": 2, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "b": 512}.get(found[3], self.unit)
        value, wanted = -(-value // unit), int(found[2])
        return value > wanted if found[1] == "+" else value < wanted if found[1] == "-" else value == wanted


def tree(call: Call, name: str, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Name and path of a file or folder and of what is in it, each folder before its content."""
    yield name, path
    if depth > 0 and call.device.files.isdir(path):
        for below in call.device.files.listdir(path):
            yield from tree(call, join(name, below), join(path, below), depth - 1)


COMMANDS = {"find": find}
