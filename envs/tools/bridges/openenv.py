"""A tool world as an environment of OpenEnv."""

from typing import Any, NamedTuple

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.tools.bridges.episode import OVER, Episode, tool_kind


class OpenEnvWorld(NamedTuple):
    """What ``openenv.core.env_server.create_app`` takes: ``create_app(*to_openenv(ID))``.

    Attributes:
        environment: class.
        action: class: ``calls``, a list of ``name`` and ``arguments``; without them ``text``, a turn in the codec.
        observation: class: new ``messages``, ``reward`` and ``done``; ``truncated`` is in ``metadata``.
    """

    environment: type
    action: type
    observation: type


def to_openenv(world_id: str, **arguments: Any) -> OpenEnvWorld:
    """Classes for OpenEnv's servers; ``reset`` takes ``seed`` and ``task``.

    Args:
        world_id: id of a tool world.
        **arguments: of the world.

    Raises:
        InputError: it isn't a tool world; or the package is missing.
    """
    kind = tool_kind(world_id)
    require("an environment for OpenEnv", "openenv")
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import Action, Observation, State

    class Turn(Action):
        text: str = ""
        calls: tuple[dict[str, Any], ...] = ()

    class Messages(Observation):
        messages: list[dict[str, Any]]

    class World(Environment[Turn, Messages, State]):
        """See ``to_openenv``."""

        SUPPORTS_CONCURRENT_SESSIONS = True
        REQUIRES_SINGLE_THREAD_EXECUTOR = True  # SQLite's connections belong to their threads

        def __init__(self) -> None:
            super().__init__()
            self._episode = Episode(world_id, arguments)
            self._state = State()

        def reset(
            self, seed: int | None = None, episode_id: str | None = None, task: str | None = None, **more: Any
        ) -> Messages:
            """Begin an episode."""
            messages = self._episode.reset(task, seed)
            self._state = State(episode_id=episode_id or self._episode.info["task"], step_count=0)
            return self._observed(messages)

        def step(self, action: Turn, timeout_s: float | None = None, **more: Any) -> Messages:
            """Take a turn."""
            if self._episode.done:
                raise InputError(f"{OVER}, or none has begun; call reset")
            calls = [{"function": each} for each in action.calls]
            messages = self._episode.step({"role": "assistant", "tool_calls": calls} if calls else action.text)
            self._state.step_count += 1
            return self._observed(messages)

        def _observed(self, messages: list[dict[str, Any]]) -> Messages:
            names = ("task", "success", "partial", "cost", "errors", "stop")
            metadata = {name: self._episode.info[name] for name in names} | {"truncated": self._episode.truncated}
            reward, done = self._episode.reward, self._episode.done
            return Messages(messages=messages, reward=reward, done=done, metadata=metadata)

        @property
        def state(self) -> State:
            """Id and number of steps of the episode."""
            return self._state

        def close(self) -> None:
            """Close the world."""
            self._episode.world.close()

    World.__name__ = World.__qualname__ = kind.__name__
    return OpenEnvWorld(World, Turn, Messages)
