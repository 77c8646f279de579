"""awk's grammar: a program's text as rules of nested tuples, the operator's name first."""

import re
from dataclasses import dataclass
from typing import Any

Node = tuple[Any, ...]
MAX_NESTING = 40
"""Deepest nesting of brackets and blocks."""
TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r]|\\\n|\#[^\n]*)+)
    |(?P<newline>\n)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |(?P<text>"(?:\\.|[^"\\\n])*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\+\+|--|\+=|-=|\*=|/=|%=|\^=|\*\*=|\*\*|==|<=|>=|!=|!~|&&|\|\||>>|[-+*/%^=<>!~?:,;(){}\[\]$|])""",
    re.VERBOSE | re.DOTALL,
)
REGEX = re.compile(r"/((?:\\.|\[\^?\]?(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+)/")
WORDS = frozenset(
    [
        "BEGIN",
        "END",
        "if",
        "else",
        "while",
        "for",
        "do",
        "in",
        "next",
        "exit",
        "break",
        "continue",
        "delete",
        "print",
        "printf",
    ]
)
FUNCTIONS = {
    "length": (0, 1),
    "substr": (2, 3),
    "index": (2, 2),
    "split": (2, 3),
    "sub": (2, 3),
    "gsub": (2, 3),
    "match": (2, 2),
    "sprintf": (1, 99),
    "tolower": (1, 1),
    "toupper": (1, 1),
    "int": (1, 1),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "sin": (1, 1),
    "cos": (1, 1),
    "atan2": (2, 2),
}
"""Built-in function -> fewest and most arguments."""
MISSING = frozenset(["function", "func", "getline", "system", "close", "fflush", "rand", "srand", "nextfile"])
"""Words of awk that are refused."""
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "/": "/", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
BINARY = {
    "||": 3,
    "&&": 4,
    "in": 5,
    "~": 6,
    "!~": 6,
    "<": 7,
    "<=": 7,
    "!=": 7,
    "==": 7,
    ">": 7,
    ">=": 7,
    "concat": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "%": 10,
    "^": 12,
    "**": 12,
}
"""Binary operator -> how tightly it binds."""
ASSIGN = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "^=", "**="])
UNARY = 11


class Fault(Exception):
    """An invalid program, or one that needs more of awk than there is; the message says what."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (``number``, ``text``, ``name``, ``regex``, ``sign``, ``newline``, ``end``) and text."""

    kind: str
    text: str


def unescape(text: str) -> str:
    """The text that a string constant stands for."""
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], "\\" + match[1]), text, flags=re.DOTALL)


def tokens(source: str) -> list[Token]:
    """A program's tokens.

    Raises:
        Fault: a character that begins none, or an open string or expression.
    """
    found: list[Token] = []
    at = 0
    while at < len(source):
        before = found[-1] if found else Token("newline", "\n")
        operand = before.kind in ("number", "text", "regex") or before.text in (")", "]", "++", "--", "$")
        operand = operand or (before.kind == "name" and before.text not in WORDS)
        if source[at] == "/" and not operand:
            match = REGEX.match(source, at)
            if match is None:
                raise Fault("non-terminated regular expression")
            found.append(Token("regex", match[1].replace("\\/", "/")))
        else:
            match = TOKEN.match(source, at)
            if match is None:
                raise Fault("non-terminated string" if source[at] == '"' else f"syntax error at {source[at]!r}")
            kind = match.lastgroup or ""
            if kind == "text":
                found.append(Token(kind, unescape(match[0][1:-1])))
            elif kind != "space":
                found.append(Token(kind, match[0]))
        at = match.end()
    return [*found, Token("end", "")]


