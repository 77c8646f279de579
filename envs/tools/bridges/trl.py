"""A tool world as an environment class for TRL's ``GRPOTrainer(environment_factory=...)``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union

from palaestra.envs.tools.bridges.episode import OVER, Episode, seed_of_row, tool_kind, tool_specs
from palaestra.envs.tools.calls import ToolCall, ToolError
from palaestra.envs.tools.spec import ToolSpec

OWN = ("reset", "get_reward", "answer")
KINDS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None, "object": dict}


def to_trl(world_id: str, **arguments: Any) -> type:
    """A class for TRL's ``environment_factory``; needs TRL itself only where it is used.

    Its methods are the world's tools and ``answer``; each call is a turn, and one that fails raises, which TRL counts
    and shows to the model. ``reset(**row)`` returns the rules and the instruction, which TRL appends to the prompt.
    The row's ``task`` and ``seed`` choose the task (see ``task_rows``); without them the seed follows from the row, so
    that a group shares its state. TRL doesn't show an environment the model's last words: only ``answer`` does.

    Args:
        world_id: id of a tool world.
        **arguments: of the world.

    Raises:
        InputError: it isn't a tool world, or a tool has a name that is needed here.
    """
    kind = tool_kind(world_id)
    methods = {spec.name: _method(spec) for spec in tool_specs(world_id, *OWN)}
    return type(kind.__name__, (_Environment,), {"_made_of": (world_id, arguments), **methods})


class _Environment:
    """What all have; TRL takes every public method but ``reset`` and ``get_reward`` for a tool."""

    _made_of: tuple[str, Mapping[str, Any]]

    def __init__(self) -> None:
        self._episode = Episode(*self._made_of)

    def reset(self, **row: Any) -> str:
        """Begin an episode for a row of the data set; returns the text that is appended to the prompt."""
        self._episode.reset(row.get("task"), seed_of_row(row))
        return f"{self._episode.rules} Give your answer by calling answer.\n\n{self._episode.instruction}"

    def get_reward(self) -> float:
        """1 if the task is done and nothing else was changed, else 0."""
        if not self._episode.done:
            self._turn({"role": "assistant", "content": ""})
        return float(self._episode.reward)

    def answer(self, text: str) -> str:
        """Say something to the user: the answer, which ends the episode unless the user replies.

        Args:
            text: What to say.
        """
        replies = self._turn({"role": "assistant", "content": text})
        return "\n".join(each["content"] for each in replies) or f"{OVER}."

    def _turn(self, action: Any) -> list[dict[str, Any]]:
        if self._episode.done:
            raise ToolError(f"{OVER}; no more calls are run")
        return self._episode.step(action)


def _method(spec: ToolSpec) -> Callable[..., str]:
    """A method that transformers' ``get_json_schema`` can read."""

    def method(self: _Environment, **arguments: Any) -> str:
        message, *_ = self._turn([ToolCall("", spec.name, arguments)]) or [{"content": OVER, "is_error": True}]
        if message.get("is_error"):
            raise ToolError(message["content"])
        return message["content"]

    required, properties = spec.parameters.get("required", ()), spec.parameters.get("properties", {})
    described = [f"    {name}: {part.get('description') or name}" for name, part in properties.items()]
    own = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)]
    for name, part in properties.items():
        default = inspect.Parameter.empty if name in required else part.get("default")
        own.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint_of(part)))
    method.__name__ = method.__qualname__ = spec.name
    method.__doc__ = "\n".join([spec.description, "", "Args:", *described] if described else [spec.description])
    method.__dict__["__signature__"] = inspect.Signature(own, return_annotation=str)
    method.__annotations__ = {each.name: each.annotation for each in own[1:]} | {"return": str}
    return method


def hint_of(schema: Mapping[str, Any]) -> Any:
    """A type hint that transformers turns into such a schema; of objects it keeps only that they are objects."""
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    if "anyOf" in schema:
        return Union[tuple(map(hint_of, schema["anyOf"]))]  # noqa: UP007 (of a number of types that isn't known)
    kind = schema.get("type", "")
    if isinstance(kind, list):
        return hint_of({"anyOf": [{**schema, "type": each} for each in kind]})
    if kind == "array":
        return list[hint_of(schema["items"])] if "items" in schema else list  # type: ignore[misc]
    return KINDS.get(kind, Any)
