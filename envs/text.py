"""Environments with text actions."""

from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import load_env_creator
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

from palaestra.data.errors import InputError
from palaestra.envs.registered import spec_of
from palaestra.envs.shared_texts import SharedTexts
from palaestra.envs.task import Task, Template, draw_task
from palaestra.envs.world import World

TEXT_LENGTH = 1 << 20
"""Default maximum length of a text, in characters."""


class AnyText(spaces.Text):
    """Strings up to a length; unlike ``gymnasium.spaces.Text``, of any characters.

    Gymnasium's ``AsyncVectorEnv`` can hold them in shared memory.
    """

    def __init__(self, max_length: int = TEXT_LENGTH, seed: int | None = None):
        super().__init__(max_length, min_length=0, charset=" ", seed=seed)  # the usual set takes 30 times longer

    def contains(self, x: Any) -> bool:
        """Whether ``x`` is a string of at most ``max_length`` characters."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A random string of up to 39 printable ASCII characters."""
        return "".join(chr(32 + int(c)) for c in self.np_random.integers(0, 95, self.np_random.integers(0, 40)))

    def __repr__(self) -> str:
        return f"AnyText({self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyText) and other.max_length == self.max_length


@create_shared_memory.register(AnyText)
def _shared_texts(space: AnyText, n: int = 1, ctx: Any = None) -> Any:
    return SharedTexts(n, space.max_length)


@read_from_shared_memory.register(AnyText)
def _read_shared_texts(space: AnyText, shared_memory: SharedTexts, n: int = 1) -> Any:
    return shared_memory  # Gymnasium reads only once, before the first reset, and copies what it has read at each step


@write_to_shared_memory.register(AnyText)
def _write_shared_text(space: AnyText, index: int, value: str, shared_memory: SharedTexts) -> None:
    shared_memory.write(index, value)


def readable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot encode, replaced by question marks."""
    return text.encode("utf-8", "replace").decode()


class Codec(Protocol):
    """Translates between text actions and the environment's own actions."""

    @property
    def name(self) -> str:
        """The name that selects it in the environment's ``codec`` argument."""


class Shown(NamedTuple):
    """The texts and the image in an observation.

    Attributes:
        texts: by name.
        picture: (height, width, 3) uint8, or None.
    """

    texts: dict[str, str]
    picture: np.ndarray | None


Behaviour = Callable[[Task, Any, np.random.Generator], Generator[str, Mapping[str, Any], None]]
"""Makes a coroutine that plays a task in a codec with random numbers; see ``TextWorld.oracle``."""


class TextWorld(World):
    """An environment with tasks and text actions: the interface that agents, recordings and viewers use.

    ``info`` has ``clauses`` and ``success`` (None: not scored) after every reset and step. After a step it also has
    ``verdict`` (1.0 if the task counts as done in this step, else 0.0; None: not scored), ``action`` (the decoded
    action) and, for an invalid action, ``action_error``; after the last step of an episode, ``side_effects``.
    ``reset(options={"task": NAME})`` chooses the task.

    Attributes:
        codec: decodes the agent's texts.
        task: the current task; None before the first reset.
    """

    codec: Codec
    task: Task | None

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of the tasks from which an episode's task is sampled."""
        raise NotImplementedError

    @classmethod
    def templates(cls) -> Mapping[str, Template[Any]]:
        """The templates that the class knows by name, in the order of ``palaestra envs tasks``; none by default."""
        return {}

    @classmethod
    def make_task(cls, name: str, seed: int) -> Task:
        """Fill a template's slots by a seed.

        Args:
            name: in ``templates``; a class may also accept ``module:Name`` of the user's own.
            seed: of the slots.
        """
        return draw_task(cls.templates()[name], seed)

    @classmethod
    def described_task(cls, task: Task) -> Mapping[str, str]:
        """What ``palaestra envs tasks`` prints about a task besides its name, steps and instruction, by column.

        Every task of a class has the same columns.
        """
        return {}

    @classmethod
    def splits_report(cls) -> str:
        """What ``palaestra envs tasks --splits`` prints: the splits of the tasks, and what their sides share.

        Raises:
            InputError: the tasks have no splits.
        """
        raise InputError(f"{cls.__name__}: its tasks have no splits")

    @classmethod
    def recorded(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments for a recording, extended by the observations that scripted agents need."""
        return arguments

    @classmethod
    def replayed(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with which a recording is replayed, also one of an earlier version with other defaults."""
        return arguments

    @classmethod
    def shown(cls, observation: Mapping[str, Any]) -> Shown:
        """The texts in an observation, and its ``pixels`` if there are any."""
        texts = {name: each for name, each in observation.items() if isinstance(each, str)}
        return Shown(texts, observation.get("pixels"))

    def annotations(self) -> dict[str, Any]:
        """The overlay that viewers draw on the current image: ``size`` and ``elements``; empty by default."""
        return {}

    @classmethod
    def oracle(cls, task: Task, codec: Any) -> Generator[str, Mapping[str, Any], None]:
        """A coroutine that solves the task: prime it with ``next``, then send observations and receive texts."""
        raise NotImplementedError

    @classmethod
    def careful(cls, task: Task, codec: Any) -> Generator[str, Mapping[str, Any], None]:
        """The oracle of an agent that does more than it must, such as checking what it knows; by default ``oracle``."""
        return cls.oracle(task, codec)

    @classmethod
    def behaviours(cls) -> Mapping[str, Behaviour]:
        """Scripted behaviours besides the oracle and random actions, by name; none by default."""
        return {}

    @classmethod
    def decision(cls, task: Task, observation: Mapping[str, Any]) -> tuple[str, str] | None:
        """The state in which an agent decides, and the right action there; None if the class doesn't know them.

        The state is a name for what matters of the observation: not the time in a status bar, for instance.
        """
        return None

    @classmethod
    def random_text(cls, random: np.random.Generator, observation: Mapping[str, Any], codec: Any) -> str:
        """A random text action."""
        raise NotImplementedError

    @classmethod
    def surrender(cls, observation: Mapping[str, Any], codec: Any) -> str:
        """The text action that reports the task as infeasible."""
        raise NotImplementedError


def text_world(world_id: str, advice: str = "") -> type[TextWorld]:
    """The class of an environment with text actions.

    Args:
        world_id: see ``palaestra.envs.registered.spec_of``.
        advice: ends the error's message if its actions are not texts.

    Raises:
        InputError: there is no such environment, or its actions are not texts.
    """
    point: Any = spec_of(world_id).entry_point
    kind = load_env_creator(point) if isinstance(point, str) else point
    if not (isinstance(kind, type) and issubclass(kind, TextWorld)):
        raise InputError(f"{world_id}: has no text actions{advice}")
    return kind
