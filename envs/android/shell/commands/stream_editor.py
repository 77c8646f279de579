"""``sed``'s small language: addresses, and the verbs s, d, p, q, y, a, i, c and =."""

import re
from dataclasses import dataclass

from palaestra.envs.android.shell.patterns import posix_regex

Address = int | str | re.Pattern[str]
"""A line's number, ``LAST``, or what a line must match."""
LAST = "$"


class BadScript(Exception):
    """The script is invalid."""


@dataclass
class Verb:
    """One command of a script: where it applies, and what it does."""

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
        BadScript, PatternFault: it is invalid.
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
        self._after: list[str] = []
        for verb in self._verbs:
            if self._applies(verb, line, number, is_last) == verb.negated:
                continue
            if verb.name == "d":
                return None, False
            if verb.name == "s":
                changed, times = self._substituted(verb, line)
                line = changed
                if times and "p" in verb.flags:
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

    def _substituted(self, verb: Verb, line: str) -> tuple[str, int]:
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

        changed = verb.pattern.sub(replacement, line) if verb.pattern is not None else line
        return changed, int(seen >= first)

    def _applies(self, verb: Verb, line: str, number: int, is_last: bool) -> bool:
        if verb.first is None:
            return True
        if verb.last is None:
            return _hits(verb.first, line, number, is_last)
        past = isinstance(verb.last, int) and number >= verb.last
        if verb.inside:
            verb.inside = not (_hits(verb.last, line, number, is_last) or past)
            return True
        if _hits(verb.first, line, number, is_last):
            verb.inside = not past
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
        part = ""
        while (c := self._peek()) != separator:
            if not c:
                raise BadScript("unfinished")
            self._at += 1
            if c == "\\" and self._peek():
                following = self._peek()
                self._at += 1
                part += following if following == separator else "\\" + following
            else:
                part += c
        self._at += 1
        return part

    def _address(self) -> Address | None:
        c = self._peek()
        if c == "$":
            self._at += 1
            return LAST
        if c.isdecimal():
            start = self._at
            while self._peek().isdecimal():
                self._at += 1
            return int(self._script[start : self._at][:12])
        if c == "/":
            self._at += 1
            return posix_regex(self._until("/"), self._extended)
        return None

    def _peek(self) -> str:
        return self._script[self._at : self._at + 1]


def _hits(address: Address, line: str, number: int, is_last: bool) -> bool:
    if isinstance(address, re.Pattern):
        return bool(address.search(line))
    return is_last if address == LAST else number == address


def _group(match: re.Match[str], word: str) -> str:
    if word.isdecimal():
        return (match[int(word)] or "") if int(word) <= (match.re.groups or 0) else ""
    return {"n": "\n", "t": "\t"}.get(word, word)
