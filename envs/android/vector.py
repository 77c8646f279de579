"""Phones as vector environments."""

import os
from typing import Any

from palaestra.envs import remote
from palaestra.envs.android.worlds import Android, AndroidTasks, PhoneEnv
from palaestra.envs.vector import WorldVector
from palaestra.envs.world import check_horizon


def make_phones(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/Android-v0", ...)``; see ``make_vector``."""
    if "max_episode_steps" in options:  # Gymnasium's name, where -1 is no horizon
        steps = options.pop("max_episode_steps")
        check_horizon(steps)
        options["horizon"] = max(0, steps)
    return make_vector(Android, num_envs, **options)


def make_tasks(num_envs: int, **options: Any) -> WorldVector:
    """``gymnasium.make_vec("palaestra/AndroidTasks-v0", ...)``; see ``make_vector``."""
    return make_vector(AndroidTasks, num_envs, **options)


def make_vector(kind: type[PhoneEnv], num_envs: int, *, processes: int | None = None, **options: Any) -> WorldVector:
    """Phones as a vector environment.

    Args:
        kind: ``Android`` or ``AndroidTasks``.
        num_envs: phones.
        processes: see ``remote.make_vector``; by default as many as there are cores, and 0 for a single phone.
        **options: see ``remote.make_vector``.
    """
    if processes is None:
        processes = 0 if num_envs == 1 else min(num_envs, len(os.sched_getaffinity(0)))
    return remote.make_vector(kind, num_envs, processes=processes, **options)
