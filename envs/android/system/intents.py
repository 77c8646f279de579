"""Intents: what is to be done, with what and by whom, as plain data."""

from collections.abc import Sequence
from typing import Any

Intent = dict[str, Any]
MAIN = "android.intent.action.MAIN"
LAUNCHER = "android.intent.category.LAUNCHER"
HOME = "android.intent.category.HOME"
VIEW = "android.intent.action.VIEW"


def intent(
    action: str = "",
    *,
    data: str = "",
    type: str = "",
    package: str = "",
    cls: str = "",
    categories: Sequence[str] = (),
    flags: Sequence[str] = (),
    **extras: Any,
) -> Intent:
    """An intent as plain data: what is to be done, with what, by whom."""
    return {
        "action": action,
        "data": data,
        "type": type,
        "package": package,
        "cls": cls,
        "categories": list(categories),
        "flags": list(flags),
        "extras": extras,
    }


def described(wanted: Intent) -> str:
    """An intent as Android prints it."""
    parts = [("act", wanted["action"]), ("cat", ",".join(wanted["categories"])), ("dat", wanted["data"])]
    parts += [("typ", wanted["type"]), ("pkg", wanted["package"] if not wanted["cls"] else "")]
    words = [f"{name}=[{value}]" if name == "cat" else f"{name}={value}" for name, value in parts if value]
    if wanted["cls"]:
        words.append(f"cmp={wanted['package']}/{wanted['cls'].removeprefix(wanted['package'])}")
    if wanted["extras"]:
        words.append("(has extras)")
    return " ".join(words)
