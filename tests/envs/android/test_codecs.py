"""Words for actions: what each codec reads, by hand and for anything at all, and that it reads what it writes."""

import json
import math
from dataclasses import replace

import gymnasium
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs.action import KINDS, STATUSES, Action, Picture, scroll
from palaestra.envs.android.codecs.autoui import valid_as_released
from palaestra.envs.android.codecs.elements import KEYBOARD, centre
from palaestra.envs.android.codecs.registry import CODECS, codec

SIZE = (1080, 2400)
ELEMENTS = [
    {"bounds": (0, 0, 1080, 84)},
    {"bounds": (100, 200, 300, 301)},
    {"bounds": (40, 400, 1040, 2000)},
    {"bounds": (900, 2100, 1079, 2399)},
]


def read(name, text):
    return codec(name).decode(text, ELEMENTS, SIZE)


def autoui(kind, touch="[-1.0, -1.0]", lift=None, typed="", plan=None):
    return (
        f'Action Plan: [{plan or kind}] ; Action Decision: "action_type": "{kind}", "touch_point": "{touch}", '
        f'"lift_point": "{lift or touch}", "typed_text": "{typed}"'
    )


# --- by hand

AUTOUI = [
    (autoui("DUAL_POINT", "[0.5, 0.25]"), Action("tap", (270.0, 1200.0))),  # [y, x] of 1080 x 2400
    (autoui("DUAL_POINT", "[0.8000, 0.5000]", "[0.2000, 0.5000]"), Action("swipe", (540.0, 1920.0), (540.0, 480.0))),
    # squared pixels: 3 * 3 + 0 < 10 is a tap, 4 * 4 is a swipe
    (autoui("DUAL_POINT", "[0.5, 0.5]", f"[0.5, {543 / 1080}]"), Action("tap", (540.0, 1200.0))),
    (autoui("DUAL_POINT", "[0.5, 0.5]", f"[0.5, {544 / 1080}]"), Action("swipe", (540.0, 1200.0), (544.0, 1200.0))),
    (autoui("DUAL_POINT", "[1.0, 1.0]"), Action("tap", (1079, 2399))),
    (autoui("TYPE", typed="costco.com"), Action("type", text="costco.com")),
    (autoui("PRESS_BACK"), Action("key", text="BACK")),
    (autoui("PRESS_HOME"), Action("key", text="HOME")),
    (autoui("PRESS_ENTER"), Action("key", text="ENTER")),
    (autoui("STATUS_TASK_COMPLETE"), Action("status", text="complete")),
]


def same(one, other):
    """Equal but for what else was said, and for rounding."""
    points = [(a, b) for a, b in ((one.point, other.point), (one.to, other.to))]
    assert all((a is None) == (b is None) and (a is None or math.dist(a, b) < 1e-6) for a, b in points), (one, other)
    assert (one.kind, one.text, one.error) == (other.kind, other.text, other.error)


@pytest.mark.parametrize("name", ["autoui", "autoui-compat"])
@pytest.mark.parametrize(("text", "action"), AUTOUI)
def test_auto_ui_s_text_means_the_same_to_both_readers(name, text, action):
    same(read(name, text), action)


IMPOSSIBLE = ("status", "infeasible")
RELEASED = [
    (autoui("TYPE", typed="milk, eggs"), IMPOSSIBLE),  # seven pieces
    ("", IMPOSSIBLE),
    (autoui("TYPE").replace("Action Decision: ", ""), IMPOSSIBLE),
    (autoui("TYPE")[:90], IMPOSSIBLE),
    (autoui("PRESS_HOME").replace(", ", ","), IMPOSSIBLE),
    (autoui("TASK_IMPOSSIBLE"), IMPOSSIBLE),
    (autoui("STATUS_TASK_IMPOSSIBLE"), ("idle", "")),  # a name that it doesn't know
    (autoui("LONG_PRESS", "[0.5, 0.5]"), ("idle", "")),
    (autoui("DUAL_POINT", "[0.5, abc]"), ("idle", "")),
    (autoui("PRESS_BACK", "[0.5, abc]"), ("key", "BACK")),  # reads only what it needs
    (autoui("TYPE", typed="9: 30"), ("type", "9")),  # up to the next colon and space
    (autoui("TYPE", typed='"hi"'), ("type", "hi")),
    (autoui("PRESS_ENTER").replace('"action_type": ', ""), ("idle", "")),
    ("Action Decision: x: PRESS_ENTER, , , , , ", ("key", "ENTER")),
    (autoui("TYPE", typed="a") + " Action Decision: more", ("type", 'a" ')),  # only the piece between the two counts
]
"""What DigiRL's ``autoui_translate_action`` returned for these texts, and its environment made of what it raised."""


