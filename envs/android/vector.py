"""Phones as vector environments."""

from typing import Any

from palaestra.envs import remote
from palaestra.envs.android.worlds import AitWGeneral, AitWWebShop, Android, AndroidTasks
from palaestra.envs.vector import WorldVector
from palaestra.envs.world import check_horizon


def make_phones(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/Android-v0", ...)``; see ``remote.make_vector``."""
    if "max_episode_steps" in options:  # Gymnasium's name, where -1 is no horizon
        steps = options.pop("max_episode_steps")
        check_horizon(steps)
        options["horizon"] = max(0, steps)
    return remote.make_vector(Android, num_envs, **options)


def make_tasks(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/AndroidTasks-v0", ...)``; see ``remote.make_vector``."""
    return remote.make_vector(AndroidTasks, num_envs, **options)


def make_webshop(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/AitW-WebShop-v0", ...)``; see ``remote.make_vector``."""
    return remote.make_vector(AitWWebShop, num_envs, **options)


def make_general(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/AitW-General-v0", ...)``; see ``remote.make_vector``."""
    return remote.make_vector(AitWGeneral, num_envs, **options)
