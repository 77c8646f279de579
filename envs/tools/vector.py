"""Tool worlds as vector environments."""

from typing import Any

from gymnasium.vector import AutoresetMode

from palaestra.envs.tools.world import ToolEnv
from palaestra.envs.vector import WorldVector


def make_vector(
    kind: type[ToolEnv],
    num_envs: int,
    *,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    processes: int = 0,
    threads: int = 1,
    **world: Any,
) -> WorldVector:
    """Tool worlds as a vector environment.

    Args:
        kind: of the worlds.
        num_envs: worlds.
        autoreset_mode: see ``WorldVector``.
        processes: number of processes; 0, the default, keeps the worlds in this one, because a step takes less time
            than sending it. Never changes a result.
        threads: ignored.
        **world: arguments of the world.
    """
    return WorldVector([kind(**world) for _ in range(num_envs)], autoreset_mode=autoreset_mode)
