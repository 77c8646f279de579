"""Recipes: datasets that shipped behaviour policies make. Declarations, weights and cards; nothing is stepped here.

A folder per robot holds, for each policy, ``NAME.safetensors`` (float32; the first axis counts policies, more than one
in ``medium-replay`` only) and ``NAME.json``, its card: the command that trained it and what it earns. They are written
by ``python -m palaestra.agents.training.behaviour``.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palaestra.data.errors import InputError
from palaestra.data.store import data_root

if TYPE_CHECKING:
    import numpy as np

HERE = Path(__file__).parent
WORLDS = {
    "hopper": "palaestra/Hopper-v0",
    "halfcheetah": "palaestra/HalfCheetah-v0",
    "walker2d": "palaestra/Walker2d-v0",
}
SNAPSHOTS = 20  # policies in medium-replay, in learning order


@dataclass(frozen=True)
class Part:
    """Rows from one policy: number ``number`` in the file ``policy``; ``random`` is uniform and has no file."""

    policy: str
    number: int = 0


# Parts have equal shares of the rows and stand in this order, as in D4RL: medium before expert, early before late.
PARTS = {
    "random": (Part("random"),),
    "medium-replay": tuple(Part("medium-replay", number) for number in range(SNAPSHOTS)),
    "medium": (Part("medium"),),
    "medium-expert": (Part("medium"), Part("expert")),
    "expert": (Part("expert"),),
}


@dataclass(frozen=True)
class Recipe:
    """How a dataset is made: ``parts`` are played in ``env_id``, each for an equal share of the rows."""

    robot: str
    kind: str

    @property
    def id(self) -> str:
        """As ``palaestra data make`` and ``palaestra.data.load`` take it."""
        return f"palaestra/{self.robot}/{self.kind}-v0"

    @property
    def env_id(self) -> str:
        """The world that is played."""
        return WORLDS[self.robot]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Who plays, in the order of the rows."""
        return PARTS[self.kind]

    @property
    def path(self) -> Path:
        """Where the dataset lies once it is made."""
        return data_root() / "recipes" / self.robot / f"{self.kind}-v0"


RECIPES = {recipe.id: recipe for recipe in (Recipe(robot, kind) for robot in WORLDS for kind in PARTS)}


def find(recipe_id: str) -> Recipe:
    """The recipe of that id.

    Raises:
        InputError: there is none; the message lists the ids.
    """
    if recipe_id not in RECIPES:
        kinds, robots = ",".join(PARTS), ",".join(WORLDS)
        raise InputError(f"{recipe_id}: unknown recipe; there are palaestra/{{{robots}}}/{{{kinds}}}-v0")
    return RECIPES[recipe_id]


def weights(robot: str, part: Part) -> "dict[str, np.ndarray]":
    """Float32 arrays of one policy, named as ``palaestra.agents.policy.GaussianPolicy`` takes them."""
    from safetensors.numpy import load_file

    stacked = load_file(HERE / robot / f"{part.policy}.safetensors")
    return {name: array[part.number] for name, array in stacked.items()}


def card(robot: str, policy: str) -> dict[str, Any]:
    """What is known about a shipped policy (``random``, ``medium``, ``medium-replay`` or ``expert``)."""
    return json.loads((HERE / robot / f"{policy}.json").read_text())
