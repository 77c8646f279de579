"""Auto-UI's text format, which DigiRL and Digi-Q train on, and the parser that both released.

``decode`` finds each field by its name, and has two words more than the format: ``LONG_PRESS``, at the touch point, and
``CLEAR_TEXT``, which empties the focused field. ``decode_as_released`` and ``encode_as_released`` have neither.
"""

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from palaestra.envs.android.codecs.action import Action, Picture, Point, Size, idle
from palaestra.envs.android.codecs.elements import Element, word_for

TAP_DISTANCE = 10  # squared pixels between touch and lift below which a gesture is a tap, as in DigiRL's code
KEYS = {"PRESS_BACK": "BACK", "PRESS_HOME": "HOME", "PRESS_ENTER": "ENTER"}
STATUSES = {"STATUS_TASK_COMPLETE": "complete", "STATUS_TASK_IMPOSSIBLE": "infeasible"}
RELEASED_STATUSES = {"STATUS_TASK_COMPLETE": "complete", "TASK_IMPOSSIBLE": "infeasible"}
PLANNED = frozenset({"DUAL_POINT", "TYPE", *KEYS, "STATUS_TASK_COMPLETE"})
"""What a plan may have."""
MOST_PLANNED = 8
NO_POINT = "[-1.0, -1.0]"
_FORM = """Action Plan: [T, ...] ; Action Decision: "action_type": "T", "touch_point": "[y, x]",
"lift_point": "[y, x]", "typed_text": "...". T is DUAL_POINT, TYPE, PRESS_BACK, PRESS_HOME, PRESS_ENTER, """
INSTRUCTIONS = f"""{_FORM}LONG_PRESS,
CLEAR_TEXT, STATUS_TASK_COMPLETE or STATUS_TASK_IMPOSSIBLE; points lie between 0 and 1."""
INSTRUCTIONS_AS_RELEASED = f"""{_FORM}
STATUS_TASK_COMPLETE or TASK_IMPOSSIBLE; points lie between 0 and 1."""
_NUMBER = r"-?\d+(?:\.\d+)?"
_KIND = re.compile(r'"action_type":\s*"(\w+)"')
_TOUCH = re.compile(rf'"touch_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"')
_LIFT = re.compile(rf'"lift_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"')
_TYPED = re.compile(r'"typed_text":\s*"(.*)"', re.DOTALL)
_PLAN = re.compile(r"Action Plan:\s*\[(.*?)\]")


def decode(text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None) -> Action:
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


def _action(kind: str, touch: Point | None, lift: Point | None, typed: str, size: Size) -> Action:
    """The action with these fields; points are (y, x) relative to the size of the screen."""
    if kind in KEYS:
        return Action("key", text=KEYS[kind])
    if kind == "TYPE":
        return Action("type", text=typed)
    if kind == "CLEAR_TEXT":
        return Action("type", clear=True)
    if kind in STATUSES:
        return Action("status", text=STATUSES[kind])
    if kind == "LONG_PRESS":
        gesture = _gesture(touch, touch, size)
        return replace(gesture, kind="long_press") if gesture.kind == "tap" else gesture
    if kind != "DUAL_POINT":
        return idle(f"action_type {kind}")
    return _gesture(touch, lift, size)


def _gesture(touch: Point | None, lift: Point | None, size: Size) -> Action:
    """A tap or a swipe."""
    if touch is None or lift is None:
        return idle("DUAL_POINT needs two points")
    if not all(0 <= share <= 1 for share in (*touch, *lift)):
        return idle("points are [y, x] between 0 and 1")
    start, end = ((min(x * size[0], size[0] - 1), min(y * size[1], size[1] - 1)) for y, x in (touch, lift))
    if math.dist(start, end) ** 2 < TAP_DISTANCE:
        return Action("tap", start)
    return Action("swipe", start, end)


