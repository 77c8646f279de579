"""docs/results.md is what its command makes of the logs beside it."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_follows_from_the_logs():
    spec = importlib.util.spec_from_file_location("learners", ROOT / "benchmarks" / "learners.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    offline, online, again = script.by_phase(ROOT / "docs" / "results" / "runs")
    assert {run.config["algorithm"] for run in offline} <= set(script.names("offline_rl"))
    assert script.page(offline, online, again) == (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
