import errno
import json
import math
import os
import shutil
import subprocess
import sys
import time

import pytest
import torch

from palaestra.data.errors import InputError
from palaestra.data.results.run import Run, find_runs, versions

CONFIG = {
    "algorithm": "td3bc",
    "dataset": "hopper-medium-v2",
    "env_id": "hopper-medium-v2",
    "seeds": [0, 1],
    "hyperparameters": {"alpha": 2.5},
}


def episode(seed, number, score):
    return {"seed": seed, "episode": number, "env_id": "hopper-medium-v2", "return": 30 * score, "score": score}


@pytest.fixture
def run(tmp_path):
    with Run.create(tmp_path / "run", CONFIG) as run:
        yield run


def scalars(run):
    """What TensorBoard shows: {tag: [(update, value), …]}."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run.close()
    events = EventAccumulator(str(run.path / "tensorboard")).Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_what_was_logged_is_read_back_after_opening(run):
    run.log_metrics(100, {"critic_loss": [0.5, 0.25]})
    run.log_metrics(200, {"critic_loss": [0.4, 0.2]})
    run.log_evaluation(200, [episode(0, 0, 40.0), episode(1, 0, 60.0)], {"episodes": 1})
    opened = Run.open(run.path)
    assert opened.config == CONFIG
    assert [line["critic_loss"] for line in opened.metrics()] == [[0.5, 0.25], [0.4, 0.2]]
    expected = {"update": 200, **episode(1, 0, 60.0), "protocol": {"episodes": 1}}
    assert opened.evaluations()[1] == expected


def test_numbers_that_are_not_finite_stay_visible_in_strict_json(run):
    run.log_metrics(7, {"critic_loss": [math.nan, 1.0], "q": [1.0, -math.inf], "fine": [0.0, 0.0]})
    run.log_evaluation(7, [{"seed": 0, "episode": 0, "score": math.nan, "return": math.inf}])

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    line = json.loads((run.path / "metrics.jsonl").read_text(), parse_constant=refuse)
    assert line["critic_loss"] == [None, 1.0]
    assert line["nonfinite"] == {"critic_loss": ["nan", None], "q": [None, "-inf"]}
    line = json.loads((run.path / "evaluations.jsonl").read_text(), parse_constant=refuse)
    assert (line["score"], line["nonfinite"]) == (None, {"score": "nan", "return": "inf"})
    read = run.metrics()[0]
    assert math.isnan(read["critic_loss"][0])
    assert read["q"] == [1.0, -math.inf]
    assert run.evaluations()[0]["return"] == math.inf


def test_a_directory_in_use_names_resume(run):
    with pytest.raises(InputError, match="--resume"):
        Run.create(run.path, CONFIG)
    assert Run.open(run.path).config == CONFIG


def test_an_empty_directory_becomes_a_run(tmp_path):
    (tmp_path / "out").mkdir()
    assert Run.create(tmp_path / "out", CONFIG).path.joinpath("config.json").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"model_type": "bert"}'])
def test_a_directory_that_is_no_run(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match=r"config") as error:
        Run.open(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_where_the_directory_should_be(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="file"):
            Run.create(path, CONFIG)
    assert (tmp_path / "file").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_config_with_an_infinite_number_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="not finite"):
        Run.create(tmp_path / "run", CONFIG | {"hyperparameters": {"alpha": math.inf}})
    assert list(tmp_path.iterdir()) == []


def test_find_runs_below_a_folder(tmp_path):
    made = [Run.create(tmp_path / name, CONFIG) for name in ("a/b", "c")]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}')
    assert [run.path for run in find_runs([tmp_path])] == [run.path for run in made]
    assert [run.path for run in find_runs([tmp_path / "c", tmp_path])] == [made[1].path, made[0].path]
    shutil.copytree(made[0].path, made[0].path.with_name(".half-made-a"))  # as a kill leaves it
    assert [run.path for run in find_runs([tmp_path])] == [run.path for run in made]
    made[0].log_metrics(1, {"loss": [1.0]})
    (made[0].path / "config.json").write_text('{"algo')
    with pytest.raises(InputError, match="cannot be read as a run's config"):
        find_runs([tmp_path])
    for path in (tmp_path / "model", tmp_path / "nowhere"):
        with pytest.raises(InputError, match=path.name):
            find_runs([path])
    with pytest.raises(InputError, match="no run"):
        find_runs([_empty(tmp_path)])


def _empty(tmp_path):
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_a_checkpoint_comes_back(run):
    assert run.load_checkpoint() is None
    base = torch.randn(2, 3, 4, dtype=torch.float64)
    tensors = {"w": base, "view": base[0], "turned": base.transpose(1, 2), "count": torch.tensor(3)}
    run.save_checkpoint(1000, tensors, {"position": 2**60, "name": "é"})
    update, loaded, state = Run.open(run.path).load_checkpoint()
    assert (update, state) == (1000, {"position": 2**60, "name": "é"})
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)


def test_only_the_last_checkpoint_is_kept_also_at_the_same_update(run):
    for update, value in ((1000, 1.0), (20000, 2.0), (20000, 3.0)):
        run.save_checkpoint(update, {"w": torch.tensor(value)}, {})
    assert run.load_checkpoint()[1]["w"] == 3.0
    assert len([entry for entry in run.path.iterdir() if entry.is_dir()]) == 1


def test_several_checkpoints_can_be_kept(run):
    for update, value in ((10, 1.0), (20, 2.0), (30, 3.0), (30, 4.0)):
        run.save_checkpoint(update, {"w": torch.tensor(value)}, {}, keep=2)
    assert run.checkpoints == [20, 30]
    assert run.load_checkpoint()[1]["w"] == 4.0
    assert run.load_checkpoint(20)[1]["w"] == 2.0
    with pytest.raises(InputError, match="no checkpoint after update 10, only after 20, 30; --keep"):
        run.load_checkpoint(10)


@pytest.mark.parametrize("file", ["tensors.safetensors", "state.json"])
def test_a_damaged_checkpoint_is_named(run, file):
    run.save_checkpoint(5, {"w": torch.zeros(100)}, {"a": 1})
    damaged = run.path / "checkpoint-000000005" / file
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(InputError, match="checkpoint-000000005"):
        run.load_checkpoint()


# The next two tests run in one process of their own, which forks what is to be killed: a new Python for each kill
# would spend a second on importing torch.
KILL_ANY_TIME = """
import os, signal, sys, time, torch, torch.utils.tensorboard
from palaestra.data.results.run import Run