@pytest.mark.parametrize(("text", "expected"), RELEASED)
def test_the_released_parser(text, expected):
    action = read("autoui-compat", text)
    assert (action.kind, action.text) == expected


def test_auto_ui_has_two_words_more_than_released():
    same(read("autoui", autoui("TYPE", typed="milk, eggs")), Action("type", text="milk, eggs"))
    same(read("autoui", autoui("STATUS_TASK_IMPOSSIBLE")), Action("status", text="infeasible"))
    same(read("autoui", autoui("LONG_PRESS", "[0.5, 0.25]", "[0.9, 0.9]")), Action("long_press", (270.0, 1200.0)))
    assert read("autoui", autoui("CLEAR_TEXT")) == Action("type", clear=True, extra={"plan": ["CLEAR_TEXT"]})
    for action in (Action("long_press", (3.0, 3.0)), Action("type", clear=True), Action("type", text="milk, eggs")):
        assert codec("autoui").encode(action, ELEMENTS, SIZE)
        with pytest.raises(ValueError, match="can"):
            codec("autoui-compat").encode(action, ELEMENTS, SIZE)


def test_fields_are_found_by_name_in_any_order():
    text = '"typed_text": "", "lift_point": "[0.5, 0.5]", "touch_point": "[0.5, 0.5]", "action_type": "DUAL_POINT"'
    assert read("autoui", "Action Decision: " + text).point == (540.0, 1200.0)
    assert read("autoui", autoui("TYPE", typed="a", plan="TYPE, PRESS_ENTER")).extra == {
        "plan": ["TYPE", "PRESS_ENTER"]
    }
    assert read("autoui", autoui("DUAL_POINT", "[1.5, 0.5]")).kind == "idle"
    assert read("autoui", '"action_type": "DUAL_POINT"').error == "DUAL_POINT needs two points"


