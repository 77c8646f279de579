"""Globs and POSIX regular expressions, translated to Python's."""

import fnmatch
import functools
import re
from collections.abc import Sequence

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
}
MAX_PATTERN = 4096
"""Longest pattern, characters."""
MAX_COPIES = 255
"""Largest count in ``{N,M}``."""
Piece = tuple[str, bool]
"""Part of a word: its text, and whether it is quoted."""


class PatternFault(Exception):
    """An invalid regular expression; the message is regcomp's."""


def has_glob(text: str) -> bool:
    """Whether unquoted text contains wildcards."""
    return any(char in text for char in "*?[")


def glob_regex(pieces: Sequence[Piece]) -> re.Pattern[str]:
    """A glob as a regular expression; quoted pieces stand for themselves."""
    return _compiled_glob("".join(re.sub(r"[*?\[]", r"[\g<0>]", text) if quoted else text for text, quoted in pieces))


@functools.lru_cache(maxsize=256)
def _compiled_glob(glob: str) -> re.Pattern[str]:
    try:
        return re.compile(fnmatch.translate(glob[:MAX_PATTERN]))
    except (re.error, OverflowError):
        return re.compile(re.escape(glob), re.DOTALL)


@functools.lru_cache(maxsize=256)
def posix_regex(pattern: str, extended: bool, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a POSIX basic or extended regular expression.

    Alternatives are tried in order, not for the longest match. A repeated group that contains a repetition is refused,
    because matching it could take exponential time.

    Raises:
        PatternFault: it is invalid or refused.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternFault("Regular expression too big")
    translated = _Translation(pattern, extended).whole()
    try:
        return re.compile(translated, re.IGNORECASE if ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternFault(reason(str(error))) from None


def reason(error: str) -> str:
    """The message of regcomp for an error of Python's compiler."""
    if "parenthes" in error or "subpattern" in error:
        return "parentheses not balanced"
    if "character set" in error or "character range" in error:
        return "brackets ([ ]) not balanced"
    if "repeat" in error:
        return "repetition-operator operand invalid"
    if "group reference" in error:
        return "invalid backreference number"
    return "Invalid regular expression"


class _Translation:
    """The translation of one pattern."""

    def __init__(self, pattern: str, extended: bool):
        self.pattern, self.extended, self.position = pattern, extended, 0
        self.out: list[str] = []
        self.open: list[tuple[int, bool]] = []  # of each open group: where it starts in `out`, `repeated` before it
        self.repeated = False  # whether there is a repetition since the last opening bracket
        self.atom: bool | None = None  # whether repeating the last atom is refused; None: there is no atom

    def whole(self) -> str:
        while self.position < len(self.pattern):
            self.step()
        if self.open:
            raise PatternFault("parentheses not balanced")
        translated = "".join(self.out)
        # a leading .* matches from the start of the line anyway: anchoring it avoids a search from every character
        if re.match(r"\(*\.\*", translated) and "|" not in translated:
            return r"\A" + translated
        return translated

    def step(self) -> None:
        char = self.pattern[self.position]
        self.position += 1
        if char == "\\":
            self.escape()
        elif char == "[":
            self.bracket()
        elif char == ".":
            self.put(".")
        elif char == "^":
            at_start = self.extended or not self.out or self.atom is None
            self.out.append("^" if at_start else r"\^")
            self.atom = None if at_start else False
        elif char == "$":
            rest = self.pattern[self.position :]
            at_end = self.extended or not rest or rest.startswith((r"\)", r"\|"))
            self.out.append("$" if at_end else r"\$")
            self.atom = False
        elif char == "*":
            self.put(r"\*") if self.atom is None and not self.extended else self.repeat("*")
        elif self.extended and char in "+?":
            self.repeat(char)
        elif self.extended and char == "{":
            self.interval("}")
        elif self.extended and char in "()|":
            self.structure(char)
        else:
            self.put(re.escape(char))

    def put(self, text: str) -> None:
        self.out.append(text)
        self.atom = False

    def escape(self) -> None:
        char = self.pattern[self.position : self.position + 1]
        self.position += 1
        if not char:
            raise PatternFault("trailing backslash (\\)")
        if not self.extended and char in "()|":
            self.structure(char)
        elif not self.extended and char == "{":
            self.interval(r"\}")
        elif not self.extended and char in "+?":
            self.repeat(char)
        elif char in "bBwWsS":
            self.out.append("\\" + char)
            self.atom = None if char in "bB" else False
        elif char in "<>":
            self.out.append(r"\b")
            self.atom = None
        elif char.isdigit() and char != "0":
            self.put(f"(?:\\{char})")
        elif char == "n":
            self.put(r"\n")
        elif char == "t":
            self.put(r"\t")
        else:
            self.put(re.escape(char))

    def structure(self, char: str) -> None:
        if char == "|":
            self.out.append("|")
            self.atom = None
        elif char == "(":
            if len(self.open) > 40:
                raise PatternFault("out of memory")
            self.open.append((len(self.out), self.repeated))
            self.out.append("(")
            self.repeated, self.atom = False, None
        else:
            if not self.open:
                raise PatternFault("parentheses not balanced")
            risky = self.repeated
            _, before = self.open.pop()
            self.out.append(")")
            self.repeated, self.atom = before or risky, risky

    def repeat(self, operator: str) -> None:
        if self.atom is None:
            if self.extended:
                raise PatternFault("repetition-operator operand invalid")
            self.put(re.escape(operator))
            return
        if self.atom and operator != "?":
            raise PatternFault("out of memory")
        self.out.append(operator)
        self.repeated = self.repeated or operator != "?"
        # a second operator would repeat a repetition, which is refused, so consecutive operators count as the first
        while self.pattern[self.position : self.position + 1] in tuple("*+?") and self.extended:
            self.position += 1
        self.atom = None if not self.extended else False

    def interval(self, closing: str) -> None:
        end = self.pattern.find(closing, self.position)
        body = self.pattern[self.position : end] if end >= 0 else ""
        match = re.fullmatch(r"(\d{1,3})(,(\d{0,3}))?", body)
        if match is None or self.atom is None:
            if self.extended:
                self.put(r"\{")
                return
            raise PatternFault("braces not balanced" if end < 0 else "invalid repetition count(s)")
        low, high = int(match[1]), int(match[3]) if match[3] else None
        if low > MAX_COPIES or (high is not None and (high > MAX_COPIES or high < low)):
            raise PatternFault("invalid repetition count(s)")
        if self.atom:
            raise PatternFault("out of memory")
        self.position = end + len(closing)
        self.out.append("{" + body + "}")
        self.repeated, self.atom = True, True

    def bracket(self) -> None:
        negated = self.pattern.startswith("^", self.position)
        self.position += int(negated)
        parts: list[str] = []
        first = True
        while True:
            char = self.pattern[self.position : self.position + 1]
            if not char:
                raise PatternFault("brackets ([ ]) not balanced")
            if char == "]" and not first:
                self.position += 1
                break
            if self.pattern.startswith("[:", self.position):
                end = self.pattern.find(":]", self.position)
                name = self.pattern[self.position + 2 : end] if end >= 0 else ""
                if name not in CLASSES:
                    raise PatternFault("invalid character class")
                parts.append(CLASSES[name])
                self.position = end + 2
            else:
                parts.append("\\" + char if char in r"\[]^&~|" else char)
                self.position += 1
            first = False
        self.put("[" + ("^" if negated else "") + "".join(parts) + "]")
