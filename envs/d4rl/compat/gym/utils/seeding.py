"""``gym.utils.seeding``: Gymnasium's."""

from gymnasium.utils.seeding import np_random

__all__ = ["np_random"]
