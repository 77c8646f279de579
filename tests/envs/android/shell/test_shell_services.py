"""The shell's commands on the system's services, with Android's outputs (API 33)."""

import re

import pytest

PACKAGE = "com.example.notes"
LINES = [  # line, output, status
    ("am start -n com.example.notes/.Main", "Starting: Intent { cmp=com.example.notes/.Main }\n", 0),
    (
        "am start -n com.example.notes/.Nope",
        "Starting: Intent { cmp=com.example.notes/.Nope }\nError type 3\n"
        "Error: Activity class {com.example.notes/com.example.notes.Nope} does not exist.\n",
        0,
    ),
    (
        "am start -a no.such -d tel:123",
        "Starting: Intent { act=no.such dat=tel:xxx }\n"
        "Error: Activity not started, unable to resolve Intent { act=no.such dat=tel:xxx flg=0x10000000 }\n",
        0,
    ),
    (
        "am start",
        "\nException occurred while executing 'start':\njava.lang.IllegalArgumentException: No intent supplied\n",
        255,
    ),
    (
        "am to-uri",
        "\nException occurred while executing 'to-uri':\njava.lang.IllegalArgumentException: No intent supplied\n",
        255,
    ),
    ("am to-uri -a x --es k v", "#Intent;action=x;S.k=v;end\n", 0),
    ("am nope", "Unknown command: nope\n", 255),
    (
        "am broadcast -a nobody.listens",
        "Broadcasting: Intent { act=nobody.listens flg=0x400000 }\nBroadcast completed: result=0\n",
        0,
    ),
    ("am force-stop com.nope", "", 0),
    ("am get-current-user", "0\n", 0),
    ("pm path com.example.notes", "package:/data/app/com.example.notes-1/base.apk\n", 0),
    ("pm path com.nope", "", 1),
    ("pm list packages -3", "package:com.example.notes\n", 0),
    ("pm list packages notes", "package:com.example.notes\n", 0),
    ("cmd package list packages notes", "package:com.example.notes\n", 0),
    ("pm list packages -Z", "Error: Unknown option: -Z\n", 255),
    ("pm clear com.nope", "Failed\n", 1),
    ("pm clear com.example.notes", "Success\n", 0),
    ("pm uninstall com.nope", "Failure [DELETE_FAILED_INTERNAL_ERROR]\n", 1),
    ("pm grant com.example.notes android.permission.CAMERA", "", 0),
    (
        "pm grant com.example.notes android.permission.SEND_SMS",
        "\nException occurred while executing 'grant':\njava.lang.SecurityException: Package com.example.notes "
        "has not requested permission android.permission.SEND_SMS\n",
        255,
    ),
    (
        "cmd package resolve-activity --brief com.example.notes",
        "priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=true\ncom.example.notes/.Main\n",
        0,
    ),
    ("settings get system none", "null\n", 0),
    ("settings put system a 'b c'; settings get system a", "b c\n", 0),
    ("settings delete system none", "Deleted 0 rows\n", 0),
    ("settings get nowhere a", "Invalid namespace 'nowhere'\n", 255),
    ("settings --user 0 get global wifi_on; settings get --user 0 GLOBAL wifi_on", "Unknown command: --user\n1\n", 0),
    ("wm size", "Physical size: 1080x2400\n", 0),
    (
        "wm size 720x1280; wm size; wm size reset; wm size",
        "Physical size: 1080x2400\nOverride size: 720x1280\nPhysical size: 1080x2400\n",
        0,
    ),
    ("wm density", "Physical density: 420\n", 0),
    ("wm density 1", "Error: density must be >= 72\n", 255),
    ("getprop ro.build.version.sdk; getprop sys.boot_completed; getprop none; getprop none x", "33\n1\n\nx\n", 0),
    ("setprop debug.a b; getprop debug.a", "b\n", 0),
    ("setprop ctl.restart zygote 2>&1", "setprop: failed to set property 'ctl.restart' to 'zygote'\n", 1),
    ("svc wifi disable; settings get global wifi_on; svc wifi enable; settings get global wifi_on", "0\n1\n", 0),
    ("svc bluetooth disable; settings get global bluetooth_on", "0\n", 0),
    ("svc data disable; settings get global mobile_data", "0\n", 0),
    ("cmd uimode night yes; settings get secure ui_night_mode", "Night mode: yes\n2\n", 0),
    ("cmd nope", "cmd: Can't find service: nope\n", 20),
    ("dumpsys nope", "Can't find service: nope\n", 0),
    ("dumpsys input | grep SurfaceOrientation", "  SurfaceOrientation: 0\n", 0),
    ("dumpsys window | grep mCurrentRotation", "  mCurrentRotation=ROTATION_0\n", 0),
    ("dumpsys telephony.registry | grep mCallState", "    mCallState=0\n", 0),
    ("dumpsys power | grep mWakefulness", "  mWakefulness=Awake\n", 0),
    ("appops set com.example.notes CAMERA allow; appops get com.example.notes CAMERA", "CAMERA: allow\n", 0),
    ("whoami; id -u", "root\n0\n", 0),
    ("content query --uri content://sms/sent", "No result found.\n", 0),
    (
        "content query --uri content://nope/x",
        "Error while accessing provider:nope\njava.lang.IllegalStateException: Could not find provider: nope\n",
        1,
    ),
    ("input", None, 255),
    ("input keyevent 3 KEYCODE_BACK", "", 0),
    (
        "input tap x 1",
        "\nException occurred while executing 'tap':\njava.lang.NumberFormatException: For input string: \"x\"\n",
        255,
    ),
    (
        "input keyevent NOPE",
        "\nException occurred while executing 'keyevent':\njava.lang.IllegalArgumentException: Unknown keycode: NOPE\n",
        255,
    ),
    ("monkey -p com.nope 1 | tail -1", '** No activities found to run, monkey aborted.\ndata="com.nope"\n', 0),
    ("log -t Tag -p w 'a b'; logcat -d -v brief -s Tag", "--------- beginning of main\nW/Tag(    1): a b\n", 0),
    ("logcat -c; logcat -d", "--------- beginning of main\n", 0),
    ("uiautomator dump /none/x", "ERROR: could not write /none/x: No such file or directory\n", 1),
]


