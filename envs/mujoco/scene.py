"""2-D rendering of any model from its geoms' poses (no OpenGL).

Each geom is replaced by a convex body, whose faces that look at the camera are filled with a colour by how much light
they get; geoms are painted from the farthest to the nearest. Hollows of meshes are filled up, and of geoms that
interlock, the one whose middle is nearer is in front.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import mujoco
import numpy as np
from PIL import Image, ImageDraw
from scipy.spatial import ConvexHull, QhullError

from palaestra.envs.mujoco.renderer import Fixed

OVERSAMPLING = 2  # Pillow does not anti-alias: draw larger, then average
DIRECTIONS = 96  # a mesh is drawn by its outermost points in so many directions
LIGHT = np.array([0.35, -0.25, 0.9]) / math.hypot(0.35, -0.25, 0.9)
AMBIENT = 0.55  # share of a colour that is there without light
VISIBLE_GROUPS = 3  # geoms of group 3 and above are for collisions
INFINITE = 3.0  # half a side in m of a plane without an end
SKY_TOP, SKY_LOW = (214, 229, 242), (247, 249, 250)
NEAREST = 0.01  # m; what is nearer to the camera isn't drawn

Body = tuple[np.ndarray, np.ndarray, np.ndarray]  # vertices (k, 3), faces (f, 3), outward normals (f, 3)


class Scene:
    """Pictures of a model by a fixed camera.

    Args:
        model: read at every picture: where a world has moved bodies, they are drawn there.
        camera: with MuJoCo's meaning of azimuth and elevation.
        width: pixels.
        height: pixels.
    """

    def __init__(self, model: mujoco.MjModel, camera: Fixed, width: int, height: int):
        self.model, self.size = model, np.array([width, height])
        self.scratch = mujoco.MjData(model)
        azimuth, elevation = math.radians(camera.azimuth), math.radians(camera.elevation)
        flat = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
        self.ahead = flat * math.cos(elevation) + np.array([0.0, 0.0, math.sin(elevation)])
        self.right = np.array([math.sin(azimuth), -math.cos(azimuth), 0.0])
        self.up = np.cross(self.right, self.ahead)
        self.eye = np.array(camera.lookat) - camera.distance * self.ahead
        self.scale = height * OVERSAMPLING / 2 / math.tan(math.radians(model.vis.global_.fovy) / 2)
        self.bodies = [(i, body) for i in range(model.ngeom) if _is_drawn(model, i) and (body := convex(model, i))]

    def draw(self, qpos: np.ndarray) -> np.ndarray:
        """A picture of joint positions (nq,): (height, width, 3) uint8."""
        self.scratch.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self.scratch)
        picture = _sky(*(self.size * OVERSAMPLING).tolist())
        canvas = ImageDraw.Draw(picture)
        for _, faces, colours in sorted(self._visible(), key=lambda geom: -geom[0]):
            for face, colour in zip(faces.reshape(len(faces), -1).tolist(), colours.tolist()):
                canvas.polygon(face, fill=tuple(colour))
        return np.asarray(picture.reduce(OVERSAMPLING))

    def _visible(self) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        """Of each geom: its distance, its faces in pixels (f, 3, 2), and their colours (f, 3)."""
        for i, (points, faces, normals) in self.bodies:
            turn = self.scratch.geom_xmat[i].reshape(3, 3)
            seen = points @ turn.T + self.scratch.geom_xpos[i] - self.eye
            outward = normals @ turn.T
            away = seen @ self.ahead
            facing = (seen[faces[:, 0]] * outward).sum(axis=1) < 0
            facing &= away[faces].min(axis=1) > NEAREST
            if facing.any():
                depth = np.maximum(away, NEAREST)[:, None]
                flat = np.stack([seen @ self.right, -(seen @ self.up)], axis=1) / depth * self.scale
                pixels = flat + self.size * OVERSAMPLING / 2
                light = AMBIENT + (1 - AMBIENT) * np.maximum(outward[facing] @ LIGHT, 0.0)
                plane = self.model.geom_type[i] == mujoco.mjtGeom.mjGEOM_PLANE
                distance = math.inf if plane else float(np.linalg.norm(seen, axis=1).mean())
                yield distance, pixels[faces[facing]], np.rint(light[:, None] * _colour(self.model, i)).astype(int)


def _is_drawn(model: mujoco.MjModel, geom: int) -> bool:
    return model.geom_group[geom] < VISIBLE_GROUPS and _rgba(model, geom)[3] > 0


def _rgba(model: mujoco.MjModel, geom: int) -> np.ndarray:
    material = model.geom_matid[geom]
    grey = np.array([0.5, 0.5, 0.5, 1.0])  # MuJoCo's default: the material's colour counts
    own = model.geom_rgba[geom]
    return model.mat_rgba[material] if material >= 0 and np.allclose(own, grey) else own


def _colour(model: mujoco.MjModel, geom: int) -> np.ndarray:
    return 255 * np.minimum(_rgba(model, geom)[:3], 1.0)


def convex(model: mujoco.MjModel, geom: int) -> Body | None:
    """A geom as a convex body in its own frame; None if it has no extent."""
    size, kind = model.geom_size[geom], model.geom_type[geom]
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_PLANE:
        x, y = (extent or INFINITE for extent in size[:2].tolist())
        corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]])
        return corners, np.array([[0, 1, 2], [0, 2, 3]]), np.array([[0.0, 0, 1], [0, 0, 1]])
    if kind == types.mjGEOM_BOX:
        points = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T * size
    elif kind == types.mjGEOM_SPHERE:
        points = _directions(DIRECTIONS) * size[0]
    elif kind == types.mjGEOM_ELLIPSOID:
        points = _directions(DIRECTIONS) * size
    elif kind == types.mjGEOM_CAPSULE:
        ends = [[0, 0, -size[1]], [0, 0, size[1]]]
        points = np.concatenate([_directions(DIRECTIONS) * size[0] + end for end in ends])
    elif kind == types.mjGEOM_CYLINDER:
        angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * size[0]
        points = np.concatenate([np.insert(ring, 2, end, axis=1) for end in (-size[1], size[1])])
    elif kind == types.mjGEOM_MESH:
        mesh = model.geom_dataid[geom]
        start = model.mesh_vertadr[mesh]
        vertices = model.mesh_vert[start : start + model.mesh_vertnum[mesh]].astype(np.float64)
        points = vertices[np.unique(np.argmax(vertices @ _directions(DIRECTIONS).T, axis=0))]
    else:
        return None
    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    return points, hull.simplices, hull.equations[:, :3]


@lru_cache
def _directions(count: int) -> np.ndarray:
    """Unit vectors (count, 3) spread evenly: a Fibonacci spiral from pole to pole."""
    k = np.arange(count) + 0.5
    z, angle = 1 - 2 * k / count, math.pi * (1 + math.sqrt(5)) * k
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)


def _sky(width: int, height: int) -> Image.Image:
    rows = np.linspace(SKY_TOP, SKY_LOW, height).round().astype(np.uint8)
    return Image.fromarray(rows[:, None]).resize((width, height), Image.Resampling.NEAREST)
