"""The command line as a user meets it: one line and status 2 for mistakes, runs that survive a kill."""

import contextlib
import errno
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import RescaleAction
from safetensors.numpy import load_file

from palaestra import data
from palaestra.cli import progress
from palaestra.cli.errors import exit_with
from palaestra.cli.main import DEFAULTS, run, verbs
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import D4RL_IDS, RECIPE_IDS
from palaestra.envs import WORLD_IDS

VERBS = [
    f"{name} {verb}".strip() for name, group in verbs().items() for verb in (group if isinstance(group, dict) else [""])
]
TRAIN = ["--steps", "600", "--evaluate-every", "200", "--episodes", "2", "--log-every", "100", "--seeds", "2"]
SMALL = ["--hidden", "32", "32", "--batch-size", "64", "--threads", "1", "--device", "cpu"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A cache with a small recipe dataset in it, shared by the module's commands."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["PALAESTRA_DATA"] = str(folder)
    run(["data", "make", "palaestra/hopper/medium-v0", "--rows", "3000", "--processes", "1"])
    yield folder
    del os.environ["PALAESTRA_DATA"]


def palaestra(*arguments, cwd, check=True, timeout=120):
    command = [sys.executable, "-m", "palaestra", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert not check or done.returncode == 0, done.stderr
    return done


def checkpoint(folder):
    (made,) = folder.glob("checkpoint-*")
    return load_file(made / "tensors.safetensors"), json.loads((made / "state.json").read_text())


def episodes_of(folder):
    return [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]


def test_a_killed_run_resumes_as_if_unbroken(root, tmp_path):
    arguments = ["train", "prdc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL]
    run([*arguments, "--out", str(tmp_path / "whole")])
    command = [sys.executable, "-m", "palaestra", *arguments, "--out", "broken"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "broken").glob("checkpoint-*")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with (tmp_path / "broken" / "metrics.jsonl").open("a") as file:
        file.write('{"update": 590, "torn')
    run([*arguments, "--out", str(tmp_path / "broken"), "--resume"])
    (tensors, state), (tensors_whole, state_whole) = (checkpoint(tmp_path / name) for name in ("broken", "whole"))
    assert tensors.keys() == tensors_whole.keys()
    assert all(np.array_equal(tensors[name], tensors_whole[name]) for name in tensors)
    assert state == state_whole
    assert episodes_of(tmp_path / "broken") == episodes_of(tmp_path / "whole")
    updates = [json.loads(line)["update"] for line in (tmp_path / "broken" / "metrics.jsonl").read_text().splitlines()]
    assert updates == [100, 200, 300, 400, 500, 600]


def test_ctrl_c_saves_a_checkpoint_and_the_resumed_run_is_the_unbroken_one(root, tmp_path):
    arguments = ["train", "prdc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL]
    arguments[arguments.index("--evaluate-every") + 1] = "600"
    run([*arguments, "--out", str(tmp_path / "whole")])
    # subprocesses of a shell's background jobs ignore Ctrl-C, so the handler is restored
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from palaestra.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments, "--out", "broken"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "broken" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") >= 2):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"palaestra: stopped after update [2-5]\d\d; the same command with --resume goes on\n$", said)
    assert not (tmp_path / "broken" / "evaluations.jsonl").exists() or not episodes_of(tmp_path / "broken")
    run([*arguments, "--out", str(tmp_path / "broken"), "--resume"])
    (tensors, state), (tensors_whole, state_whole) = (checkpoint(tmp_path / name) for name in ("broken", "whole"))
    assert all(np.array_equal(tensors[name], tensors_whole[name]) for name in tensors)
    assert state == state_whole
    assert episodes_of(tmp_path / "broken") == episodes_of(tmp_path / "whole")


def test_every_evaluation_prints_a_line(root, tmp_path, capsys):
    run(["train", "bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--out", str(tmp_path / "run")])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("update ")]
    assert [line.partition(":")[0] for line in lines] == [f"update {count} of 600" for count in (200, 400, 600)]
    assert all(re.search(r": score -?\d+\.\d, \S+ updates/s", line) for line in lines)
    assert [line.endswith("s left") for line in lines] == [True, True, False]
    last = [each["score"] for each in episodes_of(tmp_path / "run") if each["update"] == 600]
    assert f"score {np.mean(last):.1f}," in lines[-1]


def test_train_says_once_how_long_it_will_take(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "ESTIMATE_AFTER", 0.01)
    arguments = ["train", "bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--out"]
    run([*arguments, str(tmp_path / "run")])
    lines = capsys.readouterr().out.splitlines()
    (estimate,) = [line for line in lines if line.startswith("about ")]
    assert re.fullmatch(r"about \d+ s at \S+ updates/s \(600 updates\), without evaluations", estimate)
    assert lines.index(estimate) < next(k for k, line in enumerate(lines) if line.startswith("update "))


def test_on_a_terminal_of_80_columns_nothing_wraps(root, tmp_path):
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    flags = ["td3bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--out", "run"]
    command = [sys.executable, "-m", "palaestra", "train", *flags]
    terminal: dict = dict.fromkeys(("stdin", "stdout", "stderr"), secondary)
    process = subprocess.Popen(command, cwd=tmp_path, env=environment | {"TERM": "xterm"}, **terminal)
    os.close(secondary)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux reports the end of a terminal
        while block := os.read(primary, 4096):
            shown += block
    os.close(primary)
    assert process.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    pieces = [piece for line in text.splitlines() for piece in line.split("\r")]
    assert [piece for piece in pieces if len(piece) > 80] == []
    bars = [piece for piece in pieces if re.search(r"/600 [-\d]+:[-\d:]+", piece)]
    assert bars
    assert all(re.search(r"/600 [-\d]+:[-\d:]+", bar).end() <= 60 for bar in bars)
    assert any(re.match(r"update 400 of 600: score ", piece) for piece in pieces)


def test_train_evaluate_compare(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "td3bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--alpha", "3.5"]
    run(arguments)
    assert re.search(r"alpha +3\.5", capsys.readouterr().out)
    folder = tmp_path / "runs" / "td3bc-palaestra-hopper-medium-v0"
    config = json.loads((folder / "config.json").read_text())
    assert config["hyperparameters"]["alpha"] == 3.5
    assert config["seeds"] == [0, 1]
    assert len(episodes_of(folder)) == 3 * 2 * 2
    run(["evaluate", str(folder), "--episodes", "3"])
    again = [line for line in episodes_of(folder) if line["protocol"]["episodes"] == 3]
    assert len(again) == 6
    assert {line["update"] for line in again} == {600}
    capsys.readouterr()
    run(["compare", "runs", "--form", "markdown"])
    assert "| td3bc" in capsys.readouterr().out
    run(["compare", str(folder)])
    table = capsys.readouterr().out
    assert "2 episodes/seed" in table
    assert "3 episodes/seed" in table
    assert "published" not in table


def test_evaluation_needs_no_dataset(root, tmp_path, monkeypatch):
    arguments = ["train", "bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--out", "run"]
    monkeypatch.chdir(tmp_path)
    run(arguments)
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "empty"))
    run(["evaluate", "run", "--episodes", "2"])
    last = episodes_of(tmp_path / "run")
    assert [line["return"] for line in last[-4:]] == [line["return"] for line in last[-8:-4]]


def refused(*arguments):
    with pytest.raises(InputError) as error:
        run(list(map(str, arguments)))
    message = str(error.value)
    assert "\n" not in message
    return message


def test_mistakes_get_one_line(root, tmp_path):
    known = ("train", "td3bc", "--dataset", "palaestra/hopper/medium-v0")
    assert "no such command" in refused("trian")
    assert "no such command" in refused("data", "mkae")
    assert "name an algorithm first: a2pr, " in refused("train")
    assert "no such algorithm" in refused("train", "td3cb", "--dataset", "x")
    assert "hopper-medium-v2" in refused("train", "td3bc", "--dataset", "hoper-medium-v2", "--out", tmp_path / "a")
    assert "did you mean --alpha" in refused(*known, "--alpa", "3")
    assert "Unrecognized options: --alhpa, 2 (did you mean --alpha?)" in refused(*known, "--alhpa", "2")
    suggested = re.search(r"did you mean (.*)\?", refused(*known, "--alhpa", "2", "--sedes", "3"))[1]
    assert set(suggested.split(", ")) == {"--alpha", "--seeds"}
    assert "(did you mean --episodes?)" in refused("rollout", "x", "--out", "y", "--episods", "3")
    mistyped = refused("train", "td3bc", "--datset", "x")
    assert "--dataset STR" in mistyped
    assert "Unrecognized options: --datset x" in mistyped
    assert "did you mean" not in mistyped
    assert "--alpha" in refused(*known, "--alpha", "much")
    assert "--dataset" in refused("train", "td3bc")
    assert "compare: name run directories" in refused("compare")
    assert "it is not a run" in refused("evaluate", tmp_path)
    assert "--threads must be at least 1" in refused(*known, "--threads", "0")
    assert "--episodes must be at least 1" in refused("evaluate", tmp_path, "--episodes", "0")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("mine")
    made = "data", "make", "palaestra/hopper/medium-v0", "--rows", "100", "--out", tmp_path / "precious"
    assert "is not a dataset, so it is not replaced" in refused(*made)
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / "a").exists()


