"""Scripted agents for environments with text actions: random, the tasks' oracles, and oracles with random actions.

They implement ``TextPolicy``: observations and actions are lists with one entry per environment. The environment's
class (``TextWorld``) provides random actions and oracles; the agents access only observations and tasks.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.agents.errors import AgentError
from palaestra.agents.policy import TextPolicy
from palaestra.data.streams import child_seed
from palaestra.envs.task import Task
from palaestra.envs.text import Behaviour, Codec, TextWorld

RANDOM_SHARE = 0.15
"""Probability of a random action in each step of the noisy oracle."""


class RandomAgent:
    """Acts randomly.

    Args:
        kind: class of the environments.
        codec: of their actions.
        seed: of the random actions.
        worlds: number of environments.
    """

    def __init__(self, kind: type[TextWorld], codec: Codec, seed: int, worlds: int = 1):
        self._kind, self._codec = kind, codec
        self._generators = [np.random.default_rng(child_seed(seed, "random agent", row)) for row in range(worlds)]

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """Do nothing: the agent has no memory."""

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """One text action per environment."""
        rows = zip(self._generators, observations)
        return [self._kind.random_text(random, observation, self._codec) for random, observation in rows]


class OracleAgent:
    """Follows the task's oracle; with probability ``slip`` a step takes a random action instead.

    If the oracle fails after a random action, because the world is not as it expects, the agent reports the task
    as infeasible.

    Args:
        kind: class of the environments.
        codec: of their actions.
        seed: of the random actions.
        worlds: number of environments.
        slip: probability of a random action in a step.
    """

    def __init__(self, kind: type[TextWorld], codec: Codec, seed: int, worlds: int = 1, slip: float = 0.0):
        self._kind, self._codec, self._slip = kind, codec, slip
        self._generators = [np.random.default_rng(child_seed(seed, "oracle agent", row)) for row in range(worlds)]
        self._oracles: dict[int, Generator[str, Mapping[str, Any], None]] = {}

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """Start the oracles of the environments that have a new task."""
        for row, task in enumerate(tasks):
            if task is not None and (which is None or which[row]):
                self._oracles[row] = self._kind.oracle(task, self._codec)
                next(self._oracles[row])

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """One text action per environment."""
        return [self._text(row, observation) for row, observation in enumerate(observations)]

    def _text(self, row: int, observation: Mapping[str, Any]) -> str:
        random = self._generators[row]
        if self._slip and random.random() < self._slip:
            return self._kind.random_text(random, observation, self._codec)
        try:
            return self._oracles[row].send(observation)
        except (LookupError, StopIteration) as error:
            if not self._slip:
                reason = str(error) or "it ended before the episode"
                raise AgentError(f"the oracle of this task failed: {reason}") from error
            return self._kind.surrender(observation, self._codec)


class BehaviourAgent:
    """Follows one of the scripted behaviours of a kind of environments; see ``TextWorld.behaviours``.

    Args:
        behaviour: makes a coroutine for a task.
        codec: of the actions.
        seed: of the behaviour's random numbers.
    """

    def __init__(self, behaviour: Behaviour, codec: Codec, seed: int):
        self._behaviour, self._codec, self._seed = behaviour, codec, seed
        self._running: dict[int, Generator[str, Mapping[str, Any], None]] = {}

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """Start the behaviours of the environments that have a new task."""
        for row, task in enumerate(tasks):
            if task is not None and (which is None or which[row]):
                random = np.random.default_rng(child_seed(self._seed, "behaviour", row))
                self._running[row] = self._behaviour(task, self._codec, random)
                next(self._running[row])

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """One text action per environment."""
        return [self._running[row].send(observation) for row, observation in enumerate(observations)]


class CoroutineAgent:
    """Plays coroutines of texts, in any of the worlds; worlds that rest say nothing.

    Args:
        make: the coroutine for a task and a codec, such as ``TextWorld.oracle``.
        codec: of the actions.
        worlds: number of worlds.
    """

    def __init__(self, make: Callable[[Task, Codec], Any], codec: Codec, worlds: int):
        self._make, self._codec = make, codec
        self._running: list[Any] = [None] * worlds

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``."""
        for row, task in enumerate(tasks):
            if task is not None:
                self._running[row] = self._make(task, self._codec)
                next(self._running[row])

    def rest(self, row: int) -> None:
        """A world's episode has ended."""
        self._running[row] = None

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``."""
        return [
            "" if running is None else running.send(observation)
            for running, observation in zip(self._running, observations)
        ]


def noisy_oracle(kind: type[TextWorld], codec: Codec, seed: int, worlds: int = 1) -> OracleAgent:
    """The oracle with a share ``RANDOM_SHARE`` of random actions."""
    return OracleAgent(kind, codec, seed, worlds, RANDOM_SHARE)


AGENTS: dict[str, Callable[[type[TextWorld], Codec, int], TextPolicy]] = {
    "random": RandomAgent,
    "oracle": OracleAgent,
    "noisy-oracle": noisy_oracle,
}
"""Agents by their names in ``palaestra rollout --policy``, in every environment with text actions."""


def agents_of(kind: type[TextWorld]) -> dict[str, Callable[[type[TextWorld], Codec, int], TextPolicy]]:
    """The scripted agents of a kind of environments by name: ``AGENTS`` and the kind's own behaviours."""

    def follower(behaviour: Behaviour) -> Callable[[type[TextWorld], Codec, int], TextPolicy]:
        return lambda kind, codec, seed: BehaviourAgent(behaviour, codec, seed)

    return AGENTS | {name: follower(behaviour) for name, behaviour in kind.behaviours().items()}
