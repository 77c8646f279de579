"""adb in the process: android-env's own AdbCallParser over it, and what AndroidWorld sends and reads."""

import re
import zipfile

import pytest
from android_env.components import adb_call_parser, app_screen_checker
from android_env.proto import adb_pb2, task_pb2

from palaestra.envs.android.bridge.adb import adb
from palaestra.envs.android.bridge.console import console
from palaestra.envs.android.bridge.session import Session
from palaestra.envs.android.bridge.simulator import PhoneAdbController

PACKAGE = "com.example.notes"
MAIN = f"{PACKAGE}/{PACKAGE}.Main"
Request = adb_pb2.AdbRequest
OK = adb_pb2.AdbResponse.Status.OK


@pytest.fixture
def parse(phone):
    """android-env's parser of requests, over the phone."""
    return adb_call_parser.AdbCallParser(PhoneAdbController(Session(phone))).parse


def started(parse, activity=MAIN, **options):
    return parse(Request(start_activity=Request.StartActivity(full_activity=activity, **options)))


def test_start_activity_waits_and_names_the_activity(parse, phone):
    response = started(parse, extra_args=["--es", "key", "value"])
    assert response.status == OK
    assert response.start_activity.full_activity == MAIN
    assert b"Status: ok" in response.start_activity.output
    assert phone.foreground == (PACKAGE, f"{PACKAGE}.Main")
    assert phone.activities.top["intent"]["extras"] == {"key": "value"}


def test_start_activity_with_force_stop_begins_anew(parse, phone):
    started(parse)
    first = phone.activities.top["id"]
    response = started(parse, force_stop=True)
    assert response.status == OK
    assert phone.activities.top["id"] > first
    assert b"Stopping: com.example.notes" in response.start_activity.output


def test_start_of_an_activity_that_does_not_exist_is_an_internal_error(parse):
    response = started(parse, f"{PACKAGE}/.Nope")
    assert response.status == adb_pb2.AdbResponse.Status.INTERNAL_ERROR
    assert "does not exist" in response.error_message


def test_current_activity(parse):
    started(parse)
    response = parse(Request(get_current_activity=Request.GetCurrentActivity()))
    assert (response.status, response.get_current_activity.full_activity) == (OK, MAIN)


def test_force_stop_goes_home(parse, phone):
    started(parse)
    assert parse(Request(force_stop=Request.ForceStop(package_name=PACKAGE))).status == OK
    assert phone.foreground[0] != PACKAGE
    assert all(record["package"] != PACKAGE for task in phone.state["tasks"] for record in task["records"])


def test_screen_pinning_finds_the_task(parse, phone):
    started(parse)
    response = parse(Request(start_screen_pinning=Request.StartScreenPinning(full_activity=MAIN)))
    assert response.status == OK
    assert phone.service("lock_task") == {"task": phone.state["tasks"][-1]["id"]}
    front = phone.foreground
    for key in ("HOME", "APP_SWITCH", "NOTIFICATION"):
        phone.press(key)
    assert phone.foreground == front
    assert not phone.state["overview"]
    assert not phone.state["shade"]["open"]
    fork = type(phone)(apps=[])
    fork.apps = phone.apps
    fork.restore(phone.snapshot())
    assert fork.is_pinned
    pinned = phone.service("lock_task")
    phone.shell("am task lock stop")
    assert not phone.is_pinned
    started(parse, f"{PACKAGE}/{PACKAGE}.Edit")  # on top of it, in the same task: each of the two names it
    for name in (MAIN, f"{PACKAGE}/{PACKAGE}.Edit"):
        assert parse(Request(start_screen_pinning=Request.StartScreenPinning(full_activity=name))).status == OK
        assert phone.service("lock_task") == pinned
    missing = parse(Request(start_screen_pinning=Request.StartScreenPinning(full_activity="a/b")))
    assert missing.status == adb_pb2.AdbResponse.Status.INTERNAL_ERROR


