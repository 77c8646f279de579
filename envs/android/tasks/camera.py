"""The camera: one photo, one video (2 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, open_app
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.task import Slots

CAMERA = "com.android.camera2"


class _Take(Template):
    """Take exactly one photo or video: one new file in a folder."""

    apps = (CAMERA,)
    folder: ClassVar[str]
    what: ClassVar[str]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"count": 1}

    def instruction(self, slots: Slots) -> str:
        return f"Take one {self.what}."

    def facts(self, device: Device, slots: Slots) -> dict[str, Any]:
        names = device.files.listdir(self.folder) if device.files.isdir(self.folder) else []
        return {"names": [name for name in names if not name.startswith(".")]}

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        new = set(self.facts(device, slots)["names"]) - set(start["names"])
        return {f"one new {self.what}": len(new) == 1}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (f"files{self.folder}/", *private_data(CAMERA))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{"count": 2}]


class CameraTakePhoto(_Take):
    folder, what = "/storage/emulated/0/Pictures", "photo"

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Camera")
        for _ in range(slots["count"]):
            screen = yield screen.tap(desc="Shutter")


class CameraTakeVideo(_Take):
    folder, what = "/storage/emulated/0/Movies", "video"

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Camera")
        screen = yield screen.tap(text="Video")
        for _ in range(slots["count"]):
            screen = yield screen.tap(desc="Shutter")
            screen = yield screen.tap(desc="Shutter")