def save_forever(run, update):
    while True:
        update += 1
        episodes = [{"seed": seed, "episode": i, "score": 1.0, "return": 2.0} for seed in (0, 1) for i in range(30)]
        run.log_evaluation(update, episodes, {"episodes": 30})
        tensors = {f"layer{i}": torch.full((64, 64), float(update)) for i in range(4)}
        run.save_checkpoint(update, tensors, {"update": update})

last = 0
for attempt in range(40):
    child = os.fork()
    if child == 0:
        run = Run.open(sys.argv[1])
        run.rewind(last or -1)
        save_forever(run, last)
    run = Run.open(sys.argv[1])
    while not any(folder.name > f"checkpoint-{last:09d}" for folder in run.path.glob("checkpoint-*")):
        time.sleep(0.001)
    time.sleep(0.0007 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    update, tensors, state = run.load_checkpoint()
    assert state == {"update": update}
    assert all(bool((tensor == update).all()) for tensor in tensors.values())
    assert update > last, "an older checkpoint came back"
    logged = [line["update"] for line in run.evaluations() if line["update"] <= update]
    assert logged == [u for u in range(1, update + 1) for _ in range(60)], "lines before the checkpoint are missing"
    last = update
print(last)
"""

KILL_AT_EACH_CALL = """
import os, sys, torch
from palaestra.data.results.run import Run
run = Run.open(sys.argv[1])

def save_twice(update):
    for update in (update, update + 1):
        run.save_checkpoint(update, {"w": torch.full((3,), float(update))}, {"update": update})

def die_at(name, call):
    real, seen = getattr(os, name), [0]
    def deadly(*arguments, **options):
        seen[0] += 1
        if seen[0] == call:
            os._exit(9)
        return real(*arguments, **options)
    setattr(os, name, deadly)

save_twice(1)
for name in ("mkdir", "open", "fsync", "rename", "unlink", "rmdir"):
    call = 0
    while True:
        call += 1
        before, _, _ = run.load_checkpoint()
        child = os.fork()
        if child == 0:
            die_at(name, call)
            save_twice(before + 1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        update, tensors, state = run.load_checkpoint()
        assert state == {"update": update} and bool((tensors["w"] == update).all()), (name, call)
        assert update >= before
        for folder in run.path.glob("checkpoint-*"):
            assert len(os.listdir(folder)) == 2, "half a checkpoint under a checkpoint's name"
        if status == 0:
            break
        assert status == 9
    folders = [entry.name for entry in run.path.iterdir() if entry.is_dir()]
    assert folders == [f"checkpoint-{update:09d}"], folders
    print(name, call - 1)
"""


def run_script(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"}).stdout


def test_killed_at_any_moment_the_run_goes_on(run):
    assert int(run_script(KILL_ANY_TIME, run.path)) >= 40


def test_killed_before_each_system_call_the_run_goes_on(run):
    survived = dict(line.split() for line in run_script(KILL_AT_EACH_CALL, run.path).decode().splitlines())
    assert set(survived) == {"mkdir", "open", "fsync", "rename", "unlink", "rmdir"}
    assert min(map(int, survived.values())) >= 2


def test_a_torn_last_line_is_dropped(run):
    run.log_metrics(1, {"loss": [1.0, 1.0]})
    run.log_metrics(2, {"loss": [2.0, 2.0]})
    file = run.path / "metrics.jsonl"
    file.write_bytes(file.read_bytes()[:-5])
    assert [line["update"] for line in run.metrics()] == [1]
    run.log_metrics(3, {"loss": [3.0, 3.0]})  # without a rewind, as a later command would
    assert [line["update"] for line in run.metrics()] == [1, 3]


def test_a_damaged_line_inside_is_named(run):
    (run.path / "metrics.jsonl").write_text('{"update": 1}\n{"upd\n{"update": 3}\n')
    with pytest.raises(InputError, match=r"metrics.jsonl: line 2"):
        run.metrics()


def test_rewind_forgets_what_came_after(run):
    for update in (1, 2, 3):
        run.log_metrics(update, {"loss": [float(update), 0.0]})
        run.log_evaluation(update, [episode(0, 0, 1.0), episode(1, 0, 2.0)])
    with (run.path / "evaluations.jsonl").open("a") as stream:
        stream.write('{"update": 2, "seed"')
    resumed = Run.open(run.path)
    resumed.rewind(2)
    assert [line["update"] for line in resumed.metrics()] == [1, 2]
    assert [line["update"] for line in resumed.evaluations()] == [1, 1, 2, 2]
    resumed.rewind(-1)
    assert resumed.metrics() == resumed.evaluations() == []


def test_tensorboard_shows_one_curve_after_a_resumption(run):
    for update in (1, 2, 3):
        run.log_metrics(update, {"loss": [float(update), 0.0]})
    run.log_evaluation(3, [episode(0, 0, 40.0), episode(0, 1, 50.0), episode(1, 0, 60.0)])
    run.close()
    torn = next((run.path / "tensorboard").iterdir())
    torn.write_bytes(torn.read_bytes()[:-7])
    resumed = Run.open(run.path)
    resumed.rewind(1)
    time.sleep(1.1)  # event files are named by the second, and read in the order of their names
    for update in (2, 3):
        resumed.log_metrics(update, {"loss": [10.0 * update, 0.0]})
    resumed.log_evaluation(3, [episode(0, 0, 70.0), episode(0, 1, 80.0), episode(1, 0, 90.0)])
    points = scalars(resumed)
    assert points["loss/seed 0"] == [(1, 1.0), (2, 20.0), (3, 30.0)]
    assert points["evaluation/score/seed 0"] == [(3, 75.0)]
    assert points["evaluation/score/seed 1"] == [(3, 90.0)]


def test_a_full_disk_leaves_no_half_line(run):
    run.log_metrics(1, {"loss": [1.0, 1.0]})
    (run.path / "evaluations.jsonl").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"evaluations.jsonl: no space left"):
        run.log_evaluation(1, [episode(0, 0, 1.0)])
    assert [line["update"] for line in run.metrics()] == [1]


def test_a_full_disk_leaves_no_half_checkpoint(run, monkeypatch):
    run.save_checkpoint(1, {"w": torch.ones(3)}, {})
    before = sorted(run.path.rglob("*"))
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"checkpoint-000000002: no space left"):
        run.save_checkpoint(2, {"w": torch.zeros(3)}, {})
    assert sorted(run.path.rglob("*")) == before
    assert run.load_checkpoint()[0] == 1


def test_versions_say_what_ran_and_load_nothing():
    recorded = versions()
    assert recorded["torch"] == torch.__version__
    assert recorded.keys() >= {"python", "palaestra", "numpy", "scipy", "gymnasium", "mujoco", "system", "processor"}
    code = "import sys; from palaestra.data.results.run import versions; versions(); print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"