@pytest.mark.parametrize(("line", "output", "status"), LINES)
def test_line(phone, line, output, status):
    result = phone.shell(line)
    assert result.status == status
    if output is not None:
        assert result.output.decode() == output


def test_am_start_waits_and_reports(run, phone):
    lines = run("am start -W -n com.example.notes/.Main --es a 'b c' --ei n 7 --ez flag true --esa l x,y").splitlines()
    assert lines[0] == "Starting: Intent { cmp=com.example.notes/.Main (has extras) }"
    assert lines[1:4] == ["Status: ok", "LaunchState: COLD", "Activity: com.example.notes/.Main"]
    assert [line.split(":")[0] for line in lines[4:]] == ["TotalTime", "WaitTime", "Complete"]
    assert phone.activities.top["intent"]["extras"] == {"a": "b c", "n": 7, "flag": True, "l": ["x", "y"]}
    again = run("am start -n com.example.notes/.Main --es a 'b c' --ei n 7 --ez flag true --esa l x,y").splitlines()
    assert again[1] == "Warning: Activity not started, its current task has been brought to the front"


def test_am_start_resolves_action_and_type(run, phone):
    run("am start -a android.intent.action.SEND -t text/plain")
    assert phone.foreground == (PACKAGE, f"{PACKAGE}.Edit")


def test_stack_list_names_tasks_front_first(run):
    run("am start -n com.example.notes/.Main; am start -n com.example.notes/.Edit")
    visible = run("am stack list | grep -E visible=true")
    assert re.fullmatch(
        r"  taskId=\d+: com\.example\.notes/com\.example\.notes\.Main bounds=\[0,0\]\[1080,2400\] userId=0 "
        r"visible=true topActivity=ComponentInfo\{com\.example\.notes/com\.example\.notes\.Edit\}\n",
        visible,
    )
    number = re.search(r"taskId=(\d+)", visible)[1]
    assert f"    id={number} " in run("dumpsys activity recents")
    run(f"am stack remove {number}")
    assert "notes" not in run("am stack list")


