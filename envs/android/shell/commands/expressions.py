"""``expr``, ``printenv`` and ``mktemp``."""

import re

from palaestra.envs.android.shell.commands.flags import parse, with_flags
from palaestra.envs.android.shell.paths import join, reason
from palaestra.envs.android.shell.patterns import PatternFault, posix_regex
from palaestra.envs.android.shell.run import Call

LEVELS = (("|",), ("&",), ("=", "==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"), (":",))
"""Binary operators of ``expr``, those that bind least first."""
MAX_NESTING = 40
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class _Bad(Exception):
    """An invalid expression; the message is expr's."""


class _Expression:
    """The evaluation of the words of ``expr``."""

    def __init__(self, words: list[str]):
        self.words, self.depth = list(words), 0

    def whole(self) -> str:
        value = self.level(0)
        if self.words:
            raise _Bad(f"syntax error @{self.words[0]!r}")
        return value

    def level(self, place: int) -> str:
        if place == len(LEVELS):
            return self.operand()
        value = self.level(place + 1)
        while self.words and self.words[0] in LEVELS[place]:
            operator = self.words.pop(0)
            value = _applied(operator, value, self.level(place + 1))
        return value

    def operand(self) -> str:
        if not self.words:
            raise _Bad("syntax error")
        word = self.words.pop(0)
        if word != "(":
            return word
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise _Bad("nested too deeply")
        value = self.level(0)
        if not self.words or self.words.pop(0) != ")":
            raise _Bad("need )")
        self.depth -= 1
        return value


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,18}", text) is not None


def _is_true(text: str) -> bool:
    return text != "" and not (_is_number(text) and int(text) == 0)


def _applied(operator: str, left: str, right: str) -> str:
    """The value of a binary operation."""
    if operator == "|":
        return left if _is_true(left) else right
    if operator == "&":
        return left if _is_true(left) and _is_true(right) else "0"
    if operator == ":":
        return _matched(left, right)
    if operator in LEVELS[2]:
        numbers = _is_number(left) and _is_number(right)
        order = (int(left) > int(right)) - (int(left) < int(right)) if numbers else (left > right) - (left < right)
        holds = {"=": not order, "==": not order, "!=": order, "<": order < 0, "<=": order <= 0, ">": order > 0}
        return str(int(bool(holds.get(operator, order >= 0))))
    if not (_is_number(left) and _is_number(right)):
        raise _Bad("non-integer argument")
    first, second = int(left), int(right)
    if operator in "/%" and not second:
        raise _Bad("division by zero")
    if operator == "/":
        return str(abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1))
    if operator == "%":
        return str(abs(first) % abs(second) * (-1 if first < 0 else 1))
    return str(first + second if operator == "+" else first - second if operator == "-" else first * second)


def _matched(text: str, pattern: str) -> str:
    """``TEXT : PATTERN``: the first group, or the length of what matches at the start."""
    try:
        regex = posix_regex(pattern, False)
    except PatternFault as problem:
        raise _Bad(str(problem)) from None
    hit = regex.match(text)
    if regex.groups:
        return (hit[1] or "") if hit else ""
    return str(len(hit[0])) if hit else "0"


def expression(call: Call) -> int:
    """``expr EXPRESSION``: prints its value; the status is 1 for 0 and nothing, 2 for a mistake."""
    if not call.args:
        return call.fail("needs 1 argument", 2)
    try:
        value = _Expression(call.args).whole()
    except _Bad as problem:
        return call.fail(str(problem), 2)
    call.say(value + "\n")
    return int(not _is_true(value))


def print_environment(call: Call) -> int:
    """``printenv [NAME...]``."""
    shell = call.shell
    known = {name: shell.variables[name] for name in shell.exported & shell.variables.keys()}
    names = [word for word in call.args if word not in ("-0", "--null")]
    for name in names or sorted(known):
        if name in known:
            call.say(f"{known[name]}\n" if names else f"{name}={known[name]}\n")
    return int(any(name not in known for name in names))


@with_flags
def temporary(call: Call) -> int:
    """``mktemp [-dqu] [-p FOLDER] [TEMPLATE]``."""
    options, names = parse(call.args, "dqut", "p")
    template = names[0] if names else "tmp.XXXXXXXXXX"
    marks = len(template) - len(template.rstrip("X"))
    if marks < 2:
        return call.fail(f"bad template '{template}': need XX")
    folder = options.get("p") or call.shell.variables.get("TMPDIR", "/data/local/tmp")
    if not names or "p" in options or "t" in options:
        template = join(folder, template)
    chosen = call.device.rng("mktemp").integers(len(LETTERS), size=marks)
    name = template[: len(template) - marks] + "".join(LETTERS[i] for i in chosen)
    try:
        if "d" in options and "u" not in options:
            call.device.files.mkdir(call.path(name))
        elif "u" not in options:
            call.device.files.write(call.path(name), b"")
    except OSError as error:
        return 1 if "q" in options else call.fail(f"Failed to create {name}: {reason(error)}")
    call.say(name + "\n")
    return 0


COMMANDS = {"expr": expression, "printenv": print_environment, "mktemp": temporary}
