"""Worlds: Gymnasium environments that can also be saved, restored, forked and fingerprinted.

The ids are listed here; the modules below are loaded when an environment is made.
"""

from typing import Any

import gymnasium

from palaestra.data.formats.d4rl_ids import GYM_IDS, ROBOTS, parse_id

LOCOMOTION_IDS = (*(robot.world for robot in ROBOTS.values()), *GYM_IDS)
"""The robots: base environments, then D4RL's ids."""
PHONE_IDS = {
    "palaestra/Android-v0": ("pixels", "touch, keys", "none", "none"),
    "palaestra/AndroidTasks-v0": ("pixels, texts", "text", "the task's", "0 / 1"),
}
"""The phone's ids, each with its cells in the table of ``palaestra envs``: observation, action, horizon, score."""
WORLD_IDS = (*LOCOMOTION_IDS, *PHONE_IDS)
"""Every id that ``register_worlds`` registers."""


def register_worlds() -> None:
    """Register every world with Gymnasium, without wrappers."""
    # Worlds have their own horizons and check their own input.
    bare: dict[str, Any] = {"max_episode_steps": None, "order_enforce": False, "disable_env_checker": True}
    for name, robot in ROBOTS.items():
        gymnasium.register(
            robot.world,
            "palaestra.envs.mujoco.locomotion:Locomotion",
            kwargs={"robot": name},
            vector_entry_point="palaestra.envs.mujoco.locomotion_vector:make_vector",
            **bare,
        )
    for phone_id in PHONE_IDS:
        name = phone_id.removeprefix("palaestra/").removesuffix("-v0")
        gymnasium.register(
            phone_id,
            f"palaestra.envs.android.worlds:{name}",
            vector_entry_point=f"palaestra.envs.android.vector:make_{'tasks' if name == 'AndroidTasks' else 'phones'}",
            **bare,
        )
    for dataset_id in GYM_IDS:
        gymnasium.register(
            dataset_id,
            "palaestra.envs.d4rl.world:D4RLWorld",
            kwargs={"robot": parse_id(dataset_id).robot, "dataset_id": dataset_id},
            vector_entry_point="palaestra.envs.d4rl.world:make_vector",
            **bare,
        )
