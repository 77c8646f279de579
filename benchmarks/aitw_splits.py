"""Choose what the held-out splits of the AitW instructions reserve for testing, and write splits.json.

What is reserved is drawn by hashes, so that the file is the same on any machine. Queries and entities of which one has
all words of another ("macbook", "macbook air"), or which differ in spelling only, are reserved together.

    python benchmarks/aitw_splits.py            # prints the splits' sizes; fails if the shipped file would change
    python benchmarks/aitw_splits.py --write
"""

import argparse
import difflib
import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from palaestra.data.recipes import aitw
from palaestra.envs.android.tasks.aitw.grammar import known_lines
from palaestra.envs.android.tasks.aitw.splits import AXES, SUBJECTS, Axis, about, report

FILE = Path(aitw.__file__).with_name("splits.json")
SHARE = 0.2
"""Of a world's lines, for the test side; of each kind of entity in General."""
LAYOUTS = {"train": [0, 1, 2], "test": [3]}
HARDEST = ["WebFirstEntry"]
"""The held-out template of Web Shopping: it continues the two others."""


def order(split: str, name: str) -> str:
    """A number that is as good as random and the same everywhere."""
    return hashlib.sha256(f"{split}/{name}".encode()).hexdigest()


def alike(one: str, other: str) -> bool:
    """Whether one text has all words of the other, or is the same but for spelling."""
    words, others = ({*text.replace(" to ", " ").split()} for text in (one, other))
    return words <= others or others <= words or difflib.SequenceMatcher(None, one, other).ratio() > 0.93


def groups(names: Iterable[str]) -> list[list[str]]:
    """The names in groups such that those of different groups are not alike."""
    found: list[list[str]] = []
    for name in sorted(names):
        near = [group for group in found if any(alike(name, each) for each in group)]
        found = [group for group in found if group not in near]
        found.append(sorted([name, *itertools.chain(*near)]))
    return found


def drawn(split: str, candidates: Sequence[list[str]], weights: dict[str, int], share: float) -> list[str]:
    """Names of as many groups as make up a share of the weights; a group that overshoots it by half is passed over."""
    goal, chosen, weight = share * sum(weights.values()), list[str](), 0
    for group in sorted(candidates, key=lambda group: order(split, group[0])):
        added = sum(weights[name] for name in group)
        if weight < goal and weight + added <= 1.5 * goal:
            chosen += group
            weight += added
    return sorted(chosen)


def reserve(world: aitw.World, axis: Axis) -> list[str]:
    """What a split reserves."""
    if (world, axis) == ("webshop", "template"):
        return HARDEST
    split = f"{world}/heldout-{axis}"
    values = [about(line, axis) for line in known_lines(world)]
    weights = {name: sum(name in found for found in values) for name in sorted(frozenset[str]().union(*values))}
    related = groups(weights) if axis in ("query", "entity") else [[name] for name in weights]
    if (world, axis) != ("general", "entity"):
        return drawn(split, related, weights, SHARE)
    kinds = {group[0]: kind_of(group) for group in related}
    chosen = []
    for kind in sorted({*kinds.values()}):
        candidates = [group for group in related if kinds[group[0]] == kind]
        counted = {name: weights[name] for group in candidates for name in group}
        chosen += drawn(f"{split}/{kind}", candidates, counted, SHARE)
    return sorted(chosen)


def kind_of(group: list[str]) -> str:
    """The slot in which most lines have a group's names."""
    slots = [
        slot
        for line in known_lines("general")
        for slot in SUBJECTS
        if str(line.slots.get(slot, "")).casefold() in group
    ]
    return max(SUBJECTS, key=slots.count) if slots else "time"


def made() -> dict[str, Any]:
    """The contents of splits.json."""
    held: dict[str, Any] = {
        world: {f"heldout-{axis}": reserve(world, axis) for axis in axes} for world, axes in AXES.items()
    }
    return {"layouts": LAYOUTS, **held}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the file")
    text = json.dumps(made(), indent=1) + "\n"
    if parser.parse_args().write:
        FILE.write_text(text)
        aitw.reserved.cache_clear()
    elif FILE.read_text() != text:
        raise SystemExit(f"{FILE} is not what this script makes; --write replaces it")
    for world in AXES:
        print(report(world), end="\n\n")


if __name__ == "__main__":
    main()
