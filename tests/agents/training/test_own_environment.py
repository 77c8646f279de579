"""An environment of the user's, named as module:ID wherever a command takes one, and data without any environment."""

import json
import subprocess
import sys
from dataclasses import replace

import gymnasium
import numpy as np
import pytest

import palaestra
from palaestra import data
from palaestra.agents.rollouts.collect import make
from palaestra.agents.training.loop import evaluate_run, train
from palaestra.agents.training.registry import find
from palaestra.cli.main import run
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import reference_score
from palaestra.data.formats.npz import write_npz
from palaestra.data.results.run import Run
from palaestra.data.results.tables import compare
from palaestra.offline_rl.trainer import LearnerOptions

PACKAGE = {
    "mechanics_of_mine.py": "MASS = 2.0\n",
    "robots_of_mine/__init__.py": """
import gymnasium

gymnasium.register("MyRobot-v0", "robots_of_mine.robot:MyRobot", max_episode_steps=12)
gymnasium.register("MyWideRobot-v0", "robots_of_mine.robot:MyRobot", max_episode_steps=12, kwargs={"torque": 3.0})
gymnasium.register("MyTallRobot-v0", "robots_of_mine.robot:MyRobot", max_episode_steps=12, kwargs={"size": 5})
gymnasium.register("MyEndlessRobot-v0", "robots_of_mine.robot:MyRobot")
gymnasium.register("MyDiscreteRobot-v0", "robots_of_mine.robot:MyRobot", kwargs={"discrete": True})
""",
    "robots_of_mine/robot.py": """
import gymnasium
import numpy as np
from gymnasium import spaces
from mechanics_of_mine import MASS


class MyRobot(gymnasium.Env):
    ref_min_score, ref_max_score = 0.0, 12.0

    def __init__(self, torque=1.0, size=3, discrete=False):
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,))
        self.action_space = spaces.Discrete(3) if discrete else spaces.Box(-torque, torque, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = self.np_random.normal(size=self.observation_space.shape).astype(np.float32)
        return self.state, {}

    def step(self, action):
        self.state = self.state + np.float32(action[0] / MASS)
        return self.state, 1.0, False, False, {}
""",
}
OWN = "robots_of_mine:MyRobot-v0"
TRAIN = ["--steps", "6", "--evaluate-every", "3", "--episodes", "2", "--log-every", "3", "--seeds", "2"]
SMALL = ["--hidden", "8", "--batch-size", "8", "--device", "cpu"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a package of environments and a file of data that names none of them."""
    for path, text in PACKAGE.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "cache"))
    write_npz(records(), "mine.npz")
    modules, ids = set(sys.modules), set(gymnasium.registry)
    yield tmp_path
    for name in set(sys.modules) - modules:
        if "of_mine" in name:
            del sys.modules[name]
    for name in set(gymnasium.registry) - ids:
        del gymnasium.registry[name]


def records(dims=3, steps=12, episodes=5, scale=1.0):
    random = np.random.default_rng(0)
    return Dataset.from_episodes(
        (
            {
                "observations": random.normal(size=(steps + 1, dims)),
                "actions": random.uniform(-scale, scale, size=(steps, 1)),
                "rewards": random.normal(size=steps),
                "truncated": True,
            }
            for _ in range(episodes)
        ),
        id="mine",
    )


def refused(*arguments):
    with pytest.raises(InputError) as error:
        run(list(map(str, arguments)))
    assert "\n" not in str(error.value)
    return str(error.value)


def console(*arguments, cwd):
    """A process of its own, like the installed command's: the working directory is not on its path."""
    done = subprocess.run([sys.executable, "-P", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_run_is_resumed_evaluated_and_loaded_by_new_processes(here, capsys):
    words = ["train", "bc", "--dataset", "mine.npz", "--as", OWN, *TRAIN, *SMALL, "--out", "run"]
    out = console("-m", "palaestra", *words, cwd=here)
    assert "score 100.0" in out
    config = json.loads((here / "run" / "config.json").read_text())
    assert (config["dataset"], config["env_id"], config["dimensions"]) == ("mine", OWN, [3, 1])
    console("-m", "palaestra", *words, "--resume", "--steps", "9", cwd=here)
    console("-m", "palaestra", "evaluate", "run", "--episodes", "3", cwd=here)
    records = Run.open("run").evaluations()
    assert [each["update"] for each in records] == [3] * 4 + [6] * 4 + [9] * 4 + [9] * 6
    assert all((each["env_id"], each["return"], each["score"]) == (OWN, 12.0, 100.0) for each in records)
    code = "import palaestra; print(palaestra.load('run', device='cpu').predict([0.0, 1.0, 2.0]).shape)"
    assert console("-c", code, cwd=here) == "(1,)\n"
    assert "started with env_id = " in refused(*[word for word in words if word not in ("--as", OWN)], "--resume")


def test_agents_train_in_it_too(here):
    pytest.importorskip("stable_baselines3")
    words = ["--steps", "40", "--evaluate-every", "40", "--episodes", "1", "--device", "cpu", "--out", "agent"]
    run(["train", "sb3-ppo", "--env", OWN, *words, "--n-steps", "20", "--batch-size", "10", "--worlds", "1"])
    assert {each["score"] for each in Run.open("agent").evaluations()} == {100.0}
    assert "the policy acts from [-1.] to [1.]" in refused("evaluate", "agent", "--as", "robots_of_mine:MyWideRobot-v0")
    assert palaestra.load("agent", device="cpu").predict(np.zeros(3)).shape == (1,)


def test_the_environment_is_stored_with_the_data(here):
    run(["data", "convert", "mine.npz", "mine.hdf5", "--as", OWN])
    for target in ("folder", "other.npz", "minari:mine/robot-v0"):
        run(["data", "convert", "mine.hdf5", target])
        dataset = data.load(target)
        assert (dataset.env_id, dataset.horizon, len(dataset)) == (OWN, 12, 60)
    assert dataset.id == "minari:mine/robot-v0"
    assert data.load("folder").id == "mine"
    run(["train", "bc", "--dataset", "folder", *TRAIN, *SMALL, "--out", "run"])
    assert Run.open("run").config["env_id"] == OWN


@pytest.fixture(autouse=True)
def minari(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("MyTallRobot-v0", "mine.npz: observations have shape (3,), those of robots_of_mine:MyTallRobot-v0 have (5,)"),
        ("MyDiscreteRobot-v0", "robots_of_mine:MyDiscreteRobot-v0: actions are Discrete(3)"),
        ("MyRobot-v1", "robots_of_mine:MyRobot-v1: no such environment"),
    ],
)
def test_another_environment_is_refused_when_it_is_named(here, name, message):
    named = ["--as", f"robots_of_mine:{name}"]
    assert message in refused("data", "convert", "mine.npz", "out.hdf5", *named)
    assert message in refused("train", "bc", "--dataset", "mine.npz", *named, "--out", "run")
    assert message in refused("data", "verify", "mine.npz", *named)
    run(["train", "bc", "--dataset", "mine.npz", "--as", OWN, *TRAIN, *SMALL, "--out", "good"])
    before = (here / "good" / "evaluations.jsonl").read_bytes()
    assert "robots_of_mine" in refused("evaluate", "good", *named)
    assert (here / "good" / "evaluations.jsonl").read_bytes() == before
    assert not (here / "out.hdf5").exists()
    assert not (here / "run").exists()


def test_actions_outside_of_its_box_are_refused(here):
    write_npz(records(scale=2.0), "wide.npz")
    said = refused("data", "convert", "wide.npz", "out.hdf5", "--as", OWN)
    assert "wide.npz: action 0 in row " in said
    assert "robots_of_mine:MyRobot-v0 takes -1 to 1 there; `palaestra data convert" in said
    run(["data", "convert", "wide.npz", "out.hdf5", "--as", "robots_of_mine:MyWideRobot-v0"])


def test_where_time_ran_out_must_be_known(here):
    columns = {name: array for name, array in records().columns.items() if name != "timeouts"}
    np.savez("bare.npz", **columns)
    said = refused("data", "info", "bare.npz")
    assert said.startswith("bare.npz: nothing says where time ran out (no environment known); add a column timeouts")
    said = refused("data", "convert", "bare.npz", "out", "--as", "robots_of_mine:MyEndlessRobot-v0")
    assert "robots_of_mine:MyEndlessRobot-v0: registered without max_episode_steps" in said
    assert data.load("bare.npz", env_id=OWN).horizon == 12
    assert data.load("mine.npz", env_id="robots_of_mine:MyEndlessRobot-v0").horizon == 12  # of the longest episode


def test_an_evaluation_elsewhere_is_a_row_of_its_own_without_published_figures(here):
    dataset = replace(records(dims=11), id="hopper-medium-v2", env_id=None)
    random = np.random.default_rng(0).uniform(-1, 1, (60, 3)).astype(np.float32)
    dataset = replace(dataset, columns={**dataset.columns, "actions": random})
    options = LearnerOptions("given", env="palaestra/Hopper-v0", steps=2, evaluate_every=2, episodes=1)
    bc = find("bc")
    made = train(bc, options, bc.config(hidden=(8,), batch_size=8, device="cpu"), "run", dataset=dataset)
    evaluate_run(made, 1, env_id="hopper-random-v2")
    rows = {row.protocol: row for row in compare([made])}
    assert set(rows) == {"1 episodes/seed", "1 episodes/seed, in hopper-random-v2"}
    assert rows["1 episodes/seed"].published
    assert not rows["1 episodes/seed, in hopper-random-v2"].published


def test_data_without_an_environment_can_be_looked_at_saved_and_trained_on(here, capsys):
    run(["data", "info", "mine.npz", "--json"])
    about = json.loads(capsys.readouterr().out)
    assert (about["env_id"], about["score"], about["episodes"], about["horizon"]) == (None, None, 5, 12)
    for target in ("mine.hdf5", "folder", "minari:mine/records-v0"):
        run(["data", "convert", "mine.npz", target])
        assert data.load(target).env_id is None
    capsys.readouterr()
    words = ["train", "td3bc", "--dataset", "folder", *TRAIN, *SMALL, "--keep", "2", "--out", "run"]
    with pytest.warns(UserWarning, match="^mine: no environment is known, so the policy can't be evaluated") as warned:
        run(words)
    assert len(warned) == 1
    out = capsys.readouterr().out
    assert [line[:24] for line in out.splitlines() if line.startswith("update")] == [
        "update 3 of 6: checkpoin",
        "update 6 of 6: checkpoin",
    ]
    assert out.splitlines()[-1] == "run: run"
    assert "IQM" not in out
    done = Run.open("run")
    assert (done.config["env_id"], done.checkpoints, done.evaluations()) == (None, [3, 6], [])
    assert abs(palaestra.load("run", device="cpu").predict(np.full(3, 9.0))) <= 1
    with pytest.warns(UserWarning, match="no environment"):
        run([*words, "--resume", "--steps", "8"])
    assert Run.open("run").config["env_id"] is None
    assert "no environment is known to evaluate in; name one with --as" in refused("evaluate", "run")
    run(["evaluate", "run", "--episodes", "1", "--as", OWN])
    assert {(each["env_id"], each["score"]) for each in Run.open("run").evaluations()} == {(OWN, 100.0)}


def test_recorded_data_are_verified_in_it(here, capsys):
    make("palaestra/hopper/medium-v0", 200)
    (here / "hoppers_of_mine.py").write_text(
        "import gymnasium\n"
        "point = 'palaestra.envs.mujoco.locomotion:Locomotion'\n"
        "for robot in ('hopper', 'walker2d'):\n"
        "    bare = {'order_enforce': False, 'disable_env_checker': True}\n"
        "    gymnasium.register(f'My-{robot}-v0', point, kwargs={'robot': robot}, **bare)\n"
    )
    assert run(["data", "verify", "palaestra/hopper/medium-v0", "--as", "hoppers_of_mine:My-hopper-v0"]) == 0
    assert "replay: " in capsys.readouterr().out
    said = refused("data", "verify", "palaestra/hopper/medium-v0", "--as", "hoppers_of_mine:My-walker2d-v0")
    assert "observations have shape (11,), those of hoppers_of_mine:My-walker2d-v0 have (17,)" in said


def test_what_needs_an_environment_says_so(here):
    assert "an online phase needs one; name one with --as" in refused(
        "train", "td3bc", "--dataset", "mine.npz", "--online-steps", "2", "--out", "run"
    )
    assert "no environment is known that could be stepped" in refused("data", "verify", "mine.npz")
    write_npz(records(scale=2.0), "wide.npz")
    assert "actions exceed [-1, 1], the range of learners" in refused("train", "bc", "--dataset", "wide.npz")
    assert not (here / "run").exists()


def test_reference_scores_are_declared_by_the_class_or_the_registration(here):
    with pytest.raises(InputError, match="no reference score"):
        reference_score(OWN)  # looking at data imports nothing
    data.load("mine.npz", env_id=OWN)
    assert reference_score(OWN) == reference_score("MyRobot-v0") == (0.0, 12.0)
    kwargs = {"ref_min_score": -5, "ref_max_score": 20.5}
    gymnasium.register("Referenced-v0", "robots_of_mine.robot:MyRobot", kwargs=kwargs)
    assert reference_score("Referenced-v0") == (-5.0, 20.5)
