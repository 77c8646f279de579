"""Notes with Markor that are sent as text messages (1 template)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.content import phone_number
from palaestra.envs.android.tasks.markor import MARKOR, MarkorCreateNote, new_names, new_note
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, type_text
from palaestra.envs.android.tasks.sms import MESSENGER, SimpleSmsSend, new_conversation, other_number, write
from palaestra.envs.android.tasks.task import Template
from palaestra.envs.task import Slots


class MarkorCreateNoteAndSms(Template):
    """Write a note, and send its text as a message."""

    apps = (MARKOR, MESSENGER)
    complexity = 1.8
    note, message = MarkorCreateNote(), SimpleSmsSend()

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return self.note.slots(random) | {"number": phone_number(random)}

    def instruction(self, slots: Slots) -> str:
        return (
            f"Create a note in Markor named {slots['file_name']} with this text: {slots['text']} Then send the whole "
            f"text of the note to {slots['number']} with Simple SMS Messenger."
        )

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        self.note.setup(device, slots, random)
        self.message.setup(device, _message(slots), random)

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        note = self.note.check(start, device, answers, slots)
        return note | self.message.check(start, device, answers, _message(slots))

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return self.note.footprint(slots) + self.message.footprint(_message(slots))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        yield from new_note(screen, slots["file_name"])
        screen = yield type_text(slots["text"])  # saved when the app is left
        screen = yield from new_conversation(screen, slots["number"])
        yield from write(screen, slots["text"])

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "file_name": new_names(slots["file_name"])[0]}, other_number(slots)]


def _message(slots: Slots) -> dict[str, Any]:
    return {"number": slots["number"], "message": slots["text"]}
