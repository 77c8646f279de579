"""The user's own agents: a function of an observation, or a class with the methods of a policy."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.agents.androidworld.policy import AndroidWorldPolicy, is_made_with_env
from palaestra.agents.errors import AgentError, shown_in_a_line
from palaestra.agents.policy import Policy, TextPolicy
from palaestra.data.errors import InputError
from palaestra.data.own_code import load_own, own_name

if TYPE_CHECKING:
    from palaestra.envs.task import Task


def name_of(agent: Any) -> str:
    """The name of an agent for records: its ``module:name``, or the class of an object."""
    if isinstance(agent, str):
        return agent
    return own_name(agent) if hasattr(agent, "__qualname__") else type(agent).__name__


def text_policy(agent: Any, worlds: int) -> TextPolicy:
    """A policy for worlds with text actions.

    Args:
        agent: ``module:name``, or an object: a function of an observation that returns a text, a class or a function
            without arguments that makes a ``TextPolicy``, or a ``TextPolicy``; or an agent that was written for
            AndroidWorld, see ``AndroidWorldPolicy``.
        worlds: number of worlds.

    Raises:
        InputError: there is no such object, or it is no agent.
        AgentError: it can't be made.
    """
    name = name_of(agent)
    if is_made_with_env(kind := load_own(agent) if isinstance(agent, str) else agent):
        return AndroidWorldPolicy(kind, name)
    made = _made(agent)
    if not _is_policy(made):
        return TextFunction(made, name, worlds)
    return made if made is agent else OwnTextPolicy(made, name)


def array_policy(agent: Any) -> Policy:
    """A policy for worlds with array spaces; see ``text_policy``.

    Args:
        agent: as in ``text_policy``, with a function that returns an action, or a ``Policy``.
    """
    made = _made(agent)
    return made if _is_policy(made) else ArrayFunction(made, name_of(agent))


def _made(agent: Any) -> Any:
    """The policy or function that an agent's name, class, factory or object stands for."""
    name = name_of(agent)
    if isinstance(agent, str):
        agent = load_own(agent)
    if _is_factory(agent):
        with shown_in_a_line(name, agent):
            agent = agent()
    if not (_is_policy(agent) or callable(agent)):
        kind = type(agent).__name__
        raise InputError(f"{name}: is {kind}, not a function of an observation or a class with reset and act")
    return agent


def _is_policy(agent: Any) -> bool:
    return not isinstance(agent, type) and hasattr(agent, "reset") and hasattr(agent, "act")


def _is_factory(agent: Any) -> bool:
    """Whether it is a class, or a function without parameters."""
    if isinstance(agent, type) or not callable(agent) or _is_policy(agent):
        return isinstance(agent, type)
    try:
        return not inspect.signature(agent).parameters
    except ValueError:  # some builtins have no signature
        return False


class TextFunction:
    """A function of an observation as a policy; of several worlds, each one's call runs in a thread of its own.

    Args:
        function: returns the text action for an observation.
        name: of the function.
        worlds: number of worlds.
    """

    def __init__(self, function: Callable[[Mapping[str, Any]], str], name: str, worlds: int):
        self._function, self._name = function, name
        self._playing = [False] * worlds

    def reset(self, which: np.ndarray | None = None, tasks: "Sequence[Task | None]" = ()) -> None:
        """See ``TextPolicy.reset``."""
        for row, task in enumerate(tasks):
            self._playing[row] = self._playing[row] or task is not None

    def rest(self, row: int) -> None:
        """Don't call the function for a world whose episode is over."""
        self._playing[row] = False

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; the text for an idle world is empty."""
        texts = [""] * len(observations)
        rows = [row for row in range(len(observations)) if self._playing[row]]
        if len(rows) > 1:
            with ThreadPoolExecutor(len(rows)) as pool:
                answers = list(pool.map(self._text, [observations[row] for row in rows]))
        else:
            answers = [self._text(observations[row]) for row in rows]
        for row, answer in zip(rows, answers):
            texts[row] = answer
        return texts

    def _text(self, observation: Mapping[str, Any]) -> str:
        with shown_in_a_line(self._name, self._function):
            text = self._function(observation)
        return _checked_text(text, self._name)


class OwnTextPolicy:
    """A policy that the user's class made; its errors are lines.

    Args:
        policy: made by the class.
        name: of the class.
    """

    def __init__(self, policy: TextPolicy, name: str):
        self._policy, self._name = policy, name

    def reset(self, which: np.ndarray | None = None, tasks: "Sequence[Task | None]" = ()) -> None:
        """See ``TextPolicy.reset``."""
        with shown_in_a_line(self._name, self._policy):
            self._policy.reset(which, tasks)

    def rest(self, row: int) -> None:
        """Tell the policy, if it wants to know, that a world's episode is over."""
        if hasattr(self._policy, "rest"):
            with shown_in_a_line(self._name, self._policy):
                self._policy.rest(row)

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``."""
        with shown_in_a_line(self._name, self._policy):
            texts = self._policy.act(observations, rewards, deterministic)
        if not isinstance(texts, list | tuple) or len(texts) != len(observations):
            expected = f"a list of {len(observations)} texts, one per environment"
            raise AgentError(f"{self._name}: act returned {texts!r:.80}, not {expected}")
        return [_checked_text(text, self._name) for text in texts]


def _checked_text(text: Any, name: str) -> str:
    if not isinstance(text, str):
        raise AgentError(f"{name}: returned {text!r:.80}, a {type(text).__name__}, not a text")
    return text


class ArrayFunction:
    """A function of an observation (d_s,) as a policy for a grid of worlds.

    Args:
        function: returns the action for an observation.
        name: of the function.

    Attributes:
        action_shape: of the worlds' actions, once it is known; others are refused.
    """

    def __init__(self, function: Callable[[np.ndarray], Any], name: str):
        self._function, self._name = function, name
        self.action_shape: tuple[int, ...] | None = None

    def reset(self, which: np.ndarray | None = None) -> None:
        """Does nothing: a function has no memory."""

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """See ``Policy.act``."""
        grid = observations.shape[:-1]
        actions = [self._action(observation) for observation in observations.reshape(-1, observations.shape[-1])]
        return np.array(actions).reshape(*grid, -1)

    def _action(self, observation: np.ndarray) -> np.ndarray:
        with shown_in_a_line(self._name, self._function):
            action = np.asarray(self._function(observation), np.float32)
        if self.action_shape not in (None, action.shape):
            raise AgentError(f"{self._name}: returned an action of shape {action.shape}, not {self.action_shape}")
        return action
