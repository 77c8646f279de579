"""The base of the templates whose instructions are lines of Android in the Wild."""

import re
from collections.abc import Sequence

import numpy as np

from palaestra.data.recipes.aitw import World
from palaestra.envs.android.tasks.aitw.grammar import known_lines
from palaestra.envs.android.tasks.task import Template
from palaestra.envs.task import Slots

HORIZONS: dict[World, int] = {"webshop": 20, "general": 10}
"""Steps of an episode in DigiRL and Digi-Q."""


class LineTemplate(Template):
    """A template of the grammar: its name is one of ``families``, its slots are those of a line that was read."""

    @property
    def world(self) -> World:
        """The world whose instructions it reads."""
        return "webshop" if type(self).__name__.startswith("Web") else "general"

    @property
    def budget(self) -> int:
        return HORIZONS[self.world]

    def slots(self, random: np.random.Generator) -> Slots:
        """The slots of one of the lists' lines."""
        lines = [line for line in known_lines(self.world) if line.template == type(self).__name__]
        return dict(lines[random.integers(len(lines))].slots)

    def instruction(self, slots: Slots) -> str:
        return str(slots["line"])

    def looks_done(self, slots: Slots, texts: Sequence[str]) -> bool:
        """Whether the visible texts of a screen look as if the task were done: all words of the slots are in them."""
        wanted = [str(value) for name, value in slots.items() if name != "line" and value]
        return bool(wanted) and set(words(" ".join(wanted))) <= set(words(" ".join(texts)))


def words(text: str) -> list[str]:
    """Words of a text in small letters, without punctuation."""
    return re.findall(r"[a-z0-9]+", text.lower())
