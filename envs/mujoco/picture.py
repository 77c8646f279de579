"""2-D rendering of a robot from its joint positions (no OpenGL).

The projection is orthographic, so a capsule projects to a thick line with round ends. Each is shaded by layers that
become thinner and lighter and are shifted towards the light, inside a dark outline.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from palaestra.envs.mujoco.robots import ROBOTS, TORSO, load_model

OVERSAMPLING = 3  # Pillow does not anti-alias: draw larger, then average
SHADES = 8  # layers in a capsule
LIGHT = np.array([-0.5, -0.85])  # towards the light, in pixels right and down
OUTLINE = 0.012  # m
TRACK = 0.32  # half-width in m of the marked track

Colour = tuple[int, int, int]
SKY_TOP, SKY_LOW = (214, 229, 242), (247, 249, 250)
SAND_FAR, SAND_NEAR, LINE, LABEL = (241, 230, 207), (228, 208, 172), (252, 247, 236), (139, 112, 76)
INK, SHADOW = (66, 40, 32), (112, 84, 56)
TERRACOTTA, CLAY, UMBER = (201, 84, 54), (226, 142, 98), (158, 76, 48)
SEA, DEEP = (124, 160, 190), (80, 114, 150)


@dataclass(frozen=True)
class View:
    """The view of a robot.

    Attributes:
        azimuth: degrees by which the camera is turned to the left; at 0, +x points to the right.
        elevation: degrees by which the camera looks down.
        span: metres across the picture's shorter side.
        middle: height in m of the picture's centre above the ground.
        horizon: y in m where the ground ends and the sky begins; ``None`` for no sky.
        far: substring of the names of the geoms on the robot's far side.
    """

    azimuth: float
    elevation: float
    span: float
    middle: float
    horizon: float | None
    far: str | None = None


VIEWS = {
    "hopper": View(0, 10, 2.5, 0.91, 0.9),
    "halfcheetah": View(0, 10, 2.3, 0.6, 0.9),
    "walker2d": View(0, 10, 2.5, 0.91, 0.9, far="left"),
    "ant": View(-20, 38, 3.5, 0.3, None),
}


class Camera:
    """Projects world coordinates, (..., 3) in m, to pixels, (..., 2)."""

    def __init__(self, view: View, centre: np.ndarray, width: int, height: int):
        azimuth, elevation = math.radians(view.azimuth), math.radians(view.elevation)
        self.right = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
        self.away = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
        self.up = self.away * math.sin(elevation) + np.array([0.0, 0.0, math.cos(elevation)])
        self.flattening = math.sin(elevation)  # of circles on the ground
        self.scale = min(width, height) / view.span
        self.centre, self.size = centre, np.array([width, height])

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels right of and below the picture's upper left corner."""
        offsets = np.asarray(points, dtype=float) - self.centre
        return self.size / 2 + self.scale * np.stack([offsets @ self.right, -(offsets @ self.up)], axis=-1)

    def reach(self) -> float:
        """Radius in m of a disc of ground around the centre that fills the picture."""
        return float(np.hypot(*self.size)) / self.scale / min(1.0, 2 * self.flattening) + abs(self.centre[2])


def draw(robot: str, qpos: np.ndarray, *, width: int = 480, height: int = 480) -> np.ndarray:
    """A robot on the ground, seen by a camera that follows it.

    Args:
        robot: name, as in D4RL's ids.
        qpos: (nq,) joint positions in MuJoCo's order: a world's ``qpos``, or a row of a dataset's ``infos/qpos``.
        width: pixels.
        height: pixels.

    Returns:
        (height, width, 3) uint8.
    """
    model, view = load_model(ROBOTS[robot]), VIEWS[robot]
    scratch = mujoco.MjData(model)
    scratch.qpos[:] = qpos
    mujoco.mj_kinematics(model, scratch)
    x, y, _ = scratch.xpos[TORSO]
    centre = np.array([x, y if view.horizon is None else 0.0, view.middle])
    camera = Camera(view, centre, width * OVERSAMPLING, height * OVERSAMPLING)
    picture = _ground(camera, view)
    limbs = list(limbs_of(model, scratch, view))
    shade(picture, camera, limbs)
    canvas = ImageDraw.Draw(picture)
    # Far ones first. In a side view all are equally far: then in the model's order reversed, torso last and on top.
    for limb in sorted(limbs, key=lambda limb: (-round(limb.depth(camera), 3), -limb.order)):
        paint(canvas, camera, limb)
    return np.asarray(picture.reduce(OVERSAMPLING))


@dataclass(frozen=True)
class Limb:
    """A capsule, or a sphere where both ends are one point."""

    order: int
    ends: np.ndarray  # (2, 3) m
    radius: float
    colour: Colour

    def depth(self, camera: Camera) -> float:
        """Distance along the ground from the camera, in m."""
        return float(self.ends.mean(axis=0) @ camera.away)


def limbs_of(model: mujoco.MjModel, scratch: mujoco.MjData, view: View) -> Iterator[Limb]:
    """The model's capsules and spheres where the forward kinematics have put them."""
    for i in range(model.ngeom):
        if model.geom_type[i] not in (mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_SPHERE):
            continue
        name = model.geom(i).name
        axis = scratch.geom_xmat[i].reshape(3, 3)[:, 2]
        reach = model.geom_size[i, 1] if model.geom_type[i] == mujoco.mjtGeom.mjGEOM_CAPSULE else 0.0
        ends = scratch.geom_xpos[i] + np.outer([-reach, reach], axis)
        last = any(part in name for part in ("foot", "ankle"))
        if view.far is not None and view.far in name:
            colour = DEEP if last else SEA
        elif model.geom_bodyid[i] == TORSO:
            colour = TERRACOTTA
        else:
            colour = UMBER if last else CLAY
        yield Limb(i, ends, float(model.geom_size[i, 0]), colour)


