"""docs/own.md's learner, agent, task and app: its files and commands as they stand there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "own.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {"palaestra": [sys.executable, "-m", "palaestra"], "python": [sys.executable]}
PRINTED = {
    "Learner": ["weighted:WeightedBC", "3 episodes/seed", "TrainedPolicy('runs/from-python', weighted:WeightedBC"],
    "Agent": ["2 episodes, 2 of 2 done", "3 episodes, 3 of 3 done", "3 exactly as recorded"],
    "Task and app": ["2 of 2 done", "2 exactly as recorded", "in the app Tally. {'the count is right': False}"],
}


@pytest.mark.parametrize("section", PRINTED)
def test_the_section_does_what_it_says(section, tmp_path):
    for path, text in FILE.findall(SECTIONS[section]):
        (tmp_path / path).write_text(text)
    environment = os.environ | {
        "PALAESTRA_DATA": str(tmp_path / "data"),
        "COLUMNS": "200",
        "PYTHONPATH": str(ROOT / "src"),
    }
    printed = ""
    for block in COMMANDS.findall(FILE.sub("", SECTIONS[section])):
        for line in block.splitlines():
            program, *words = shlex.split(line)
            command = [*PROGRAMS[program], *words]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            printed += done.stdout
    for text in PRINTED[section]:
        assert text in printed
