import email.utils
import errno
import fcntl
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from palaestra.data import store
from palaestra.data.errors import InputError

CONTENT = np.random.default_rng(0).bytes(300_000)


class FileServer(ThreadingHTTPServer):
    """Serves one file on the loopback; attributes say how well it behaves."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.modified = CONTENT, '"one"', None
        self.ranges = True  # answers Range requests
        self.breaks: list[int] = []  # bytes after which the next answers break off
        self.status = 200
        self.announces = True  # sends Content-Length
        self.length = ""  # sent as Content-Length instead of the true one
        self.asked: list[dict] = []  # headers of the requests so far

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hopper_medium-v2.hdf5"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(dict(self.headers))
        if server.status != 200:
            return self.send_error(server.status)
        start, range_header = 0, self.headers.get("Range")
        validators = (server.etag, server.modified)
        if range_header and server.ranges and self.headers.get("If-Range") in validators:
            start = int(re.fullmatch(r"bytes=(\d+)-", range_header)[1])
            if start >= len(server.content):
                return self.send_error(416)
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        if server.announces:
            self.send_header("Content-Length", server.length or str(len(body)))
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.modified:
            self.send_header("Last-Modified", server.modified)
        self.end_headers()
        self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "d4rl" / "hopper_medium-v2.hdf5"


def files(path):
    return sorted(file.name for file in path.parent.iterdir()) if path.parent.exists() else []


def break_off(server, path, after):
    """Have a download break off for good, which takes two answers: the second brings nothing."""
    server.breaks = [after, 0]
    with pytest.raises(InputError, match=r"broke off after \d+ of 300000 bytes; try again") as caught:
        store.download(server.url, path)
    assert "\n" not in str(caught.value)
    server.asked.clear()


def test_a_whole_file(server, path):
    assert store.download(server.url, path, size=len(CONTENT)) == path
    assert path.read_bytes() == CONTENT
    assert files(path) == [path.name]


def test_what_is_there_is_not_fetched_again(server, path):
    store.download(server.url, path)
    server.content = b"other"
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_broken_transfer_goes_on_where_it_stopped(server, path):
    break_off(server, path, 100_000)
    assert files(path) == [f"{path.name}.part", f"{path.name}.part.json"]
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert [asked["Range"] for asked in server.asked] == ["bytes=100000-"]
    assert server.asked[0]["If-Range"] == '"one"'
    assert files(path) == [path.name]


def test_a_connection_that_breaks_is_tried_again_as_long_as_bytes_come(server, path):
    server.breaks = [100_000, 50_000, 70_000]
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert [asked.get("Range") for asked in server.asked] == [None, "bytes=100000-", "bytes=150000-", "bytes=220000-"]


def test_last_modified_does_where_there_is_no_etag(server, path):
    server.etag, server.modified = None, email.utils.formatdate(0, usegmt=True)
    break_off(server, path, 100_000)
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert server.asked[0]["If-Range"] == server.modified


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_validator_it_starts_again(server, path, etag):
    server.etag = etag
    break_off(server, path, 100_000)
    assert files(path) == []
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT
    assert "Range" not in server.asked[0]


def test_a_server_that_cannot_continue_sends_all_of_it(server, path):
    break_off(server, path, 100_000)
    server.ranges = False
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_not_mixed(server, path):
    break_off(server, path, 100_000)
    server.content, server.etag = CONTENT[::-1], '"two"'
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT[::-1]


def test_a_part_of_another_address_is_not_continued(server, path):
    break_off(server, path, 100_000)
    store.download(server.url + "?other", path)
    assert path.read_bytes() == CONTENT
    assert "Range" not in server.asked[0]


def test_a_part_longer_than_the_file_is_dropped(server, path):
    break_off(server, path, 100_000)
    server.content = CONTENT[:50_000]  # the same ETag: a careless server
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT[:50_000]


def test_a_server_that_continues_at_the_wrong_place(server, path, monkeypatch):
    break_off(server, path, 100_000)
    send = Handler.send_header
    wrong = {"Content-Range": "bytes 5-299999/300000"}
    monkeypatch.setattr(Handler, "send_header", lambda self, name, value: send(self, name, wrong.get(name, value)))
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT


def test_a_server_that_does_not_say_how_long_the_file_is(server, path):
    server.announces = False
    store.download(server.url, path, size=len(CONTENT))
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("length", ["many", "-5", "1_000", "12.5", "²"])
def test_a_length_that_is_no_number(server, path, length):
    server.length = length
    with pytest.raises(
        InputError, match=r"the server sent the length .* which is not a number of bytes; .* put the file"
    ):
        store.download(server.url, path)
    assert not path.exists()


def test_an_answer_that_is_not_http(path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1 << 12)
                connection.sendall(b"220 ready for mail\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(InputError, match="cannot be reached"):
            store.download(f"http://127.0.0.1:{listener.getsockname()[1]}/a", path)
        thread.join()
    with pytest.raises(InputError, match="cannot be reached"):
        store.download("http://127.0.0.1:9/a file", path)


def test_a_wrong_size_leaves_nothing(server, path):
    server.announces, server.breaks = False, [1234]
    with pytest.raises(InputError, match="1234 bytes received, expected 300000"):
        store.download(server.url, path, size=len(CONTENT))
    assert files(path) == []


def test_a_file_that_fails_its_check_leaves_nothing(server, path):
    def check(part):
        assert part.read_bytes() == CONTENT
        raise InputError(f"{part}: not an HDF5 file")

    with pytest.raises(InputError, match="not an HDF5 file"):
        store.download(server.url, path, check=check)
    assert files(path) == []


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_refusals_name_status_address_and_place(server, path, status):
    server.status = status
    with pytest.raises(InputError, match=f"{server.url}: HTTP {status} .*put the file at {path}") as caught:
        store.download(server.url, path)
    assert "\n" not in str(caught.value)
    assert files(path) == []


def test_a_refusal_keeps_what_came_before(server, path):
    break_off(server, path, 100_000)
    server.status = 503
    with pytest.raises(InputError, match="HTTP 503"):
        store.download(server.url, path)
    assert f"{path.name}.part" in files(path)


def test_offline_says_where_to_put_the_file(path, monkeypatch):
    url = "http://127.0.0.1:9/x.hdf5"
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match=f"{url}: cannot be reached .*put the file at {path}") as caught:
        store.download(url, path)
    assert "\n" not in str(caught.value)
    assert files(path) == []


def test_no_address(path):
    with pytest.raises(InputError, match="nowhere: not an address"):
        store.download("nowhere", path)
    assert files(path) == []


def test_a_full_disk_leaves_nothing(server, path, monkeypatch):
    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, block):
            raise OSError(errno.ENOSPC, "No space left on device")

    fetch = store._fetch
    monkeypatch.setattr(store, "_fetch", lambda url, part, file: fetch(url, part, Full(file)))
    with pytest.raises(InputError, match="no space left on the disk"):
        store.download(server.url, path)
    assert files(path) == []


def test_an_interrupt_keeps_what_arrived(server, path, monkeypatch):
    def interrupted(part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.download(server.url, path, check=interrupted)
    assert files(path) == [f"{path.name}.part", f"{path.name}.part.json"]
    store.download(server.url, path)
    assert path.read_bytes() == CONTENT


FETCH = """
import sys
from pathlib import Path
from palaestra.data.store import download
download(sys.argv[1], Path(sys.argv[2]))
"""


def test_several_processes_fetch_one_file_once(server, path):
    processes = [subprocess.Popen([sys.executable, "-c", FETCH, server.url, str(path)]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert path.read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert files(path) == [path.name]


def test_the_root_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "here"))
    assert store.data_root() == tmp_path / "here"
    monkeypatch.delenv("PALAESTRA_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert store.data_root() == tmp_path / "cache" / "palaestra"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store.data_root() == tmp_path / ".cache" / "palaestra"


def test_written_whole_and_replaced(tmp_path):
    for text in ("one", "two"):
        with store.write_atomically(tmp_path / "deep" / "a.txt") as made:
            made.write_text(text)
        assert (tmp_path / "deep" / "a.txt").read_text() == text
    for name in ("x", "y"):
        with store.write_atomically(tmp_path / "folder") as made:
            made.mkdir()
            (made / name).write_text(name)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["y"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "folder"]


def fail_halfway(path, error):
    with store.write_atomically(path) as made:
        made.write_text("half")
        raise error


def test_a_failure_leaves_the_old_one_and_nothing_else(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ZeroDivisionError):
        fail_halfway(tmp_path / "a.txt", ZeroDivisionError())
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("4096 requested and 100 written"),  # NumPy's way of saying so, without an error number
    ],
)
def test_a_full_disk_is_one_line(tmp_path, error):
    with pytest.raises(InputError, match=r"a\.npy: no space left on the disk; free some"):
        fail_halfway(tmp_path / "a.npy", error)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/a\.npy: cannot be written"):
        fail_halfway(tmp_path / "file" / "a.npy", None)


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError), store.write_atomically(tmp_path / "a.txt"):
        (tmp_path / "missing").read_text()


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    killed, replacing, running, other = (
        tmp_path / f".half-made-{name}" for name in ("abandon1-out", "abandon2-out", "running1-out", "abandon3-out2")
    )
    for folder in (killed, replacing, running, other):
        (folder / "out").mkdir(parents=True)
        os.utime(folder, (0, 0))
    (replacing / "out.replaced").mkdir()
    (replacing / "out.replaced" / "old").touch()
    os.utime(replacing, (0, 0))
    lock = os.open(running, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(ZeroDivisionError), store.write_atomically(tmp_path / "out"):
        raise ZeroDivisionError
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([running.name, other.name, "out"])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old"]
    os.close(lock)


def test_a_folder_is_synced_before_it_is_in_place(tmp_path, monkeypatch):
    synced = []

    def fsync(descriptor):
        synced.append((os.fstat(descriptor).st_ino, (tmp_path / "out").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with store.write_atomically(tmp_path / "out") as made:
        (made / "inner").mkdir(parents=True)
        (made / "inner" / "file").write_text("text")
    parts = [tmp_path / name for name in ("out/inner/file", "out/inner", "out", "")]
    assert synced == list(zip([part.stat().st_ino for part in parts], [False, False, False, True]))


def test_a_device_or_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe, socket or device"), store.write_atomically(tmp_path / "pipe") as made:
        made.write_text("x")
    assert (tmp_path / "pipe").is_fifo()