def _ground(camera: Camera, view: View) -> Image.Image:
    """Sky, sand, and a track marked every metre; without sky, a grid of metres."""
    width, height = camera.size.tolist()
    picture = _gradient(width, height, SKY_TOP, SKY_LOW)
    reach = camera.reach()
    top = 0
    if view.horizon is not None:
        top = round(camera.project(np.array([camera.centre[0], view.horizon, 0.0]))[1])
    picture.paste(_gradient(width, height - top, SAND_FAR, SAND_NEAR), (0, top))
    canvas = ImageDraw.Draw(picture)
    thin, thick = max(1, round(0.012 * camera.scale)), max(1, round(0.03 * camera.scale))
    x, y = camera.centre[:2]

    def line(start: tuple[float, float], end: tuple[float, float], thickness: int) -> None:
        pixels = camera.project(np.array([(*start, 0.0), (*end, 0.0)]))
        canvas.line([tuple(pixel) for pixel in pixels], fill=LINE, width=thickness)

    metres = range(math.floor(x - reach), math.ceil(x + reach) + 1)
    if view.horizon is None:
        for k in range(math.floor(y - reach), math.ceil(y + reach) + 1):
            line((x - reach, k), (x + reach, k), thick if k == 0 else thin)
        for k in metres:
            line((k, y - reach), (k, y + reach), thick if k == 0 else thin)
        labels = round(y - 1.0) - 0.05  # beside the line about a metre in front of the robot
    else:
        for side in (-TRACK, TRACK):
            line((x - reach, side), (x + reach, side), thick)
        for k in metres:
            line((k, -TRACK), (k, TRACK), thin)
        labels = -TRACK - 0.1
    font = ImageFont.load_default(max(9 * OVERSAMPLING, 0.036 * min(width, height)))
    for k in metres:
        u, v = camera.project(np.array([k, labels, 0.0])).tolist()
        half = canvas.textlength(f"{k} m", font) / 2
        if half < u < width - half:  # only labels that fit
            canvas.text((u, v), f"{k} m", fill=LABEL, font=font, anchor="ma")
    return picture


def _gradient(width: int, height: int, top: Colour, low: Colour) -> Image.Image:
    rows = np.linspace(top, low, max(height, 1)).round().astype(np.uint8)
    return Image.fromarray(rows[:, None]).resize((width, len(rows)), Image.Resampling.NEAREST)


def shade(picture: Image.Image, camera: Camera, limbs: list[Limb]) -> None:
    """Soft shadows vertically below the limbs, fainter for higher ones."""
    # Blurred anyway, so drawn at the final size and enlarged afterwards, only where there are any.
    mask = Image.new("L", (picture.width // OVERSAMPLING, picture.height // OVERSAMPLING))
    canvas, scale = ImageDraw.Draw(mask), camera.scale / OVERSAMPLING
    for limb in sorted(limbs, key=lambda limb: -limb.ends[:, 2].min()):
        dark = round(150 / (1 + 2.0 * max(0.0, float(limb.ends[:, 2].mean()))))
        wide, flat = limb.radius * scale, limb.radius * scale * camera.flattening
        start, end = camera.project(limb.ends * [1.0, 1.0, 0.0]) / OVERSAMPLING
        for u, v in (start + np.linspace(0, 1, 12)[:, None] * (end - start)).tolist():
            canvas.ellipse((u - wide, v - flat, u + wide, v + flat), fill=dark)
    soft = mask.filter(ImageFilter.GaussianBlur(0.03 * scale))
    box = soft.getbbox()
    if box is not None:
        patch = soft.crop(box)
        corner = (box[0] * OVERSAMPLING, box[1] * OVERSAMPLING)
        large = patch.resize((patch.width * OVERSAMPLING, patch.height * OVERSAMPLING))
        picture.paste(SHADOW, (*corner, corner[0] + large.width, corner[1] + large.height), large)


def paint(canvas: ImageDraw.ImageDraw, camera: Camera, limb: Limb) -> None:
    """Draw a limb, lit from the upper left."""
    ends, radius = camera.project(limb.ends), limb.radius * camera.scale
    base = np.array(limb.colour, dtype=float)
    dark, light = 0.80 * base, base + 0.42 * (255 - base)
    shares = np.linspace(0, 1, SHADES)
    offsets = np.concatenate([[[0.0, 0.0]], LIGHT * radius * 0.38 * shares[:, None]])
    radii = np.concatenate([[radius + OUTLINE * camera.scale], radius * (1 - 0.82 * shares)])
    colours = np.concatenate([[0.35 * base + 0.65 * np.array(INK)], dark + (light - dark) * shares[:, None] ** 1.2])
    for outline, colour in zip(_capsule(ends, radii, offsets), np.rint(colours).astype(int).tolist()):
        canvas.polygon(outline.ravel().tolist(), fill=tuple(colour))


def _capsule(ends: np.ndarray, radii: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Outlines (k, points, 2) of k capsules around one segment ``ends``, each with its radius and offset."""
    along = ends[1] - ends[0]
    angles = math.atan2(along[1], along[0]) + np.linspace(math.pi / 2, 3 * math.pi / 2, 25)
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    arcs = radii[:, None, None] * np.concatenate([arc, -arc])
    return arcs + np.repeat(ends, len(arc), axis=0) + offsets[:, None]
