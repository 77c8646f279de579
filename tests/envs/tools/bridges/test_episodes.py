"""What the bridges have in common, without other people's packages."""

import asyncio
import importlib.util
import json
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.episode import Episode, OneThread, as_text, seed_of_row, task_rows, tool_kind
from palaestra.envs.tools.bridges.episodes import CONTROLS, Episodes
from palaestra.envs.tools.bridges.mcp import make_server, serve
from palaestra.envs.tools.bridges.mcp_source import MCPTools
from palaestra.envs.tools.bridges.openenv import to_openenv
from palaestra.envs.tools.bridges.skyrl import to_skyrl
from palaestra.envs.tools.bridges.verifiers import to_verifiers
from palaestra.envs.tools.declaration import WORLDS

WORLD = "palaestra/ToolArithmetic-v0"
IDS = [world.id for world in WORLDS]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def reset(episodes, **arguments):
    reply = episodes.call("reset", arguments)
    assert not reply.is_error, reply.text
    return reply.structured["episode"]


def test_an_episode_succeeds_and_says_so_only_to_its_driver():
    episodes = Episodes(WORLD)
    begun = episodes.call("reset", {"task": "Product@1", "seed": 1})
    assert begun.structured["instruction"] == "What is 78 * 76?"
    assert all(begun.structured[name] in begun.text for name in ("episode", "rules", "instruction"))
    name = begun.structured["episode"]
    result = episodes.call("calculate", {"episode": name, "expression": "78 * 76"})
    assert (result.text, result.is_error, result.outcome["done"]) == ("5928", False, False)
    last = episodes.call("answer", {"episode": name, "text": "5928"})
    assert (last.text, last.structured) == ("The episode is over.", None)
    assert last.outcome == {
        "task": begun.outcome["task"], "reward": 1.0, "done": True, "stop": "completed", "success": 1.0,
    }  # fmt: skip
    over = episodes.call("calculate", {"episode": name, "expression": "1"})
    assert (over.is_error, over.text) == (True, "the episode is over (completed); reset begins another")
    episodes.close_all()


def test_wrong_calls_are_answered():
    episodes = Episodes(WORLD)
    name = reset(episodes)
    for function, arguments, message in (
        ("calculate", {"expression": "1"}, "there is no episode 'None'; reset begins one"),
        ("calculate", {"episode": ["x"], "expression": "1"}, "there is no episode"),
        ("answer", {"episode": name}, "answer: 'text' is a required property"),
        ("answer", {"episode": name, "text": 3}, "answer: text: 3 is not of type 'string'"),
        ("nope", {"episode": name}, "there is no tool 'nope'; there are calculate, store, registers"),
        ("calculate", {"episode": name, "expression": 3}, "expression: 3 is not of type 'string'"),
        ("reset", {"task": "Nope"}, "task 'Nope': no such template"),
        ("reset", {"seed": -1}, "seed -1: must be at least 0"),
        ("reset", {"seed": "1"}, "reset: seed: '1' is not"),
        ("close", {"episode": "episode_9"}, "there is no episode 'episode_9'"),
    ):
        reply = episodes.call(function, arguments)
        assert reply.is_error
        assert message in reply.text
    assert not episodes.call("calculate", {"episode": name, "expression": "1"}).is_error
    episodes.close_all()


def test_a_budget_ends_an_episode():
    episodes = Episodes(WORLD, {"max_episode_steps": 2})
    name = reset(episodes)
    outcomes = [episodes.call("registers", {"episode": name}).outcome for _ in range(2)]
    assert [(each["done"], each["stop"]) for each in outcomes] == [(False, ""), (True, "max_turns")]
    assert "max_turns" in episodes.call("registers", {"episode": name}).text


def test_episodes_are_bounded_and_idle_ones_are_closed():
    clock = Clock()
    episodes = Episodes(WORLD, most=2, idle_seconds=10, clock=clock)
    first, second = reset(episodes), reset(episodes)
    assert episodes.call("reset", {}).text == "all 2 episodes are in use; close one"
    episodes.call("close", {"episode": first})
    third = reset(episodes)
    assert len({first, second, third}) == 3
    clock.now = 8
    assert not episodes.call("registers", {"episode": third}).is_error
    clock.now = 15
    assert "there is no episode" in episodes.call("registers", {"episode": second}).text
    assert not episodes.call("registers", {"episode": third}).is_error
    clock.now = 30
    reset(episodes)
    assert "there is no episode" in episodes.call("registers", {"episode": third}).text
    episodes.close_all()


