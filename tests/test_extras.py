"""Optional packages: declared, named in one line where they are missing, and never in the way of the rest."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from palaestra.data.errors import InputError
from palaestra.data.extras import ALONE, EXTRAS, require

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOLDERS = ("agents", "data", "envs", "offline_rl", "src/palaestra/cli", "src/palaestra/__init__.py")
HIDDEN = """
import importlib.machinery, sys

class WithoutExtras(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {hidden} else super().find_spec(name, path, target)

sys.meta_path = [WithoutExtras if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]
"""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements):
    """The packages in a list of requirements, without versions and extras."""
    return {canonical(re.match(r"[\w.-]+", requirement).group()) for requirement in requirements}


CORE = declared(PROJECT["dependencies"])
INSTALLED = packages_distributions()
OPTIONAL = {extra: declared(requirements) for extra, requirements in PROJECT["optional-dependencies"].items()}
# Scripts of benchmarks import each other, as they are run by path.
OWN = {*sys.stdlib_module_names, "palaestra", "tests", *(file.stem for file in (ROOT / "benchmarks").glob("*.py"))}


def third_party(*folders):
    """Name of every module of other people's -> where it is imported, at the top or in a function."""
    found = {}
    for folder in folders:
        path = ROOT / folder
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if "tests/envs/tools/bridges" in str(file):  # they run in environments of their own
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
                for name in names:
                    if name.partition(".")[0] not in OWN:
                        found.setdefault(name, f"{file.relative_to(ROOT)}:{node.lineno}")
    return found


def package_of(module):
    """The package that brings a module: by our table of extras, else by what is installed."""
    for packages in EXTRAS.values():
        for name, package in packages.items():
            if f"{module}.".startswith(f"{name}."):
                return canonical(package)
    return canonical(INSTALLED[module.partition(".")[0]][0])


def is_known(module):
    """Whether a module is in the table of extras or installed."""
    top = module.partition(".")[0]
    return top in INSTALLED or any(top == name.partition(".")[0] for packages in EXTRAS.values() for name in packages)


def test_the_table_of_extras_is_what_pyproject_declares():
    table = {extra: {canonical(package) for package in packages.values()} for extra, packages in EXTRAS.items()}
    assert table == {extra: packages for extra, packages in OPTIONAL.items() if extra not in ("all", "dev")}
    together = [extra for extra in EXTRAS if extra not in ALONE]
    assert PROJECT["optional-dependencies"]["all"] == [f"palaestra[{','.join(together)}]"]


def test_what_the_code_imports_is_declared():
    available = CORE.union(*(OPTIONAL[extra] for extra in EXTRAS))
    imports = third_party(*FOLDERS)
    assert {"torch", "skia", "stable_baselines3", "peft", "google.protobuf"} <= set(imports)
    assert {module: place for module, place in imports.items() if package_of(module) not in available} == {}


def test_what_tests_and_benchmarks_import_is_declared():
    available = CORE.union(*OPTIONAL.values())
    # Modules that tests write themselves aren't installed.
    imports = {name: place for name, place in third_party("tests", "benchmarks").items() if is_known(name)}
    assert {"pytest", "hypothesis"} <= set(imports)
    assert {module: place for module, place in imports.items() if package_of(module) not in available} == {}


def test_every_package_is_pinned():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = [canonical(line.partition("==")[0]) for line in lines]
    assert pinned == sorted(set(pinned))
    alone = set().union(*(OPTIONAL[extra] for extra in ALONE))  # installed in environments of their own
    assert CORE.union(*OPTIONAL.values()) - alone - {"palaestra"} <= set(pinned)


def test_missing_packages_are_named_in_one_line(monkeypatch):
    require("the phone", "skia", "android_env")
    hide = {"skia", "android_env", "font_roboto", "peft"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hide else object())
    for modules, message in {
        ("grpc", "skia"): 'this needs skia-python: pip install "palaestra[phone]"',
        ("android_env", "skia"): 'this needs android-env and skia-python: pip install "palaestra[phone]"',
        ("skia", "font_roboto", "android_env"): (
            'this needs skia-python, font-roboto and android-env: pip install "palaestra[phone]"'
        ),
        ("peft", "skia"): 'this needs skia-python and peft: pip install "palaestra[phone,language]"',
    }.items():
        with pytest.raises(InputError) as error:
            require("this", *modules)
        assert str(error.value) == message


def without_extras(code, *, cwd=None, check=True):
    """Run code in a process that sees no optional package."""
    hidden = {name.partition(".")[0] for packages in EXTRAS.values() for name in packages} - {"google", "grpc"}
    program = HIDDEN.format(hidden=hidden) + code  # tensorboard brings protobuf and grpcio anyway
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd=cwd, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


COMMANDS = {
    "rollout palaestra/AndroidTasks-v0 --out x.arrows": "the phone needs skia-python, font-roboto and "
    'fonticon-materialdesignicons7: pip install "palaestra[phone]"',
    "train sb3-sac --env palaestra/Hopper-v0": 'an online agent needs stable-baselines3: pip install "palaestra[sb3]"',
    "train sft --env palaestra/ToolArithmetic-v0": "a language agent needs transformers and tokenizers: "
    'pip install "palaestra[language]"',
    "rollout palaestra/ToolArithmetic-v0 --policy smollm2 --out x.arrows": "a language model needs transformers and "
    'tokenizers: pip install "palaestra[language]"',
    "models get smollm2": "the conversion of a model needs gguf, tokenizers and transformers: "
    'pip install "palaestra[language]"',
    "train lamo --dataset hopper-medium-v2": 'lamo needs transformers and peft: pip install "palaestra[language]"',
}


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_without_its_extra_exits_with_2_and_one_line(arguments, tmp_path):
    code = f"from palaestra.cli.main import main; main({arguments.split()})"
    done = without_extras(code, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (2, f"palaestra: {COMMANDS[arguments]}\n")
    assert not list(tmp_path.iterdir())


def test_everything_else_works_without_extras():
    done = without_extras("""
from palaestra.cli.main import run
for command in ("envs", "envs tasks", "data list", "models list", "--help", "train --help", "train td3bc --help"):
    try:
        assert run(command.split()) == 0
    except SystemExit as stop:  # of a help page
        assert not stop.code
from palaestra.agents.training import registry
for algorithm in registry.names("offline_rl"):
    registry.find(algorithm).trainer
assert not {"transformers", "peft", "stable_baselines3", "skia"} & set(sys.modules)
""")
    assert all(text in done.stdout for text in ("palaestra/AndroidTasks-v0", "lamo", "sb3-sac", "--alpha"))


def test_in_python_it_is_an_input_error():
    without_extras("""
import gymnasium, palaestra
from palaestra.data.errors import InputError

def refused(make):
    try:
        make()
    except InputError as error:
        return str(error)

assert "palaestra[phone]" in refused(lambda: gymnasium.make("palaestra/AndroidTasks-v0"))
assert "palaestra[phone]" in refused(lambda: gymnasium.make_vec("palaestra/AndroidTasks-v0", num_envs=2))
assert "needs android-env, immutabledict, skia-python, " in refused(lambda: gymnasium.make("palaestra/Android-v0"))
assert "palaestra[phone]" in refused(lambda: __import__("palaestra.envs.android.bridge.simulator"))
for id in ("pen-human-v1", "kitchen-mixed-v0"):
    advice = f'{id} needs gymnasium-robotics: pip install "palaestra[robotics]"'
    assert refused(lambda: gymnasium.make(id)) == refused(lambda: gymnasium.make_vec(id, num_envs=2)) == advice
assert "palaestra[sb3]" in refused(lambda: __import__("palaestra.agents.training.stable_baselines.sb3_ppo"))
from palaestra.agents.training import behaviour
hopper = behaviour.SETTINGS["hopper"]
assert "palaestra[sb3]" in refused(lambda: behaviour.train("palaestra/Hopper-v0", hopper, 0, print))
from palaestra.offline_rl import lamo
assert "palaestra[language]" in refused(lamo.Config)
""")


def test_training_behaviour_policies_without_its_extra_exits_with_2(tmp_path):
    code = f"""
import runpy
sys.argv = ["behaviour", "hopper", "--out", {str(tmp_path / "out")!r}]
runpy.run_module("palaestra.cli.behaviour", run_name="__main__")
"""
    done = without_extras(code, check=False)
    assert done.returncode == 2
    advice = 'training behaviour policies needs stable-baselines3: pip install "palaestra[sb3]"'
    assert done.stderr == f"palaestra: {advice}\n"
    assert not (tmp_path / "out").exists()
