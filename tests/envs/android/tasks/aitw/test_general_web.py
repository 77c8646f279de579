"""General's questions to the web: oracles, near misses, and what counts as an answer."""

import gymnasium
import pytest

from palaestra.envs.android.apps.browser import tabs
from palaestra.envs.android.tasks.aitw import general_web
from palaestra.envs.android.tasks.aitw.grammar import known_lines, parse_instruction
from palaestra.envs.android.tasks.task import template
from palaestra.envs.android.tasks.words import oracle_words
from palaestra.envs.android.ui.tree import named
from palaestra.envs.android.web.web import connect
from palaestra.envs.task import task_of

TEMPLATES = [name for name in vars(general_web) if name.startswith("General")]
LINES = [line for line in known_lines("general") if line.template in TEMPLATES and not line.slots.get("maps")]
ONE_OF_EACH = list({(line.template, line.slots.get("want")): line.slots["line"] for line in LINES}.values())
PHONES = {"default": {}, "paper": {"size": (1080, 2280), "density": 440}}
MOST_STEPS = 9
"""One less than the horizon."""


def made(**arguments):
    some = [parse_instruction(ONE_OF_EACH[0])]
    arguments = {"tasks": some, "codec": "autoui", "reading": "ever", "observe": ["elements"], **arguments}
    return gymnasium.make("palaestra/AndroidTasks-v0", render=(54, 120), **arguments)


@pytest.fixture(scope="module")
def world():
    return made()


def begun(world, line):
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


def texts(world):
    """What can be read on the screen."""
    return [text for element in world.elements() if (text := element["text"] or element["desc"])]


def prove(world, line, web_seed=0):
    """The oracle does it without side effects, doing nothing doesn't, and no near miss does."""
    observation = begun(world, line)
    connect(world.device, web_seed)
    task, start = world.task, world.snapshot()
    kind = template(task.template)
    assert not kind.looks_done(task.slots, texts(world)), line
    info, steps = follow(world, observation, oracle_words(task, world.codec))
    assert kind.looks_done(task.slots, texts(world)), line
    assert (line, info["verdict"], info["side_effects"]) == (line, 1.0, [])
    assert steps <= MOST_STEPS
    wrong = kind.near_misses(task.slots)
    assert wrong
    for slots in wrong:
        world.restore(start)
        info, _ = follow(world, world._observe(), oracle_words(task_of(kind, slots, task.seed), world.codec))
        assert (line, slots, info["success"]) == (line, slots, 0.0)
    world.restore(start)
    assert world.step('Action Decision: "action_type": "STATUS_TASK_COMPLETE"')[-1]["success"] == 0.0


def test_a_line_of_each_template_has_its_proof(world):
    assert len(ONE_OF_EACH) >= 24
    for line in ONE_OF_EACH[::2]:
        prove(world, line)


@pytest.mark.slow
@pytest.mark.parametrize(("phone", "web_seed"), [("default", 0), ("paper", 1), ("paper", 2)])
def test_every_line_has_its_proof(phone, web_seed):
    world = made(**PHONES[phone])
    assert len(LINES) == 403
    for line in LINES:
        prove(world, line.slots["line"], web_seed)


def shows(world, address, *, consent=True):
    """The clauses that hold on a page."""
    phone = world.device
    if phone.foreground[0] != tabs.PACKAGE:
        phone.open_app("Chrome")
        phone.settle()
    tab = tabs.current(phone) or tabs.open_tab(phone)
    tabs.go(phone, tab, address)
    assert world._info()["success"] == 0.0  # it still loads
    phone.settle()
    if consent:
        tabs.cookies_of(phone, tab, tabs.shown(phone).address.host)["consent"] = "all"
        phone.screen_changed()
    return {name for name, holds in world._info()["clauses"].items() if holds}


