"""What model-written code can't do, in each tier that this machine has, as this user and as an ordinary one.

Where T1 doesn't hold, the test shows the hole and that ``lacks`` names it.
"""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from palaestra.envs.tools.sandbox.filters import CLONE
from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.session import Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier, holds, lacks

ROOT = Path(__file__).resolve().parents[4]
TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
LIMITS = Limits(seconds=0.6, wall=8.0, memory=96 * MIB, output=4000, files=4 * MIB, entries=200, processes=12)
CTYPES = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"


@pytest.fixture(scope="module", params=TIERS)
def box(request):
    os.environ["PALAESTRA_TEST_SECRET"] = "the host's secret"
    with Sandbox(request.param, LIMITS) as sandbox:
        assert sandbox.run("6 * 7").value == "42"
        yield sandbox
    del os.environ["PALAESTRA_TEST_SECRET"]


@pytest.fixture(scope="module", params=[tier for tier in TIERS if tier >= Tier.T2])
def confined(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def weak():
    with Sandbox("T1", LIMITS) as sandbox:
        yield sandbox


def descendants(pid):
    """All living processes below one, as pairs of number and start."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents.setdefault(int(fields[1]), []).append((int(name), int(fields[19])))
    below, waiting = set(), [pid]
    while waiting:
        new = parents.get(waiting.pop(), [])
        below.update(new)
        waiting += [number for number, _ in new]
    return below


def lives(pid, start):
    """Whether a process is there and no zombie, which is one that only waits to be counted as dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z" and int(fields[19]) == start


def eventually(condition, seconds=20.0):
    """Whether a condition comes true within some time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def settled():
    """How many processes there are below this one, once that stays the same."""
    counts = [-1]
    while len(counts) < 6 or len(set(counts[-6:])) > 1:
        counts.append(len(descendants(os.getpid())))
        time.sleep(0.03)
    return counts[-1]


def leaves_nothing(box, code):
    """Run code and check that no process of it is left; returns the outcome."""
    box.run("0")
    servers = settled()
    outcome = box.run(code)
    box.run("0")
    assert eventually(lambda: len(descendants(os.getpid())) <= servers)
    return outcome


def works(box):
    return box.run("6 * 7").value == "42"


def test_a_fork_bomb_is_stopped(box):
    outcome = leaves_nothing(box, "import os\nwhile True:\n    try: os.fork()\n    except BlockingIOError: pass")
    assert outcome.stop in ("processes", "time", "killed")
    assert works(box)


def test_a_thread_bomb_is_stopped(box):
    code = "import threading, select\nfor _ in range(500): threading.Thread(target=select.select, args=([], [], [], 60))"
    outcome = leaves_nothing(box, code + ".start()\nselect.select([], [], [], 5)\n'unbounded'")
    assert outcome.value == ""
    assert outcome.stop or "can't start new thread" in outcome.error


def test_memory_is_bounded(box):
    assert box.run("data = bytearray(900 << 20)").stop == "memory"
    assert box.run("data = []\nwhile True: data.append(bytearray(1 << 20))").stop == "memory"


def test_memory_of_all_processes_together_is_bounded(box):
    code = """
import os, select
for _ in range(6):
    if os.fork() == 0:
        data = bytearray(b"x") * (40 << 20)
        select.select([], [], [], 60)
select.select([], [], [], 60)
"""
    assert leaves_nothing(box, code).stop == "memory"


def test_memory_is_bounded_for_code_that_raises_its_limits(box):
    code = """
import resource
try: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
except (ValueError, OSError): pass
data = bytearray(b"x") * (900 << 20)
"""
    assert box.run(code).stop == "memory"


def test_time_is_bounded(box):
    assert box.run("while True: pass").stop == "time"
    many = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    assert leaves_nothing(box, many).stop == "time"


def test_waiting_is_bounded(box):
    with Sandbox(box.tier, Limits(wall=0.5)) as short:
        assert short.run("import select; select.select([], [], [], 60)").stop == "time"


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('spam')",
        "import os\nwhile True: os.write(1, b'x' * 4096)",
        "import sys\nwhile True: sys.stderr.write('x' * 100)",
        "import os\nif os.fork() == 0:\n    while True: os.write(2, b'xyz')\nimport select; select.select([], [], [], 60)",
    ],
)
def test_endless_output_is_cut(box, code):
    outcome = box.run(code)
    assert outcome.stop == "output"
    assert len(outcome.stdout) == LIMITS.output


def test_output_that_is_no_text_is_cut(box):
    outcome = box.run("import os\nwhile True: os.write(1, bytes([0xff, 0x80, 0x80, 0x80]) * 1000)")
    assert outcome.stop == "output"
    assert len(outcome.stdout) <= LIMITS.output


def test_a_huge_value_and_a_huge_error_are_cut(box):
    assert len(box.run("'x' * 1_000_000").value) == LIMITS.output
    assert len(box.run("raise ValueError('x' * 1_000_000)").error) == LIMITS.output


def test_one_file_is_bounded(box):
    outcome = box.run("file = open('big', 'wb')\nfor _ in range(100): file.write(bytes(1 << 20))")
    assert "OSError" in outcome.error or outcome.stop == "files"
    assert sum(map(len, outcome.files.values())) <= LIMITS.files


def test_a_file_with_a_hole_is_bounded(box):
    code = "import os\nfor i in range(50):\n    f = open(str(i), 'wb'); os.truncate(f.fileno(), (4 << 20) - 1)"
    outcome = box.run(code)
    assert outcome.stop == "files"
    assert not outcome.files


def test_the_disk_cannot_be_filled(confined):
    outcome = confined.run("for i in range(100): open(str(i), 'wb').write(bytes(1 << 20))")
    assert "No space left" in outcome.error
    assert "No space left" in confined.run("for i in range(100_000): open(str(i), 'w')").error


def test_a_zip_bomb_is_bounded(box):
    code = """
import io, zipfile
data = io.BytesIO()
with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as member:
    for _ in range(200): member.write(bytes(1 << 20))
zipfile.ZipFile(data).extractall(".")
"""
    outcome = box.run(code)
    assert outcome.stop in ("time", "memory") or "OSError" in outcome.error
    assert sum(map(len, outcome.files.values())) <= LIMITS.files


def test_other_processes_are_out_of_sight(confined):
    for path in ("/proc", "/proc/1", "/proc/self"):
        assert "PermissionError" in confined.run(f"import os; os.listdir({path!r})").error
    for name in ("environ", "mem", "maps", "cmdline", "root/etc/passwd"):
        assert "Error" in confined.run(f"open('/proc/{os.getpid()}/{name}').read()").error
        assert "Error" in confined.run(f"open('/proc/1/{name}').read()").error
    # Even what the supervisor sees has only the processes of its own room; a copy of its number space has no others.
    assert "ProcessLookupError" in confined.run(f"import os; os.kill({os.getpid()}, 0)").error


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"])
def test_there_is_no_network(confined, family):
    assert "PermissionError" in confined.run(f"import socket; socket.socket(socket.{family}, socket.SOCK_RAW)").error
    assert "PermissionError" in confined.run(f"import socket; socket.socket(socket.{family})").error


def test_a_pair_of_sockets_can_be_had(confined):
    assert confined.run("import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1)").value == "b'x'"


HOST_FILES = ["/etc/shadow", "/etc/passwd", str(Path.home()), str(ROOT), "/root", "/home", "/var", "/sys", "/boot"]


@pytest.mark.parametrize("path", HOST_FILES)
def test_files_of_the_host_cannot_be_read(confined, path):
    code = f"import os; os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}, 'rb').read()"
    assert confined.run(code).error.startswith(("PermissionError", "FileNotFoundError"))


def test_nothing_outside_the_working_directory_can_be_written(confined):
    for path in ("/x", "/usr/x", "/usr/lib/x", "/proc/sys/kernel/core_pattern", "/dev/x", f"{os.path.dirname(os.__file__)}/x"):
        error = confined.run(f"open({path!r}, 'w').write('x')").error
        assert error.startswith(("PermissionError", "FileNotFoundError", "OSError"))
    assert "Error" in confined.run("import os; os.chmod('/usr/bin/env', 0o777)").error
    assert "Error" in confined.run("import os; os.mknod('device', 0o20666, os.makedev(1, 1))").error


def test_links_lead_nowhere(confined):
    code = "import os\nos.symlink('/etc/passwd', 'a'); os.symlink('/', 'b'); os.listdir()\n"
    outcome = confined.run(code + "open('a').read()")
    assert outcome.error.startswith(("PermissionError", "FileNotFoundError"))
    assert "Error" in confined.run(code + "os.listdir('b/etc')").error
    assert "Error" in confined.run("import os; os.link('/usr/bin/env', 'env'); open('env', 'r+b')").error


def test_links_are_not_followed_when_files_are_collected_or_cleared(box, tmp_path):
    (tmp_path / "secret").write_text("host")
    outcome = box.run(f"import os; os.symlink({str(tmp_path / 'secret')!r}, 'link'); os.mkfifo('pipe'); open('f', 'w')")
    assert set(outcome.files) == {"f"}
    sessions = Sessions(box)
    journal, _ = sessions.run(Journal(files={"d/x": b"mine"}), f"import os, shutil\nshutil.rmtree('d')\nos.symlink({str(tmp_path)!r}, 'd')")
    _, outcome = sessions.run(journal, "import os; os.listdir()")
    sessions.close()
    assert outcome.value == "[]"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_signals_reach_nobody(confined):
    for target in ("1", "os.getppid()", "-1", "0"):
        confined.run(f"import os, signal\nos.kill({target}, signal.SIGKILL)\nos.kill({target}, signal.SIGSTOP)")
        assert works(confined)
    alive = confined.run("import os\ntry: os.kill(1, 9)\nexcept PermissionError: pass\nos.kill(os.getppid(), 0) or 'alive'")
    assert alive.value == "'alive'" or "PermissionError" in alive.error


def test_no_descriptor_of_the_host_is_inherited(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the host's secret")
    for tier in TIERS:
        probing = "seen = {}\nimport os\nfor n in range(3, 4096):\n    try: seen[n] = os.fstat(n).st_mode >> 12\n    except OSError: pass\nseen"
        program = f"""
import os
from palaestra.envs.tools.sandbox.run import Sandbox
number = os.open({str(secret)!r}, os.O_RDONLY)
os.dup2(number, 77, inheritable=True)
os.set_inheritable(number, True)
print(Sandbox({str(tier)!r}).run({probing!r}).value)
"""
        # Only its own: 3 is a socket (12), 4 a pipe (1).
        assert run_host(program).stdout == "{3: 12, 4: 1}\n"


def run_host(program, **options):
    """Run a program as a host of its own."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, **options)


def test_the_environment_of_the_host_is_out_of_sight(box):
    seen = box.run("import os; sorted(os.environ)")
    assert set(eval(seen.value)) == {"HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "TMPDIR", "TZ"}
    child = "import subprocess; subprocess.run('env', capture_output=True, text=True).stdout"
    assert "SECRET" not in box.run(child).value


@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",
        "libc.unshare(0x20000)",
        "libc.setns(3, 0)",
        "libc.chroot(b'.')",
        "libc.mount(b'x', b'.', b'tmpfs', 0, 0)",
        "libc.umount2(b'/proc', 2)",
        "libc.ptrace(0, 0, 0, 0)",
        "libc.ptrace(16, 1, 0, 0)",
        "libc.ptrace(16, os.getppid(), 0, 0)",
        "libc.process_vm_readv(1, 0, 0, 0, 0, 0)",
        f"libc.syscall({CLONE[os.uname().machine]}, 0x10000000 | 17, 0, 0, 0, 0)",
        "libc.personality(0)",
        "libc.keyctl(0, 0)",
        "libc.syscall(435, 0, 0)",
        "libc.syscall(425, 1, ctypes.create_string_buffer(200))",
        "libc.memfd_create(b'x', 0)",
        "libc.shmget(0, 4096, 0o1600)",
    ],
)
def test_calls_for_more_rights_are_denied(confined, call):
    if not hasattr(__import__("ctypes").CDLL(None), call.split(".")[1].partition("(")[0]):
        call = "libc.unshare(0)"  # an older C library has no such function, and its number is tried elsewhere
    outcome = confined.run(CTYPES + f"({call}, ctypes.get_errno() in (1, 38))")
    assert outcome.value == "(-1, True)"


