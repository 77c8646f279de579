"""The words of the shell's grammar: quotes, variables, substitutions."""

from dataclasses import dataclass, field
from typing import Self

from palaestra.envs.android.shell.tree import (
    Arithmetic,
    Literal,
    Part,
    Redirection,
    Script,
    Substitution,
    SyntaxFault,
    Variable,
    Word,
)

MAX_DEPTH = 25
"""Deepest nesting of lists, groups and substitutions; a deeper script is a syntax error."""
OPERATORS = ("&&", "||", ";;", ";", "&", "|", "(", ")", "\n")
BREAKS = " \t\n;&|()<>"
SPECIAL_NAMES = "?#$!@*-0123456789"
EXPANSION_OPERATORS = (":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "?", "#", "%", ":", "//", "/")


@dataclass
class WordReader:
    """A position in a script, and the rules that parse words from there.

    Attributes:
        text: the script.
        depth: levels of nesting around the position.
        position: an index into the text.
        documents: here-documents whose bodies follow the next line's end: redirection, closing line, whether leading
            tabs are removed, whether the body is literal.
    """

    text: str
    depth: int = 0
    position: int = 0
    documents: list[tuple[Redirection, str, bool, bool]] = field(default_factory=list)

    def script(self, stop: frozenset[str]) -> Script:
        """Chains up to a reserved word of ``stop``, a closing bracket or the end; the grammar implements it."""
        raise NotImplementedError

    # --- characters ---

    def peek(self, length: int = 1) -> str:
        """The next characters."""
        return self.text[self.position : self.position + length]

    def blanks(self) -> None:
        """Skip blanks, continued lines and a comment."""
        text = self.text
        while self.position < len(text):
            if text[self.position] in " \t\r":
                self.position += 1
            elif text.startswith("\\\n", self.position):
                self.position += 2
            elif text[self.position] == "#":
                end = text.find("\n", self.position)
                self.position = len(text) if end < 0 else end
            else:
                return

    def newlines(self) -> None:
        """Skip blanks and empty lines."""
        self.blanks()
        while self.peek() == "\n":
            self.newline()
            self.blanks()

    def newline(self) -> None:
        """Consume a line's end and the bodies of here-documents that follow it."""
        self.position += 1
        for redirection, stop, strip, quoted in self.documents:
            lines: list[str] = []
            while self.position < len(self.text):
                end = self.text.find("\n", self.position)
                end = len(self.text) if end < 0 else end
                line = self.text[self.position : end]
                self.position = min(end + 1, len(self.text))
                line = line.lstrip("\t") if strip else line
                if line == stop:
                    break
                lines.append(line + "\n")
            body = "".join(lines)
            redirection.target = (Literal(body, True),) if quoted else self.inside(body).double_quoted(None)
        self.documents.clear()

    def finish_documents(self) -> None:
        """Leave here-documents without a body empty."""
        for redirection, *_ in self.documents:
            redirection.target = ()

    def inside(self, text: str) -> Self:
        """A reader of another text, one level deeper."""
        if self.depth >= MAX_DEPTH:
            raise SyntaxFault("syntax error: nested too deeply")
        return type(self)(text, self.depth + 1)

    def unexpected(self) -> SyntaxFault:
        """The syntax error for the text at this position."""
        self.blanks()
        if self.position >= len(self.text):
            return SyntaxFault("syntax error: unexpected EOF")
        for operator in OPERATORS:
            if self.text.startswith(operator, self.position):
                return SyntaxFault(f"syntax error: unexpected '{'newline' if operator == chr(10) else operator}'")
        end = self.position + 1
        while end < len(self.text) and self.text[end] not in BREAKS:
            end += 1
        return SyntaxFault(f"syntax error: unexpected '{self.text[self.position : end][:64]}'")

    # --- words ---

    def required_word(self, pattern: bool = False) -> Word:
        """A word that has to be here."""
        start = self.position
        word = self.word(pattern)
        if self.position == start:
            raise self.unexpected()
        return word

    def word(self, pattern: bool = False) -> Word:
        """A word; with ``pattern``, brackets and bars are part of it, as on the right of ``=~``."""
        parts: list[Part] = []
        plain: list[str] = []
        text = self.text

        def flush() -> None:
            if plain:
                parts.append(Literal("".join(plain), False))
                plain.clear()

        level = 0
        while self.position < len(text):
            char = text[self.position]
            if pattern and char in "()|":
                level += {"(": 1, ")": -1}.get(char, 0)
                if level < 0:
                    break
                plain.append(char)
                self.position += 1
            elif char in BREAKS:
                break
            elif char == "'":
                flush()
                parts.append(self.single_quoted())
            elif char == '"':
                flush()
                self.position += 1
                parts.extend(self.double_quoted('"') or (Literal("", True),))
            elif char == "\\":
                flush()
                if self.peek(2) != "\\\n":
                    parts.append(Literal(self.peek(2)[1:] or "\\", True))
                self.position += 2
            elif char == "$" and text.startswith("$'", self.position):
                flush()
                self.position += 1
                parts.append(self.ansi_quoted())
            elif char in "$`":
                part = self.expansion(False)
                if part is None:
                    plain.append(char)
                else:
                    flush()
                    parts.append(part)
            else:
                plain.append(char)
                self.position += 1
        flush()
        return tuple(parts)

    def single_quoted(self) -> Literal:
        """Text between single quotes."""
        end = self.text.find("'", self.position + 1)
        if end < 0:
            raise SyntaxFault("no closing quote")
        literal = Literal(self.text[self.position + 1 : end], True)
        self.position = end + 1
        return literal

    def ansi_quoted(self) -> Literal:
        """``$'...'`` with C's escapes."""
        escapes = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "0": "\0"}
        self.position += 1
        chars: list[str] = []
        while self.peek() != "'":
            if not self.peek():
                raise SyntaxFault("no closing quote")
            if self.peek() == "\\":
                self.position += 1
                chars.append(escapes.get(self.peek(), self.peek()))
            else:
                chars.append(self.peek())
            self.position += 1
        self.position += 1
        return Literal("".join(chars), True)

    def double_quoted(self, stop: str | None) -> Word:
        """Parts up to ``stop``, which is consumed too, or to the end of a here-document."""
        parts: list[Part] = []
        plain: list[str] = []
        text = self.text
        while True:
            if self.position >= len(text):
                if stop is not None:
                    raise SyntaxFault("no closing quote")
                break
            char = text[self.position]
            if char == stop:
                self.position += 1
                break
            if char == "\\" and self.peek(2)[1:] in ("$", "`", "\\", "\n", stop):
                plain.append("" if self.peek(2)[1:] == "\n" else self.peek(2)[1:])
                self.position += 2
                continue
            part = self.expansion(True) if char in "$`" else None
            if part is None:
                plain.append(char)
                if char not in "$`":
                    self.position += 1
                continue
            if plain:
                parts.append(Literal("".join(plain), True))
                plain.clear()
            parts.append(part)
        if plain:
            parts.append(Literal("".join(plain), True))
        return tuple(parts)

    def expansion(self, quoted: bool) -> Part | None:
        """The expansion at ``$`` or a backtick; None for a ``$`` that stands for itself, which is consumed."""
        if self.peek() == "`":
            return self.backticks(quoted)
        if self.text.startswith("$((", self.position):
            return self.arithmetic(quoted)
        if self.text.startswith("$(", self.position):
            self.position += 2
            script = self.script(frozenset())
            if self.peek() != ")":
                raise self.unexpected()
            self.position += 1
            return Substitution(script, quoted)
        if self.text.startswith("${", self.position):
            return self.braced(quoted)
        self.position += 1
        start = self.position
        if self.peek() and self.peek() in SPECIAL_NAMES:
            self.position += 1
        else:
            while self.peek() == "_" or (self.peek().isascii() and self.peek().isalnum()):
                self.position += 1
        name = self.text[start : self.position]
        return Variable(name, quoted) if name else None

    def backticks(self, quoted: bool) -> Substitution:
        """A script in backticks."""
        self.position += 1
        chars: list[str] = []
        while self.peek() != "`":
            if not self.peek():
                raise SyntaxFault("no closing quote")
            if self.peek() == "\\" and self.peek(2)[1:] in ("$", "`", "\\", '"' if quoted else "$"):
                self.position += 1
            chars.append(self.peek())
            self.position += 1
        self.position += 1
        inner = self.inside("".join(chars))
        script = inner.script(frozenset())
        if inner.position < len(inner.text):
            raise inner.unexpected()
        inner.finish_documents()
        return Substitution(script, quoted)

    def arithmetic(self, quoted: bool) -> Part:
        """``$((...))``."""
        self.position += 3
        start, level = self.position, 0
        while self.position < len(self.text):
            char = self.peek()
            if char == ")" and level == 0 and self.peek(2) == "))":
                expression = self.inside(self.text[start : self.position]).double_quoted(None)
                self.position += 2
                return Arithmetic(expression, quoted)
            level += {"(": 1, ")": -1}.get(char, 0)
            self.position += 1
        raise SyntaxFault("syntax error: unexpected EOF")

    def braced(self, quoted: bool) -> Variable:
        """``${...}``."""
        self.position += 2
        start = self.position
        if self.peek() == "#" and self.peek(2) != "#}":
            self.position += 1
            name = self.braced_name()
            if self.peek() != "}":
                raise self.bad_substitution(start)
            self.position += 1
            return Variable(name, quoted, "length")
        name = self.braced_name()
        operator = next((o for o in EXPANSION_OPERATORS if self.peek(len(o)) == o), "")
        self.position += len(operator)
        if not name or (not operator and self.peek() != "}"):
            raise self.bad_substitution(start)
        return Variable(name, quoted, operator, self.braced_argument(quoted))

    def braced_name(self) -> str:
        """The name after an opening brace."""
        start = self.position
        if self.peek() and self.peek() in SPECIAL_NAMES:
            self.position += 1
        else:
            while self.peek() == "_" or (self.peek().isascii() and self.peek().isalnum()):
                self.position += 1
        return self.text[start : self.position]

    def braced_argument(self, quoted: bool) -> Word:
        """The word before a closing brace, blanks and all."""
        parts: list[Part] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                parts.append(Literal("".join(plain), quoted))
                plain.clear()

        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SyntaxFault("syntax error: nested too deeply")
        while self.peek() != "}":
            char = self.peek()
            if not char:
                raise SyntaxFault("syntax error: unexpected EOF")
            piece: Word
            if char == "'" and not quoted:
                piece = (self.single_quoted(),)
            elif char == '"':
                self.position += 1
                piece = self.double_quoted('"')
            elif char == "\\":
                piece = (Literal(self.peek(2)[1:], True),)
                self.position += 2
            elif char in "$`":
                piece = (self.expansion(quoted) or Literal("$", quoted),)
            else:
                plain.append(char)
                self.position += 1
                continue
            flush()
            parts.extend(piece)
        flush()
        self.position += 1
        self.depth -= 1
        return tuple(parts)

    def bad_substitution(self, start: int) -> SyntaxFault:
        """The syntax error for invalid text in braces."""
        end = self.text.find("}", start)
        return SyntaxFault(f"${{{self.text[start : end if end >= 0 else None][:64]}}}: bad substitution")
