"""Whatever is done to a phone: nothing raises, the same comes of the same, pixels, forest and XML agree."""

import gc
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import warnings
import xml.etree.ElementTree as ET

import gymnasium
import numpy as np
import pytest

from palaestra.envs.android.boot import known_apps
from palaestra.envs.android.bridge.adb import adb
from palaestra.envs.android.bridge.forest import forest_proto
from palaestra.envs.android.device import Device
from palaestra.envs.android.drawing.paint import Painter
from palaestra.envs.android.system.crashes import AppCrash
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.compositor import SYSTEM_WINDOWS
from palaestra.envs.android.ui.keycodes import ANDROID_KEYS

SCREENS = [(package, cls) for package, app in known_apps().items() for cls in app.activities]


@pytest.fixture(scope="module")
def device():
    """One phone with all apps."""
    return Device(render=(540, 1200))


@pytest.mark.parametrize(("package", "cls"), SCREENS, ids=[f"{p}/{c.rpartition('.')[2]}" for p, c in SCREENS])
def test_every_view_of_a_screen_agrees(device, package, cls):
    device.start_activity(intent(package=package, cls=cls))
    device.settle()
    windows = accessibility.forest(device)
    check_xml(device, next(window for window in windows if window["focused"]))
    check_forest(device, windows)
    if device.foreground == (package, cls) and windows[0]["name"] != "prompt":
        check_dumpsys(device, package)
    check_pixels(device)
    device.force_stop(package)


def check_xml(device, window):
    """Every visible node of the focused window is in the XML, with its text and bounds."""
    nodes = set()
    for node in ET.fromstring(accessibility.xml(device).encode()).iter("node"):
        bounds = [int(number) for number in re.findall(r"-?\d+", node.get("bounds"))]
        nodes.add((node.get("text"), node.get("content-desc"), node.get("class"), node.get("resource-id"), *bounds))
        assert 0 <= bounds[0] <= bounds[2] <= device.size[0]
        assert 0 <= bounds[1] <= bounds[3] <= device.size[1]
    seen = {
        (node["text"], node["desc"], node["cls"], node["id"], *node["bounds"])
        for node in window["nodes"]
        if node["visible"]
    }
    assert seen <= nodes


def check_forest(device, windows):
    """android-env's message has the same nodes as the plain forest, and every node but the root one parent."""
    for plain, window in zip(windows, forest_proto(device).windows, strict=True):
        assert [n["text"] for n in plain["nodes"]] == [n.text for n in window.tree.nodes]
        children = sorted(child for node in window.tree.nodes for child in node.child_ids)
        assert children == list(range(1, len(window.tree.nodes)))


def check_dumpsys(device, package):
    """The sums of the relative bounds in dumpsys are the bounds of the views."""
    from palaestra.envs.android.ui.tree import walk

    corners, absolute = [], []
    for line in accessibility.view_hierarchy(device, package).splitlines()[1:]:
        depth = (len(line) - len(line.lstrip())) // 2
        left, top, right, bottom = map(int, re.search(r" (-?\d+),(-?\d+)-(-?\d+),(-?\d+)", line).groups())
        del corners[depth - 1 :]
        x, y = corners[-1] if corners else (0, 0)
        corners.append((x + left, y + top))
        absolute.append((x + left, y + top, x + right, y + bottom))
    assert sorted(absolute) == sorted(tuple(view.bounds) for view in walk(device.window("app").root))


def check_pixels(device):
    """Something is drawn where a text is reported."""
    frame = device.frame()
    scale = frame.shape[1] / device.size[0]
    for element in accessibility.elements(device):
        if element["text"].strip() and element["cls"] == "android.widget.TextView":
            left, top, right, bottom = (round(number * scale) for number in element["bounds"])
            part = frame[top:bottom, left:right].reshape(-1, 3)
            small = (right - left) * (bottom - top) < 60  # a sliver at the edge of a scroller
            assert small or part.min() < part.max(), element


# --- a phone that is used at random

SURFACES = {f"{package}/{cls}" for package, cls in SCREENS} | {*SYSTEM_WINDOWS, "app:1"}
"""What there is to reach: every activity of every app, every window of the system's, a dialog of some app's."""
LABELS = [app.label for app in known_apps().values() if app.launcher]
PACKAGES = sorted(known_apps())
ACTIONS = sorted({one["action"] for app in known_apps().values() for one in app.filters})
KEYS = sorted(set(ANDROID_KEYS.values()))
EVERYDAY_KEYS = ("BACK",) * 4 + ("HOME", "APP_SWITCH", "NOTIFICATION", "POWER", "VOLUME_UP", "ENTER", "DEL")
EPISODE = 125  # steps from a random app on, before the phone is as it was after its first boot