CLICK = '"action_type": "click"'
JSON = [
    ('{"action_type": "click", "index": 1}', Action("tap", (200, 250.5))),
    ('I think.\n{"action_type": "long_press", "x": 5.9, "y": "7"} Done.', Action("long_press", (5, 7))),
    # to scroll, the finger moves from the centre to an edge in 300 ms; to swipe, from edge to edge in 500
    ('{"action_type": "scroll", "direction": "down"}', Action("swipe", (540, 1200), (540, 0), ms=300)),
    ('{"action_type": "scroll", "direction": "up", "index": 0}', Action("swipe", (540, 1200), (540, 2400), ms=300)),
    ('{"action_type": "scroll", "direction": "right", "index": 2}', Action("swipe", (540, 1200), (40, 1200), ms=300)),
    (
        '{"action_type": "scroll", "direction": "left", "index": "2"}',
        Action("swipe", (540, 1200), (1040, 1200), ms=300),
    ),
    ('{"action_type": "swipe", "direction": "down", "index": 2}', Action("swipe", (540, 0), (540, 2400))),
    ('{"action_type": "swipe", "direction": "up"}', Action("swipe", (540, 2400), (540, 0))),
    ('{"action_type": "swipe", "direction": "left"}', Action("swipe", (0, 1200), (1080, 1200))),
    ('{"action_type": "swipe", "direction": "right"}', Action("swipe", (1080, 1200), (0, 1200))),
    ('{"action_type": "navigate_back"}', Action("key", text="BACK")),
    ('{"action_type": "open_app", "app_name": "Clock"}', Action("open_app", text="Clock")),
    ('{"action_type": "status", "goal_status": "infeasible"}', Action("status", text="infeasible")),
    ('{"action_type": "answer", "text": 5}', Action("answer", text="5")),
    # Python's dictionaries too
    ("Action: {'action_type': 'click', 'index': 1, 'text': None}", Action("tap", (200, 250.5))),
    ("{what} to do? {'action_type': 'answer', 'text': \"it's\"}", Action("answer", text="it's")),
    (
        "{'action_type': 'answer', 'text': __import__('os').getcwd()}",
        Action("idle", error='no {"action_type": ...} in'),
    ),
    # what its actions refuse
    ('{"action_type": "click", "index": 4}', Action("idle", error="index 4: there are 4 elements")),
    ('{"action_type": "click", "index": 1, "x": 3}', Action("idle", error="an index as well as x or y")),
    ('{"action_type": "click", "x": 3}', Action("idle", error="neither an index nor x and y")),
    ('{"action_type": "wait", "direction": "north"}', Action("idle", error="direction 'north'; there are up, down")),
    ('{"action_type": "wait", "thought": "hm"}', Action("idle", error="no field thought; there are action_type")),
    ('{"action_type": "input_text", "text": ""}', Action("idle", error="input_text without a text")),
    ('{"action_type": "open_app"}', Action("idle", error="open_app without an app_name")),
    ('{"action_type": "fly"}', Action("idle", error="action_type 'fly'")),
    # what they take for another number, or for a point where there is nothing
    ('{"action_type": "click", "index": true}', Action("idle", error="index True is not a whole number")),
    ('{"action_type": "click", "index": 3.7}', Action("idle", error="index 3.7 is not a whole number")),
    (
        '{"action_type": "click", "x": 1080, "y": 3}',
        Action("idle", error="(1080, 3) is not on the screen of 1080x2400"),
    ),
    # units by name
    (f'{{{CLICK}, "x": 0.25, "y": 1, "unit": "fraction"}}', Action("tap", (270, 2399))),
    (f'{{{CLICK}, "x": 67, "y": 299, "unit": "pixels"}}', Action("tap", (270, 1198))),  # (67.5, 299.5) * 4
    (f'{{{CLICK}, "x": 67, "y": 299, "unit": "screen"}}', Action("tap", (67, 299))),
    (f'{{{CLICK}, "x": 1.5, "y": 1, "unit": "fraction"}}', Action("idle", error="(1.5, 1): fractions lie between")),
    (
        f'{{{CLICK}, "x": 270, "y": 1, "unit": "pixels"}}',
        Action("idle", error="(270, 1) is not in the image of 270x600"),
    ),
    (f'{{{CLICK}, "x": 1, "y": 1, "unit": "inch"}}', Action("idle", error="unit 'inch'; there are screen, fraction,")),
]
"""Gestures as in AndroidWorld's actuation.py, refusals as in its json_action.py."""


@pytest.mark.parametrize(("text", "action"), JSON)
def test_android_world_s_json(text, action):
    decoded = codec("json").decode(text, ELEMENTS, SIZE, Picture(270, 600, 0))
    assert decoded.error.startswith(action.error)
    assert replace(decoded, error=action.error) == action


KEYS = [{"bounds": (0, 1000, 2400, 1080), "package": "x"}, {"bounds": (0, 560, 240, 660), "package": KEYBOARD}]


@pytest.mark.parametrize(
    ("name", "text"), [("json", '{"action_type": "scroll", "direction": "up"}'), ("marks", "scroll up")]
)
def test_scrolling_begins_above_the_keyboard(name, text):
    # the centre of the turned screen, 540, is less than half a key's height above the keys
    assert codec(name).decode(text, KEYS, (2400, 1080)) == Action("swipe", (1200, 255), (1200, 510), ms=300)


