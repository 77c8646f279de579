"""``palaestra plot``: curves of scores, of what language agents' evaluations measure, and of logged metrics."""

import pytest
from PIL import Image

from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.results.plots import spoken_curve
from palaestra.data.results.run import Run

CONFIG = {"algorithm": "otc-grpo", "dataset": "d", "env_id": "e", "seeds": [0, 1]}


@pytest.fixture
def spoken(tmp_path):
    """A run of a language agent: two seeds, evaluated twice."""
    made = Run.create(tmp_path / "otc", CONFIG)
    for update, calls in ((20, 2), (40, 1)):
        lines = [
            {"seed": seed, "episode": each, "return": right, "score": None, "success": right, "calls": calls * seed}
            for seed in (0, 1)
            for each, right in enumerate((1.0, float(seed)))
        ]
        made.log_evaluation(update, lines)
    made.log_metrics(20, {"loss": [0.5, 0.25]})
    return made


def test_productivity_is_a_ratio_of_each_seeds_sums(spoken):
    curve = spoken_curve(spoken, "productivity")
    assert curve.updates.tolist() == [20, 40]
    assert curve.values[1].tolist() == [0.5, 1.0]  # two right answers by four calls, then by two
    assert curve.values[0, 0] != curve.values[0, 0]  # no call: no ratio
    assert spoken_curve(spoken, "success").values.tolist() == [[0.5, 0.5], [1.0, 1.0]]
    assert spoken_curve(spoken, "calls").values.tolist() == [[0.0, 0.0], [2.0, 1.0]]


def test_a_picture_of_each_form(spoken, tmp_path, capsys):
    run(["plot", str(spoken.path), "--show", "calls", "loss", "--out", str(tmp_path / "curves.svg")])
    drawn = (tmp_path / "curves.svg").read_text()
    assert all(f">{word}</text>" in drawn for word in ("calls", "loss", "otc"))
    run(["plot", str(tmp_path), "--out", str(tmp_path / "score.png")])
    assert Image.open(tmp_path / "score.png").size[0] > 1000
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "curves.svg"), str(tmp_path / "score.png")]


def test_mistakes_are_one_line(spoken, tmp_path):
    there = tmp_path / "there.svg"
    there.write_text("kept")
    for words, message in (
        (["--show", "speed", "--out", "new.svg"], "otc: has no speed yet; there are score, success, calls, prod"),
        (["--out", "new.jpg"], "--out new.jpg: must end with .svg or .png"),
        (["--out", str(there)], "exists already"),
    ):
        with pytest.raises(InputError, match=message):
            run(["plot", str(spoken.path), *words])
    with pytest.raises(InputError, match="nowhere: does not exist"):
        run(["plot", "nowhere", "--out", "new.svg"])
    assert there.read_text() == "kept"
