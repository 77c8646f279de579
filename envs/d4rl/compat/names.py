"""Give the stand-ins the names ``gym`` and ``d4rl`` in this process."""

import importlib
import importlib.util
import pkgutil
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

PACKAGE = "palaestra.envs.d4rl.compat"
STAND_INS = ("gym", "d4rl")
OTHER_NAMES = {"gym.core": "gym.env"}
FOLDER = Path(__file__).with_name("path")


def choose() -> str:
    """Install the stand-ins unless a real ``d4rl`` can be imported; returns a line that says what is used."""
    real = {name: spec for name in STAND_INS if (spec := importlib.util.find_spec(name))}
    if "d4rl" in real:
        return (
            f"d4rl is installed ({_place(real['d4rl'])}): the script runs with it and its gym, not in palaestra's "
            "worlds; for those, use an environment without d4rl"
        )
    install()
    left_out = f"; gym in {_place(real['gym'])} is left out" if "gym" in real else ""
    return f"gym and d4rl are palaestra's stand-ins, with the interface of gym 0.23{left_out}"


def _place(spec: ModuleSpec) -> str:
    return str(Path(spec.origin).parent) if spec.origin else spec.name


def install() -> None:
    """Import the stand-ins under their short names, also in processes that this one spawns."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(1, str(FOLDER))
    for name in STAND_INS:
        package = importlib.import_module(f"{PACKAGE}.{name}")
        sys.modules[name] = package
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            sys.modules[module.name.removeprefix(f"{PACKAGE}.")] = importlib.import_module(module.name)
    sys.modules |= {other: sys.modules[name] for other, name in OTHER_NAMES.items()}