def test_dumpsys_tells_the_activity_in_front(run):
    run("am start -n com.example.notes/.Main")
    record = r"ActivityRecord\{\w+ u0 com\.example\.notes/\.Main t\d+\}"
    assert re.search(f"mResumedActivity: {record}", run("dumpsys activity"))
    window = run("dumpsys window windows")
    assert re.search(r"mCurrentFocus=Window\{\w+ u0 com\.example\.notes/com\.example\.notes\.Main\}", window)
    assert re.search(f"mFocusedApp={record}", window)
    run("cmd statusbar expand-notifications")
    assert re.search(r"mCurrentFocus=Window\{\w+ u0 NotificationShade\}", run("dumpsys window"))


def test_content_rows_in_and_out(run):
    run("content insert --uri content://sms/sent --bind address:s:+1555 --bind body:s:'Hi, there' --bind date:l:1000")
    assert run("content query --uri content://sms/sent --projection address:body:date") == (
        "Row: 0 address=+1555, body=Hi, there, date=1000\n"
    )
    row = run("content query --uri content://sms/sent")
    assert row.startswith("Row: 0 _id=1, ")
    assert ", body=Hi, there, service_center=NULL, " in row
    run("content update --uri content://sms/sent --bind body:s:New --where \"address='+1555'\"")
    assert "body=New" in run("content query --uri content://sms --where 'type=2' --sort '_id DESC'")
    run("content delete --uri content://sms/sent")
    assert run("content query --uri content://sms") == "No result found.\n"
    assert "no such column: nope" in run("content query --uri content://sms --where nope=1")


def test_messages_come_newest_first_as_from_the_real_provider(run):
    for body, date in (("old", 1000), ("new", 3000), ("middle", 2000)):
        run(f"content insert --uri content://sms/inbox --bind address:s:1 --bind body:s:{body} --bind date:l:{date}")
    rows = run("content query --uri content://sms/inbox --projection body")
    assert rows == "Row: 0 body=new\nRow: 1 body=middle\nRow: 2 body=old\n"


def test_contacts_read_as_phones(run):
    run("content insert --uri content://com.android.contacts/raw_contacts --bind account_type:s:")
    for kind, value in (("name", "Ann Lee"), ("phone_v2", "+1 555")):
        run(
            "content insert --uri content://com.android.contacts/data --bind raw_contact_id:i:1 "
            f"--bind mimetype:s:vnd.android.cursor.item/{kind} --bind data1:s:'{value}'"
        )
    assert run("content query --uri content://contacts/phones/ --projection display_name:number") == (
        "Row: 0 display_name=Ann Lee, number=+1 555\n"
    )
    run("pm clear com.android.providers.contacts")
    assert run("content query --uri content://contacts/phones/") == "No result found.\n"


def test_sqlite_reads_and_writes_the_app_s_database(run, phone):
    path = f"/data/data/{PACKAGE}/databases/notes.db"
    assert run(f'sqlite3 {path} "SELECT * FROM notes;"') == "1|Milk|two | bottles\n"
    assert run(f"sqlite3 -header {path} 'SELECT id, title FROM notes'") == "id|title\n1|Milk\n"
    assert run(
        f"sqlite3 {path} \"INSERT INTO notes VALUES (2, 'a;b', NULL); SELECT count(*), max(id) FROM notes\""
    ) == ("2|2\n")
    assert run(f"sqlite3 {path} .tables") == "notes\n"
    assert run(f"sqlite3 {path} 'SELECT nope'") == "Error: no such column: nope\n"
    assert phone.database(PACKAGE, "notes.db").execute("SELECT title FROM notes WHERE id = 2").fetchone()[0] == "a;b"
    assert run("echo text > /sdcard/x; sqlite3 /sdcard/x .tables") == "Error: file is not a database\n"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("VACUUM INTO '/data/out.db'", "too many attached databases - max 0"),
        ("ATTACH '/data/out.db' AS other", "too many attached databases - max 0"),
        ("SELECT load_extension('/data/x.so')", "not authorized"),
        ("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c", "interrupted"),
        ("SELECT hex(zeroblob(1000000000))", "string or blob too big"),
    ],
)
def test_sql_stays_in_its_database_and_ends(run, sql, problem):
    assert run(f'sqlite3 /sdcard/t.db "{sql}"') == f"Error: {problem}\n"


