"""General's tasks on the phone itself: oracles, near misses, and what counts as done."""

import gymnasium
import pytest

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.apps.clock.alarms import add_alarm, delete_alarm
from palaestra.envs.android.apps.general.maps import question
from palaestra.envs.android.tasks.aitw import general_device
from palaestra.envs.android.tasks.aitw.grammar import known_lines, parse_instruction
from palaestra.envs.android.tasks.aitw.home import packages_of
from palaestra.envs.android.tasks.aitw.maps import maps_shown, shown_on_maps
from palaestra.envs.android.tasks.task import template
from palaestra.envs.android.tasks.words import oracle_words
from palaestra.envs.android.web.places import HERE
from palaestra.envs.android.web.questions import ask
from palaestra.envs.task import task_of

KINDS = [name for name in vars(general_device) if name.startswith("General")]
LINES = [line.slots["line"] for line in known_lines("general") if line.template in KINDS]
SAMPLE = (
    "Turn off notifications for the Google Maps app",
    "Checkthe settings for the Amazon Prime Music app",
    "Install the Calendar app",
    "Open the downloads",
    "Open a new incognito window in Chrome",
    "Set an alarm for 12pm",
    "Open the calendar and show me this week's events?",
    "How do I get to the nearest Burger King?",
)
MOST_STEPS = 9
"""One less than the horizon."""
PAPER = {"size": (1080, 2280), "density": 440}


def made(**arguments):
    tasks = [parse_instruction(line) for line in LINES]
    shape = {"apps": ["all", "general"], "render": (54, 120), "observe": ["elements"]}
    return gymnasium.make(
        "palaestra/AndroidTasks-v0", tasks=tasks, codec="autoui", reading="ever", **shape, **arguments
    ).unwrapped


@pytest.fixture(scope="module")
def world():
    return made()


def begin(world, line):
    observation, info = world.reset(seed=0, options={"task": parse_instruction(line)})
    assert (line, info["success"]) == (line, 0.0)
    return observation


def follow(world, observation, words):
    """The info after the last step, and the number of steps."""
    next(words)
    steps, ended, info = 0, False, {}
    while not ended:
        observation, _, terminated, truncated, info = world.step(words.send(observation))
        assert "action_error" not in info
        steps, ended = steps + 1, terminated or truncated
    return info, steps


def check(world, line):
    """The oracle succeeds in time and changes nothing else; nothing, and what differs in one respect, fails."""
    observation = begin(world, line)
    task, start = world.task, world.snapshot()
    for _ in range(MOST_STEPS):
        assert (
            world.step('"action_type": "DUAL_POINT", "touch_point": "[0.001, 0.5]", "lift_point": "[0.001, 0.5]"')[1]
            == 0
        )
    world.restore(start)
    info, steps = follow(world, observation, world.oracle(task, world.codec))
    assert (line, info["verdict"], info["side_effects"]) == (line, 1.0, [])
    assert steps <= MOST_STEPS
    for slots in template(task.template).near_misses(task.slots):
        world.restore(start)
        wrong = task_of(template(task.template), slots, task.seed)
        info, _ = follow(world, world._observe(), oracle_words(wrong, world.codec))
        assert (line, slots, info["success"]) == (line, slots, 0.0)


def test_a_sample_of_the_lines(world):
    for line in SAMPLE:
        check(world, line)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [{}, PAPER], ids=["default", "paper"])
def test_every_line(shape):
    world = made(**shape)
    assert len(LINES) == 128
    for line in LINES:
        check(world, line)


def clauses(world):
    return world._info()["clauses"]


def test_alarms_that_were_there_must_stay(world):
    begin(world, "Set an alarm for 9am")
    phone = world.device
    phone.shell("sqlite3 /data/data/com.google.android.deskclock/databases/alarms.db 'SELECT 1'")
    add_alarm(phone, 21, 0)
    assert clauses(world) == {"alarm": False, "others": True}
    number = add_alarm(phone, 9, 0, enabled=0)
    assert clauses(world)["alarm"] is False
    delete_alarm(phone, number)
    add_alarm(phone, 9, 0)
    delete_alarm(phone, 1)
    assert clauses(world) == {"alarm": True, "others": False}


def test_a_tab_that_the_browser_or_a_link_opens_does_not_count(world):
    begin(world, "Open a new tab in Chrome")
    phone = world.device
    phone.open_app("Chrome")
    assert clauses(world) == {"opened": False, "private": True}
    tab = tabs.open_tab(phone)
    assert clauses(world) == {"opened": True, "private": True}
    phone.shade(True)
    assert clauses(world)["opened"] is False
    phone.shade(False)
    tabs.go(phone, tab, "ebay.com")
    phone.settle()
    assert clauses(world) == {"opened": False, "private": False}


def test_the_map_and_the_search_engine_answer_for_the_nearest(world):
    begin(world, "How do I get to the nearest Home Depot?")
    phone = world.device
    phone.open_app("Maps")
    phone.prefs("com.google.android.apps.maps")["query"] = "the closest home depot"
    assert clauses(world) == {"shop": True, "place": False}
    assert (shown_on_maps(phone), maps_shown(phone)) == (ask("nearest", "Home Depot"), "the closest home depot")
    phone.home()
    assert shown_on_maps(phone) is None
    assert maps_shown(phone) == ""


def test_a_toggle_is_the_opposite_of_the_start(world):
    begin(world, "Toggle notifications for the Google Photos app")
    record = world.device.state["packages"]["com.google.android.apps.photos"]
    record["notifications"] = not record["notifications"]
    assert clauses(world) == {"notifications": True}
    record["notifications"] = not record["notifications"]
    assert clauses(world) == {"notifications": False}


def test_every_app_that_a_line_names_is_known():
    named = [line.slots["app"] for line in known_lines("general") if line.template in KINDS and line.slots.get("app")]
    apps = {name for name in named if name not in ("mail", "calendar")}
    assert [name for name in sorted(apps) if not packages_of(name)] == []
    assert packages_of("Downloads") == packages_of("Files")
    assert packages_of("No such app") == ()


def test_the_map_reads_what_general_asks_of_it():
    for line in known_lines("general"):
        if line.slots.get("maps"):
            words = f"{line.slots['quality']} {line.slots['cuisine']} restaurants"
            assert question(words) == ask("restaurants", HERE, line.slots["cuisine"])
    assert question("Burger King") == ask("nearest", "Burger King")
    assert question("burger") == ask("restaurants", HERE, "burger")
    assert question("electronics store open tomorrow") == ask("nearest", "electronics store")
