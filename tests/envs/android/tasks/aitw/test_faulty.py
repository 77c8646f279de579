"""The shopper without a memory, and the behaviour with preferred faults."""

import json

import gymnasium
import numpy as np
import pytest

from palaestra.envs.android.codecs.registry import codec
from palaestra.envs.android.tasks.aitw import shopper
from palaestra.envs.android.tasks.aitw.faulty import FAULTS, Rates, decision, faulty, preferred_fault, seen
from palaestra.envs.android.tasks.aitw.lines import task_of_line

LINE = "Go to newegg.com, search for 'macbook air', and select the first entry"
AUTOUI = codec("autoui")


@pytest.fixture(scope="module")
def env():
    with gymnasium.make("palaestra/AitW-WebShop-v0", observe=["elements"], render=(54, 120)) as world:
        yield world


def say(action, observation):
    screen = seen(observation)
    return AUTOUI.encode(action, screen.elements, screen.size)


def follow(env, observation, steps=19):
    """Take the right action until the episode ends; the situations met, and the success."""
    met = []
    for _ in range(steps):
        screen = seen(observation)
        met.append(shopper.situation(screen, env.task))
        observation, _, terminated, truncated, info = env.step(say(shopper.right_action(screen, env.task), observation))
        if terminated or truncated:
            break
    return met, info["success"]


def test_the_right_actions_lead_from_the_home_screen_to_the_first_entry(env):
    observation, _ = env.reset(seed=0, options={"task": LINE})
    met, success = follow(env, observation)
    assert success == 1
    wanted = [shopper.HOME, shopper.BLANK_TAB, shopper.TYPING_EMPTY, shopper.TYPING_HOST, shopper.IN_THE_WAY_OF_PAGE]
    assert met == [*wanted, shopper.SITE, shopper.BOX_EMPTY, shopper.BOX_QUERY, shopper.RESULTS]


@pytest.mark.parametrize("detour", ["ebay.com", "newegg.com/s?q=macbook+pro", "newegg.com/cart", "nowhere.com"])
def test_they_lead_on_from_wherever_the_agent_is(env, detour):
    from palaestra.envs.android.apps.browser import tabs

    env.reset(seed=0, options={"task": LINE})
    device = env.unwrapped.device
    device.open_app("Chrome")
    tabs.go(device, tabs.open_tab(device), detour)
    device.settle()
    observation, *_ = env.step(say(shopper.back(), env.unwrapped._observe()))
    _, success = follow(env, observation)
    assert success == 1


def test_a_state_has_one_fault_for_ever_and_the_share_is_kept():
    hosts = ("ebay.com", "costco.com")
    tasks = [task_of_line(f"Go to {host}, search for '{query}'") for host in hosts for query in "abcdef"]
    states = [(where, task) for where in FAULTS for task in tasks]
    chosen = [preferred_fault(*state, 0.4) for state in states]
    assert chosen == [preferred_fault(*state, 0.4) for state in states]
    assert 0.25 < np.mean([fault is not None for fault in chosen]) < 0.55
    assert all(a is None or a is b for a, b in zip(chosen, [preferred_fault(*state, 0.8) for state in states]))
    assert not any(preferred_fault(*state, 0) for state in states)


def test_without_faults_the_behaviour_is_the_shopper_and_with_them_it_says_complete(env):
    observation, _ = env.reset(seed=0, options={"task": LINE})
    agent = faulty(env.task, AUTOUI, np.random.default_rng(0), Rates(0, 0, 0, 0))
    next(agent)
    assert agent.send(observation) == decision(env.task, observation)[1]
    hasty = faulty(env.task, AUTOUI, np.random.default_rng(0), Rates(0, 0, 0, 1))
    next(hasty)
    assert "STATUS_TASK_COMPLETE" in hasty.send(observation)


def test_a_decision_state_does_not_change_with_the_clock(env):
    observation, _ = env.reset(seed=0, options={"task": LINE})
    before = decision(env.task, observation)
    env.unwrapped.device.advance(120_000)
    later = env.unwrapped._observe()
    assert json.loads(later["elements"]) != json.loads(observation["elements"])
    assert decision(env.task, later) == before
    assert decision(env.task, {"pixels": None}) is None
