"""The file manager: delete and move (2 templates)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.tasks.content import FOLDERS, choose, file_names, other
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, Route, open_app, scroll_to
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.task import Slots

FILES = "com.google.android.documentsui"
NAMES = tuple(FOLDERS)
MAX_OTHERS = 6
"""Maximum number of other files in the folder."""


def draw_files(random: np.random.Generator, folder: str) -> dict[str, Any]:
    """Slots: the name of a file, and of others beside it."""
    name, *others = file_names(random, 2 + int(random.integers(MAX_OTHERS)), (FOLDERS[folder],))
    return {"file_name": name, "others": others}


def fill(device: Device, folder: str, names: Iterable[str]) -> None:
    """Write small files into a folder of the shared storage."""
    device.files.mkdir(f"{STORAGE}/{folder}", parents=True)
    for name in names:
        device.files.write(f"{STORAGE}/{folder}/{name}", f"This is {name}.\n".encode())


def open_folder(screen: OracleView, folder: str) -> Route:
    """Open Files, then a folder of the phone's storage."""
    screen = yield open_app("Files")
    screen = yield screen.tap(desc="Show roots")
    screen = yield screen.tap(where=lambda e: e["text"].startswith("sdk_gphone"))
    screen = yield from scroll_to(screen, text=folder)
    screen = yield screen.tap(text=folder)
    return screen


class FilesDeleteFile(Template):
    apps = (FILES,)
    complexity = 2.2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        folder = choose(random, NAMES)
        return {"subfolder": folder, **draw_files(random, folder)}

    def instruction(self, slots: Slots) -> str:
        return (
            f"Delete the file {slots['file_name']} from the folder {slots['subfolder']} of the phone's own storage "
            "(sdk_gphone_x86_64), with the Files app."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        fill(device, slots["subfolder"], [slots["file_name"], *slots["others"]])

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        path = f"{STORAGE}/{slots['subfolder']}/{slots['file_name']}"
        return {"the file is gone": not device.files.exists(path)}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (f"files{STORAGE}/{slots['subfolder']}/{slots['file_name']}", *private_data(FILES))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_folder(screen, slots["subfolder"])
        screen = yield from scroll_to(screen, text=slots["file_name"])
        screen = yield screen.long_press(text=slots["file_name"])
        screen = yield screen.tap(desc="Delete")
        yield screen.tap(text="OK")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "file_name": slots["others"][0]}]


class FilesMoveFile(Template):
    apps = (FILES,)
    complexity = 2.0

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        folder = choose(random, NAMES)
        target = choose(random, [name for name in NAMES if name != folder])
        return {"source_folder": folder, "destination_folder": target, **draw_files(random, folder)}

    def instruction(self, slots: Slots) -> str:
        return (
            f"Move the file {slots['file_name']} from the folder {slots['source_folder']} to the folder "
            f"{slots['destination_folder']} of the phone's own storage (sdk_gphone_x86_64), with the Files app."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        fill(device, slots["source_folder"], [slots["file_name"], *slots["others"]])

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        name = slots["file_name"]
        return {
            "it left its folder": not device.files.exists(f"{STORAGE}/{slots['source_folder']}/{name}"),
            "it is in the other": device.files.exists(f"{STORAGE}/{slots['destination_folder']}/{name}"),
        }

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        folders = (slots["source_folder"], slots["destination_folder"])
        return (*(f"files{STORAGE}/{folder}/{slots['file_name']}" for folder in folders), *private_data(FILES))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from open_folder(screen, slots["source_folder"])
        screen = yield from scroll_to(screen, text=slots["file_name"])
        screen = yield screen.long_press(text=slots["file_name"])
        screen = yield screen.tap(desc="More options")
        screen = yield screen.tap(text="Move to…")
        screen = yield screen.tap(desc="Show roots")
        screen = yield screen.tap(where=lambda e: e["text"].startswith("sdk_gphone"))
        screen = yield from scroll_to(screen, text=slots["destination_folder"])
        screen = yield screen.tap(text=slots["destination_folder"])
        yield screen.tap(text="Move")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        wrong = other([name for name in NAMES if name != slots["source_folder"]], slots["destination_folder"])
        return [{**slots, "file_name": slots["others"][0]}, {**slots, "destination_folder": wrong}]
