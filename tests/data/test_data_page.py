import re
from pathlib import Path

import gymnasium
import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.formats import d4rl

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text()


def test_the_example_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    columns = {
        "observations": np.zeros((3, 11), np.float32),
        "actions": np.zeros((3, 3), np.float32),
        "rewards": np.ones(3, np.float32),
        "terminals": np.array([False, False, True]),
    }
    id = "palaestra/hopper/random-v0"
    Dataset(id, "palaestra/Hopper-v0", columns, 1000).save(tmp_path / "recipes" / "hopper" / "random-v0")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(compile(code, "docs/data.md", "exec"), names)
    assert len(names["transitions"]) == 2
    assert gymnasium.spec(names["dataset"].env_id).id == "palaestra/Hopper-v0"


def test_what_it_names_is_there():
    assert f"the other {len(d4rl.GYM_IDS) - 1} gym-mujoco ids" in PAGE
    sources = "".join(
        (ROOT / "data" / name).read_text()
        for name in ("store.py", "formats/d4rl.py", "formats/d4rl_ids.py", "formats/minari_ids.py")
    )
    for variable in re.findall(r"^\| `([A-Z0-9_]+)` \|", PAGE, re.MULTILINE):
        assert f'"{variable}"' in sources
    for path in re.findall(r"\bbenchmarks/\w+\.py", PAGE):
        assert (ROOT / path).is_file()
