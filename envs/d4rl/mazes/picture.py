"""2-D rendering of a maze from above (no OpenGL).

Maze2D looks as its map is written; in AntMaze, whose x runs along the map's rows, y points up, so that the map's rows
go up.
"""

import math
from collections.abc import Iterator
from functools import cached_property

import mujoco
import numpy as np
from PIL import Image, ImageDraw

from palaestra.envs.mujoco.picture import (
    OVERSAMPLING,
    SAND_FAR,
    SHADOW,
    Camera,
    View,
    limbs_of,
    paint,
    shade,
)

AZIMUTH = {"maze2d": 90.0, "antmaze": 0.0}
FIELD = math.radians(45)  # of view of MuJoCo's camera, from top to bottom
STONE, EDGE, GOAL = (150, 137, 121), (120, 108, 94), (92, 148, 106)
SHADE = 0.12  # length of a wall's shadow, as a share of its width


class Plan:
    """A maze seen from above, whole.

    Args:
        model: MuJoCo's; its boxes are the walls.
        robot: maze2d or antmaze.
        width: pixels.
        height: pixels.

    Attributes:
        view: straight down.
        middle: of the maze, m.
    """

    def __init__(self, model: mujoco.MjModel, robot: str, width: int, height: int):
        self.model, self.width, self.height = model, width, height
        self.scratch = mujoco.MjData(model)
        mujoco.mj_kinematics(model, self.scratch)
        corners = np.concatenate([middle + np.outer([-1, 1], half) for middle, half in self._walls()])
        low, high = corners.min(axis=0), corners.max(axis=0)
        x, y = ((low + high) / 2).tolist()
        self.middle = (x, y, 0.0)
        wide, tall = (high - low).tolist()[:: -1 if robot == "maze2d" else 1]
        scale = min(width / wide, height / tall)  # pixels per m
        self.view = View(AZIMUTH[robot], 90.0, min(width, height) / scale, 0.0, None)
        self.radius = 0.5 if robot == "antmaze" else 0.1
        self.distance = height / scale / (2 * math.tan(FIELD / 2))

    def _walls(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The walls' middles and half sizes along x and y, m."""
        for i in range(self.model.ngeom):
            if self.model.geom_type[i] == mujoco.mjtGeom.mjGEOM_BOX:
                yield self.scratch.geom_xpos[i, :2].copy(), self.model.geom_size[i, :2]

    @cached_property
    def camera(self) -> Camera:
        """Pixels before averaging."""
        return Camera(self.view, np.array(self.middle), self.width * OVERSAMPLING, self.height * OVERSAMPLING)

    @cached_property
    def _maze(self) -> Image.Image:
        """Sand and walls."""
        picture = Image.new("RGB", tuple(self.camera.size.tolist()), SAND_FAR)
        canvas = ImageDraw.Draw(picture)
        boxes = [self._box(middle, half) for middle, half in self._walls()]
        for (left, top), (right, bottom) in boxes:
            shift = SHADE * (right - left)
            canvas.rectangle((left + shift, top + shift, right + shift, bottom + shift), fill=SHADOW)
        for (left, top), (right, bottom) in boxes:
            canvas.rectangle((left, top, right, bottom), fill=STONE, outline=EDGE)
        return picture

    def _box(self, middle: np.ndarray, half: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
        """Upper left and lower right corner, pixels."""
        ends = self.camera.project(np.pad(middle + np.outer([-1, 1], half), ((0, 0), (0, 1))))
        (left, top), (right, bottom) = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
        return (left, top), (right, bottom)

    def draw(self, qpos: np.ndarray, goal: tuple[float, float]) -> np.ndarray:
        """The maze with its robot and goal.

        Args:
            qpos: (nq,) joint positions: a world's ``qpos``, or a row of a dataset's ``infos/qpos``.
            goal: x and y in the model's coordinates.

        Returns:
            (height, width, 3) uint8.
        """
        self.scratch.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self.scratch)
        picture, camera = self._maze.copy(), self.camera
        canvas = ImageDraw.Draw(picture)
        (x, y), radius = camera.project(np.array([*goal, 0.0])).tolist(), self.radius * camera.scale
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=GOAL)
        limbs = list(limbs_of(self.model, self.scratch, self.view))
        shade(picture, camera, limbs)
        for limb in sorted(limbs, key=lambda limb: limb.ends[:, 2].mean()):  # low ones first
            paint(canvas, camera, limb)
        return np.asarray(picture.reduce(OVERSAMPLING))
