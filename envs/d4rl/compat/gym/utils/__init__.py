"""``gym.utils``."""

from gymnasium.utils import EzPickle, colorize

from palaestra.envs.d4rl.compat.gym.utils import seeding

__all__ = ["EzPickle", "colorize", "seeding"]
