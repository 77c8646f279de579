"""docs/own.md's learner, agent, task and app: its files and commands as they stand there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from palaestra.cli.main import run

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = {
    "Learner": ["weighted:WeightedBC", "3 episodes/seed", "TrainedPolicy('runs/from-python', weighted:WeightedBC"],
    "Agent": ["2 episodes, 2 of 2 done", "3 episodes, 3 of 3 done", "3 exactly as recorded"],
    "Task and app": ["2 of 2 done", "2 exactly as recorded", "in the app Tally. {'the count is right': False}"],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with an empty cache; modules of the page don't stay imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    before = set(sys.modules)
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        if path.stem not in before:
            sys.modules.pop(path.stem, None)


def printed(line, capsys):
    """What a command prints; palaestra's own run in this process."""
    program, *words = shlex.split(line)
    if program == "palaestra":
        assert run(words) == 0
        return capsys.readouterr().out
    assert program == "python"
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("section", PRINTED)
def test_the_section_does_what_it_says(section, here, capsys):
    for path, text in FILE.findall(SECTIONS[section]):
        (here / path).write_text(text)
    blocks = COMMANDS.findall(FILE.sub("", SECTIONS[section]))
    output = "".join(printed(line, capsys) for block in blocks for line in block.splitlines())
    for text in PRINTED[section]:
        assert text in output
