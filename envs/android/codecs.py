"""What an agent says, and what it does to the phone.

An ``Action`` is one of a dozen kinds, in logical pixels. A codec turns an agent's words into an action and back:

- ``json``: AndroidWorld's actions (Rawles et al. 2024, arXiv 2405.14573), by index of a screen element or by point.
- ``marks``: a short line with the number of a mark, for pictures or lists with numbered elements.
- ``autoui``: the text that Auto-UI (Zhang & Zhang 2023, arXiv 2309.11436), DigiRL and Digi-Q train on. ``parse`` finds
  each field by its own name; ``autoui-compat`` splits as the released code of DigiRL does
  (github.com/DigiRL-agent/digirl), which can't read a typed text with a comma and a space, and takes whatever it can't
  read for "impossible".

Words that a codec can't read become an idle action with ``error`` set; nothing raises on an agent's words.
"""

import ast
import itertools
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from palaestra.data.errors import InputError

Element = Mapping[str, Any]
"""One of ``accessibility.elements``."""

KINDS = (
    "tap", "double_tap", "long_press", "swipe", "type", "key", "open_app", "wait", "answer", "status", "idle",
)  # fmt: skip
STATUSES = ("complete", "infeasible")
ACTION_MS = 1000
"""Virtual time of an action, ms; the phone then settles."""
LONG_PRESS_MS = 1000
SWIPE_MS = 500
BRACES = 100
"""So many opening braces of a text are tried as the beginning of JSON."""


@dataclass(frozen=True)
class Action:
    """What an agent does in one step. Points are logical pixels (the phone's ``wm size``), whatever is drawn."""

    kind: str
    """One of ``KINDS``."""
    point: tuple[float, float] | None = None
    """Where the finger goes down; for ``type``, the field to tap first."""
    to: tuple[float, float] | None = None
    """Where a swipe ends."""
    text: str = ""
    """Of ``type``, ``answer``, ``open_app``; the name of a ``key``; ``complete`` or ``infeasible``."""
    clear: bool = False
    """``type``: empty the field first."""
    enter: bool = False
    """``type``: press Enter afterwards."""
    error: str = ""
    """Why the words could not be read; the action is then idle."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else was said, such as Auto-UI's plan."""


def perform(device, action: Action) -> str:
    """Do it to the phone, and let ``ACTION_MS`` of virtual time pass until it is quiet; returns an error or ""."""
    start = device.now_us
    error = _DO[action.kind](device, action) or action.error
    spent = (device.now_us - start) // 1000
    device.advance(max(0, ACTION_MS - spent))
    device.settle()
    return error


def _tap(device, action: Action) -> None:
    device.tap(*action.point)


def _double_tap(device, action: Action) -> None:
    device.tap(*action.point)
    device.tap(*action.point)


def _long_press(device, action: Action) -> None:
    device.swipe(*action.point, *action.point, LONG_PRESS_MS)


def _swipe(device, action: Action) -> None:
    device.swipe(*action.point, *action.to, SWIPE_MS)


def _type(device, action: Action) -> str:
    if action.point is not None:
        device.tap(*action.point)
        device.settle()
    if device.state["focus"] is None:
        return "no text field has the focus"
    if action.clear:
        device.select_all()
        device.press("DEL")
    device.type_text(action.text)
    if action.enter:
        device.press("ENTER")
    return ""


def _open_app(device, action: Action) -> str:
    return device.open_app(action.text) or ""


_DO: dict[str, Callable[[Any, Action], str | None]] = {
    "tap": _tap,
    "double_tap": _double_tap,
    "long_press": _long_press,
    "swipe": _swipe,
    "type": _type,
    "key": lambda device, action: device.press(action.text),
    "open_app": _open_app,
    "wait": lambda device, action: None,
    "answer": lambda device, action: None,
    "status": lambda device, action: None,
    "idle": lambda device, action: None,
}


def centre(element: Element) -> tuple[float, float]:
    """Where to touch an element."""
    left, top, right, bottom = element["bounds"]
    return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True)
