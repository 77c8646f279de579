"""What ``palaestra train`` can train, found by scanning: a new algorithm is one new module or package.

A module declares an algorithm by a class that has its name, underscores and case aside, and says in its body which
configuration it has: ``class PRDC(Learner)`` with ``Config = PRDCConfig`` in ``prdc.py``.
"""

import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from palaestra.agents.training.trainer import Algorithm
from palaestra.data.errors import InputError

PACKAGES = ("offline_rl", "agents.training.stable_baselines")
"""Packages of palaestra that are searched."""
CLASS = re.compile(r"^class (\w+)\b.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def names(package: str) -> dict[str, str]:
    """Command name -> module name of every algorithm in a package of ours; imports none of them.

    Args:
        package: such as ``offline_rl``.
    """
    package = f"palaestra.{package}"
    spec = importlib.util.find_spec(package)  # not an import: the package may need an extra
    assert spec is not None
    modules = pkgutil.iter_modules(spec.submodule_search_locations)
    return {
        name.replace("_", "-"): f"{package}.{name}" for name, source in _sources(modules) if _declared(name, source)
    }


def find(name: str) -> Algorithm:
    """The algorithm of a command name.

    Raises:
        InputError: there is none.
    """
    known: dict[str, str] = {}
    for package in PACKAGES:
        known |= names(package)
    if name not in known:
        raise InputError(f"{name}: no such algorithm; there are {', '.join(sorted(known))}")
    module = importlib.import_module(known[name])
    wanted = module.__name__.rpartition(".")[2].replace("_", "")
    return Algorithm(name, next(value for key, value in vars(module).items() if key.lower() == wanted))


def _sources(modules: Iterator[pkgutil.ModuleInfo]) -> Iterator[tuple[str, str]]:
    """Names and source texts of modules and packages."""
    for module in modules:
        folder = getattr(module.module_finder, "path", None)  # a zipped package has no files to read
        if folder is None:
            continue
        file = Path(folder, module.name, "__init__.py" if module.ispkg else "").with_suffix(".py")
        if file.exists():
            yield module.name, file.read_text()


def _declared(module: str, source: str) -> bool:
    """Whether a module's source declares an algorithm."""
    for match in CLASS.finditer(source):
        if match[1].lower() == module.replace("_", "") and "\n    Config = " in match[0]:
            return True
    return False
