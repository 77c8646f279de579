"""The syntax tree of a script of the phone's shell: the grammar builds it, the shell runs it."""

from dataclasses import dataclass


class SyntaxFault(Exception):
    """The script does not parse; the message is what mksh prints after the shell's name."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as written; quoted text is neither split nor globbed."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name`` or ``${name}`` with one operator."""

    name: str
    quoted: bool
    operator: str = ""
    argument: "Word" = ()


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(script)`` or backticks."""

    script: "Script"
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((expression))``."""

    expression: "Word"
    quoted: bool


Part = Literal | Variable | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(slots=True)
class Redirection:
    """``3>file`` and the like; of a here-document, ``target`` is the text, set once it has been read."""

    descriptor: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, words and redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """``[[ ... ]]``: words and bare operators in order."""

    tokens: tuple[Word | str, ...]
    redirections: tuple[Redirection, ...]


@dataclass(frozen=True, slots=True)
class If:
    """``if``: pairs of condition and body, and the body of ``else``."""

    branches: tuple[tuple["Script", "Script"], ...]
    otherwise: "Script | None"
    redirections: tuple[Redirection, ...]


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words; do body; done``."""

    name: str
    words: tuple[Word, ...] | None
    body: "Script"
    redirections: tuple[Redirection, ...]


@dataclass(frozen=True, slots=True)
class While:
    """``while`` or ``until``."""

    condition: "Script"
    body: "Script"
    until: bool
    redirections: tuple[Redirection, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ ...; }`` or ``( ... )``."""

    body: "Script"
    subshell: bool
    redirections: tuple[Redirection, ...]


Compound = Test | If | For | While | Group
Command = Simple | Compound


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands between ``|``; ``!`` negates the status."""

    commands: tuple[Command, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines between ``&&`` and ``||``, each with the operator before it ('' for the first)."""

    pipelines: tuple[tuple[str, Pipeline], ...]
    background: bool


Script = tuple[Chain, ...]


def is_name(text: str) -> bool:
    """Whether a text is a valid name of a variable."""
    return text.isascii() and text.isidentifier()
