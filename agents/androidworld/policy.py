"""Agents that were written for AndroidWorld (Rawles et al. 2024, arXiv 2405.14573) as policies.

Such an agent is made with an environment that it asks for states and gives actions to, where a policy is asked for
actions. So it runs in a thread that waits while the world steps; agents for several worlds run at the same time.
"""

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from palaestra.agents.errors import shown_in_a_line
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.envs.task import Task

COMPLETE = '{"action_type": "status", "goal_status": "complete"}'
WAIT = '{"action_type": "wait"}'
PAUSES = ("transition_pause", "wait_after_action_seconds")
"""Attributes with seconds that AndroidWorld's agents sleep after an action."""


def is_made_with_env(kind: Any) -> bool:
    """Whether it is a class with the methods of AndroidWorld's agents, or a function of ``env`` that makes one."""
    if isinstance(kind, type):
        return hasattr(kind, "step") and hasattr(kind, "reset") and not hasattr(kind, "act")
    return inspect.isfunction(kind) and list(inspect.signature(kind).parameters) == ["env"]


class AndroidWorldPolicy:
    """Plays an agent of AndroidWorld's in worlds with the codec ``json`` and ``elements`` in their observations.

    Every episode gets a new agent. What it executes is an action; a step of the agent without any is a wait. When it
    says that it is done, the task is reported as complete, as AndroidWorld does whatever the agent thinks. Its pauses
    are set to 0, because an observation shows a phone that has settled.

    Args:
        make: an agent for an environment, such as the agent's class.
        name: of the agent.

    Raises:
        InputError: it wants more than an environment.
    """

    def __init__(self, make: Callable[[Any], Any], name: str):
        try:
            inspect.signature(make).bind(None)
        except TypeError as error:
            raise InputError(f"{name}: {error}; name a function of env that makes the agent") from None
        self._make, self._name = make, name
        self._episodes: dict[int, _Episode] = {}

    def check_world(self, observations: gymnasium.Space[Any], codec: str) -> None:
        """Check that the agent can play in a world.

        Raises:
            InputError: it is no phone, or has another codec.
        """
        if not isinstance(observations, gymnasium.spaces.Dict) or "elements" not in observations.spaces:
            raise InputError(f"{self._name}: an agent of AndroidWorld's plays in palaestra/AndroidTasks-v0 only")
        if codec != "json":
            raise InputError(f"{self._name}: an agent of AndroidWorld's needs the codec json, not {codec}")

    def reset(self, which: np.ndarray | None = None, tasks: "Sequence[Task | None]" = ()) -> None:
        """See ``TextPolicy.reset``."""
        for row, task in enumerate(tasks):
            if task is not None:
                self.rest(row)
                self._episodes[row] = _Episode(self._make, self._name, task)

    def rest(self, row: int) -> None:
        """End the agent of a world whose episode is over."""
        if episode := self._episodes.pop(row, None):
            episode.observations.put(None)

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; the text for an idle world is empty."""
        for row, episode in self._episodes.items():
            episode.observations.put(observations[row])
        texts = [""] * len(observations)
        for row, episode in self._episodes.items():
            texts[row] = episode.next_text()
        return texts


class _Over(BaseException):
    """The episode ended while the agent was waiting; no Exception, so that agents don't catch it."""


class _Episode:
    """An agent in its thread: observations go in, texts or an error come out."""

    def __init__(self, make: Callable[[Any], Any], name: str, task: "Task"):
        self._make, self._name, self._task = make, name, task
        self.observations: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[str | Exception] = SimpleQueue()
        self._acted = 0
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def next_text(self) -> str:
        """The agent's next action; raises what the agent raised."""
        answer = self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _run(self) -> None:
        try:
            with shown_in_a_line(self._name, self._make):
                self._play()
        except _Over:
            return
        except Exception as error:
            self._answers.put(error)

    def _play(self) -> None:
        from palaestra.agents.androidworld.interface import AgentEnv  # needs the extra of the phone

        env = AgentEnv(self._act, self._observation())
        agent = self._make(env)
        for name in PAUSES:
            if hasattr(agent, name):
                setattr(agent, name, 0.0)
        agent.reset(False)
        if hasattr(agent, "set_max_steps"):
            agent.set_max_steps(self._task.budget)
        while True:
            before = self._acted
            if agent.step(self._task.instruction).done:
                self._answers.put(COMPLETE)
                self._observation()
            elif self._acted == before:
                env.observe(self._act(WAIT))

    def _act(self, text: str) -> Mapping[str, Any]:
        self._acted += 1
        self._answers.put(text)
        return self._observation()

    def _observation(self) -> Mapping[str, Any]:
        observation = self.observations.get()
        if observation is None:
            raise _Over
        return observation