def test_a_mistake_on_the_command_line_exits_with_2(root, tmp_path):
    done = palaestra("train", "td3bc", "--dataset", "nope", "--out", "out", cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("palaestra: nope: no such dataset")
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_settings_are_printed_only_if_the_training_begins(root, tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    assert "no such environment" in refused("train", "sb3-ppo", "--env", "Nope-v0", "--out", tmp_path / "a")
    known = ("train", "td3bc", "--dataset", "palaestra/hopper/medium-v0", *SMALL)
    assert "not empty; continue" in refused(*known, "--out", tmp_path / "taken")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "", "a.html"), "a.html: no space left on the disk; free some, or choose another folder"),
        (OSError(errno.EDQUOT, ""), "the output: no space left on the disk; free some, or choose another folder"),
        (OSError(errno.EROFS, "", "a.html"), "a.html: cannot be written (Read-only file system)"),
        (OSError(errno.EACCES, "", "a.html"), "a.html: cannot be written (Permission denied)"),
    ],
)
def test_a_file_that_cannot_be_written_is_one_line(capsys, error, line):
    def write():
        raise error

    with pytest.raises(SystemExit) as stop:
        exit_with(write)
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"palaestra: {line}\n"


def test_resuming_with_other_settings_is_refused(root, tmp_path):
    arguments = ["train", "td3bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL, "--out", tmp_path / "run"]
    run(list(map(str, arguments)))
    before = {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir() if file.is_file()}
    assert "alpha = 2.5, not 9.0" in refused(*arguments, "--resume", "--alpha", "9")
    assert "--resume" in refused(*arguments)
    assert {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir() if file.is_file()} == before


def test_more_steps_continue_a_finished_run(root, tmp_path):
    arguments = ["train", "bc", "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL]
    longer = [*arguments[:5], "800", *arguments[6:]]
    assert longer[4] == "--steps"
    run([*arguments, "--out", str(tmp_path / "grown")])
    run([*longer, "--out", str(tmp_path / "grown"), "--resume"])
    assert json.loads((tmp_path / "grown" / "config.json").read_text())["steps"] == 800
    run([*longer, "--out", str(tmp_path / "straight")])
    (a, _), (b, _) = checkpoint(tmp_path / "grown"), checkpoint(tmp_path / "straight")
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_environments_are_listed_with_and_without_the_word(capsys):
    tables = []
    for words in (["envs"], ["envs", "list"]):
        assert run(words) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]
    assert "palaestra/Hopper-v0" in tables[0]


def test_every_verb_explains_itself(capsys):
    for verb in VERBS:
        with pytest.raises(SystemExit) as stop:
            run([*verb.split(), *(["bc"] if verb == "train" else []), "--help"])
        assert not stop.value.code
        assert capsys.readouterr().out.startswith("usage: palaestra")


def test_defaults_follow_the_dataset(root, capsys):
    with pytest.raises(SystemExit):
        run(["train", "prdc", "--dataset", "halfcheetah-medium-v2", "--help"])
    assert re.search(r"--alpha FLOAT.*\n?.*40\.0", capsys.readouterr().out)


def test_defaults_follow_what_a_file_is_not_what_it_is_called(root, tmp_path, capsys):
    run(["data", "convert", "palaestra/hopper/medium-v0", str(tmp_path / "mine.hdf5")])
    for flags, decay in ((["--online_steps", "3"], "none"), (["--online-steps=0"], "cosine")):
        with pytest.raises(SystemExit):
            run(["train", "iql", "--dataset", str(tmp_path / "mine.hdf5"), *flags, "--help"])
        output = " ".join(capsys.readouterr().out.split())
        assert re.search(r"--normalise-rewards, --no-normalise-rewards .{0,120}\(default: True\)", output)
        assert re.search(rf"--opt-decay-schedule {{cosine,none}} .{{0,120}}\(default: {decay}\)", output)


def test_published_settings_go_by_the_world_where_a_file_does_not_say_what_it_is(root, tmp_path, capsys):
    source = data.load("palaestra/hopper/medium-v0")
    replace(source, id="mine", env_id="palaestra/Hopper-v0").save(tmp_path / "mine")
    flags = ["--dataset", str(tmp_path / "mine"), "--steps", "2", "--episodes", "1", *SMALL]
    run(["train", "iql", *flags, "--out", str(tmp_path / "iql")])
    assert re.search(
        r"published  normalise_rewards \(of the paper, see palaestra\.offline_rl\.iql\)\n", capsys.readouterr().out
    )
    assert json.loads((tmp_path / "iql" / "config.json").read_text())["hyperparameters"]["normalise_rewards"]
    run(["train", "bc", *flags, "--out", str(tmp_path / "bc")])
    assert re.search(r"published  no published settings for this dataset\n", capsys.readouterr().out)


def test_actions_beyond_the_world_are_refused(root, tmp_path):
    source = data.load("palaestra/hopper/medium-v0")
    actions = np.array(source.columns["actions"])
    actions[41, 2] = -1.75
    replace(source, columns={**source.columns, "actions": actions}).save(tmp_path / "wide")
    said = refused("train", "bc", "--dataset", tmp_path / "wide", *TRAIN, *SMALL, "--out", tmp_path / "run")
    assert "the largest is -1.75, in row 41" in said
    assert "--scale-actions LOW HIGH" in said
    assert not (tmp_path / "run").exists()


@pytest.fixture
def narrow():
    """Environments with Hopper's shapes that take actions from -0.4 to 0.4, and from -1 to 1."""
    for name, limit in (("Narrow-v0", 0.4), ("Unit-v0", 1.0)):
        gymnasium.register(
            name, lambda limit=limit: RescaleAction(gymnasium.make("Hopper-v5"), -limit, limit), max_episode_steps=9
        )
    yield
    for name in ("Narrow-v0", "Unit-v0"):
        del gymnasium.registry[name]


def test_a_file_without_timeouts_is_scaled_and_named_at_once(narrow, tmp_path):
    rng = np.random.default_rng(0)
    columns = {"observations": rng.normal(size=(20, 11)), "actions": rng.uniform(-2, 2, size=(20, 3))}
    np.savez(tmp_path / "bare.npz", **columns, rewards=np.zeros(20), terminals=np.zeros(20, bool))
    run(
        [
            "data",
            "convert",
            *(str(tmp_path / name) for name in ("bare.npz", "new")),
            "--as",
            "Unit-v0",
            "--scale-actions",
            "-2",
            "2",
        ]
    )
    made = data.load(tmp_path / "new")
    assert (made.env_id, made.horizon) == ("Unit-v0", 9)
    np.testing.assert_allclose(made.columns["actions"], columns["actions"] / 2, atol=1e-6)
    wide = "data", "convert", tmp_path / "bare.npz", tmp_path / "other", "--as", "Unit-v0"
    assert "Unit-v0 takes -1 to 1 there" in refused(*wide)


def test_actions_of_another_range_are_scaled_by_a_conversion(root, narrow, tmp_path, capsys):
    source = data.load("palaestra/hopper/medium-v0")
    wide = {**source.columns, "actions": source.columns["actions"] * 0.4}
    replace(source, id="mine", columns=wide).save(tmp_path / "wide")
    run(["data", "convert", str(tmp_path / "wide"), str(tmp_path / "new.hdf5"), "--scale-actions", "-0.4", "0.4"])
    made = data.load(tmp_path / "new.hdf5")
    np.testing.assert_allclose(made.columns["actions"], source.columns["actions"], atol=1e-6)
    assert made.metadata["scaled_actions"] == [-0.4, 0.4]
    convert = "data", "convert", tmp_path / "wide", tmp_path / "other"
    assert "not between -0.1 and 0.1" in refused(*convert, "--scale-actions", "-0.1", "0.1")
    assert "is no range of actions" in refused(*convert, "--scale-actions", "1", "-1")
    assert "takes actions from -0.4 to 0.4" in refused(*convert, "--scale-actions", "-1", "1", "--as", "Narrow-v0")
    known = "data", "convert", "palaestra/hopper/medium-v0", tmp_path / "other"
    assert "its actions are in [-1, 1] already" in refused(*known, "--scale-actions", "-1", "1")
    assert not (tmp_path / "other").exists()


def test_data_of_gymnasiums_robots_are_scored_and_get_published_settings(root, tmp_path, capsys):
    run(["data", "convert", "palaestra/hopper/medium-v0", str(tmp_path / "v4.hdf5"), "--as", "Hopper-v4"])
    described = "data", "info", "--json"
    capsys.readouterr()
    scores = []
    for name in (str(tmp_path / "v4.hdf5"), "palaestra/hopper/medium-v0"):
        run([*described, name])
        scores.append(json.loads(capsys.readouterr().out)["score"])
    assert scores[0] == scores[1]
    assert scores[0] is not None
    flags = ["--dataset", str(tmp_path / "v4.hdf5"), "--steps", "2", "--episodes", "1", *SMALL]
    run(["train", "iql", *flags, "--out", str(tmp_path / "iql")])
    assert re.search(
        r"published  normalise_rewards \(of the paper, see palaestra\.offline_rl\.iql\)\n", capsys.readouterr().out
    )
    assert all(episode["score"] is not None for episode in episodes_of(tmp_path / "iql"))


@pytest.mark.parametrize("env_id", ["palaestra/HalfCheetah-v0", "HalfCheetah-v4"])
def test_prdc_on_a_halfcheetah_file_takes_its_published_alpha(tmp_path, capsys, env_id):
    rng = np.random.default_rng(0)
    columns = {"observations": rng.normal(size=(60, 17)), "actions": rng.uniform(-1, 1, size=(60, 6))}
    flags = {"terminals": np.zeros(60, bool), "timeouts": np.arange(60) % 20 == 19}
    np.savez(tmp_path / "bare.npz", **columns, **flags, rewards=rng.normal(size=60))
    run(["data", "convert", str(tmp_path / "bare.npz"), str(tmp_path / "cheetah.npz"), "--as", env_id])
    flags = ["--steps", "2", "--episodes", "1", *SMALL, "--out", str(tmp_path / "run")]
    run(["train", "prdc", "--dataset", str(tmp_path / "cheetah.npz"), *flags])
    assert json.loads((tmp_path / "run" / "config.json").read_text())["hyperparameters"]["alpha"] == 40
    assert "alpha" in re.search(r"published  (.*)\n", capsys.readouterr().out)[1]


def test_rewards_too_large_to_learn_from_stop_the_run_with_1(root, tmp_path):
    source = data.load("palaestra/hopper/medium-v0")
    columns = {**source.columns, "rewards": np.full(len(source), 1e30, np.float32)}
    replace(source, id="mine", columns=columns).save(tmp_path / "huge")
    done = palaestra("train", "td3bc", "--dataset", "huge", *TRAIN, *SMALL, "--out", "run", cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        r"palaestra: seed \d: \w*loss is inf at update 100; the last checkpoint is kept.*\n", done.stderr
    )


def test_impossible_names_and_pipes_get_one_line(root, tmp_path):
    long = "x" * 300
    os.mkfifo(tmp_path / "pipe.npz")
    known = "--dataset", "palaestra/hopper/medium-v0", *TRAIN, *SMALL
    for name, message in (("a\0b", "NUL"), (long, "too long"), (str(tmp_path / "pipe.npz"), "pipe")):
        assert message in refused("train", "bc", "--dataset", name, *TRAIN, "--out", tmp_path / "run")
        for verb in (("data", "info"), ("data", "verify"), ("replay",)):
            assert message in refused(*verb, name)
        assert message in refused("data", "convert", name, tmp_path / "new")
    for name, message in (("a\0b", "NUL"), (long, "too long")):
        assert message in refused("train", "bc", *known, "--out", name)
        assert message in refused("evaluate", name)
        assert message in refused("compare", name)
        assert message in refused("data", "convert", "palaestra/hopper/medium-v0", name)
        assert message in refused("data", "make", "palaestra/hopper/medium-v0", "--rows", "100", "--out", name)
        assert message in refused("rollout", "palaestra/AndroidTasks-v0", "--out", name)
        assert message in refused("demo", "--out", name)
        for words in (("data", "make", name), ("train", name), ("train", "sb3-td3", "--env", name), (name,)):
            refused(*words)
        refused("train", "bc", "--dataset", f"minari:{name}")
        refused("rollout", name, "--out", tmp_path / "new")
        refused("rollout", "palaestra/AndroidTasks-v0", "--task", name, "--out", tmp_path / "new")
        refused("data", "convert", "palaestra/hopper/medium-v0", tmp_path / "new", "--as", name)
        refused("data", "convert", "palaestra/hopper/medium-v0", f"minari:{name}-v0")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe.npz"]


def test_lists_fit_a_page_and_all_has_a_line_for_every_id(root, capsys, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(root / "minari"))
    for words, ids in ((["data", "list"], (*RECIPE_IDS, *D4RL_IDS)), (["envs"], WORLD_IDS)):
        run(words)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) <= 24
        assert all(len(line) <= 80 or str(root) in line for line in lines)
        run([*words, "--all"])
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(ids)


