"""Which of two ways a world is drawn: MuJoCo's own renderer where OpenGL works, else ``picture``."""

import copy
import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Literal

import mujoco
import numpy as np

from palaestra.data.errors import InputError
from palaestra.envs.mujoco.picture import draw
from palaestra.envs.mujoco.robots import TORSO, Robot, load_model

Kind = Literal["auto", "mujoco", "picture"]


class Renderer:
    """Draws a robot from its joint positions; never touches a world's own data.

    Args:
        robot: whom.
        width: pixels.
        height: pixels.
        kind: ``mujoco``, ``picture``, or ``auto`` for the first of them that works.

    Raises:
        InputError: MuJoCo's renderer was asked for by name and cannot be made.
    """

    def __init__(self, robot: Robot, width: int, height: int, kind: Kind):
        self._engine: mujoco.Renderer | None = None
        wanted = kind == "mujoco" or (kind == "auto" and _may_have_opengl())
        complaint = _complaint() if wanted else None
        if complaint and kind == "mujoco":
            advice = "set MUJOCO_GL to egl or osmesa, or choose renderer='picture'"
            raise InputError(f"MuJoCo's renderer cannot be made here ({complaint}); {advice}")
        if complaint or not wanted:
            self.draw: Callable[[np.ndarray], np.ndarray] = partial(draw, robot.name, width=width, height=height)
            return
        self._model = copy.copy(load_model(robot))
        buffer = self._model.vis.global_
        buffer.offwidth, buffer.offheight = max(buffer.offwidth, width), max(buffer.offheight, height)
        self._scratch = mujoco.MjData(self._model)
        self._engine = mujoco.Renderer(self._model, height, width)
        self._camera = mujoco.MjvCamera()
        self._camera.type, self._camera.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, TORSO
        self._camera.distance, self._camera.azimuth, self._camera.elevation = 4.0, 90.0, -15.0
        self.draw = partial(self._draw_in_engine, self._engine)

    def _draw_in_engine(self, engine: mujoco.Renderer, qpos: np.ndarray) -> np.ndarray:
        self._scratch.qpos[:] = qpos
        mujoco.mj_forward(self._model, self._scratch)
        engine.update_scene(self._scratch, self._camera)
        return engine.render()

    def close(self) -> None:
        """Give OpenGL's memory back."""
        if self._engine is not None:
            self._engine.close()


def _may_have_opengl() -> bool:
    # Without a choice or a display on Linux there is nothing to try.
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"))


@functools.cache
def _complaint() -> str | None:
    """What keeps MuJoCo from rendering on this machine, ``None`` if nothing does."""
    # Tried in another process: a missing driver may abort the process, not raise.
    trial = "import mujoco; mujoco.Renderer(mujoco.MjModel.from_xml_string('<mujoco/>'), 8, 8)"
    try:
        done = subprocess.run([sys.executable, "-c", trial], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = re.search(r"\w*Error: .*", done.stderr)
    return None if done.returncode == 0 else (said[0] if said else f"exit status {done.returncode}")
