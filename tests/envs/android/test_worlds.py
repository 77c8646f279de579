"""The phone as Gymnasium environments, and through android-env."""

import json
import threading
import warnings

import gymnasium
import numpy as np
import pytest
from android_env.components import task_manager as stock
from android_env.proto import task_pb2
from google.protobuf import text_format
from gymnasium.utils.env_checker import check_env

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge.simulator import load
from palaestra.envs.android.bridge.task_manager import TaskManager
from palaestra.envs.android.device import Device

STARTS = """
id: "starts"
log_parsing_config {
  filters: "ActivityTaskManager:I"
  log_regexps {
    reward_event { event: "START u0.*" reward: 2.0 }
    extra: "Displayed (?P<name>[^ /]+)/.*[+](?P<extra>[0-9]+)ms"
    episode_end: "Displayed com.android.camera2.*"
  }
}
"""
SMALL = {"render": (54, 120)}


def android(**arguments):
    return gymnasium.make("palaestra/Android-v0", **{**SMALL, **arguments})


def touch(x, y, kind=0):
    return {"action_type": kind, "touch_position": np.array([x, y], np.float32)}


def test_both_follow_gymnasium():
    for id in ("palaestra/Android-v0", "palaestra/AndroidTasks-v0"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(gymnasium.make(id, **SMALL, render_mode="rgb_array"))


def test_a_step_is_a_tenth_of_a_second():
    world = android(horizon=3)
    observation, _ = world.reset(seed=0)
    assert observation["pixels"].shape == (120, 54, 3)
    assert observation["pixels"].flags.c_contiguous
    assert observation["orientation"].tolist() == [1, 0, 0, 0]
    observation, _, _, truncated, _ = world.step(touch(0.5, 0.5))
    assert (int(observation["timedelta"]), truncated) == (100_000, False)
    world.step(touch(0.5, 0.5, 1))
    assert world.step(touch(0.5, 0.5, 2))[3]


def test_taps_reach_what_is_drawn_there():
    world = android(keys=True)
    world.reset(seed=0)
    left, top, right, bottom = next(v for v in icons(world.device) if v["desc"] == "Clock")["bounds"]
    width, height = world.device.size
    point = ((left + right) / 2 / width, (top + bottom) / 2 / height)
    before = world.step(touch(*point))[0]["pixels"]
    after = world.step(touch(*point, 1))[0]["pixels"]
    assert world.device.foreground[0] == "com.google.android.deskclock"
    assert (before != after).any()
    home = {"action_type": 5, "touch_position": np.zeros(2, np.float32), "keycode": 110}  # XKB's Home
    world.step(home)
    assert world.device.foreground[0] == "com.google.android.deskclock"  # Home is the beginning of a line
    world.device.press("HOME")
    assert world.device.foreground[0] == "com.google.android.apps.nexuslauncher"


def icons(device):
    from palaestra.envs.android.ui.accessibility import elements

    return [e for e in elements(device) if e["package"] == "com.google.android.apps.nexuslauncher"]


@pytest.mark.parametrize(
    "action",
    [
        None,
        7,
        "tap",
        {},
        {"action_type": 9},
        {"action_type": -1, "touch_position": [0.1, 0.1]},
        {"action_type": 0, "touch_position": [0.1]},
        {"action_type": 0, "touch_position": [np.nan, 0.1]},
        {"action_type": 0, "touch_position": [1.5, 0.1]},
        {"action_type": float("inf")},
    ],
)
def test_what_is_no_action_is_nothing_done_and_said(action):
    world = android()
    world.reset(seed=0)
    state = world.device.snapshot()
    world.step(touch(0.0, 0.0, 2))
    expected = world.device.now_us
    world.device.restore(state)
    *_, info = world.step(action)
    assert info["action_error"]
    assert world.device.now_us == expected
    assert world.device.foreground[0] == "com.google.android.apps.nexuslauncher"


@pytest.mark.parametrize("said", [None, 3, "", "hello", '{"action_type": "click", "index": 999}', "{" * 500, "\ud800"])
def test_words_that_are_none_are_reported(said):
    world = gymnasium.make("palaestra/AndroidTasks-v0", **SMALL)
    world.reset(seed=0)
    *_, info = world.step(said)
    assert info["action_error"]


def started(manager):
    """Rewards, extras and ends of a run of random touches, with a task that listens to the log."""
    device = Device(render=(54, 120))
    task = text_format.Parse(STARTS, task_pb2.Task())
    env = load(device, task, **({"task_manager": manager} if manager else {}))
    random = np.random.default_rng(3)
    names = []
    env.reset()
    read = device.log_count
    for turn in range(300):
        if turn % 10 == 0:
            device.home()
            device.state["tasks"][-1]["records"][-1]["state"]["drawer"] = False
        x, y = random.uniform(0, 1), random.uniform(0.7, 1)
        if turn % 10 == 0:
            app = "Camera" if turn % 40 == 30 else "Clock"
            left, top, right, bottom = next(v for v in icons(device) if v["desc"] == app)["bounds"]
            x, y = (left + right) / 2160, (top + bottom) / 4800
        for kind in (0, 1):
            step = env.step({"action_type": np.array(kind, np.int32), "touch_position": np.array([x, y], np.float32)})
            entries, read = device.log_since(read)
            starts = sum(entry["message"].startswith("START u0") for entry in entries)
            names.append(
                (float(step.reward or 0), starts, bool(step.last()), sorted(env.task_extras(latest_only=False)))
            )
            if step.last():
                env.reset()
                read = device.log_count
    env.close()
    return names


def test_rewards_come_in_the_step_that_earned_them_with_both_task_managers():
    ours, theirs = started(None), started(stock.TaskManager)
    assert ours == theirs
    assert all(reward == 2.0 * starts for reward, starts, _, _ in ours)
    assert sum(starts for _, starts, _, _ in ours) >= 5
    assert any(last for _, _, last, _ in ours)
    assert any("com.google.android.deskclock" in extras for *_, extras in ours)


TALK = """
id: "talk"
log_parsing_config {
  filters: "Talk:V"
  log_regexps {
    reward: "reward (?P<reward>[-+0-9.]+)"
    reward_event { event: "bonus" reward: 10.0 }
    extra: "(?P<name>said) (?P<extra>[0-9]+)"
  }
}
"""


class Talker(Device):
    """A phone that logs at most touches and records the lines."""

    def touch(self, points):
        super().touch(points)
        lines = [f"reward {k - 1}.5" for k in self.dice.integers(0, 4, self.dice.integers(0, 4))]
        lines += ["bonus"] * int(self.dice.integers(4) == 0) + [f"said {self.touches}"]
        for line in lines:
            self.log("Talk", line)
            self.log("Noise", "reward 100")
        self.earned = sum(10.0 if line == "bonus" else float(line.split()[1]) for line in lines[:-1])
        self.touches += 1


@pytest.mark.slow
@pytest.mark.parametrize("manager", [TaskManager, stock.TaskManager])
def test_every_reward_of_ten_thousand_steps_comes_in_its_step(manager):
    phone = Talker(apps=[], render=(54, 120))
    phone.dice, phone.touches, phone.earned = np.random.default_rng(0), 0, 0.0
    env = load(phone, text_format.Parse(TALK, task_pb2.Task()), task_manager=manager)
    env.reset()
    late = []
    for step in range(10_000):
        before = phone.touches
        timestep = env.step({"action_type": np.array(step % 2), "touch_position": np.array([0.5, 0.02], np.float32)})
        values = [int(value) for value in env.task_extras(latest_only=False).get("said", [])]
        if timestep.reward != phone.earned or values != [before]:
            late.append((step, timestep.reward, phone.earned, values))
    env.close()
    assert late == []
    assert phone.touches > 10_000  # the reset lifts the finger too


def test_closing_leaves_no_thread():
    before = threading.active_count()
    started(stock.TaskManager)
    assert threading.active_count() == before


def test_a_task_s_state_is_saved_too(tmp_path):
    (tmp_path / "task.textproto").write_text(STARTS)
    world = android(task=str(tmp_path / "task.textproto"))
    world.reset(seed=1)
    clock = next(v for v in icons(world.device) if v["desc"] == "Clock")["bounds"]
    point = ((clock[0] + clock[2]) / 2 / 1080, (clock[1] + clock[3]) / 2 / 2400)
    world.step(touch(*point))
    twin = world.fork()
    for either in (world, twin):
        *_, reward, _, _, info = either.step(touch(*point, 1))
        assert reward == 2.0
        assert "com.google.android.deskclock" in info["extras"]
    assert world.fingerprint() == twin.fingerprint()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theme": "blue"}, "theme 'blue': must be light or dark"),
        ({"simulator": "ios"}, "simulator 'ios': must be phone or emulator"),
        ({"apps": ["com.nobody"]}, "app com.nobody: there are"),
        ({"size": (10, 10)}, "size 10x10"),
        ({"size": (float("inf"), 10)}, "size"),
        ({"density": "fine"}, "density 'fine': must be a number from 120 to 640"),
        ({"font_scale": 5}, "font_scale 5: must be a number from 0.5 to 2"),
        ({"horizon": -1}, "horizon -1"),
        ({"task": "/nowhere/task.textproto"}, "not an android-env task in text form"),
        ({"simulator": "emulator", "emulator": {"port": 1}}, "emulator port: not a field of"),
    ],
)
def test_wrong_arguments_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        android(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tasks": ["Nothing"]}, "task 'Nothing': no such template"),
        ({"tasks": []}, "tasks \\[\\]: must be a list of names"),
        ({"tasks": "ClockTimerEntry"}, "tasks 'ClockTimerEntry': must be a list of names"),
        (
            {"tasks": ["ClockTimerEntry"], "apps": ["com.android.settings"]},
            "ClockTimerEntry: needs com.google",
        ),
        ({"codec": "morse"}, "codec 'morse': must be one of"),
        ({"observe": ["smell"]}, "observe smell: must be among"),
        ({"reading": "maybe"}, "reading 'maybe'"),
        ({"budget": 0}, "budget 0: must be a factor"),
    ],
)
def test_wrong_arguments_of_tasks_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        gymnasium.make("palaestra/AndroidTasks-v0", **SMALL, **arguments)


