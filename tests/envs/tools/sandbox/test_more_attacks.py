"""Attacks that the first suite doesn't have: by way of what the kernel shares, of forks, and of odd results.

Also run as an ordinary user, as the first suite is.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.session import Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier

ROOT = Path(__file__).resolve().parents[4]
TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
LIMITS = Limits(seconds=2.0, wall=8.0, memory=96 * MIB, output=4000, files=4 * MIB, entries=200, processes=12)
CTYPES = "import ctypes, os, signal\nlibc = ctypes.CDLL(None, use_errno=True)\n"


@pytest.fixture(scope="module", params=TIERS)
def box(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=[tier for tier in TIERS if tier >= Tier.T2])
def confined(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


def works(box):
    return box.run("6 * 7").value == "42"


def forging(result):
    return f"import os, struct\nresult = {result!r}\nos.write(4, struct.pack('!I', len(result)) + result)\nos._exit(0)"


# What the kernel counts or shares for all processes of a user.


@pytest.mark.parametrize(
    "call",
    [
        "os.setpriority(os.PRIO_PROCESS, 1, 19)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))",
        "os.sched_setaffinity(1, [0])",
        "fcntl.fcntl(pair[0], 8, 1)",  # F_SETOWN: signals for process 1
        "fcntl.fcntl(pair[0], 10, 9)",  # F_SETSIG: and these are SIGKILL
        "fcntl.ioctl(pair[0], 0x8901, b'1234')",  # FIOSETOWN
        "fcntl.fcntl(os.open('/usr', os.O_RDONLY), 1026, 1)",  # F_NOTIFY
        "fcntl.fcntl(os.open('/usr/bin/env', os.O_RDONLY), 1024, 0)",  # F_SETLEASE
        "pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)",  # gives it a name
    ],
)
def test_nobody_else_is_slowed_signalled_or_watched(confined, call):
    code = f"import fcntl, os, socket\npair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n{call}"
    assert confined.run(code).error.startswith("PermissionError")


@pytest.mark.parametrize(
    "call", ["inotify_init()", "inotify_init1(0)", "fanotify_init(0x200, 0)", "vmsplice(1, 0, 0, 0)"]
)
def test_what_is_counted_for_the_host_is_denied(confined, call):
    assert confined.run(CTYPES + f"(libc.{call}, ctypes.get_errno())").value == "(-1, 1)"


def test_harmless_commands_of_descriptors_are_allowed(confined):
    code = "import fcntl, os\nr, w = os.pipe()\nos.set_blocking(r, False)\nfcntl.lockf(open('x', 'w'), fcntl.LOCK_EX)"
    assert confined.run(code + "\nfcntl.fcntl(r, fcntl.F_GETFL) & os.O_NONBLOCK > 0").error == ""


def test_flags_of_descriptors_dont_pass_to_the_next_call(confined):
    flags = "import fcntl, os\nfcntl.fcntl(0, fcntl.F_GETFL)"
    before = confined.run(flags).value
    assert confined.run("import fcntl, os\nfcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)").error == ""
    confined.run("0")
    assert confined.run(flags).value == before


def test_bytes_that_begin_no_character_are_output_too(box):
    outcome = box.run("import os\nwhile True: os.write(1, b'\\x80' * 65536)")
    assert (outcome.stop, len(outcome.stdout)) == ("output", LIMITS.output)


def test_its_own_number_means_the_process_itself(box):
    code = "import os, signal\nheard = []\nsignal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))\n"
    assert box.run(code + "os.kill(os.getpid(), signal.SIGUSR1)\nheard == [signal.SIGUSR1]").value == "True"


# Ending, or not ending.


def test_a_stopped_process_is_ended(box):
    with Sandbox(box.tier, Limits(wall=0.5)) as short:
        assert short.run("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)").stop == "time"
        assert works(short)


@pytest.mark.parametrize(
    "code",
    [
        "import atexit, select\natexit.register(select.select, [], [], [], 60)\n42",
        "import threading\ndef spam():\n    while True: print(end='')\nthreading.Thread(target=spam).start()\n42",
        "import os, select\nif os.fork() == 0: select.select([], [], [], 60)\n42",
        "import sys\nsys.stdout = sys.stderr = None\n42",
        "class A:\n    def __del__(self): raise SystemExit(3)\na = A(); b = [a]; b.append(b); del a, b\n42",
        "import faulthandler\nfaulthandler.dump_traceback_later(0.001, repeat=True)\n42",
    ],
)
def test_what_goes_on_after_the_code_neither_delays_nor_changes_the_result(box, code):
    assert box.run(code).value == "42"


def test_a_process_whose_name_is_no_text_ends_with_its_call(box):
    code = """