def test_an_answer_counts_where_it_can_be_seen(world):
    begun(world, "What's the weather like in Seoul?")
    everything = {"asked", "place", "in_sight"}
    assert shows(world, "weather seoul", consent=False) == everything - {"in_sight"}  # behind the cookie wall
    assert shows(world, "SEOUL weather forecast?") == everything
    assert shows(world, "https://skylark-weather.com/weather/Seoul") == everything
    assert shows(world, "https://skylark-weather.com/search?q=seoul") == everything
    assert shows(world, "wether in Seoul") == everything
    assert shows(world, "https://skylark-weather.com") == {"asked", "in_sight"}  # of where the phone is
    assert shows(world, "time in seoul") == shows(world, "seoul") == shows(world, "nowhere.example") == set()


def test_an_answer_that_is_scrolled_away_does_not_count(world):
    begun(world, "What's on the menu at Denny's?")
    assert shows(world, "tablemates.com/menu/Denny's") == {"asked", "restaurant", "in_sight"}
    for _ in range(3):
        world.device.swipe(540, 1800, 540, 500, 300)
        world.device.settle()
    assert named(world.device.window("app").root, "answer").clip is None
    assert world._info()["clauses"] == {"asked": True, "restaurant": True, "in_sight": False}


def test_products_count_in_the_store_that_is_named(world):
    begun(world, "How much does the new iPad cost on eBay?")
    everything = {"host", "asked", "product", "in_sight"}
    assert shows(world, "ebay.com/sch/i.html?_nkw=new+ipad") == everything
    tab = tabs.current(world.device)
    number = named(world.device.window("app").root, "answer").key.removeprefix("item")
    named(world.device.window("app").root, f"item{number}").on_click()
    world.device.settle()
    assert tabs.shown(world.device).place.kind == "product"
    assert world._info()["success"] == 1.0
    tabs.back(world.device, tab)
    assert shows(world, "price of ipad on ebay") == everything - {"host"}
    assert shows(world, "walmart.com/search?q=ipad") == everything - {"host"}
    assert "product" not in shows(world, "ebay.com/sch/i.html?_nkw=iphone")
    begun(world, "How much does the Samsung TV cost?")
    assert shows(world, "samsung tv") == set()  # links alone say no price
    assert shows(world, "samsung tv price") == {"asked", "product", "in_sight"}
    assert shows(world, "https://newegg.com/p/pl?d=samsung+tv&Order=low") == {"asked", "product", "in_sight"}
    assert shows(world, "youtube.com/results?search_query=samsung+tv") == set()
    begun(world, "Search for a new blush")
    assert shows(world, "blush") == {"asked", "product", "in_sight"}
    assert shows(world, "thedailyledger.com/search?q=blush") == set()


def test_a_video_must_play(world):
    begun(world, "Play the new Drake video on YouTube")
    assert shows(world, "youtube.com/watch/Drake?v=1", consent=False) == {"video", "latest"}
    assert shows(world, "youtube.com/watch/Drake?v=2") == {"video", "playing"}
    assert shows(world, "youtube.com/watch/Rihanna") == {"latest", "playing"}
    assert shows(world, "youtube.com/results?search_query=drake") == set()
    assert shows(world, "youtube.com/watch/drake") == {"video", "latest", "playing"}
    phone = world.device
    for playing in (False, True):
        left, top, right, bottom = named(phone.window("app").root, "play_pause").bounds
        phone.tap((left + right) / 2, (top + bottom) / 2)
        phone.settle()
        assert world._info()["clauses"]["playing"] == playing


def test_the_latest_video_is_first_in_a_list_or_plays(world):
    begun(world, "What's the latest video from IGN?")
    everything = {"asked", "video", "in_sight"}
    assert shows(world, "ign videos") == shows(world, "youtube.com/watch/IGN") == everything
    assert shows(world, "youtube.com/search?q=ign") == everything
    assert shows(world, "youtube.com/watch/IGN?v=3") == set()
    assert shows(world, "youtube.com") == {"asked", "in_sight"}


def test_reddit_s_first_page_is_on_reddit(world):
    begun(world, "Open Reddit")
    assert shows(world, "reddit") == {"asked", "in_sight"}
    assert shows(world, "reddit.com") == {"host", "asked", "in_sight"}
    begun(world, "What's on Reddit this week")
    assert shows(world, "reddit.com") == set()
    assert shows(world, "reddit this week") == {"asked", "in_sight"}
