"""The clipboard (1 template)."""

from palaestra.envs.android.tasks.content import ADDRESSES, SENTENCES, alike, choose, other
from palaestra.envs.android.tasks.oracle import open_app, type_text
from palaestra.envs.android.tasks.task import Template, private_data

CLIPPER = "ca.zgrs.clipper"
TEXTS = ADDRESSES + SENTENCES


class SystemCopyToClipboard(Template):
    """A text in the clipboard."""

    apps = (CLIPPER,)

    def slots(self, random):
        return {"clipboard_content": choose(random, TEXTS)}

    def instruction(self, slots):
        return f"Copy this text to the clipboard: {slots['clipboard_content']}"

    def setup(self, device, slots, random):
        device.clipboard = "~~ nothing copied yet ~~"

    def check(self, start, device, answers, slots):
        return {"the text is in the clipboard": alike(device.clipboard, slots["clipboard_content"])}

    def footprint(self, slots):
        return ("clipboard", *private_data(CLIPPER))

    def oracle(self, screen, slots):
        screen = yield open_app("Clipper")
        screen = yield type_text(slots["clipboard_content"], screen.one(editable=True))
        yield screen.tap(text="Copy")

    def near_misses(self, slots):
        return [{"clipboard_content": other(TEXTS, slots["clipboard_content"])}]
