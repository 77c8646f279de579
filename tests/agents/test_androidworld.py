"""Agents that were written for AndroidWorld: their interface over the phone's observations, and as policies."""

import dataclasses

import gymnasium
import numpy as np
import pytest
from android_env.proto import adb_pb2

from palaestra.agents.androidworld import interface as aw
from palaestra.agents.androidworld.policy import AndroidWorldPolicy
from palaestra.agents.errors import AgentError
from palaestra.agents.rollouts.episodes import record
from palaestra.data.errors import InputError

WORLD = "palaestra/AndroidTasks-v0"
RENDER = {"render": [54, 120]}


@dataclasses.dataclass
class Result:
    """AndroidWorld's result of a step."""

    done: bool
    data: dict


class Agent:
    """Switches Wi-Fi off by the names of elements; its first step thinks, its last says that it is done."""

    transition_pause = 60.0
    path = ("Network*", "Internet*", "Wi-Fi*")

    def __init__(self, env, name="Agent"):
        self.env, self.steps = env, 0

    def reset(self, go_home=False):
        self.start = self.env.reset(go_home=go_home)

    def step(self, goal):
        assert (goal, self.transition_pause) == ("Switch Wi-Fi off.", 0.0)
        self.steps += 1
        if self.steps == 1:
            return Result(False, {})
        if self.steps == 2:
            self.env.execute_action(aw.JSONAction("open_app", app_name="Settings"))
            return Result(False, {})
        for name in self.path:
            found = [
                index
                for index, element in enumerate(self.env.get_state().ui_elements)
                if (element.text or element.content_description or "").startswith(name[:-1]) and element.is_visible
            ]
            self.env.execute_action(aw.JSONAction("click", index=found[0]))
        self.env.execute_action(aw.JSONAction("answer", text="It is off."))
        assert self.env.interaction_cache == "It is off."
        return Result(True, {})


class Broken(Agent):
    """Fails in its second step."""

    def step(self, goal):
        return super().step(goal) if not self.steps else self.nothing


class Endless(Agent):
    """Never says that it is done, and can't be stopped by what it catches."""

    def step(self, goal):
        try:
            self.env.execute_action(aw.JSONAction("wait"))
        except Exception:
            return Result(True, {})
        return Result(False, {})


def test_agents_play_side_by_side_to_their_end_or_the_budget_s(tmp_path):
    options = {"task": "SystemWifiTurnOff", "pictures": False}
    both = {**RENDER, "processes": 0}
    played = list(record(WORLD, Agent, 2, tmp_path / "a.arrows", arguments=both, worlds=2, **options))
    kinds = [step.parsed.get("kind") for step in played[0].steps]
    assert kinds == [None, "wait", "open_app", "tap", "tap", "tap", "answer", "status"]
    assert [each.success for each in played] == [1.0, 1.0]
    short = {**RENDER, "budget": 0.2}
    endless = list(record(WORLD, lambda env: Endless(env), 1, tmp_path / "c.arrows", arguments=short, **options))
    assert (endless[0].success, len(endless[0].steps)) == (0.0, 3)
    with pytest.raises(AgentError, match=r"test_androidworld.py:\d+: .*nothing.*AttributeError"):
        list(record(WORLD, Broken, 1, tmp_path / "d.arrows", arguments=RENDER, **options))


class Demanding(Agent):
    """Needs a model."""

    def __init__(self, env, llm):
        super().__init__(env)


@pytest.mark.parametrize(
    ("agent", "arguments", "reason"),
    [
        (Agent, {"codec": "marks", **RENDER}, "needs the codec json, not marks"),
        (Demanding, RENDER, "'llm'; name a function of env"),
    ],
)
def test_what_such_an_agent_cannot_play_is_said_before_anything_is_written(agent, arguments, reason, tmp_path):
    with pytest.raises(InputError, match=reason):
        next(record(WORLD, agent, 1, tmp_path / "a.arrows", arguments=arguments))
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="plays in palaestra/AndroidTasks-v0 only"):
        AndroidWorldPolicy(Agent, "mine:Agent").check_world(gymnasium.spaces.Discrete(2), "json")


def test_the_interface_is_androidworld_s():
    names = [field.name for field in dataclasses.fields(aw.JSONAction)]
    assert names == [
        "action_type",
        "index",
        "x",
        "y",
        "text",
        "direction",
        "goal_status",
        "app_name",
        "keycode",
        "clear_text",
    ]
    names = [field.name for field in dataclasses.fields(aw.UIElement)]
    flags = "checked checkable clickable editable enabled focused focusable long_clickable scrollable selected visible"
    expected = ["text", "content_description", "class_name", "bbox", "bbox_pixels", "hint_text"]
    expected += [f"is_{flag}" for flag in flags.split()]
    assert names == [*expected, "package_name", "resource_name", "tooltip", "resource_id", "metadata"]
    assert [field.name for field in dataclasses.fields(aw.State)] == ["pixels", "forest", "ui_elements", "auxiliaries"]
    for wrong, reason in (
        ({"action_type": "hop"}, "action_type 'hop'"),
        ({"action_type": "click", "index": 1, "x": 2}, "not both"),
        ({"action_type": "scroll", "direction": "in"}, "direction 'in'"),
    ):
        with pytest.raises(ValueError, match=reason):
            aw.JSONAction(**wrong)
    action = aw.JSONAction("click", index="7")
    assert (action.index, action.json_str()) == (7, '{"action_type":"click","index":7}')


def test_a_state_is_upright_and_in_logical_pixels():
    world = gymnasium.make(WORLD, observe=["elements"], **RENDER)
    observation, _ = world.reset(seed=0, options={"task": "SystemWifiTurnOff"})
    env = aw.AgentEnv(lambda text: world.step(text)[0], observation)
    state = env.get_state()
    assert state.pixels.shape == (2400, 1080, 3)
    np.testing.assert_allclose(state.pixels.mean((0, 1)), observation["pixels"].mean((0, 1)), atol=2)
    phone = next(element for element in state.ui_elements if element.content_description == "Phone")
    assert (phone.is_clickable, phone.text) == (True, None)
    x, y = phone.bbox_pixels.center
    env.execute_action(aw.JSONAction("click", x=int(x), y=int(y)))
    assert world.device.foreground[0] == "com.google.android.dialer"
    assert env.foreground_activity_name == "com.google.android.dialer/"
    with pytest.raises(ValueError, match="index 99"):
        env.execute_action(aw.JSONAction("click", index=99))
    env.execute_action(aw.JSONAction("status", goal_status="complete"))
    assert world._steps == 1
    world.device.settings.put("system", "user_rotation", "1")
    env.reset(go_home=True)
    assert (env.orientation, env.logical_screen_size, env.device_screen_size) == (1, (2400, 1080), (1080, 2400))
    assert env.get_state().pixels.shape == (2400, 1080, 3)

    def ask(*words):
        request = adb_pb2.AdbRequest(generic=adb_pb2.AdbRequest.GenericRequest(args=words))
        return env.controller.execute_adb_call(request)

    assert (
        b"physicalFrame=[0, 0, 2400, 1080]"
        in ask("shell", "dumpsys", "input", "|", "grep", "physicalFrame").generic.output
    )
    assert ask("shell", "dumpsys window | grep mCurrentRotation").generic.output == b"mCurrentRotation=ROTATION_90\n"
    assert ask("shell", "rm", "-r", "/").status == adb_pb2.AdbResponse.ADB_ERROR
    with pytest.raises(InputError, match="observe"):
        env.observe({"pixels": state.pixels})
