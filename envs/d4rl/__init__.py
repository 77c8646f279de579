"""D4RL's environments by their own ids, and D4RL's functions for them.

``from palaestra.envs import d4rl`` has what scripts take from the package ``d4rl``, on Gymnasium's API:
``qlearning_dataset``, ``sequence_dataset``, ``get_normalized_score``, ``reverse_normalized_score``,
``set_dataset_path`` and ``infos``; and ``ForwardAttributes``, for code that asks a wrapped environment. Scripts with
``import gym, d4rl`` run as they are by ``palaestra run-d4rl``.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from palaestra.envs.d4rl import infos
    from palaestra.envs.d4rl.views import (
        ForwardAttributes,
        get_normalized_score,
        qlearning_dataset,
        reverse_normalized_score,
        sequence_dataset,
        set_dataset_path,
    )

__all__ = [
    "ForwardAttributes",
    "get_normalized_score",
    "infos",
    "qlearning_dataset",
    "reverse_normalized_score",
    "sequence_dataset",
    "set_dataset_path",
]


def __getattr__(name: str) -> Any:
    # Imported late, because `import palaestra` reads the declaration in this folder and loads nothing heavy.
    if name == "infos":
        return importlib.import_module(f"{__name__}.infos")
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.views"), name)
    # Minari datasets that 0.1.0 wrote name their environment's entry point in this module.
    if name in ("D4RLWorld", "make_vector"):
        return getattr(importlib.import_module(f"{__name__}.world"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
