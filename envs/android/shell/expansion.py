"""The expansion of words by the phone's shell: braces, variables, substitutions, splitting, globs."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.arithmetic import ArithmeticFault, evaluate
from palaestra.envs.android.shell.paths import resolve
from palaestra.envs.android.shell.patterns import glob_regex, has_glob
from palaestra.envs.android.shell.streams import Bounds, Sink, Stopped

MAX_FIELDS = 20_000
"""Most words of one command after expansion."""
MAX_WORD = 1 << 20
"""Longest word after expansion, characters; a line that makes a longer one is killed (status 137)."""
ENVIRONMENT = {
    "ANDROID_ASSETS": "/system/app",
    "ANDROID_BOOTLOGO": "1",
    "ANDROID_DATA": "/data",
    "ANDROID_ROOT": "/system",
    "ANDROID_STORAGE": "/storage",
    "ASEC_MOUNTPOINT": "/mnt/asec",
    "EXTERNAL_STORAGE": "/sdcard",
    "HOME": "/",
    "HOSTNAME": "emulator64_x86_64_arm64",
    "LOGNAME": "root",
    "PATH": "/product/bin:/apex/com.android.runtime/bin:/system/bin:/system/xbin:/odm/bin:/vendor/bin:/vendor/xbin",
    "SHELL": "/bin/sh",
    "TERM": "dumb",
    "TMPDIR": "/data/local/tmp",
    "USER": "root",
}


@dataclass
class Expansion:
    """What the words of a shell depend on: its variables, its folder, the status of its last command."""

    device: Any
    bounds: Bounds
    variables: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    exported: set[str] = field(default_factory=lambda: set(ENVIRONMENT))
    positional: list[str] = field(default_factory=lambda: ["/system/bin/sh"])
    folder: str = "/"
    status: int = 0
    stderr: Sink | None = None
    """Where the errors of substitutions go."""

    def fields(self, words: Sequence[tree.Word]) -> list[str]:
        """The words of a command: braces, variables and substitutions, splitting, globs, quotes gone."""
        found: list[str] = []
        for word in words:
            for one in braces(word):
                found.extend(self._fields_of(one))
                if len(found) > MAX_FIELDS:
                    raise Stopped(137)
        return found

    def _fields_of(self, word: tree.Word) -> list[str]:
        fields: list[list[tuple[str, bool]]] = []
        current: list[tuple[str, bool]] | None = None
        for part in word:
            if isinstance(part, tree.Literal):
                current = current if current is not None else []
                current.append((part.text, part.quoted))
                continue
            if isinstance(part, tree.Variable) and part.name == "@" and part.quoted and not part.operator:
                for i, value in enumerate(self.positional[1:]):
                    if i and current is not None:
                        fields.append(current)
                        current = None
                    current = [*(current or []), (value, True)]
                continue
            value = self.value(part)
            if part.quoted:
                current = current if current is not None else []
                current.append((value, True))
                continue
            pieces = re.split(r"[ \t\n]+", value)
            for i, piece in enumerate(pieces):
                if i and current is not None:
                    fields.append(current)
                    current = None
                if piece:
                    current = [*(current or []), (piece, False)]
        if current is not None:
            fields.append(current)
        return [name for pieces in fields for name in self._globbed(pieces)]

    def _globbed(self, pieces: list[tuple[str, bool]]) -> list[str]:
        plain = _bounded("".join(text for text, _ in pieces))
        if not any(not quoted and has_glob(text) for text, quoted in pieces):
            return [plain]
        return self._matches(pieces, plain) or [plain]

    def _matches(self, pieces: list[tuple[str, bool]], plain: str) -> list[str]:
        """Paths that fit a pattern, sorted; hidden names only if the pattern's own name starts with a dot."""
        levels: list[list[tuple[str, bool]]] = [[]]
        for text, quoted in pieces:
            for i, piece in enumerate(text.split("/")):
                if i:
                    levels.append([])
                if piece:
                    levels[-1].append((piece, quoted))
        files, found = self.device.files, ["/" if plain.startswith("/") else ""]
        for i, level in enumerate(levels):
            name = "".join(text for text, _ in level)
            if not name:
                if i == len(levels) - 1 and i:
                    found = [path.rstrip("/") + "/" for path in found if files.isdir(resolve(self.folder, path))]
                continue
            if not any(not quoted and has_glob(text) for text, quoted in level):
                found = [path + name if path in ("", "/") else f"{path}/{name}" for path in found]
                found = [path for path in found if files.exists(resolve(self.folder, path))]
                continue
            regex = glob_regex(level)
            following = []
            for path in found:
                self.bounds.command()
                here = resolve(self.folder, path or ".")
                if files.isdir(here):
                    names = [n for n in files.listdir(here) if n.startswith(".") <= name.startswith(".")]
                    following += [path + n if path in ("", "/") else f"{path}/{n}" for n in names if regex.fullmatch(n)]
            found = following[:MAX_FIELDS]
        return sorted(path for path in found if path not in ("", "/"))

    def single(self, word: tree.Word) -> str:
        """A word as one text: no splitting, no globs."""
        return _bounded("".join(part.text if isinstance(part, tree.Literal) else self.value(part) for part in word))

    def pieces(self, word: tree.Word) -> list[tuple[str, bool]]:
        """A word as texts with whether they are quoted, for patterns."""
        return [
            (part.text, part.quoted) if isinstance(part, tree.Literal) else (self.value(part), part.quoted)
            for part in word
        ]

    def value(self, part: tree.Part) -> str:
        """What an expansion stands for."""
        if isinstance(part, tree.Substitution):
            return self.substitute(part.script)
        if isinstance(part, tree.Arithmetic):
            return str(evaluate(self.single(part.expression), self.variables))
        if isinstance(part, tree.Literal):
            return part.text
        return self.variable(part)

    def substitute(self, script: tree.Script) -> str:
        """A script's output: the shell's part."""
        raise NotImplementedError

    def lookup(self, name: str) -> str | None:
        """A variable's value, special ones included; None if unset."""
        if name == "?":
            return str(self.status)
        if name == "#":
            return str(len(self.positional) - 1)
        if name in ("@", "*"):
            return " ".join(self.positional[1:])
        if name == "$":
            return "4242"
        if name in ("!", "-"):
            return ""
        if name.isdigit():
            return self.positional[int(name)] if len(name) < 6 and int(name) < len(self.positional) else None
        if name == "PWD":
            return self.folder
        return self.variables.get(name)

    def variable(self, part: tree.Variable) -> str:
        """``$name`` with its operator applied."""
        value = self.lookup(part.name)
        operator, argument = part.operator, part.argument
        if operator == "length":
            return str(len(value or ""))
        if operator in (":-", "-", ":=", "=", ":+", "+", ":?", "?"):
            absent = value is None or (operator[0] == ":" and not value)
            if operator[-1] == "+":
                return "" if absent else self.single(argument)
            if not absent:
                return value or ""
            if operator[-1] == "?":
                message = self.single(argument) or "parameter null or not set"
                raise ArithmeticFault(f"{part.name}: {message}")
            default = self.single(argument)
            if operator[-1] == "=" and tree.is_name(part.name):
                self.variables[part.name] = default
            return default
        value = value or ""
        if operator in ("#", "##"):
            return trimmed(value, self.pieces(argument), start=True, longest=operator == "##")
        if operator in ("%", "%%"):
            return trimmed(value, self.pieces(argument), start=False, longest=operator == "%%")
        if operator in ("/", "//"):
            old, _, new = self.single(argument).partition("/")
            if not old:
                return value
            if value.count(old) * len(new) > MAX_WORD:
                raise Stopped(137)
            return value.replace(old, new, -1 if operator == "//" else 1)
        if operator == ":":
            return self._slice(value, self.single(argument))
        return value

    def _slice(self, value: str, argument: str) -> str:
        start, _, length = argument.partition(":")
        first = evaluate(start, self.variables)
        first = max(0, first + len(value)) if first < 0 else first
        return value[first:][: max(0, evaluate(length, self.variables))] if length else value[first:]