import ctypes, os, select
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(15, b"\\xff) R 1 \\xfe", 0, 0, 0)
    os.write(write, b"x")
    select.select([], [], [], 60)
os.read(read, 1)
select.select([], [], [], 0.05)
"""
    assert box.run(code).stop == ""
    assert works(box)
    odd = [path for path in Path("/proc").glob("[0-9]*/comm") if _name(path).startswith(b"\xff) R 1")]
    assert not odd


def _name(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("name", ["d", "d" * 200])
def test_folders_nested_without_end_are_removed(box, name):
    code = f"import os\ntry:\n    for _ in range(1100): os.mkdir({name!r}); os.chdir({name!r})\nexcept OSError: pass"
    outcome = box.run(code)
    assert outcome.stop in ("", "killed", "time")
    folders = list(Path(tempfile.gettempdir()).glob(f"palaestra-sandbox-{os.getpid()}-*/*/*"))
    assert not folders
    sessions = Sessions(box)
    journal, _ = sessions.run(Journal(), "1")
    sessions.run(journal, code)
    assert sessions.run(journal, "import os; os.listdir()")[1].value == "[]"
    sessions.close()


# Results.


@pytest.mark.parametrize(
    "result",
    [
        b'{"value": "", "error": "", "stop": "", "files": {"a": "", "a/b": ""}, "removed": [], "clock": 100.0}',
        b'{"value": "", "error": "", "stop": "", "files": {"a": "", "a/": ""}, "removed": [], "clock": 100.0}',
        b'{"value": "", "error": "", "stop": "", "files": {}, "removed": [], "clock": 50.0}',
        b'{"value": "", "error": "", "stop": "", "files": {"' + b"a" * 300 + b'": ""}, "removed": [], "clock": 100.0}',
        b'{"value": "", "value": 1, "error": "", "stop": "", "files": {}, "removed": [], "clock": 100.0}',
        b'{"value": "", "error": "", "stop": "", "files": {}, "removed": [], "clock": 1' + b"0" * 5000 + b"}",
    ],
)
def test_results_that_cannot_be_are_refused(box, result):
    outcome = box.run(forging(result), clock=100.0)
    assert (outcome.stop, outcome.files, outcome.clock) == ("killed", {}, 100.0)


def test_files_that_exclude_each_other_are_the_hosts_mistake(box):
    for files in ({"a": b"", "a/b": b""}, {"a": b"", "a/": b""}, {"a": b"", "a.b": b"", "a/b/c": b""}):
        with pytest.raises(InputError, match="'a'"):
            box.run("1", files=files)
    assert box.run("open('a/b/c').read()", files={"a/": b"", "a.b": b"", "a/b/": b"", "a/b/c": b"x"}).value == "'x'"


# Branches of a session.

OPEN = "fd = os.open('x', os.O_RDWR | os.O_CREAT)\nos.dup2(fd, 0)\nos.close(fd)"
MAP = """
import mmap
libc.mmap.restype = ctypes.c_void_p
place = libc.mmap(None, ctypes.c_size_t(4096), 3, 0x21, -1, 0)
libc.mprotect(ctypes.c_void_p(place), 4096, 1)
"""
HOOK = """
import mmap
shared = []
def hook():
    if not shared: shared.append(mmap.mmap(-1, 4096))
os.register_at_fork(before=hook, after_in_parent=hook)
fork = os.fork
def forged():
    hook()
    return fork()
os.fork = forged
"""
WRITE_SHARED = "(shared or [bytearray(9)])[0][:6] = b'secret'"
SIGNAL = """
import fcntl, select, socket
a, b = socket.socketpair()
try:
    fcntl.fcntl(a, 8, os.getppid()); fcntl.fcntl(a, 10, signal.SIGUSR1); fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC)