def a_line(chance, size):
    """A line of shell, or words for adb itself."""
    x, y, x2, y2 = (chance.randrange(number) for number in (*size, *size))
    lines = [
        f"input tap {x} {y}",
        f"input swipe {x} {y} {x2} {y2} 200",
        f"input keyevent {chance.randrange(300)}",
        "input text a%sb",
        f"am start -a {chance.choice(ACTIONS)}",
        f"am start -a {chance.choice(ACTIONS)}",
        f"monkey -p {chance.choice(PACKAGES)} 1",
        f"am force-stop {chance.choice(PACKAGES)}",
        f"pm clear {chance.choice(PACKAGES)}",
        f"settings put secure ui_night_mode {chance.choice((1, 2))}",
        f"settings put system user_rotation {chance.choice((0, 0, 0, 1, 2, 3))}",
        f"settings put system font_scale {chance.choice((0.85, 1, 1, 1.3))}",
        f"cmd statusbar {chance.choice(('expand-notifications', 'expand-settings', 'collapse'))}",
        f"svc {chance.choice(('wifi', 'bluetooth'))} {chance.choice(('enable', 'disable'))}",
        "content insert --uri content://sms/inbox --bind address:s:123 --bind body:s:hello",
        "rm -rf /sdcard/Documents/*; echo one > /sdcard/Download/a.txt",
        "content delete --uri content://com.android.contacts/raw_contacts",
        "am start -n com.nobody/.None; ls /nowhere; nonsense | grep -q x",
        ["emu", "sms", "send", "5551234", "are you there?"],
        ["emu", "gsm", "call", "5551234"],
    ]
    return chance.choice(lines)


def a_step(device, chance):
    """A touch, a key, a text or a line of shell, and a tenth of a second."""
    width, height = device.size
    x, y, x2, y2 = (chance.uniform(0, number - 1) for number in (width, height, width, height))
    kind = chance.random()
    if kind < 0.25:
        device.touch([(x, y, chance.random() < 0.4, 0)])
    elif kind < 0.32:
        device.swipe(x, y, x2, y2, chance.choice((50, 200, 600)))
    elif kind < 0.80:
        elements = accessibility.elements(device) or [{"bounds": (x, y, x, y)}]
        left, top, right, bottom = chance.choice(elements)["bounds"]
        device.swipe(*((left + right) / 2, (top + bottom) / 2) * 2, chance.choice((50,) * 12 + (1000,)))
    elif kind < 0.89:
        device.press(chance.choice(EVERYDAY_KEYS if chance.random() < 0.7 else KEYS))
    elif kind < 0.92:
        device.type_text(chance.choice(("ab c", "7", "é😀", "note\n")))
    else:
        line = a_line(chance, device.size)
        device.shell(line) if isinstance(line, str) else adb(device, line)
    if not device.state["awake"] and chance.random() < 0.5:
        device.press("WAKEUP")
    device.advance(100)


def check_all(device):
    """All descriptions of the screen agree."""
    windows = accessibility.forest(device)
    for window in windows:
        if window["focused"]:
            check_xml(device, window)
    check_forest(device, windows)
    if windows and windows[-1]["name"] == "app":
        check_dumpsys(device, device.foreground[0])
    fresh = Painter(device.natural, device.render)
    np.testing.assert_array_equal(
        device.frame(), fresh.frame(device.windows(), device.theme, device.state["pressed"], device.turns)
    )


@pytest.mark.slow
def test_ten_thousand_steps_at_random_reach_the_screens_and_all_that_is_told_of_them_agrees():
    chance = random.Random(0)
    device = Device(render=(135, 300))
    booted, reached = device.snapshot(), set()
    for step in range(10_000):
        if step % EPISODE == 0:
            device.restore(booted)
            device.reseed(step)
            device.open_app(chance.choice(LABELS))
        a_step(device, chance)
        device.frame()  # pictures are drawn on top of each other: what is compared has a past
        reached |= {window.name for window in device.windows()} | {"/".join(device.foreground)}
        if step % 10 == 0:
            check_all(device)
    missing = SURFACES - reached
    print(f"reached {len(SURFACES) - len(missing)} of {len(SURFACES)}; missing: {', '.join(sorted(missing))}")
    assert len(missing) <= 0.2 * len(SURFACES), missing


