"""The algorithms of ``palaestra train``, found by scanning: a new algorithm is one new module or package.

A module declares an algorithm by a class of the module's name (ignoring underscores and case) whose body names its
configuration: ``class PRDC(Learner)`` with ``Config = PRDCConfig`` in ``prdc.py``.
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
    """Command name -> module name of every algorithm in a package of palaestra, without importing any of them.

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
    """The algorithm with a command name.

    Raises:
        InputError: there is no such algorithm.
    """
    module_names: dict[str, str] = {}
    for package in PACKAGES:
        module_names |= names(package)
    if name not in module_names:
        raise InputError(f"{name}: no such algorithm; there are {', '.join(sorted(module_names))}")
    module = importlib.import_module(module_names[name])
    class_name = module.__name__.rpartition(".")[2].replace("_", "")
    return Algorithm(name, next(value for key, value in vars(module).items() if key.lower() == class_name))


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
