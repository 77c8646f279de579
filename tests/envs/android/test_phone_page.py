"""What docs/phone.md says is so: its examples run, its app is an app, its counts and files are there."""

import re
import sys
from pathlib import Path

import pytest

from palaestra.envs.android import apps
from palaestra.envs.android.boot import known_apps
from palaestra.envs.android.device import Device
from palaestra.envs.android.shell.run import commands
from palaestra.envs.android.tasks.task import templates
from palaestra.envs.android.worlds.phone import booted

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "phone.md").read_text()
*EXAMPLES, APP = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_run():
    exec(compile("\n".join(EXAMPLES), "docs/phone.md", "exec"), {})


@pytest.fixture
def app_in_the_folder(tmp_path):
    """The page's app as a file among the apps."""
    (tmp_path / "tally.py").write_text(APP)
    apps.__path__.append(str(tmp_path))
    known_apps.cache_clear()
    booted.cache_clear()
    yield
    apps.__path__.remove(str(tmp_path))
    sys.modules.pop(f"{apps.__name__}.tally", None)
    known_apps.cache_clear()
    booted.cache_clear()


@pytest.mark.usefixtures("app_in_the_folder")
def test_the_app_is_one_file(full):
    full.swipe(540, 2000, 540, 300)
    full.settle()
    full.tap_on("Tally")
    full.settle()
    assert full.foreground == ("org.example.tally", "org.example.tally.Main")
    full.tap_on("Herons")
    full.tap_on("Add")
    rows = full.shell("sqlite3 /data/data/org.example.tally/databases/tally.db 'SELECT name, count FROM things'").output
    assert rows == b"Swallows|0\nHerons|1\nSomething new|0\n"
    assert full.seen("1 seen")
    assert "package:org.example.tally" in full.shell("pm list packages").output.decode()
    twin = Device(render=(270, 600))
    twin.restore(full.snapshot())
    assert twin.fingerprint() == full.fingerprint()


def test_the_counts_and_files_it_names_are_there():
    assert f"lists the {len(templates())} templates" in PAGE
    with_icon = [app for app in known_apps().values() if app.launcher]
    assert len(with_icon) == 12
    assert "a launcher and twelve apps" in PAGE
    assert 140 <= len(commands()) - 12 <= 160  # twelve are named
    assert "and some 150 other commands" in PAGE
    for path in re.findall(r"\b(?:tests|benchmarks|envs)/[\w/]+\.py", PAGE):
        assert (ROOT / path).is_file()
    named = re.findall(r"\]\(([\w/.]+)\)|src=\"([\w/.]+)\"", PAGE)
    assert sum(bool(picture) for _, picture in named) == 7
    for path in ("".join(pair) for pair in named):
        assert (ROOT / "docs" / path).is_file()
