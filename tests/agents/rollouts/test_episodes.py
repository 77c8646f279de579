"""Recorded episodes of agents that speak: what is on disk, and that it can be lived through again."""

import errno
import json
import os
import random
import re
import subprocess
import sys
import time
import warnings
from typing import Any

import gymnasium
import pyarrow as pa
import pytest
from gymnasium import spaces

from palaestra.agents.rollouts.episodes import record, replay
from palaestra.data.errors import InputError
from palaestra.data.trajectory import Step, Trajectory, Writer, read
from palaestra.envs.task import Task
from palaestra.envs.text import AnyText, TextWorld

WORLD = "palaestra/AndroidTasks-v0"
SMALL = {"render": (54, 120)}


def recorded(path, policy="oracle", episodes=2, **options):
    return list(record(WORLD, policy, episodes, path, arguments=dict(SMALL), **options))


def palaestra(*words, **options):
    command = [sys.executable, "-m", "palaestra", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_a_file_gives_back_what_was_written(tmp_path):
    steps = [
        Step(observation={"text": "start"}, pixels=b"png", clauses={"done": False}, success=0.0, fingerprint="a"),
        Step(
            observation={"text": "end"},
            action="tap 1",
            parsed={"kind": "tap", "point": [1.0, 2.0]},
            error="slow",
            reward=1.0,
            rewards={"task": 1.0, "cost": -0.5},
            terminated=True,
            clauses={"done": True},
            success=None,
            fingerprint="b",
            token_ids=[5, 6],
            mask=[0, 1],
            log_probs=[0.0, -0.25],
        ),
    ]
    about = {"world": "x", "arguments": {}, "seed": 3, "options": {}, "policy": "me", "task": {"id": "t"}}
    with Writer(tmp_path / "a.arrows") as writer:
        writer.write(Trajectory(about, steps))
        writer.write(Trajectory(about | {"seed": 4}, steps[:1]))
    first, second = read(tmp_path / "a.arrows")
    assert first == Trajectory(about, steps)
    assert (second.about["seed"], second.length) == (4, 0)
    assert (first.length, first.success) == (1, None)


def test_a_torn_file_keeps_its_whole_episodes(tmp_path):
    path = tmp_path / "a.arrows"
    recorded(path, episodes=3)
    whole = list(read(path))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.8)])
    with pytest.warns(UserWarning, match="the last episode is incomplete"):
        left = list(read(path))
    assert 1 <= len(left) < 3
    assert left == whole[: len(left)]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 100])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.arrows").write_bytes(content)
    with pytest.raises(InputError, match="not a file of trajectories"):
        list(read(tmp_path / "a.arrows"))
    with pytest.raises(InputError, match="No such file"):
        list(read(tmp_path / "none.arrows"))