def test_screencap_is_the_screen(phone, run):
    run("screencap -p /sdcard/s.png")
    assert phone.files.read("/sdcard/s.png") == phone.png()
    raw = phone.shell("screencap").output
    assert [int.from_bytes(raw[i : i + 4], "little") for i in (0, 4, 8)] == [1080, 2400, 1]
    assert len(raw) == 16 + 1080 * 2400 * 4


def test_a_turned_phone_is_told_turned(run, phone):
    run("settings put system accelerometer_rotation 0; settings put system user_rotation 1")
    assert run("wm size") == "Physical size: 1080x2400\n"
    assert run("dumpsys window | grep mCurrentRotation") == "  mCurrentRotation=ROTATION_90\n"
    viewport = run("dumpsys input")
    assert "logicalFrame=[0, 0, 2400, 1080], physicalFrame=[0, 0, 2400, 1080]" in viewport
    assert "\n  SurfaceOrientation: 1\n" in viewport
    assert "bounds=[0,0][2400,1080]" in run("am stack list")
    assert '<hierarchy rotation="1"><node' in run("uiautomator dump /dev/tty")
    assert phone.shell("screencap").output[:8] == (2400).to_bytes(4, "little") + (1080).to_bytes(4, "little")


def test_uiautomator_writes_the_hierarchy(phone, run):
    assert run("uiautomator dump") == "UI hierchary dumped to: /sdcard/window_dump.xml\n"
    assert run("cat /sdcard/window_dump.xml").startswith(
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"0\"><node index=\"0\" "
    )


def test_input_types_selects_and_deletes(phone, run):
    run("am start -W -n com.example.notes/.Edit; input text 'two%swords'; input keyevent KEYCODE_A")
    state = phone.activities.top["state"]
    assert state["title"] == "two wordsa"
    run("input keycombination 113 29 && input keyevent 67")
    assert state["title"] == ""


def test_input_swipe_scrolls(phone, run):
    phone.database(PACKAGE, "notes.db").executemany(
        "INSERT INTO notes (title, body) VALUES (?, '')", [(f"Note {i}",) for i in range(60)]
    )
    run("am start -n com.example.notes/.Main")
    run("input swipe 500 2000 500 1000 500 ''")
    assert max(phone.window("app").scrolls.values()) > 500


def test_settings_list_is_what_get_tells(run):
    values = dict(line.split("=", 1) for line in run("settings list global").splitlines())
    assert values["wifi_on"] == "1"
    assert list(values) == sorted(values)
    assert all(run(f"settings get global {key}") == f"{value}\n" for key, value in values.items())


def test_logcat_formats_and_filters(phone, run):
    phone.log("Notes", "saved", "W", PACKAGE)
    epoch = run("logcat -d -v epoch Notes:V '*:S'").splitlines()[-1]
    assert re.fullmatch(r" +1697384040\.000 +\d+ +\d+ W Notes: saved", epoch)
    threadtime = run("logcat -d Notes:V '*:S'").splitlines()[-1]
    assert re.fullmatch(r"10-15 15:34:00\.000 +\d+ +\d+ W Notes: saved", threadtime)
    assert run("logcat -d -v raw Notes:E '*:S'") == ""


def test_monkey_opens_an_app(phone, run):
    assert (
        run("monkey -p com.example.notes -c android.intent.category.LAUNCHER 1").splitlines()[-2]
        == "Events injected: 1"
    )
    assert phone.foreground == (PACKAGE, f"{PACKAGE}.Main")


def test_keys_and_taps_pass_no_wall_clock(phone, run):
    before = phone.now_us
    run("input tap 5 5; sleep 2")
    assert 2_000_000 <= phone.now_us - before < 3_000_000
