"""D4RL's ids, as ``palaestra.envs.declared`` finds them."""

from palaestra.data.formats import d4rl_manipulation
from palaestra.data.formats.d4rl_ids import GYM_IDS, ROBOTS, parse_id
from palaestra.data.formats.d4rl_manipulation import MANIPULATION
from palaestra.data.formats.d4rl_mazes import DIMENSIONS, MAZES, MazeId
from palaestra.envs.declared import Declared

MAZE_CLASSES = {"maze2d": "ball:Maze2D", "antmaze": "ant:AntMaze"}


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
    observation_dim, action_dim = d4rl_manipulation.DIMENSIONS[task.robot]
    return Declared(
        id=dataset_id,
        entry_point="palaestra.envs.d4rl.manipulation.vector:make_world",
        vector_entry_point="palaestra.envs.d4rl.manipulation.vector:make_vector",
        observation=str(observation_dim),
        action=str(action_dim),
        max_episode_steps=task.horizon,
        arguments={"dataset_id": dataset_id},
    )


def _declared_maze(maze: MazeId) -> Declared:
    observation, action = map(str, DIMENSIONS[maze.robot])
    return Declared(
        id=str(maze),
        entry_point=f"palaestra.envs.d4rl.mazes.{MAZE_CLASSES[maze.robot]}",
        vector_entry_point=f"palaestra.envs.d4rl.mazes.vector:make_{maze.robot}",
        observation=observation,
        action=action,
        max_episode_steps=maze.horizon,
        arguments={"dataset_id": str(maze)},
    )


WORLDS = (
    *map(_declared, GYM_IDS),
    *map(_declared_maze, MAZES.values()),
    *map(_manipulation, MANIPULATION),
)
