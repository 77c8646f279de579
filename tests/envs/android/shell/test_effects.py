"""A command does what it says: what it has set is seen on the screen, by other commands and after a fork."""

import io

import pytest
from PIL import Image

from palaestra.envs.android.bridge.console import console
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui.accessibility import elements

SCREEN = (540, 1200)


@pytest.fixture(scope="module")
def module_device():
    return Device(apps=["com.android.settings"], size=SCREEN, density=210)


@pytest.fixture(scope="module")
def second():
    return Device(apps=["com.android.settings"], size=SCREEN, density=210)


@pytest.fixture
def device(module_device):
    """A phone with the settings, as it was after its first boot."""
    before = module_device.snapshot()
    yield module_device
    module_device.restore(before)


def shown(device):
    return [element["text"] or element["desc"] for element in elements(device)]


@pytest.fixture
def forked(second):
    """``forked(device)``: another phone in the same state."""

    def fork(device):
        second.restore(device.snapshot())
        assert second.fingerprint() == device.fingerprint()
        return second

    return fork


def test_a_size_set_by_wm_is_laid_out_and_reset(device, forked):
    before, first = device.frame(), device.fingerprint()
    assert device.shell("wm size 360x640; wm size").output == b"Physical size: 540x1200\nOverride size: 360x640\n"
    assert device.shell("dumpsys input | grep -o 'logicalFrame=.*physicalFrame=[^]]*'").output == (
        b"logicalFrame=[0, 0, 360, 640], physicalFrame=[0, 0, 540, 1200\n"
    )
    assert b"resolution: 540x1200," in device.shell("dumpsys SurfaceFlinger").output  # the panel's
    assert (max(w.bounds[2] for w in device.windows()), max(w.bounds[3] for w in device.windows())) == (360, 640)
    assert max(element["bounds"][3] for element in elements(device)) <= 640
    assert Image.open(io.BytesIO(device.shell("screencap -p").output)).size == (360, 640)
    frame = device.frame()
    assert frame.shape == before.shape
    assert (frame != before).any()
    assert forked(device).natural == (360, 640)
    device.shell("wm size 100x100")
    assert device.natural == (200, 200)
    device.shell("wm size 99999x300")
    assert device.natural == (3600, 300)
    device.shell("wm size reset")
    assert device.fingerprint() == first
    assert (device.frame() == before).all()


def test_a_density_set_by_wm_is_laid_out_and_reset(device):
    bar = {window.name: window.bounds[3] for window in device.windows()}["status"]
    device.shell("wm density 420")
    assert {window.name: window.bounds[3] for window in device.windows()}["status"] == 2 * bar
    assert device.shell("wm density; wm density 5000").output == (
        b"Physical density: 210\nOverride density: 420\nError: density must be <= 1000\n"
    )
    device.shell("wm density reset")
    assert {window.name: window.bounds[3] for window in device.windows()}["status"] == bar


def test_the_battery_that_dumpsys_sets_is_shown_until_reset(device, forked):
    assert device.shell("dumpsys battery set level 42; dumpsys battery unplug; cmd battery get level").output == b"42\n"
    assert "Battery 42 percent." in shown(device)
    assert "mIsPowered=false" in device.shell("dumpsys power").output.decode()
    assert "UPDATES STOPPED" in forked(device).shell("dumpsys battery").output.decode()
    device.shell("am start -n com.android.settings/.Settings$BatteryDashboardActivity".replace("$", "\\$"))
    device.settle()
    assert {"42%", "Not charging"} <= set(shown(device))
    device.shell("settings put system status_bar_show_battery_percent 1; am force-stop com.android.settings")
    assert "42%" in shown(device)
    device.shell("settings delete system status_bar_show_battery_percent; dumpsys battery reset")
    assert "Battery 100 percent." in shown(device)
    assert device.service("battery") == {}
    assert (
        device.shell("dumpsys battery set level x; cmd battery set level 101").output
        == b"Bad value: x\nBad value: 101\n"
    )


