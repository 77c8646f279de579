"""The README's Python runs as it stands there, with fewer rows and updates."""

import re
from pathlib import Path

import pytest

from palaestra.data.results.run import Run

README = (Path(__file__).parents[1] / "README.md").read_text()
FEWER = {
    "200_000": "1500",
    "20_000": "20",
    "episodes=25": "episodes=1",
    "seeds=4": "seeds=2",
    "seeds=8": "seeds=2",
    "range(1000)": "range(2)",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_train_score_act_and_update(folder):
    blocks = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    names: dict = {}
    for block in blocks:
        if "Android" in block:  # the phone's own tests play this task
            continue
        for text, smaller in FEWER.items():
            block = block.replace(text, smaller)
        exec(block, names)
    episodes = Run.open(folder / "runs" / "prdc").evaluations()
    assert {each["seed"] for each in episodes} == {0, 1}
    assert len(names["scores"]) == 2
    assert all(each["score"] is not None for each in episodes)
    assert 0 < names["reward"] < 10
    assert all(value.shape == (2,) and value.isfinite().all() for value in names["metrics"].values())