def decode_as_released(text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None) -> Action:
    """Parse as DigiRL's released code does (github.com/DigiRL-agent/digiq, ``autoui_translate_action``).

    A text that isn't six pieces between commas after "Action Decision: " ends the episode as infeasible; what can't be
    read of a piece that is needed, or an unknown ``action_type``, makes an idle step. Infeasible is TASK_IMPOSSIBLE:
    Auto-UI's STATUS_TASK_IMPOSSIBLE is unknown. Points outside the screen, with which its phone fails, are idle.
    """
    try:
        kind, touch_y, touch_x, lift_y, lift_x, typed = text.split("Action Decision: ")[1].split(", ")
    except (IndexError, ValueError):
        return Action("status", text="infeasible", error="the text does not have six pieces")
    try:
        kind = _value(kind).strip('"')
        if kind == "DUAL_POINT":
            return _gesture(_released_point(touch_y, touch_x), _released_point(lift_y, lift_x), size)
        if kind == "TYPE":
            return Action("type", text=_value(typed).strip('"'))
    except (IndexError, ValueError) as error:
        return idle(f"a piece can't be read: {error}")
    if kind in KEYS:
        return Action("key", text=KEYS[kind])
    if kind in RELEASED_STATUSES:
        return Action("status", text=RELEASED_STATUSES[kind])
    return idle(f"action_type {kind}")


def valid_as_released(text: str, allow_home: bool = True) -> bool:
    """Whether Digi-Q's released code takes an action as valid (github.com/DigiRL-agent/digiq, ``is_action_valid``).

    The plan is split at commas without stripping, so "[TYPE, TYPE]" is invalid and "[TYPE,TYPE]" is valid; it has at
    most eight entries, ``TASK_IMPOSSIBLE`` not among them; both points are literals of Python; a typed text is there.

    Args:
        text: plan and decision.
        allow_home: whether a plan may have PRESS_HOME.
    """
    plan = re.search(r"Action Plan: \[(.*?)\]", text)
    typed, touch, lift = (re.search(f'"{key}": "(.*?)"', text) for key in ("typed_text", "touch_point", "lift_point"))
    if plan is None or typed is None or touch is None or lift is None:
        return False
    steps, allowed = plan[1].split(","), PLANNED if allow_home else PLANNED - {"PRESS_HOME"}
    if len(steps) > MOST_PLANNED or not allowed.issuperset(steps):
        return False
    try:
        ast.literal_eval(touch[1]), ast.literal_eval(lift[1])
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _value(piece: str) -> str:
    """What is between the first and the second colon and space."""
    return piece.split(": ")[1]


def _released_point(first: str, second: str) -> Point:
    numbers = [float(number) for number in _value(f"{first}, {second}").strip('[]"').split(", ")]
    if len(numbers) != 2:
        raise ValueError("a point needs two numbers")
    return numbers[0], numbers[1]


def encode(action: Action, elements: Sequence[Element], size: Size) -> str:
    """One line with plan and decision; the plan consists of this action only.

    Raises:
        ValueError: the format has no words for the action.
    """
    if action.kind == "long_press":
        return _decision("LONG_PRESS", _shares(action.start, size))
    if action.kind == "type" and action.point is None and not action.enter and (not action.clear or not action.text):
        return _decision("CLEAR_TEXT" if action.clear else "TYPE", typed=action.text)
    if action.kind == "status":
        return _decision(word_for(STATUSES, action.text))
    return _encoded(action, size)


def encode_as_released(action: Action, elements: Sequence[Element], size: Size) -> str:
    """As ``encode``, in words that the released code reads.

    Raises:
        ValueError: there are none, such as for a typed text with a comma and a space.
    """
    if action.kind == "type" and action.point is None and not action.enter and not action.clear:
        text = _decision("TYPE", typed=action.text)
        if decode_as_released(text, elements, size) != action:
            raise ValueError(f"DigiRL's code can't read the typed text {action.text!r}")
        return text
    if action.kind == "status":
        return _decision(word_for(RELEASED_STATUSES, action.text))
    return _encoded(action, size)


def _encoded(action: Action, size: Size) -> str:
    """A gesture or a key."""
    if action.kind == "tap":
        return _decision("DUAL_POINT", _shares(action.start, size))
    if action.kind == "swipe":
        return _decision("DUAL_POINT", _shares(action.start, size), _shares(action.end, size))
    if action.kind == "key":
        return _decision(word_for(KEYS, action.text))
    raise ValueError(f"Auto-UI cannot express {action.kind}")


def _decision(kind: str, touch: str = NO_POINT, lift: str = "", typed: str = "") -> str:
    return (
        f'Action Plan: [{kind}] ; Action Decision: "action_type": "{kind}", "touch_point": "{touch}", '
        f'"lift_point": "{lift or touch}", "typed_text": "{typed}"'
    )


def _shares(point: Point, size: Size) -> str:
    return f"[{point[1] / size[1]:.4f}, {point[0] / size[0]:.4f}]"
