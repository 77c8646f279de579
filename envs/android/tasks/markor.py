"""Notes with Markor: create, delete, move (7 templates)."""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.tasks.content import SENTENCES, alike, choose, choose_some, file_names, other, random_string
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, Route, open_app, scroll_to, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.task import Slots

MARKOR = "net.gsantner.markor"
NOTES = f"{STORAGE}/Documents/Markor"
HOUR_US = 3_600_000_000
SUBFOLDERS = (
    "Budget",
    "Diary",
    "Errands",
    "Garden",
    "Lectures",
    "Meetings",
    "Recipes",
    "Research",
    "Travel",
    "Workshop",
)
TYPES = {".md": "Markdown", ".txt": "Plain text"}
"""The type of file that sets an extension, in the dialog for a new note."""
EXTENSION = f"{MARKOR}:id/new_file_dialog__ext"
"""The field with the extension."""
FILES = f"files{NOTES}/"
"""Prefix of the notes' names in ``device.contents()``."""


def draw_notes(random: np.random.Generator, least: int = 2, most: int = 8) -> list[list[str]]:
    """Slot: names and texts of notes."""
    count = least + int(random.integers(most - least + 1))
    return [list(note) for note in zip(file_names(random, count), choose_some(random, SENTENCES, count), strict=True)]


def put_notes(device: Device, notes: Sequence[Sequence[str]], folder: str = "") -> None:
    """Write notes with times one hour apart, oldest first; each ends with a newline, as AndroidWorld's do."""
    place = f"{NOTES}/{folder}".rstrip("/")
    device.files.mkdir(place, parents=True)
    for age, (name, text) in enumerate(reversed(notes), 1):
        device.files.write(f"{place}/{name}", f"{text}\n".encode())
        device.files.touch(f"{place}/{name}", device.now_us - age * HOUR_US)


def replace_notes(device: Device, notes: Sequence[Sequence[str]]) -> None:
    """Let the folder have only these notes."""
    if device.files.exists(NOTES):
        device.files.remove(NOTES, recursive=True)
    put_notes(device, notes)


def note(device: Device, name: str) -> str | None:
    """A note's text; None if it does not exist or is a folder."""
    path = f"{NOTES}/{name}"
    there = device.files.exists(path) and not device.files.isdir(path)
    return device.files.read(path).decode(errors="replace").strip() if there else None


def times(device: Device) -> dict[str, int]:
    """Modification times of the notes outside subfolders."""
    if not device.files.isdir(NOTES):
        return {}
    paths = {name: f"{NOTES}/{name}" for name in device.files.listdir(NOTES)}
    return {name: device.files.stat(path).mtime_us for name, path in paths.items() if not device.files.isdir(path)}


def new_item(screen: OracleView, name: str) -> Route:
    """Open the dialog for a new file or folder, and type a name into its first field, which has the focus."""
    screen = yield open_app("Markor")
    yield screen.tap(desc="Create a new file or folder")
    return (yield type_text(name))


def new_note(screen: OracleView, file_name: str) -> Route:
    """Create a note and open it; its extension is set by the type of file, or typed."""
    name, extension = posixpath.splitext(file_name)
    screen = yield from new_item(screen, name)
    if extension in TYPES:
        if screen.one(id=EXTENSION)["text"] != extension:
            screen = yield screen.tap(id=f"{MARKOR}:id/new_file_dialog__type")
            screen = yield screen.tap(text=TYPES[extension])
        return (yield screen.tap(text="OK"))
    screen = yield screen.tap(id=EXTENSION)
    for _ in screen.one(id=EXTENSION)["text"]:
        screen = yield screen.tap(desc="Delete")
    if extension:
        screen = yield type_text(extension)
    return (yield screen.tap(text="OK"))


def new_names(file_name: str) -> list[str]:
    """Names that are nearly that of a new note."""
    name, kind = posixpath.splitext(file_name)
    return [f"{name}x{kind}", name + other(tuple(TYPES), kind)]


def find_item(screen: OracleView, name: str) -> Route:
    """Scroll to a file or folder of the list."""
    return (yield from scroll_to(screen, text=name))


def select(screen: OracleView, name: str) -> Route:
    """Select a file by a long press."""
    screen = yield from find_item(screen, name)
    return (yield screen.long_press(text=name))


def delete_selected(screen: OracleView) -> Oracle:
    """Delete what is selected."""
    screen = yield screen.tap(desc="Delete")
    yield screen.tap(text="OK")


def names_shown(screen: OracleView) -> list[str]:
    """Names in the list, from the top."""
    titles = screen.all(lambda e: e["id"].endswith("item__title"))
    return [e["text"] for e in sorted(titles, key=lambda e: e["bounds"][1])]


class _Markor(Template):
    """Base of tasks that start with only some notes in the folder."""

    apps = (MARKOR,)

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        replace_notes(device, slots.get("notes", []))

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (FILES, *private_data(MARKOR))


class MarkorCreateNote(_Markor):
    complexity = 1.6

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"file_name": file_names(random, 1)[0], "text": choose(random, SENTENCES)}

    def instruction(self, slots: Slots) -> str:
        return f"Create a note in Markor named {slots['file_name']} with this text: {slots['text']}"

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        text = note(device, slots["file_name"])
        return {"the note exists": text is not None, "its text is right": alike(text or "", slots["text"])}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (FILES + slots["file_name"], *private_data(MARKOR))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from new_note(screen, slots["file_name"])
        screen = yield type_text(slots["text"])
        yield screen.tap(desc="Save")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        names = [{**slots, "file_name": name} for name in new_names(slots["file_name"])]
        return [*names, {**slots, "text": other(SENTENCES, slots["text"])}]