class Codec:
    """Words for actions: ``parse(text, elements, size)`` and its inverse ``write(action, elements, size)``.

    ``elements`` are those of the observation that the agent answers; ``size`` is the logical (width, height). ``write``
    raises ValueError for an action that the codec has no words for.
    """

    name: str
    parse: Callable[[str, Sequence[Element], tuple[int, int]], Action]
    write: Callable[[Action, Sequence[Element], tuple[int, int]], str]
    instructions: str
    """How to say it, for a model's prompt."""


def readable(text: str) -> str:
    """A text that can be written as UTF-8: half characters become question marks."""
    return text.encode("utf-8", "replace").decode()


def idle(error: str) -> Action:
    """Nothing is done, and why."""
    return Action("idle", error=error)


# AndroidWorld's JSON ------------------------------------------------------------------------------------------------

_KEYS = {"navigate_home": "HOME", "navigate_back": "BACK", "keyboard_enter": "ENTER"}
_TOUCHES = {"click": "tap", "double_tap": "double_tap", "long_press": "long_press"}
_DIRECTIONS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}


def parse_json(text: str, elements: Sequence[Element], size: tuple[int, int]) -> Action:
    """AndroidWorld's ``{"action_type": ...}``; the first JSON object in the text counts."""
    said = _first_object(text)
    if not isinstance(said, dict) or not isinstance(said.get("action_type"), str):
        return idle('no {"action_type": ...} in the text')
    kind = said["action_type"]
    if kind in _TOUCHES:
        point = _point(said, elements, size)
        return point if isinstance(point, Action) else Action(_TOUCHES[kind], point)
    if kind in _KEYS:
        return Action("key", text=_KEYS[kind])
    if kind == "input_text":
        return _parse_input(said, elements, size)
    if kind in ("scroll", "swipe"):
        return _parse_scroll(said, elements, size)
    if kind == "open_app":
        return Action("open_app", text=str(said.get("app_name", "")))
    if kind == "answer":
        return Action("answer", text=str(said.get("text", "")))
    if kind == "status":
        status = said.get("goal_status")
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


def _point(said: Mapping[str, Any], elements: Sequence[Element], size: tuple[int, int]) -> tuple[float, float] | Action:
    index, x, y = said.get("index"), said.get("x"), said.get("y")
    if index is not None:
        try:
            index = int(index)
        except (TypeError, ValueError, OverflowError):
            return idle(f"index {index!r} is no number")
        if not 0 <= index < len(elements):
            return idle(f"index {index}: there are {len(elements)} elements")
        return centre(elements[index])
    try:
        x, y = float(x), float(y)
    except (TypeError, ValueError, OverflowError):
        return idle("neither an index nor x and y")
    if not (0 <= x < size[0] and 0 <= y < size[1]):
        return idle(f"({x:g}, {y:g}) is not on the screen of {size[0]}x{size[1]}")
    return x, y


def _parse_input(said: Mapping[str, Any], elements: Sequence[Element], size: tuple[int, int]) -> Action:
    if not isinstance(said.get("text"), str):
        return idle("input_text without a text")
    point = None
    if any(said.get(name) is not None for name in ("index", "x", "y")):
        point = _point(said, elements, size)
        if isinstance(point, Action):
            return point
    # AndroidWorld presses Enter after every text.
    return Action("type", point, text=said["text"], clear=bool(said.get("clear_text")), enter=True)


def _parse_scroll(said: Mapping[str, Any], elements: Sequence[Element], size: tuple[int, int]) -> Action:
    direction = said.get("direction")
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        return idle(f"direction {direction!r}; there are {', '.join(_DIRECTIONS)}")
    box = (0.0, 0.0, float(size[0]), float(size[1]))
    # Index 0 counts as no index: AndroidWorld's own reading.
    if said.get("index"):
        point = _point(said, elements, size)
        if isinstance(point, Action):
            return point
        box = tuple(elements[int(said["index"])]["bounds"])
    # To scroll down is to move the finger up; AndroidWorld's swipe moves the finger.
    return scroll(box, direction, -1 if said["action_type"] == "scroll" else 1)


def scroll(box: Sequence[float], direction: str, sense: int = -1) -> Action:
    """A swipe within a box, from its middle towards its edge; ``sense`` -1 moves the content's way, 1 the finger's."""
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    dx, dy = (sense * part for part in _DIRECTIONS[direction])
    reach = 0.35
    start = (x - dx * reach * (right - left), y - dy * reach * (bottom - top))
    return Action("swipe", start, (x + dx * reach * (right - left), y + dy * reach * (bottom - top)))


