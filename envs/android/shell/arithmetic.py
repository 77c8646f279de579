"""The shell's integer arithmetic, ``$((...))``: 32 bits, as mksh has it."""

import re
from collections.abc import Callable, MutableMapping

TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(\*\*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]?=|[-+*/%<>!~&|^?:()]))",
    re.ASCII,
)
LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
MAX_TOKENS = 500
"""Longest expression, tokens."""
MAX_NESTING = 30
"""Deepest nesting of brackets, operators before a value, and conditionals."""
MAX_REFERENCE_DEPTH = 10
"""Deepest nesting at which a variable's value may be an expression itself."""


class ArithmeticFault(Exception):
    """An expression cannot be evaluated; the message is what the shell prints."""


def evaluate(text: str, variables: MutableMapping[str, str]) -> int:
    """Evaluate an expression, which may assign variables.

    Raises:
        ArithmeticFault: it cannot be evaluated.
    """
    return _Expression(text, variables).whole()


class _Expression:
    """A recursive-descent evaluator of one expression."""

    def __init__(self, text: str, variables: MutableMapping[str, str], nesting: int = 0):
        self.text, self.variables, self.nesting = text, variables, nesting
        self.tokens: list[str] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = TOKEN.match(stripped, position)
            if match is None or len(self.tokens) >= MAX_TOKENS:
                raise self.fault(f"unexpected '{stripped[position:].strip()[:1]}'")
            self.tokens.append(match[1] or match[2] or match[3])
            position = match.end()
        self.position = 0

    def fault(self, problem: str) -> ArithmeticFault:
        return ArithmeticFault(f"{self.text.strip()[:80]}: {problem}")

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def whole(self) -> int:
        if not self.tokens:
            return 0
        value = self.assignment()
        if self.peek():
            raise self.fault(f"unexpected '{self.peek()}'")
        return value

    def assignment(self) -> int:
        following = self.tokens[self.position + 1 : self.position + 2]
        if following and following[0].endswith("=") and following[0] not in ("==", "<=", ">=", "!="):
            name, operator = self.take(), self.take()
            if not name.isidentifier():
                raise self.fault("bad lvalue")
            value = self.assignment()
            if operator != "=":
                value = self.binary(operator[:-1], self.variable(name), value)
            self.variables[name] = str(value)
            return value
        return self.choice()

    def choice(self) -> int:
        condition = self.level(0)
        if self.peek() != "?":
            return condition
        self.take()
        yes = self.deeper(self.assignment)
        if self.take() != ":":
            raise self.fault("missing :")
        no = self.deeper(self.assignment)
        return yes if condition else no

    def deeper(self, rule: Callable[[], int]) -> int:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.fault("expression recurses on parameter")
        value = rule()
        self.nesting -= 1
        return value

    def level(self, index: int) -> int:
        if index == len(LEVELS):
            return self.unary()
        value = self.level(index + 1)
        while self.peek() in LEVELS[index]:
            operator = self.take()
            value = self.binary(operator, value, self.level(index + 1))
        return value

    def binary(self, operator: str, a: int, b: int) -> int:
        if operator in ("/", "%") and b == 0:
            raise self.fault("division by zero")
        operations = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "&": lambda: a & b,
            "|": lambda: a | b,
            "^": lambda: a ^ b,
            "<<": lambda: a << (b & 31),
            ">>": lambda: a >> (b & 31),
            "<": lambda: int(a < b),
            "<=": lambda: int(a <= b),
            ">": lambda: int(a > b),
            ">=": lambda: int(a >= b),
            "==": lambda: int(a == b),
            "!=": lambda: int(a != b),
            "&&": lambda: int(bool(a and b)),
            "||": lambda: int(bool(a or b)),
            "/": lambda: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
            "%": lambda: abs(a) % abs(b) * (1 if a >= 0 else -1),
        }
        return wrap(operations[operator]())

    def unary(self) -> int:
        token = self.take()
        if token in ("-", "+", "!", "~"):
            value = self.deeper(self.unary)
            return wrap({"-": -value, "+": value, "!": int(not value), "~": ~value}[token])
        if token == "(":
            value = self.deeper(self.assignment)
            if self.take() != ")":
                raise self.fault("missing )")
            return value
        if token[:1].isdigit():
            return wrap(number(token))
        if token.isidentifier():
            return self.variable(token)
        raise self.fault(f"unexpected '{token}'" if token else "unexpected end of expression")

    def variable(self, name: str) -> int:
        text = self.variables.get(name, "").strip()
        if re.fullmatch(r"[-+]?\d{1,20}", text, re.ASCII):
            return wrap(int(text))
        if not text:
            return 0
        if self.nesting > MAX_REFERENCE_DEPTH:
            raise self.fault("expression recurses on parameter")
        return _Expression(text, self.variables, self.nesting + 1).whole()


def number(token: str) -> int:
    """The value of a decimal or hexadecimal (0x) literal; 0 if it has too many digits."""
    return 0 if len(token) > 20 else int(token, 16 if token[:2] in ("0x", "0X") else 10)


def wrap(value: int) -> int:
    """A value as a signed 32-bit integer."""
    return (value + 2**31) % 2**32 - 2**31
