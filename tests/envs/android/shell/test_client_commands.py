"""Every command that four public clients issue, and what a device answers: its exit status and the essential output.

The clients' sources name the commands: AndroidWorld (env/adb_utils.py, env/actuation.py, env/setup_device/apps.py,
utils/*.py, task_evals/*), android-env (components/adb_call_parser.py, wrappers/a11y_grpc_wrapper.py), adbutils
(shell.py, _device_base.py, screenshot.py, screenrecord.py, pidcat.py) and uiautomator2 (__init__.py, _input.py,
core.py, ext/perf). An output is a regular expression that is searched in it; "" is no output at all.
"""

import re

import pytest

from palaestra.envs.android.bridge.adb import adb
from palaestra.envs.android.device import Device

CLOCK, SMS = "com.google.android.deskclock", "com.simplemobiletools.smsmessenger"
IME = "com.google.android.inputmethod.latin/.LatinIME"
OTHER_IME = "com.github.uiautomator/.AdbKeyboard"
GONE = "No such file or directory"
ANDROID_WORLD = [
    # env/adb_utils.py, env/actuation.py, env/interface.py
    ("shell input keycombination 113 29 && input keyevent 67", 0, ""),
    ("shell input tap 100 200", 0, ""),
    ("shell input swipe 540 1200 540 600 ", 0, ""),
    ("shell input swipe 540 1200 540 600 500", 0, ""),
    ("shell input swipe 5 5 5 5 1000", 0, ""),
    ("shell input draganddrop 540 1200 540 600 ", 0, ""),
    ("shell input keyevent KEYCODE_ENTER", 0, ""),
    ("shell input keyevent KEYCODE_ENDCALL", 0, ""),
    ("shell input text hello%sworld", 0, ""),
    ("shell am start -a android.intent.action.CALL -d tel:5551234", 0, "Starting: Intent"),
    (f"shell am start -W -n {CLOCK}/com.android.deskclock.DeskClock", 0, "Status: ok"),
    (f"shell monkey -p {CLOCK} 1", 0, "Events injected: 1"),
    (f"shell monkey -p {CLOCK} -candroid.intent.category.LAUNCHER 1", 0, "Events injected: 1"),
    ("shell dumpsys activity recents", 0, r"ACTIVITY MANAGER RECENT TASKS"),
    ("shell am stack remove 1", 0, ""),
    (f"shell am force-stop {CLOCK}", 0, ""),
    ("shell getprop ro.build.version.sdk", 0, r"^33\n$"),
    *(
        (f"shell svc {radio} {verb}", 0, "")
        for radio in ("wifi", "bluetooth", "data")
        for verb in ("enable", "disable")
    ),
    ("shell settings put system screen_brightness 255", 0, ""),
    ("shell settings get system screen_brightness", 0, r"^\d+\n$"),
    ("shell settings put global airplane_mode_on 1", 0, ""),
    ("shell settings get global airplane_mode_on", 0, r"^0\n$"),
    ("shell settings get global wifi_on", 0, r"^1\n$"),
    ("shell settings get global bluetooth_on", 0, r"^1\n$"),
    ("shell settings put system pointer_location 0", 0, ""),
    ("shell settings put global heads_up_notifications_enabled 0", 0, ""),
    (f"shell settings put secure sms_default_application {SMS}", 0, ""),
    *((f"shell settings list {space}", 0, r"^[a-z_0-9]+=") for space in ("secure", "global", "system")),
    (f"shell pm clear {CLOCK}", 0, r"^Success\n$"),
    ("shell pm clear com.android.providers.contacts", 0, r"^Success\n$"),
    ("shell pm clear com.nope", 1, r"^Failed\n$"),
    ("install /nowhere/app.apk", 1, "failed to stat"),
    ("shell am broadcast -a clipper.get", 0, r"Broadcast completed: result="),
    ("shell am broadcast -a clipper.set -e text 'some text'", 0, r"Broadcast completed: result="),
    (f"shell pm grant {SMS} android.permission.SEND_SMS", 0, ""),
    ('shell sqlite3 /data/data/x.db "SELECT 1;"', 0, r"^1\n$"),
    ("shell dumpsys telephony.registry", 0, r"mCallState=0"),
    ("emu gsm call 5551234", 0, r"^OK\n$"),
    ("emu sms send 5551234 hello", 0, r"^OK\n$"),
    ("shell content delete --uri content://call_log/calls", 0, ""),
    ("shell wm size", 0, r"^Physical size: 540x1200\n$"),
    ("shell wm size 720x1280", 0, ""),
    ("shell dumpsys input | grep logicalFrame", 0, r"logicalFrame=\[0, 0, 540, 1200\]"),
    ("shell dumpsys input | grep physicalFrame", 0, r"physicalFrame=\[0, 0, 540, 1200\]"),
    ("shell dumpsys window | grep mCurrentRotation", 0, r"mCurrentRotation=ROTATION_0"),
    ("shell whoami", 0, r"^root\n$"),
    ("root", 0, "already running as root"),
    ("shell uiautomator dump /sdcard/window_dump.xml", 0, "UI hierchary dumped to: /sdcard/window_dump.xml"),
    ("shell cat /sdcard/window_dump.xml", 1, GONE),
    # env/setup_device/apps.py, env/tools.py
    (f"shell appops set {SMS} android:system_alert_window allow", 0, ""),
    ("shell appops set com.nope android:system_alert_window allow", 255, "Error: No UID for com.nope in user 0"),
    ("shell chcon u:object_r:media_rw_data_file:s0 /sdcard/Download", 0, ""),
    ("shell am start -a android.intent.action.SENDTO -d sms:5551234 --es sms_body 'Hi'", 0, "Starting: Intent"),
    # utils/file_utils.py, utils/app_snapshot.py, utils/user_data_generation.py, task_evals
    ("shell rm -r /sdcard/Download/none", 1, GONE),
    ("shell ls -1 /sdcard", 0, r"^Alarms\nAndroid\n"),
    ("shell rm -r /sdcard/Music/*", 1, GONE),
    ("shell rm -rf /sdcard/Music/*", 0, ""),
    ("shell echo 'some text' > /sdcard/Documents/note.txt", 0, ""),
    ("shell mkdir -p /sdcard/Documents/a/b", 0, ""),
    ("shell cp -a /sdcard/Download/. /sdcard/Documents/", 0, ""),
    ("shell find /sdcard/Documents -type f -o -type d", 0, r"^/sdcard/Documents\n"),
    ("shell find /storage/emulated/0 -mindepth 1 -type f -delete", 0, ""),
    ("shell if [ -f /sdcard/x ]; then\n echo Exists\nelse\n echo 'Does not exist'\nfi", 0, "Does not exist"),
    (r"shell chmod 777 /sdcard/Down\ load", 1, GONE),
    ("shell chmod 777 -R /sdcard/Download", 0, ""),
    ("shell restorecon -RD /data/data/" + CLOCK, 0, ""),
    (
        "shell ls /sdcard/Download -ll -au",
        0,
        r"\n-rw-rw---- 1 \w+ \w+ +\d+ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} \+0000 ",
    ),
    ("shell ls /sdcard/Movies", 0, ""),
    ("shell cat /sdcard/none.md", 1, GONE),
    ("shell content delete --uri content://media/external/downloads", 0, ""),
    ("shell content query --uri content://media/external/images/media", 0, r"^No result found\.\n$"),
    ("shell content query --uri content://sms/sent", 0, r"^No result found\.\n$"),
    ("shell content query --uri content://sms/inbox", 0, r"^Row: 0 _id="),
    ("shell content query --uri content://contacts/phones/", 0, r"^Row: 0 "),
    # utils/datetime_utils.py, utils/contacts_utils.py
    ("shell date", 0, r"^Sun Oct 15 15:34:00 UTC 2023\n$"),
    ("shell date +%s", 0, r"^1697384040\n$"),
    ("shell date 101515342023.00", 0, "15:34:00"),
    ("shell date @1697384041", 0, "15:34:01"),
    ("shell service call alarm 3 s16 UTC", 0, "Result: Parcel"),
    ("shell settings put global auto_time 0", 0, ""),
    (
        "shell am start -a android.intent.action.INSERT -t vnd.android.cursor.dir/contact -e name Ann -e phone 123",
        0,
        "Starting: Intent",
    ),
]
ANDROID_ENV = [
    ("devices", 0, r"^List of devices attached\nemulator-5554\tdevice\n"),
    *((words, 0, "") for words in ("start-server", "kill-server", "wait-for-device")),
    ("install -r -t -g /nowhere/app.apk", 1, "failed to stat"),
    ("uninstall com.nope", 1, "Failure"),
    (f"shell am start  -W -n {CLOCK}/com.android.deskclock.DeskClock", 0, "Status: ok"),
    (f"shell am start -S -W -n {CLOCK}/com.android.deskclock.DeskClock", 0, "Stopping: .*\n(.*\n)*Status: ok"),
    ("shell am stack list", 0, r"taskId=\d+: .* visible=true topActivity=ComponentInfo\{.*\}\n"),
    ("shell am stack list | grep -E visible=true", 0, r"^  taskId=\d+"),
    ("shell am task lock 1", 0, "in lockTaskMode"),
    ("shell am broadcast -a nobody.listens -n com.nope/.Receiver", 0, "Broadcast completed: result=0"),
    (
        'shell am broadcast -a accessibility_forwarder.intent.action.SET_GRPC --ei "port" 1 --es "host" 10.0.2.2',
        0,
        "Broadcast completed",
    ),
    ("shell input text a", 0, ""),
    ("shell input keyevent KEYCODE_HOME", 0, ""),
    ("shell input keyevent KEYCODE_BACK", 0, ""),
    ("shell settings get system show_touches", 0, r"^0\n$"),
    ("shell settings put system show_touches 1", 0, ""),
    ("shell settings put global policy_control immersive.full=*", 0, ""),
    ("shell settings delete system none", 0, r"^Deleted 0 rows\n$"),
    ("shell settings reset global untrusted_defaults", 0, ""),
    ("shell settings put global no_proxy 127.0.0.1:1", 0, ""),
    ("shell pm list features", 0, r"^feature:"),
    ("shell pm list libraries", 0, r"^library:"),
    ("shell pm list packages", 0, r"^package:android\n"),
    (f"shell pm clear -f 0 {CLOCK}", 0, r"^Success\n$"),
    ("shell dumpsys input", 0, r"  SurfaceOrientation: 0\n"),
    ("shell dumpsys -l", 0, "Currently running services"),
    ("shell dumpsys -t 5 --priority HIGH --skip a,b power", 0, "POWER MANAGER"),
    ("shell dumpsys activity com.nope com.nope", 0, "No activities match"),
    ("shell su 0 iptables -A OUTPUT -p tcp -d 127.0.0.1 --dport 1 -j ACCEPT", 0, ""),
    ("shell su 0 iptables -A OUTPUT -j DROP", 0, ""),
    ("logcat -b all -c", 0, ""),
]
ADBUTILS = [
    ("get-state", 0, r"^device\n$"),
    ("get-serialno", 0, r"^emulator-5554\n$"),
    ("get-devpath", 0, "unknown"),
    ("features", 0, "shell_v2"),
    ("version", 0, "Android Debug Bridge"),
    ("forward --list", 0, ""),
    ("forward tcp:1 tcp:2", 1, "no sockets"),
    ("reverse tcp:1 tcp:2", 1, "no sockets"),
    *(
        (f"shell getprop {name}", 0, r"^\w+\n$")
        for name in ("ro.product.name", "ro.product.model", "ro.product.device")
    ),
    *((f"shell getprop {name}", 0, r"^x86_64") for name in ("ro.product.cpu.abi", "ro.product.cpu.abilist")),
    *((f"shell input keyevent {key}", 0, "") for key in ("VOLUME_UP", "VOLUME_DOWN", "VOLUME_MUTE", "223", "224")),
    ("shell reboot", 0, ""),
    ("shell settings get system screen_brightness_mode", 0, r"^0\n$"),
    ("shell settings put system screen_brightness_mode 1", 0, ""),
    ("shell am broadcast -a android.intent.action.AIRPLANE_MODE --ez state true", 0, "Broadcast completed"),
    ("shell input -d 0 tap 5 5", 0, ""),
    ("shell ifconfig wlan0", 0, r"inet\s*addr:10\.0\.2\.16\s"),
    ("shell ip addr show dev wlan0", 0, r"inet 10\.0\.2\.16/24"),
    ("shell ifconfig eth0", 0, r"inet\s*addr:10\.0\.2\.15\s"),
    ("shell ifconfig none", 1, "No such device"),
    (
        "shell dumpsys display",
        0,
        r"DisplayViewport\{.*valid=true, .*orientation=0, .*deviceWidth=540, deviceHeight=1200",
    ),
    ("shell rm /sdcard/none", 1, GONE),
    ("shell dumpsys power", 0, r"mHoldingDisplaySuspendBlocker=true"),
    *((f"shell pm list packages {flag}", 0, "^package:") for flag in ("-f", "-e", "-s", "-i", "-u", "-3")),
    ("shell pm list packages -d", 0, ""),
    ("shell pm uninstall com.nope", 1, "Failure"),
    ("shell pm install -r -t /data/local/tmp/none.apk", 1, "failed to open file"),
    (f"shell monkey -p {CLOCK} -c android.intent.category.LAUNCHER 1", 0, "Events injected: 1"),
    (f"shell pm path {CLOCK}", 0, r"^package:/.*\.apk\n$"),
    ("shell pm path com.nope", 1, ""),
    *(
        (f"shell dumpsys package {CLOCK}", 0, pattern)
        for pattern in (
            r"versionName=\S+",
            r"versionCode=\d+",
            r"PackageSignatures\{.*?\[(.*)\]\}",
            r"pkgFlags=\[ SYSTEM HAS_CODE .*\]",
            r"firstInstallTime=2023-10-15 15:34:00\n",
            r"lastUpdateTime=2023-10-15 15:34:00\n",
        )
    ),
    ("shell dumpsys package com.nope", 0, "Unable to find package: com.nope"),
    ("shell dumpsys window windows", 0, r"mCurrentFocus=Window\{.*\s+\S+/\S+\}"),
    ("shell dumpsys activity activities", 0, r"mResumedActivity: ActivityRecord\{.*?\s+\S+/\S+\s.*?\}"),
    ("shell dumpsys activity top", 0, r"ACTIVITY \S+/[^/\s]+ \w+ pid=\d+"),
    ("shell rm -f /data/local/tmp/u.xml; uiautomator dump /data/local/tmp/u.xml && echo success", 0, r"success\n$"),
    *(
        ("shell dumpsys battery", 0, pattern)
        for pattern in (
            r"AC powered: true\n",
            r"Dock powered: false\n",
            r"Max charging current: \d+\n",
            r"level: 100\n",
        )
    ),
    ("shell dumpsys SurfaceFlinger --display-id", 0, r"^Display \d+ "),
    ("shell screencap -p -d 4619827259835644672 /sdcard/s.png", 0, ""),
    ("shell screencap -p -d 7 /sdcard/s.png", 1, "not valid"),
    ("shell which screenrecord", 0, r"^/system/bin/screenrecord\n$"),
    ("shell logcat --clear", 0, ""),
    ("shell logcat -v brief -c", 0, ""),
    ("shell logcat -d -v time", 0, "beginning of main"),
    ("shell ps || ps -A", 0, r"(?m)^\w+\s+\w+\s+\w+\s+\w+\s+\w+\s+\w+\s+\w+\s+\w\s([\w|\.|\/]+)$"),
    ("shell ls -l; echo X4EXIT:$?", 0, r"X4EXIT:0\n$"),
]
UIAUTOMATOR2 = [
    ("shell input keyevent --longpress 26", 0, ""),
    ("shell input keyevent HOME", 0, ""),
    ("shell getprop ro.serialno", 0, r"^\w+\n$"),
    ("shell ps -A", 0, r"com\.android\.systemui\n"),
    (
        f"shell am start -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -n {CLOCK}/x",
        0,
        "Starting: Intent",
    ),
    ("shell pm list packages -3", 0, f"package:{SMS}"),
    ("shell toybox md5sum /data/local/tmp/u2.jar", 1, GONE),
    ("shell md5 /data/local/tmp/u2.jar", 127, "inaccessible or not found"),
    ("shell ime list -s -a", 0, f"^{IME}\n$"),
    (f"shell ime enable {OTHER_IME}", 255, f"Unknown input method {OTHER_IME} cannot be enabled for user #0"),
    (f"shell ime set {OTHER_IME}", 255, f"Unknown input method {OTHER_IME} cannot be selected for user #0"),
    (f"shell ime disable {OTHER_IME}", 0, "already disabled for user #0"),
    (f"shell ime enable {IME}", 0, "already enabled for user #0"),
    (f"shell ime set {IME}", 0, f"Input method {IME} selected for user #0"),
    ("shell settings get secure default_input_method", 0, f"^{IME}\n$"),
    (f"shell settings put secure default_input_method {OTHER_IME}", 0, ""),
    ("shell dumpsys input_method", 0, rf"mCurMethodId={IME}"),
    ("shell am broadcast -a ADB_KEYBOARD_SMART_ENTER", 0, "result=0"),
    ("shell dumpsys meminfo com.android.systemui", 0, r"TOTAL[:\s]+(\d+)"),
    ("shell dumpsys meminfo com.nope", 0, "No process found for: com.nope"),
    ("shell cat /proc/stat", 0, r"^cpu  \d+ \d+ \d+ \d+ "),
    ("shell cat /proc/1/stat", 1, GONE),
    ("shell cat /proc/net/xt_qtaguid/stats", 1, GONE),
    ("shell dumpsys SurfaceFlinger --list", 0, r"/.*#\d+\n"),
    ("shell dumpsys SurfaceFlinger --latency x", 0, r"^16666666\n"),
    ("shell dumpsys SurfaceFlinger --latency-clear x", 0, ""),
    ("shell /data/local/tmp/atx-agent server --stop", 127, "inaccessible or not found"),
    ("shell pm uninstall com.github.uiautomator", 1, "Failure"),
]
CLIENTS = {
    "AndroidWorld": ANDROID_WORLD,
    "android-env": ANDROID_ENV,
    "adbutils": ADBUTILS,
    "uiautomator2": UIAUTOMATOR2,
}


@pytest.fixture(scope="module")
def device():
    """A phone with few apps and one file."""
    apps = [CLOCK, SMS, "com.google.android.contacts", "com.google.android.dialer", "ca.zgrs.clipper"]
    made = Device(apps=apps, size=(540, 1200), density=210)
    made.files.write("/sdcard/Download/a.txt", b"a")
    return made


@pytest.fixture(scope="module")
def booted(device):
    return device.snapshot()


@pytest.mark.parametrize("client", CLIENTS)
def test_every_command_of_a_client_is_answered_as_by_a_device(client, device, booted):
    wrong = []
    for line, status, output in CLIENTS[client]:
        device.restore(booted)
        command, _, rest = line.partition(" ")
        words = [command, rest] if command == "shell" else line.split()
        answer, code = adb(device, words)
        text = answer.decode()
        if code != status or (not re.search(output, text) if output else text):
            wrong.append((line, code, text[-400:]))
    assert wrong == []