def test_the_console_sets_the_battery_itself(device):
    assert [console(device, ["power", *words.split()]) for words in ("capacity 30", "ac off", "health dead")] == [
        "OK\n"
    ] * 3
    assert device.shell("dumpsys battery | grep -E 'AC|status|level|health'").output == (
        b"  AC powered: false\n  status: 3\n  health: 4\n  level: 30\n"
    )
    assert "Battery 30 percent." in shown(device)
    console(device, ["power", "ac", "on"])
    assert "Battery charging, 30 percent." in shown(device)
    assert console(device, ["power", "display"]) == (
        "AC: online\nstatus: Charging\nhealth: Dead\npresent: true\ncapacity: 30\nOK\n"
    )
    assert console(device, ["power", "capacity", "101"]).startswith("KO:")


@pytest.mark.parametrize("words", ["sensor set acceleration 0:0:0", "network speed gsm", "avd snapshot save x", "kill"])
def test_the_console_refuses_what_it_cannot_do(device, words):
    before = device.fingerprint()
    assert console(device, words.split()).startswith("KO: ")
    assert device.fingerprint() == before


PAIRS = [  # what sets something, what then shows it
    ("cmd role clear-role-holders android.app.role.HOME; cmd role get-role-holders android.app.role.HOME", "\n"),
    ("cmd role add-role-holder android.app.role.SMS com.nope", "Error: see logcat for details.\n"),
    (
        "cmd locale set-app-locales com.android.settings --locales fr-FR; cmd locale get-app-locales "
        "com.android.settings",
        "Locales for com.android.settings for user 0 are [fr-FR]\n",
    ),
    ("cmd alarm set-time 1700000000000; date +%s", "1700000000\n"),
    ("cmd alarm set-timezone Europe/Paris; date +%Z", "CEST\n"),
    ("cmd telecom get-default-dialer", "null\n"),
    (
        "cmd shortcut get-default-launcher",
        "Launcher: "
        "ComponentInfo{com.google.android.apps.nexuslauncher/com.google.android.apps.nexuslauncher.NexusLaunche"
        "rActivity}\nSuccess\n",
    ),
    (
        "cmd jobscheduler run -f com.android.settings 7",
        "Could not find job 7 in package com.android.settings / user 0\n",
    ),
    ("dumpsys battery unplug; cmd jobscheduler get-battery-charging", "false\n"),
    ("cmd device_policy list-owners", "no owners\n"),
    (
        "cmd device_policy set-device-owner com.x/.A",
        "\nException occurred while executing 'set-device-owner':\njava.lang.IllegalArgumentException: Unknown "
        "admin: ComponentInfo{com.x/com.x.A}\n",
    ),
    ("svc wifi disable; ifconfig | grep -c wlan0; ip -4 addr show wlan0 | grep -c inet", "0\n0\n"),
    ("svc data disable; ip route", "10.0.2.0/24 dev wlan0 proto kernel scope link src 10.0.2.16 \n"),
    ("ip link set wlan0 down", "RTNETLINK answers: Operation not permitted\n"),
    (
        "iptables -A OUTPUT -j DROP; iptables -S OUTPUT; iptables -F; iptables -S OUTPUT",
        "-P OUTPUT ACCEPT\n-A OUTPUT -j DROP\n-P OUTPUT ACCEPT\n",
    ),
    (
        "ime disable com.google.android.inputmethod.latin/.LatinIME; ime list -s; ime reset >/dev/null; ime list -s",
        "Input method com.google.android.inputmethod.latin/.LatinIME: now disabled for user "
        "#0\ncom.google.android.inputmethod.latin/.LatinIME\n",
    ),
    ("cmd location set-location-enabled false; cmd location is-location-enabled", "false\n"),
    (
        "cmd media_session volume --stream 3 --set 9; settings get system volume_music; cmd media_session volume "
        "--set 99",
        "9\nError: volume 99 is not in range [0..15]\n",
    ),
    (
        "input keyevent VOLUME_MUTE; settings get system volume_music; input keyevent VOLUME_MUTE; settings get "
        "system volume_music",
        "0\n5\n",
    ),
    ("input keyevent BRIGHTNESS_UP; settings get system screen_brightness", "127\n"),
    ("cmd power set-mode 1; settings get global low_power", "1\n"),
    ("cmd notification set_dnd on; settings get global zen_mode", "1\n"),
    ("cmd phone anything", "Unknown command: anything\n"),
    ("cmd uimode night auto", "Error: mode auto needs a schedule, which this phone has not\n"),
    ("setenforce 1; getenforce", "Enforcing\n"),
    ("am set-standby-bucket com.android.settings rare; am get-standby-bucket com.android.settings", "40\n"),
    ("am set-inactive com.android.settings true; am get-inactive com.android.settings", "Idle=true\n"),
    ("am switch-user 10", "Error: could not switch to user 10\n"),
    ("svc power shutdown; reboot -p", "Error: this phone can't be switched off\n" * 2),
    ("wm user-rotation lock 9", "Error: bad rotation 9\n"),
    ("appops set com.android.settings CAMERA nonsense", "Error: Mode nonsense is not valid,\n"),
    ("content call --uri content://settings/global --method GET_global --arg wifi_on", "Result: Bundle[{value=1}]\n"),
    (
        "content insert --uri content://media/external/file --bind _data:s:x 2>&1 | tail -1",
        "java.lang.IllegalArgumentException: rows of the media store follow the files\n",
    ),
    (
        "echo hi > /sdcard/Pictures/a.png; content read --uri content://media/external/images/media/$(content "
        "query --uri content://media/external/images/media --projection _id | cut -d= -f2)",
        "hi\n",
    ),
]


