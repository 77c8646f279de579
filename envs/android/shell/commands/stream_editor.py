"""``sed``'s small language: addresses, and the verbs s, d, p, q, y, a, i, c and =."""

import re
from dataclasses import dataclass

from palaestra.envs.android.shell.patterns import posix_regex

Address = tuple[str, object] | None


class BadScript(Exception):
    """The script is not one."""


@dataclass
class Verb:
    """One command of a script: where it applies, and what it does."""

    first: Address
    last: Address
    negated: bool
    name: str
    pattern: re.Pattern | None = None
    text: str = ""
    flags: str = ""
    inside: bool = False


class Editor:
    """A script made ready.

    Raises:
        BadScript, PatternFault: it is no script.
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
            shown, over = self._edit(line, number, number == len(lines), out)
            if shown is not None and not self._quiet:
                out.append(shown)
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
        wanted = int("".join(c for c in verb.flags if c.isdigit()) or "1")
        seen = 0

        def one(match: re.Match) -> str:
            nonlocal seen
            seen += 1
            if seen < wanted or (seen > wanted and "g" not in verb.flags):
                return match[0]
            return re.sub(
                r"\\(.)|&", lambda m: match[0] if m[0] == "&" else _group(match, m[1]), verb.text, flags=re.DOTALL
            )

        changed = verb.pattern.sub(one, line)
        return changed, int(seen >= wanted)

    def _applies(self, verb: Verb, line: str, number: int, is_last: bool) -> bool:
        if verb.first is None:
            return True
        if verb.last is None:
            return _hits(verb.first, line, number, is_last)
        if verb.inside:
            kind, value = verb.last
            verb.inside = not (_hits(verb.last, line, number, is_last) or (kind == "line" and number >= value))
            return True
        if _hits(verb.first, line, number, is_last):
            kind, value = verb.last
            verb.inside = not (kind == "line" and number >= value)
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
        found = ""
        while (c := self._peek()) != separator:
            if not c:
                raise BadScript("unfinished")
            self._at += 1
            if c == "\\" and self._peek():
                following = self._peek()
                self._at += 1
                found += following if following == separator else "\\" + following
            else:
                found += c
        self._at += 1
        return found

    def _address(self) -> Address:
        c = self._peek()
        if c == "$":
            self._at += 1
            return ("last", None)
        if c.isdecimal():
            digits = re.match(r"\d+", self._script[self._at :])[0]
            self._at += len(digits)
            return ("line", int(digits[:12]))
        if c == "/":
            self._at += 1
            return ("match", posix_regex(self._until("/"), self._extended))
        return None

    def _peek(self) -> str:
        return self._script[self._at : self._at + 1]


def _hits(address: Address, line: str, number: int, is_last: bool) -> bool:
    kind, value = address
    if kind == "line":
        return number == value
    return is_last if kind == "last" else bool(value.search(line))


def _group(match: re.Match, word: str) -> str:
    if word.isdecimal():
        return (match[int(word)] or "") if int(word) <= (match.re.groups or 0) else ""
    return {"n": "\n", "t": "\t"}.get(word, word)
