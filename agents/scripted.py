"""Agents for the phone that need no model: random, the tasks' oracles, and oracles that slip.

They act by ``Policy``: observations and actions are lists with one entry per world.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.data.streams import child_seed
from palaestra.envs.android.codecs.action import Action, scroll
from palaestra.envs.android.codecs.elements import centre
from palaestra.envs.android.codecs.registry import Codec

if TYPE_CHECKING:
    from palaestra.envs.android.worlds import AndroidTasks

WORDS = ("hello", "two", "note", "7", "Anna", "blue folder")
SLIP = 0.15
"""Probability that a noisy oracle does something random in a step."""


def random_action(random: np.random.Generator, elements: Sequence[dict[str, Any]], size: tuple[int, int]) -> Action:
    """Mostly a tap on something that can be tapped; else a swipe, a key, a text, a long press."""
    targets = [e for e in elements if e["clickable"]] or list(elements)
    kind = random.choice(["tap", "long_press", "type", "scroll", "key"], p=[0.6, 0.05, 0.1, 0.15, 0.1])
    if kind == "key":
        return Action("key", text=str(random.choice(["BACK", "HOME", "ENTER"])))
    if kind == "scroll" or not targets:
        direction = str(random.choice(["up", "down", "left", "right"]))
        return scroll((0, 0, *size), direction)
    target = targets[int(random.integers(len(targets)))]
    if kind == "type":
        fields = [e for e in elements if e["editable"]]
        if fields:
            return Action("type", centre(fields[int(random.integers(len(fields)))]), text=str(random.choice(WORDS)))
    return Action("long_press" if kind == "long_press" else "tap", centre(target))


class RandomAgent:
    """Does random things."""

    def __init__(self, worlds: "Sequence[AndroidTasks]", seed: int):
        self._worlds = worlds
        self._generators = [np.random.default_rng(child_seed(seed, "random agent", row)) for row in range(len(worlds))]

    def reset(self, which: np.ndarray | None = None) -> None:
        """Nothing is remembered."""

    def act(self, observations: Sequence[dict[str, Any]], rewards: Any = None, deterministic: bool = True) -> list[str]:
        """One text per world."""
        return [self._say(row, observation) for row, observation in enumerate(observations)]

    def _say(self, row: int, observation: dict[str, Any]) -> str:
        seen = json.loads(observation["elements"])
        size = tuple(seen["size"])
        return encode_or_fallback(
            self._worlds[row].codec,
            random_action(self._generators[row], seen["elements"], size),
            seen["elements"],
            size,
        )


def encode_or_fallback(codec: Codec, action: Action, elements: Sequence[dict[str, Any]], size: tuple[int, int]) -> str:
    """An action in the codec's words; if it has none for it, a tap at the same place, a wait, or the back key."""
    others = [Action("wait"), Action("key", text="BACK")]
    for one in (action, *([Action("tap", action.point)] if action.point else []), *others):
        try:
            return codec.encode(one, elements, size)
        except ValueError:
            continue
    raise ValueError(f"{codec.name} has no words for {action.kind}, nor for what could stand for it")


class OracleAgent:
    """Does what the task's oracle does; with ``slip`` it does something random now and then.

    An oracle that no longer finds what it looks for, because of a slip, gives up: it says that the task can't be done.
    """

    def __init__(self, worlds: "Sequence[AndroidTasks]", seed: int, slip: float = 0.0):
        self._worlds, self._slip = worlds, slip
        self._generators = [np.random.default_rng(child_seed(seed, "oracle agent", row)) for row in range(len(worlds))]
        self._oracles: list[Any] = [None] * len(worlds)

    def reset(self, which: np.ndarray | None = None) -> None:
        """A new task in some worlds."""
        from palaestra.envs.android.tasks.words import oracle_words

        for row in range(len(self._worlds)) if which is None else np.flatnonzero(which):
            self._oracles[row] = oracle_words(self._worlds[row].task, self._worlds[row].codec)
            next(self._oracles[row])

    def act(self, observations: Sequence[dict[str, Any]], rewards: Any = None, deterministic: bool = True) -> list[str]:
        """One text per world."""
        return [self._say(row, observation) for row, observation in enumerate(observations)]

    def _say(self, row: int, observation: dict[str, Any]) -> str:
        codec = self._worlds[row].codec
        seen = json.loads(observation["elements"])
        size = tuple(seen["size"])
        if self._slip and self._generators[row].random() < self._slip:
            return encode_or_fallback(
                codec, random_action(self._generators[row], seen["elements"], size), seen["elements"], size
            )
        try:
            return self._oracles[row].send(observation)
        except (LookupError, StopIteration):
            if not self._slip:
                raise
            return codec.encode(Action("status", text="infeasible"), seen["elements"], size)


AGENTS = {
    "random": RandomAgent,
    "oracle": OracleAgent,
    "noisy-oracle": lambda worlds, seed: OracleAgent(worlds, seed, SLIP),
}
"""Agents by the name that ``palaestra rollout --policy`` knows them under."""
