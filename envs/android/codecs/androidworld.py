"""AndroidWorld's actions, as JSON."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.codecs.action import DIRECTIONS, STATUSES, Action, Point, Size, idle, scroll
from palaestra.envs.android.codecs.elements import Element, centre, index_at, scrolled, word_for

BRACES = 100
"""Maximum number of opening braces that are tried as the start of a JSON object."""
KEYS = {"navigate_home": "HOME", "navigate_back": "BACK", "keyboard_enter": "ENTER"}
TOUCHES = {"click": "tap", "double_tap": "double_tap", "long_press": "long_press"}
INSTRUCTIONS = """One JSON object: {"action_type": T, ...}. T is click, double_tap or long_press (with "index" of an
element, or "x" and "y" in pixels of the screen), input_text ("text", "index"; Enter is pressed afterwards), scroll or
swipe ("direction": up, down, left, right, maybe "index"), open_app ("app_name"), navigate_back, navigate_home,
keyboard_enter, wait, answer ("text"), status ("goal_status": complete or infeasible)."""


def decode(text: str, elements: Sequence[Element], size: Size) -> Action:
    """Parse ``{"action_type": ...}``: the first JSON object in the text."""
    fields = _first_object(text)
    if not isinstance(fields, dict) or not isinstance(fields.get("action_type"), str):
        return idle('no {"action_type": ...} in the text')
    kind = fields["action_type"]
    if kind in TOUCHES:
        point = _point(fields, elements, size)
        return point if isinstance(point, Action) else Action(TOUCHES[kind], point)
    if kind in KEYS:
        return Action("key", text=KEYS[kind])
    if kind == "input_text":
        return _decode_input(fields, elements, size)
    if kind in ("scroll", "swipe"):
        return _decode_scroll(fields, elements, size)
    if kind == "open_app":
        return Action("open_app", text=str(fields.get("app_name", "")))
    if kind == "answer":
        return Action("answer", text=str(fields.get("text", "")))
    if kind == "status":
        status = fields.get("goal_status")
        return Action("status", text=status) if status in STATUSES else idle(f"goal_status {status!r}")
    return Action("wait") if kind == "wait" else idle(f"action_type {kind!r}")


def _first_object(text: str) -> Any:
    decoder = json.JSONDecoder()
    for brace in itertools.islice(re.finditer(r"\{", text), BRACES):
        try:
            return decoder.raw_decode(text, brace.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def _point(fields: Mapping[str, Any], elements: Sequence[Element], size: Size) -> Point | Action:
    index = fields.get("index")
    if index is not None:
        try:
            index = int(index)
        except (TypeError, ValueError, OverflowError):
            return idle(f"index {index!r} is not a number")
        if not 0 <= index < len(elements):
            return idle(f"index {index}: there are {len(elements)} elements")
        return centre(elements[index])
    try:
        x, y = float(fields["x"]), float(fields["y"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return idle("neither an index nor x and y")
    if not (0 <= x < size[0] and 0 <= y < size[1]):
        return idle(f"({x:g}, {y:g}) is not on the screen of {size[0]}x{size[1]}")
    return x, y


def _decode_input(fields: Mapping[str, Any], elements: Sequence[Element], size: Size) -> Action:
    if not isinstance(fields.get("text"), str):
        return idle("input_text without a text")
    point: Point | Action | None = None
    if any(fields.get(name) is not None for name in ("index", "x", "y")):
        point = _point(fields, elements, size)
    if isinstance(point, Action):
        return point
    # AndroidWorld presses Enter after every text.
    return Action("type", point, text=fields["text"], clear=bool(fields.get("clear_text")), enter=True)


def _decode_scroll(fields: Mapping[str, Any], elements: Sequence[Element], size: Size) -> Action:
    direction = fields.get("direction")
    if not isinstance(direction, str) or direction not in DIRECTIONS:
        return idle(f"direction {direction!r}; there are {', '.join(DIRECTIONS)}")
    box: Sequence[float] = (0.0, 0.0, float(size[0]), float(size[1]))
    # Index 0 counts as no index, as in AndroidWorld.
    if fields.get("index"):
        point = _point(fields, elements, size)
        if isinstance(point, Action):
            return point
        box = elements[int(fields["index"])]["bounds"]
    # To scroll down is to move the finger up; AndroidWorld's swipe moves the finger.
    return scroll(box, direction, -1 if fields["action_type"] == "scroll" else 1)


def encode(action: Action, elements: Sequence[Element], size: Size) -> str:
    """The inverse of ``decode``. A swipe is encoded by its direction and the element that it scrolls."""
    return json.dumps(_fields(action, elements, size))


def _fields(action: Action, elements: Sequence[Element], size: Size) -> dict[str, Any]:
    if action.kind in TOUCHES.values():
        return {"action_type": word_for(TOUCHES, action.kind)} | _where(action.start, elements)
    if action.kind == "key":
        return {"action_type": word_for(KEYS, action.text)}
    if action.kind == "type":
        place = {} if action.point is None else _where(action.point, elements)
        clear = {"clear_text": True} if action.clear else {}
        return {"action_type": "input_text", "text": action.text} | place | clear
    if action.kind == "swipe":
        direction, index = scrolled(action, elements, size)
        return {"action_type": "scroll", "direction": direction} | ({"index": index} if index else {})
    if action.kind == "open_app":
        return {"action_type": "open_app", "app_name": action.text}
    if action.kind == "answer":
        return {"action_type": "answer", "text": action.text}
    if action.kind == "status":
        return {"action_type": "status", "goal_status": action.text}
    return {"action_type": "wait"}


def _where(point: Point, elements: Sequence[Element]) -> dict[str, int]:
    index = index_at(point, elements)
    return {"index": index} if index is not None else {"x": round(point[0]), "y": round(point[1])}
