"""The expansion of words: braces, variables, substitutions, splitting, globs."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.arithmetic import ArithmeticFault, evaluate
from palaestra.envs.android.shell.paths import resolve
from palaestra.envs.android.shell.patterns import Piece, glob_regex, has_glob
from palaestra.envs.android.shell.streams import Bounds, Sink, Stopped
from palaestra.envs.android.ui.handset import Handset

MAX_FIELDS = 20_000
"""Most words of one command after expansion."""
MAX_WORD = 1 << 20
"""Longest word after expansion, characters; a line that produces a longer one is killed (status 137)."""
MAX_BRACES = 6
"""Deepest nesting of brace expansions."""
MAX_TRIMMED = 4096
"""Longest start or end that ``${name#pattern}`` and the like remove, characters."""
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
    """The state of a shell that its words depend on.

    Attributes:
        device: the phone.
        bounds: the limits on the line's work.
        variables: values by name.
        exported: names of the variables that commands see in their environment.
        positional: the shell's name and its positional parameters.
        folder: the working folder.
        status: exit status of the last command.
        stderr: where errors of substitutions are written.
    """

    device: Handset
    bounds: Bounds
    variables: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    exported: set[str] = field(default_factory=lambda: set(ENVIRONMENT))
    positional: list[str] = field(default_factory=lambda: ["/system/bin/sh"])
    folder: str = "/"
    status: int = 0
    stderr: Sink | None = None

    def fields(self, words: Sequence[tree.Word]) -> list[str]:
        """The words of a command after every expansion, without quotes."""
        fields: list[str] = []
        for word in words:
            for alternative in braces(word):
                fields.extend(self._fields_of(alternative))
                if len(fields) > MAX_FIELDS:
                    raise Stopped(137)
        return fields

    def _fields_of(self, word: tree.Word) -> list[str]:
        fields: list[list[Piece]] = []
        current: list[Piece] | None = None
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

    def _globbed(self, pieces: list[Piece]) -> list[str]:
        plain = _bounded("".join(text for text, _ in pieces))
        if not any(not quoted and has_glob(text) for text, quoted in pieces):
            return [plain]
        return self._matches(pieces, plain) or [plain]

    def _matches(self, pieces: list[Piece], plain: str) -> list[str]:
        """Paths that match a glob, sorted; hidden names only where the glob starts with a dot."""
        levels: list[list[Piece]] = [[]]
        for text, quoted in pieces:
            for i, piece in enumerate(text.split("/")):
                if i:
                    levels.append([])
                if piece:
                    levels[-1].append((piece, quoted))
        files, paths = self.device.files, ["/" if plain.startswith("/") else ""]
        for i, level in enumerate(levels):
            name = "".join(text for text, _ in level)
            if not name:
                if i == len(levels) - 1 and i:
                    paths = [path.rstrip("/") + "/" for path in paths if files.isdir(resolve(self.folder, path))]
                continue
            if not any(not quoted and has_glob(text) for text, quoted in level):
                paths = [path + name if path in ("", "/") else f"{path}/{name}" for path in paths]
                paths = [path for path in paths if files.exists(resolve(self.folder, path))]
                continue
            regex = glob_regex(level)
            following: list[str] = []
            for path in paths:
                self.bounds.command()
                here = resolve(self.folder, path or ".")
                if files.isdir(here):
                    names = [n for n in files.listdir(here) if n.startswith(".") <= name.startswith(".")]
                    following += [path + n if path in ("", "/") else f"{path}/{n}" for n in names if regex.fullmatch(n)]
            paths = following[:MAX_FIELDS]
        return sorted(path for path in paths if path not in ("", "/"))

    def single(self, word: tree.Word) -> str:
        """A word expanded to one text, without splitting and globs."""
        return _bounded("".join(part.text if isinstance(part, tree.Literal) else self.value(part) for part in word))

    def pieces(self, word: tree.Word) -> list[Piece]:
        """A word expanded to the pieces of a pattern."""
        return [
            (part.text, part.quoted) if isinstance(part, tree.Literal) else (self.value(part), part.quoted)
            for part in word
        ]

    def value(self, part: tree.Part) -> str:
        """The value of a part."""
        if isinstance(part, tree.Substitution):
            return self.substitute(part.script)
        if isinstance(part, tree.Arithmetic):
            return str(evaluate(self.single(part.expression), self.variables))
        if isinstance(part, tree.Literal):
            return part.text
        return self.variable(part)

    def substitute(self, script: tree.Script) -> str:
        """A script's output; the shell implements it."""
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
    """The text.

    Raises:
        Stopped: it is too long.
    """
    if len(text) > MAX_WORD:
        raise Stopped(137)
    return text


def trimmed(value: str, pattern: list[Piece], *, start: bool, longest: bool) -> str:
    """A value without the shortest or longest start or end that matches a glob."""
    regex = glob_regex(pattern)
    size = min(len(value), MAX_TRIMMED)
    lengths = range(size, -1, -1) if longest else range(size + 1)
    for length in lengths:
        part = value[:length] if start else value[len(value) - length :]
        if regex.fullmatch(part):
            return value[length:] if start else value[: len(value) - length]
    return value


def braces(word: tree.Word, depth: int = 0) -> list[tree.Word]:
    """The words of ``a{b,c}d``; brace expansion comes before any other."""
    for i, part in enumerate(word):
        if not (isinstance(part, tree.Literal) and not part.quoted and "{" in part.text):
            continue
        alternatives = _alternatives(word, i)
        if alternatives is None or depth > MAX_BRACES:
            continue
        head, options, tail = alternatives
        return [full for option in options for full in braces((*head, *option, *tail), depth + 1)][:MAX_FIELDS]
    return [word]


def _alternatives(word: tree.Word, first: int) -> tuple[tree.Word, list[tree.Word], tree.Word] | None:
    """Split a word at its first complete pair of braces from a part on; None if there is none.

    Returns:
        The word before the braces, the alternatives between them, and the word after them.
    """
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
            level += (symbols[end] == "{") - (symbols[end] == "}")
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
