"""android-env's own scenarios of tasks and steps, played on the phone with both task managers.

What the log says becomes rewards and extras, setup steps wait for what they name, and touches go where they should.
"""

import functools
import json

import numpy as np
import pytest
from android_env.components import config_classes, errors
from android_env.components import task_manager as stock
from android_env.proto import task_pb2
from google.protobuf import text_format

from palaestra.envs.android.bridge.simulator import load
from palaestra.envs.android.bridge.task_manager import TaskManager
from palaestra.envs.android.device import Device

CLOCK = "com.google.android.deskclock/com.android.deskclock.DeskClock"
LISTENS = r"""
log_parsing_config {
  filters: "Game:V"
  log_regexps {
    score: "^score: ([-+]?[0-9]*\\.?[0-9]*)$"
    reward: "^[Rr]eward_1: ([-+]?[0-9]*\\.?[0-9]*)$"
    reward: "^[Rr]eward_2: ([-+]?[0-9]*\\.?[0-9]*)$"
    reward_event { event: "foo_1" reward: 5.0 }
    reward_event { event: "foo_2" reward: -1.0 }
    episode_end: "^over$"
    extra: "^extra: (?P<name>[^ ]*)[ ]?(?P<extra>.*)$"
    json_extra: "^json_extra: (?P<json_extra>.*)$"
  }
}
"""
NOTHING = {"action_type": np.array(2), "touch_position": np.zeros(2, np.float32)}


@pytest.fixture
def begin(monkeypatch):
    """``begin(task, manager)``: a phone and its AndroidEnv after a reset; closed at the end."""
    monkeypatch.setattr("android_env.components.setup_step_interpreter.time.sleep", lambda seconds: None)
    made = []

    def env(text="", manager=TaskManager, **coordinator):
        phone = Device(render=(54, 120))
        config = config_classes.CoordinatorConfig(**coordinator) if coordinator else None
        task = text_format.Parse(text, task_pb2.Task())
        made.append(load(phone, task, task_manager=manager, coordinator_config=config))
        made[-1].reset()
        return phone, made[-1]

    yield env
    for environment in made:
        environment.close()


def said(phone, env, *lines):
    """A step in which the app logs these lines."""
    for line in lines:
        phone.log("Game", line)
    return env.step(NOTHING)


@pytest.mark.parametrize("manager", [TaskManager, stock.TaskManager])
class TestLog:
    @pytest.mark.parametrize(
        ("lines", "reward"),
        [
            (["Reward_1: 123.0"], 123.0),
            (["reward_2: -0.5"], -0.5),
            (["Reward_1: 5.0", "Reward_2: 10.0"], 15.0),
            (["foo_1", "foo_2", "reward_1: 2.0"], 6.0),
            (["score: 200.0", "score: 185"], 185.0),
            (["Reward_3: 1.0", "score: none", "a foo_1"], 0.0),
        ],
    )
    def test_rewards(self, begin, manager, lines, reward):
        phone, env = begin(LISTENS, manager)
        assert said(phone, env, *lines).reward == reward
        assert said(phone, env).reward == 0.0

    def test_a_score_counts_by_its_difference(self, begin, manager):
        phone, env = begin(LISTENS, manager)
        assert [said(phone, env, f"score: {score}").reward for score in (10, 12.5, 12.5, 4)] == [10.0, 2.5, 0.0, -8.5]

    def test_extras(self, begin, manager):
        phone, env = begin(LISTENS, manager)
        said(
            phone,
            env,
            "extra: row [1, 2, 3]",
            "extra: row [4, 5, 6]",
            "extra: half 0.5",
            "extra: flag",
            "extra: table [[9,8,7],[6,5,4]]",
            "extra: broken [1]",
            "extra: broken ['this is \\ bad]",
            "extra: only [_bad]",
        )
        extras = {name: np.asarray(value).tolist() for name, value in env.task_extras(latest_only=False).items()}
        assert extras == {
            "row": [[1, 2, 3], [4, 5, 6]],
            "half": [0.5],
            "flag": [1],
            "table": [[[9, 8, 7], [6, 5, 4]]],
            "broken": [[1]],
        }
        said(phone, env)
        assert env.task_extras(latest_only=False) == {}

    def test_extras_as_json(self, begin, manager):
        phone, env = begin(LISTENS, manager)
        for message in (
            {"scalar": 0, "list": [1, 2], "dict": {"foo": "bar"}, "word": "old"},
            {"word": "new", "float": 0.6},
        ):
            phone.log("Game", f"json_extra: {json.dumps(message)}")
        env.step(NOTHING)
        extras = {name: list(value) for name, value in env.task_extras(latest_only=False).items()}
        lists = [list(value) for value in extras.pop("list")]
        assert extras == {"scalar": [0], "dict": [{"foo": "bar"}], "word": ["old", "new"], "float": [0.6]}
        assert lists == [[1, 2]]

    def test_the_end_of_an_episode(self, begin, manager):
        phone, env = begin(LISTENS, manager)
        assert said(phone, env, "almost over").mid()
        ended = said(phone, env, "reward_1: 3", "over")
        assert (ended.last(), ended.reward, ended.discount) == (True, 3.0, 0.0)
        assert env.step(NOTHING).first()
        assert said(phone, env, "score: 1").reward == 1.0  # scores begin anew

    def test_steps_are_counted(self, begin, manager):
        _, env = begin(LISTENS, manager)
        counts = []
        for step in range(5):
            if step == 3:
                env.reset()
            else:
                env.step(NOTHING)
            counts.append(env.stats()["episode_steps"])
        assert counts == [1, 2, 3, 0, 1]


