"""Facts about D4RL's mazes: ids, horizons and files of Maze2D and AntMaze.

The facts are those of the public repository Farama-Foundation/D4RL (``d4rl/pointmaze/__init__.py`` and
``d4rl/locomotion/__init__.py``).
"""

from typing import NamedTuple


class MazeId(NamedTuple):
    """What an id of a maze says.

    Attributes:
        robot: ``maze2d``, a ball, or ``antmaze``.
        kind: between the robot and the version, as in ``maze2d-eval-umaze-dense-v1`` and ``antmaze-medium-play-v2``.
        version: its number.
        maze: name of the map: open, umaze, medium, large, or one of the last three after ``eval-``.
        horizon: steps after which an episode is cut.
        file: path of the published file.
    """

    robot: str
    kind: str
    version: int
    maze: str
    horizon: int
    file: str

    def __str__(self) -> str:
        return f"{self.robot}-{self.kind}-v{self.version}"


DIMENSIONS = {"maze2d": (4, 2), "antmaze": (29, 8)}  # of observations and actions
MAZE2D = {  # version: horizon by size
    0: {"open": 150, "umaze": 150, "medium": 250, "large": 600},
    1: {"umaze": 300, "medium": 600, "large": 800},
}
ANTMAZE_KINDS = ("umaze", "umaze-diverse", "medium-play", "medium-diverse", "large-play", "large-diverse")
_OLD_SIZES = {"umaze": "u-maze", "medium": "big-maze", "large": "hardest-maze"}  # in the names of files
# D4RL calls the files of the evaluation mazes so, medium's and large's unlike its other files.
_EVAL_MULTIGOAL = ("umaze-diverse", "medium-play", "large-play")


def _maze2d(maze: str, rewards: str, version: int, horizon: int) -> MazeId:
    ending = "-v1" if version else ""
    file = f"maze2d/maze2d-{maze}-{rewards}{ending}.hdf5"
    return MazeId("maze2d", maze if rewards == "sparse" else f"{maze}-dense", version, maze, horizon, file)


def _antmaze(kind: str, version: int) -> MazeId:
    size = kind.partition("-")[0]
    starts, goals = kind != "umaze", kind.endswith("diverse")
    folder, name, ending = {
        0: ("ant_maze_new", _OLD_SIZES[size], ""),
        1: ("ant_maze_v1", size, ""),
        2: ("ant_maze_v2", _OLD_SIZES[size], "_fixed"),
    }[version]
    file = f"{folder}/Ant_maze_{name}_noisy_multistart_{starts}_multigoal_{goals}_sparse{ending}.hdf5"
    return MazeId("antmaze", kind, version, size, 700 if size == "umaze" else 1000, file)


def _antmaze_eval(kind: str) -> MazeId:
    size = kind.partition("-")[0]
    goals = kind in _EVAL_MULTIGOAL
    file = f"ant_maze_new/Ant_maze_{size}_eval_noisy_multistart_True_multigoal_{goals}_sparse.hdf5"
    return MazeId("antmaze", f"eval-{kind}", 0, f"eval-{size}", 700 if size == "umaze" else 1000, file)


def _all() -> tuple[MazeId, ...]:
    rewards = ("sparse", "dense")
    balls = [_maze2d(maze, kind, 1, steps) for kind in rewards for maze, steps in MAZE2D[1].items()]
    balls += [_maze2d(f"eval-{maze}", kind, 1, steps) for kind in rewards for maze, steps in MAZE2D[1].items()]
    balls += [_maze2d(maze, kind, 0, steps) for kind in rewards for maze, steps in MAZE2D[0].items()]
    ants = [_antmaze(kind, version) for version in (2, 1, 0) for kind in ANTMAZE_KINDS]
    return (*balls, *ants, *map(_antmaze_eval, ANTMAZE_KINDS))


MAZES = {str(maze): maze for maze in _all()}
"""Every id, with what it says."""
CONVENTIONS = {
    "maze2d": "one trajectory that was never reset: timeouts mark changes of the navigation goal (infos/goal), so the"
    " episodes are pieces and their returns no scores; rewards refer to the maze's own goal",
    "antmaze": "rewards and terminals refer to a goal of the evaluation, not to that of the collection (infos/goal): an"
    " ant that stays there gives a run of terminals; in D4RL's files infos/qpos and infos/qvel are those after the"
    " step",
}
"""What the columns of a maze's data mean, where a reader would expect something else."""
RECIPES = {
    f"palaestra/maze2d/{kind}-v0": f"maze2d-{kind}-v1"
    for kind in ("umaze", "medium", "large", "umaze-dense", "medium-dense", "large-dense")
}
"""Recipes, and the environments in which they act."""
