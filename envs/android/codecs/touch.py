"""The phone's own actions as JSON: whatever a finger and a keyboard do, at any point and for any time.

A person who demonstrates a task needs words for every gesture; the other codecs have those that agents were given.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.codecs.action import STATUSES, Action, Picture, Point, Size, idle
from palaestra.envs.android.codecs.elements import Element

MOST_MS = 10_000
"""Longest swipe."""
INSTRUCTIONS = f"""One JSON object: {{"kind": K, ...}}. K is tap, double_tap or long_press ("point": [x, y] in pixels of
the screen), swipe ("point", "to": [x, y], maybe "ms", at most {MOST_MS}), type ("text", maybe "point" of the field,
"clear": true to empty it first, "enter": true to press Enter afterwards), key ("text": a key of Android such as BACK,
HOME, ENTER, DEL or APP_SWITCH), open_app ("text": its name), wait, answer ("text"), status ("text": complete or
infeasible)."""
FIELDS = {
    "tap": {"point"},
    "double_tap": {"point"},
    "long_press": {"point"},
    "swipe": {"point", "to", "ms"},
    "type": {"text", "point", "clear", "enter"},
    "key": {"text"},
    "open_app": {"text"},
    "wait": set(),
    "answer": {"text"},
    "status": {"text"},
}
"""The fields that a kind of action may have."""
_KEY = re.compile(r"[A-Z0-9_]{1,40}")


MAY_BE_EMPTY = ("type", "answer")
"""Kinds of action whose text may be empty."""


def decode(text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None) -> Action:
    """Parse the first JSON object in the text."""
    try:
        fields = json.JSONDecoder().raw_decode(text, text.index("{"))[0]
    except (ValueError, RecursionError):
        return idle('no {"kind": ...} in the text')
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        return idle(f"kind {kind!r}; there are {', '.join(FIELDS)}")
    if unknown := sorted(fields.keys() - FIELDS[kind] - {"kind"}):
        return idle(f"{kind} has no field {', '.join(unknown)}")
    if error := _invalid(kind, fields, size):
        return idle(error)
    points: dict[str, Any] = {name: _point(fields[name]) for name in ("point", "to") if fields.get(name) is not None}
    return Action(kind, **points, **{name: fields[name] for name in ("ms", "text", "clear", "enter") if name in fields})


def _invalid(kind: str, fields: Mapping[str, Any], size: Size) -> str:
    """What is wrong with the fields of an action, or ""."""
    needed = {"point", "to"} if kind != "type" else set()
    for name in ("point", "to"):
        if (
            name in FIELDS[kind]
            and (name in needed or fields.get(name) is not None)
            and not _is_on(fields.get(name), size)
        ):
            return f"{name} {fields.get(name)!r}: must be [x, y] on the screen of {size[0]}x{size[1]}"
    ms = fields.get("ms", 1)
    if isinstance(ms, bool) or not isinstance(ms, int) or not 1 <= ms <= MOST_MS:
        return f"ms {ms!r}: must be a whole number from 1 to {MOST_MS}"
    if not all(isinstance(fields.get(name, False), bool) for name in ("clear", "enter")):
        return "clear and enter must be true or false"
    text = fields.get("text", "")
    may_be_empty = (kind in MAY_BE_EMPTY and "text" in fields) or fields.get("clear")
    if not isinstance(text, str) or ("text" in FIELDS[kind] and not text and not may_be_empty):
        return f"{kind} needs a text"
    if kind == "key" and not _KEY.fullmatch(text):
        return f"key {text!r}: must be named as in Android, such as BACK"
    return f"status {text!r}: must be one of {', '.join(STATUSES)}" if kind == "status" and text not in STATUSES else ""


def _is_on(point: Any, size: Size) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in point)
        and all(0 <= value <= end for value, end in zip(point, size))  # AndroidWorld's gestures end at the edge
    )


def _point(point: list[float]) -> Point:
    return float(point[0]), float(point[1])


def encode(action: Action, elements: Sequence[Element], size: Size) -> str:
    """The inverse of ``decode``.

    Raises:
        ValueError: an idle action, which has no words.
    """
    if action.kind not in FIELDS:
        raise ValueError(f"no word for {action.kind}")
    default = Action(action.kind)
    said: dict[str, Any] = {"kind": action.kind}
    for name in ("point", "to", "ms", "text", "clear", "enter"):
        value = getattr(action, name)
        is_said = value != getattr(default, name) or (name == "text" and action.kind in MAY_BE_EMPTY)
        if name in FIELDS[action.kind] and is_said:
            said[name] = (
                [int(each) if each == int(each) else each for each in value] if name in ("point", "to") else value
            )
    return json.dumps(said, ensure_ascii=False)
