"""Auto-UI's text format, which DigiRL and Digi-Q train on."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from palaestra.envs.android.codecs.action import Action, Point, Size, idle
from palaestra.envs.android.codecs.elements import Element, word_for

TAP_DISTANCE = 10  # squared pixels between touch and lift below which a gesture is a tap, as in DigiRL's code
KEYS = {"PRESS_BACK": "BACK", "PRESS_HOME": "HOME", "PRESS_ENTER": "ENTER"}
INSTRUCTIONS = """Action Plan: [T, ...] ; Action Decision: "action_type": "T", "touch_point": "[y, x]",
"lift_point": "[y, x]", "typed_text": "...". T is DUAL_POINT, TYPE, PRESS_BACK, PRESS_HOME, PRESS_ENTER,
STATUS_TASK_COMPLETE or STATUS_TASK_IMPOSSIBLE; points lie between 0 and 1."""
_NUMBER = r"-?\d+(?:\.\d+)?"
_KIND = re.compile(r'"action_type":\s*"(\w+)"')
_TOUCH = re.compile(rf'"touch_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"')
_LIFT = re.compile(rf'"lift_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"')
_TYPED = re.compile(r'"typed_text":\s*"(.*)"', re.DOTALL)
_PLAN = re.compile(r"Action Plan:\s*\[(.*?)\]")


def decode(text: str, elements: Sequence[Element], size: Size) -> Action:
    """Parse a text; each field is found by its name, in any order."""
    decision = text.partition("Action Decision:")[2] or text
    kind, typed, plan = _KIND.search(decision), _TYPED.search(decision), _PLAN.search(text)
    if kind is None:
        return idle("no action_type in the text")
    touch, lift = _pair(_TOUCH.search(decision)), _pair(_LIFT.search(decision))
    extra = {"plan": [step.strip() for step in plan[1].split(",")]} if plan else {}
    return replace(_action(kind[1], touch, lift, typed[1] if typed else "", size), extra=extra)


def _pair(match: re.Match[str] | None) -> Point | None:
    return (float(match[1]), float(match[2])) if match else None


def decode_as_released(text: str, elements: Sequence[Element], size: Size) -> Action:
    """Parse as DigiRL's released code does: six pieces separated by ", ", else the task is reported as impossible."""
    try:
        pieces = text.split("Action Decision: ")[1].split(", ")
        kind, touch_y, touch_x, lift_y, lift_x, typed = (piece.partition(": ")[2] or piece for piece in pieces)
        y1, x1, y2, x2 = (float(piece.strip('"[]')) for piece in (touch_y, touch_x, lift_y, lift_x))
        return _action(kind.strip('"'), (y1, x1), (y2, x2), typed.strip('"'), size)
    except (IndexError, ValueError):
        return Action("status", text="infeasible", error="the text does not have six pieces")


def _action(kind: str, touch: Point | None, lift: Point | None, typed: str, size: Size) -> Action:
    """The action with these fields; points are (y, x) relative to the size of the screen."""
    if kind in KEYS:
        return Action("key", text=KEYS[kind])
    if kind == "TYPE":
        return Action("type", text=typed)
    if kind in ("STATUS_TASK_COMPLETE", "STATUS_TASK_IMPOSSIBLE"):
        return Action("status", text="complete" if kind.endswith("COMPLETE") else "infeasible")
    if kind != "DUAL_POINT":
        return idle(f"action_type {kind}")
    if touch is None or lift is None:
        return idle("DUAL_POINT needs two points")
    if not all(0 <= share <= 1 for share in (*touch, *lift)):
        return idle("points are [y, x] between 0 and 1")
    start, end = ((min(x * size[0], size[0] - 1), min(y * size[1], size[1] - 1)) for y, x in (touch, lift))
    if math.dist(start, end) ** 2 < TAP_DISTANCE:
        return Action("tap", start)
    return Action("swipe", start, end)


def encode(action: Action, elements: Sequence[Element], size: Size) -> str:
    """One line with plan and decision; the plan consists of this action only."""
    touch = lift = "[-1.0, -1.0]"
    typed = ""
    if action.kind in ("tap", "swipe"):
        kind, touch = "DUAL_POINT", _shares(action.start, size)
        lift = touch if action.kind == "tap" else _shares(action.end, size)
    elif action.kind == "type" and action.point is None and not action.clear and not action.enter:
        kind, typed = "TYPE", action.text
    elif action.kind == "key":
        kind = word_for(KEYS, action.text)
    elif action.kind == "status":
        kind = "STATUS_TASK_COMPLETE" if action.text == "complete" else "STATUS_TASK_IMPOSSIBLE"
    else:
        raise ValueError(f"Auto-UI cannot express {action.kind}")
    return (
        f'Action Plan: [{kind}] ; Action Decision: "action_type": "{kind}", "touch_point": "{touch}", '
        f'"lift_point": "{lift}", "typed_text": "{typed}"'
    )


def _shares(point: Point, size: Size) -> str:
    return f"[{point[1] / size[1]:.4f}, {point[0] / size[0]:.4f}]"
