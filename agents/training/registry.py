"""Commands of ``palaestra train``, found by scanning: a new algorithm is one new file."""

import importlib.util
import pkgutil
from pathlib import Path

TRAINERS = "palaestra.agents.training.stable_baselines"  # the package of online agents


def commands(package: str) -> dict[str, str]:
    """Command name -> module name of every module in a package that declares a ``Config``; imports none of them.

    Args:
        package: such as ``palaestra.offline_rl``.
    """
    found = {}
    spec = importlib.util.find_spec(package)  # not an import: it may need an extra
    assert spec is not None
    for module in pkgutil.iter_modules(spec.submodule_search_locations):
        source = Path(module.module_finder.path, f"{module.name}.py")
        if source.exists() and "\nclass Config(" in source.read_text():
            found[module.name.replace("_", "-")] = f"{package}.{module.name}"
    return found


def named_after(module: str) -> type:
    """The class of a module whose name is the module's, case and underscores aside."""
    name = module.rpartition(".")[-1].replace("_", "")
    return next(value for key, value in vars(importlib.import_module(module)).items() if key.lower() == name)
