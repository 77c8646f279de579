"""Notes with Markor: edit, rename, merge (4 templates)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.content import (
    SENTENCES,
    alike,
    choose,
    choose_some,
    file_names,
    random_string,
)
from palaestra.envs.android.tasks.markor import (
    FILES,
    MARKOR,
    NOTES,
    draw_notes,
    find_item,
    new_note,
    note,
    replace_notes,
    select,
)
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, Route, open_app, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.task import Slots

TEXT_LENGTH = 20
"""Length of AndroidWorld's random texts of notes."""


def open_note(screen: OracleView, name: str) -> Route:
    """Open a note of the list."""
    screen = yield from find_item(screen, name)
    return (yield screen.tap(text=name))


def text_of(screen: OracleView) -> str:
    """The text in the editor, without the newline at its end."""
    return screen.one(editable=True)["text"].rstrip("\n")


def rename(screen: OracleView, name: str, new_name: str) -> Oracle:
    """Give a note of the list another name."""
    screen = yield from select(screen, name)
    screen = yield screen.tap(desc="More options")
    screen = yield screen.tap(text="Rename")
    screen = yield type_text(new_name, screen.one(editable=True), clear=True)
    if screen.has(text="OK"):  # where Enter follows every text, the dialog is closed
        yield screen.tap(text="OK")


def another(slots: Slots, name: str) -> str:
    """A note of the folder with another name."""
    return next(each for each, _ in slots["notes"] if each != name)


def edited(old: str, slots: Slots) -> str:
    """A note's text after the edit defined by the slots."""
    new = slots["text"]
    return {"header": f"{new}\n{old}", "footer": f"{old}\n{new}", "replace": new}[slots["edit_type"]]


class _Editing(Template):
    """Base of tasks about the text of a note."""

    apps = (MARKOR,)
    complexity = 1.2

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        replace_notes(device, slots["notes"])

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        names = [slots[name] for name in ("file_name", "new_name") if name in slots]
        return (*(FILES + name for name in names), *private_data(MARKOR))


class MarkorEditNote(_Editing):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        kind = choose(random, ("header", "footer", "replace"))
        notes = draw_notes(random)
        lines = choose_some(random, [s for s in SENTENCES if s not in [text for _, text in notes]], 3)
        text = "\n".join(lines) if kind == "replace" else lines[0]
        return {"edit_type": kind, "text": text, "file_name": choose(random, notes)[0], "notes": notes}

    def instruction(self, slots: Slots) -> str:
        what = {
            "header": "put this line above the text",
            "footer": "put this line below the text",
            "replace": "replace all of its text by this",
        }[slots["edit_type"]]
        return f"In the Markor note {slots['file_name']}, {what}: {slots['text']}"

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        old = dict(slots["notes"])[slots["file_name"]]
        expected = edited(old, slots)
        text = note(device, slots["file_name"])
        return {"the text is as asked": text is not None and alike(text, expected)}

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        screen = yield from open_note(screen, slots["file_name"])
        screen = yield type_text(edited(text_of(screen), slots), screen.one(editable=True), clear=True)
        yield screen.tap(desc="Save")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        edits = {"header": "footer", "footer": "header", "replace": "footer"}
        return [
            {**slots, "edit_type": edits[slots["edit_type"]]},
            {**slots, "file_name": next(n for n, _ in slots["notes"] if n != slots["file_name"])},
        ]


class _Renaming(_Editing):
    """Base of tasks that change a note's text and name."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        notes = draw_notes(random)
        new = next(name for name in file_names(random, len(notes) + 1) if name not in dict(notes))
        names = {"file_name": choose(random, notes)[0], "new_name": new}
        return names | {"text": random_string(random, TEXT_LENGTH), "notes": notes}

    def is_right(self, text: str, slots: Slots) -> bool:
        """Whether a file's text is as asked."""
        raise NotImplementedError

    def new_text(self, old: str, slots: Slots) -> str:
        """What has to be typed, to replace the old text."""
        raise NotImplementedError

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        path = f"{NOTES}/{slots['new_name']}"
        there = device.files.exists(path) and not device.files.isdir(path)
        text = device.files.read(path).decode(errors="replace").replace("\r", "") if there else ""
        return {
            "the old name is gone": not device.files.exists(f"{NOTES}/{slots['file_name']}"),
            "the new name is there": there,
            "the text is as asked": self.is_right(text, slots),
        }

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        screen = yield from open_note(screen, slots["file_name"])
        new = self.new_text(text_of(screen), slots)
        screen = yield type_text(new, screen.one(editable=True), clear=True)
        if not screen.one(editable=True)["text"].endswith("\n"):
            screen = yield screen.tap(desc="Enter")
        screen = yield screen.tap(desc="Navigate up")
        yield from rename(screen, slots["file_name"], slots["new_name"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [
            {**slots, "new_name": slots["file_name"]},
            {**slots, "file_name": another(slots, slots["file_name"])},
            {**slots, "text": slots["text"][:-8] + "another "},
        ]


class MarkorAddNoteHeader(_Renaming):
    """A line and an empty one above the text, exactly, and a new name."""

    def instruction(self, slots: Slots) -> str:
        return (
            f"In the Markor note {slots['file_name']}, put this line above the text, followed by an empty line: "
            f"{slots['text']} Then rename the note to {slots['new_name']}."
        )

    def is_right(self, text: str, slots: Slots) -> bool:
        return text == f"{slots['text']}\n\n{dict(slots['notes'])[slots['file_name']]}\n"

    def new_text(self, old: str, slots: Slots) -> str:
        return slots["text"] + slots.get("gap", "\n\n") + old

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [*super().near_misses(slots), {**slots, "gap": "\n"}]


class MarkorChangeNoteContent(_Renaming):
    """Another text and another name."""

    def instruction(self, slots: Slots) -> str:
        return (
            f"In Markor, replace the text of the note {slots['file_name']} by this: {slots['text']} "
            f"Then rename the note to {slots['new_name']}."
        )

    def is_right(self, text: str, slots: Slots) -> bool:
        return alike(text.strip(), slots["text"])

    def new_text(self, old: str, slots: Slots) -> str:
        return slots["text"]


class MarkorMergeNotes(_Editing):
    """A new note with the texts of three, separated by empty lines."""

    complexity = 7.8

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        texts = [random_string(random, TEXT_LENGTH) for _ in range(3)]
        notes = [list(each) for each in zip(file_names(random, 3), texts, strict=True)]
        return {"notes": notes, "new_name": random_string(random, 8)}

    def instruction(self, slots: Slots) -> str:
        first, second, third = (name for name, _ in slots["notes"])
        return (
            f"In Markor, write the texts of the notes {first}, {second} and {third}, in this order and with an empty "
            f"line between them, into a new note named {slots['new_name']}, and save it."
        )

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        text = note(device, slots["new_name"])
        lines = (text or "").split("\n")
        return {
            "the note exists": text is not None,
            "its text is right": alike(text or "", "\n\n".join(text for _, text in slots["notes"]) + "\n"),
            "empty lines are between": len(lines) == 5 and not lines[1] and not lines[3],
        }

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Markor")
        texts = []
        for name, _ in slots["notes"]:
            screen = yield from open_note(screen, name)
            texts.append(text_of(screen))
            screen = yield screen.tap(desc="Navigate up")
        yield from new_note(screen, slots["new_name"])
        screen = yield type_text(slots.get("gap", "\n\n").join(texts))
        yield screen.tap(desc="Save")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [
            {**slots, "notes": slots["notes"][::-1]},
            {**slots, "gap": "\n"},
            {**slots, "new_name": slots["new_name"] + ".md"},
        ]
