"""Worlds: Gymnasium environments that can also be saved, restored, forked and fingerprinted.

The ids are declared in the folders below; the worlds' modules are loaded when an environment is made.
"""

from typing import Any

import gymnasium

from palaestra.data.formats import d4rl_elsewhere
from palaestra.envs import horizon
from palaestra.envs.declared import declared

WORLDS = declared()
"""Every world that ``register_worlds`` registers."""
WORLD_IDS = tuple(world.id for world in WORLDS)
"""The worlds' ids."""


def register_worlds() -> None:
    """Register every world with Gymnasium; ``gymnasium.make`` returns it without wrappers."""
    # Worlds count their own steps and check their own input.
    bare: dict[str, Any] = {"order_enforce": False, "disable_env_checker": True}
    for world in WORLDS:
        limited = world.max_episode_steps is not None
        gymnasium.register(
            world.id,
            world.entry_point,
            kwargs=dict(world.arguments),
            vector_entry_point=world.vector_entry_point,
            max_episode_steps=world.max_episode_steps,
            additional_wrappers=horizon.wrappers(limited=limited),
            **bare,
        )
    for id in d4rl_elsewhere.IDS:  # known, so that one line can say why they can't be made
        refuse = "palaestra.envs.d4rl.elsewhere:refuse"
        gymnasium.register(id, refuse, kwargs={"dataset_id": id}, vector_entry_point=refuse, **bare)