def write_json(action: Action, elements: Sequence[Element], size: tuple[int, int]) -> str:
    """As ``parse_json`` reads it. A swipe is said by its direction, on the whole screen or an element."""
    names = {value: key for key, value in _TOUCHES.items()}
    if action.kind in names:
        return json.dumps({"action_type": names[action.kind]} | _where(action.point, elements))
    if action.kind == "key":
        return json.dumps({"action_type": _name(_KEYS, action.text)})
    if action.kind == "type":
        said = {"action_type": "input_text", "text": action.text}
        said |= {} if action.point is None else _where(action.point, elements)
        return json.dumps(said | ({"clear_text": True} if action.clear else {}))
    if action.kind == "swipe":
        return json.dumps({"action_type": "scroll"} | _scrolled(action, elements, size))
    if action.kind == "open_app":
        return json.dumps({"action_type": "open_app", "app_name": action.text})
    if action.kind == "answer":
        return json.dumps({"action_type": "answer", "text": action.text})
    if action.kind == "status":
        return json.dumps({"action_type": "status", "goal_status": action.text})
    return json.dumps({"action_type": "wait"})


def _name(table: Mapping[str, str], value: str) -> str:
    for name, meant in table.items():
        if meant == value:
            return name
    raise ValueError(f"no words for the key {value}")


def _where(point: tuple[float, float], elements: Sequence[Element]) -> dict[str, float]:
    for index, element in enumerate(elements):
        if centre(element) == point:
            return {"index": index}
    return {"x": round(point[0]), "y": round(point[1])}


def _scrolled(action: Action, elements: Sequence[Element], size: tuple[int, int]) -> dict[str, Any]:
    boxes = [(0, (0, 0, *size)), *((i, element["bounds"]) for i, element in enumerate(elements) if i)]
    for index, box in boxes:
        for direction in _DIRECTIONS:
            candidate = scroll(box, direction)
            if math.dist(candidate.point, action.point) + math.dist(candidate.to, action.to) < 1:
                return {"direction": direction} | ({"index": index} if index else {})
    raise ValueError("AndroidWorld's scroll has no words for this swipe")


# Numbered marks -----------------------------------------------------------------------------------------------------

_MARK = re.compile(
    r"\b(?P<verb>tap|double_tap|long_press|type|scroll|back|home|enter|open|wait|answer|done|infeasible)\b"
    r":?(?P<rest>.*)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<mark>\d{1,6})(?!\d)(?P<rest>.*)")


def parse_marks(text: str, elements: Sequence[Element], size: tuple[int, int]) -> Action:
    """``tap 3``, ``type 4 "words"``, ``scroll 2 down``, ``back``, ``done`` and the like: the last such line counts."""
    found = [match for match in map(_MARK.match, (line.strip() for line in text.splitlines())) if match]
    if not found:
        return idle("no line with a known verb")
    verb, rest = found[-1]["verb"].lower(), (found[-1]["rest"] or "").strip()
    if verb in ("open", "answer"):  # "open 2048" names an app
        return Action("open_app" if verb == "open" else "answer", text=rest)
    if verb in ("back", "home", "enter"):
        return Action("key", text=verb.upper())
    if verb in ("done", "infeasible"):
        return Action("status", text="complete" if verb == "done" else "infeasible")
    if verb == "wait":
        return Action("wait")
    numbered = _NUMBERED.match(rest)
    if verb == "type" and numbered and not re.match(r"\s+\S", numbered["rest"]):  # "type 12:30", "type 7": the text
        numbered = None
    element = None
    if numbered:
        if int(numbered["mark"]) >= len(elements):
            return idle(f"mark {numbered['mark']}: there are {len(elements)}")
        element, rest = elements[int(numbered["mark"])], numbered["rest"].strip()
    if verb == "scroll":
        box = (0, 0, *size) if element is None else element["bounds"]
        return (
            scroll(box, rest) if rest in _DIRECTIONS else idle(f"scroll {rest!r}; there are {', '.join(_DIRECTIONS)}")
        )
    point = None if element is None else centre(element)
    if verb == "type":
        return Action("type", point, text=_unquoted(rest), clear=point is not None)
    return idle(f"{verb} needs a mark") if point is None else Action(verb, point)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return json.loads(text)
        except ValueError:
            return text[1:-1]
    return text


