"""What docs/tools.md says is so: its examples and commands run, its tables name what is there."""

import inspect
import re
import shlex
from pathlib import Path

import pytest

from palaestra.cli.main import run
from palaestra.envs.tools.adversary import SHARES
from palaestra.envs.tools.budget import Cost, Stop
from palaestra.envs.tools.calls import Fault
from palaestra.envs.tools.codecs import CODECS
from palaestra.envs.tools.declaration import WORLDS
from palaestra.envs.tools.world import ToolEnv

PAGE = (Path(__file__).parents[3] / "docs" / "tools.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]


def test_the_examples_run(tmp_path, monkeypatch):
    """As one module, because later examples use names of earlier ones and their tasks are found by its name."""
    (tmp_path / "tools_page.py").write_text("\n".join(EXAMPLES))
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__("tools_page")
    assert module.reward == 1.0


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if line.startswith("palaestra ") and "serve" not in line]
)
def test_the_commands_run(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)[1:]
    if words[0] == "replay":
        run(["rollout", "palaestra/ToolArithmetic-v0", "--policy", "oracle", "--episodes", "2", "--out", words[1]])
    assert run(words) == 0


def test_the_tables_are_complete():
    for name in (*SHARES, *CODECS, *Fault, *Stop, *vars(Cost())):
        assert f"`{name}`" in PAGE, name
    arguments = inspect.signature(ToolEnv).parameters.keys() - {"own", "render_mode"}
    assert all(f"`{name}`" in PAGE for name in arguments)
    for world in WORLDS:
        assert f"`{world.id}`" in PAGE
