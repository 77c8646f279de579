"""The class for TRL as TRL uses it, without TRL."""

import inspect
import typing

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.episode import task_rows, tool_kind, tool_specs
from palaestra.envs.tools.bridges.trl import hint_of, to_trl
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.declaration import WORLDS
from palaestra.envs.tools.task import turn_of

WORLD = "palaestra/ToolArithmetic-v0"
IDS = [world.id for world in WORLDS]
ROW = {"prompt": [{"role": "user", "content": ""}], "task": "KeepInRegister@1", "seed": 3}


def play(environment, row):
    """An oracle's episode by the methods; returns the reward."""
    environment.reset(**row)
    world = environment._episode.world
    oracle, messages = world._template_of(world.task).oracle(world.task.slots), None
    while not environment._episode.done:
        turn, messages = turn_of(oracle.send(messages)), []
        for call in turn.calls:
            messages.append({"role": "tool", "content": getattr(environment, call.name)(**call.arguments)})
        if not turn.calls:
            messages = [{"role": "user", "content": environment.answer(turn.content)}]
    return environment.get_reward()


@pytest.mark.parametrize("world_id", IDS)
def test_the_public_methods_are_the_tools_typed_and_described(world_id):
    kind = to_trl(world_id)
    methods = dict(inspect.getmembers(kind, predicate=inspect.isfunction))
    public = {name: each for name, each in methods.items() if not name.startswith("_")}
    specs = {spec.name: spec for spec in tool_specs(world_id)}
    assert set(public) == {"reset", "get_reward", "answer", *specs}
    assert kind.__name__ == tool_kind(world_id).__name__
    for name, spec in specs.items():
        method = public[name]
        properties = spec.parameters.get("properties", {})
        signature = inspect.signature(getattr(kind(), name))
        assert list(signature.parameters) == list(properties)
        assert set(typing.get_type_hints(method)) == {*properties, "return"}
        required = [each.name for each in signature.parameters.values() if each.default is each.empty]
        assert required == list(spec.parameters.get("required", ()))
        assert inspect.getdoc(method).startswith(spec.description.splitlines()[0])
        assert all(f"    {parameter}: " in method.__doc__ for parameter in properties)


@pytest.mark.parametrize("world_id", IDS)
def test_an_oracle_gets_its_reward_through_the_methods(world_id):
    environment = to_trl(world_id)()
    for row in task_rows(world_id, 4, seed=1):
        assert play(environment, row) == 1.0


def test_members_of_a_group_share_their_state_and_other_rows_have_others():
    kind = to_trl(WORLD)
    without = [{"prompt": [{"role": "user", "content": text}], "level": 1} for text in "abcdef"]
    for row in [ROW, ROW | {"seed": 4}, *without]:
        said, prints = zip(*((each.reset(**row), each._episode.world.fingerprint()) for each in (kind(), kind())))
        assert len(set(said)) == len(set(prints)) == 1
    environment = kind()
    assert len({environment.reset(**row) for row in without}) == len(without)


def test_an_instance_is_used_again_and_begins_anew():
    environment = to_trl(WORLD)()
    first = environment.reset(**ROW)
    environment.store(name="x", expression="1")
    assert environment.reset(**ROW) == first
    assert environment.registers() == "{}"


def test_errors_raise_for_trl_to_count_and_a_silent_end_is_an_empty_answer():
    environment = to_trl(WORLD)()
    environment.reset(task="Product@1", seed=1)
    for arguments in ({"expression": "1 / 0"}, {"expression": 3}, {}, {"expression": "1", "more": 2}):
        with pytest.raises(ToolError):
            environment.calculate(**arguments)
    assert environment.get_reward() == 0.0
    with pytest.raises(ToolError, match="the episode is over"):
        environment.calculate(expression="1")
    assert environment.get_reward() == 0.0
    environment.reset(**ROW)
    slots = environment._episode.world.task.slots
    environment.store(name=slots["name"], expression=slots["expression"])
    assert environment.get_reward() == 1.0


def test_a_spent_budget_gives_nothing():
    environment = to_trl(WORLD, max_episode_steps=1)()
    environment.reset(**ROW)
    environment.registers()
    with pytest.raises(ToolError):
        environment.answer(text="Done.")
    assert environment.get_reward() == 0.0


def test_hints_of_schemas():
    assert hint_of({"type": "array", "items": {"type": "integer"}}) == list[int]
    assert hint_of({"enum": ["a", "b"]}) == typing.Literal["a", "b"]
    assert hint_of({"anyOf": [{"type": "string"}, {"type": "null"}]}) == str | None
    assert hint_of({"type": ["integer", "null"]}) == int | None
    assert hint_of({"type": ["array", "null"], "items": {"type": "number"}}) == list[float] | None
    assert hint_of({"type": "object", "properties": {}}) is dict
    assert hint_of({}) is typing.Any


def test_what_is_no_tool_world_is_one_line():
    with pytest.raises(InputError, match="palaestra/Hopper-v0: is no tool world"):
        to_trl("palaestra/Hopper-v0")
