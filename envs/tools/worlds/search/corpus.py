"""Passages to be searched: the shipped ones, and the user's own."""

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from palaestra.data.errors import InputError

SHIPPED = Path(__file__).with_name("corpus.txt")
"""One line of what it is, then a line per passage: title, tab, text."""
HEADER = "palaestra corpus 1: {} passages, SHA-256 {}"
WRITE_AGAIN = "write it again with python -m palaestra.envs.tools.worlds.search.prose"
EXPECTED = 'expected lines such as {"title": "Tea", "text": "A drink."}'


@dataclass(frozen=True)
class Passage:
    """A piece of text.

    Attributes:
        id: 1 for the first of its corpus.
        title: one line.
        text: as the agent reads it.
    """

    id: int
    title: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """Passages in order. Corpora with the same passages are equal.

    Attributes:
        passages: the first has the id 1.
        sha256: of all titles and texts.
    """

    passages: tuple[Passage, ...] = field(compare=False, repr=False)
    sha256: str


def load(path: Path | str | None = None) -> Corpus:
    """Read a corpus.

    Args:
        path: a file of JSON lines with a title and a text each, or one in the format of the shipped file; without it,
            the shipped passages.

    Raises:
        InputError: no such file, or empty, cut off, changed, or something else.
    """
    return _shipped() if path is None else _read(Path(path))


def encoded(passages: Sequence[Passage]) -> bytes:
    """The file of a corpus whose titles and texts are single lines without tabs."""
    header = HEADER.format(len(passages), digest(passages))
    return "".join(f"{line}\n" for line in (header, *(f"{each.title}\t{each.text}" for each in passages))).encode()


def digest(passages: Sequence[Passage]) -> str:
    """SHA-256 of all titles and texts."""
    return hashlib.sha256("".join(f"{each.title}\x1f{each.text}\x1e" for each in passages).encode()).hexdigest()


@functools.cache
def _shipped() -> Corpus:
    return _read(SHIPPED)


def _read(path: Path) -> Corpus:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; {EXPECTED}") from None
    lines = text.split("\n")
    if not text.strip():
        raise InputError(f"{path}: empty; {EXPECTED}")
    if text.startswith("palaestra corpus"):
        return _decoded(path, lines)
    passages = tuple(_own(path, lines))
    return Corpus(passages, digest(passages))


def _decoded(path: Path, lines: list[str]) -> Corpus:
    """The passages of a file in our own format, whose header says how many there are."""
    header, rows, end = lines[0], lines[1:-1], lines[-1]
    parts = [row.partition("\t") for row in rows]
    passages = tuple(Passage(number, title, text) for number, (title, _, text) in enumerate(parts, 1))
    made = digest(passages)
    if end or header != HEADER.format(len(passages), made):
        raise InputError(f"{path}: cut off or changed, it doesn't match its first line; {WRITE_AGAIN}")
    return Corpus(passages, made)


def _own(path: Path, lines: list[str]) -> Iterator[Passage]:
    number = 0
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            title, text = row["title"], row["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(f"{path}, line {place}: not a passage, or cut off; {EXPECTED}") from None
        if not (isinstance(title, str) and isinstance(text, str) and _is_whole(title + text)):
            raise InputError(f"{path}, line {place}: title and text must be valid text; {EXPECTED}")
        yield Passage(number := number + 1, " ".join(title.split()), text)


def _is_whole(text: str) -> bool:
    """Whether it has no lone surrogates, which JSON can hold and UTF-8 can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
