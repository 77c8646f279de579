"""Worlds in other processes behave like worlds in this one, with pictures and without."""

import copy
import importlib
import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv

from palaestra.data.errors import InputError
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.remote import RemoteVector, make_vector
from palaestra.envs.shared_texts import SharedTexts
from palaestra.envs.vector import WorldVector

SOURCE = '''
import json

import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.envs.task import Task
from palaestra.envs.text import AnyText, TextWorld


class Talk(TextWorld):
    """Says each word back; some worlds draw how much was said."""

    reset_options = ("task",)

    def __init__(self, words=3, picture=False):
        super().__init__(words=words, picture=picture)
        self.words, self.picture = words, picture
        self.heard = []
        parts = {"messages": AnyText()}
        pixels = {"pixels": spaces.Box(0, 255, (2, 3, 3), np.uint8)} if picture else {}
        self.observation_space, self.action_space = spaces.Dict(parts | pixels), AnyText()
        self._max_episode_steps = words

    @property
    def identity(self):
        return {"world": "Talk"}

    def _save(self):
        return {"heard": self.heard}

    def _load(self, state):
        self.heard = list(state["heard"])

    def reset(self, *, seed=None, options=None):
        self.check_options(options)
        if (options or {}).get("task") == "none":
            raise InputError("task 'none': there is only talk")
        super().reset(seed=seed)
        self.task = Task("Talk", {}, int(self.np_random.integers(100)), "Say something.", self.words)
        self.heard = []
        return self._observe("Say something."), {"clauses": {"talked": False}, "success": 0.0}

    def step(self, action):
        self.heard.append(action)
        over = len(self.heard) == self.words
        number = int(self.np_random.integers(1000))
        return self._observe(f"{action} {number}"), float(over), over, False, {"action": {"content": action}}

    def _observe(self, text):
        messages = json.dumps([{"role": "user", "content": text}])
        return {"messages": messages} | (
            {"pixels": np.full((2, 3, 3), len(self.heard), np.uint8)} if self.picture else {}
        )
'''


@pytest.fixture
def talk(tmp_path, monkeypatch):
    """A class that other processes can import."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "talking.py").write_text(SOURCE)
    Talk = importlib.import_module("talking").Talk

    yield Talk
    del sys.modules["talking"]


def assert_same(one, other):
    if isinstance(other, dict):
        assert one.keys() == other.keys()
        for name in other:
            assert_same(one[name], other[name])
    elif isinstance(other, np.ndarray) and other.dtype == object:
        for each, expected in zip(one, other, strict=True):
            assert_same(each, expected)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("picture", [False, True])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_words_from_other_processes_are_those_of_this_one(talk, picture, mode):
    made = [
        make_vector(talk, 3, processes=count, autoreset_mode=mode, words=2, picture=picture, threads=2)
        for count in (0, 2)
    ]
    here, there = made
    assert (type(here), type(there)) == (WorldVector, RemoteVector)
    assert here.observation_space == there.observation_space
    assert_same(there.reset(seed=4)[0], here.reset(seed=4)[0])
    for turn in range(4):
        words = tuple(f"word {turn} {row}" for row in range(3))
        for actual, expected in zip(there.step(words), here.step(words)):
            assert_same(actual, expected)
    assert there.latest_infos == here.latest_infos
    assert [world.fingerprint() for world in there.worlds] == [world.fingerprint() for world in here.worlds]
    assert there.get_attr("task") == here.get_attr("task")
    processes = [process for process, _ in there._processes]
    assert len(processes) == 2
    there.close()
    assert not any(process.is_alive() for process in processes)


def test_arrays_from_another_process_are_those_of_this_one():
    here, there = (make_vector(Locomotion, 2, processes=count, robot="hopper") for count in (0, 5))
    assert isinstance(there, RemoteVector)
    assert len(there._processes) == 2  # one per world at most
    assert_same(there.reset(seed=1)[0], here.reset(seed=1)[0])
    action = np.full((2, 3), 0.5, np.float32)
    for actual, expected in zip(there.step(action), here.step(action)):
        assert_same(actual, expected)
    saved = there.worlds[1].snapshot()
    here.worlds[0].restore(saved)
    assert here.worlds[0].fingerprint() == there.worlds[1].fingerprint()
    there.close()


def test_errors_cross_processes_as_what_they_are(talk):
    worlds = make_vector(talk, 2, processes=1)
    worlds.reset(seed=0)
    for options, reason in (({"task": "none"}, "^task 'none': there is only talk$"), ({"tusk": 1}, "no option tusk")):
        with pytest.raises(InputError, match=reason):
            worlds.reset(options=options)
    with pytest.raises(RuntimeError, match="a world failed in its worker process:\nTraceback"):
        worlds.worlds[0].restore(b"nothing")
    with pytest.raises(AttributeError, match="nothing_such"):
        worlds.get_attr("nothing_such")
    worlds.close()
    with pytest.raises(InputError, match="processes -1: 0 or more"):
        make_vector(talk, 2, processes=-1)


def test_a_script_without_a_main_guard_is_told_so_in_one_line(tmp_path):
    (tmp_path / "talking.py").write_text(SOURCE)
    (tmp_path / "script.py").write_text(
        "from palaestra.envs.remote import make_vector\n"
        "from talking import Talk\n"
        "worlds = make_vector(Talk, 2, processes=2, picture=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(("", *sys.path)), "PYTHONSAFEPATH": ""},
    )
    *_, last = done.stderr.splitlines()
    assert last == (
        "palaestra.data.errors.InputError: processes import the script that starts them: put what it does under "
        '`if __name__ == "__main__":`, or ask for no processes (processes=0)'
    )
    assert (done.returncode, done.stderr.count("Traceback"), "leaked" in done.stderr) == (1, 1, False)


@pytest.mark.parametrize("copied", [True, False])
def test_gymnasium_s_own_processes_share_texts(talk, copied):
    words = [("é", "y" * 3000), ("\ud800\U0001f600", ""), ("", "z")]
    here = make_vector(talk, 2, words=2, picture=True)
    there = AsyncVectorEnv([partial(talk, words=2, picture=True)] * 2, copy=copied)
    assert_same(there.reset(seed=4)[0], here.reset(seed=4)[0])
    for turn in words:
        expected = here.step(turn)
        for actual, wanted in zip(there.step(turn)[:4], expected[:4]):
            assert_same(actual, wanted)
    there.close()


def test_a_shared_text_is_never_cut_off():
    texts = SharedTexts(2, 3)
    texts.write(1, "\U0001f600" * 3)  # four bytes each
    kept = copy.deepcopy(texts)
    texts.write(1, "b")
    assert (tuple(texts), texts[-1], texts[:1], kept) == (("", "b"), "b", ("",), ("", "\U0001f600" * 3))
    with pytest.raises(ValueError, match="a text of 4 characters; the space allows 3"):
        texts.write(0, "abcd")
