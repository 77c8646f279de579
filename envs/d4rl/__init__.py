"""D4RL's environments by their own ids."""

from typing import Any


def __getattr__(name: str) -> Any:
    # Minari datasets that 0.1.0 wrote name their environment's entry point in this module.
    if name in ("D4RLWorld", "make_vector"):
        from palaestra.envs.d4rl import world

        return getattr(world, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
