"""The choice of renderer: MuJoCo's own where OpenGL works, else ``picture``."""

import copy
import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import mujoco
import numpy as np

from palaestra.data.errors import InputError

Kind = Literal["auto", "mujoco", "picture"]


class Tracking(NamedTuple):
    """A camera that follows a body.

    Attributes:
        body: its number in the model.
        distance: in m.
        azimuth: in degrees.
        elevation: in degrees.
    """

    body: int
    distance: float
    azimuth: float
    elevation: float


class Fixed(NamedTuple):
    """A camera that stays where it is.

    Attributes:
        lookat: the point in the middle of the picture, m.
        distance: in m.
        azimuth: in degrees.
        elevation: in degrees.
    """

    lookat: tuple[float, float, float]
    distance: float
    azimuth: float
    elevation: float


class Renderer:
    """Renders a model from its joint positions, without touching a world's data.

    Args:
        model: MuJoCo's; it is copied.
        picture: draws joint positions (nq,) without OpenGL.
        camera: of MuJoCo's renderer.
        width: pixels.
        height: pixels.
        kind: ``mujoco``, ``picture``, or ``auto`` for the first of these that works.
        prepare: called with the copy of the model before each of MuJoCo's pictures.

    Raises:
        InputError: MuJoCo's renderer was requested by name and cannot be created.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        picture: Callable[[np.ndarray], np.ndarray],
        camera: Tracking | Fixed,
        width: int,
        height: int,
        kind: Kind,
        prepare: Callable[[mujoco.MjModel], None] | None = None,
    ):
        self._engine: mujoco.Renderer | None = None
        try_mujoco = kind == "mujoco" or (kind == "auto" and _may_have_opengl())
        obstacle = _obstacle() if try_mujoco else None
        if obstacle and kind == "mujoco":
            advice = "set MUJOCO_GL to egl or osmesa, or choose renderer='picture'"
            raise InputError(f"MuJoCo's renderer cannot be created here ({obstacle}); {advice}")
        if obstacle or not try_mujoco:
            self.draw = picture
            return
        self._model = copy.copy(model)
        buffer = self._model.vis.global_
        buffer.offwidth, buffer.offheight = max(buffer.offwidth, width), max(buffer.offheight, height)
        self._scratch, self._prepare = mujoco.MjData(self._model), prepare
        self._engine = mujoco.Renderer(self._model, height, width)
        self._camera = mujoco.MjvCamera()
        if isinstance(camera, Tracking):
            self._camera.type, self._camera.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, camera.body
        else:
            self._camera.lookat[:] = camera.lookat
        _, self._camera.distance, self._camera.azimuth, self._camera.elevation = camera
        self.draw = partial(self._draw_in_engine, self._engine)

    def _draw_in_engine(self, engine: mujoco.Renderer, qpos: np.ndarray) -> np.ndarray:
        if self._prepare is not None:
            self._prepare(self._model)
        self._scratch.qpos[:] = qpos
        mujoco.mj_forward(self._model, self._scratch)
        engine.update_scene(self._scratch, self._camera)
        return engine.render()

    @property
    def method(self) -> str:
        """What draws, in words."""
        return "in 2-D, without OpenGL" if self._engine is None else "by MuJoCo's renderer"

    def close(self) -> None:
        """Free OpenGL's memory."""
        if self._engine is not None:
            self._engine.close()


def _may_have_opengl() -> bool:
    # On Linux, OpenGL needs a backend or a display.
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"))


@functools.cache
def _obstacle() -> str | None:
    """Why MuJoCo cannot render on this machine; ``None`` if it can."""
    # Tested in another process: a missing driver may abort the process instead of raising.
    trial = "import mujoco; mujoco.Renderer(mujoco.MjModel.from_xml_string('<mujoco/>'), 8, 8)"
    try:
        done = subprocess.run([sys.executable, "-c", trial], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    reason = re.search(r"\w*Error: .*", done.stderr)
    return None if done.returncode == 0 else (reason[0] if reason else f"exit status {done.returncode}")
