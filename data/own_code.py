"""The user's own code, named as ``module:name``: environments, learners, agents, tasks and apps.

A module is imported from the working directory or from what is installed. Importing runs it: use code from sources you
trust.
"""

import difflib
import importlib
import os
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from palaestra.data.errors import InputError

OWN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[\w./-]+")


def is_own(text: str) -> bool:
    """Whether a text has the form ``module:name``, such as ``mypackage.robots:MyRobot-v0``."""
    return OWN.fullmatch(text) is not None


def is_imported(module: str) -> bool:
    """Whether a module has been imported, or is the script that runs."""
    return module in sys.modules or module == _script()


def import_own(module: str) -> ModuleType:
    """Import a module; only meanwhile is the working directory on the path.

    Raises:
        InputError: there is no such module, or an error in it; the message shows the module's own line.
    """
    if module == _script():
        return sys.modules["__main__"]  # a second import would run the script again
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except Exception as error:  # whatever the user's code raises
        missing = isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")
        reason = f"no such module in {here}, and none is installed" if missing else _described(error)
        raise InputError(f"{module}: {reason}") from None
    finally:
        sys.path.remove(here)


def load_own(text: str) -> Any:
    """The object that ``module:name`` names.

    Raises:
        InputError: the text has another form, the module can't be imported, or has no such name.
    """
    if not is_own(text):
        raise InputError(f"{text}: expected module:name, such as mypackage.learners:MyLearner")
    module_name, _, name = text.partition(":")
    module = import_own(module_name)
    if not hasattr(module, name):
        own = [each for each, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
        similar = difflib.get_close_matches(name, own, n=1)
        hint = f" (did you mean {similar[0]}?)" if similar else ""
        raise InputError(f"{text}: {module_name} has no {name}{hint}; it defines {', '.join(own) or 'nothing'}")
    return getattr(module, name)


def own_name(thing: Any) -> str:
    """The ``module:name`` of a class or function; in the script that runs, ``module`` is the name of its file."""
    module = thing.__module__
    if module in ("__main__", "__mp_main__"):  # the second is the script's name in processes that were spawned
        module = _script() or module
    return f"{module}:{thing.__qualname__}"


def _script() -> str | None:
    """The importable name of the script that runs, if it has one."""
    main = sys.modules["__main__"]
    if spec := getattr(main, "__spec__", None):
        return spec.name
    file = Path(getattr(main, "__file__", None) or "")
    return file.stem if file.suffix == ".py" else None


def _described(error: Exception) -> str:
    """The error in a line, with the place in the user's code."""
    reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if isinstance(error, SyntaxError):
        return f"{reason} in {error.filename}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_import_machinery(frame.filename)]
    if not frames:
        return reason
    return f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}: {reason}"


def _is_import_machinery(file: str) -> bool:
    return file == __file__ or file.startswith("<frozen importlib") or file == importlib.__file__
