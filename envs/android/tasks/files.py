"""The file manager: delete and move (2 templates)."""

from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.tasks.content import FOLDERS, choose, file_names, other
from palaestra.envs.android.tasks.oracle import open_app, scroll_to
from palaestra.envs.android.tasks.task import Template, private_data

FILES = "com.google.android.documentsui"
NAMES = tuple(FOLDERS)
NOISE = 6
"""At most so many other files in the folder."""


def draw_files(random, folder: str) -> dict:
    """A file and others beside it."""
    name, *others = file_names(random, 2 + int(random.integers(NOISE)), (FOLDERS[folder],))
    return {"file_name": name, "others": others}


def fill(device, folder: str, names) -> None:
    """Small files in a folder of the shared storage."""
    device.files.mkdir(f"{STORAGE}/{folder}", parents=True)
    for name in names:
        device.files.write(f"{STORAGE}/{folder}/{name}", f"This is {name}.\n".encode())


def open_folder(screen, folder: str):
    """Files, then the folder of the phone's storage."""
    screen = yield open_app("Files")
    screen = yield screen.tap(desc="Show roots")
    screen = yield screen.tap(where=lambda e: e["text"].startswith("sdk_gphone"))
    screen = yield from scroll_to(screen, text=folder)
    screen = yield screen.tap(text=folder)
    return screen


class FilesDeleteFile(Template):
    apps = (FILES,)
    complexity = 2.2

    def slots(self, random):
        folder = choose(random, NAMES)
        return {"subfolder": folder, **draw_files(random, folder)}

    def instruction(self, slots):
        return (
            f"Delete the file {slots['file_name']} from the folder {slots['subfolder']} of the phone's own storage "
            "(sdk_gphone_x86_64), with the Files app."
        )

    def setup(self, device, slots, random):
        fill(device, slots["subfolder"], [slots["file_name"], *slots["others"]])

    def check(self, start, device, answers, slots):
        path = f"{STORAGE}/{slots['subfolder']}/{slots['file_name']}"
        return {"the file is gone": not device.files.exists(path)}

    def footprint(self, slots):
        return (f"files{STORAGE}/{slots['subfolder']}/{slots['file_name']}", *private_data(FILES))

    def oracle(self, screen, slots):
        screen = yield from open_folder(screen, slots["subfolder"])
        screen = yield from scroll_to(screen, text=slots["file_name"])
        screen = yield screen.long_press(text=slots["file_name"])
        screen = yield screen.tap(desc="Delete")
        yield screen.tap(text="OK")

    def near_misses(self, slots):
        return [slots | {"file_name": slots["others"][0]}]


class FilesMoveFile(Template):
    apps = (FILES,)
    complexity = 2.0

    def slots(self, random):
        folder = choose(random, NAMES)
        target = choose(random, [name for name in NAMES if name != folder])
        return {"source_folder": folder, "destination_folder": target, **draw_files(random, folder)}

    def instruction(self, slots):
        return (
            f"Move the file {slots['file_name']} from the folder {slots['source_folder']} to the folder "
            f"{slots['destination_folder']} of the phone's own storage (sdk_gphone_x86_64), with the Files app."
        )

    def setup(self, device, slots, random):
        fill(device, slots["source_folder"], [slots["file_name"], *slots["others"]])

    def check(self, start, device, answers, slots):
        name = slots["file_name"]
        return {
            "it left its folder": not device.files.exists(f"{STORAGE}/{slots['source_folder']}/{name}"),
            "it is in the other": device.files.exists(f"{STORAGE}/{slots['destination_folder']}/{name}"),
        }

    def footprint(self, slots):
        folders = (slots["source_folder"], slots["destination_folder"])
        return (*(f"files{STORAGE}/{folder}/{slots['file_name']}" for folder in folders), *private_data(FILES))

    def oracle(self, screen, slots):
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

    def near_misses(self, slots):
        wrong = other([name for name in NAMES if name != slots["source_folder"]], slots["destination_folder"])
        return [slots | {"file_name": slots["others"][0]}, slots | {"destination_folder": wrong}]
