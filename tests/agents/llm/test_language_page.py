"""What docs/language.md says is so: its examples and commands run, its tables name what is there."""

import re
import shlex
from pathlib import Path

import pytest

from palaestra.agents.training import registry
from palaestra.cli.main import run

PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FIRST_COMMANDS = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0].splitlines()
SMALL = {
    "sft": "--updates 3 --lessons 40 --width 32 --layers 1 --episodes 4 --max-tokens 12",
    "grpo": "--updates 1 --questions 2 --group 2 --episodes 4 --max-tokens 12",
    "otc-grpo": "--updates 1 --questions 2 --group 2 --episodes 4 --max-tokens 12",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_run(example):
    exec(compile(example, "docs/language.md", "exec"), {})


@pytest.mark.slow
def test_the_commands_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    """With less of everything; what they print has the columns that the page names."""
    monkeypatch.chdir(tmp_path)
    for command in FIRST_COMMANDS:
        words = shlex.split(command)[1:]
        if words[0] == "train":
            words = [word for word in words if word not in ("--threads", "2")] + shlex.split(SMALL[words[1]])
            words = [*words[: words.index("--seeds")], "--seeds", "1", *words[words.index("--seeds") + 2 :]]
        assert not run(words), command
        if words[0] == "compare":
            header, *rows = capsys.readouterr().out.strip().splitlines()[-3:]
            assert {"success", "calls", "productivity"} <= set(header.split(","))
            assert [row.split(",")[1].split(" ")[0] for row in rows] == ["grpo", "otc-grpo"]
    assert (tmp_path / "episodes.arrows").exists()


def test_all_trainers_are_listed():
    listed = re.findall(r"^\| `([\w-]+)` \|.*\|.*\|$", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(registry.names("agents.training.language"))
