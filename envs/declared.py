"""Declarations of environments: each kind of world has a light module ``declaration`` in its folder, found by scanning.

Such a module has ``WORLDS``, a tuple of ``Declared``, and imports nothing heavy: ``import palaestra`` reads it.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

PACKAGE = "palaestra.envs"


class Declared(NamedTuple):
    """An environment: how it is made, and its line in ``palaestra envs``.

    Attributes:
        id: Gymnasium id.
        entry_point: ``module:name`` of its class.
        vector_entry_point: ``module:name`` of the function that makes a vector of them.
        observation: what an observation is: the number of its numbers, or words.
        action: what an action is, likewise.
        horizon: steps of an episode in words, if ``max_episode_steps`` doesn't say.
        score: returns that score 0 and 100; empty if ``reference_score`` of the id says so.
        arguments: of the class.
        max_episode_steps: horizon, None if there is none or it varies.
    """

    id: str
    entry_point: str
    vector_entry_point: str
    observation: str
    action: str
    horizon: str = ""
    score: str = ""
    arguments: Mapping[str, Any] = MappingProxyType({})
    max_episode_steps: int | None = None


def declared() -> tuple[Declared, ...]:
    """The environments of all folders."""
    package = importlib.import_module(PACKAGE)
    folders = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg)
    names = [f"{PACKAGE}.{folder}.declaration" for folder in folders]
    modules = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return tuple(world for module in modules for world in module.WORLDS)
