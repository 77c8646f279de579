"""Whatever an earlier version wrote still opens, acts, goes on and replays; ``earlier/*/make.sh`` made the files."""

import contextlib
import gzip
import json
import shutil
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from palaestra import data
from palaestra.agents.rollouts.episodes import replay
from palaestra.agents.training.loop import evaluate_run, restore
from palaestra.cli.main import run as palaestra
from palaestra.data.results.run import Run, find_runs
from palaestra.data.results.tables import compare
from palaestra.data.trajectory import read

VERSIONS = sorted(path for path in Path(__file__).parent.joinpath("earlier").iterdir())
RECIPE = "palaestra/hopper/random-v0"
RUNS = sorted(path for version in VERSIONS for path in (version / "runs").iterdir())


def name_of(path):
    return f"{path.parent.parent.name}/{path.name}" if path.parent.name == "runs" else path.name


def expected(version):
    return json.loads((version / "expected.json").read_text())


@pytest.fixture(params=VERSIONS, ids=name_of)
def version(request, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(request.param / "cache"))
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(request.param / "minari"))
    return request.param


def copied(path, tmp_path):
    return Path(shutil.copytree(path, tmp_path / path.name))


def test_there_are_files_of_every_kind():
    assert {"0.1.0"} <= {version.name for version in VERSIONS}
    kinds = {path.name for path in RUNS}
    assert {"td3bc", "prdc-online", "iql-online", "dt", "lamo", "sb3-sac", "sb3-td3", "sb3-ppo"} <= kinds
    assert len(kinds) == 17


def test_datasets_open_and_agree(version):
    made = data.load(RECIPE, columns="all")
    assert len(made) == 400
    assert made.env_id == "palaestra/Hopper-v0"
    for source in (version / "hopper.hdf5", version / "hopper.npz", "minari:palaestra/hopper-v0"):
        other = data.load(source)
        for column in ("observations", "actions", "rewards", "terminals"):
            np.testing.assert_array_equal(other.columns[column], made.columns[column], err_msg=f"{source} {column}")


def test_snapshots_are_restored(version):
    for world_id, fingerprint in expected(version)["fingerprints"].items():
        name = world_id.removeprefix("palaestra/")
        with contextlib.closing(gymnasium.make(world_id)) as world:
            world.reset(seed=0)
            assert world.fingerprint() != fingerprint
            world.restore(gzip.decompress((version / f"{name}.snapshot.gz").read_bytes()))
            assert world.fingerprint() == fingerprint


@pytest.mark.parametrize("file", ["phone.arrows", "phone-pictures.arrows"])
def test_recorded_episodes_replay(version, file):
    recorded = list(read(version / file))
    assert [trajectory.success for trajectory in recorded] == [1.0] * (4 if file == "phone.arrows" else 1)
    assert [(episode.differs, episode.reason) for episode in replay(version / file, frames=False)] == [
        (None, "")
    ] * len(recorded)
    assert all((step.pixels is not None) == (file == "phone-pictures.arrows") for step in recorded[0].steps)


def test_recorded_episodes_are_shown(version, tmp_path):
    palaestra(["replay", str(version / "phone-pictures.arrows"), "--html", str(tmp_path / "page.html")])
    steps = len(next(read(version / "phone-pictures.arrows")).steps)
    page = (tmp_path / "page.html").read_text()
    assert page.count('"png": "data:image/png;base64,') == steps > 2
    assert page.count('"class": "') > steps  # elements with a touch among them


def test_runs_are_found_and_compared(version):
    rows = compare(find_runs([version / "runs"]))
    assert {row.algorithm.partition(" ")[0] for row in rows} >= {"td3bc", "prdc", "sb3-sac"}


@pytest.mark.parametrize("path", RUNS, ids=name_of)
def test_a_checkpoint_acts_as_it_did(path):
    about = expected(path.parent.parent)
    policy = restore(Run.open(path), "cpu").policy
    policy.reset()
    actions = policy.act(np.array(about["observations"]))
    np.testing.assert_allclose(actions, about["runs"][path.name]["actions"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("path", RUNS, ids=name_of)
def test_a_killed_run_goes_on(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(path.parent.parent / "cache"))
    about, folder = expected(path.parent.parent)["runs"][path.name], copied(path, tmp_path)
    run = Run.open(folder)
    assert run.load_checkpoint()[0] == about["checkpoint"]
    assert run.metrics()[-1]["update"] > about["checkpoint"]
    palaestra(["train", run.config["algorithm"], *flags(run), "--out", str(folder), "--resume", "--threads", "1"])
    last = Run.open(folder).metrics()[-1]
    for name, values in about["metrics"].items():
        np.testing.assert_allclose(last[name], values, rtol=1e-3, atol=1e-5, err_msg=name)


def flags(run):
    """The command line that a run was started with."""
    for name, value in (run.config["options"] | run.config["hyperparameters"]).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        elif value is not None and value != []:
            yield from (f"--{flag}", *map(str, value if isinstance(value, list) else [value]))


def test_a_run_is_evaluated_again(tmp_path):
    folder = copied(RUNS[0].parent / "td3bc", tmp_path)
    run = Run.open(folder)
    before = len(run.evaluations())
    evaluate_run(run, 2)
    assert len(Run.open(folder).evaluations()) == before + 4


def test_entry_points_that_files_name_are_there():
    # Minari keeps an environment's specification, and 0.1.0 registered these.
    for name in ("palaestra.envs.d4rl:D4RLWorld", "palaestra.envs.d4rl:make_vector"):
        assert callable(gymnasium.envs.registration.load_env_creator(name))