def write_marks(action: Action, elements: Sequence[Element], size: tuple[int, int]) -> str:
    """As ``parse_marks`` reads it; a point that is no element's centre has no words."""
    if action.kind in ("tap", "double_tap", "long_press"):
        return f"{action.kind} {_mark(action.point, elements)}"
    if action.kind == "type":
        mark = "" if action.point is None else f" {_mark(action.point, elements)}"
        return f"type{mark} {json.dumps(action.text)}"
    if action.kind == "swipe":
        said = _scrolled(action, elements, size)
        return f"scroll{' ' + str(said['index']) if 'index' in said else ''} {said['direction']}"
    if action.kind == "key":
        return _name({"back": "BACK", "home": "HOME", "enter": "ENTER"}, action.text)
    if action.kind in ("open_app", "answer"):
        return f"{'open' if action.kind == 'open_app' else 'answer'} {action.text}"
    if action.kind == "status":
        return "done" if action.text == "complete" else "infeasible"
    return "wait"


def _mark(point: tuple[float, float], elements: Sequence[Element]) -> int:
    where = _where(point, elements)
    if "index" not in where:
        raise ValueError("no mark at this point")
    return where["index"]


# Auto-UI's text -----------------------------------------------------------------------------------------------------

TAP_DISTANCE = 10  # squared pixels between touch and lift below which a gesture is a tap, as in DigiRL's code
_AUTOUI_KEYS = {"PRESS_BACK": "BACK", "PRESS_HOME": "HOME", "PRESS_ENTER": "ENTER"}
_NUMBER = r"-?\d+(?:\.\d+)?"
_FIELD = {
    "action_type": re.compile(r'"action_type":\s*"(\w+)"'),
    "touch_point": re.compile(rf'"touch_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"'),
    "lift_point": re.compile(rf'"lift_point":\s*"\[\s*({_NUMBER}),\s*({_NUMBER})\s*\]"'),
    "typed_text": re.compile(r'"typed_text":\s*"(.*)"', re.DOTALL),
}
_PLAN = re.compile(r"Action Plan:\s*\[(.*?)\]")


def parse_autoui(text: str, elements: Sequence[Element], size: tuple[int, int]) -> Action:
    """Each field by its own name, wherever it stands."""
    decision = text.partition("Action Decision:")[2] or text
    found = {name: pattern.search(decision) for name, pattern in _FIELD.items()}
    if found["action_type"] is None:
        return idle("no action_type in the text")
    points = {
        name: tuple(float(part) for part in found[name].groups()) if found[name] else None
        for name in ("touch_point", "lift_point")
    }
    plan = _PLAN.search(text)
    extra = {"plan": [step.strip() for step in plan[1].split(",")]} if plan else {}
    typed = found["typed_text"][1] if found["typed_text"] else ""
    return replace(_autoui(found["action_type"][1], *points.values(), typed, size), extra=extra)


def parse_autoui_compat(text: str, elements: Sequence[Element], size: tuple[int, int]) -> Action:
    """As the released code splits: six pieces between a comma and a space, or the task counts as impossible."""
    try:
        pieces = text.split("Action Decision: ")[1].split(", ")
        kind, touch_y, touch_x, lift_y, lift_x, typed = (piece.partition(": ")[2] or piece for piece in pieces)
        numbers = [float(piece.strip('"[]')) for piece in (touch_y, touch_x, lift_y, lift_x)]
        return _autoui(kind.strip('"'), tuple(numbers[:2]), tuple(numbers[2:]), typed.strip('"'), size)
    except (IndexError, ValueError):
        return Action("status", text="infeasible", error="the text has not the six pieces")


def _autoui(kind: str, touch, lift, typed: str, size: tuple[int, int]) -> Action:
    if kind in _AUTOUI_KEYS:
        return Action("key", text=_AUTOUI_KEYS[kind])
    if kind == "TYPE":
        return Action("type", text=typed)
    if kind in ("STATUS_TASK_COMPLETE", "STATUS_TASK_IMPOSSIBLE"):
        return Action("status", text="complete" if kind.endswith("COMPLETE") else "infeasible")
    if kind != "DUAL_POINT":
        return idle(f"action_type {kind}")
    if touch is None or lift is None:
        return idle("DUAL_POINT needs two points")
    if not all(0 <= part <= 1 for part in (*touch, *lift)):
        return idle("points are [y, x] between 0 and 1")
    start, end = ((min(x * size[0], size[0] - 1), min(y * size[1], size[1] - 1)) for y, x in (touch, lift))
    if math.dist(start, end) ** 2 < TAP_DISTANCE:
        return Action("tap", start)
    return Action("swipe", start, end)


