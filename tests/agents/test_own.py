"""The user's own agents: functions, classes and factories, their mistakes, and recordings that go on."""

import sys
import threading
import warnings

import gymnasium
import numpy as np
import pytest

from palaestra.agents.errors import AgentError
from palaestra.agents.own import TextFunction, array_policy, name_of, text_policy
from palaestra.agents.rollouts.episodes import record, replay
from palaestra.agents.rollouts.play import evaluate, rollout
from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.trajectory import END, complete_episodes, read

WORLD = "palaestra/AndroidTasks-v0"
SMALL = {"render": [54, 120], "budget": 0.3}
DONE = '{"action_type": "status", "goal_status": "complete"}'
SOURCE = f"""
calls = 0

def agent(observation):
    return {DONE!r}

def crashing(observation):
    global calls
    calls += 1
    if calls > 3:
        raise ValueError("no\\nluck")
    return {DONE!r}

def at_once(observation):
    return [][0]

def silent(observation):
    pass

class Agent:
    def reset(self, which=None, tasks=()):
        pass

    def act(self, observations, rewards=None, deterministic=True):
        return [agent(each) for each in observations]

class Short(Agent):
    def act(self, observations, rewards=None, deterministic=True):
        return []

class Needs:
    def __init__(self, key):
        pass

def make():
    return Agent()

number = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module of agents."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents_of_mine.py").write_text(SOURCE)
    yield tmp_path
    sys.modules.pop("agents_of_mine", None)


def recorded(path, policy, episodes=2, tasks=None, **options):
    arguments = SMALL | ({"tasks": tasks} if tasks else {})
    return list(record(WORLD, policy, episodes, path, arguments=arguments, pictures=False, **options))


@pytest.mark.parametrize("name", ["agent", "Agent", "make"])
def test_a_function_a_class_and_a_factory_act(here, name):
    played = recorded("a.arrows", f"agents_of_mine:{name}")
    assert [[step.action for step in each.steps] for each in played] == [[None, DONE]] * 2
    assert {each.about["policy"] for each in played} == {f"agents_of_mine:{name}"}
    assert all(each.differs is None for each in replay("a.arrows", frames=False))


def test_functions_and_classes_are_taken_themselves(tmp_path):
    def agent(observation):
        return DONE

    class Agent:
        def reset(self, which=None, tasks=()): ...

        def act(self, observations, rewards=None, deterministic=True):
            return [DONE] * len(observations)

    for number, policy in enumerate((agent, Agent, Agent())):
        assert [each.length for each in recorded(tmp_path / str(number), policy)] == [1, 1]
    assert name_of(agent).endswith("<locals>.agent")
    assert name_of(Agent()) == "Agent"


def test_a_function_is_called_for_all_worlds_at_once_and_not_for_idle_ones():
    meeting = threading.Barrier(3, timeout=60)

    def agent(observation):
        meeting.wait()
        return observation["text"]

    policy = TextFunction(agent, "agent", 4)
    policy.reset()
    policy.reset(np.ones(4, bool), ["task"] * 4)
    policy.rest(1)
    assert policy.act([{"text": name} for name in "abcd"]) == ["a", "", "c", "d"]


def test_side_by_side_gives_the_same_records_in_the_same_order(tmp_path):
    def agent(observation):
        return DONE if "Wi-Fi" in observation["instruction"] else '{"action_type": "wait"}'

    tasks = ["OpenAppTaskEval", "SystemWifiTurnOff"]
    alone = recorded(tmp_path / "a", agent, episodes=4, tasks=tasks)
    assert recorded(tmp_path / "b", agent, episodes=4, tasks=tasks, worlds=2) == alone
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len({each.length for each in alone}) > 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("agnet", r"has no agnet \(did you mean agent\?\)"),
        ("number", "agents_of_mine:number: is int, not a function"),
        ("Needs", r"agents_of_mine:Needs: TypeError: .*missing 1 required positional argument: 'key'"),
        ("at_once", r"agents_of_mine.py:15: return \[\]\[0\]: IndexError: list index out of range"),
        ("silent", "agents_of_mine:silent: returned None, a NoneType, not a text"),
        ("Short", r"act returned \[\], not a list of 1 texts"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_no_file(here, name, reason):
    with pytest.raises(InputError, match=reason) as caught:
        recorded("a.arrows", f"agents_of_mine:{name}")
    assert "\n" not in str(caught.value)
    assert not (here / "a.arrows").exists()


def test_what_was_recorded_before_an_error_is_kept_and_the_recording_goes_on(here):
    words = ["rollout", WORLD, "--policy", "agents_of_mine:crashing", "--episodes", "5", "--out", "a.arrows"]
    words += ["--arguments", '{"render": [54, 120]}', "--no-pictures"]
    with pytest.raises(AgentError) as caught:
        run(words)
    line = str(caught.value)
    assert caught.value.status == 1
    assert 'agents_of_mine.py:11: raise ValueError("no\\nluck"): ValueError: no luck' in line
    assert line.endswith("a.arrows has the 3 episodes before, resume continues it")
    assert len(list(read("a.arrows"))) == 3
    sys.modules["agents_of_mine"].calls = -10
    run([*words, "--resume"])
    sys.modules["agents_of_mine"].calls = -10
    run([*words[:-4], "b.arrows", *words[-3:]])
    assert (here / "a.arrows").read_bytes() == (here / "b.arrows").read_bytes()


def test_a_recording_that_was_cut_anywhere_goes_on_as_if_unbroken(tmp_path):
    path = tmp_path / "a.arrows"
    whole = recorded(path, "random", episodes=3)
    data = path.read_bytes()
    for size in (0, 100, 1424, 1430, len(data) // 2, len(data) - 12, len(data) - len(END), len(data) - 3, len(data)):
        path.write_bytes(data[:size])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert recorded(path, "random", episodes=3, resume=True) == whole
        assert path.read_bytes() == data
    assert complete_episodes(path) == (3, len(data) - len(END))
    assert recorded(path, "random", episodes=2, resume=True) == whole[:2]
    assert path.read_bytes() == data
    longer = recorded(path, "random", episodes=4, resume=True, worlds=2)
    assert longer[:3] == whole
    assert recorded(tmp_path / "new.arrows", "random", episodes=4, resume=True) == longer
    assert (tmp_path / "new.arrows").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"seed": 1}, r"a.arrows: episode 0 was recorded with seed \d+, not \d+; resume with the same arguments"),
        ({"policy": "oracle"}, "episode 0 was recorded with policy random, not oracle"),
        ({"task": "ClockTimerEntry"}, "episode 0 was recorded with (seed|options)"),
    ],
)
def test_another_recording_is_not_continued(tmp_path, changed, reason):
    path = tmp_path / "a.arrows"
    recorded(path, "random", episodes=1)
    data = path.read_bytes()[:-5]
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason):
        recorded(path, **{"policy": "random", "episodes": 3, "resume": True} | changed)
    path.write_bytes(b"my thesis")
    with pytest.raises(InputError, match="not a file of trajectories"):
        recorded(path, "random", resume=True)
    assert path.read_bytes() == b"my thesis"


def test_a_function_acts_in_environments_with_arrays(here):
    def still(observation):
        assert observation.shape == (11,)
        return [0, 0, 0]

    (here / "still_of_mine.py").write_text("def agent(observation):\n    return [0, 0, 0]\n")
    records = rollout(still, "palaestra/Hopper-v0", seeds=[0, 1], episodes=2)
    assert rollout("still_of_mine:agent", "palaestra/Hopper-v0", seeds=[0, 1], episodes=2) == records
    scored = evaluate(still, "palaestra/Hopper-v0", seeds=[0, 1], episodes=2)
    assert [each["return"] for each in scored] == [each["return"] for each in records]
    with gymnasium.make("palaestra/Hopper-v0") as world:
        world.reset(seed=records[0]["env_seed"])
        total, ended = 0.0, False
        while not ended:
            _, reward, terminated, truncated, _ = world.step(np.zeros(3, np.float32))
            total, ended = total + reward, terminated or truncated
    assert records[0]["return"] == pytest.approx(total)
    sys.modules.pop("still_of_mine")


def test_an_action_of_another_shape_is_one_line():
    with pytest.raises(AgentError, match=r"returned an action of shape \(2,\), not \(3,\)"):
        rollout(lambda observation: [0, 0], "palaestra/Hopper-v0", seeds=[0], episodes=1)


def test_policies_are_as_they_were():
    class Both:
        def reset(self, which=None, tasks=()): ...

        def act(self, observations, rewards=None, deterministic=True): ...

    policy = Both()
    assert text_policy(policy, 2) is policy
    assert array_policy(policy) is policy