def test_no_rights_are_held(confined):
    code = "import os\n(os.getuid(), os.geteuid(), os.getgid())"
    assert confined.run(code).value == "(1000, 1000, 1000)"
    for call in ("os.setuid(0)", "os.setgroups([0])", "os.chown('.', 0, 0)", "os.sethostname('x')"):
        assert "Error" in confined.run(f"import os, socket\nos.sethostname = socket.sethostname\n{call}").error


def test_calls_of_the_other_convention_end_the_process(confined):
    if os.uname().machine != "x86_64":
        return
    assert confined.run(CTYPES + "libc.syscall(0x40000000 | 39)").stop == "killed"  # x32's getpid


def test_no_daemon_outlives_its_call(box):
    code = """
import os, select
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(5): os.close(number)
        while True: select.select([], [], [], 1)
    os._exit(0)
os.wait()
'left'
"""
    assert leaves_nothing(box, code).value == "'left'"


def test_no_daemon_outlives_its_cell(box):
    sessions = Sessions(box)
    journal, _ = sessions.run(Journal(), "x = 1")
    before = settled()
    code = "import os, select\nif os.fork() == 0:\n    os.setsid()\n    while True: select.select([], [], [], 1)"
    journal, _ = sessions.run(journal, code)
    # One more process waits, for the next cell.
    assert eventually(lambda: len(descendants(os.getpid())) <= before + 1)
    assert sessions.run(journal, "x")[1].value == "1"
    sessions.close()


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


