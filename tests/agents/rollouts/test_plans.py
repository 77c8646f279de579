"""Plans of episodes in worlds of words: order, groups, trees of forks."""

import json

import numpy as np
import pytest

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.agents.rollouts.plans import group, linear, play_tree, play_words
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.rollouts.speakers import played_examples
from palaestra.agents.scripted import CoroutineAgent
from palaestra.data.errors import InputError
from palaestra.envs.text import text_world
from palaestra.envs.vector import make_worlds

WORLD = "palaestra/ToolArithmetic-v0"
STARTS = [
    Start(seed, {"task": name}) for seed, name in enumerate(["SingleDigits", "Product@1", "AddToRegisters@2"] * 3)
]


def stage(worlds):
    return Stage(make_worlds(WORLD, worlds))


def oracle(worlds):
    made = make_worlds(WORLD, 1).worlds[0]
    return CoroutineAgent(text_world(WORLD).oracle, made.codec, worlds)


@pytest.mark.parametrize("worlds", [1, 2, 9])
def test_episodes_come_back_in_the_plans_order_whatever_runs_beside_them(worlds):
    played = play_words(oracle(worlds), stage(worlds), linear(STARTS))
    assert [episode.planned.start for episode in played] == STARTS
    assert [episode.calls for episode in played] == [0, 1, 2] * 3
    assert all((episode.success, episode.reward, episode.stop) == (1.0, 1.0, "completed") for episode in played)
    assert [len(episode.texts) for episode in played] == [1, 2, 2] * 3


def test_a_group_plays_the_same_task():
    played = play_words(oracle(4), stage(4), group(STARTS[:2], 3))
    assert [episode.planned.group for episode in played] == [0, 0, 0, 1, 1, 1]
    assert len({episode.task.id for episode in played}) == 2


class Counting:
    """Says how often it was forked and what branch it is in; calls at its first turns, then answers."""

    def __init__(self, rows):
        self.names = list(rows)

    def reset(self, which=None, tasks=()):
        if which is not None:
            self.names = [""] * len(which)

    def fork(self, rows):
        copies: dict[int, int] = {}
        names = []
        for row in rows:
            copies[row] = copies.get(row, -1) + 1
            names.append(f"{self.names[row]}{'ab'[copies[row]]}")
        return Counting(names)

    def act(self, observations, rewards=None, deterministic=True):
        return [name if len(name) > 2 or name.endswith("bb") else said(name) for name in self.names]


def said(name):
    call = {"name": "store", "arguments": {"name": f"x_{name}", "expression": "1"}}
    return f"<tool_call>{json.dumps(call)}</tool_call>"


def test_a_tree_forks_worlds_and_policy_before_each_of_the_first_turns():
    starts = [Start(3, {"task": "AddToRegisters@1"})]
    root = stage(1)
    leaves = play_tree(Counting([""]), root, linear(starts), depth=2, branch=2)
    assert sorted(leaf.path for leaf in leaves) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    by_path = {leaf.path: leaf for leaf in leaves}
    assert by_path[0, 1].texts[:2] == [said("a"), said("ab")]
    assert by_path[1, 1].texts == [said("b"), "bb"]
    assert all(leaf.success == 0.0 for leaf in leaves)  # x_... is none of the task's registers


def test_forks_have_states_of_their_own():
    root = stage(2)
    root.reset(np.ones(2, bool), STARTS[:2])
    forks = root.fork([0, 0, 1])
    before = [world.fingerprint() for world in root.worlds.worlds]
    forks.step([said("a"), said("b"), said("a")])
    assert [world.fingerprint() for world in root.worlds.worlds] == before
    assert len({world.fingerprint() for world in forks.worlds.worlds}) == 3
    assert forks.tasks == [root.tasks[0], root.tasks[0], root.tasks[1]]


def test_worlds_in_other_processes_are_not_forked():
    remote = Stage(make_worlds(WORLD, 1, processes=1))
    try:
        remote.reset(np.ones(1, bool), STARTS[:1])
        with pytest.raises(InputError, match="other processes can't be forked"):
            remote.fork([0])
    finally:
        remote.close()


def test_examples_show_calls_where_there_are_tasks_that_need_some():
    shown = played_examples(WORLD, {"tasks": ["SingleDigits", "Product@1"]}, 1)
    assert [[message["role"] for message in example] for example in shown] == [
        ["user", "assistant", "tool", "assistant"]
    ]
    alone = played_examples(WORLD, {"tasks": ["SingleDigits"]}, 2)
    assert [[message["role"] for message in example] for example in alone] == [["user", "assistant"]] * 2
    assert alone[0] != alone[1]