def test_a_text_in_json_is_followed_by_enter_as_in_android_world():
    action = read("json", '{"action_type": "input_text", "text": "a, b", "index": 1, "clear_text": true}')
    assert action == Action("type", (200, 250.5), text="a, b", clear=True, enter=True)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("tap 1", Action("tap", (200.0, 250.5))),
        ("First I look.\nTAP 3", Action("tap", (989.5, 2249.5))),
        ('type 1 "say \\"hi\\""', Action("type", (200.0, 250.5), text='say "hi"')),
        ("type hello there", Action("type", text="hello there")),
        ("type 12:30", Action("type", text="12:30")),
        ("type 7", Action("type", text="7")),
        ("answer 15:34", Action("answer", text="15:34")),
        ("Answer: 7", Action("answer", text="7")),
        ("done.", Action("status", text="complete")),
        ("tap 1.", Action("tap", (200.0, 250.5))),
        ("scroll 2 down", Action("swipe", (540, 1200), (540, 400))),
        ("scroll left", Action("swipe", (540, 1200), (1080, 1200))),
        ("open 2048", Action("open_app", text="2048")),
        ("answer 7 apples", Action("answer", text="7 apples")),
        ("back", Action("key", text="BACK")),
        ("done", Action("status", text="complete")),
        ("tap 9", Action("idle", error="mark 9: there are 4")),
        ("tap", Action("idle", error="tap needs a mark")),
        ("hello", Action("idle", error="no line with a known verb")),
    ],
)
def test_marks(text, action):
    same(read("marks", text), action)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ('{"kind": "tap", "point": [7, 9.5]}', Action("tap", (7.0, 9.5))),
        (
            'so: {"kind": "swipe", "point": [0, 0], "to": [1080, 9], "ms": 80} {',
            Action("swipe", (0, 0), (1080, 9), ms=80),
        ),
        ('{"kind": "type", "clear": true}', Action("type", clear=True)),
        ('{"kind": "key", "text": "APP_SWITCH"}', Action("key", text="APP_SWITCH")),
        ('{"kind": "tap"}', Action("idle", error="point None: must be [x, y] on the screen of 1080x2400")),
        (
            '{"kind": "tap", "point": [1, 2401]}',
            Action("idle", error="point [1, 2401]: must be [x, y] on the screen of 1080x2400"),
        ),
        (
            '{"kind": "swipe", "point": [1, 2], "to": [3, 4], "ms": true}',
            Action("idle", error="ms True: must be a whole number from 1 to 10000"),
        ),
        ('{"kind": "tap", "point": [1, 2], "ms": 5}', Action("idle", error="tap has no field ms")),
        ('{"kind": "type"}', Action("idle", error="type needs a text")),
        (
            '{"kind": "key", "text": "rm -rf"}',
            Action("idle", error="key 'rm -rf': must be named as in Android, such as BACK"),
        ),
        (
            '{"kind": "status", "text": "done"}',
            Action("idle", error="status 'done': must be one of complete, infeasible"),
        ),
        ("tap", Action("idle", error='no {"kind": ...} in the text')),
    ],
)
def test_touch(text, action):
    same(read("touch", text), action)
    assert read("touch", text).ms == action.ms


def test_a_codec_that_does_not_exist_is_one_line():
    with pytest.raises(InputError, match="codec 'morse': must be one of json, marks, autoui, autoui-compat, touch"):
        codec("morse")


# --- for anything

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400))
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
FIELDS = ("action_type", "index", "x", "y", "unit", "text", "direction", "app_name", "goal_status", "clear_text")
NAMES = (
    "click",
    "double_tap",
    "long_press",
    "input_text",
    "scroll",
    "swipe",
    "open_app",
    "answer",
    "status",
    "wait",
    "navigate_back",
    "up",
    "down",
    "complete",
    "infeasible",
    "fraction",
    "pixels",
)
DICTIONARIES = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(NAMES) | st.integers(-1, 5) | VALUES)
TOUCHES = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("point", "to", "ms", "text", "clear", "enter"), VALUES),
)
OBJECTS = DICTIONARIES.map(json.dumps) | DICTIONARIES.map(repr) | TOUCHES.map(json.dumps)
LINES = st.lists(
    st.sampled_from(("tap", "type", "scroll", "open", "1", "9", "down", '"', '"a"', "9" * 5000, "done", "\n"))
    | st.text()
).map(" ".join)
PIECES = (
    '"action_type": ',
    '"DUAL_POINT"',
    '"TYPE"',
    '"touch_point": "[',
    '"lift_point": "[',
    "0.5",
    "-1",
    "nan",
    "9" * 400,
    ", ",
    ']"',
    '"typed_text": "',
    "Action Decision: ",
    "Action Plan: [",
    "]",
)
AUTOUI_LIKE = st.lists(st.sampled_from(PIECES) | st.text(max_size=4)).map("".join)


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(), OBJECTS, LINES, AUTOUI_LIKE), count=st.integers(0, len(ELEMENTS)))
@example(text="{" * 100_000, count=4)
@example(text='{"a":' * 100_000, count=4)
def test_any_text_becomes_an_action_that_can_be_done(name, text, count):
    action = codec(name).decode(text, ELEMENTS[:count], SIZE)
    assert action.kind in KINDS
    assert (action.kind == "idle") <= bool(action.error)
    assert (action.point is not None) >= (action.kind in ("tap", "double_tap", "long_press", "swipe"))
    assert (action.to is not None) == (action.kind == "swipe")
    for point in (action.point, action.to):
        assert point is None or (0 <= point[0] <= SIZE[0] and 0 <= point[1] <= SIZE[1])
    assert action.kind != "status" or action.text in STATUSES
    assert isinstance(action.text, str)


