"""Read an instruction of Android in the Wild: which template it is of, and its slots."""

import difflib
import functools
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from palaestra.data.errors import InputError
from palaestra.data.recipes import aitw
from palaestra.envs.android.tasks.aitw.families import FAMILIES, Family, Form
from palaestra.envs.android.tasks.aitw.slot_types import SLOT_TYPES
from palaestra.envs.android.tasks.task import template
from palaestra.envs.task import Slots, Task, task_of

TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"'})
COMPARED = 200
"""Characters of a line that are compared with the forms to find the nearest, and shown in a message."""
_SPACE_BEFORE_SLOT = r"(?:\s+|(?-i:(?=[A-Z0-9])))"


@dataclass(frozen=True)
class Line:
    """An instruction that has been read.

    Attributes:
        template: the template's name.
        slots: the template's, always all of them, and ``line``, the instruction itself.
        form: the wording, as ``families`` has it.
    """

    template: str
    slots: Slots
    form: str


def plain(line: str) -> str:
    """The line with single spaces and all quotation marks alike: equal for instructions that differ in these only."""
    return _typed(line).replace('"', "'")


def read(line: str) -> Line:
    """Find the template of an instruction and fill its slots.

    Args:
        line: quotation marks may be single, double or typographic; spaces between words may be missing where it is
            clear where words end.

    Raises:
        InputError: no template reads it, or it names a host that isn't a shop's.
    """
    found = next(readings(line), None)
    if found is None:
        raise _unread(line)
    return found


def readings(line: str) -> Iterator[Line]:
    """Every form's reading of an instruction, in the order of the families."""
    typed = _typed(line)
    matched = typed.replace('"', "'")
    for family, form, pattern in _patterns():
        if match := pattern.fullmatch(matched):
            slots: Slots = {"line": line.strip(), **family.defaults, **form.fixed}
            for name in filter(match.group, match.groupdict()):
                slots |= _slot(name, typed[slice(*match.span(name))], line)
            yield Line(family.template, slots, form.text)


def parse_instruction(line: str) -> Task:
    """The task of an instruction from Android in the Wild, such as "Go to ebay.com".

    Its seed is a number of the line, so that no other line has its ``id``.

    Raises:
        InputError: no template reads it; the message names the nearest.
    """
    found = read(line)
    return task_of(template(found.template), found.slots, zlib.crc32(plain(line).encode()))


@functools.cache
def known_lines(world: aitw.World) -> tuple[Line, ...]:
    """All instructions of a world, once each if quotation marks are disregarded: those of the training list first."""
    lines = {plain(line): line for side in ("test", "train") for line in reversed(aitw.lines(world, side))}
    order = dict.fromkeys(plain(line) for side in ("train", "test") for line in aitw.lines(world, side))
    return tuple(read(lines[key]) for key in order)


def _typed(line: str) -> str:
    return " ".join(line.translate(TYPOGRAPHIC).split())


def _slot(name: str, text: str, line: str) -> Slots:
    try:
        return SLOT_TYPES[name].read(name, text)
    except InputError as error:
        raise InputError(f"line {_shown(line)}: {error}") from None


def _shown(line: str) -> str:
    return repr(line if len(line) <= COMPARED else f"{line[:COMPARED]}...")


def _unread(line: str) -> InputError:
    """The error for a line that no form matches."""
    start = plain(line)[:COMPARED].lower()

    def likeness(candidate: tuple[Family, Form, re.Pattern[str]]) -> float:
        return difflib.SequenceMatcher(None, re.sub(r"[\[\]]", "", candidate[1].text).lower(), start).ratio()

    family, form, _ = max(_patterns(), key=likeness)
    return InputError(f"line {_shown(line)}: no template reads it; the nearest is {family.template}: {form.text}")


@functools.cache
def _patterns() -> tuple[tuple[Family, Form, re.Pattern[str]], ...]:
    families = [family for world in FAMILIES.values() for family in world]
    return tuple((family, form, _pattern(form.text)) for family in families for form in family.forms)


def _pattern(form: str) -> re.Pattern[str]:
    """A form's regular expression.

    The lists have words without the space between them. Between two words of a form it may be missing; before a slot,
    only if the slot begins with a capital or a digit, so that no word is cut in two; after a slot, never.
    """
    pieces = re.findall(r"\{\w+\}|[\[\]()|]| |[^\[\](){}| ]+", form)
    brackets = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}
    pattern, after_slot = "", False
    for number, piece in enumerate(pieces):
        if piece == " ":
            following = next(later for later in pieces[number + 1 :] if later not in brackets)
            before_slot = following.startswith("{")
            pattern += r"\s+" if after_slot else _SPACE_BEFORE_SLOT if before_slot else r"\s*"
        elif piece in brackets:
            pattern += brackets[piece]
        elif piece.startswith("{"):
            name, after_slot = piece[1:-1], True
            pattern += f"(?P<{name}>{SLOT_TYPES[name].pattern})"
        else:
            after_slot = False
            pattern += r"What(?:'|\s*i)?s" if piece == "What's" else re.escape(piece)
    return re.compile(rf"{pattern}\s*[?.!]*", re.IGNORECASE)
