"""The clipboard (1 template)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.content import ADDRESSES, SENTENCES, alike, choose, other
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, open_app, type_text
from palaestra.envs.android.tasks.task import Template, private_data
from palaestra.envs.task import Slots

CLIPPER = "ca.zgrs.clipper"
TEXTS = ADDRESSES + SENTENCES


class SystemCopyToClipboard(Template):
    """Copy a text to the clipboard."""

    apps = (CLIPPER,)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"clipboard_content": choose(random, TEXTS)}

    def instruction(self, slots: Slots) -> str:
        return f"Copy this text to the clipboard: {slots['clipboard_content']}"

    def setup(self, device: Device, slots: Slots, random: np.random.Generator) -> None:
        device.clipboard = "~~ nothing copied yet ~~"

    def check(self, start: Mapping[str, Any], device: Device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        return {"the text is in the clipboard": alike(device.clipboard, slots["clipboard_content"])}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return ("clipboard", *private_data(CLIPPER))

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        screen = yield open_app("Clipper")
        screen = yield type_text(slots["clipboard_content"], screen.one(editable=True))
        yield screen.tap(text="Copy")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{"clipboard_content": other(TEXTS, slots["clipboard_content"])}]
