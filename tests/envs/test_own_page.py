"""docs/own.md's environment and data, run in an empty directory exactly as they are printed there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from palaestra.data.results.run import Run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"(?:^`([\w/]+\.py)`:\n\n)?^```(python)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def follow(section, folder):
    """Write a section's files and run its commands and scripts, in their order; returns what was printed."""
    printed = []
    for file, language, text in BLOCK.findall(SECTIONS[section]):
        if file:
            (folder / file).write_text(text)
        elif language:
            printed.append(run(sys.executable, "-c", text, cwd=folder))
        for line in () if language else text.splitlines():
            program, *words = shlex.split(line)
            # The installed command doesn't have the working directory on its path.
            program = {"palaestra": [sys.executable, "-P", "-m", "palaestra"], "python": [sys.executable]}[program]
            printed.append(run(*program, *words, cwd=folder))
    return printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


def test_the_environment(folder):
    pytest.importorskip("stable_baselines3")
    trained, evaluated, scores = follow("Environment", folder)
    assert "my_robots:Cart-v0" in trained
    assert "20 episodes/seed" in evaluated
    assert len(eval(scores)) == 5
    assert {each["env_id"] for each in Run.open(folder / "runs" / "cart-ppo").evaluations()} == {"my_robots:Cart-v0"}


def test_the_data(folder):
    (file, _, text) = BLOCK.findall(SECTIONS["Environment"])[0]
    (folder / file).write_text(text)
    recorded, info, trained, evaluated, _, _, without, action = follow("Data", folder)
    assert recorded.startswith("10000 steps")
    assert re.search(r"env_id +None", info)
    assert "score" in trained
    assert "20 episodes/seed" in evaluated
    assert without.endswith("run: runs/cart-bc\n")
    assert action.startswith("[-")
    scores = [each["score"] for each in Run.open(folder / "runs" / "cart").evaluations()]
    assert min(scores[-20:]) > 50


def test_its_files_follow_the_style(tmp_path):
    for _, language, text in BLOCK.findall(SECTIONS["Environment"] + SECTIONS["Data"]):
        if language:
            (tmp_path / "block.py").write_text(text)
            ruff, project = str(Path(sys.executable).with_name("ruff")), str(ROOT / "pyproject.toml")
            run(ruff, "format", "--check", "--config", project, "block.py", cwd=tmp_path)
            run(ruff, "check", "--ignore", "D100,D101,D102,F401,I001", "--config", project, "block.py", cwd=tmp_path)
