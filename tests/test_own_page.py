"""docs/own.md: its files, commands and scripts as they are printed there, in an empty directory."""

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

from palaestra.cli.main import run
from palaestra.data.results.run import Run

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"(?:^`([\w/]+\.py)`:\n\n)?^```(python)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = {
    "Environment": ["my_robots:Cart-v0", "20 episodes/seed"],
    "Data": ["10000 steps", "env_id               None", "20 episodes/seed", "run: runs/cart-bc", "[-"],
    "Learner": ["weighted:WeightedBC", "3 episodes/seed", "TrainedPolicy('runs/from-python', weighted:WeightedBC"],
    "Agent": ["2 episodes, 2 of 2 done", "3 episodes, 3 of 3 done", "3 exactly as recorded"],
    "Task and app": ["2 of 2 done", "2 exactly as recorded", "in the app Tally. {'the count is right': False}"],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with an empty cache; modules and environments of the page don't stay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    modules, environments = set(sys.modules), set(gymnasium.registry)
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        if path.stem not in modules:
            sys.modules.pop(path.stem, None)
    for name in set(gymnasium.registry) - environments:
        del gymnasium.registry[name]


def follow(section, folder, monkeypatch):
    """Write a section's files, and run its commands and scripts in their order."""
    for file, language, text in BLOCK.findall(SECTIONS[section]):
        if file:
            (folder / file).write_text(text)
        elif language:
            (folder / "shown.py").write_text(text)
            script("shown.py", folder, monkeypatch)
        for line in () if language else text.splitlines():
            program, *words = shlex.split(line)
            if program == "palaestra":
                assert run(words) == 0
            else:
                assert program == "python"
                script(words[0], folder, monkeypatch)


def script(name, folder, monkeypatch):
    """Run a script, for which alone the working directory is on the path."""
    with monkeypatch.context() as patch:
        patch.syspath_prepend(folder)
        runpy.run_path(str(folder / name), run_name="__main__")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_section_does_what_it_says(section, here, monkeypatch, capsys):
    if section == "Data":  # which goes on with the environment of the section before it
        (file, _, text) = BLOCK.findall(SECTIONS["Environment"])[0]
        (here / file).write_text(text)
    follow(section, here, monkeypatch)
    output = capsys.readouterr().out
    for text in PRINTED[section]:
        assert text in output
    if section == "Data":
        scores = [each["score"] for each in Run.open(here / "runs" / "cart").evaluations()]
        assert min(scores[-20:]) > 50


def test_its_files_follow_the_style(tmp_path):
    ruff, project = str(Path(sys.executable).with_name("ruff")), str(ROOT / "pyproject.toml")
    for number, (_, language, text) in enumerate(BLOCK.findall(PAGE)):
        if language:
            (tmp_path / f"block{number}.py").write_text(text)
    for command in (["format", "--check"], ["check", "--ignore", "D100,D101,D102,F401,I001,RUF012"]):
        done = subprocess.run(
            [ruff, *command, "--config", project, "."], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
