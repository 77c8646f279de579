"""SkyRL-Gym's own registry makes the environment; an oracle's episode in it succeeds."""

import importlib.metadata
import sys
import types

import pytest

from palaestra.envs.tools.bridges.episode import task_rows
from palaestra.envs.tools.bridges.skyrl import to_skyrl

pytestmark = pytest.mark.bridges

PROMPT = [{"role": "user", "content": "You are tested."}]


@pytest.fixture(scope="module")
def made():
    """Makes the environment of a row as SkyRL's generator does."""
    import skyrl_gym

    assert importlib.metadata.version("skyrl-gym") == "0.4.0"
    module = types.ModuleType("palaestra_skyrl_worlds")
    module.Arithmetic = to_skyrl("palaestra/ToolArithmetic-v0")
    sys.modules[module.__name__] = module
    skyrl_gym.register(id="arithmetic", entry_point="palaestra_skyrl_worlds:Arithmetic")
    return lambda row: skyrl_gym.make("arithmetic", env_config={}, extras=row)


def play(environment, prompt=PROMPT):
    """An oracle's episode: the messages of a trajectory, and the last output."""
    messages, _ = environment.init(prompt)
    world = environment._episode.world
    oracle = world.oracle(world.task, world.codec)
    next(oracle)
    while True:
        text = oracle.send(world._observe())
        output = environment.step(text)
        messages += [{"role": "assistant", "content": text}, *output["observations"]]
        if output["done"]:
            return messages, output


@pytest.mark.parametrize("row", task_rows("palaestra/ToolArithmetic-v0", 16), ids=lambda row: row["task"])
def test_an_oracle_succeeds_on_every_template(made, row):
    environment = made(row)
    messages, output = play(environment)
    assert output["reward"] == 1.0
    assert output["metadata"]["success"] == 1.0
    assert output["metadata"]["task"].startswith(row["task"])
    assert all(set(each) == {"role", "content"} and isinstance(each["content"], str) for each in messages)
    assert [each["role"] for each in messages[:3]] == ["system", "user", "user"]
    assert "calculate(expression: string)" in messages[0]["content"]
    assert '<tool_call>\n{"name": "NAME"' in messages[0]["content"]
    assert environment.get_metrics()["success"] == 1.0
    environment.close()


def test_a_group_shares_its_task_and_other_prompts_have_others(made):
    instructions = [made({}).init([{"role": "user", "content": text}])[0][-1]["content"] for text in "aab"]
    assert instructions[0] == instructions[1] != instructions[2]


def test_a_wrong_answer_ends_with_nothing_and_nonsense_is_answered(made):
    environment = made({"task": "Product@1", "seed": 0})
    environment.init(PROMPT)
    output = environment.step('<tool_call>{"name": "nope"</tool_call>')
    assert not output["done"]
    assert "<tool_response>" in output["observations"][0]["content"]
    output = environment.step("5")
    assert (output["done"], output["reward"], output["observations"]) == (True, 0.0, [])
    with pytest.raises(RuntimeError, match="the episode is over"):
        environment.step("5")


def test_metrics_are_aggregated_by_skyrl(made):
    environment = made({"task": "SingleDigits", "seed": 1})
    play(environment)
    assert type(environment).aggregate_metrics([environment.get_metrics()] * 2)["success"] == 1.0
