"""An episode of a tool world under somebody else's loop: what all bridges need of a world."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from gymnasium.envs.registration import load_env_creator

from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.envs import registered
from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.spec import ToolSpec
from palaestra.envs.tools.tool import tools_of
from palaestra.envs.tools.world import ToolEnv

OVER = "the episode is over"
Result = TypeVar("Result")


def tool_kind(world_id: str) -> type[ToolEnv]:
    """The class of a tool world.

    Args:
        world_id: see ``palaestra.envs.registered.spec_of``.

    Raises:
        InputError: there is no such environment, or it isn't a tool world.
    """
    point: Any = registered.spec_of(world_id).entry_point
    kind = load_env_creator(point) if isinstance(point, str) else point
    if not (isinstance(kind, type) and issubclass(kind, ToolEnv)):
        raise InputError(f"{world_id}: is no tool world; `palaestra envs` lists those with text actions")
    return kind


def tool_specs(world_id: str, *reserved: str) -> list[ToolSpec]:
    """The specs of a world's tools.

    Args:
        world_id: see ``tool_kind``.
        *reserved: names that the bridge itself needs.

    Raises:
        InputError: see ``tool_kind``; or a tool has a reserved name.
    """
    specs = [each.spec for each in tools_of(tool_kind(world_id)).values()]
    if taken := [spec.name for spec in specs if spec.name in reserved]:
        raise InputError(f"{world_id}: tool {taken[0]} has a name that the bridge needs: {', '.join(reserved)}")
    return specs


class Episode:
    """A world and its current episode.

    Args:
        world_id: see ``tool_kind``.
        arguments: of the world.

    Attributes:
        world: the environment.
        reward: of the last step, 0 or 1.
        done: whether the episode has ended, by an answer or a budget.
        truncated: whether a budget ended it.
        info: see ``ToolEnv``.
        rules: the system message.
        instruction: the first user message.

    Raises:
        InputError: see ``tool_kind``; or the arguments are wrong.
    """

    def __init__(self, world_id: str, arguments: Mapping[str, Any]):
        tool_kind(world_id)
        self.world: Any = registered.make(world_id, **arguments).unwrapped
        self.reward, self.done, self.truncated = 0.0, True, False
        self.info: dict[str, Any] = {}
        self.rules = self.instruction = ""

    def reset(self, task: str | None = None, seed: int | None = None) -> list[dict[str, Any]]:
        """Begin an episode; returns the first messages.

        Args:
            task: name of a template; None draws one.
            seed: of everything; None: any.
        """
        observation, self.info = self.world.reset(seed=seed, options={"task": task} if task else None)
        self.reward, self.done, self.truncated = 0.0, False, False
        messages = json.loads(observation["messages"])
        self.rules, self.instruction = messages[0]["content"], messages[1]["content"]
        return messages

    def step(self, action: Any) -> list[dict[str, Any]]:
        """Take one turn; returns the new messages.

        Args:
            action: see ``ToolEnv.step``.
        """
        observation, self.reward, terminated, self.truncated, self.info = self.world.step(action)
        self.done = terminated or self.truncated
        return json.loads(observation["messages"])

    def prompt(self) -> str:
        """A system prompt for a model that only reads and writes text: rules, tools, and how to call them."""
        form = self.world.codec.encode(Turn("", (ToolCall("", "NAME", {"PARAMETER": "VALUE"}),)))
        tools = "\n\n".join(spec.text() for spec in self.world.specs)
        how = f"Call a tool like this:\n{form}\nA turn without a call is said to the user."
        return f"{self.rules}\n\nYour tools:\n\n{tools}\n\n{how}"

    def metrics(self) -> dict[str, float]:
        """Numbers for a trainer's log: success, share of the clauses, and costs so far."""
        scores = {"success": float(self.info["success"] or 0), "partial": float(self.info["partial"] or 0)}
        return scores | {name: float(value) for name, value in self.info["cost"].items()}


def as_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """New messages as one text for a model without tool messages: results in ``<tool_response>``, as Qwen has them."""
    responses = (f"<tool_response>\n{each['content']}\n</tool_response>" for each in messages if each["role"] == "tool")
    return "\n".join([*responses, *(each["content"] for each in messages if each["role"] == "user")])


def seed_of_row(row: Mapping[str, Any]) -> int:
    """The seed of a data set's row: its ``seed``, else one derived from its other plain fields.

    Equal rows, the members of a group, get equal seeds in every process.
    """
    if (seed := row.get("seed")) is not None:
        return int(seed)
    text = json.dumps(row, sort_keys=True, default=lambda value: type(value).__name__)
    return child_seed(hashlib.sha256(text.encode()).hexdigest(), "row") % 2**31


def task_rows(world_id: str, count: int, seed: int = 0, tasks: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows for a trainer's data set: ``task`` and ``seed``, cycling through the templates.

    Args:
        world_id: see ``tool_kind``.
        count: number of rows.
        seed: of the first row; the others count up.
        tasks: names of templates; by default all.
    """
    kind = tool_kind(world_id)
    known = list(kind.templates())
    names = [name for each in tasks for name in known if each in (name, name.partition("@")[0])] if tasks else known
    if not names:
        raise InputError(f"tasks {tasks!r}: no such templates; `palaestra envs tasks {world_id}` lists them")
    return [{"task": names[number % len(names)], "seed": seed + number} for number in range(count)]


class OneThread:
    """One thread for all worlds of a server: SQLite's connections, and sandboxes, belong to the thread that made them.

    It also keeps the server's event loop free while a tool works.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="worlds")

    async def run(self, function: Callable[..., Result], *given: Any) -> Result:
        """Call a function on the thread, one at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *given)

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()
