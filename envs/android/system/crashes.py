"""Crashes of apps: as on Android, the app is ended, the crash is logged and shown in a dialog, and the phone continues.

An app can fail because its files or databases were changed from outside, or because of a bug. Every crash also emits a
Python warning, ``AppCrash``, with its location; turn it into an error to get the traceback.
"""

import traceback
import warnings
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.system.phone import Phone


class AppCrash(UserWarning):
    """An app of the phone has failed and been ended."""


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
    message = f"{package} has crashed: {type(error).__name__}: {error} ({last.filename}:{last.lineno}, {last.name})"
    warnings.warn(message, AppCrash, stacklevel=3)
    # the log is part of the state: nothing in it may depend on the machine
    lines = f"FATAL EXCEPTION: main\nProcess: {package}\njava.lang.RuntimeException: {type(error).__name__}"
    phone.log("AndroidRuntime", lines, "E", package)
    phone.state["events"][:] = [event for event in phone.state["events"] if event[2] != package]
    phone.activities.stop(package)
    if package in phone.apps:
        phone.state["crashed"] = package
    phone.screen_changed()
