"""Files, databases and content providers of the phone, without a screen."""

import sqlite3
from types import SimpleNamespace

import msgpack
import numpy as np
import pytest

from palaestra.envs.android.system.contracts import NAME_TYPE, PHONE_TYPE
from palaestra.envs.android.system.databases import Databases, rows_of
from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.preferences import Preferences
from palaestra.envs.android.system.providers import Providers

NOW_US = 1_697_384_040_000_000  # Sun 15 Oct 2023 15:34 UTC


@pytest.fixture
def phone():
    """The parts of a device that storage needs."""
    generator = np.random.default_rng(0)
    phone = SimpleNamespace(state={}, now_us=NOW_US, rng=lambda purpose: generator, apps={})
    phone.files, phone.databases, phone.providers = Files(phone), Databases(phone), Providers(phone)
    phone.preferences = Preferences(phone)
    phone.files.create()
    return phone


def restored(phone):
    """State through bytes, as snapshot and restore do it."""
    phone.databases.flush()
    phone.state = msgpack.unpackb(msgpack.packb(phone.state))
    phone.databases.restored()


def test_mounted_folders_can_be_emptied_but_not_removed(phone):
    phone.files.write("/sdcard/Documents/a.txt", b"one")
    for folder in ("/data", "/sdcard"):
        with pytest.raises(OSError, match="busy"):
            phone.files.move(folder, "/mnt/other")
    assert phone.files.read("/sdcard/Documents/a.txt") == b"one"
    with pytest.raises(OSError, match="busy"):
        phone.files.remove("/storage", recursive=True)
    assert phone.files.listdir("/sdcard") == []


def test_files_live_in_android_s_folders_and_links(phone):
    phone.files.write("/sdcard/Documents/a.txt", b"one")
    phone.files.append("/storage/self/primary/Documents/../Documents/a.txt", b" two")
    assert phone.files.read("/storage/emulated/0/Documents/a.txt") == b"one two"
    assert phone.files.listdir("/sdcard/Documents") == ["a.txt"]
    assert phone.files.stat("/sdcard/Documents/a.txt").size == 7
    assert phone.files.stat("/sdcard/Documents/a.txt").mtime_us == NOW_US
    assert list(phone.files.walk("/sdcard/Documents")) == ["/storage/emulated/0/Documents/a.txt"]


@pytest.mark.parametrize(
    ("mistake", "error"),
    [
        (lambda files: files.read("/sdcard/none"), FileNotFoundError),
        (lambda files: files.write("/sdcard/none/a", b""), FileNotFoundError),
        (lambda files: files.write("/sdcard/DCIM", b""), IsADirectoryError),
        (lambda files: files.read("/sdcard"), IsADirectoryError),
        (lambda files: files.remove("/sdcard/DCIM"), IsADirectoryError),
        (lambda files: files.listdir("/sdcard/f"), NotADirectoryError),
        (lambda files: files.write("/sdcard/f/g", b""), NotADirectoryError),
        (lambda files: files.mkdir("/sdcard/f/g", parents=True), NotADirectoryError),
        (lambda files: files.mkdir("/sdcard/DCIM"), FileExistsError),
        (lambda files: files.move("/sdcard/f", "/sdcard/DCIM"), FileExistsError),
        (lambda files: files.move("/sdcard/DCIM", "/sdcard/DCIM/x"), PermissionError),
        (lambda files: files.write("/system/etc/hosts", b""), PermissionError),
        (lambda files: files.write("/sdcard/" + "n" * 256, b""), PermissionError),
        (lambda files: files.remove("/", recursive=True), PermissionError),
    ],
)
def test_mistakes_with_files_are_the_system_s_errors_and_change_nothing(phone, mistake, error):
    phone.files.write("/sdcard/f", b"kept")
    before = msgpack.packb(phone.state)
    with pytest.raises(error):
        mistake(phone.files)
    assert msgpack.packb(phone.state) == before


def test_folders_are_copied_and_moved_whole(phone):
    phone.files.mkdir("/sdcard/Documents/deep/er", parents=True)
    phone.files.write("/sdcard/Documents/deep/er/a", b"1")
    phone.files.copy("/sdcard/Documents/deep", "/sdcard/Download/copy")
    phone.files.move("/sdcard/Documents/deep", "/sdcard/Download/moved")
    phone.files.write("/sdcard/Download/copy/er/a", b"2")
    assert phone.files.read("/sdcard/Download/moved/er/a") == b"1"
    assert not phone.files.exists("/sdcard/Documents/deep")


SCHEMA = "CREATE TABLE t (_id INTEGER PRIMARY KEY, v TEXT)"
PATH = "/data/data/a.b/databases/x.db"


def test_a_database_is_a_file_that_follows_its_rows(phone):
    connection = phone.databases.connection("a.b", "x.db", SCHEMA)
    connection.execute("INSERT INTO t (v) VALUES ('one')")
    phone.databases.note_changes()
    phone.now_us += 5_000_000
    assert phone.files.stat(PATH).mtime_us == NOW_US
    assert rows_of(phone.files.read("/data/user/0/a.b/databases/x.db"))["t/1"] == "[1, 'one']"
    phone.files.copy(PATH, "/sdcard/copy.db")
    connection.execute("UPDATE t SET v = 'two'")
    assert rows_of(phone.files.read("/sdcard/copy.db"))["t/1"] == "[1, 'one']"
    phone.files.move("/sdcard/copy.db", PATH)
    assert phone.databases.connection("a.b", "x.db", SCHEMA).execute("SELECT v FROM t").fetchone()["v"] == "one"


