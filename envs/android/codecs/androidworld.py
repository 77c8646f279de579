"""AndroidWorld's actions, as JSON or Python dictionaries (github.com/google-research/android_world).

Gestures have the coordinates and durations of its ``actuation.py``. Differences:

- Where its swipe to scroll would begin on the soft keyboard, ours begins above it.
- Of a text, it reads the first pair of braces; here, the first object with an ``action_type`` counts, and JSON is
  tried before Python (they disagree about escaped slashes and about characters escaped as two halves).
- An element is touched at its exact centre, which may lie half a pixel beside AndroidWorld's whole one.
- A fraction or a Boolean as an index, which it turns into a number, and a point that is not on the screen, where a tap
  reaches nothing, are errors.
- ``unit`` says what ``x`` and ``y`` count; its actions have pixels of the screen only.
"""

import ast
import itertools
import json
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from palaestra.envs.android.codecs.action import DIRECTIONS, STATUSES, Action, Picture, Point, Size, idle
from palaestra.envs.android.codecs.elements import Element, centre, index_at, scroll_element, scrolled, word_for

BRACES = 100
"""Maximum number of opening braces that are tried as the start of an object."""
LITERAL = 10_000
"""Maximum length of an object in Python's syntax, in characters."""
KEYS = {"navigate_home": "HOME", "navigate_back": "BACK", "keyboard_enter": "ENTER"}
TOUCHES = {"click": "tap", "double_tap": "double_tap", "long_press": "long_press"}
UNITS = ("screen", "fraction", "pixels")
FIELDS = (
    "action_type",
    "index",
    "x",
    "y",
    "unit",
    "text",
    "direction",
    "goal_status",
    "app_name",
    "keycode",
    "clear_text",
)
INSTRUCTIONS = """One JSON object: {"action_type": T, ...}. T is click, double_tap or long_press (with "index" of an
element, or "x" and "y" in pixels of the screen; with "unit": "fraction" they are shares of its width and height, with
"unit": "pixels" pixels of the image), input_text ("text", maybe "index", "clear_text"; Enter is pressed afterwards),
scroll ("direction": up, down, left, right, maybe "index"), swipe ("direction", from edge to edge: down opens the
notifications, up goes home), open_app ("app_name"), navigate_back, navigate_home, keyboard_enter, wait, answer
("text"), status ("goal_status": complete or infeasible)."""


def decode(text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None) -> Action:
    """Parse ``{"action_type": ...}``: the first such object in the text."""
    fields = next((found for found in _objects(text) if isinstance(found.get("action_type"), str)), None)
    if fields is None:
        return idle('no {"action_type": ...} in the text')
    if error := _invalid(fields):
        return idle(error)
    kind = fields["action_type"]
    if kind in TOUCHES:
        point = _point(fields, elements, size, picture)
        return point if isinstance(point, Action) else Action(TOUCHES[kind], point)
    if kind in KEYS:
        return Action("key", text=KEYS[kind])
    if kind == "input_text":
        return _decode_input(fields, elements, size, picture)
    if kind in ("scroll", "swipe"):
        return _decode_scroll(fields, elements, size)
    if kind == "open_app":
        name = fields.get("app_name")
        return Action("open_app", text=str(name)) if name else idle("open_app without an app_name")
    if kind == "answer":
        return Action("answer", text=_text(fields))
    if kind == "status":
        status = fields.get("goal_status")
        return Action("status", text=status) if status in STATUSES else idle(f"goal_status {status!r}")
    return Action("wait") if kind == "wait" else idle(f"action_type {kind!r}")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects in a text, in JSON or as a flat dictionary of Python's."""
    decoder = json.JSONDecoder()
    for brace in itertools.islice(re.finditer(r"\{", text), BRACES):
        try:
            found = decoder.raw_decode(text, brace.start())[0]
        except (ValueError, RecursionError):
            found = _literal(text, brace.start())
        if isinstance(found, dict):
            yield found


def _literal(text: str, start: int) -> Any:
    """Python's literal from an opening brace to the next closing one; None if it is none."""
    end = text.find("}", start, start + LITERAL) + 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown escapes
            return ast.literal_eval(text[start:end]) if end else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _invalid(fields: Mapping[str, Any]) -> str:
    """What AndroidWorld's ``JSONAction`` refuses about any action, or ""."""
    unknown = [str(name) for name in fields if name not in FIELDS]
    if unknown:
        return f"no field {', '.join(unknown)}; there are {', '.join(FIELDS)}"
    index = fields.get("index")
    if index is not None and _whole(index) is None:
        return f"index {index!r} is not a whole number"
    if index is not None and any(fields.get(name) is not None for name in ("x", "y")):
        return "an index as well as x or y"
    direction = fields.get("direction")
    if direction and direction not in DIRECTIONS:
        return f"direction {direction!r}; there are {', '.join(DIRECTIONS)}"
    keycode = fields.get("keycode")
    if keycode is not None and not str(keycode).startswith("KEYCODE_"):
        return f"keycode {keycode!r}: must begin with KEYCODE_"
    return ""


