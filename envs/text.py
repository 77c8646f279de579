"""Worlds with texts as observations and actions."""

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from gymnasium import spaces

from palaestra.envs.task import Task
from palaestra.envs.world import World

TEXT_LENGTH = 1 << 20
"""Default limit on the characters of a text."""


class AnyText(spaces.Text):
    """Strings of any characters up to a length; Gymnasium's own space needs a list of the characters."""

    def __init__(self, max_length: int = TEXT_LENGTH, seed: int | None = None):
        super().__init__(max_length, min_length=0, seed=seed)

    def contains(self, x: Any) -> bool:
        """Whether it is a string that is short enough."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A short string."""
        return "".join(chr(32 + int(c)) for c in self.np_random.integers(0, 95, self.np_random.integers(0, 40)))

    def __repr__(self) -> str:
        return f"AnyText({self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyText) and other.max_length == self.max_length


def readable(text: str) -> str:
    """A text that can be written as UTF-8: half characters become question marks."""
    return text.encode("utf-8", "replace").decode()


class Codec(Protocol):
    """The language of actions: between texts and what a world does."""

    @property
    def name(self) -> str:
        """By which the world's ``codec`` argument knows it."""


class Shown(NamedTuple):
    """What an observation shows.

    Attributes:
        texts: by name.
        picture: (height, width, 3) uint8; None where there is none.
    """

    texts: dict[str, str]
    picture: np.ndarray | None


class TextWorld(World):
    """A world with text actions, and tasks to do in it: all that agents, recordings and viewers know of one.

    Its ``info`` has ``clauses`` and ``success`` (None: not scored) after every reset and step; after a step ``verdict``
    (1.0 where the task counts as done with it, 0.0 where not, None: not scored), ``action`` (what the text was read as)
    and, where something was wrong with it, ``action_error``; with the episode's last step ``side_effects``.
    ``reset(options={"task": NAME})`` chooses the task.

    Attributes:
        codec: reads the agent's texts.
        task: what is to be done; None before the first reset.
    """

    codec: Codec
    task: Task | None

    @property
    def task_names(self) -> tuple[str, ...]:
        """The tasks that episodes draw from."""
        raise NotImplementedError

    @classmethod
    def recorded(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments for recording: with what scripted agents must see, whatever else is observed."""
        return arguments

    @classmethod
    def shown(cls, observation: Mapping[str, Any]) -> Shown:
        """What an observation shows: its texts, and ``pixels`` if it has some."""
        texts = {name: each for name, each in observation.items() if isinstance(each, str)}
        return Shown(texts, observation.get("pixels"))

    def annotations(self) -> dict[str, Any]:
        """What a viewer draws over the picture now: ``size`` and ``elements``, if there are any."""
        return {}

    @classmethod
    def oracle(cls, task: Task, codec: Any) -> Generator[str, Mapping[str, Any], None]:
        """Texts that do the task, each in answer to an observation; prime it with ``next``."""
        raise NotImplementedError

    @classmethod
    def random_text(cls, random: np.random.Generator, observation: Mapping[str, Any], codec: Any) -> str:
        """A random action."""
        raise NotImplementedError

    @classmethod
    def surrender(cls, observation: Mapping[str, Any], codec: Any) -> str:
        """Say that the task can't be done."""
        raise NotImplementedError
