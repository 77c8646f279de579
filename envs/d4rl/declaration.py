"""D4RL's ids, as ``palaestra.envs.declared`` finds them."""

from palaestra.data.formats.d4rl_ids import GYM_IDS, ROBOTS, parse_id
from palaestra.data.formats.d4rl_manipulation import DIMENSIONS, MANIPULATION
from palaestra.envs.declared import Declared


def _declared(dataset_id: str) -> Declared:
    name = parse_id(dataset_id).robot
    return Declared(
        id=dataset_id,
        entry_point="palaestra.envs.d4rl.world:D4RLWorld",
        vector_entry_point="palaestra.envs.d4rl.world:make_vector",
        observation=str(ROBOTS[name].observation_dim),
        action=str(ROBOTS[name].action_dim),
        max_episode_steps=ROBOTS[name].horizon,
        arguments={"robot": name, "dataset_id": dataset_id},
    )


def _manipulation(dataset_id: str) -> Declared:
    task = MANIPULATION[dataset_id]
    observation_dim, action_dim = DIMENSIONS[task.robot]
    return Declared(
        id=dataset_id,
        entry_point="palaestra.envs.d4rl.manipulation.vector:make_world",
        vector_entry_point="palaestra.envs.d4rl.manipulation.vector:make_vector",
        observation=str(observation_dim),
        action=str(action_dim),
        max_episode_steps=task.horizon,
        arguments={"dataset_id": dataset_id},
    )


WORLDS = (*map(_declared, GYM_IDS), *map(_manipulation, MANIPULATION))
