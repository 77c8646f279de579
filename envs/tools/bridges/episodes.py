"""Many episodes of a tool world, each named by an id, behind functions of plain data; idle ones are closed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.episode import OVER, Episode, tool_kind, tool_specs
from palaestra.envs.tools.calls import ToolCall, ToolError
from palaestra.envs.tools.spec import ToolSpec

MOST = 64
IDLE_SECONDS = 900.0
CONTROLS = ("reset", "answer", "close")
EPISODE = {"type": "string", "description": "Id of the episode, as reset returned it."}


@dataclass
class Reply:
    """What a function returned.

    Attributes:
        text: for the agent.
        is_error: whether the call failed.
        structured: the same as data, if there is more to say.
        outcome: for who drives the agent, not for the agent: ``reward``, ``done``, ``stop``, ``task``.
    """

    text: str
    is_error: bool = False
    structured: dict[str, Any] | None = None
    outcome: dict[str, Any] = field(default_factory=dict)


class Episodes:
    """The functions ``reset``, ``answer`` and ``close``, and the world's tools with an argument ``episode``.

    Args:
        world_id: see ``tool_kind``.
        arguments: of the worlds.
        most: number of episodes at a time.
        idle_seconds: after which an episode that nobody called is closed.
        clock: seconds.

    Attributes:
        specs: of all functions.

    Raises:
        InputError: it isn't a tool world, or a tool's or parameter's name is one that is needed here.
    """

    def __init__(
        self,
        world_id: str,
        arguments: Mapping[str, Any] | None = None,
        most: int = MOST,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._id, self._arguments, self._kind = world_id, dict(arguments or {}), tool_kind(world_id)
        self._most, self._idle, self._clock = most, idle_seconds, clock
        self._controls = {name: _without_result(ToolSpec.of(getattr(type(self), name))) for name in CONTROLS}
        own = [_with_episode(spec) for spec in tool_specs(world_id, *CONTROLS)]
        self.specs = [*self._controls.values(), *own]
        self._open: dict[str, tuple[Episode, float]] = {}
        self._count = 0

    def call(self, name: str, arguments: Mapping[str, Any]) -> Reply:
        """Call a function by name; whatever is wrong comes back as an error for the agent."""
        try:
            if name not in self._controls:
                return self._tool(name, dict(arguments))
            if problem := self._controls[name].problem(dict(arguments)):
                raise ToolError(f"{name}: {problem}")
            return getattr(self, name)(**arguments)
        except (ToolError, InputError) as error:
            return Reply(str(error), is_error=True)

    def reset(self, task: str | None = None, seed: int | None = None) -> Reply:
        """Begin an episode; returns its id, the rules and what the user wants.

        Args:
            task: name of a kind of task; any if it is left out.
            seed: of the episode: the same seed and task give the same one; any if it is left out.
        """
        self._close_idle()
        if len(self._open) >= self._most:
            raise ToolError(f"all {self._most} episodes are in use; close one")
        if seed is not None and seed < 0:
            raise ToolError(f"seed {seed}: must be at least 0")
        episode = Episode(self._id, self._arguments)
        try:
            episode.reset(task, seed)
        except InputError:
            episode.world.close()
            raise
        self._count += 1
        name = f"episode_{self._count}"
        self._open[name] = (episode, self._clock())
        told = {"episode": name, "rules": episode.rules, "instruction": episode.instruction}
        text = f"Episode: {name}\n\n{episode.rules}\n\n{episode.instruction}"
        return Reply(text, structured=told, outcome=_outcome(episode))

    def answer(self, episode: str, text: str) -> Reply:
        """Say something to the user: the answer, which ends the episode unless the user replies.

        Args:
            episode: id of the episode, as reset returned it.
            text: what to say.
        """
        current = self._current(episode)
        replies = [each["content"] for each in current.step({"role": "assistant", "content": text})]
        said = "\n".join(replies)
        return Reply(said or f"{OVER[0].upper()}{OVER[1:]}.", outcome=_outcome(current))

    def close(self, episode: str) -> Reply:
        """End an episode and free its memory.

        Args:
            episode: id of the episode, as reset returned it.
        """
        self._found(episode)
        self._open.pop(episode)[0].world.close()
        return Reply(f"{episode} is closed.")

    def close_all(self) -> None:
        """End all episodes."""
        for name in list(self._open):
            self.close(name)

    def _tool(self, name: str, arguments: dict[str, Any]) -> Reply:
        current = self._current(arguments.pop("episode", None))
        message, *_ = current.step([ToolCall("", name, arguments)]) or [{"content": OVER, "is_error": True}]
        return Reply(message["content"], message.get("is_error", False), outcome=_outcome(current))

    def _found(self, name: object) -> Episode:
        self._close_idle()
        if not isinstance(name, str) or name not in self._open:
            raise ToolError(f"there is no episode {str(name)[:80]!r}; reset begins one")
        self._open[name] = (self._open[name][0], self._clock())
        return self._open[name][0]

    def _current(self, name: object) -> Episode:
        """An episode that goes on."""
        episode = self._found(name)
        if episode.done:
            raise ToolError(f"{OVER} ({episode.info['stop']}); reset begins another")
        return episode

    def _close_idle(self) -> None:
        limit = self._clock() - self._idle
        for name in [name for name, (_, used) in self._open.items() if used < limit]:
            self._open.pop(name)[0].world.close()


def _outcome(episode: Episode) -> dict[str, Any]:
    return {
        "task": episode.info["task"],
        "reward": episode.reward,
        "done": episode.done,
        "stop": episode.info["stop"],
        "success": episode.info["success"] if episode.done else None,
    }


def _with_episode(spec: ToolSpec) -> ToolSpec:
    """A tool's spec with an argument for the episode."""
    properties = spec.parameters.get("properties", {})
    if "episode" in properties:
        raise InputError(f"tool {spec.name}: its parameter episode has a name that the bridge needs")
    parameters = {
        **spec.parameters,
        "properties": {"episode": EPISODE, **properties},
        "required": ["episode", *spec.parameters.get("required", ())],
    }
    return replace(_without_result(spec), parameters=parameters)


def _without_result(spec: ToolSpec) -> ToolSpec:
    """A spec that promises no form of the result, which clients would hold it to; an adversary changes results."""
    return replace(spec, returns=None, returned="")
