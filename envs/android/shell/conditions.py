"""Conditions: what ``test``, ``[`` and ``[[`` evaluate."""

from collections.abc import Callable, Sequence

from palaestra.envs.android.shell import tree
from palaestra.envs.android.shell.arithmetic import ArithmeticFault, evaluate
from palaestra.envs.android.shell.expansion import Expansion
from palaestra.envs.android.shell.paths import resolve
from palaestra.envs.android.shell.patterns import PatternFault, Piece, glob_regex, posix_regex
from palaestra.envs.android.shell.streams import Streams
from palaestra.envs.android.system.files import Files

UNARY = tuple(f"-{letter}" for letter in "abcdefghknoprstuwxzGHLNOS")
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
BINARY = (*COMPARISONS, "=", "==", "!=", "<", ">", "-nt", "-ot", "-ef", "=~")
MAX_NESTING = 20
"""Deepest nesting of brackets and negations."""


class TestFault(Exception):
    """A malformed condition; the message is what the shell prints."""


Token = tuple[str, list[Piece] | None]
"""The text of a token, and its pieces where a pattern is allowed."""


class _Condition:
    """A recursive-descent evaluator of one condition: ``!`` binds tighter than and, and tighter than or."""

    def __init__(self, shell: Expansion, tokens: Sequence[Token], extended: bool):
        self.shell, self.tokens, self.extended = shell, tokens, extended
        self.conjunction, self.disjunction = ("&&", "||") if extended else ("-a", "-o")
        self.position = self.nesting = 0

    def peek(self, ahead: int = 0) -> str:
        index = self.position + ahead
        return self.tokens[index][0] if index < len(self.tokens) else ""

    def remaining(self) -> int:
        return len(self.tokens) - self.position

    def whole(self) -> bool:
        if not self.tokens:
            return False
        value = self.either()
        if self.remaining():
            raise TestFault(f"{self.peek()}: unexpected operator/operand")
        return value

    def either(self) -> bool:
        value = self.both()
        while self.remaining() and self.peek() == self.disjunction:
            self.position += 1
            following = self.both()
            value = value or following
        return value

    def both(self) -> bool:
        value = self.operand()
        while self.remaining() and self.peek() == self.conjunction:
            self.position += 1
            following = self.operand()
            value = value and following
        return value

    def operand(self) -> bool:
        if not self.remaining():
            raise TestFault("argument expected" if self.position else "expression expected")
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise TestFault("expression too deep")
        value = self._operand()
        self.nesting -= 1
        return value

    def _operand(self) -> bool:
        token = self.peek()
        if self.remaining() >= 3 and self.peek(1) in BINARY:
            return self.compare()
        if token == "!" and self.remaining() > 1:
            self.position += 1
            return not self.operand()
        if token == "(" and self.remaining() > 2:
            self.position += 1
            value = self.either()
            if self.peek() != ")":
                raise TestFault("missing )")
            self.position += 1
            return value
        if token in UNARY and self.remaining() > 1:
            self.position += 2
            return self.unary(token, self.tokens[self.position - 1][0])
        self.position += 1
        return token != ""

    def compare(self) -> bool:
        (a, _), (operator, _), (b, pieces) = self.tokens[self.position : self.position + 3]
        self.position += 3
        if operator in COMPARISONS:
            return COMPARISONS[operator](self.number(a), self.number(b))
        if operator in ("<", ">"):
            return a < b if operator == "<" else a > b
        if operator == "=~":
            try:
                return posix_regex(b, True).search(a) is not None
            except PatternFault as fault:
                raise TestFault(f"{b}: {fault}") from None
        if operator in ("-nt", "-ot", "-ef"):
            return self.compare_files(operator, a, b)
        if self.extended and pieces is not None:
            same = glob_regex(pieces).fullmatch(a) is not None
        else:
            same = a == b
        return same != (operator == "!=")

    def compare_files(self, operator: str, a: str, b: str) -> bool:
        files = self.shell.device.files
        paths = [resolve(self.shell.folder, name) for name in (a, b)]
        times = [files.stat(path).mtime_us if files.exists(path) else -1 for path in paths]
        if operator == "-ef":
            return paths[0] == paths[1] and times[0] >= 0
        return times[0] > times[1] if operator == "-nt" else times[0] < times[1]

    def number(self, text: str) -> int:
        try:
            return int(text.strip()[:20]) if not self.extended else evaluate(text, self.shell.variables)
        except (ValueError, ArithmeticFault):
            raise TestFault(f"{text}: unexpected operator/operand") from None

    def unary(self, operator: str, value: str) -> bool:
        if operator == "-z":
            return not value
        if operator == "-n":
            return bool(value)
        if operator in ("-t", "-o"):
            return False
        return file_test(self.shell.device.files, operator, resolve(self.shell.folder, value) if value else "")


def holds(shell: Expansion, tokens: Sequence[Token], *, extended: bool) -> bool:
    """Whether a condition holds.

    Args:
        shell: provides variables, the working folder and the files.
        tokens: the words between the brackets.
        extended: whether it stands in ``[[ ]]``, with ``&&``, ``||``, patterns and arithmetic.

    Raises:
        TestFault: it is malformed.
    """
    return _Condition(shell, tokens, extended).whole()


def file_test(files: Files, operator: str, path: str) -> bool:
    """Evaluate ``-e``, ``-f``, ``-d``, ``-s`` and the like; the shell is root, which may read and write everything."""
    if not path or not files.exists(path):
        return path in ("/dev/null", "/dev/zero") and operator in ("-e", "-a", "-c", "-r", "-w")
    if operator == "-d":
        return files.isdir(path)
    if operator == "-f":
        return not files.isdir(path)
    if operator == "-s":
        return files.isdir(path) or files.stat(path).size > 0
    if operator == "-x":
        return bool(files.stat(path).mode & 0o111)
    return operator in ("-e", "-a", "-r", "-w", "-O", "-G")


def extended_test(shell: Expansion, tokens: Sequence[str | tree.Word], streams: Streams) -> int:
    """The exit status of ``[[ ... ]]``; among its tokens, operators are strings."""
    expanded: list[Token] = []
    for token in tokens:
        if isinstance(token, str):
            expanded.append((token, None))
        else:
            pieces = shell.pieces(token)
            expanded.append(("".join(text for text, _ in pieces), pieces))
    try:
        return int(not holds(shell, expanded, extended=True))
    except TestFault as fault:
        streams.err.write(f"/system/bin/sh: [[: {fault}\n".encode("utf-8", "replace"))
        return 2
