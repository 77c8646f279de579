"""android-env's A11yGrpcWrapper gets the forest of every step."""

import numpy as np
import pytest
from android_env.components import action_type
from android_env.proto import adb_pb2
from android_env.wrappers import a11y_grpc_wrapper

from palaestra.envs.android.apps.forwarder import PACKAGE as FORWARDER
from palaestra.envs.android.bridge import simulator
from palaestra.envs.android.bridge.forest import forest_proto
from palaestra.envs.android.system.intents import intent

PACKAGE = "com.example.notes"


@pytest.fixture
def wrap(phone, monkeypatch):
    """``wrap(**options)``: the phone with the forwarder, in android-env's wrapper; it doesn't wait for a real phone."""
    from palaestra.envs.android.apps.forwarder import AccessibilityForwarder

    phone.apps = {**phone.apps, FORWARDER: AccessibilityForwarder()}
    phone.packages.install(FORWARDER)
    monkeypatch.setattr(a11y_grpc_wrapper.time, "sleep", lambda seconds: None)
    made = []

    def env(**options):
        defaults = {"enable_a11y_tree_info": True, "add_latest_a11y_info_to_obs": True, "latest_a11y_info_only": True}
        made.append(a11y_grpc_wrapper.A11yGrpcWrapper(simulator.load(phone), **{**defaults, **options}))
        return made[-1]

    yield env
    for wrapper in made:
        wrapper.close()


@pytest.fixture
def wrapped(wrap):
    """With the newest forest in every observation."""
    return wrap()


def lift():
    return {"action_type": np.array(action_type.ActionType.LIFT), "touch_position": np.zeros(2, np.float32)}


def test_each_step_has_its_own_forest(phone, wrapped):
    wrapped.reset()
    assert phone.prefs(FORWARDER)["port"] == wrapped.get_port()
    for title in ("one", "two", "three"):
        phone.start_activity(intent(package=PACKAGE, cls=f"{PACKAGE}.Edit"))
        phone.activities.top["state"]["title"] = title
        forest = wrapped.step(lift()).observation["a11y_forest"]
        texts = {node.text for window in forest.windows for node in window.tree.nodes}
        assert title in texts
        assert forest == forest_proto(phone)


def test_a_command_that_changes_the_screen_brings_a_forest_without_a_step(phone, wrapped):
    wrapped.reset()
    args = ["shell", "am", "start", "-n", f"{PACKAGE}/.Edit"]
    wrapped.execute_adb_call(adb_pb2.AdbRequest(generic=adb_pb2.AdbRequest.GenericRequest(args=args)))
    forest = wrapped.accumulate_new_extras()["accessibility_tree"][-1]
    assert forest == forest_proto(phone)


def test_a_target_that_is_not_this_machine_or_does_not_listen_is_left_alone(phone, wrapped):
    wrapped.reset()
    for port, host in ((1, "10.0.2.2"), (wrapped.get_port(), "example.com"), (99_999, "localhost")):
        phone.prefs(FORWARDER).update(port=port, host=host)
        wrapped.task_extras()  # what came before counts as read
        assert wrapped.step(lift()).observation["a11y_forest"] is None


def test_forests_are_kept_until_they_are_asked_for(phone, wrap):
    env = wrap(latest_a11y_info_only=False, add_latest_a11y_info_to_obs=False)
    env.reset()
    env.task_extras()
    for _ in range(3):
        assert "a11y_forest" not in env.step(lift()).observation
    assert len(env.task_extras(latest_only=False)["accessibility_tree"]) == 3
    assert "accessibility_tree" not in env.accumulate_new_extras()


def test_without_the_switch_nothing_is_sent(phone, wrap):
    env = wrap(enable_a11y_tree_info=False)
    env.reset()
    assert env.step(lift()).observation["a11y_forest"] is None
    action = "accessibility_forwarder.intent.action.ENABLE_ACCESSIBILITY_TREE_LOGS"
    env.execute_adb_call(adb_pb2.AdbRequest(send_broadcast=adb_pb2.AdbRequest.SendBroadcast(action=action)))
    assert env.step(lift()).observation["a11y_forest"] is not None


def test_a_restarted_phone_is_told_anew_where_to_send(phone, wrapped):
    wrapped.reset()
    phone.prefs(FORWARDER).pop("port")
    wrapped._env._coordinator._launch_simulator()
    wrapped.reset()
    assert phone.prefs(FORWARDER)["port"] == wrapped.get_port()
