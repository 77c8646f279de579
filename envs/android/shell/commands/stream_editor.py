"""The language of ``sed``: addresses, and the verbs s, d, p, q, y, a, i, c and =."""

import re
from dataclasses import dataclass

from palaestra.envs.android.shell.patterns import posix_regex


class BadScript(Exception):
    """An invalid script."""


@dataclass(frozen=True)
class Address:
    """The lines to which a verb applies: a number, those that match a pattern, or the last one if both are None."""

    number: int | None = None
    pattern: re.Pattern[str] | None = None

    def matches(self, line: str, number: int, is_last: bool) -> bool:
        """Whether it is the address of a line."""
        if self.number is not None:
            return number == self.number
        return is_last if self.pattern is None else self.pattern.search(line) is not None

    def is_passed(self, number: int) -> bool:
        """Whether it is the number of this line or of one before it."""
        return self.number is not None and number >= self.number


@dataclass
class Verb:
    """A command of a script.

    Attributes:
        first, last: the range of lines to which it applies; without ``last`` a line, without both every line.
        negated: whether it applies to all other lines.
        name: its letter.
        pattern: what ``s`` replaces.
        text: what ``s`` puts there, what ``a``, ``i`` and ``c`` print, or the two sets of ``y``.
        flags: those of ``s``.
        inside: whether the last line was in the range.
    """

    first: Address | None
    last: Address | None
    negated: bool
    name: str
    pattern: re.Pattern[str] | None = None
    text: str = ""
    flags: str = ""
    inside: bool = False


class Editor:
    """A parsed script.

    Raises:
        BadScript, PatternFault: the script is invalid.
    """

    def __init__(self, script: str, *, extended: bool, quiet: bool):
        self._extended, self._quiet = extended, quiet
        self._script, self._at = script, 0
        self._verbs: list[Verb] = []
        while self._skip():
            self._verbs.append(self._verb())

    def run(self, text: str) -> str:
        """The edited text."""
        ended = text.endswith("\n")
        lines = text.split("\n")[: -1 if ended else None] if text else []
        out: list[str] = []
        for verb in self._verbs:
            verb.inside = False
        for number, line in enumerate(lines, 1):
            edited, over = self._edit(line, number, number == len(lines), out)
            if edited is not None and not self._quiet:
                out.append(edited)
            out += self._after
            if over:
                break
        return "\n".join(out) + ("\n" if out and (ended or not lines) else "")

    def _edit(self, line: str, number: int, is_last: bool, out: list[str]) -> tuple[str | None, bool]:
        """The line after every verb (None: deleted), and whether the script ends with it."""
        self._after: list[str] = []
        for verb in self._verbs:
            if self._applies(verb, line, number, is_last) == verb.negated:
                continue
            if verb.name == "d":
                return None, False
            if verb.pattern is not None:  # s
                line, changed = self._substituted(verb, verb.pattern, line)
                if changed and "p" in verb.flags:
                    out.append(line)
            elif verb.name == "y":
                line = line.translate(str.maketrans(*verb.text.split("\0")))
            elif verb.name == "p":
                out.append(line)
            elif verb.name == "=":
                out.append(str(number))
            elif verb.name == "i":
                out.append(verb.text)
            elif verb.name == "a":
                self._after.append(verb.text)
            elif verb.name == "c":
                self._after.append(verb.text)
                return None, False
            elif verb.name == "q":
                return line, True
        return line, False

    def _substituted(self, verb: Verb, pattern: re.Pattern[str], line: str) -> tuple[str, bool]:
        """The line after an ``s``, and whether anything was replaced."""
        first = int("".join(c for c in verb.flags if c.isdigit()) or "1")
        seen = 0

        def replacement(match: re.Match[str]) -> str:
            nonlocal seen
            seen += 1
            if seen < first or (seen > first and "g" not in verb.flags):
                return match[0]
            return re.sub(
                r"\\(.)|&", lambda m: match[0] if m[0] == "&" else _group(match, m[1]), verb.text, flags=re.DOTALL
            )

        return pattern.sub(replacement, line), seen >= first

    def _applies(self, verb: Verb, line: str, number: int, is_last: bool) -> bool:
        """Whether a line is in a verb's range; called once per line, since it follows the range."""
        if verb.first is None:
            return True
        if verb.last is None:
            return verb.first.matches(line, number, is_last)
        if verb.inside:
            verb.inside = not (verb.last.matches(line, number, is_last) or verb.last.is_passed(number))
            return True
        if verb.first.matches(line, number, is_last):
            verb.inside = not verb.last.is_passed(number)
            return True
        return False

    def _skip(self) -> bool:
        while self._at < len(self._script) and self._script[self._at] in "; \n\t":
            self._at += 1
        return self._at < len(self._script)

    def _verb(self) -> Verb:
        first, last = self._address(), None
        if first is not None and self._peek() == ",":
            self._at += 1
            last = self._address()
            if last is None:
                raise BadScript("no address after ,")
        negated = self._peek() == "!"
        self._at += negated
        name = self._peek()
        self._at += 1
        verb = Verb(first, last, negated, name)
        if name in ("s", "y"):
            self._two_parts(verb)
        elif name in ("a", "i", "c"):
            rest, _, _ = self._script[self._at :].partition("\n")
            self._at += len(rest)
            verb.text = rest.lstrip().removeprefix("\\").lstrip("\n")
        elif name not in ("d", "p", "q", "="):
            raise BadScript(f"unknown command {name!r}")
        return verb

    def _two_parts(self, verb: Verb) -> None:
        separator = self._peek()
        if not separator or separator in "\n\\":
            raise BadScript("no separator")
        self._at += 1
        pattern, text = self._until(separator), self._until(separator)
        if verb.name == "y":
            if len(pattern) != len(text):
                raise BadScript("y strings have different lengths")
            verb.text = f"{pattern}\0{text}"
            return
        while self._peek() and self._peek() in "gpiI0123456789":
            verb.flags += self._script[self._at]
            self._at += 1
        if "".join(c for c in verb.flags if c.isdigit()) == "0":
            raise BadScript("no 0th match")
        verb.pattern = posix_regex(pattern, self._extended, bool(set("iI") & set(verb.flags)))
        verb.text = text.replace("\\n", "\n")

    def _until(self, separator: str) -> str:
        """Consume the text up to a separator, and the separator."""
        text = ""
        while (c := self._peek()) != separator:
            if not c:
                raise BadScript("unfinished")
            self._at += 1
            if c == "\\" and self._peek():
                following = self._peek()
                self._at += 1
                text += following if following == separator else "\\" + following
            else:
                text += c
        self._at += 1
        return text

    def _address(self) -> Address | None:
        c = self._peek()
        if c == "$":
            self._at += 1
            return Address()
        if c.isdecimal():
            start = self._at
            while self._peek().isdecimal():
                self._at += 1
            return Address(number=int(self._script[start : self._at][:12]))
        if c == "/":
            self._at += 1
            return Address(pattern=posix_regex(self._until("/"), self._extended))
        return None

    def _peek(self) -> str:
        return self._script[self._at : self._at + 1]


def _group(match: re.Match[str], word: str) -> str:
    """What a backslash and a character stand for in a replacement."""
    if word.isdecimal():
        return (match[int(word)] or "") if int(word) <= match.re.groups else ""
    return {"n": "\n", "t": "\t"}.get(word, word)