def write_autoui(action: Action, elements: Sequence[Element], size: tuple[int, int]) -> str:
    """One line with plan and decision; the plan is the action alone."""
    touch = lift = "[-1.0, -1.0]"
    typed = ""
    if action.kind in ("tap", "swipe"):
        kind, touch = "DUAL_POINT", _written(action.point, size)
        lift = touch if action.kind == "tap" else _written(action.to, size)
    elif action.kind == "type" and action.point is None and not action.clear and not action.enter:
        kind, typed = "TYPE", action.text
    elif action.kind == "key":
        kind = _name(_AUTOUI_KEYS, action.text)
    elif action.kind == "status":
        kind = "STATUS_TASK_COMPLETE" if action.text == "complete" else "STATUS_TASK_IMPOSSIBLE"
    else:
        raise ValueError(f"Auto-UI has no words for {action.kind}")
    return (
        f'Action Plan: [{kind}] ; Action Decision: "action_type": "{kind}", "touch_point": "{touch}", '
        f'"lift_point": "{lift}", "typed_text": "{typed}"'
    )


def _written(point: tuple[float, float], size: tuple[int, int]) -> str:
    return f"[{point[1] / size[1]:.4f}, {point[0] / size[0]:.4f}]"


AUTOUI_TYPES = ("DUAL_POINT", "TYPE", *_AUTOUI_KEYS, "STATUS_TASK_COMPLETE")


def valid_autoui(text: str) -> bool:
    """Digi-Q's test of a candidate: a plan of at most 8 known steps, and points that are Python literals."""
    plan = _PLAN.search(text)
    steps = [step.strip() for step in plan[1].split(",")] if plan else []
    if not 0 < len(steps) <= 8 or any(step not in AUTOUI_TYPES for step in steps):
        return False
    points = [re.search(rf'"{name}":\s*"(.*?)"', text) for name in ("touch_point", "lift_point")]
    try:
        return all(point and len(ast.literal_eval(point[1])) == 2 for point in points)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


_JSON_HELP = """One JSON object: {"action_type": T, ...}. T is click, double_tap or long_press (with "index" of an
element, or "x" and "y" in pixels of the screen), input_text ("text", "index"; Enter is pressed afterwards), scroll or
swipe ("direction": up, down, left, right, maybe "index"), open_app ("app_name"), navigate_back, navigate_home,
keyboard_enter, wait, answer ("text"), status ("goal_status": complete or infeasible)."""
_MARKS_HELP = """One line: tap N, double_tap N, long_press N, type N "text", scroll [N] up|down|left|right, back, home,
enter, open APP, wait, answer TEXT, done, infeasible. N is an element's number."""
_AUTOUI_HELP = """Action Plan: [T, ...] ; Action Decision: "action_type": "T", "touch_point": "[y, x]",
"lift_point": "[y, x]", "typed_text": "...". T is DUAL_POINT, TYPE, PRESS_BACK, PRESS_HOME, PRESS_ENTER,
STATUS_TASK_COMPLETE or STATUS_TASK_IMPOSSIBLE; points lie between 0 and 1."""

CODECS = {
    codec.name: codec
    for codec in (
        Codec("json", parse_json, write_json, _JSON_HELP),
        Codec("marks", parse_marks, write_marks, _MARKS_HELP),
        Codec("autoui", parse_autoui, write_autoui, _AUTOUI_HELP),
        Codec("autoui-compat", parse_autoui_compat, write_autoui, _AUTOUI_HELP),
    )
}
"""By name."""


def codec(name: str) -> Codec:
    """The codec of that name.

    Raises:
        InputError: there is none.
    """
    if name not in CODECS:
        raise InputError(f"codec {name!r}: there are {', '.join(CODECS)}")
    return CODECS[name]
