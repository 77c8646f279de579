"""Language runs that are killed in their own process at any moment and resumed, as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from palaestra.agents.training.trainer import DivergedError
from palaestra.cli.main import run
from palaestra.data.results.run import Run

WORLD = "palaestra/ToolArithmetic-v0"
SMALL = "--width 32 --layers 1 --max-tokens 16 --episodes 4 --log-every 1 --seeds 2"
SIDE_BY_SIDE = ["--threads", "2"]
SETTINGS = {
    "otc-grpo": "--questions 6 --group 6 --pool 8 --updates 24 --evaluate-every 4 --keep 2",
    "otc-ppo": "--questions 24 --pool 30 --updates 24 --evaluate-every 4 --credit turn",
}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A run of sft that answers, now and then rightly."""
    out = tmp_path_factory.mktemp("start") / "run"
    lessons = "--lessons 60 --batch 8 --drill 0 --lr 1e-2 --updates 80 --evaluate-every 80 --tasks SingleDigits"
    assert not run(["train", "sft", "--env", WORLD, *SMALL.split(), *lessons.split(), "--out", str(out)])
    return out


def command(name, start, out):
    return ["train", name, "--env", WORLD, "--start", str(start), *SMALL.split(), *SETTINGS[name].split(), "--out", out]


def outcome(path):
    """Weights, moments, counters, histories and logs of a run; all but the speed."""
    finished = Run.open(path)
    update, tensors, state = finished.load_checkpoint()
    metrics = [{k: v for k, v in line.items() if k != "updates_per_second"} for line in finished.metrics()]
    metrics = json.dumps(metrics)  # a seed without a right answer reports NaN, which equals nothing
    return (update, state, metrics, finished.evaluations()), tensors


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [("otc-grpo", []), ("otc-ppo", SIDE_BY_SIDE)])
def test_killed_with_sigkill_and_resumed(name, options, start, tmp_path):
    """The seeds of the second run are in processes of their own until then, and in one afterwards."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "2"}
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    line = [sys.executable, "-m", "palaestra", *command(name, start, str(broken)), *options]
    process = subprocess.Popen(line, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (broken / "metrics.jsonl").exists():
        time.sleep(0.01)
    time.sleep(2 * random.Random().random())
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors
    for out in (broken, whole):
        assert not run([*command(name, start, str(out)), "--resume"])
    (logs, tensors), (expected, others) = outcome(broken), outcome(whole)
    assert logs == expected
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    if name == "otc-grpo":
        assert all(expected[1]["plain"][seed]["more"]["history"]["minima"] for seed in ("0", "1"))
        assert Run.open(broken).checkpoints == Run.open(whole).checkpoints == [20, 24]


@pytest.mark.slow
def test_a_seed_that_diverges_in_its_own_process_ends_the_run(start, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    reason = r"^seed [01]: .* no longer finite in update \d+; the last checkpoint is kept; try smaller step sizes$"
    with pytest.raises(DivergedError, match=reason):
        run([*command("otc-ppo", start, str(tmp_path / "run")), *SIDE_BY_SIDE, "--lr", "1e30", "--warmup", "0"])
