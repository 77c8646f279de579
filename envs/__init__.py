"""Worlds: Gymnasium environments that can also be saved, restored, forked and fingerprinted.

The list of worlds is here, flat; the modules below are loaded when one is made.
"""

import gymnasium

LOCOMOTION = {
    "palaestra/Hopper-v0": "hopper",
    "palaestra/HalfCheetah-v0": "halfcheetah",
    "palaestra/Walker2d-v0": "walker2d",
    "palaestra/Ant-v0": "ant",
}
KINDS = ("random", "medium", "expert", "medium-replay", "medium-expert")
D4RL = {
    f"{robot}-{kind}-v{version}": robot
    for robot in LOCOMOTION.values()
    for version in (0, 1, 2)
    for kind in (*KINDS, *([] if version == 0 else ["full-replay"]))
} | {"ant-random-expert-v0": "ant"}
WORLD_IDS = (*LOCOMOTION, *D4RL)


def register_worlds() -> None:
    """Register every world with Gymnasium, as the world itself: no wrapper is put around it."""
    # The worlds keep their own horizon and check their own input.
    bare = {"max_episode_steps": None, "order_enforce": False, "disable_env_checker": True}
    for env_id, robot in LOCOMOTION.items():
        gymnasium.register(
            env_id,
            "palaestra.envs.mujoco.locomotion:Locomotion",
            kwargs={"robot": robot},
            vector_entry_point="palaestra.envs.mujoco.locomotion_vector:make_vector",
            **bare,
        )
    for env_id, robot in D4RL.items():
        gymnasium.register(
            env_id,
            "palaestra.envs.d4rl:D4RLWorld",
            kwargs={"dataset_id": env_id, "robot": robot},
            vector_entry_point="palaestra.envs.d4rl:make_vector",
            **bare,
        )