@pytest.fixture(scope="module")
def world():
    world = gymnasium.make("palaestra/AndroidTasks-v0", render=(54, 120), observe=[])
    world.reset(seed=0, options={"task": "MarkorCreateNote"})
    world.step('{"action_type": "open_app", "app_name": "Markor"}')
    return world


@settings(max_examples=60, deadline=None)
@given(text=st.one_of(OBJECTS, st.text().map(lambda text: json.dumps({"action_type": "input_text", "text": text}))))
@example(text='{"action_type": "answer", "text": "\\ud800"}')
@example(text='{"action_type": "open_app", "app_name": "\\ud800"}')
@example(text='{"action_type": "click", "x": 540, "y": 300, "text": "\\u0000"}')
def test_any_words_leave_a_phone_that_can_be_saved(world, text):
    world.step(text)
    world.restore(world.snapshot())
    assert len(world.fingerprint()) == 64


GESTURES = {
    ("scroll", "down"): "540 1200 540 0",
    ("scroll", "up"): "540 1200 540 2400",
    ("scroll", "right"): "540 1200 0 1200",
    ("scroll", "left"): "540 1200 1080 1200",
    ("swipe", "down"): "540 0 540 2400 500",
    ("swipe", "up"): "540 2400 540 0 500",
    ("swipe", "left"): "0 1200 1080 1200 500",
    ("swipe", "right"): "1080 1200 0 1200 500",
}
"""The arguments of ``input swipe`` that AndroidWorld issues."""


@pytest.mark.parametrize("app", ["Settings", "Markor", ""])
def test_gestures_do_what_android_world_s_commands_do(world, app):
    world.reset(seed=0, options={"task": "MarkorCreateNote"})
    world.step({"action_type": "open_app", "app_name": app} if app else {"action_type": "navigate_home"})
    start, seen = world.snapshot(), set()
    for (kind, direction), words in GESTURES.items():
        world.restore(start)
        world.device.shell(f"input swipe {words}")
        world.device.settle()
        expected = world.elements()
        world.restore(start)
        info = world.step({"action_type": kind, "direction": direction})[-1]
        assert (world.elements(), "action_error" in info) == (expected, False)
        seen.add(json.dumps(expected))
    assert len(seen) > 2


def test_swipes_reach_the_shade_and_home_and_scrolling_the_drawer(world):
    world.reset(seed=0, options={"task": "MarkorCreateNote"})
    swipe = {"action_type": "swipe", "direction": "down"}
    world.step({"action_type": "navigate_home"})
    world.step({"action_type": "scroll", "direction": "down"})
    assert world.device.state["tasks"][-1]["records"][-1]["state"]["drawer"]
    world.step({"action_type": "open_app", "app_name": "system settings"})
    assert world.device.foreground[0] == "com.android.settings"
    world.step(swipe)
    assert world.device.state["shade"]["open"]
    for _ in range(2):  # closes the shade, then the app
        world.step(swipe | {"direction": "up"})
    assert world.device.foreground[0] == "com.google.android.apps.nexuslauncher"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("dialer", "com.google.android.dialer"),
        ("System Settings", "com.android.settings"),
        ("Simple SMS", "com.simplemobiletools.smsmessenger"),
        ("gallery", "com.simplemobiletools.gallery.pro"),
        ("files by google", "com.google.android.documentsui"),
        ("Calculator", "com.google.android.calculator"),
        ("net.gsantner.markor", "net.gsantner.markor"),
        ("whatsapp", ""),
    ],
)
def test_apps_have_android_world_s_names(world, name, package):
    world.device.home()
    info = world.step({"action_type": "open_app", "app_name": name})[-1]
    assert info.get("action_error", "") == ("" if package else f"no app named {name!r}")
    assert world.device.foreground[0] == (package or "com.google.android.apps.nexuslauncher")


