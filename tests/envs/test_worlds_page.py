import re
from pathlib import Path

import palaestra.envs

PAGE = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text()


def test_the_examples_run():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/worlds.md", "exec"), {})


def test_the_counts_and_files_it_names_are_there():
    assert f"lists all {len(palaestra.envs.WORLD_IDS)}" in PAGE
    for path in re.findall(r"\b(?:tests|benchmarks)/[\w/]+\.py", PAGE):
        assert (Path(__file__).parents[2] / path).is_file()
