"""The robots, as ``palaestra.envs.declared`` finds them."""

from palaestra.data.formats.d4rl_ids import ROBOTS
from palaestra.envs.declared import Declared

WORLDS = tuple(
    Declared(
        id=robot.world,
        entry_point="palaestra.envs.mujoco.locomotion:Locomotion",
        vector_entry_point="palaestra.envs.mujoco.locomotion_vector:make_vector",
        observation=str(robot.observation_dim),
        action=str(robot.action_dim),
        max_episode_steps=robot.horizon,
        arguments={"robot": name},
    )
    for name, robot in ROBOTS.items()
)