@pytest.mark.parametrize("turns", [0, 1])
def test_a_text_above_the_open_keyboard_scrolls(world, turns):
    world.reset(seed=0, options={"task": "MarkorEditNote"})
    device = world.device
    world.step({"action_type": "open_app", "app_name": "Markor"})
    world.step(
        {"action_type": "click", "index": next(i for i, e in enumerate(world.elements()) if e["text"].endswith(".md"))}
    )
    device.settle()
    field = next(number for number, element in enumerate(world.elements()) if element["editable"])
    lines = "\n".join(f"line {number}" for number in range(60))
    world.step({"action_type": "input_text", "index": field, "text": lines})
    device.settings.put("system", "user_rotation", str(turns))
    device.settle()
    before = device.frame()
    world.step({"action_type": "scroll", "direction": "up"})
    assert device.state["focus"] is not None
    assert (device.frame() != before).any()
    assert any(element["package"] == KEYBOARD for element in world.elements())


PLACES = st.sampled_from([centre(element) for element in ELEMENTS])
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12).map(str.strip)
SCROLLS = st.builds(
    lambda box, direction: scroll(box, direction),
    st.sampled_from([(0, 0, *SIZE), ELEMENTS[2]["bounds"]]),
    st.sampled_from(("up", "down", "left", "right")),
)
SAID = st.one_of(
    st.builds(Action, st.sampled_from(("tap", "double_tap", "long_press")), PLACES),
    st.builds(Action, st.just("type"), st.none() | PLACES, text=WORDS),
    st.builds(Action, st.just("key"), text=st.sampled_from(("BACK", "HOME", "ENTER"))),
    st.builds(Action, st.sampled_from(("open_app", "answer")), text=WORDS),
    st.builds(Action, st.just("status"), text=st.sampled_from(STATUSES)),
    st.just(Action("wait")),
    SCROLLS,
)


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=200, deadline=None)
@given(action=SAID)
def test_what_is_written_is_read_again(name, action):
    try:
        text = codec(name).encode(action, ELEMENTS, SIZE)
    except ValueError:
        assert name.startswith("autoui")  # which has no words for some
        assert action.kind in ("double_tap", "long_press", "open_app", "answer", "wait", "type")
        return
    again = codec(name).decode(text, ELEMENTS, SIZE)
    assert (again.kind, again.text) == (action.kind, action.text)
    rounding = 1.2 if name.startswith("autoui") else 1e-6  # four decimals of 2400 px, and the last pixel
    for point, other in ((again.point, action.point), (again.to, action.to)):
        assert (point is None) == (other is None)
        assert point is None or math.dist(point, other) < rounding


@pytest.mark.parametrize(
    ("plan", "rest", "valid"),
    [
        ("DUAL_POINT,TYPE", "", True),
        ("DUAL_POINT, TYPE", "", False),  # split at commas, without stripping
        ("TASK_IMPOSSIBLE", "", False),
        (",".join(["TYPE"] * 9), "", False),
        ("", "", False),
        ("TYPE", '"typed_text": "', False),
        ("TYPE", "[0.5, 0.5]", False),
    ],
)
def test_validity_is_that_of_the_released_code(plan, rest, valid):
    point = "[0.5, 0.5]"
    text = f'Action Plan: [{plan}] ; Action Decision: "action_type": "TYPE", "touch_point": "{point}", "lift_point": '
    text += f'"{point}", "typed_text": ""'
    broken = text.replace(rest, "[half, 0.5]" if "[" in rest else "") if rest else text
    assert valid_as_released(broken) == valid
    home = text.replace(f"[{plan}]", "[PRESS_HOME]")
    assert (valid_as_released(home), valid_as_released(home, allow_home=False)) == (True, False)
