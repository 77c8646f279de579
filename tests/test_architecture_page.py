"""docs/architecture.md names what is there."""

import inspect
import pkgutil
import re
import traceback
from pathlib import Path

import pytest

from palaestra.cli.main import main
from palaestra.data.results.run import Run
from tests.offline_rl.conftest import make_dataset

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_names_on_the_page_exist():
    names = set(re.findall(r"`(palaestra(?:\.\w+)+)`", PAGE))
    assert len(names) >= 15
    for name in names:
        assert pkgutil.resolve_name(name) is not None


def test_the_path_to_a_score_is_the_real_one(tmp_path, monkeypatch):
    stacks = []
    log = Run.log_evaluation

    def logged(self, *arguments):
        stacks.append([frame.f_code for frame, _ in traceback.walk_stack(inspect.currentframe())])
        log(self, *arguments)

    monkeypatch.setattr(Run, "log_evaluation", logged)
    make_dataset(rows=64, state_dim=11, action_dim=3, env_id="palaestra/Hopper-v0").save(tmp_path / "data")
    flags = ["--dataset", str(tmp_path / "data"), "--steps", "2", "--episodes", "1", "--device", "cpu"]
    with pytest.raises(SystemExit, match="0"):
        main(["train", "bc", *flags, "--hidden", "8", "--batch-size", "8", "--out", str(tmp_path / "run")])
    path = re.findall(r"^\| `(palaestra\S+)`", PAGE, re.MULTILINE)
    assert len(path) <= 6
    *before, last = path
    assert last == "palaestra.data.results.run.Run.log_evaluation"
    assert stacks[0][1 : len(path)] == [pkgutil.resolve_name(name).__code__ for name in reversed(before)]


def test_the_map_names_every_module_of_its_rooms():
    text = PAGE[PAGE.index("```") : PAGE.rindex("```")]
    for folder in ("data", "data/results", "envs", "agents", "agents/rollouts", "agents/training"):
        for path in (ROOT / folder).iterdir():
            if path.suffix == ".py" and path.stem not in ("__init__", "behaviour", "malloc"):
                assert re.search(rf"\b{path.stem}\b", text), f"{folder}/{path.name} is not on the map"
