"""Random text actions on the phone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.android.codecs.action import Action, scroll
from palaestra.envs.android.codecs.elements import centre
from palaestra.envs.android.codecs.registry import Codec

WORDS = ("hello", "two", "note", "7", "Anna", "blue folder")


def random_action(random: np.random.Generator, elements: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> Action:
    """A tap on a clickable element with probability 0.6; else a swipe, a key, a text or a long press."""
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


def random_words(random: np.random.Generator, observation: Mapping[str, Any], codec: Codec) -> str:
    """A random text action for an observation with ``elements``."""
    screen = json.loads(observation["elements"])
    size = tuple(screen["size"])
    return encode_or_fallback(codec, random_action(random, screen["elements"], size), screen["elements"], size)


def encode_or_fallback(
    codec: Codec, action: Action, elements: Sequence[Mapping[str, Any]], size: tuple[int, int]
) -> str:
    """Encode an action; if the codec cannot express it, a tap at the same place, a wait, or the back key."""
    others = [Action("wait"), Action("key", text="BACK")]
    for candidate in (action, *([Action("tap", action.point)] if action.point else []), *others):
        try:
            return codec.encode(candidate, elements, size)
        except ValueError:
            continue
    raise ValueError(f"{codec.name} can express neither {action.kind} nor a substitute")