def test_what_is_set_is_seen_and_what_cannot_be_is_refused(device):
    start, wrong = device.snapshot(), []
    for line, output in PAIRS:
        device.restore(start)
        answer = device.shell(line).output.decode()
        if answer != output:
            wrong.append((line, answer))
        again = device.snapshot()
        device.restore(start)
        device.restore(again)
        assert device.snapshot() == again, line
    assert wrong == []


def test_a_reboot_ends_apps_and_empties_the_clipboard(device):
    device.shell("am start -n com.android.settings/.Settings; cmd clipboard set x; dumpsys battery set level 5")
    files = device.shell("ls -R /sdcard").output
    device.shell("reboot")
    assert device.foreground[0] == "com.google.android.apps.nexuslauncher"
    assert len(device.state["tasks"]) == 1
    assert device.clipboard == ""
    assert "Battery 100 percent." in shown(device)
    assert device.shell("ls -R /sdcard").output == files


def test_sendevent_touches_where_getevent_says(device, forked):
    device.shell("am start -n com.android.settings/.Settings")
    device.settle()
    target = next(element for element in elements(device) if element["text"] == "Battery")
    left, top, right, bottom = target["bounds"]
    x, y = (left + right) // 2 * 32768 // SCREEN[0] + 30, (top + bottom) // 2 * 32768 // SCREEN[1] + 30
    send = "sendevent /dev/input/event1"
    device.shell(f"{send} 3 47 0; {send} 3 57 1; {send} 3 53 {x}; {send} 3 54 {y}; {send} 0 0 0")
    middle = forked(device)
    for phone in (device, middle):
        phone.advance(50)
        phone.shell(f"{send} 3 57 4294967295; {send} 0 0 0")
        phone.settle()
        assert phone.foreground[1].endswith("BatteryDashboardActivity")
        assert phone.service("touchscreen") == {}
    device.shell("sendevent /dev/input/event0 1 158 1; sendevent /dev/input/event0 1 158 0")
    assert not device.foreground[1].endswith("BatteryDashboardActivity")
    assert device.shell("sendevent /dev/input/event9 0 0 0").status == 1
    assert "0035  : value 0, min 0, max 32767" in device.shell("getevent -p").output.decode()


def test_screenrecord_films_what_changes(device):
    before = device.now_us
    assert device.shell("screenrecord --size 54x120 --time-limit 3 /sdcard/f.mp4").status == 0
    assert device.now_us - before == 3_000_000
    film = device.files.read("/sdcard/f.mp4")
    assert film[4:12] == b"ftypisom"
    picture = Image.open(io.BytesIO(film[film.index(b"\xff\xd8") :]))
    assert picture.size == (54, 120)
    at = film.index(b"mvhd") + 16
    assert [int.from_bytes(film[i : i + 4], "big") for i in (at, at + 4)] == [1000, 3000]
    assert device.shell("screenrecord --time-limit 999 /sdcard/f.mp4").status == 2
