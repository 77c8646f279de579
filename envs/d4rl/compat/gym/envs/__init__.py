"""``gym.envs``."""

from palaestra.envs.d4rl.compat.gym.envs.registration import register, registry, spec

__all__ = ["register", "registry", "spec"]
