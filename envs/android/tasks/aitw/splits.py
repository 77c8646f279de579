"""Which instructions are for training and which for testing.

``paper`` has DigiRL's and Digi-Q's lists as they are; most of its test lines are also training lines. The held-out
splits reserve what a line is about: no query, host, template or entity of their test side is on their training side.
Every split has two sides, ``NAME-train`` and ``NAME-test``; NAME alone is the training side.
"""

import difflib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from palaestra.data.errors import InputError
from palaestra.data.recipes import aitw
from palaestra.envs.android.tasks.aitw.grammar import Line, known_lines, plain

EVALUATED = 96
"""Lines of the test list that the papers evaluate on, the first."""

LISTED = 12
"""Reserved values that the report names."""

Axis = Literal["query", "host", "template", "entity"]
AXES: dict[aitw.World, tuple[Axis, ...]] = {
    "webshop": ("query", "host", "template", "entity"),
    "general": ("template", "entity"),
}
"""What a world's held-out splits reserve; each has ``heldout-layout`` too, which reserves looks of pages, not lines."""

SUBJECTS = (
    *("place", "origin", "destination", "entity", "app", "product", "store", "restaurant", "shop", "cuisine"),
    *("artist", "channel", "topic", "quote", "device"),
)
"""Slots of General that name what a line is about. An alarm's subject is its time."""

MAKERS = {"alienware": "dell", "macbook": "apple", "soundlink": "bose", "usb-a": "usb", "usb-b": "usb", "usb-c": "usb"}
"""Whose product a query asks for that begins with something else than its maker."""

TITLES: dict[aitw.World, str] = {"webshop": "Web Shopping", "general": "General"}


@dataclass(frozen=True)
class Sides:
    """The lines of a split; those of a held-out split that have something of both sides are on neither."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def names(world: aitw.World) -> tuple[str, ...]:
    """The splits of a world, without sides."""
    return ("paper", *(f"heldout-{axis}" for axis in AXES[world]), "heldout-layout")


def split(name: str, world: aitw.World) -> tuple[str, ...]:
    """The lines of one side of a split, in the lists' order.

    Args:
        name: as in ``names``, with ``-train`` or ``-test`` at its end; without, its training side.
        world: whose lines.

    Raises:
        InputError: there is no such split, or it is not for this world.
    """
    base, side = _found(name, world)
    return getattr(sides(base, world), side)


def layouts(name: str, world: aitw.World) -> tuple[int, ...]:
    """The variants of pages' layouts that one side of a split is limited to; empty: not limited.

    Raises:
        InputError: there is no such split, or it is not for this world.
    """
    base, side = _found(name, world)
    return tuple(aitw.reserved()["layouts"][side]) if base == "heldout-layout" else ()


@functools.cache
def sides(base: str, world: aitw.World) -> Sides:
    """Both sides of a split that is one of ``names``."""
    if base == "paper":
        return Sides(aitw.lines(world, "train"), aitw.lines(world, "test")[:EVALUATED])
    lines = known_lines(world)
    if base == "heldout-layout":
        every = tuple(line.slots["line"] for line in lines)
        return Sides(every, every)
    axis: Axis = base.removeprefix("heldout-")  # type: ignore[assignment]
    reserved = set(aitw.reserved()[world][base])
    values = {line.slots["line"]: about(line, axis) for line in lines}
    train = tuple(line for line, found in values.items() if not found & reserved)
    return Sides(train, tuple(line for line, found in values.items() if found and found <= reserved))


def about(line: Line, axis: Axis) -> frozenset[str]:
    """What a line has on an axis: its query, its host, its template or what it is about; empty if none."""
    if axis == "template":
        return frozenset([line.template])
    if line.template.startswith("Web"):
        slot = "host" if axis == "host" else "query"
        value = line.slots.get(slot, "")
        return frozenset([maker(value) if axis == "entity" else value] if value else ())
    found = {str(line.slots[slot]).casefold() for slot in SUBJECTS if line.slots.get(slot)} - {"here"}
    if line.template == "GeneralAlarm":
        found.add(f"{line.slots['hour']:02}:{line.slots['minute']:02}")
    return frozenset(found)


def maker(query: str) -> str:
    """The maker of what a query asks for; AAA batteries, which many make, are one entity, as are USB cables."""
    first = query.split()[0]
    return "triple a" if query.endswith("triple a") else MAKERS.get(first, first)


def report(world: aitw.World) -> str:
    """What the lists have in common, and the sizes of a world's splits: lines of text."""
    rows = [
        ("split", "train", "test", "neither", "reserved for testing"),
        *(_row(name, world) for name in names(world)),
    ]
    widths = [max(map(len, column)) for column in zip(*rows)]
    table = [
        " ".join(cell.rjust(width) if 0 < number < 4 else cell.ljust(width) for number, (cell, width) in row).rstrip()
        for row in (list(enumerate(zip(row, widths))) for row in rows)
    ]
    return "\n".join(
        [
            "Lines that differ in quotation marks only count as one.",
            *(_overlap(each) for each in AXES),
            "",
            f"Splits of {TITLES[world]}, in lines; NAME-train and NAME-test are the sides, NAME is NAME-train:",
            *table,
        ]
    )


