"""Sorted paths and times of change, for the apps that list files."""

import datetime
from collections.abc import Iterable
from typing import Any

from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.phone import Phone


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def in_order(files: Files, paths: Iterable[str], order: str) -> list[str]:
    """Paths sorted by ``name``, ``size`` or ``time``, descending with a minus before it; folders first."""

    def key(path: str) -> Any:
        if order.lstrip("-") == "name":
            return name_of(path).casefold()
        stat = files.stat(path)
        return stat.size if order.lstrip("-") == "size" else stat.mtime_us

    ordered = sorted(paths, key=key, reverse=order.startswith("-"))
    return sorted(ordered, key=lambda path: not files.isdir(path))


def changed(phone: Phone, path: str) -> datetime.datetime:
    """When a file was changed, in the phone's zone."""
    moment = datetime.datetime.fromtimestamp(phone.files.stat(path).mtime_us / 1e6, datetime.UTC)
    return moment.astimezone(phone.now.tzinfo)
