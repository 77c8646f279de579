"""Recipes of trajectories: episodes of scripted behaviours in environments with text actions. Declarations only."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.store import data_root

FILE = "trajectories.arrow"
CARD = "card.json"
VERSION = 0


@dataclass(frozen=True)
class TrajectoryRecipe:
    """Episodes of an environment's tasks, by behaviours that take turns.

    Attributes:
        name: the part of the id that names environment and tasks.
        kind: the part that names the behaviour.
        world_id: the environment.
        arguments: its keyword arguments.
        behaviours: names for ``palaestra rollout --policy``; episode e is played by number e modulo their count.
    """

    name: str
    kind: str
    world_id: str
    arguments: Mapping[str, Any] = field(hash=False)
    behaviours: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id for ``palaestra data make`` and ``palaestra.data.trajectory.read``."""
        return f"palaestra/{self.name}/{self.kind}-v{VERSION}"

    @property
    def path(self) -> Path:
        """The folder of the generated episodes."""
        return data_root() / "recipes" / self.name / f"{self.kind}-v{VERSION}"


BEHAVIOURS = {
    "random": ("random",),
    "faulty": ("faulty",),
    "mixed": ("oracle", "faulty", "random"),
    "expert": ("oracle",),
}
"""By the recipe's kind."""
AITW = {
    "aitw-webshop": ("palaestra/AitW-WebShop-v0", {"split": "paper-train", "codec": "autoui"}),
    "aitw-general": ("palaestra/AitW-General-v0", {"split": "paper-train", "codec": "autoui"}),
}
RECIPES = {
    recipe.id: recipe
    for recipe in (
        TrajectoryRecipe(name, kind, world_id, arguments, behaviours)
        for name, (world_id, arguments) in AITW.items()
        for kind, behaviours in BEHAVIOURS.items()
    )
}


def find(recipe_id: str) -> TrajectoryRecipe:
    """The recipe with that id.

    Raises:
        InputError: it does not exist; the message names the nearest.
    """
    if recipe_id not in RECIPES:
        nearest = difflib.get_close_matches(recipe_id, RECIPES, n=2, cutoff=0.3) or list(RECIPES)
        raise InputError(f"{recipe_id}: unknown recipe of trajectories; there is {', '.join(nearest)}")
    return RECIPES[recipe_id]


def file_of(recipe_id: str) -> Path:
    """The file of a recipe's episodes.

    Raises:
        InputError: there is no such recipe, or it has not been made here.
    """
    path = find(recipe_id).path / FILE
    if not path.exists():
        raise InputError(f"{recipe_id} is not on this machine: palaestra data make {recipe_id} --trajectories 1000")
    return path
