"""CONTRIBUTING.md, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```\n(pytest .*)\n```$", re.MULTILINE)
KINDS = ("A learner", "An environment", "A task", "An app")


@pytest.fixture
def repository(tmp_path):
    for name in ("agents", "data", "envs", "offline_rl", "src", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "earlier")
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(program, *arguments, cwd):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment = inherited | {"PYTHONPATH": str(cwd / "src"), "PYTHONSAFEPATH": "1"}
    command = [Path(sys.executable).with_name(program), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_passes_the_test_that_the_page_names(kind, repository):
    files = FILE.findall(SECTIONS[kind])
    assert len(files) == 2, "one file, and its test"
    for path, text in files:
        assert not (repository / path).exists()
        (repository / path).write_text(text)
    paths = [path for path, _ in files]
    run("ruff", "check", *paths, cwd=repository)
    run("ruff", "format", "--check", *paths, cwd=repository)
    (command,) = COMMAND.findall(SECTIONS[kind])
    assert " passed" in run(*command.split(), cwd=repository)


def test_the_page_names_what_is_there():
    assert set(KINDS) < set(SECTIONS)
    for name, path in re.findall(r"`([A-Z]+)` in\s+`(tests/[\w/]+\.py)`", PAGE):
        assert re.search(rf"^{name} = ", (ROOT / path).read_text(), re.MULTILINE)
    targets = re.findall(r"`?make ((?:[a-z-]+ ?)+)", PAGE)
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for names in targets for target in names.split())