def test_broadcast_reaches_the_receiver(parse, phone):
    assert parse(Request(send_broadcast=Request.SendBroadcast(action="notes.count"))).status == OK
    output, status = adb(phone, ["shell", "am", "broadcast", "-a", "notes.count", "--es", "mark", '"now and then"'])
    assert status == 0
    assert output.decode().splitlines() == [
        "Broadcasting: Intent { act=notes.count flg=0x400000 (has extras) }",
        'Broadcast completed: result=-1, data="1 notes now and then"',
    ]


def test_orientation_follows_the_setting(parse, phone):
    assert parse(Request(get_orientation=Request.GetOrientationRequest())).get_orientation.orientation == 0
    phone.settings.put("system", "user_rotation", "3")
    assert parse(Request(get_orientation=Request.GetOrientationRequest())).get_orientation.orientation == 3


def test_push_then_pull(parse, phone):
    content = bytes(range(256))
    assert parse(Request(push=Request.Push(path="/sdcard/Download/x.bin", content=content))).status == OK
    assert phone.files.read("/storage/emulated/0/Download/x.bin") == content
    pulled = parse(Request(pull=Request.Pull(path="/sdcard/Download/x.bin")))
    assert (pulled.status, pulled.pull.content) == (OK, content)
    missing = parse(Request(pull=Request.Pull(path="/sdcard/none")))
    assert missing.status == adb_pb2.AdbResponse.Status.ADB_ERROR
    assert "failed to stat remote object '/sdcard/none': No such file or directory" in missing.error_message