class Parser:
    """A parser of one program."""

    def __init__(self, source: str):
        self._tokens, self._at, self._depth = tokens(source), 0, 0
        self._in_print = False

    # --- tokens

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *texts: str) -> bool:
        return self._now.kind in ("sign", "newline", "name") and self._now.text in texts

    def _take(self, *texts: str) -> bool:
        if self._is(*texts):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise Fault(f"syntax error at {self._now.text or 'end of program'!r}, expected {text!r}")

    def _skip(self, *texts: str) -> None:
        while self._take(*(texts or ("\n",))):
            pass

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise Fault("nested too deeply")

    # --- rules

    def program(self) -> list[Node]:
        """Rules (kind, pattern, second pattern or None, statement or None); kind is BEGIN, END or "".

        Raises:
            Fault: it isn't a program.
        """
        rules: list[Node] = []
        self._skip("\n", ";")
        while self._now.kind != "end":
            rules.append(self._rule())
            if self._now.kind != "end" and not self._is("\n", ";") and self._tokens[self._at - 1].text != "}":
                raise Fault(f"syntax error at {self._now.text!r}")
            self._skip("\n", ";")
        return rules

    def _rule(self) -> Node:
        if self._now.kind == "name" and self._now.text in ("BEGIN", "END"):
            kind = self._now.text
            self._at += 1
            return kind, None, None, self._block()
        first = second = None
        if not self._is("{"):
            first = self._expression()
            if self._take(","):
                self._skip()
                second = self._expression()
        return "", first, second, self._block() if self._is("{") else None

    def _block(self) -> Node:
        self._deeper()
        self._expect("{")
        statements: list[Node] = []
        self._skip("\n", ";")
        while not self._is("}"):
            statements.append(self._statement())
            self._skip("\n", ";")
        self._at += 1
        self._depth -= 1
        return "block", statements

    # --- statements

    def _statement(self) -> Node:
        self._deeper()
        made = self._compound()
        self._depth -= 1
        if made is None:
            made = self._simple()
            if not self._is("}", ";", "\n") and self._now.kind != "end":
                raise Fault(f"syntax error at {self._now.text!r}")
        return made

    def _body(self) -> Node:
        self._skip()
        if self._take(";"):
            return "block", []
        return self._statement()

    def _compound(self) -> Node | None:
        if self._is("{"):
            return self._block()
        if self._take("if"):
            condition, body = self._bracketed(), self._body()
            mark = self._at
            self._skip("\n", ";")
            if self._take("else"):
                return "if", condition, body, self._body()
            self._at = mark
            return "if", condition, body, None
        if self._take("while"):
            return "while", self._bracketed(), self._body()
        if self._take("do"):
            body = self._body()
            self._skip("\n", ";")
            self._expect("while")
            return "do", body, self._bracketed()
        return self._for() if self._take("for") else None

    def _bracketed(self) -> Node:
        self._expect("(")
        condition = self._expression()
        self._expect(")")
        return condition

    def _for(self) -> Node:
        self._expect("(")
        names = self._tokens[self._at : self._at + 4]
        if [token.text for token in names[1::2]] == ["in", ")"] and names[0].kind == names[2].kind == "name":
            self._at += 4
            return "each", names[0].text, names[2].text, self._body()
        start = None if self._is(";") else self._simple()
        self._expect(";")
        condition = None if self._is(";") else self._expression()
        self._expect(";")
        step = None if self._is(")") else self._simple()
        self._expect(")")
        return "for", start, condition, step, self._body()

    def _simple(self) -> Node:
        for word in ("next", "break", "continue"):
            if self._take(word):
                return (word,)
        if self._take("exit"):
            return "exit", None if self._ends() else self._expression()
        if self._take("delete"):
            name = self._name()
            return "delete", name, self._subscript() if self._take("[") else None
        if self._is("print", "printf"):
            return self._print()
        return "do_expression", self._expression()

    def _ends(self) -> bool:
        return self._is(";", "\n", "}", ")") or self._now.kind == "end"

    def _print(self) -> Node:
        kind = self._now.text
        self._at += 1
        outer, self._in_print = self._in_print, True
        values = [] if self._ends() or self._is(">", ">>", "|") else self._list()
        self._in_print = outer
        if len(values) == 1 and values[0][0] == "group":
            values = list(values[0][1])
        if self._is(">", ">>", "|"):
            raise Fault("output to files and pipes is not supported; redirect in the shell")
        if kind == "printf" and not values:
            raise Fault("printf needs a format")
        return kind, values

    # --- expressions

    def _list(self) -> list[Node]:
        values = [self._expression()]
        while self._take(","):
            self._skip()
            values.append(self._expression())
        return values

    def _expression(self) -> Node:
        self._deeper()
        left = self._binary(0)
        if self._take("?"):
            self._skip()
            yes = self._expression()
            self._skip()
            self._expect(":")
            self._skip()
            left = ("choose", left, yes, self._expression())
        elif self._now.kind == "sign" and self._now.text in ASSIGN:
            if left[0] not in ("name", "field", "element"):
                raise Fault("syntax error: this can't be assigned to")
            operator = self._now.text
            self._at += 1
            self._skip()
            left = ("assign", operator[:-1].replace("**", "^"), left, self._expression())
        self._depth -= 1
        return left

    def _operator(self) -> str:
        """The binary operator that follows; "" if none does."""
        now = self._now
        if now.kind == "sign" and now.text in BINARY and not (self._in_print and now.text == ">"):
            return now.text
        if now.kind == "name" and now.text == "in":
            return "in"
        starts = now.kind in ("number", "text") or (now.kind == "name" and now.text not in WORDS)
        return "concat" if starts or (now.kind == "sign" and now.text in ("(", "$", "!", "++", "--")) else ""

    def _binary(self, least: int) -> Node:
        left = self._prefixed()
        while (operator := self._operator()) and BINARY[operator] >= least:
            if operator != "concat":
                self._at += 1
            if operator in ("||", "&&"):
                self._skip()
            if operator == "in":
                left = ("in", list(left[1]) if left[0] == "group" else [left], self._name())
                continue
            power = operator in ("^", "**")
            right = self._binary(BINARY[operator] + (not power))
            left = ("binary", "^" if power else operator, left, right)
        return left

    def _prefixed(self) -> Node:
        for sign in ("!", "-", "+"):
            if self._take(sign):
                self._deeper()
                made = ("unary", sign, self._binary(UNARY))
                self._depth -= 1
                return made
        for sign in ("++", "--"):
            if self._take(sign):
                return "before", sign[0], self._target(self._primary())
        value = self._primary()
        if value[0] in ("name", "field", "element") and self._is("++", "--"):
            sign = self._now.text
            self._at += 1
            return "after", sign[0], value
        return value

    def _target(self, node: Node) -> Node:
        if node[0] not in ("name", "field", "element"):
            raise Fault("syntax error: this can't be assigned to")
        return node

    def _primary(self) -> Node:
        token = self._now
        self._at += 1
        if token.kind == "number":
            return "number", float(token.text)
        if token.kind == "text":
            return "text", token.text
        if token.kind == "regex":
            return "regex", token.text
        if token.text == "$":
            self._deeper()
            node = "field", self._prefixed() if self._is("++", "--", "-", "$", "!") else self._primary()
            self._depth -= 1
            return node
        if token.text == "(":
            outer, self._in_print = self._in_print, False
            self._skip()
            values = self._list()
            self._expect(")")
            self._in_print = outer
            return values[0] if len(values) == 1 and not self._is("in") else ("group", values)
        if token.kind == "name" and token.text not in WORDS:
            return self._named(token.text)
        raise Fault(f"syntax error at {token.text or 'end of program'!r}")

    def _named(self, name: str) -> Node:
        if name in MISSING:
            raise Fault(f"{name} is not supported")
        if name in FUNCTIONS:
            return self._call(name)
        if self._take("["):
            return "element", name, self._subscript()
        return "name", name

    def _call(self, name: str) -> Node:
        low, high = FUNCTIONS[name]
        values: list[Node] = []
        if self._take("("):
            outer, self._in_print = self._in_print, False
            self._skip()
            values = [] if self._is(")") else self._list()
            self._expect(")")
            self._in_print = outer
        elif name != "length":
            raise Fault(f"syntax error: {name} needs its arguments in brackets")
        if not low <= len(values) <= high:
            raise Fault(f"{name} takes {low} to {high} arguments")
        return "call", name, values

    def _subscript(self) -> list[Node]:
        outer, self._in_print = self._in_print, False
        values = self._list()
        self._expect("]")
        self._in_print = outer
        return values

    def _name(self) -> str:
        token = self._now
        if token.kind != "name" or token.text in WORDS or token.text in FUNCTIONS:
            raise Fault(f"syntax error at {token.text or 'end of program'!r}, expected an array")
        self._at += 1
        return token.text
