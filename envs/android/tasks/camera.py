"""The camera: one photo, one video (2 templates)."""

from typing import ClassVar

from palaestra.envs.android.tasks.oracle import open_app
from palaestra.envs.android.tasks.task import Template, private_data

CAMERA = "com.android.camera2"


class _Take(Template):
    """Exactly one new file in a folder."""

    apps = (CAMERA,)
    folder: ClassVar[str]
    what: ClassVar[str]

    def slots(self, random):
        return {"count": 1}

    def instruction(self, slots):
        return f"Take one {self.what}."

    def facts(self, device, slots):
        names = device.files.listdir(self.folder) if device.files.isdir(self.folder) else []
        return {"names": [name for name in names if not name.startswith(".")]}

    def check(self, start, device, answers, slots):
        new = set(self.facts(device, slots)["names"]) - set(start["names"])
        return {f"one new {self.what}": len(new) == 1}

    def footprint(self, slots):
        return (f"files{self.folder}/", *private_data(CAMERA))

    def near_misses(self, slots):
        return [{"count": 2}]


class CameraTakePhoto(_Take):
    folder, what = "/storage/emulated/0/Pictures", "photo"

    def oracle(self, screen, slots):
        screen = yield open_app("Camera")
        for _ in range(slots["count"]):
            screen = yield screen.tap(desc="Shutter")


class CameraTakeVideo(_Take):
    folder, what = "/storage/emulated/0/Movies", "video"

    def oracle(self, screen, slots):
        screen = yield open_app("Camera")
        screen = yield screen.tap(text="Video")
        for _ in range(slots["count"]):
            screen = yield screen.tap(desc="Shutter")
            screen = yield screen.tap(desc="Shutter")
