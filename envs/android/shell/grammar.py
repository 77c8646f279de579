"""The shell's grammar: parses a script's text into the tree that ``run`` runs.

It accepts what Android's mksh does on a command line, except functions, ``case``, ``select`` and co-processes.
"""

import functools
from dataclasses import dataclass

from palaestra.envs.android.shell.tree import (
    Chain,
    Command,
    For,
    Group,
    If,
    Literal,
    Pipeline,
    Redirection,
    Script,
    Simple,
    SyntaxFault,
    Test,
    While,
    Word,
    is_name,
)
from palaestra.envs.android.shell.words import BREAKS, MAX_DEPTH, WordReader

MAX_SCRIPT = 1 << 20
"""Longest script, characters."""

RESERVED = frozenset({"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "{", "}", "!", "in"})
REDIRECTIONS = ("<<<", "<<-", "<<", ">>", ">|", "<&", ">&", "<", ">")


@functools.lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """Parse a script.

    Raises:
        SyntaxFault: it does not parse.
    """
    if len(text) > MAX_SCRIPT:
        raise SyntaxFault("Argument list too long")
    reader = Reader(text)
    script = reader.script(frozenset())
    if reader.position < len(text):
        raise reader.unexpected()
    reader.finish_documents()
    return script


@dataclass
class Reader(WordReader):
    """A position in a script, and the rules that parse lists and commands from there."""

    # --- lists ---

    def script(self, stop: frozenset[str]) -> Script:
        """Chains up to a reserved word of ``stop``, a closing bracket or the end."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SyntaxFault("syntax error: nested too deeply")
        chains: list[Chain] = []
        while True:
            self.newlines()
            if self.position >= len(self.text) or self.peek() == ")" or self.reserved() in stop:
                break
            pipelines = self.chain()
            self.blanks()
            background = self.peek() == "&" and self.peek(2) != "&&"
            chains.append(Chain(pipelines, background))
            if background or (self.peek() == ";" and self.peek(2) != ";;"):
                self.position += 1
            elif self.peek() != "\n":
                break
        self.depth -= 1
        return tuple(chains)

    def chain(self) -> tuple[tuple[str, Pipeline], ...]:
        """Pipelines between ``&&`` and ``||``."""
        pipelines = [("", self.pipeline())]
        while True:
            self.blanks()
            operator = self.peek(2)
            if operator not in ("&&", "||"):
                return tuple(pipelines)
            self.position += 2
            self.newlines()
            pipelines.append((operator, self.pipeline()))

    def pipeline(self) -> Pipeline:
        """Commands between ``|``."""
        negated = False
        while self.reserved() == "!":
            self.position += 1
            negated = not negated
            self.blanks()
        commands = [self.command()]
        while True:
            self.blanks()
            if self.peek() != "|" or self.peek(2) == "||":
                return Pipeline(tuple(commands), negated)
            self.position += 1
            if self.peek() == "&":  # |& would start a co-process
                raise self.unexpected()
            self.newlines()
            commands.append(self.command())

    def reserved(self) -> str:
        """The reserved word at this position, '' for none."""
        self.blanks()
        end = self.position
        while end < len(self.text) and self.text[end] not in BREAKS:
            end += 1
        word = self.text[self.position : end]
        return word if word in RESERVED or word == "[[" else ""

    def take(self, word: str) -> None:
        """Consume a reserved word that has to be here."""
        if self.reserved() != word:
            raise self.unexpected()
        self.position += len(word)

    # --- commands ---

    def command(self) -> Command:
        """One command of any kind."""
        self.blanks()
        if self.peek() == "(":
            self.position += 1
            body = self.script(frozenset())
            if not body or self.peek() != ")":
                raise self.unexpected()
            self.position += 1
            return Group(body, True, self.redirections())
        word = self.reserved()
        if word == "{":
            self.position += 1
            body = self.body("}")
            self.take("}")
            return Group(body, False, self.redirections())
        if word == "if":
            return self.conditional()
        if word in ("while", "until"):
            self.position += len(word)
            condition = self.body("do")
            body = self.loop()
            return While(condition, body, word == "until", self.redirections())
        if word == "for":
            return self.iteration()
        if word == "[[":
            return self.test()
        if word and word != "in":
            raise self.unexpected()
        return self.simple()

    def body(self, *stop: str) -> Script:
        """A list that must not be empty."""
        script = self.script(frozenset(stop))
        if not script:
            raise self.unexpected()
        return script

    def loop(self) -> Script:
        """``do ...; done``."""
        self.take("do")
        body = self.body("done")
        self.take("done")
        return body

    def conditional(self) -> If:
        """``if ...; fi``."""
        branches: list[tuple[Script, Script]] = []
        word = "if"
        while word in ("if", "elif"):
            self.take(word)
            condition = self.body("then")
            self.take("then")
            branches.append((condition, self.body("elif", "else", "fi")))
            word = self.reserved()
        otherwise = None
        if word == "else":
            self.take("else")
            otherwise = self.body("fi")
        self.take("fi")
        return If(tuple(branches), otherwise, self.redirections())

    def iteration(self) -> For:
        """``for ...; done``."""
        self.take("for")
        self.blanks()
        start = self.position
        while self.peek().isalnum() or self.peek() == "_":
            self.position += 1
        name = self.text[start : self.position]
        if not is_name(name):
            raise self.unexpected()
        self.newlines()
        words: list[Word] | None = None
        if self.reserved() == "in":
            self.take("in")
            words = []
            self.blanks()
            while self.peek() not in ("", ";", "\n"):
                words.append(self.required_word())
                self.blanks()
        self.blanks()
        if self.peek() == ";":
            self.position += 1
        self.newlines()
        return For(name, None if words is None else tuple(words), self.loop(), self.redirections())

    def test(self) -> Test:
        """``[[ ... ]]``."""
        self.take("[[")
        tokens: list[Word | str] = []
        while True:
            self.newlines()
            if self.peek(2) == "]]" and self.peek(3)[2:] in (*BREAKS, ""):
                self.position += 2
                return Test(tuple(tokens), self.redirections())
            operator = next((o for o in ("&&", "||", "(", ")", "<", ">") if self.peek(len(o)) == o), "")
            if operator and tokens[-1:] != [(Literal("=~", False),)]:
                self.position += len(operator)
                tokens.append(operator)
            else:
                tokens.append(self.required_word(pattern=True))

    def simple(self) -> Simple:
        """Assignments, words and redirections."""
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            self.blanks()
            redirection = self.redirection()
            if redirection:
                redirections.append(redirection)
                continue
            if self.peek() in ("", *BREAKS):
                break
            name = self.assigned() if not words else ""
            if name:
                assignments.append((name, self.word()))
            else:
                words.append(self.required_word())
        if not assignments and not words and not redirections:
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirections))

    def assigned(self) -> str:
        """Consume a name and an ``=`` at this position; the name, '' for none."""
        end = self.position
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        name = self.text[self.position : end]
        if self.text[end : end + 1] != "=" or not is_name(name):
            return ""
        self.position = end + 1
        return name

    def redirections(self) -> tuple[Redirection, ...]:
        """All redirections at this position."""
        redirections: list[Redirection] = []
        while redirection := self.redirection():
            redirections.append(redirection)
        return tuple(redirections)

    def redirection(self) -> Redirection | None:
        """The redirection at this position, if there is one."""
        self.blanks()
        start = self.position
        both = self.peek(2) == "&>"
        digits = self.peek() if self.peek() in tuple("0123456789") else ""
        after = self.text[start + 1 : start + 2] if digits else self.peek()
        if not both and after not in ("<", ">"):
            return None
        self.position += 1 if both or digits else 0
        operator = next(o for o in REDIRECTIONS if self.peek(len(o)) == o)
        self.position += len(operator)
        descriptor = int(digits) if digits else 0 if operator[0] == "<" else 1
        self.blanks()
        target = self.required_word()
        redirection = Redirection(descriptor, "&>" + operator[1:] if both else operator, target)
        if operator in ("<<", "<<-"):
            stop = "".join(part.text for part in target if isinstance(part, Literal))
            quoted = any(isinstance(part, Literal) and part.quoted for part in target)
            redirection.operator, redirection.target = "<<", ()
            self.documents.append((redirection, stop, operator == "<<-", quoted))
        return redirection
