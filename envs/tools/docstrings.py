"""Docstrings in Google's style, as data."""

import ast
import inspect
import itertools
import re
import textwrap
from typing import Any, NamedTuple

HEADING = re.compile(r"(Args|Arguments|Returns|Raises|Yields|Attributes|Examples?|Notes?|Warns):\s*")
ENTRY = re.compile(r"(\w+)(?:\s*\([^)]*\))?:\s*(.*)")


class Sections(NamedTuple):
    """The parts of a docstring.

    Attributes:
        summary: everything before the first section, its paragraphs separated by blank lines.
        arguments: descriptions by name, of ``Args`` and ``Attributes``.
        returned: the text of ``Returns``.
    """

    summary: str
    arguments: dict[str, str]
    returned: str


def sections(docstring: str) -> Sections:
    """Split a docstring whose indentation was removed (``inspect.getdoc``)."""
    parts: dict[str, list[str]] = {"": []}
    heading = ""
    for line in docstring.splitlines():
        if match := HEADING.fullmatch(line):
            heading = match[1]
            parts.setdefault(heading, [])
        else:
            parts[heading].append(line)
    paragraphs = re.split(r"\n\s*\n", "\n".join(parts[""]).strip())
    summary = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    arguments: dict[str, str] = {}
    for name in ("Args", "Arguments", "Attributes"):
        arguments |= _entries(parts.get(name, []))
    return Sections(summary, arguments, " ".join(" ".join(parts.get("Returns", [])).split()))


def _entries(lines: list[str]) -> dict[str, str]:
    """Descriptions by name; lines that are indented more than the first one continue an entry."""
    entries: dict[str, str] = {}
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    name = ""
    for line in lines:
        match = ENTRY.fullmatch(line.strip())
        if match and len(line) - len(line.lstrip()) == min(indents):
            name = match[1]
            entries[name] = match[2]
        elif name and line.strip():
            entries[name] = f"{entries[name]} {line.strip()}".strip()
    return entries


def field_texts(kind: Any) -> dict[str, str]:
    """What the string literals after a class's fields say, by name; nothing for a class without source."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        except (OSError, TypeError, SyntaxError):
            continue
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in itertools.pairwise(statements):
            said = text.value.value if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) else None
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(said, str):
                texts[field.target.id] = " ".join(said.split())
    return texts
