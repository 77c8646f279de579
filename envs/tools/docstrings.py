"""Docstrings in Google's style, as data."""

import re
from typing import NamedTuple

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
