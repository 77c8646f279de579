import io
import itertools
import math
import re
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
from PIL import Image

from palaestra.data.results.plots import (
    Curve,
    learning_curves,
    metric_curve,
    metric_curves,
    png,
    score_curve,
    score_dots,
    svg,
)
from palaestra.data.results.run import Run
from palaestra.data.results.tables import row_of_episodes

CONFIG = {"algorithm": "prdc", "dataset": "hopper-medium-v2", "env_id": "hopper-medium-v2", "seeds": [0, 1]}


def curve(name, *values):
    values = np.array(values, dtype=float)
    return Curve(name, 1000 * np.arange(values.shape[1]), values)


def words(image):
    """All text in an SVG, and where each piece stands."""
    places = re.findall(r'<text [^>]*?(?:x="([-\d.]+)" y="([-\d.]+)"[^>]*|[^>]*)>([^<]+)</text>', image)
    return [text for _, _, text in places]


def test_score_curve_is_the_mean_of_each_seeds_episodes(tmp_path):
    run = Run.create(tmp_path / "run", CONFIG)
    for update, scores in ((100, (10.0, 20.0, 50.0)), (200, (30.0, None, 70.0))):
        episodes = [(0, 0), (0, 1), (1, 0)]
        lines = [{"seed": s, "episode": e, "return": x, "score": x} for (s, e), x in zip(episodes, scores)]
        run.log_evaluation(update, lines)
    read = score_curve(run)
    assert read.name == "prdc"
    assert read.updates.tolist() == [100, 200]
    assert np.array_equal(read.values, [[15.0, math.nan], [50.0, 70.0]], equal_nan=True)


def test_score_curve_mixes_no_protocols(tmp_path):
    run = Run.create(tmp_path / "run", CONFIG)

    def episodes(score):
        return [{"seed": seed, "episode": 0, "return": score, "score": score} for seed in (0, 1)]

    for update in (100, 200):
        run.log_evaluation(update, episodes(50.0), {"episodes": 1})
    run.log_evaluation(200, episodes(90.0), {"episodes": 1, "deterministic": False})
    assert score_curve(run).values.tolist() == [[50.0, 50.0]] * 2


def test_metric_curve_has_a_row_per_seed(tmp_path):
    run = Run.create(tmp_path / "run", CONFIG)
    run.log_metrics(1, {"critic_loss": [1.0, 2.0]})
    run.log_metrics(2, {"critic_loss": [3.0, math.inf], "bc_loss": [5.0, 6.0]})
    assert metric_curve(run, "critic_loss").values.tolist() == [[1.0, 3.0], [2.0, math.inf]]
    assert metric_curve(run, "bc_loss").updates.tolist() == [2]
    assert metric_curve(run, "nothing").values.size == 0


def test_curves_are_labelled_with_their_last_mean():
    image = svg(learning_curves([curve("prdc", [0, 80], [0, 90]), curve("bc", [0, 40])], ("behaviour", 41.0)), "Scores")
    labels = words(image)
    for label in ("prdc 85.0", "bc 40.0", "behaviour 41.0", "gradient updates", "normalised score (0–100)"):
        assert label in labels


def test_labels_at_nearly_the_same_height_do_not_touch():
    figure = learning_curves([curve(f"a{i}", [0, 50 + 0.01 * i]) for i in range(4)], ("behaviour", 50.0))
    figure.draw_without_rendering()
    boxes = sorted(
        (text.get_window_extent().y0, text.get_window_extent().y1) for text in figure.axes[0].texts if text.get_text()
    )
    assert len(boxes) == 5
    assert all(below[1] <= above[0] for below, above in itertools.pairwise(boxes))


def test_a_curve_that_ends_without_a_score_says_so():
    labels = words(svg(learning_curves([curve("prdc", [0, 80, math.nan]), curve("bc", [1, 2, 3])]), "Scores"))
    assert "prdc: no score" in labels
    assert "bc 3.0" in labels


def test_an_svg_follows_the_theme_and_is_described():
    image = svg(learning_curves([curve("prdc", [0, 80])]), 'PRDC "climbs" & stays')
    root = xml.etree.ElementTree.fromstring(image)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'PRDC "climbs" & stays'
    assert "var(--series-1,#bf4d2b)" in image
    assert "prefers-color-scheme:dark" in image
    assert "width" not in root.attrib


def test_two_figures_share_no_ids_and_the_same_figure_is_the_same_text():
    def draw(top):
        return svg(learning_curves([curve("prdc", [0, top])]), "Scores")

    first, second = (set(re.findall(r'\bid="([^"]+)"', draw(top))) for top in (80, 90))
    assert first
    assert first.isdisjoint(second)
    assert draw(80) == draw(80)


def test_metric_panels_name_metrics_and_curves_and_mark_what_is_not_finite():
    metrics = {
        "critic_loss": [curve("prdc", [3, 2, 1]), curve("td3bc", [4, math.nan, 2])],
        "q": [curve("prdc", [1, 2, 3])],
        "never logged": [Curve("prdc", np.array([]), np.empty((0, 0)))],
    }
    figure = metric_curves(metrics)
    assert {"critic_loss", "q", "never logged", "prdc", "td3bc"} <= set(words(svg(figure, "Metrics")))
    crosses = [line.get_xdata().tolist() for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert crosses == [[1000]]


def test_dots_show_every_seed():
    episodes = [{"seed": s, "episode": 0, "return": 1.0, "score": score} for s, score in enumerate((40.0, 60.0, 65.0))]
    failed = [{"seed": 0, "episode": 0, "return": None, "score": None}]
    rows = [row_of_episodes("d", "prdc", episodes, {}), row_of_episodes("d", "bc", failed, {})]
    figure = score_dots(rows, ("behaviour", 50.0))
    dots = [collection.get_offsets().tolist() for collection in figure.axes[0].collections]
    assert dots[0] == [[40.0, 0.0], [60.0, 0.0], [65.0, 0.0]]
    assert {"prdc", "bc", "55.0", "no score", "behaviour 50.0"} <= set(words(svg(figure, "Scores")))


def test_a_png_is_drawn_at_twice_the_size():
    picture = Image.open(io.BytesIO(png(learning_curves([curve("prdc", [0, 80])]))))
    assert picture.size == (1520, 740)


def test_drawing_touches_no_global_state():
    code = """
import sys
from palaestra.data.results import plots
assert "matplotlib" not in sys.modules
import numpy as np
import matplotlib
before = matplotlib.rcParams["svg.fonttype"], matplotlib.rcParams["svg.hashsalt"]
plots.svg(plots.learning_curves([plots.Curve("a", np.arange(2), np.zeros((1, 2)))]), "a")
assert before == (matplotlib.rcParams["svg.fonttype"], matplotlib.rcParams["svg.hashsalt"])
print("matplotlib.pyplot" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"