FORGED = '{"value": "VALUE", "error": "", "stop": "", "files": FILES, "removed": [], "clock": 1.0}'


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff" * 100,
        b"[" * 50_000,
        b"1" * 10_000,
        b"null",
        b'{"value": 1}',
        FORGED.replace("FILES", '{"../../x": ""}').encode(),
        FORGED.replace("FILES", '{"/etc/x": ""}').encode(),
        FORGED.replace("FILES", '{"a/../../x": ""}').encode(),
        FORGED.replace("FILES", '{"x": 3}').encode(),
        FORGED.replace("FILES", '{"x": "not base64!"}').encode(),
        FORGED.replace("FILES", "[]").encode(),
        FORGED.replace("FILES", "{}").replace("VALUE", "x" * 5000).encode(),
        FORGED.replace("FILES", "{}").replace("1.0", "NaN").encode(),
        FORGED.replace("FILES", "{}").replace("1.0", "1e400").encode(),
    ],
)
def test_what_is_no_result_is_refused(box, payload):
    code = f"import os, struct\npayload = {payload!r}\nos.write(4, struct.pack('!I', len(payload)) + payload)\nos._exit(0)"
    outcome = box.run(code)
    assert (outcome.stop, outcome.value, outcome.files) == ("killed", "", {})
    assert works(box)


