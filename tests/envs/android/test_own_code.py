"""Tasks and apps from outside of the package."""

import sys

import gymnasium
import numpy as np
import pytest

from palaestra.agents.rollouts.episodes import record, replay
from palaestra.data.errors import InputError
from palaestra.envs.android.tasks.task import make_task, template

WORLD = "palaestra/AndroidTasks-v0"
SOURCE = """
from palaestra.envs.android.system.app import App
from palaestra.envs.android.system.intents import MAIN
from palaestra.envs.android.tasks.settings import SystemWifiTurnOff
from palaestra.envs.android.tasks.task import Template
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import text

class Hello(App):
    package = "org.example.hello"
    label = "Hello"
    activities = {"org.example.hello.Main": "main"}
    launcher = "org.example.hello.Main"
    filters = ({"activity": "org.example.hello.Main", "action": MAIN},)

    def main(self, activity):
        return Page(text("Hello, world"))

class Same(Hello): ...

class Nameless(App): ...

class WifiOff(SystemWifiTurnOff):
    def instruction(self, slots):
        return "No Wi-Fi, please."

class NeedsHello(WifiOff):
    apps = ("org.example.hello",)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module of tasks and apps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phone_of_mine.py").write_text(SOURCE)
    yield tmp_path
    sys.modules.pop("phone_of_mine", None)


def world(**arguments):
    return gymnasium.make(WORLD, **{"render": (54, 120), "tasks": ["phone_of_mine:WifiOff"]} | arguments)


def test_a_task_is_drawn_saved_and_forked(here):
    one = world()
    observation, info = one.reset(seed=3)
    assert observation["instruction"] == "No Wi-Fi, please."
    assert info["task"].startswith("phone_of_mine:WifiOff/")
    fork = one.fork()
    assert fork.fingerprint() == one.fingerprint()
    np.testing.assert_array_equal(fork.step("{}")[0]["pixels"], one.step("{}")[0]["pixels"])
    assert make_task("phone_of_mine:WifiOff", 1).slots == make_task("SystemWifiTurnOff", 1).slots
    assert template("SystemWifiTurnOff").name == "SystemWifiTurnOff"


def test_a_recording_names_it_and_is_replayed_also_in_other_processes(here):
    options = {"arguments": {"render": [54, 120]}, "task": "phone_of_mine:WifiOff", "pictures": False}
    played = list(record(WORLD, "oracle", 2, "a.arrows", **options))
    assert [each.success for each in played] == [1.0, 1.0]
    assert played[0].about["options"] == {"task": "phone_of_mine:WifiOff"}
    assert list(record(WORLD, "oracle", 2, "b.arrows", worlds=2, **options)) == played
    assert all(each.differs is None for each in replay("a.arrows", frames=False))


def test_an_app_is_installed_beside_all_or_some(here):
    one = world(apps=["all", "phone_of_mine:Hello"], tasks=["phone_of_mine:NeedsHello"])
    one.reset(seed=0)
    everything = set(world(apps=None).unwrapped.device.apps)
    assert set(one.unwrapped.device.apps) == everything | {"org.example.hello"}
    observation, *_ = one.step('{"action_type": "open_app", "app_name": "Hello"}')
    assert "Hello, world" in observation["text"]
    assert one.fork().fingerprint() == one.fingerprint()
    few = world(apps=["com.android.settings", "phone_of_mine:Hello"])
    assert (
        {"com.android.settings", "org.example.hello"}
        < set(few.unwrapped.device.apps)
        < everything | {"org.example.hello"}
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"tasks": ["phone_of_mine:WifiOf"]}, r"phone_of_mine has no WifiOf \(did you mean WifiOff\?\)"),
        ({"tasks": ["phone_of_mine:Hello"]}, "task phone_of_mine:Hello: is no subclass of .*Template"),
        ({"tasks": ["nowhere:Task"]}, "nowhere: no such module in"),
        ({"tasks": ["phone_of_mine:NeedsHello"]}, "needs org.example.hello, which the phone does not have"),
        ({"tasks": ["SystemWifiTurnOf"]}, r"did you mean SystemWifiTurnOff\?"),
        ({"apps": ["phone_of_mine:WifiOff"]}, "app phone_of_mine:WifiOff: is no subclass of .*App"),
        ({"apps": ["phone_of_mine:Nameless"]}, "app phone_of_mine:Nameless: has no package"),
        (
            {"apps": ["phone_of_mine:Hello", "phone_of_mine:Same"]},
            "app phone_of_mine:Same: org.example.hello is another app's package",
        ),
    ],
)
def test_mistakes_are_one_line(here, arguments, reason):
    with pytest.raises(InputError, match=reason) as caught:
        world(**arguments)
    assert "\n" not in str(caught.value)
