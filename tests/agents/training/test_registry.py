"""Learners by name: ours however they are written, and those outside of the package."""

import json
import subprocess
import sys

import pytest

import palaestra
from palaestra.agents.training import registry
from palaestra.agents.training.loop import evaluate_run, train
from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run
from palaestra.offline_rl.td3bc import TD3BC
from palaestra.offline_rl.trainer import LearnerOptions
from tests.offline_rl.conftest import make_dataset

NAMES = sorted(name for package in registry.PACKAGES for name in registry.names(package))
SOURCE = """
from dataclasses import dataclass
from palaestra.offline_rl.learner import Learner, LearnerConfig
from palaestra.offline_rl.prdc import PRDC
from palaestra.offline_rl.td3bc import TD3BC, TD3BCConfig

@dataclass(frozen=True)
class MineConfig(TD3BCConfig):
    gamma: float = 0.5
    '''Of mine.'''

class Mine(TD3BC):
    Config = MineConfig

class Mine2(PRDC):
    pass

class Bare(Learner):
    pass

class Plain(Learner):
    class Config: ...

class Undecorated(TD3BC):
    class Config(TD3BCConfig):
        gamma: float = 0.5

@dataclass(frozen=True, kw_only=True)
class NeedsConfig(LearnerConfig):
    gamma: float

class Needs(Learner):
    Config = NeedsConfig

def function(): ...
"""
FLAGS = ["--steps", "4", "--episodes", "1", "--hidden", "8", "--batch-size", "8", "--device", "cpu"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module of learners and a dataset."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "learners_of_mine.py").write_text(SOURCE)
    make_dataset(rows=100, state_dim=11, action_dim=3).save(tmp_path / "rows")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("learners_of_mine"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("written", "meant"), [("PRDC", "prdc"), ("td3_bc", "td3bc"), ("TD3+BC", "td3bc"), ("td3-bc", "td3bc")]
)
def test_names_as_people_write_them(written, meant):
    assert registry.find(written).name == meant


def test_names_differ_when_they_are_written_otherwise():
    assert [registry.find(name.upper().replace("-", "_")).name for name in NAMES] == NAMES


@pytest.mark.parametrize(
    ("typo", "hint"), [("td3cb", "did you mean td3bc?"), ("famo2o_iq", "did you mean famo2o-iql?")]
)
def test_other_typos_suggest(typo, hint):
    with pytest.raises(InputError) as caught:
        registry.find(typo)
    assert hint in str(caught.value)
    assert "there are a2pr, " in str(caught.value)


def test_our_classes_have_their_command_names(here):
    assert registry.find(TD3BC).name == "td3bc"
    assert registry.find("learners_of_mine:TD3BC").learner is TD3BC


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("learners_of_mine:Mien", r"learners_of_mine has no Mien \(did you mean Mine\?\)"),
        ("learners_of_mine:function", "is no learner"),
        ("learners_of_mine:MineConfig", "is no learner"),
        ("learners_of_mine:Bare", "has no Config; add the line"),
        ("learners_of_mine:Plain", r"Config is Config, not a @dataclass\(frozen=True\) that extends LearnerConfig"),
        ("learners_of_mine:Undecorated", "Config is Config, not a @dataclass"),
        ("learners_of_mine:Needs", "NeedsConfig.gamma has no default value"),
        ("nothing_such:Mine", "nothing_such: no such module in"),
    ],
)
def test_what_is_no_learner_is_said_in_a_line(here, name, reason):
    with pytest.raises(InputError, match=reason) as caught:
        run(["train", name, "--dataset", "rows"])
    assert "\n" not in str(caught.value)
    assert not (here / "runs").exists()


def test_a_class_inside_a_function_is_refused():
    class Local(TD3BC):
        pass

    with pytest.raises(InputError, match="top level of a module"):
        registry.find(Local)


def test_published_and_fine_tuning_settings_are_the_base_class_s(here):
    prdc, mine = registry.find("prdc"), registry.find("learners_of_mine:Mine2")
    for dataset in ("hopper-medium-v2", "halfcheetah-medium-v2"):
        assert mine.published(dataset, online=True) == prdc.published(dataset, online=True)
    assert prdc.published("halfcheetah-medium-v2")
    assert registry.find("learners_of_mine:Mine").fine_tuning == {}
    (here / "learners_of_mine_too.py").write_text(SOURCE + "PUBLISHED = {('*', '*'): {'gamma': 0.25}}\n")
    assert registry.find("learners_of_mine_too:Mine").published("hopper-medium-v2") == {"gamma": 0.25}


def test_a_run_trains_resumes_and_is_loaded_in_another_process(here):
    def palaestra(*words):
        command = [sys.executable, "-m", "palaestra", *words]
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    train = ["train", "learners_of_mine:Mine", "--dataset", "rows", *FLAGS]
    assert "--gamma" in palaestra("train", "learners_of_mine:Mine", "--help")
    palaestra(*train)
    folder = here / "runs" / "learners_of_mine-Mine-rows"
    assert json.loads((folder / "config.json").read_text())["algorithm"] == "learners_of_mine:Mine"
    train[train.index("4")] = "6"
    palaestra(*train, "--resume")
    assert Run.open(folder).checkpoints == [6]
    palaestra("evaluate", str(folder), "--episodes", "1")
    assert "learners_of_mine:Mine" in palaestra("compare", "runs")
    code = f"import palaestra; print(palaestra.load({str(folder)!r}).predict([0.0] * 11).shape)"
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True)
    assert done.stdout == "(3,)\n"


def test_in_python_a_name_or_the_class_trains_the_same_run(here):
    learner = registry.find("learners_of_mine:Mine").learner
    options = LearnerOptions("rows", steps=4, episodes=1)
    config = learner.Config(hidden=(8,), batch_size=8, device="cpu")
    runs = [train(kind, options, config, name) for kind, name in ((learner, "a"), ("learners_of_mine:Mine", "b"))]
    assert runs[0].config["algorithm"] == runs[1].config["algorithm"] == "learners_of_mine:Mine"
    assert runs[0].evaluations() == runs[1].evaluations()
    assert len(evaluate_run(runs[0], 1)) == 1
    assert palaestra.load("a").predict([0.0] * 11).shape == (3,)


def test_a_script_s_own_learner_is_found_by_its_file(here):
    (here / "script_of_mine.py").write_text(
        "import palaestra\n"
        "from palaestra.agents.training.loop import train\n"
        "from palaestra.offline_rl.bc import BC, BCConfig\n"
        "from palaestra.offline_rl.trainer import LearnerOptions\n"
        "class Mine(BC): ...\n"
        "train(Mine, LearnerOptions('rows', steps=2, episodes=1), BCConfig(hidden=(8,), device='cpu'), 'run')\n"
        "print(palaestra.load('run'))\n"
    )
    command = [sys.executable, "script_of_mine.py"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("script_of_mine:Mine") == 1