def _overlap(world: aitw.World) -> str:
    train, test = ([plain(line) for line in aitw.lines(world, side)] for side in ("train", "test"))
    first = test[:EVALUATED]
    shared = len({*train} & {*test})
    subset = " (the test list is a subset of the training list)" if {*test} <= {*train} else ""
    return (
        f"{TITLES[world]}: {len(train)} training lines ({len({*train})} distinct), {len(test)} test lines"
        f" ({len({*test})} distinct), {shared} distinct lines in both{subset}."
        f" Of the first {EVALUATED} test lines {len({*first})} are distinct,"
        f" and {sum(line in train for line in first)} are training lines."
    )


def _row(name: str, world: aitw.World) -> tuple[str, str, str, str, str]:
    both = sides(name, world)
    sizes = (str(len(both.train)), str(len(both.test)))
    if name == "paper":
        return (name, *sizes, "", "")
    if name == "heldout-layout":
        return (name, *sizes, "", f"layout {', '.join(map(str, layouts('heldout-layout-test', world)))}")
    reserved = aitw.reserved()[world][name]
    axis: Axis = name.removeprefix("heldout-")  # type: ignore[assignment]
    lines = known_lines(world)
    known = frozenset[str]().union(*(about(line, axis) for line in lines))
    neither = len(lines) - len(both.train) - len(both.test)
    return (name, *sizes, str(neither), f"{len(reserved)} of {len(known)}: {_listed(reserved)}")


def _listed(words: Sequence[str]) -> str:
    more = len(words) - LISTED
    return ", ".join(words[:LISTED]) + (f" and {more} more, see splits.json" if more > 0 else "")


def _found(name: str, world: aitw.World) -> tuple[str, aitw.Side]:
    """A split's name and side.

    Raises:
        InputError: see ``split``.
    """
    found = _sided(world)
    if name in found:
        return found[name]
    there = f"there are {', '.join(names(world))}, each with -train or -test at its end"
    for other in AXES:
        if name in _sided(other):
            what = _sided(other)[name][0].removeprefix("heldout-")
            raise InputError(f"split {name}: not for {TITLES[world]}, whose lines have no {what}; {there}")
    similar = difflib.get_close_matches(str(name), list(found), n=1)
    hint = f" (did you mean {similar[0]}?)" if similar else ""
    raise InputError(f"split {name!r}: no such split{hint}; {there}")


@functools.cache
def _sided(world: aitw.World) -> dict[str, tuple[str, aitw.Side]]:
    """Split and side by the names that ``split`` takes."""
    endings: dict[str, aitw.Side] = {"": "train", "-train": "train", "-test": "test"}
    return {f"{base}{ending}": (base, side) for base in names(world) for ending, side in endings.items()}
