"""The algorithms of ``palaestra train``: those found by scanning, and the user's own.

A new algorithm is one new module or package. It declares the algorithm by a class of the module's name (ignoring
underscores and case) whose body names its configuration: ``class PRDC(Learner)`` with ``Config = PRDCConfig`` in
``prdc.py``. A learner outside of palaestra is named as ``module:Class``.
"""

import dataclasses
import difflib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from palaestra.agents.training.trainer import Algorithm
from palaestra.data.errors import InputError
from palaestra.data.own_code import is_own, load_own, own_name

PACKAGES = ("offline_rl", "agents.training.stable_baselines", "agents.training.language")
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


def find(learner: str | type[Any]) -> Algorithm:
    """An algorithm by its name or class.

    Args:
        learner: a command name, ignoring case, ``-``, ``_`` and ``+``; ``module:Class``; or a learner's class.

    Raises:
        InputError: there is no such algorithm, or the class is no learner.
    """
    if isinstance(learner, type):
        return _of_class(learner)
    if is_own(learner):
        return _checked(learner, load_own(learner))
    modules = _modules()
    written = {_bare(name): name for name in modules}
    if _bare(learner) not in written:
        similar = difflib.get_close_matches(_bare(learner), written, n=1)
        hint = f" (did you mean {written[similar[0]]}?)" if similar else ""
        there = ", ".join(sorted(modules))
        raise InputError(f"{learner}: no such algorithm{hint}; there are {there}, and module:Class for your own")
    name = written[_bare(learner)]
    module = importlib.import_module(modules[name])
    class_name = module.__name__.rpartition(".")[2].replace("_", "")
    kinds = [value for key, value in vars(module).items() if key.lower() == class_name and isinstance(value, type)]
    if not kinds:
        raise InputError(f"{name}: {module.__name__} has no class of that name")
    return _checked(name, kinds[0])


def _modules() -> dict[str, str]:
    """Command name -> module name of every algorithm of palaestra."""
    return {name: module for package in PACKAGES for name, module in names(package).items()}


def _bare(name: str) -> str:
    """A name without case, ``-``, ``_`` and ``+``."""
    return re.sub(r"[-_+\s]", "", name).lower()


def _of_class(learner: type[Any]) -> Algorithm:
    """The algorithm of a class: by its command name if it is ours, else as ``module:Class``."""
    for name, module in _modules().items():
        if learner.__module__ == module and _bare(learner.__name__) == _bare(name):
            return _checked(name, learner)
    name = own_name(learner)
    if not is_own(name) or "." in learner.__qualname__:
        raise InputError(f"{name}: must be defined at the top level of a module, so that its runs can be loaded")
    return _checked(name, learner)


def _checked(name: str, learner: Any) -> Algorithm:
    """The algorithm, if the class is a learner with a dataclass of hyperparameters that all have defaults.

    Raises:
        InputError: it is not.
    """
    if not (isinstance(learner, type) and isinstance(getattr(learner, "trainer", None), str)):
        raise InputError(f"{name}: is no learner, that is, no subclass of palaestra.offline_rl.learner.Learner")
    config = getattr(learner, "Config", None)
    if config is None:
        raise InputError(f"{name}: has no Config; add the line `Config = MyConfig`, a subclass of LearnerConfig")
    if not (isinstance(config, type) and "__dataclass_fields__" in vars(config) and hasattr(config, "seeds")):
        written = getattr(config, "__name__", repr(config))
        raise InputError(f"{name}: Config is {written}, not a @dataclass(frozen=True) that extends LearnerConfig")
    for field in dataclasses.fields(config):
        if field.init and field.default is field.default_factory is dataclasses.MISSING:
            raise InputError(f"{name}: {config.__name__}.{field.name} has no default value; give it one")
    return Algorithm(name, learner)


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