def test_a_pickle_in_place_of_a_result_is_not_loaded(box, tmp_path):
    marker = tmp_path / "loaded"
    payload = pickle.dumps(Bomb(str(marker)))
    code = f"import os, struct\nos.write(4, struct.pack('!I', {len(payload)}) + {payload!r})\nos._exit(0)"
    assert box.run(code).stop == "killed"
    assert not marker.exists()


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.write(4, b'\\xff\\xff\\xff\\xff' + b'x' * 1000); os._exit(0)",
        "import os; os.write(4, b'\\x00\\x00'); os._exit(0)",
        "import os; os.write(3, b'garbage'); os._exit(0)",
        "import os; os.closerange(0, 100); 1",
        "import os; os._exit(0)",
        "import os; os.abort()",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_broken_framing_is_the_calls_own_loss(box, code):
    outcome = box.run(code)
    assert outcome.stop == "killed"
    assert works(box)


def test_results_of_calls_at_once_are_not_mixed_up(box):
    from concurrent.futures import ThreadPoolExecutor

    forging = "import os, struct\nos.write(4, struct.pack('!I', 2) + b'{}')\nos.write(3, b'x' * 100)\n"
    codes = [forging if number % 3 == 0 else str(number) for number in range(24)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(box.run, codes))
    for number, outcome in enumerate(outcomes):
        assert outcome.value == ("" if number % 3 == 0 else str(number))
        assert outcome.stop == ("killed" if number % 3 == 0 else "")


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_left_when_the_host_is_killed(tier):
    daemon = "import os, select\nif os.fork() == 0: os.setsid()\nprint('on')\nwhile True: select.select([], [], [], 1)"
    program = f"""
import threading
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.session import Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import Limits
box = Sandbox({str(tier)!r}, Limits(wall=100))
box.run("1")
sessions = Sessions(box)
sessions.run(Journal(), "x = 1")
threading.Thread(target=box.run, args=({daemon!r},)).start()
print("ready", flush=True)
"""
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert host.stdout.readline() == "ready\n"
    assert eventually(lambda: len(descendants(host.pid)) >= 6)
    left = descendants(host.pid)
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    assert eventually(lambda: not any(lives(pid, start) for pid, start in left)), [
        Path(f"/proc/{pid}/status").read_text() for pid, start in left if lives(pid, start)
    ]