except OSError: pass
for _ in range(3): b.send(b'x'); select.select([], [], [], 0.02)
"""
TIMER = """
heard = []
signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
_ = signal.setitimer(signal.ITIMER_REAL, 0.03, 0.01)
"""


@pytest.mark.parametrize(
    ("before", "here", "there"),
    [
        (OPEN, "os.pwrite(0, b'secret', 0)", "os.pread(0, 6, 0)"),
        (
            MAP,
            "libc.mprotect(ctypes.c_void_p(place), 4096, 3)\nctypes.memmove(place, b'secret', 6)",
            "ctypes.string_at(place, 6)",
        ),
        (HOOK, WRITE_SHARED, "bytes((shared or [b''])[0][:6])"),
        ("forks = []\nos.register_at_fork(before=lambda: forks.append(1))", "0", "len(forks)"),
        ("", "os.setxattr(os.getcwd(), 'user.x', b'secret')", "os.listxattr(os.getcwd())"),
        ("", "os.chmod(os.getcwd(), 0o500)", "open('x', 'w').write('mine')"),
        ("heard = []\n_ = signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))", SIGNAL, "heard"),
        (TIMER, "import select; select.select([], [], [], 0.1)", "heard"),
        ("import struct\nos.write(3, struct.pack('!I', 2))", "1", "2"),
    ],
    ids=["file", "mapping", "hook", "count", "attribute", "mode", "signal", "timer", "forged process"],
)
def test_a_branch_is_as_if_the_other_had_never_been(confined, before, here, there):
    sessions, fresh = Sessions(confined), Sessions(confined)
    common, _ = sessions.run(Journal(), CTYPES + before)
    first, _ = sessions.run(common, here)
    _, branch = sessions.run(common, there)
    _, alone = fresh.run(common, there)
    assert (branch.value, branch.error, branch.stop, branch.files) == (
        alone.value,
        alone.error,
        alone.stop,
        alone.files,
    )
    assert "secret" not in branch.value
    sessions.run(first, "1")
    assert sessions.run(Journal(), "'alive'")[1].value == "'alive'"
    sessions.close()
    fresh.close()


def test_a_session_stays_cheap_for_honest_cells(confined):
    sessions = Sessions(confined)
    journal, _ = sessions.run(Journal(), "import random, sqlite3, json\nx = []")
    rooms = sessions._cache[journal.key]
    assert rooms.how == "fork"
    journal, outcome = sessions.run(journal, "x.append(random.random()); open('f', 'w').write('1')")
    assert (outcome.error, sessions._cache[journal.key].how) == ("", "fork")
    sessions.close()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": float("inf")},
        {"seed": "1"},
        {"clock": float("nan")},
        {"clock": -1.0},
        {"files": {"../x": b""}},
        {"files": {"x": "text"}},
        {"files": {"a": b"", "a/b": b""}},
        {"cells": [{"code": 1, "clock": 0.0, "after": 0.0, "digest": "", "failed": False}]},
        {"cells": [{"code": "", "clock": "0", "after": 0.0, "digest": "", "failed": False}]},
        {"cells": [{"code": "", "clock": 0.0, "after": float("nan"), "digest": "", "failed": False}]},
        {"cells": [{"code": "\ud800", "clock": 0.0, "after": 0.0, "digest": "", "failed": False}]},
        {"cells": [{"code": "", "clock": 0.0, "after": 0.0, "digest": None, "failed": False}]},
        {"cells": [{"code": "", "clock": 0.0, "after": 0.0, "digest": "", "failed": 1}]},
        {"cells": 3},
        {"files": []},
    ],
)
def test_a_forged_journal_is_refused(change):
    assert Journal.from_data(Journal(files={"a": b"x"}).to_data()).files == {"a": b"x"}
    with pytest.raises(ValueError, match="not a journal"):
        Journal.from_data(Journal().to_data() | change)


if os.geteuid() == 0:

    @pytest.mark.slow
    def test_all_of_this_holds_for_an_ordinary_user():
        """This file's other tests again, as nobody, who may be unable to see this Python and this folder."""
        place = Path(tempfile.mkdtemp(dir="/tmp"))
        os.chmod(place, 0o755)
        (place / "home").mkdir(mode=0o777)
        os.chmod(place / "home", 0o777)
        try:
            command = [sys.executable, "-c", AS_NOBODY, str(place)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        finally:
            shutil.rmtree(place)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
        assert " passed" in done.stdout
        assert "skipped" not in done.stdout


AS_NOBODY = f"""
import os, sys
from palaestra.envs.tools.sandbox import kernel
place, home = sys.argv[1], sys.argv[1] + "/home"
packages = [path for path in sys.path if path.endswith("site-packages")]
shown = [sys.base_prefix, {str(ROOT)!r}, *packages]
kernel.unshare(kernel.NEWNS)
kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
for number, path in enumerate(shown):
    os.mkdir(f"{{place}}/{{number}}")
    kernel.mount(path, f"{{place}}/{{number}}", flags=kernel.MS_BIND | kernel.MS_REC)
python = f"{{place}}/0/bin/" + os.path.basename(os.path.realpath(sys.executable))
os.chdir(f"{{place}}/1")
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
paths = [f"{{place}}/1/src", *(f"{{place}}/{{number}}" for number in range(2, len(shown)))]
environment = {{"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "PYTHONSAFEPATH": "1"}}
environment |= {{"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"}}
command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/envs/tools/sandbox/test_more_attacks.py"]
os.execve(python, command, environment)
"""