def test_databases_come_back_with_the_state(phone):
    phone.databases.connection("a.b", "x.db", SCHEMA).execute("INSERT INTO t (v) VALUES ('kept')")
    restored(phone)
    state = msgpack.packb(phone.state)
    phone.databases.connection("a.b", "x.db").execute("DELETE FROM t")
    phone.databases.connection("c.d", "y.db", SCHEMA).execute("INSERT INTO t (v) VALUES ('later')")
    phone.state = msgpack.unpackb(state)
    phone.databases.restored()
    assert [row["v"] for row in phone.databases.connection("a.b", "x.db").execute("SELECT v FROM t")] == ["kept"]
    assert not phone.files.exists("/data/data/c.d")


def test_asking_for_the_image_leaves_the_time_of_a_database_alone(phone):
    connection = phone.databases.connection("a.b", "x.db", SCHEMA)
    connection.execute("INSERT INTO t (v) VALUES ('one')")
    phone.databases.flush()
    phone.now_us += 5_000_000
    assert phone.files.stat(PATH).mtime_us == NOW_US
    connection.execute("INSERT INTO t (v) VALUES ('two')")
    assert phone.files.stat(PATH).mtime_us == phone.now_us


def test_a_file_that_is_no_database_is_made_anew(phone):
    phone.files.mkdir("/data/data/a.b/databases", parents=True)
    phone.files.write(PATH, b"SQLite format 3\0" + b"junk" * 100)
    assert phone.databases.connection("a.b", "x.db", SCHEMA).execute("SELECT * FROM t").fetchall() == []


def test_sql_sees_the_phone_s_clock_and_reaches_no_other_file(phone, tmp_path):
    connection = phone.databases.connection("a.b", "x.db", SCHEMA)
    row = connection.execute("SELECT datetime('now', '+1 day'), date(), strftime('%H:%M', 'now'), CURRENT_TIMESTAMP")
    assert tuple(row.fetchone()) == ("2023-10-16 15:34:00", "2023-10-15", "15:34", "2023-10-15 15:34:00")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute(f"ATTACH '{tmp_path / 'stolen.db'}' AS other")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute(f"VACUUM INTO '{tmp_path / 'stolen.db'}'")
    assert list(tmp_path.iterdir()) == []
    endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute(endless)
    assert connection.execute("SELECT 1").fetchone()[0] == 1


def test_messages_are_rows_by_folder_with_threads(phone):
    phone.providers.insert("content://sms/inbox", {"address": "+1", "body": "Hello, you"})
    uri = phone.providers.insert("content://sms/sent", {"address": "+1", "body": "Hi"})
    phone.providers.insert("content://sms/sent", {"address": "+2", "body": "Other"})
    assert uri == "content://sms/sent/2"
    (received,) = phone.providers.query("content://sms/inbox")
    assert (received["body"], received["type"], received["date"]) == ("Hello, you", 1, NOW_US // 1000)
    sent = phone.providers.query("content://sms/sent", ["address", "body"], "body = ?", "date", ("Hi",))
    assert sent == [{"address": "+1", "body": "Hi"}]
    threads = phone.providers.query("content://sms/conversations", ["message_count", "snippet"], sort="_id")
    assert [tuple(thread.values()) for thread in threads] == [(2, "Hi"), (1, "Other")]
    assert phone.providers.update("content://sms/1", {"read": 1}) == 1
    assert phone.providers.delete("content://sms/sent") == 2
    assert [row["_id"] for row in phone.providers.query("content://sms")] == [1]


def test_contacts_are_found_by_phone(phone):
    uri = phone.providers.insert("content://com.android.contacts/raw_contacts", {"account_name": "phone"})
    number = int(uri.rpartition("/")[2])
    for kind, value in ((NAME_TYPE, "Ada Byron"), (PHONE_TYPE, "+44 20 1234")):
        row = {"raw_contact_id": number, "mimetype": kind, "data1": value}
        phone.providers.insert("content://com.android.contacts/data", row)
    assert phone.providers.query("content://contacts/phones/", ["display_name", "number"]) == [
        {"display_name": "Ada Byron", "number": "+44 20 1234"}
    ]
    assert phone.providers.query("content://com.android.contacts/contacts")[0]["has_phone_number"] == 1
    assert phone.providers.delete("content://com.android.contacts/raw_contacts", f"_id = {number}") == 1
    assert phone.providers.query("content://contacts/phones/") == []


def test_media_are_the_files_of_the_storage(phone):
    for name in ("DCIM/b.jpg", "Download/a.png", "Download/c.pdf", "Android/data/x.png"):
        phone.files.write(f"/sdcard/{name}", b"...")
    images = phone.providers.query("content://media/external/images/media", ["_display_name"], sort="_display_name")
    assert images == [{"_display_name": "a.png"}, {"_display_name": "b.jpg"}]
    assert phone.providers.delete("content://media/external/downloads") == 2
    assert phone.files.listdir("/sdcard/Download") == []


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("content://nobody/x", KeyError),
        ("content://sms/none", ValueError),
        ("content://media/external/none", ValueError),
        ("file:///x", ValueError),
    ],
)
def test_addresses_that_mean_nothing(phone, uri, error):
    with pytest.raises(error):
        phone.providers.query(uri)
    with pytest.raises(sqlite3.Error):
        phone.providers.query("content://sms", where="no sql")