def _bounded(text: str) -> str:
    """The text, unless it is too long."""
    if len(text) > MAX_WORD:
        raise Stopped(137)
    return text


def trimmed(value: str, pattern: list[tuple[str, bool]], *, start: bool, longest: bool) -> str:
    """A value without the shortest or longest start or end that fits a glob."""
    regex = glob_regex(pattern)
    size = min(len(value), 4096)
    lengths = range(size, -1, -1) if longest else range(size + 1)
    for length in lengths:
        part = value[:length] if start else value[len(value) - length :]
        if regex.fullmatch(part):
            return value[length:] if start else value[: len(value) - length]
    return value


def braces(word: tree.Word, depth: int = 0) -> list[tree.Word]:
    """The words of ``a{b,c}d``: brace expansion, before any other."""
    for i, part in enumerate(word):
        if not (isinstance(part, tree.Literal) and not part.quoted and "{" in part.text):
            continue
        found = _alternatives(word, i)
        if found is None or depth > 6:
            continue
        head, options, tail = found
        return [full for option in options for full in braces((*head, *option, *tail), depth + 1)][:MAX_FIELDS]
    return [word]


def _alternatives(word: tree.Word, first: int) -> tuple[tree.Word, list[tree.Word], tree.Word] | None:
    """What stands before, between the commas of, and after the first complete pair of braces from a part on."""
    symbols: list[str | tree.Part] = []
    for part in word[first:]:
        if isinstance(part, tree.Literal) and not part.quoted:
            symbols.extend(part.text)
        else:
            symbols.append(part)
    for start, symbol in enumerate(symbols):
        if symbol != "{":
            continue
        level, cuts = 0, [start]
        for end in range(start, len(symbols)):
            level += {"{": 1, "}": -1}.get(symbols[end], 0) if isinstance(symbols[end], str) else 0
            if level == 1 and symbols[end] == ",":
                cuts.append(end)
            if level == 0:
                if len(cuts) == 1:
                    break
                cuts.append(end)
                options = [_word(symbols[a + 1 : b]) for a, b in itertools.pairwise(cuts)]
                return (*word[:first], *_word(symbols[:start])), options, _word(symbols[end + 1 :])
    return None


def _word(symbols: Sequence[str | tree.Part]) -> tree.Word:
    return tuple(tree.Literal(s, False) if isinstance(s, str) else s for s in symbols)