def test_a_phone_with_few_apps_gets_the_tasks_that_it_can_do():
    world = gymnasium.make("palaestra/AndroidTasks-v0", apps=["com.android.settings"], **SMALL)
    assert "SystemWifiTurnOff" in world.task_names
    assert "ClockTimerEntry" not in world.task_names
    world.reset(seed=0)
    before = world.fingerprint()
    with pytest.raises(InputError, match="which the phone does not have"):
        world.reset(seed=1, options={"task": "ClockTimerEntry"})
    assert world.fingerprint() == before


def test_without_an_emulator_it_says_how_to_name_one(tmp_path):
    ports = {"adb_port": 1, "emulator_console_port": 1, "grpc_port": 1, "adb_path": str(tmp_path / "no-adb")}
    with pytest.raises(InputError, match="no emulator answers") as error:
        android(simulator="emulator", emulator=ports)
    assert "\n" not in str(error.value).strip()


def test_observations_are_what_was_asked_for():
    world = gymnasium.make("palaestra/AndroidTasks-v0", observe=["elements", "text", "tree", "forest"], **SMALL)
    observation, _ = world.reset(seed=0, options={"task": "SystemWifiTurnOn", "task_seed": 0})
    fixed = {"pixels", "size", "orientation", "instruction"}
    assert set(observation) == {*fixed, "elements", "text", "tree", "forest"}
    assert world.observation_space.contains(observation)
    assert observation["instruction"] == "Switch Wi-Fi on."
    assert "<hierarchy" in observation["tree"]
    assert '"Search"' in observation["text"]
    assert observation["text"].startswith("screen 1080x2400, portrait\n[0] ")
    assert observation["size"].tolist() == json.loads(observation["elements"])["size"] == [1080, 2400]