def test_help_fits_80_columns(root, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    for words in (["train", "--help"], ["train", "bc", "--dataset", "palaestra/hopper/medium-v0", "--help"]):
        with contextlib.suppress(SystemExit):
            run(words)
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_integers_and_paths_as_people_write_them(root, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    run(["data", "make", "palaestra/hopper/medium-v0", "--rows", "2e2", "--processes", "1", "--out=~/data"])
    assert len(data.load(tmp_path / "data")) == 200
    flags = ["--steps", "1e1", "--hidden", "1_6", "2e1", "--batch-size", "1_6", "--episodes=1", "--device", "cpu"]
    run(["train", "bc", "--dataset=~/data", *flags, "--out=~/run"])
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["steps"] == 10
    assert config["hyperparameters"]["hidden"] == [16, 20]
    run(["evaluate", "~/run", "--episodes", "1"])
    run(["compare", "~/run"])
    for word in ("1.5", "1e-1", "nan", "1e400", "many"):
        message = refused("train", "bc", "--dataset", "~/data", "--steps", word)
        assert f"--steps: '{word}' is not an integer, such as 20000, 20_000 or 2e4" in message


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_leaves_nothing_half_made(processes, tmp_path):
    flags = ["--rows", "1e6", "--processes", str(processes), "--out", "made"]
    # An interrupt while Python still imports shows a traceback, so it comes later than the imports take just now.
    imports = "import mujoco, palaestra.agents.rollouts.collect, palaestra.cli.main as main; main.verbs()"
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", imports], check=True)
    imported = time.monotonic() - begin
    for after in (1.5 * imported, 2 * imported):
        status, out, error = interrupted(["data", "make", "palaestra/hopper/medium-v0", *flags], tmp_path, after)
        assert (status, out, error) == (130, "", "")
        assert not list(tmp_path.iterdir())


def test_ctrl_c_ends_a_rollout_after_a_whole_episode(tmp_path):
    command = ["rollout", "palaestra/AndroidTasks-v0", "--episodes", "500", "--out", "episodes.arrows"]
    file = tmp_path / "episodes.arrows"
    status, _, error = interrupted(command, tmp_path, lambda: file.exists() and file.stat().st_size > 50_000)
    assert status == 130
    assert re.search(r"palaestra: stopped after \d+ of 500 episodes\n$", error)
    assert "Traceback" not in error
    assert run(["replay", str(file), "--check"]) == 0


def interrupted(arguments, cwd, when):
    """Exit status, stdout and stderr of a command whose process group gets Ctrl-C after seconds or a condition."""
    # subprocesses of a shell's background jobs ignore Ctrl-C, so the handler is restored
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "from palaestra.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=cwd, start_new_session=True, **pipes)
    started = time.monotonic()
    while not when() if callable(when) else time.monotonic() - started < when:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    return process.returncode, out, error


def test_data_verbs(root, tmp_path, capsys):
    run(["data", "list", "--here"])
    assert "palaestra/hopper/medium-v0" in capsys.readouterr().out
    run(["data", "convert", "palaestra/hopper/medium-v0", str(tmp_path / "copy.hdf5")])
    run(["data", "info", str(tmp_path / "copy.hdf5"), "--json"])
    about = capsys.readouterr().out
    about = json.loads(about[about.index("{") :])
    assert about["rows"] == 3000
    assert about["fingerprint"] == data.load("palaestra/hopper/medium-v0").fingerprint
    assert run(["data", "verify", str(tmp_path / "copy.hdf5")]) == 0


def test_a_changed_dataset_fails_verification(root, tmp_path, capsys):
    dataset = data.load("palaestra/hopper/medium-v0")
    rewards = np.array(dataset.columns["rewards"])
    rewards[17] = np.nextafter(rewards[17], np.float32(9))
    folder = tmp_path / "changed"
    type(dataset)(
        dataset.id,
        dataset.env_id,
        {**dataset.columns, "rewards": rewards},
        dataset.horizon,
        dataset.episode_columns,
        dataset.metadata,
    ).save(folder)
    assert run(["data", "verify", str(folder)]) == 1
    assert "row 17" in capsys.readouterr().out


@pytest.mark.slow
def test_the_demo_reaches_its_goal(tmp_path):
    started = time.monotonic()
    done = palaestra("demo", cwd=tmp_path, timeout=1500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"demo took {time.monotonic() - started:.0f} s\n{done.stdout}")
    report = (tmp_path / "runs" / "demo" / "report.html").read_text()
    assert all(name in report for name in ("td3bc", "prdc", "behaviour policies"))
    assert not re.search(r"(src|href)=[\"']http", report)
    for name in ("td3bc", "prdc"):
        lines = episodes_of(tmp_path / "runs" / "demo" / name)
        last = [line for line in lines if line["update"] == max(each["update"] for each in lines)]
        assert len(last) >= 2 * 20


def test_the_readme_names_only_commands_that_exist():
    text = (Path(__file__).parent.parent / "README.md").read_text()
    commands = re.findall(r"^palaestra ([a-z]+)(?: (\w+))?", text, flags=re.MULTILINE)
    assert commands
    for verb, word in commands:
        assert verb in VERBS or verb in DEFAULTS or f"{verb} {word}" in VERBS
