"""Actions as short lines with the number of an element."""

import json
import re
from collections.abc import Sequence

from palaestra.envs.android.codecs.action import DIRECTIONS, Action, Picture, Point, Size, idle
from palaestra.envs.android.codecs.elements import Element, centre, index_at, scroll_element, scrolled, word_for

INSTRUCTIONS = """One line: tap N, double_tap N, long_press N, type N "text", scroll [N] up|down|left|right, back, home,
enter, open APP, wait, answer TEXT, done, infeasible. N is an element's number."""
KEYS = {"back": "BACK", "home": "HOME", "enter": "ENTER"}
_LINE = re.compile(
    r"\b(?P<verb>tap|double_tap|long_press|type|scroll|back|home|enter|open|wait|answer|done|infeasible)\b"
    r":?(?P<rest>.*)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<mark>\d{1,6})(?!\d)(?P<rest>.*)")


def decode(text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None) -> Action:
    """Parse the last line such as ``tap 3``, ``type 4 "hello"``, ``scroll 2 down``, ``back`` or ``done``."""
    lines = [match for match in map(_LINE.match, (line.strip() for line in text.splitlines())) if match]
    if not lines:
        return idle("no line with a known verb")
    verb, rest = lines[-1]["verb"].lower(), (lines[-1]["rest"] or "").strip()
    if verb in ("open", "answer"):  # "open 2048" names an app
        return Action("open_app" if verb == "open" else "answer", text=rest)
    if verb in KEYS:
        return Action("key", text=KEYS[verb])
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
        if rest not in DIRECTIONS:
            return idle(f"scroll {rest!r}; there are {', '.join(DIRECTIONS)}")
        return scroll_element(int(numbered["mark"]) if numbered else None, rest, elements, size)
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


def encode(action: Action, elements: Sequence[Element], size: Size) -> str:
    """The inverse of ``decode``; raises ValueError for a point that is not the centre of an element."""
    if action.kind in ("tap", "double_tap", "long_press"):
        return f"{action.kind} {_mark(action.start, elements)}"
    if action.kind == "type":
        mark = "" if action.point is None else f" {_mark(action.point, elements)}"
        return f"type{mark} {json.dumps(action.text)}"
    if action.kind == "swipe":
        direction, index = scrolled(action, elements, size)
        return f"scroll {direction}" if index is None else f"scroll {index} {direction}"
    if action.kind == "key":
        return word_for(KEYS, action.text)
    if action.kind in ("open_app", "answer"):
        return f"{'open' if action.kind == 'open_app' else 'answer'} {action.text}"
    if action.kind == "status":
        return "done" if action.text == "complete" else "infeasible"
    return "wait"


def _mark(point: Point, elements: Sequence[Element]) -> int:
    index = index_at(point, elements)
    if index is None:
        raise ValueError("no element has its centre at this point")
    return index