@pytest.mark.parametrize("world_id", IDS)
def test_every_world_s_tools_have_an_episode_and_a_valid_schema(world_id):
    from jsonschema import Draft202012Validator

    forms = [spec.mcp() for spec in Episodes(world_id).specs]
    assert [form["name"] for form in forms[:3]] == list(CONTROLS)
    assert len({form["name"] for form in forms}) == len(forms) > 3
    for form in forms:
        Draft202012Validator.check_schema(form["inputSchema"])
        assert form["name"] == "reset" or form["inputSchema"]["required"][0] == "episode"
        assert form["description"]
        assert "outputSchema" not in form
        json.dumps(form)


def test_all_calls_run_on_one_thread_that_is_not_the_loop_s():
    thread, seen = OneThread(), []

    def called(number):
        seen.append(threading.get_ident())
        return number

    async def main():
        return await asyncio.gather(*(thread.run(called, number) for number in range(20)))

    assert asyncio.run(main()) == list(range(20))
    assert len(set(seen)) == 1
    assert threading.get_ident() not in seen
    thread.close()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text().filter(lambda name: name != "seed"), PLAIN))
def test_equal_rows_have_equal_seeds(row):
    seed = seed_of_row(row)
    assert seed == seed_of_row(dict(reversed(row.items())))
    assert 0 <= seed < 2**31
    assert seed_of_row(row | {"seed": 7}) == 7
    assert seed_of_row(row | {"extra": "x" * 9}) != seed


def test_rows_have_the_same_seeds_in_every_process():
    row = {"prompt": [{"role": "user", "content": "ä"}], "level": 3, "image": b"1"}
    code = f"from palaestra.envs.tools.bridges.episode import seed_of_row; print(seed_of_row({row!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == seed_of_row(row)


def test_rows_cycle_through_the_templates():
    names = list(tool_kind(WORLD).templates())
    rows = task_rows(WORLD, len(names) + 1, seed=5)
    assert [row["task"] for row in rows] == [*names, names[0]]
    assert [row["seed"] for row in rows] == list(range(5, 6 + len(names)))
    assert {row["task"] for row in task_rows(WORLD, 9, tasks=["Product"])} == {
        f"Product@{level}" for level in (1, 2, 3)
    }
    with pytest.raises(InputError, match="no such template"):
        task_rows(WORLD, 9, tasks=["Nope"])


def test_the_prompt_tells_a_text_model_how_to_call():
    episode = Episode(WORLD, {"codec": "python"})
    episode.reset("Product@1", 1)
    assert "NAME(PARAMETER='VALUE')" in episode.prompt()
    assert "store(name: string, expression: string)" in episode.prompt()
    messages = episode.step("```python\ncalculate(expression='2*3')\ncalculate(expression='2/')\n```")
    assert as_text(messages).startswith("<tool_response>\n6\n</tool_response>\n<tool_response>\n")


BRIDGES = {
    "mcp": lambda world: make_server(world),
    "openenv": to_openenv,
    "skyrl": to_skyrl,
    "verifiers": to_verifiers,
}


@pytest.mark.parametrize("extra", BRIDGES)
def test_what_is_no_tool_world_or_lacks_its_package_is_one_line(extra, monkeypatch):
    with pytest.raises(InputError, match=r"^palaestra/Hopper-v0: is no tool world"):
        BRIDGES[extra]("palaestra/Hopper-v0")
    with pytest.raises(InputError, match=r"^palaestra/Nope-v0: no such environment"):
        BRIDGES[extra]("palaestra/Nope-v0")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf'needs \S+: pip install "palaestra\[{extra}\]"$'):
        BRIDGES[extra](WORLD)


def test_other_mistakes_are_one_line(monkeypatch):
    with pytest.raises(InputError, match="transport 'tcp': there are stdio, http"):
        serve(WORLD, "tcp")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pip install "palaestra\[mcp\]"$'):
        MCPTools("http://127.0.0.1:1/mcp")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "palaestra/Hopper-v0",
            "palaestra/Hopper-v0: is no tool world; `palaestra envs` lists those with text actions",
        ),
        (f"{WORLD} --transport tcp", "transport 'tcp': there are stdio, http"),
    ],
)
def test_the_command_says_it_in_one_line(arguments, message):
    command = [sys.executable, "-m", "palaestra", "serve", "mcp", *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"palaestra: {message}\n")