def test_input_text_tap_and_buttons(parse, phone):
    started(parse, f"{PACKAGE}/.Edit")
    assert parse(Request(input_text=Request.InputText(text="Buy\\ tea%sand\\&milk"))).status == OK
    assert phone.activities.top["state"] == {"title": "Buy tea and&milk"}
    view = next(v for v in walked(phone) if v.text == "Save")
    left, top, right, bottom = view.bounds
    assert parse(Request(tap=Request.Tap(x=(left + right) // 2, y=(top + bottom) // 2))).status == OK
    titles = [row[0] for row in phone.database(PACKAGE, "notes.db").execute("SELECT title FROM notes ORDER BY id")]
    assert titles == ["Milk", "Buy tea and&milk"]
    for button in (Request.PressButton.HOME, Request.PressButton.BACK, Request.PressButton.ENTER):
        assert parse(Request(press_button=Request.PressButton(button=button))).status == OK


def walked(phone):
    from palaestra.envs.android.ui.tree import walk

    return walk(phone.window("app").root)


@pytest.mark.parametrize("namespace", ["SYSTEM", "SECURE", "GLOBAL"])
def test_settings(parse, namespace):
    Settings = Request.SettingsRequest
    space = Settings.Namespace.Value(namespace)

    def ask(**verb):
        return parse(Request(settings=Settings(name_space=space, **verb)))

    assert ask(get=Settings.Get(key="palaestra_test")).settings.output == b"null\n"
    assert ask(put=Settings.Put(key="palaestra_test", value="17")).status == OK
    assert ask(get=Settings.Get(key="palaestra_test")).settings.output == b"17\n"
    assert b"palaestra_test=17\n" in ask(list=Settings.List()).settings.output
    assert ask(delete_key=Settings.Delete(key="palaestra_test")).settings.output == b"Deleted 1 rows\n"
    reset = ask(reset=Settings.Reset(package_name=PACKAGE))
    assert reset.status == (adb_pb2.AdbResponse.Status.ADB_ERROR if namespace == "SYSTEM" else OK)


def test_package_manager(parse, phone):
    Manager = Request.PackageManagerRequest

    def ask(**verb):
        return parse(Request(package_manager=Manager(**verb)))

    packages = ask(list=Manager.List(packages=Manager.List.Packages())).package_manager.list.items
    assert list(packages) == phone.packages.installed
    assert PACKAGE in packages
    assert (
        "android.hardware.touchscreen"
        in ask(list=Manager.List(features=Manager.List.Features())).package_manager.list.items
    )
    assert "android.test.base" in ask(list=Manager.List(libraries=Manager.List.Libraries())).package_manager.list.items
    camera = "android.permission.CAMERA"
    assert ask(grant=Manager.Grant(package_name=PACKAGE, permissions=[camera])).status == OK
    assert phone.packages.granted(PACKAGE, camera)
    assert ask(clear=Manager.Clear(package_name=PACKAGE)).package_manager.output == b"Success\n"
    assert not phone.packages.granted(PACKAGE, camera)
    for user in ("", "0", "10"):
        assert ask(clear=Manager.Clear(package_name=PACKAGE, user_id=user)).status == OK
    assert ask(clear=Manager.Clear(package_name="com.nope")).status == adb_pb2.AdbResponse.Status.ADB_ERROR
    assert phone.database(PACKAGE, "notes.db").execute("SELECT count(*) FROM notes").fetchone()[0] == 0


def test_dumpsys(parse):
    Dumpsys = Request.DumpsysRequest
    listed = parse(Request(dumpsys=Dumpsys(list_only=True))).dumpsys.output.decode()
    assert listed.startswith("Currently running services:\n")
    assert "  activity\n" in listed
    answer = parse(Request(dumpsys=Dumpsys(service="battery", timeout_sec=3, priority=Dumpsys.PriorityLevel.HIGH)))
    assert b"  level: 100\n" in answer.dumpsys.output
    for more in (
        {"skip_services": ["activity"]},
        {},
        {"service": "window", "args": ["displays", "x"]},
        {"service": "window", "proto": True},
        {"service": "wifi", "timeout_ms": 1000},
    ):
        assert parse(Request(dumpsys=Dumpsys(**more))).status == OK


def test_install_and_uninstall_an_app_the_phone_knows(parse, phone, tmp_path):
    apk = tmp_path / "any.apk"
    with zipfile.ZipFile(apk, "w") as archive:
        archive.writestr("AndroidManifest.xml", PACKAGE.encode("utf-16-le"))
    assert parse(Request(uninstall_package=Request.UninstallPackage(package_name=PACKAGE))).status == OK
    assert not phone.packages.is_installed(PACKAGE)
    blob = Request.InstallApk.Blob(contents=apk.read_bytes() + bytes(1 << 14))
    assert parse(Request(install_apk=Request.InstallApk(blob=blob))).status == OK
    assert phone.packages.is_installed(PACKAGE)
    assert parse(Request(uninstall_package=Request.UninstallPackage(package_name=PACKAGE))).status == OK
    location = Request.InstallApk.Filesystem(path=str(apk))
    assert parse(Request(install_apk=Request.InstallApk(filesystem=location))).status == OK
    assert phone.packages.is_installed(PACKAGE)
    assert phone.packages.granted(PACKAGE, "android.permission.CAMERA")


def test_install_of_a_stranger_fails(parse, tmp_path):
    (tmp_path / "stranger.apk").write_bytes(b"no archive")
    location = Request.InstallApk.Filesystem(path=str(tmp_path / "stranger.apk"))
    response = parse(Request(install_apk=Request.InstallApk(filesystem=location)))
    assert response.status == adb_pb2.AdbResponse.Status.ADB_ERROR
    assert "INSTALL_PARSE_FAILED_NOT_APK" in response.error_message


def test_generic_commands_are_joined_and_read_by_the_shell(parse, phone):
    def ask(*words):
        return parse(Request(generic=Request.GenericRequest(args=words)))

    assert ask("shell", "echo", "'a  b'", ">", "/sdcard/a.txt").status == OK
    assert ask("shell", "cat", "/sdcard/a.txt", "|", "grep", "-c", "a").generic.output == b"1\n"
    assert ask("shell", "ls", "/none").status == adb_pb2.AdbResponse.Status.ADB_ERROR
    assert ask("no-such-command").status == adb_pb2.AdbResponse.Status.ADB_ERROR


def test_screen_checker_sees_activity_and_views(parse):
    started(parse)
    path = [r"DecorView@\S+\[Main\]", r"android\.widget\.FrameLayout.*#\w+ android:id/content\}"]

    def outcome(activity, views):
        screen = task_pb2.AppScreen(activity=activity, view_hierarchy_path=views)
        parser = type("Parser", (), {"parse": staticmethod(parse)})
        return app_screen_checker.AppScreenChecker(parser, screen).matches_current_app_screen()

    Outcome = app_screen_checker.AppScreenChecker.Outcome
    assert outcome(MAIN, path) == Outcome.SUCCESS
    assert outcome(MAIN, [*path, "no.such.View"]) == Outcome.UNEXPECTED_VIEW_HIERARCHY
    assert outcome(f"{PACKAGE}/{PACKAGE}.Edit", []) == Outcome.UNEXPECTED_ACTIVITY


def test_push_and_pull_of_folders(phone, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("A")
    (tmp_path / "in" / "sub" / "b.txt").write_text("B")
    output, status = adb(phone, ["push", str(tmp_path / "in"), "/sdcard/Download/"])
    assert status == 0
    assert b"2 files pushed, 0 skipped." in output
    assert phone.files.read("/sdcard/Download/in/sub/b.txt") == b"B"
    output, status = adb(phone, ["pull", "/sdcard/Download/in", str(tmp_path / "out")])
    assert status == 0
    assert b"2 files pulled, 0 skipped." in output
    assert (tmp_path / "out" / "sub" / "b.txt").read_text() == "B"


@pytest.mark.parametrize(
    ("words", "output", "status"),
    [
        (["devices"], "List of devices attached\nemulator-5554\tdevice\n\n", 0),
        (["-s", "emulator-5554", "-P", "5037", "get-state"], "device\n", 0),
        (["root"], "adbd is already running as root\n", 0),
        (["push", "x"], "adb: push requires an argument\n", 1),
        (["push", "/no/such", "/sdcard"], "adb: error: cannot stat '/no/such': No such file or directory\n", 1),
        (["uninstall", "com.nope"], "Failure [DELETE_FAILED_INTERNAL_ERROR]\n", 1),
        (["emu", "avd", "name"], "palaestra\nOK\n", 0),
        ([], "adb: usage: unknown command (none)\n", 1),
    ],
)
def test_other_commands(phone, words, output, status):
    assert adb(phone, words) == (output.encode(), status)


def test_exec_out_hands_on_bytes(phone):
    output, status = adb(phone, ["exec-out", "screencap -p"])
    assert status == 0
    assert output.startswith(b"\x89PNG\r\n\x1a\n")


def test_console_call_changes_the_state_that_dumpsys_tells(phone, run):
    def state():
        return re.search(r"mCallState=(\d)", run("dumpsys telephony.registry"))[1]

    assert console(phone, ["gsm", "cancel", "555"]).startswith("KO:")
    seen = [(console(phone, ["gsm", verb, "5551234"]), state()) for verb in ("call", "accept", "cancel")]
    assert seen == [("OK\n", "1"), ("OK\n", "2"), ("OK\n", "0")]


def test_console_text_message_is_broadcast(phone):
    heard = []
    phone.broadcast = heard.append
    assert adb(phone, ["emu", "sms", "send", "+15551234", "Hi there"]) == (b"OK\n", 0)
    assert heard[0]["action"] == "android.provider.Telephony.SMS_DELIVER"
    assert heard[0]["extras"] == {"address": "+15551234", "body": "Hi there"}
    assert console(phone, ["sms", "send", "1"]).startswith("KO:")