@pytest.mark.parametrize("turns", range(4))
def test_a_point_can_be_named_in_three_units_however_the_phone_is_turned(turns):
    world = gymnasium.make("palaestra/AndroidTasks-v0", observe=["text", "elements"], render=(270, 600))
    world.reset(seed=0, options={"task": "SystemWifiTurnOn"})
    world.step({"action_type": "open_app", "app_name": "Settings"})
    world.device.settings.put("system", "user_rotation", str(turns))
    observation, *_ = world.step({"action_type": "wait"})
    assert world.observation_space.contains(observation)
    width, height = size = observation["size"].tolist()
    landscape = turns % 2 == 1
    assert size == ([2400, 1080] if landscape else [1080, 2400])
    assert observation["orientation"].tolist() == [int(way == turns) for way in range(4)]
    assert observation["text"].startswith(f"screen {width}x{height}, {'landscape' if landscape else 'portrait'}\n")
    assert json.loads(observation["elements"])["orientation"] == turns
    assert observation["pixels"].shape == (600, 270, 3)
    shown = world.shown(observation).picture
    assert shown.shape == ((270, 600, 3) if landscape else (600, 270, 3))

    left, top, right, bottom = next(e for e in world.elements() if e["text"] == "Network & internet")["bounds"]
    x, y = (left + right) / 2, (top + bottom) / 2
    # where the centre is in the upright picture, and in the pixels by their own turn
    rows, columns = np.indices(shown.shape[:2])
    row, column = int(y * shown.shape[0] / height), int(x * shown.shape[1] / width)
    marked = np.rot90((rows == row) & (columns == column), -turns)
    ((pixel_y, pixel_x),) = np.argwhere(marked)
    start = world.snapshot()
    for point in (
        {"x": x, "y": y},
        {"x": np.float32(x / width), "y": np.float64(y / height), "unit": "fraction"},
        {"x": pixel_x, "y": pixel_y, "unit": "pixels"},
    ):
        world.restore(start)
        observation, *_, info = world.step({"action_type": "click", **point})
        at = info["action"]["point"]
        assert abs(at[0] - x) <= 4
        assert abs(at[1] - y) <= 4
        assert '"Internet"' in observation["text"]


