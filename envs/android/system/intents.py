"""Android intents as plain data."""

from collections.abc import Sequence
from typing import Any

Intent = dict[str, Any]
MAIN = "android.intent.action.MAIN"
LAUNCHER = "android.intent.category.LAUNCHER"
HOME = "android.intent.category.HOME"
VIEW = "android.intent.action.VIEW"
EDIT = "android.intent.action.EDIT"
INSERT = "android.intent.action.INSERT"
SEND = "android.intent.action.SEND"
SENDTO = "android.intent.action.SENDTO"
SEND_MULTIPLE = "android.intent.action.SEND_MULTIPLE"
PICK = "android.intent.action.PICK"
GET_CONTENT = "android.intent.action.GET_CONTENT"
OPEN_DOCUMENT = "android.intent.action.OPEN_DOCUMENT"
OPENABLE = "android.intent.category.OPENABLE"
BROWSABLE = "android.intent.category.BROWSABLE"
TEXT = "android.intent.extra.TEXT"
"""The extra with the text that is sent."""


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
    """An intent as plain data; arguments as in Android."""
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


def described(intent: Intent) -> str:
    """An intent as Android prints it."""
    parts = [("act", intent["action"]), ("cat", ",".join(intent["categories"])), ("dat", intent["data"])]
    parts += [("typ", intent["type"]), ("pkg", intent["package"] if not intent["cls"] else "")]
    words = [f"{name}=[{value}]" if name == "cat" else f"{name}={value}" for name, value in parts if value]
    if intent["cls"]:
        words.append(f"cmp={intent['package']}/{intent['cls'].removeprefix(intent['package'])}")
    if intent["extras"]:
        words.append("(has extras)")
    return " ".join(words)
