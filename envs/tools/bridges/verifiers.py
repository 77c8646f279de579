"""A tool world as a task set and an environment of verifiers (its ``v1`` interface)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from palaestra.data.extras import require
from palaestra.envs.tools.bridges.episode import Episode, OneThread, as_text, task_rows, tool_kind


class VerifiersWorld(NamedTuple):
    """What a module must export for verifiers to find it by the module's name, both in its ``__all__``.

    Attributes:
        taskset: class.
        environment: class; its one agent is the ``player``.
    """

    taskset: type
    environment: type


def to_verifiers(world_id: str, tasks: Sequence[str] = (), **arguments: Any) -> VerifiersWorld:
    """Classes for ``verifiers.v1``: the world plays the user, as verifiers' own environment for OpenEnv does.

    The player's replies are turns in the world's codec, results come back as user messages; a harness needs no tools
    and no container (``null``). Options of the task set: ``count`` of tasks and ``first_seed``.

    Args:
        world_id: id of a tool world.
        tasks: names of templates; by default all.
        **arguments: of the world.

    Raises:
        InputError: it isn't a tool world, or there is no such template; or the package is missing.
    """
    kind = tool_kind(world_id)
    task_rows(world_id, 1, tasks=tasks)
    require("an environment for verifiers", "verifiers")
    import verifiers.v1 as vf

    class Data(vf.TaskData):
        template: str
        seed: int

    class Task(vf.Task[Data]):
        """A template and a seed."""

    class TasksetConfig(vf.TasksetConfig):
        count: int = 100
        first_seed: int = 0

    class Tasks(vf.Taskset[Task, TasksetConfig]):
        """See ``to_verifiers``."""

        def load(self) -> Iterator[Task]:
            """Yield the tasks, cycling through the templates."""
            episode = Episode(world_id, arguments)
            for row in task_rows(world_id, self.config.count, self.config.first_seed, tasks):
                episode.reset(row["task"], row["seed"])
                said = {"system_prompt": episode.prompt(), "prompt": episode.instruction}
                name = episode.info["task"]
                yield Task(Data(id=name, name=name, template=row["task"], seed=row["seed"], **said), self.config.task)
            episode.world.close()

    class EnvironmentConfig(vf.EnvConfig):
        player: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})

    class Environment(vf.Env[EnvironmentConfig]):
        """See ``to_verifiers``."""

        async def start(self) -> None:
            """Start the thread on which the worlds live."""
            self._thread = OneThread()

        async def stop(self) -> None:
            """End the thread."""
            self._thread.close()

        async def run(self, task: Task, agents: Any) -> None:
            """Play one episode; its reward and costs go onto the player's trace."""
            episode = await self._thread.run(Episode, world_id, arguments)
            await self._thread.run(episode.reset, task.data.template, task.data.seed)
            async with agents.player.interaction(task) as interaction:
                segment = await interaction.turn()
                while not segment.terminated:
                    text = as_text(await self._thread.run(episode.step, segment.last_reply))
                    if episode.done:
                        break
                    segment = await interaction.turn(text)
            interaction.trace.record_reward("reward", episode.reward)
            interaction.trace.record_metrics(episode.metrics())
            await self._thread.run(episode.world.close)

    for made in (Tasks, Environment):
        made.__name__ = made.__qualname__ = f"{kind.__name__}{made.__name__}"
    return VerifiersWorld(Tasks, Environment)