def test_a_dictionary_is_an_action_of_json_only():
    for codec, action, error in (
        ("json", {"action_type": "wait", "x": object()}, "the action's fields are not JSON (object <object"),
        ("json", ["wait"], "the action is a list, not a text"),
        ("marks", {"action_type": "wait"}, "the action is a dict, not a text"),
    ):
        world = gymnasium.make("palaestra/AndroidTasks-v0", codec=codec, **SMALL)
        world.reset(seed=0)
        assert world.step(action)[-1]["action_error"].startswith(error)


def test_a_budget_ends_the_episode():
    world = gymnasium.make("palaestra/AndroidTasks-v0", budget=0.2, **SMALL)
    world.reset(seed=0, options={"task": "ClockTimerEntry"})
    assert [world.step('{"action_type": "wait"}')[3] for _ in range(2)] == [False, True]


@pytest.mark.parametrize("env_id", ["palaestra/Android-v0", "palaestra/AndroidTasks-v0"])
def test_gymnasiums_horizon_is_the_worlds(env_id):
    world = gymnasium.make(env_id, max_episode_steps=2, **SMALL)
    assert world.spec.max_episode_steps == 2
    world.reset(seed=0)
    twin, action = world.fork(), world.action_space.sample()
    for each in (world, twin):
        assert [each.step(action)[3] for _ in range(2)] == [False, True]
    assert gymnasium.make(env_id, **SMALL).spec.max_episode_steps is None
    with pytest.raises(InputError, match="max_episode_steps 0: a positive integer"):
        gymnasium.make_vec(env_id, 1, max_episode_steps=0, **SMALL)


def test_tasks_with_another_horizon_are_another_world():
    world = gymnasium.make("palaestra/AndroidTasks-v0", max_episode_steps=2, **SMALL)
    with pytest.raises(ValueError, match="of world 'AndroidTasks', this world's is 'AndroidTasks, horizon 2'"):
        world.restore(gymnasium.make("palaestra/AndroidTasks-v0", **SMALL).snapshot())