@pytest.mark.parametrize("manager", [TaskManager, stock.TaskManager])
class TestSetup:
    def test_steps_wait_for_a_screen(self, begin, manager):
        phone, _ = begin(
            f"""
            setup_steps {{
              adb_request {{ start_activity {{ full_activity: "{CLOCK}" }} }}
              success_condition {{
                wait_for_app_screen {{ app_screen {{ activity: "{CLOCK}" }} timeout_sec: 2 }}
              }}
            }}
            reset_steps {{ adb_request {{ settings {{ name_space: SYSTEM put {{ key: "k" value: "v" }} }} }} }}
            """,
            manager,
        )
        assert "/".join(phone.foreground) == CLOCK
        assert phone.settings.get("system", "k") == "v"

    @pytest.mark.parametrize(
        "condition",
        [
            'check_install { package_name: "com.nope" timeout_sec: 0.01 }',
            f'wait_for_app_screen {{ app_screen {{ activity: "{CLOCK}" }} timeout_sec: 0.01 }}',
            "wait_for_app_screen { }",
        ],
    )
    def test_steps_that_do_not_come_true_end_in_too_many_restarts(self, begin, manager, condition):
        with pytest.raises(errors.TooManyRestartsError):
            begin(f"setup_steps {{ success_condition {{ {condition} }} }}", manager)

    def test_an_installed_app_is_found(self, begin, manager):
        _, env = begin(
            """setup_steps { success_condition {
                 check_install { package_name: "com.google.android.deskclock" timeout_sec: 0.01 } } }""",
            manager,
        )
        assert env.stats()["relaunch_count"] == 1

    def test_who_leaves_the_screen_ends_the_episode(self, begin, manager):
        phone, env = begin(
            f"""
            reset_steps {{ adb_request {{ start_activity {{ full_activity: "{CLOCK}" }} }} }}
            expected_app_screen {{ activity: "{CLOCK}" }}
            """,
            functools.partial(manager, config=config_classes.TaskManagerConfig(dumpsys_check_frequency=2)),
        )
        assert not any(env.step(NOTHING).last() for _ in range(8))
        phone.home()
        steps = next(step for step in range(1, 9) if env.step(NOTHING).last())
        assert steps <= (2 if manager is TaskManager else 4)  # android-env's verdict comes a period late


def test_sleeps_pass_virtual_time():
    phone = Device(render=(54, 120))
    start = phone.now_us
    env = load(phone, text_format.Parse("setup_steps { sleep { time_sec: 7.5 } }", task_pb2.Task()))
    env.close()
    assert phone.now_us - start >= 7_500_000


def test_fingers_go_where_android_env_sends_them(begin):
    phone, env = begin(num_fingers=3)
    sent = []
    phone.touch = lambda points: sent.append([tuple(int(v) for v in point) for point in points])
    action = {
        "action_type": np.array(0),
        "touch_position": np.array([0.25, 0.75]),
        "action_type_2": np.array(0),
        "touch_position_2": np.array([0.75, 0.25]),
        "action_type_3": np.array(1),
        "touch_position_3": np.array([0.5, 0.5]),
    }
    env.step(action)
    env.step({name: value if "position" in name else np.array(2) for name, value in action.items()})  # nothing
    env.reset()
    width, height = phone.size
    (moved, lifted) = sent
    assert [(down, finger) for *_, down, finger in moved] == [(1, 0), (1, 1), (0, 2)]
    for (x, y, *_), (across, down) in zip(moved, [(0.25, 0.75), (0.75, 0.25), (0.5, 0.5)], strict=True):
        assert abs(x - across * width) <= width / 54
        assert abs(y - down * height) <= height / 120
    assert [(down, finger) for *_, down, finger in lifted] == [(0, 0), (0, 1), (0, 2)]