def traced(device, seed, steps):
    """A digest of fingerprints and pictures on the way of so many random steps."""
    chance, digest = random.Random(seed), hashlib.sha256()
    for step in range(steps):
        a_step(device, chance)
        if step % 10 == 0:
            digest.update(device.fingerprint().encode())
            digest.update(device.frame().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("label", ["Clock", "Markor", "Simple SMS Messenger", "Settings", "Chrome"])
def test_a_phone_that_is_copied_in_mid_use_goes_on_alike(label):
    device = Device(render=(135, 300))
    device.open_app(label)
    traced(device, 1, 60)
    twin = Device(seed=9, render=(135, 300), theme="dark")
    twin.restore(device.snapshot())
    used = Device(render=(135, 300))
    traced(used, 2, 60)
    used.restore(device.snapshot())
    device.windows()  # looking changes nothing
    expected = traced(device, 3, 120)
    assert traced(twin, 3, 120) == expected
    assert traced(used, 3, 120) == expected


PLAY = """
import hashlib, json, random
import gymnasium, numpy as np
import palaestra

digest = hashlib.sha256()
world = gymnasium.make("palaestra/Android-v0", keys=True, render=(135, 300))
observation, _ = world.reset(seed=5)
draw = np.random.default_rng(0)
for step in range(200):
    if step == 100:
        world = world.fork()
    action = {"action_type": int(draw.choice(6, p=[0.4, 0.4, 0.1, 0.03, 0.03, 0.04])),
              "touch_position": draw.random(2, np.float32), "keycode": int(draw.integers(9, 226))}
    observation, *_ = world.step(action)
    digest.update(observation["pixels"].tobytes())
    digest.update(world.fingerprint().encode())
tasks = gymnasium.make("palaestra/AndroidTasks-v0", render=(135, 300))
for seed in range(6):
    observation, info = tasks.reset(seed=seed)
    for _ in range(5):
        x, y = draw.integers(1080), draw.integers(2400)
        observation, *_, info = tasks.step(json.dumps({"action_type": "click", "x": int(x), "y": int(y)}))
        digest.update(observation["pixels"].tobytes())
        digest.update((observation["text"] + json.dumps(info) + tasks.fingerprint()).encode())
print(digest.hexdigest())
"""


def test_equal_seeds_and_actions_give_equal_states_and_pictures_in_other_processes():
    def run(hash_seed, zone):
        done = subprocess.run(
            [sys.executable, "-c", PLAY],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "TZ": zone, "PATH": "/usr/bin:/bin"},
        )
        return done.stdout.strip()

    first = run("1", "UTC")
    assert len(first) == 64
    assert run("2", "Asia/Tokyo") == first


# --- what is done to a phone from outside

DATABASES = [path for path in Device().files.walk() if "/databases/" in path]
DAMAGES = ("echo junk > %s", "rm %s", ": > %s", "truncate -s 100 %s", "rm %s; mkdir %s", "rm -r $(dirname %s)")
STATEMENTS = (
    "DROP TABLE {table}",
    "DELETE FROM {table}",
    "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE {table} SET {column} = NULL",
    "UPDATE {table} SET {column} = x''ff00''",
    "UPDATE {table} SET {column} = -1e300",
    "UPDATE {table} SET {column} = 9223372036854775807",
    "ALTER TABLE {table} DROP COLUMN {column}",
)
ODD = ("-1", "0", "nan", "1e400", "99999999999999999999", "-9223372036854775809", "abc", "''", "😀", "null", "3.5")
ROWS = ("sms/inbox", "call_log/calls", "com.android.contacts/data", "settings/system")
EXTRAS = ("HOUR", "MINUTES", "LENGTH", "DAYS")
ADDRESSES = (
    "tel:",
    "tel:*#06#",
    "sms:1,2",
    "smsto:abc",
    "content://contacts/people/99",
    "content://com.android.contacts/data/x",
    "file:///sdcard/none.txt",
    "file:///sdcard",
    "package:com.nobody",
    "package:",
    "content://media/external/images/media/z",
    "https://newegg.com/%zz?q=%",
    "http://" + "a." * 2_000,
    "%",
    ":",
    "a:b:c",
)