@pytest.mark.parametrize("env_id", ["palaestra/Android-v0", "palaestra/AndroidTasks-v0"])
def test_attributes_and_methods_of_phones_in_processes(env_id):
    worlds = gymnasium.make_vec(env_id, 2, processes=2, max_episode_steps=3, **SMALL)
    worlds.reset(seed=0)
    assert worlds.get_attr("_max_episode_steps") == (3, 3)
    worlds.set_attr("_max_episode_steps", [1, 5])
    assert worlds.get_attr("_max_episode_steps") == (1, 5)
    worlds.call("set_horizon", 9)  # in the worlds' own processes
    assert worlds.get_attr("_max_episode_steps") == (9, 9)
    observation, _ = worlds.call("reset", seed=3)[1]
    np.testing.assert_array_equal(observation["pixels"], worlds.render()[1])
    assert worlds.np_random_seed == (3, 3)
    assert worlds.call("fingerprint") == tuple(world.fingerprint() for world in worlds.worlds)
    with pytest.raises(ValueError, match="3 values of note for 2 worlds"):
        worlds.set_attr("note", [1, 2, 3])
    worlds.close()


def test_vectors_give_what_single_worlds_give_and_end_their_processes():
    options = {"observe": ["text"], **SMALL}
    worlds = gymnasium.make_vec("palaestra/AndroidTasks-v0", num_envs=3, processes=2, **options)
    here = gymnasium.make_vec("palaestra/AndroidTasks-v0", num_envs=3, processes=0, **options)
    task = {"task": "ClockTimerEntry"}
    words = ['{"action_type": "open_app", "app_name": "Clock"}', '{"action_type": "navigate_home"}', "nonsense"]
    for spread, other in (
        (worlds.reset(seed=5, options=task), here.reset(seed=5, options=task)),
        (worlds.step(words), here.step(words)),
    ):
        np.testing.assert_array_equal(spread[0]["pixels"], other[0]["pixels"])
        assert spread[0]["text"] == other[0]["text"]
    assert [world.fingerprint() for world in worlds.worlds] == [world.fingerprint() for world in here.worlds]
    processes = [process for process, _ in worlds._processes]
    worlds.close()
    assert not any(process.is_alive() for process in processes)


def test_a_refusal_in_a_process_is_an_input_error_and_leaves_no_answer_behind():
    worlds = gymnasium.make_vec("palaestra/AndroidTasks-v0", num_envs=2, processes=2, observe=[], **SMALL)
    begun = [world.fingerprint() for world in worlds.worlds if worlds.reset(seed=0)]
    with pytest.raises(InputError, match=r"^task 'Nothing': "):
        worlds.reset(seed=1, options={"task": "Nothing"})
    worlds.reset(seed=0)
    assert [world.fingerprint() for world in worlds.worlds] == begun
    with pytest.raises(AttributeError, match="nothing_such"):
        worlds.get_attr("nothing_such")
    with pytest.raises(RuntimeError, match="a phone failed in its worker process:\nTraceback"):
        worlds.worlds[0].restore(b"nothing")
    worlds.close()


@pytest.mark.parametrize(
    ("name", "there"), [("Android", "there are none"), ("AndroidTasks", "there are task, task_seed")]
)
def test_unknown_options_and_render_modes_are_refused(name, there):
    for make, options in (
        (gymnasium.make, {}),
        (gymnasium.make_vec, {"num_envs": 2, "processes": 1}),
    ):
        worlds = make(f"palaestra/{name}-v0", **options, **SMALL)
        with pytest.raises(InputError, match=f"reset has no option tusk; {there}"):
            worlds.reset(seed=0, options={"tusk": "ClockTimerEntry"})
        worlds.reset(seed=0)
        worlds.close()
        with pytest.raises(InputError, match="render_mode 'nonsense'"):
            make(f"palaestra/{name}-v0", render_mode="nonsense", **options, **SMALL)


def test_a_vector_whose_process_is_killed_says_so():
    worlds = gymnasium.make_vec("palaestra/Android-v0", num_envs=2, processes=2, **SMALL)
    worlds.reset(seed=0)
    worlds._processes[0][0].kill()
    worlds._processes[0][0].join()
    with pytest.raises(RuntimeError, match="has died"):
        worlds.reset(seed=1)
    worlds.close()
