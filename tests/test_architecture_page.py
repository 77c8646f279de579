"""docs/architecture.md names what is there."""

import pkgutil
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_names_on_the_page_exist():
    names = set(re.findall(r"`(palaestra(?:\.\w+)+)`", PAGE))
    assert len(names) >= 15
    for name in names:
        assert pkgutil.resolve_name(name) is not None


def test_the_path_to_a_score_is_six_functions_long():
    table = PAGE[PAGE.index("| function |") :]
    assert len(re.findall(r"^\| `palaestra", table, re.MULTILINE)) == 6


def test_the_map_names_every_module_of_its_rooms():
    text = PAGE[PAGE.index("```") : PAGE.rindex("```")]
    for folder in ("data", "data/results", "envs", "agents", "agents/rollouts", "agents/training"):
        for path in (ROOT / folder).iterdir():
            if path.suffix == ".py" and path.stem not in ("__init__", "behaviour", "malloc"):
                assert re.search(rf"\b{path.stem}\b", text), f"{folder}/{path.name} is not on the map"
