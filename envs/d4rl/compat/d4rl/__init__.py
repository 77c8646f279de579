"""A stand-in for ``d4rl`` 1.1: its functions, for environments that the stand-in ``gym`` makes."""

from typing import Any

from palaestra.envs.d4rl.compat.d4rl import infos, offline_env
from palaestra.envs.d4rl.compat.d4rl.offline_env import get_keys, set_dataset_path
from palaestra.envs.d4rl.views import (
    get_normalized_score,
    qlearning_dataset,
    reverse_normalized_score,
    sequence_dataset,
)

__version__ = "1.1"
__all__ = [
    "get_keys",
    "get_normalized_score",
    "infos",
    "offline_env",
    "qlearning_dataset",
    "reverse_normalized_score",
    "sequence_dataset",
    "set_dataset_path",
]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"palaestra's stand-in for d4rl {__version__} has no {name}")