class MarkorCreateNoteFromClipboard(_Markor):
    complexity = 1.4

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"file_name": file_names(random, 1)[0], "file_content": random_string(random, 10)}

    def instruction(self, slots: Slots) -> str:
        return f"Create a note in Markor named {slots['file_name']}, paste the clipboard into it and save it."

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        super().setup(device, slots, random)
        device.clipboard = slots["file_content"]

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        text = note(device, slots["file_name"])
        return {"the note exists": text is not None, "its text is right": alike(text or "", slots["file_content"])}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (FILES + slots["file_name"], *private_data(MARKOR))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from new_note(screen, slots["file_name"])
        screen = yield screen.long_press(editable=True)
        screen = yield screen.tap(lambda e: "Paste" in (e["text"], e["desc"]))
        yield screen.tap(desc="Save")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "file_name": name} for name in new_names(slots["file_name"])]


class MarkorCreateFolder(_Markor):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        name = f"folder_2023{random.integers(1, 10):02d}{random.integers(1, 29):02d}_{random.integers(10**6):06d}"
        return {"folder_name": name, "notes": draw_notes(random)}

    def instruction(self, slots: Slots) -> str:
        return f"Create a folder in Markor named {slots['folder_name']}."

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {"the folder exists": device.files.exists(f"{NOTES}/{slots['folder_name']}")}

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield from new_item(screen, slots["folder_name"])
        yield screen.tap(text="Folder")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "folder_name": slots["folder_name"] + "1"}]


class MarkorDeleteNote(_Markor):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        notes = draw_notes(random)
        return {"file_name": choose(random, notes)[0], "notes": notes}

    def instruction(self, slots: Slots) -> str:
        return f"Delete the note {slots['file_name']} in Markor."

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {"the note is gone": not device.files.exists(f"{NOTES}/{slots['file_name']}")}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (FILES + slots["file_name"], *private_data(MARKOR))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        screen = yield from select(screen, slots["file_name"])
        yield from delete_selected(screen)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "file_name": next(n for n, _ in slots["notes"] if n != slots["file_name"])}]


class MarkorDeleteNewestNote(_Markor):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"notes": draw_notes(random, 2, 6), "newest": True}

    def instruction(self, slots: Slots) -> str:
        return "Delete the newest note in Markor."

    def facts(self, device: Device, slots: Slots) -> dict[str, Any]:
        return {"times": times(device)}

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        newest, there = slots["notes"][-1][0], times(device)
        others = {name: time for name, time in start["times"].items() if name != newest}
        kept = {name: time for name, time in there.items() if name != newest} == others
        return {"the newest is gone": newest not in there, "the others are as they were": kept}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (FILES + slots["notes"][-1][0], *private_data(MARKOR))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        screen = yield screen.tap(desc="Sort")
        screen = yield screen.tap(text="Date")
        name = names_shown(screen)[0 if slots["newest"] else 1]
        screen = yield screen.long_press(text=name)
        yield from delete_selected(screen)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "newest": False}]


class MarkorDeleteAllNotes(_Markor):
    complexity = 1.4

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"notes": draw_notes(random, 2, 6), "but": 0}

    def instruction(self, slots: Slots) -> str:
        return "Delete all my notes in Markor."

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {"no note is left": device.files.isdir(NOTES) and not times(device)}

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        names = names_shown(screen)
        screen = yield screen.long_press(text=names[0])
        screen = yield screen.tap(desc="Select all")
        for name in names[: slots["but"]]:
            screen = yield screen.tap(text=name)
        yield from delete_selected(screen)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "but": 1}]


class MarkorMoveNote(_Markor):
    complexity = 1.4

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        source, target, *others = choose_some(random, SUBFOLDERS, 5)
        notes = draw_notes(random)
        folders = {"source_folder": source, "destination_folder": target, "folders": others}
        return {"file_name": choose(random, notes)[0], **folders, "notes": notes}

    def instruction(self, slots: Slots) -> str:
        return (
            f"In Markor, move the note {slots['file_name']} from the folder {slots['source_folder']} to the folder "
            f"{slots['destination_folder']}."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        super().setup(device, {}, random)
        for folder in (slots["destination_folder"], *slots["folders"]):
            device.files.mkdir(f"{NOTES}/{folder}", parents=True)
        put_notes(device, slots["notes"], slots["source_folder"])

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        name = slots["file_name"]
        return {
            "it left its folder": not device.files.exists(f"{NOTES}/{slots['source_folder']}/{name}"),
            "it is in the other": device.files.exists(f"{NOTES}/{slots['destination_folder']}/{name}"),
        }

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        screen = yield from find_item(screen, slots["source_folder"])
        screen = yield screen.tap(text=slots["source_folder"])
        screen = yield from select(screen, slots["file_name"])
        screen = yield screen.tap(desc="More options")
        screen = yield screen.tap(text="Move")
        screen = yield from scroll_to(screen, text=slots["destination_folder"])
        screen = yield screen.tap(text=slots["destination_folder"])
        yield screen.tap(text="Select this folder")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [
            {**slots, "destination_folder": slots["folders"][0]},
            {**slots, "file_name": next(n for n, _ in slots["notes"] if n != slots["file_name"])},
        ]