def test_a_stream_of_something_else_is_refused(tmp_path):
    table = pa.table({"x": [1]})
    with pa.OSFile(str(tmp_path / "a.arrows"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(InputError, match="has another version"):
        list(read(tmp_path / "a.arrows"))


def test_damage_is_one_line(tmp_path):
    path = tmp_path / "a.arrows"
    recorded(path, episodes=2, pictures=False)
    data, chance, refused = path.read_bytes(), random.Random(0), 0
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(20):
            damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                list(read(path))
            except InputError as error:
                refused += "\n" not in str(error)
    assert refused > 20


def test_what_a_killed_rollout_leaves_is_whole_episodes(tmp_path):
    path = tmp_path / "a.arrows"
    words = ["rollout", WORLD, "--policy", "oracle", "--episodes", "1000", "--out", str(path), "--no-pictures"]
    with subprocess.Popen([sys.executable, "-m", "palaestra", *words]) as running:
        while running.poll() is None and (not path.exists() or path.stat().st_size < 100_000):
            time.sleep(0.05)
        running.kill()
    again = palaestra("replay", path, "--check", "--episodes", "0", "1")
    assert (again.returncode, again.stdout) == (0, f"{path}: 2 episodes played again, 2 exactly as recorded\n")


@pytest.mark.parametrize("codec", ["json", "marks", "autoui", "autoui-compat"])
@pytest.mark.parametrize("policy", ["random", "oracle", "noisy-oracle"])
def test_scripted_agents_speak_every_codec(tmp_path, codec, policy):
    tasks = ["SystemWifiTurnOff", "ContactsAddContact", "ClockTimerEntry"]
    arguments = {**SMALL, "codec": codec, "tasks": tasks}
    played = list(record(WORLD, policy, 3, tmp_path / "a.arrows", arguments=arguments, pictures=False))
    assert all(not step.error for one in played for step in one.steps) or policy != "oracle"
    assert [one.success for one in played] == [1.0] * 3 or policy != "oracle"
    assert len({step.action for one in played for step in one.steps}) > 5


def test_what_is_done_but_not_said_to_be_complete_does_not_count():
    steps = [Step(success=0.0), Step(action="tap", success=1.0, truncated=True)]
    assert Trajectory({}, steps).success == 0.0
    steps[1].reward = 1.0
    assert Trajectory({}, steps).success == 1.0


def test_an_oracle_s_episode_says_all_that_happened(tmp_path):
    (one,) = recorded(tmp_path / "a.arrows", episodes=1, task="SystemWifiTurnOff")
    assert list(read(tmp_path / "a.arrows")) == [one]
    assert one.about["task"]["instruction"] == "Switch Wi-Fi off."
    assert one.about["side_effects"] == []
    assert one.success == 1.0
    assert one.steps[0].action is None
    assert all(step.action and step.parsed["kind"] and not step.error for step in one.steps[1:])
    assert [step.terminated for step in one.steps] == [False] * one.length + [True]
    assert one.steps[-1].rewards == {"task": 1.0}
    turned = [step.clauses["wifi is off"] for step in one.steps]
    assert turned == sorted(turned)
    assert one.steps[0].pixels.startswith(b"\x89PNG")
    assert len({step.fingerprint for step in one.steps}) == len(one.steps)


def test_episodes_depend_on_the_seed_and_their_number_only(tmp_path):
    few = recorded(tmp_path / "a.arrows", "noisy-oracle", 2, seed=7, pictures=False)
    more = recorded(tmp_path / "b.arrows", "noisy-oracle", 3, seed=7, pictures=False)
    assert few == more[:2]
    assert recorded(tmp_path / "c.arrows", "noisy-oracle", 1, seed=8, pictures=False) != few[:1]


@pytest.mark.parametrize("policy", ["random", "noisy-oracle"])
def test_episodes_are_lived_through_again_exactly(tmp_path, policy):
    recorded(tmp_path / "a.arrows", policy, 3, pictures=False)
    for one in replay(tmp_path / "a.arrows"):
        assert (one.differs, one.reason) == (None, "")
        assert len(one.frames) == one.trajectory.length + 1
        assert one.frames[0].png.startswith(b"\x89PNG")


def test_a_changed_record_is_noticed_where_it_differs(tmp_path):
    (one,) = recorded(tmp_path / "a.arrows", episodes=1, pictures=False)
    one.steps[2].action = '{"action_type": "navigate_home"}'
    with Writer(tmp_path / "b.arrows") as writer:
        writer.write(one)
    (again,) = replay(tmp_path / "b.arrows", frames=False)
    assert again.differs == 2
    assert again.reason.startswith("fingerprint")


def test_mistakes_are_one_line(tmp_path):
    path = tmp_path / "a.arrows"
    with pytest.raises(InputError, match="policy 'clever': must be one of random, oracle, noisy-oracle"):
        recorded(path, "clever")
    with pytest.raises(InputError, match="task 'Nothing'"):
        recorded(path, task="Nothing")
    with pytest.raises(InputError, match=r"has no text actions; .*play\.rollout"):
        list(record("palaestra/Hopper-v0", "random", 1, path, arguments={}))
    with pytest.raises(InputError, match="no such environment"):
        list(record("palaestra/Phone-v9", "random", 1, path))
    with pytest.raises(InputError, match="episodes 0: must be at least 1"):
        recorded(path, episodes=0)
    with pytest.raises(InputError, match=r"unexpected keyword argument 'colour'$"):
        list(record(WORLD, "random", 1, path, arguments={"colour": 1}))
    with pytest.raises(InputError, match="ClockTimerEntry: needs"):
        list(record(WORLD, "random", 1, path, task="ClockTimerEntry", arguments={"apps": ["com.android.settings"]}))
    with pytest.raises(InputError, match="is not a folder; create it first"):
        recorded(tmp_path / "none" / "a.arrows")
    assert not path.exists()
    path.write_bytes(b"kept")
    with pytest.raises(InputError, match="already exists"):
        recorded(path)
    assert path.read_bytes() == b"kept"


def test_the_commands_write_check_and_show(tmp_path):
    path = tmp_path / "episodes.arrows"
    words = ["--policy", "oracle", "--episodes", 2, "--out", path, "--arguments", json.dumps({"render": [54, 120]})]
    done = palaestra("rollout", WORLD, *words)
    assert done.returncode == 0
    assert "2 episodes, 2 of 2 done" in done.stdout
    shown = palaestra("replay", path)
    assert shown.returncode == 0
    assert "2 episodes played again, 2 exactly as recorded" in shown.stdout
    page = (tmp_path / "episodes.html").read_text()
    data = json.loads(re.search(r"const EPISODES = (.*);\n", page)[1].replace("<\\/", "</"))
    assert [len(one["steps"]) for one in data] == [one.length + 1 for one in read(path)]
    assert all(step["png"].startswith("data:image/png;base64,") for one in data for step in one["steps"])
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    beside = palaestra("rollout", WORLD, *words, "--worlds", 2, "--out", tmp_path / "beside.arrows")
    assert beside.returncode == 0
    assert list(read(tmp_path / "beside.arrows")) == list(read(path))
    again = palaestra("rollout", WORLD, *words)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    wrong = palaestra("rollout", WORLD, "--out", tmp_path / "b.arrows", "--arguments", "{")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "b.arrows").exists()


def test_a_replay_that_differs_ends_with_1(tmp_path):
    (one,) = recorded(tmp_path / "a.arrows", episodes=1, pictures=False)
    one.steps[-1].fingerprint = "0" * 64
    with Writer(tmp_path / "b.arrows") as writer:
        writer.write(one)
    done = palaestra("replay", tmp_path / "b.arrows", "--check")
    assert done.returncode == 1
    assert f"step {one.length}: fingerprint" in done.stderr
    assert not (tmp_path / "b.html").exists()


def test_the_tasks_are_listed():
    done = palaestra("envs", "tasks", "--seed", 3, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 0
    assert "ClockStopWatchRunning" in done.stdout
    assert "Start the stopwatch." in done.stdout


def test_worlds_side_by_side_give_the_same_episodes_in_the_same_order(tmp_path):
    alone = recorded(tmp_path / "a.arrows", "noisy-oracle", 5, seed=2, pictures=False)
    beside = recorded(tmp_path / "b.arrows", "noisy-oracle", 5, seed=2, pictures=False, worlds=3)
    assert beside == alone
    assert list(read(tmp_path / "b.arrows")) == beside


class Waits:
    """An agent of a user's own: sees observations and tasks, and only waits."""

    def __init__(self):
        self.tasks = []

    def reset(self, which=None, tasks=()):
        self.tasks += [task.template for task in tasks if task is not None]

    def act(self, observations, rewards=None, deterministic=True):
        assert all(set(observation) >= {"pixels", "instruction"} for observation in observations)
        return ['{"action_type": "wait"}'] * len(observations)


def test_an_agent_of_one_s_own_acts_in_all_worlds_at_once(tmp_path):
    agent = Waits()
    played = recorded(tmp_path / "a.arrows", agent, 3, pictures=False, worlds=2)
    assert [one.about["policy"] for one in played] == ["Waits"] * 3
    assert sorted(agent.tasks) == sorted(one.about["task"]["template"] for one in played)
    assert all(step.parsed["kind"] == "wait" for one in played for step in one.steps[1:])


def test_success_is_the_last_verdict_whatever_the_rewards(tmp_path):
    steps = [Step(success=0.0), Step(action="a", success=1.0, reward=0.25, terminated=True)]
    assert Trajectory({"success": 0.0}, steps).success == 0.0
    assert Trajectory({"success": None}, steps).success is None
    (one,) = recorded(tmp_path / "a.arrows", episodes=1)
    assert one.about["success"] == one.success == 1.0


class Count(TextWorld):
    """A user's world: say the numbers up to three, or up to five."""

    codec: Any = None
    task_names = ("three", "five")

    def __init__(self, budget=9):
        super().__init__(budget=budget)
        self.observation_space = spaces.Dict({"text": AnyText()})
        self.action_space = AnyText()
        self.budget, self.goal, self.said, self.steps, self.task = budget, 0, 0, 0, None

    @property
    def identity(self):
        return {"world": "Count"}

    def _save(self):
        return {"goal": self.goal, "said": self.said, "steps": self.steps}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        name = (options or {}).get("task", "three")
        if name not in self.task_names:
            raise InputError(f"task {name!r}: there are {', '.join(self.task_names)}")
        self.goal, self.said, self.steps = {"three": 3, "five": 5}[name], 0, 0
        self.task = Task(name, {}, 0, f"Count to {name}.", self.budget)
        return {"text": "0"}, {"clauses": {"done": False}, "success": 0.0}

    def step(self, action):
        self.steps += 1
        self.said += action == str(self.said + 1)
        done = self.said == self.goal
        info = {"clauses": {"done": done}, "success": float(done), "verdict": float(done), "action": {"said": action}}
        return {"text": str(self.said)}, float(done), done, self.steps >= self.budget, info | {"side_effects": []}

    @classmethod
    def oracle(cls, task, codec):
        observation = yield ""
        while True:
            observation = yield str(int(observation["text"]) + 1)


@pytest.fixture
def count():
    gymnasium.register("Count-v0", Count)  # with Gymnasium's wrappers, and without a vector
    yield "Count-v0"
    del gymnasium.registry["Count-v0"]


def test_a_world_of_one_s_own_is_recorded_alone_and_side_by_side(count, tmp_path):
    alone = list(record(count, "oracle", 5, tmp_path / "a.arrows"))
    beside = list(record(count, "oracle", 5, tmp_path / "b.arrows", worlds=2))
    assert beside == alone
    assert [one.length for one in alone] == [3, 5, 3, 5, 3]
    assert [one.success for one in alone] == [1.0] * 5
    assert all(one.differs is None for one in replay(tmp_path / "b.arrows"))
    (short,) = record(count, "oracle", 1, tmp_path / "c.arrows", arguments={"budget": 2}, worlds=2)
    assert short.success == 0.0


def test_mistakes_in_worlds_side_by_side_are_one_line(count, tmp_path):
    path = tmp_path / "a.arrows"
    with pytest.raises(InputError, match="worlds 0: must be at least 1"):
        recorded(path, worlds=0)
    with pytest.raises(InputError, match=r"^task 'Nothing': "):
        recorded(path, task="Nothing", worlds=2)
    with pytest.raises(InputError, match=r"unexpected keyword argument 'colour'$"):
        list(record(count, "oracle", 2, path, arguments={"colour": 1}, worlds=2))
    done = palaestra("rollout", WORLD, "--worlds", 2, "--episodes", 2, "--task", "Nothing", "--out", path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    about = {"world": "x", "arguments": {}, "seed": 3, "options": {}, "policy": "me", "task": {"id": "t"}}
    with pytest.raises(InputError, match=r"cannot be written \(File name too long\)"):
        Writer(tmp_path / ("a" * 300))

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with Writer(tmp_path / "a.arrows") as writer:
        writer.write(Trajectory(about, [Step()]))
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match=r"a\.arrows: no space left on the disk"):
            writer.write(Trajectory(about, [Step()]))


FULL_DISK = """
import resource, signal, sys
from palaestra.data.errors import InputError
from palaestra.data.trajectory import Step, Trajectory, Writer

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
about = {"world": "x", "arguments": {}, "seed": 3, "options": {}, "policy": "me", "task": {"id": "t"}}
try:
    with Writer(sys.argv[1]) as writer:
        writer.write(Trajectory(about, [Step()]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))  # no file larger than this can be written
        while True:
            writer.write(Trajectory(about, [Step()]))
except InputError as error:
    print(error)
"""


def test_a_file_that_outgrows_the_disk_keeps_its_whole_episodes(tmp_path):
    path = tmp_path / "a.arrows"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{path}: cannot be written (File too large)\n", "")
    with pytest.warns(UserWarning, match="the last episode is incomplete"):
        assert len(list(read(path))) >= 1


def test_a_recording_from_other_processes_is_replayed_in_this_one(tmp_path):
    path, arguments = tmp_path / "a.arrows", SMALL | {"processes": 2}
    played = list(record(WORLD, "oracle", 2, path, arguments=arguments, worlds=2, pictures=False))
    assert all("processes" not in trajectory.about["arguments"] for trajectory in played)
    assert all(again.differs is None and again.frames for again in replay(path))
    vector = gymnasium.make_vec(WORLD, 1, processes=1, observe=["elements"], **SMALL)
    vector.reset(seed=0)
    assert set(vector.worlds[0].annotations()) == {"size", "elements"}
    vector.close()
