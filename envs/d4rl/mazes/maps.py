"""The maps of D4RL's mazes, as cells.

A cell is (row, column). ``#`` is a wall, ``G`` the goal, and ``R`` where the ant starts.
"""

from dataclasses import dataclass

Cell = tuple[int, int]


@dataclass(frozen=True)
class Maze:
    """A map: its rows from top to bottom."""

    rows: tuple[str, ...]

    def cells(self, kinds: str) -> tuple[Cell, ...]:
        """The cells drawn with one of these letters, row after row."""
        return tuple((i, j) for i, row in enumerate(self.rows) for j, letter in enumerate(row) if letter in kinds)

    @property
    def walls(self) -> tuple[Cell, ...]:
        """Cells filled with a wall."""
        return self.cells("#")

    @property
    def free(self) -> tuple[Cell, ...]:
        """All other cells."""
        return self.cells(".GR")

    @property
    def goal(self) -> Cell:
        """The goal's cell."""
        (cell,) = self.cells("G")
        return cell

    @property
    def size(self) -> Cell:
        """Numbers of rows and columns."""
        return len(self.rows), len(self.rows[0])


def _maze(drawn: str) -> Maze:
    return Maze(tuple(drawn.split()))


BALL = {
    "open": _maze("####### #.....# #..G..# #.....# #######"),
    "umaze": _maze("##### #G..# ###.# #...# #####"),
    "medium": _maze("######## #..##..# #..#...# ##...### #..#...# #.#..#.# #...#.G# ########"),
    "large": _maze(
        "############ #....#.....# #.##.#.#.#.# #......#...# #.####.###.# #..#.#.....# ##.#.#.#.### #..#...#.G.#"
        " ############"
    ),
    "eval-umaze": _maze("##### #..G# #.### #...# #####"),
    "eval-medium": _maze("######## #.....G# #.#.##.# #....#.# ###..### #......# #..##..# ########"),
    "eval-large": _maze(
        "############ #..#...#.G.# ##.###.#.#.# #..#.#.....# #.##.#..##.# #......#...# #.##.#.#.### #....#.....#"
        " ############"
    ),
}
"""Maze2D's, by the name in the id."""

ANT = {
    "umaze": _maze("##### #R..# ###.# #G..# #####"),
    "medium": _maze("######## #R.##..# #..#...# ##...### #..#...# #.#..#.# #...#.G# ########"),
    "large": _maze(
        "############ #R...#.....# #.##.#.#.#.# #......#...# #.####.###.# #..#.#.....# ##.#.#.#.### #..#...#.G.#"
        " ############"
    ),
    "eval-umaze": _maze("##### #..R# #.### #..G# #####"),
    "eval-medium": _maze("######## #R....G# #.#.##.# #....#.# ###..### #......# #..##..# ########"),
    "eval-large": _maze(
        "############ #R.#...#.G.# ##.###.#.#.# #..#.#.....# #.##.#..##.# #......#...# #.##.#.#.### #....#.....#"
        " ############"
    ),
}
"""AntMaze's, in which D4RL evaluates."""
