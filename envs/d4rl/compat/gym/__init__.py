"""A stand-in for ``gym`` 0.23 on Gymnasium: 4-tuple steps, ``env.seed``, ``render(mode=...)``, ``make`` of any id.

It has what scripts for D4RL take from ``gym``; anything else is an ``AttributeError`` that says so.
"""

from typing import Any

from palaestra.envs.d4rl.compat.gym import env as core
from palaestra.envs.d4rl.compat.gym import envs, error, logger, spaces, utils, wrappers
from palaestra.envs.d4rl.compat.gym.env import ActionWrapper, Env, ObservationWrapper, RewardWrapper, Wrapper
from palaestra.envs.d4rl.compat.gym.envs.registration import make, register, spec
from palaestra.envs.d4rl.compat.gym.spaces import Space

__version__ = "0.23.1"
__all__ = [
    "ActionWrapper",
    "Env",
    "ObservationWrapper",
    "RewardWrapper",
    "Space",
    "Wrapper",
    "core",
    "envs",
    "error",
    "logger",
    "make",
    "register",
    "spaces",
    "spec",
    "utils",
    "wrappers",
]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"palaestra's stand-in for gym {__version__} has no {name}")