def _whole(number: Any) -> int | None:
    """An integer, also written as a text or as 3.0; None if it is none."""
    if isinstance(number, bool) or (isinstance(number, float) and not number.is_integer()):
        return None
    try:
        return int(number)
    except (TypeError, ValueError, OverflowError):
        return None


def _point(
    fields: Mapping[str, Any], elements: Sequence[Element], size: Size, picture: Picture | None
) -> Point | Action:
    """The point that is touched; idle with an error if there is none."""
    index = _whole(fields.get("index"))
    if index is not None:
        if not 0 <= index < len(elements):
            return idle(f"index {index}: there are {len(elements)} elements")
        return centre(elements[index])
    if fields.get("x") is None or fields.get("y") is None:
        return idle("neither an index nor x and y")
    x, y = _number(fields["x"]), _number(fields["y"])
    if x is None or y is None:
        return idle(f"x {fields['x']!r}, y {fields['y']!r} are not two numbers")
    return _placed((x, y), fields.get("unit"), size, picture)


def _number(number: Any) -> float | None:
    """A finite number, or an integer as text; None if it is none."""
    if isinstance(number, bool):
        return None
    try:
        value = float(int(number) if isinstance(number, str) else number)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _placed(point: Point, unit: Any, size: Size, picture: Picture | None) -> Point | Action:
    """A point in logical pixels, from one in a unit; idle with an error if it is outside."""
    x, y = point
    if unit not in (None, *UNITS):
        return idle(f"unit {unit!r}; there are {', '.join(UNITS)}")
    if unit == "fraction":
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return idle(f"({x:g}, {y:g}): fractions lie between 0 and 1")
        return min(int(x * size[0]), size[0] - 1), min(int(y * size[1]), size[1] - 1)
    if unit == "pixels":
        if picture is None:
            return idle("unit 'pixels': there is no image")
        if not (0 <= x < picture.width and 0 <= y < picture.height):
            return idle(f"({x:g}, {y:g}) is not in the image of {picture.width}x{picture.height}")
        return picture.to_screen(int(x), int(y), size)
    if not (0 <= x < size[0] and 0 <= y < size[1]):
        return idle(f"({x:g}, {y:g}) is not on the screen of {size[0]}x{size[1]}")
    return int(x), int(y)


def _text(fields: Mapping[str, Any]) -> str:
    text = fields.get("text")
    return "" if text is None else str(text)


def _decode_input(
    fields: Mapping[str, Any], elements: Sequence[Element], size: Size, picture: Picture | None
) -> Action:
    text = _text(fields)
    if not text:
        return idle("input_text without a text")
    point: Point | Action | None = None
    if fields.get("index") is not None or all(fields.get(name) is not None for name in ("x", "y")):
        point = _point(fields, elements, size, picture)
    if isinstance(point, Action):
        return point
    # AndroidWorld presses Enter after every text.
    return Action("type", point, text=text, clear=bool(fields.get("clear_text")), enter=True)


def _decode_scroll(fields: Mapping[str, Any], elements: Sequence[Element], size: Size) -> Action:
    direction, index = fields.get("direction"), _whole(fields.get("index"))
    if not direction:
        return idle(f"{fields['action_type']} without a direction")
    if fields["action_type"] == "swipe":  # has no use for an index
        return swipe(direction, size)
    if index and not 0 < index < len(elements):
        return idle(f"index {index}: there are {len(elements)} elements")
    return scroll_element(index or None, direction, elements, size)  # index 0 counts as none, as in AndroidWorld


def swipe(direction: str, size: Size) -> Action:
    """AndroidWorld's swipe from edge to edge; "left" and "right" are where the finger comes from."""
    width, height = size
    x, y = width // 2, height // 2
    ends = {
        "down": ((x, 0), (x, height)),
        "up": ((x, height), (x, 0)),
        "left": ((0, y), (width, y)),
        "right": ((width, y), (0, y)),
    }
    return Action("swipe", *ends[direction])


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
        for direction in DIRECTIONS:
            if action == swipe(direction, size):
                return {"action_type": "swipe", "direction": direction}
        direction, index = scrolled(action, elements, size)
        return {"action_type": "scroll", "direction": direction} | ({} if index is None else {"index": index})
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
