"""The base class of both phone environments."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgpack
import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui.fonts import PACKAGES
from palaestra.envs.world import World, pack_rng

RENDER = (270, 600)
"""Default width and height of the pixels."""
APPS_OF_0_1 = (
    "ca.zgrs.clipper",
    "com.android.camera2",
    "com.android.settings",
    "com.google.android.apps.nexuslauncher",
    "com.google.android.calculator",
    "com.google.android.contacts",
    "com.google.android.deskclock",
    "com.google.android.dialer",
    "com.google.android.documentsui",
    "com.google.androidenv.accessibilityforwarder",
    "com.simplemobiletools.gallery.pro",
    "com.simplemobiletools.smsmessenger",
    "net.gsantner.markor",
)
"""What a phone of version 0.1.0 had by default; in its fingerprints it has no name, as every default."""


@functools.lru_cache(maxsize=8)
def booted(size: tuple[int, int], density: int, theme: str, font_scale: float, apps: tuple[str, ...] | None) -> bytes:
    """The snapshot of a phone after its first boot, which a reset restores."""
    return Device(size=size, density=density, theme=theme, font_scale=font_scale, apps=apps).snapshot()


class PhoneEnv(World):
    """The base class of both phone environments: creates, saves and renders the device.

    Args:
        size: logical width and height, px; touches refer to it.
        density: dots per inch.
        render: width and height of ``pixels``; the screen is drawn at this size, not downscaled.
        theme: ``light`` or ``dark``.
        font_scale: as in the display settings.
        apps: packages that are installed, ``all`` for all known ones, ``module:App`` for your own; all by default.
        render_mode: ``rgb_array`` or None.
        own: the subclass's arguments, for ``fork``.
    """

    noun = "phone"
    observation_space: spaces.Dict
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012 (Gymnasium's name and form)

    def __init__(
        self,
        *,
        size: Sequence[int] = (1080, 2400),
        density: int = 420,
        render: Sequence[int] = RENDER,
        theme: str = "light",
        font_scale: float = 1.0,
        apps: Sequence[str] | None = None,
        render_mode: str | None = None,
        own: Mapping[str, Any] | None = None,
    ):
        require("the phone", *PACKAGES)
        shape: dict[str, Any] = {"size": tuple(size), "density": density, "theme": theme, "font_scale": font_scale}
        shape["apps"] = None if apps is None else tuple(apps)
        super().__init__(**shape, render=tuple(render), render_mode=render_mode, **(own or {}))
        self.check_render_mode(render_mode)
        if theme not in ("light", "dark"):
            raise InputError(f"theme {theme!r}: must be light or dark")
        self._shape = shape
        self.render_mode = render_mode
        self.device = Device(**shape, render=tuple(render))

    @property
    def identity(self) -> Mapping[str, str]:
        """The environment's class and the phone's configuration."""
        shape = self._shape | ({"apps": None} if self._shape["apps"] == APPS_OF_0_1 else {})
        return {"world": type(self).__name__, "phone": json.dumps(shape)}

    def _boot(self) -> None:
        """Restore the phone's state after its first boot, with a new seed."""
        self.device.restore(booted(**self._shape))
        self.device.reseed(int(self.np_random.integers(0, 2**63)))

    def _pixels_space(self) -> spaces.Box:
        width, height = self.device.render
        return spaces.Box(0, 255, (height, width, 3), np.uint8)

    def _counters(self) -> dict[str, Any]:
        """The environment's state besides the device's, as plain data."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """SHA-256 of the phone's logical state and the environment's own."""
        parts = dict(self.identity) | {"device": self.device.fingerprint(), "counters": self._counters()}
        return hashlib.sha256(msgpack.packb(parts | {"rng": pack_rng(self.np_random)})).hexdigest()

    def render(self) -> np.ndarray:
        """The screen, (height, width, 3) uint8."""
        return self.device.frame()
