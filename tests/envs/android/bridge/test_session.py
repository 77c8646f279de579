"""Time at the border, and what foreign code does to a phone as a record: replayed without a clock it ends the same."""

import time

import msgpack
import numpy as np
import pytest

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge import simulator
from palaestra.envs.android.bridge.session import replay
from palaestra.envs.android.device import Device

TYPES = "SELECT type FROM sms WHERE body = 'On my way' ORDER BY _id DESC LIMIT 1"
MESSAGES = "/data/data/com.android.providers.telephony/databases/mmssms.db"
OUTBOX, SENT = b"4\n", b"2\n"
TAP = {"action_type": np.array(0), "touch_position": np.array([0.5, 0.5], np.float32)}


@pytest.fixture
def host(monkeypatch):
    """The host's clock, which only ``time.sleep`` moves."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))


def begin(**options):
    phone = Device(render=(54, 120))
    record = []
    env = simulator.load(phone, record=record, **options)
    env.reset()
    return phone, env, record, env._coordinator._simulator.create_adb_controller().execute_command


def send_message(adb, folder):
    """Send a message, wait as people's scripts do, and use what reads and writes the host's files."""
    note = folder / "note.txt"
    note.write_text("from the host")
    adb(["shell", "am start -a android.intent.action.SENDTO -d sms:+15551234567 --es sms_body 'On my way'"])
    time.sleep(1)
    adb(["shell", "uiautomator dump /sdcard/w.xml"])
    adb(["shell", "input tap 970 2250"])
    before = adb(["shell", "sqlite3", MESSAGES, f'"{TYPES}"'])
    time.sleep(3)
    adb(["push", str(note), "/sdcard/Download/"])
    adb(["pull", "/sdcard/Download/note.txt", str(folder / "back.txt")])
    note.write_text("changed since")
    return before, adb(["shell", "sqlite3", MESSAGES, f'"{TYPES}"'])


@pytest.mark.parametrize(("clock", "after"), [("wall", SENT), ("virtual", OUTBOX)])
def test_a_message_is_sent_while_the_host_sleeps_if_the_phone_goes_by_its_clock(host, tmp_path, clock, after):
    phone, env, record, adb = begin(clock=clock)
    assert send_message(adb, tmp_path) == (OUTBOX, after)
    env.step(TAP)
    env.step(TAP | {"action_type": np.array(1)})
    env.close()
    (tmp_path / "back.txt").unlink()
    again = Device(render=(54, 120))
    replay(again, msgpack.unpackb(msgpack.packb(record)))
    assert again.now_us == phone.now_us
    assert again.fingerprint() == phone.fingerprint()
    assert again.files.read("/sdcard/Download/note.txt") == b"from the host"
    assert not (tmp_path / "back.txt").exists()


def test_each_call_passes_the_time_since_the_last_one(host):
    phone, env, record, adb = begin(clock="wall")
    start = phone.now_us
    for _ in range(4):
        time.sleep(0.0004)
        adb(["get-state"])
    time.sleep(0.5)
    env.step(TAP)
    assert phone.now_us - start == 501_000  # 501.6 ms, in whole ms
    assert [action[1] for action in record if action[0] == "advance"][-6:] == [0, 0, 1, 0, 500, 0]
    env.close()


def test_saved_states_are_part_of_a_record(host):
    phone, env, record, adb = begin(clock="wall")
    adb(["shell", "settings put system k before"])
    env.save_state(simulator.state_pb2.SaveStateRequest())
    adb(["shell", "settings put system k after"])
    time.sleep(1)
    env.load_state(simulator.state_pb2.LoadStateRequest())
    env.close()
    again = Device(render=(54, 120))
    replay(again, record)
    assert again.settings.get("system", "k") == phone.settings.get("system", "k") == "before"
    assert again.fingerprint() == phone.fingerprint()


def test_another_clock_is_refused():
    with pytest.raises(InputError, match="clock 'sun': there are virtual and wall"):
        simulator.load(Device(render=(54, 120)), clock="sun")
