"""The wheel holds the package and nothing else, and works without the checkout, with and without extras."""

import os
import re
import shutil
import subprocess
import sys
import venv
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
    assert not [name for name in names if re.search(r"/tests/|/(test_|conftest)[^/]*$|\.pyc$|\.md$", name)]
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


IMPORT_ALL_WITHOUT_EXTRAS = """
import importlib, pkgutil, palaestra
from palaestra.data.errors import InputError
names = [module.name for module in pkgutil.walk_packages(palaestra.__path__, "palaestra.", onerror=lambda name: None)]
refused = {}
for name in names:
    try:
        importlib.import_module(name)
    except InputError as error:
        refused[name] = str(error)
wanted = {"palaestra.agents.training.stable_baselines", "palaestra.envs.android.bridge"}
wanted |= {"palaestra.agents.androidworld.interface"}
wanted |= {"palaestra.agents.llm.generate", "palaestra.agents.llm.policy", "palaestra.agents.training.language"}
assert set(refused) == wanted, refused
assert all("palaestra[" in message for message in refused.values())
"""
STEP_THE_PHONE = """
import gymnasium, palaestra
phone = gymnasium.make("palaestra/Android-v0", render=(54, 120))
phone.reset(seed=0)
assert phone.step(phone.action_space.sample())[0]["pixels"].any()
"""
TRAIN = "--episodes 1 --seeds 1 --device cpu --batch-size 8"
LAMO = "train lamo --dataset palaestra/hopper/medium-v0 --trunk random --n-layer 1 --n-head 1 --n-embd 8 --K 4"
COMMANDS = {
    "phone": "rollout palaestra/AndroidTasks-v0 --out phone.arrows --policy oracle --episodes 1",
    "sb3": f"train sb3-sac --env palaestra/Hopper-v0 --steps 20 --learning-starts 10 --hidden 8 {TRAIN}",
    "language": f"{LAMO} --steps 3 {TRAIN}",
}
"""Extra -> a command that needs it."""


class Environment:
    """A new environment, with nothing in it but what ``install`` puts there."""

    def __init__(self, folder):
        venv.create(folder / "environment", with_pip=False)
        self.folder, self.bin = folder, folder / "environment" / "bin"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.variables = inherited | {"PALAESTRA_DATA": str(folder / "data"), "OMP_NUM_THREADS": "1"}

    def run(self, program, *arguments, check=True):
        """Run a program of this environment."""
        command = [self.bin / program, *arguments]
        finished = subprocess.run(command, cwd=self.folder, env=self.variables, capture_output=True, text=True)
        assert not check or finished.returncode == 0, f"{command}\n{finished.stdout}\n{finished.stderr}"
        return finished

    def palaestra(self, command, check=True):
        """Run a command line of palaestra."""
        return self.run("palaestra", *command.split(), check=check)

    def install(self, requirement):
        """Install something with the versions of constraints.txt."""
        pip = [sys.executable, "-m", "pip", "--python", self.bin / "python", "install", "--no-compile", "-q"]
        subprocess.run([*pip, "-c", ROOT / "constraints.txt", requirement], check=True)


@pytest.fixture
def new(tmp_path):
    yield Environment(tmp_path)
    shutil.rmtree(tmp_path / "environment")  # pytest would keep its gigabytes for three runs


@pytest.mark.slow
def test_a_new_environment_without_extras_and_then_with_all(wheel, new, tmp_path):
    new.install(wheel)
    assert new.run("python", "-c", "import palaestra; print(palaestra.__file__)").stdout.startswith(str(tmp_path))
    new.run("python", "-c", IMPORT_ALL_WITHOUT_EXTRAS)
    new.palaestra("data make palaestra/hopper/medium-v0 --rows 500 --processes 1")
    new.palaestra(f"train td3bc --dataset palaestra/hopper/medium-v0 --steps 5 --hidden 8 {TRAIN}")
    for extra, command in COMMANDS.items():
        refused = new.palaestra(command, check=False)
        assert refused.returncode == 2, f"{command}\n{refused.stderr}"
        assert refused.stderr.endswith(f'pip install "palaestra[{extra}]"\n')
        assert refused.stderr.count("\n") == 1
    new.install(f"{wheel}[all]")
    new.run("python", "-c", IMPORT_ALL)
    new.run("python", "-c", STEP_THE_PHONE)
    for command in COMMANDS.values():
        new.palaestra(command)
    runs = {"td3bc-palaestra-hopper-medium-v0", "sb3-sac-palaestra-Hopper-v0", "lamo-palaestra-hopper-medium-v0"}
    assert {path.name for path in (tmp_path / "runs").iterdir()} == runs
    assert (tmp_path / "phone.arrows").exists()
