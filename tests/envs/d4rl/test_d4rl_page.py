import re
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs" / "d4rl.md").read_text()


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/d4rl.md", "exec"), {})
