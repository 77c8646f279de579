"""The wheel holds the package and nothing else, and works without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
IMPORT_ALL = """
import importlib, pkgutil, palaestra
names = [module.name for module in pkgutil.walk_packages(palaestra.__path__, "palaestra.")]
for name in names:
    importlib.import_module(name)
print(palaestra.__file__, len(names))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(pip, check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.mark.slow
def test_the_wheel_holds_only_the_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"palaestra", f"palaestra-{wheel.name.split('-')[1]}.dist-info"}
    assert not [name for name in names if "test" in name or name.endswith((".pyc", ".md"))]
    tracked = subprocess.run(
        ["git", "ls-files", "agents", "data", "envs", "offline_rl", "src/palaestra/cli"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {f"palaestra/{name.removeprefix('src/palaestra/')}" for name in tracked} <= set(names)
    (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
    assert "palaestra = palaestra.cli.main:main" in zipfile.ZipFile(wheel).read(entry_points).decode()


@pytest.mark.slow
def test_the_installed_wheel_imports_and_runs(wheel, tmp_path):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True)
    options = {"cwd": tmp_path, "env": {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site)}, "text": True}
    imported = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, check=True, **options).stdout
    assert imported.startswith(str(site))
    assert int(imported.split()[-1]) > 20
    world = "import gymnasium; print(gymnasium.make('palaestra:hopper-medium-v2').get_normalized_score(3234.3))"
    made = subprocess.run([sys.executable, "-c", world], capture_output=True, check=True, **options)
    assert made.stdout.strip() == "1.0"
