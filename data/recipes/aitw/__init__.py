"""The AitW instructions with which DigiRL and Digi-Q train and test, and what the held-out splits reserve.

The lists are from Android in the Wild (Rawles et al. 2023, arXiv 2307.10088, CC BY 4.0), in the arrangement of
github.com/DigiRL-agent/digirl; ``ATTRIBUTION.txt`` beside them says so.
"""

import functools
import json
from importlib import resources
from typing import Any, Literal

World = Literal["webshop", "general"]
"""A part of the instructions, named as its files: Web Shopping or General."""
Side = Literal["train", "test"]


@functools.cache
def lines(world: World, side: Side) -> tuple[str, ...]:
    """The instructions of one file, in its order and with its duplicates."""
    return tuple(_text(f"{world}_{side}.txt").splitlines())


@functools.cache
def reserved() -> dict[str, Any]:
    """What the held-out splits reserve for testing: by world and split, as ``splits.json`` has it."""
    return json.loads(_text("splits.json"))


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
