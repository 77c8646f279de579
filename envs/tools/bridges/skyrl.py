"""A tool world as an environment of SkyRL-Gym: ``init`` and ``step`` of messages."""

from typing import Any

from palaestra.data.extras import require
from palaestra.envs.tools.bridges.episode import OVER, Episode, as_text, seed_of_row, tool_kind


def to_skyrl(world_id: str, **arguments: Any) -> type:
    """A subclass of ``skyrl_gym.envs.base_text_env.BaseTextEnv``, for ``skyrl_gym.register``.

    SkyRL makes an environment per trajectory from a row of its data set, as ``extras``; ``task`` and ``seed`` there
    choose the task, see ``task_rows``. Without them the seed follows from the prompt, so that a group shares its task.
    The model's texts are turns in the world's codec, observations are user messages.

    Args:
        world_id: id of a tool world.
        **arguments: of the world.

    Raises:
        InputError: it isn't a tool world; or the package is missing.
    """
    kind = tool_kind(world_id)
    require("an environment for SkyRL", "skyrl_gym")
    from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

    class Environment(BaseTextEnv):
        """See ``to_skyrl``."""

        def __init__(self, env_config: Any = None, extras: dict[str, Any] | None = None):
            super().__init__()
            self._row = dict(extras or {})
            self._episode = Episode(world_id, arguments)

        def init(self, prompt: list[dict[str, str]]) -> tuple[list[dict[str, str]], dict[str, Any]]:
            """Begin the episode; its rules, tools and instruction follow what the prompt says."""
            row = {name: self._row.get(name) for name in ("task", "seed")} | {"prompt": prompt}
            self._episode.reset(row["task"], seed_of_row(row))
            self.turns, self.max_turns = 0, self._episode.world.task.budget
            system = {"role": "system", "content": self._episode.prompt()}
            said = [each for each in prompt if each.get("content")]
            return [system, *said, {"role": "user", "content": self._episode.instruction}], self._metadata()

        def step(self, action: str) -> BaseTextEnvStepOutput:
            """Take the model's turn."""
            if self._episode.done:
                raise RuntimeError(f"{OVER}; make another environment")
            self.turns += 1
            text = as_text(self._episode.step(action))
            return BaseTextEnvStepOutput(
                observations=[{"role": "user", "content": text}] if text else [],
                reward=self._episode.reward,
                done=self._episode.done,
                metadata=self._metadata(),
            )

        def _metadata(self) -> dict[str, Any]:
            info = self._episode.info
            return {name: info[name] for name in ("task", "success", "partial", "cost", "errors", "stop")}

        def get_metrics(self) -> dict[str, float]:
            """Success and costs."""
            return self._episode.metrics()

        def close(self) -> None:
            """Close the world."""
            self._episode.world.close()

    Environment.__name__ = Environment.__qualname__ = kind.__name__
    return Environment