def a_blow(device, chance):
    """A line of shell that does harm."""
    kind, path = chance.randrange(8), chance.choice(DATABASES)
    if kind == 0:
        return chance.choice(DAMAGES).replace("%s", path)
    if kind in (1, 2):
        table = chance.choice(device.shell(f"sqlite3 {path} .tables").output.decode().split() or ["none"])
        columns = device.shell(f"sqlite3 {path} 'PRAGMA table_info({table})'").output.decode().splitlines()
        column = chance.choice([line.split("|")[1] for line in columns if line.count("|") > 2] or ["none"])
        statement = chance.choice(STATEMENTS).format(table=table, column=column)
        return f"sqlite3 {path} '{statement}'"
    if kind == 3:
        space = chance.choice(("system", "secure", "global"))
        return f"settings put {space} {chance.choice(sorted(device.state['settings'][space]))} {chance.choice(ODD)}"
    if kind == 4:
        extras = " ".join(
            f"--{chance.choice(('ei', 'es'))} android.intent.extra.alarm.{chance.choice(EXTRAS)} {chance.choice(ODD)}"
            for _ in range(chance.randrange(3))
        )
        return f"am start -a {chance.choice(ACTIONS)} -d '{chance.choice(ADDRESSES)}' {extras}"
    if kind == 5:
        package, cls = chance.choice(SCREENS)
        return f"am start -n '{package}/{cls}' -d '{chance.choice(ADDRESSES)}'"
    if kind == 6:
        bound = f"{chance.choice(('address', 'date', 'data1', 'number'))}:{chance.choice('silfd')}:{chance.choice(ODD)}"
        verb, rows = chance.choice(("insert", "update")), chance.choice(ROWS)
        return f"content {verb} --uri content://{rows} --bind {bound}"
    return chance.choice(
        (
            f"pm disable {chance.choice(PACKAGES)}",
            f"pm uninstall {chance.choice(PACKAGES)}",
            "rm -rf /*",
            "rm -rf /sdcard",
            "date @0",
            "date @99999999999",
            "setprop persist.sys.timezone No/Where",
            "wm size 500x500",
            "wm density 640",
            f"echo junk > '{chance.choice(list(device.files.walk()) or ['/sdcard/x'])}'",
            "sed -i 's/[[{]/3/' /data/data/com.android.chrome/shared_prefs/com.android.chrome_preferences.xml",
            "sed -i 's/id/x/g' /data/data/com.android.chrome/shared_prefs/com.android.chrome_preferences.xml",
        )
    )


@pytest.mark.parametrize(
    "seed", [pytest.param(1), *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, *range(2, 6)))]
)
def test_no_damage_makes_the_phone_raise(seed):
    chance = random.Random(seed)
    device = Device(render=(54, 120))
    booted = device.snapshot()
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        for step in range(600):
            if step % 60 == 0:
                device.restore(booted)
                device.open_app(chance.choice(LABELS))
            if chance.random() < 0.3:
                device.shell(a_blow(device, chance))
            a_step(device, chance)
            device.frame()
            if step % 20 == 0:
                before = device.fingerprint(), device.contents()
                device.restore(device.snapshot())
                assert (device.fingerprint(), device.contents()) == before
                check_all(device)
    assert all(warning.category is AppCrash for warning in raised)
    if seed == 1:
        assert raised  # the blows do hit


def test_an_app_that_fails_is_ended_and_the_phone_says_so(full):
    full.shell("sqlite3 /data/data/com.android.providers.telephony/databases/mmssms.db 'DROP TABLE sms'")
    full.open_app("Clock")
    full.open_app("Simple SMS Messenger")
    with pytest.warns(AppCrash, match=r"smsmessenger has crashed: OperationalError: no such table: .*\.py:\d+, query"):
        full.settle()
    assert full.foreground[0] == "com.google.android.apps.nexuslauncher"
    assert full.seen("android:id/alertTitle").text == "Simple SMS Messenger has stopped"
    assert "E AndroidRuntime: FATAL EXCEPTION: main" in full.shell("logcat -d").output.decode()
    full.tap_on("android:id/aerr_restart")
    with pytest.warns(AppCrash):
        full.settle()
    full.tap_on("android:id/aerr_close")
    assert full.window("crash") is None
    full.shell("pm clear com.android.providers.telephony")
    full.open_app("Simple SMS Messenger")
    full.settle()
    assert full.foreground[0] == "com.simplemobiletools.smsmessenger"


def test_a_handler_that_fails_ends_its_app(shown):
    from palaestra.envs.android.ui.controls import button
    from palaestra.envs.android.ui.view import column

    phone = shown(lambda activity: column(button("Divide", lambda: 1 / 0)))
    with pytest.warns(AppCrash, match="ZeroDivisionError"):
        phone.tap_on("Divide")
    assert phone.foreground[0] == "com.google.android.apps.nexuslauncher"
    phone.back()
    assert phone.window("crash") is None


# --- many resets


def held():
    """Threads, open files and memory (MB) of this process."""
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return threading.active_count(), len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.slow
@pytest.mark.parametrize("id", ["palaestra/Android-v0", "palaestra/AndroidTasks-v0"])
def test_two_thousand_resets_leave_nothing_behind(id):
    world = gymnasium.make(id, render=(135, 300))
    random_actions = np.random.default_rng(0)

    def use(count):
        for _ in range(count):
            world.reset(seed=int(random_actions.integers(1 << 30)))
            if id == "palaestra/Android-v0":
                for kind in (0, 1):
                    world.step({"action_type": kind, "touch_position": random_actions.random(2, np.float32)})
            else:
                world.step(json.dumps({"action_type": "open_app", "app_name": str(random_actions.choice(LABELS))}))

    use(300)  # fonts, pictures and databases that are kept once for all
    before = held()
    use(2000)
    after = held()
    assert after[:2] == before[:2]
    assert after[2] < before[2] + 20
