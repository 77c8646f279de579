"""What becomes of an app that fails: it is ended, the log and a dialog say so, and the phone goes on, as on Android.

An app can fail because of what was done to its files and databases from outside, or by a mistake of its author. The
latter wants to know: every crash is a Python warning, ``AppCrash``, that says where it happened; turn it into an error
to get the traceback.
"""

import traceback
import warnings
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.system.phone import Phone


class AppCrash(UserWarning):
    """An app of the phone has failed and was ended."""


def contain(phone: Phone, package: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Run an app's code; None if it fails, and then the app has been ended.

    Args:
        phone: whose app it is.
        package: whose code it is.
        work: called with the arguments.
        *arguments: of ``work``.
    """
    try:
        return work(*arguments)
    except Exception as error:
        crash(phone, package, error)
    return None


def crash(phone: Phone, package: str, error: Exception) -> None:
    """End an app because of an error."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{package} has crashed: {type(error).__name__}: {error} ({last.filename}:{last.lineno}, {last.name})"
    warnings.warn(told, AppCrash, stacklevel=3)
    # the log is part of the state: nothing in it may depend on the machine
    lines = f"FATAL EXCEPTION: main\nProcess: {package}\njava.lang.RuntimeException: {type(error).__name__}"
    phone.log("AndroidRuntime", lines, "E", package)
    phone.state["events"][:] = [event for event in phone.state["events"] if event[2] != package]
    phone.activities.stop(package)
    if package in phone.apps:
        phone.state["crashed"] = package
    phone.screen_changed()