def test_a_killed_fork_server_is_started_again(box):
    with Sandbox(box.tier, LIMITS) as own:
        sessions = Sessions(own)
        journal, _ = sessions.run(Journal(), "x = 1")
        children = [pid for pid, _ in descendants(os.getpid()) if Path(f"/proc/{pid}/stat").exists()]
        for pid in children:
            if f") S {os.getpid()} " in Path(f"/proc/{pid}/stat").read_text():
                os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: works(own))
        assert sessions.run(journal, "x")[1].value == "1"
        sessions.close()


def test_what_t1_lacks_is_listed(weak):
    lacking = lacks(Tier.T1)
    assert set(lacking) == {"disk", "files", "network", "proc", "signals", "ptrace", "namespaces"}
    assert weak.run("import socket; socket.socket().close()").error == ""
    assert weak.run("len(open('/etc/passwd').read()) > 0").value == "True"
    assert weak.run(f"import os; os.kill({os.getpid()}, 0)").error == ""
    assert weak.run(f"len(open('/proc/{os.getpid()}/environ').read()) > 0").value == "True"
    assert weak.run("for i in range(5): open(str(i), 'wb').write(bytes(1 << 20))").stop == "files"
    for tier in (Tier.T2, Tier.T3):
        assert lacks(tier) == ()
    assert set(holds(Tier.T1)) | set(lacking) == set(holds(Tier.T2))


if os.geteuid() == 0:

    def test_all_of_this_holds_for_an_ordinary_user():
        """This file's other tests again, as nobody, who may be unable to see this Python and this folder."""
        place = Path(tempfile.mkdtemp(dir="/tmp"))
        os.chmod(place, 0o755)
        (place / "home").mkdir(mode=0o777)
        os.chmod(place / "home", 0o777)
        try:
            done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(place)], capture_output=True, text=True, timeout=300)
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
environment = {{"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}}
environment |= {{"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"}}
os.execve(python, [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/envs/tools/sandbox/test_escapes.py"], environment)
"""
