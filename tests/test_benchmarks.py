"""Every script in benchmarks/ runs, on small sizes; what it measures there means nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "benchmarks"
QUICK = "offline_steps.py --quick --robots hopper --modes eager"
RUNS = {
    "aitw_behaviour.py --episodes 4": "mode wrong",
    "aitw_splits.py": "Splits of Web Shopping",
    "data_load.py --rows 3000 --robots hopper --repeats 2": "file to ready",
    "language.py --updates 3 --questions 8 --repetitions 1": "episodes take",
    f"{QUICK} --learners bc prdc": "answers equal",
    f"{QUICK} --learners bc --beside corl d3rlpy": "d3rlpy",
    "maze2d.py maze2d-umaze-v1 --seeds 1 --episodes 1": "161.86",
    "phone.py --steps 2 --rounds 1 --devices 2": "null simulator",
    "replay.py --rows 2000 --online 200 --seeds 1 2 --device cpu": "palaestra, 2 seeds",
    "tools.py --episodes 8 --rounds 1 --calls 2": "an empty tool",
    "web.py --times 2": "Settings",
    "worlds.py --rounds 2 --steps 20": "engine alone",
}
"""Command line -> a part of what it prints."""


def test_every_script_has_a_run():
    scripts = {path.name for path in SCRIPTS.glob("*.py")}
    # a page's, one imported, and two that need other people's repositories
    others = {"learners.py", "peers.py", "androidworld.py", "d4rl_scripts.py"}
    assert {run.split()[0] for run in RUNS} == scripts - others


def run_script(run, tmp_path):
    script, *arguments = run.split()
    environment = os.environ | {"PALAESTRA_DATA": str(tmp_path / "data"), "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONSAFEPATH", None)  # scripts import each other
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900)


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_the_script_runs(run, tmp_path):
    done = run_script(run, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert RUNS[run] in done.stdout


@pytest.mark.slow
def test_without_androidworld_a_line_says_what_is_needed(tmp_path):
    done = run_script("androidworld.py", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("needs android_world, github.com/google-research/android_world: ")
