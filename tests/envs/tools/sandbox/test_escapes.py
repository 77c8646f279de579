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
from pathlib import Path

import pytest

from palaestra.envs.tools.sandbox.filters import CLONE
from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.session import Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import Tier, holds, lacks

ROOT = Path(__file__).resolve().parents[4]
TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
CTYPES = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"


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
    for path in (
        "/x",
        "/usr/x",
        "/usr/lib/x",
        "/proc/sys/kernel/core_pattern",
        "/dev/x",
        f"{os.path.dirname(os.__file__)}/x",
    ):
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
    journal, _ = sessions.run(
        Journal(files={"d/x": b"mine"}), f"import os, shutil\nshutil.rmtree('d')\nos.symlink({str(tmp_path)!r}, 'd')"
    )
    _, outcome = sessions.run(journal, "import os; os.listdir()")
    sessions.close()
    assert outcome.value == "[]"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_signals_reach_nobody(confined):
    for target in ("1", "os.getppid()", "-1", "0"):
        confined.run(f"import os, signal\nos.kill({target}, signal.SIGKILL)\nos.kill({target}, signal.SIGSTOP)")
        assert confined.run("6 * 7").value == "42"
    alive = confined.run(
        "import os\ntry: os.kill(1, 9)\nexcept PermissionError: pass\nos.kill(os.getppid(), 0) or 'alive'"
    )
    assert alive.value == "'alive'" or "PermissionError" in alive.error


DESCRIPTORS = """
import os
seen = {}
for number in range(3, 4096):
    try: seen[number] = os.fstat(number).st_mode >> 12
    except OSError: pass
seen
"""


def test_no_descriptor_of_the_host_is_inherited(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the host's secret")
    for tier in TIERS:
        program = f"""
import os
from palaestra.envs.tools.sandbox.run import Sandbox
number = os.open({str(secret)!r}, os.O_RDONLY)
os.dup2(number, 77, inheritable=True)
os.set_inheritable(number, True)
print(Sandbox({str(tier)!r}).run({DESCRIPTORS!r}).value)
"""
        # Only its own: 3 is a socket (12), 4 a pipe (1).
        assert run_host(program).stdout == "{3: 12, 4: 1}\n"


def run_host(program, **options):
    """Run a program as a host of its own."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, **options)


def test_the_environment_of_the_host_is_out_of_sight(box):
    seen = box.run("import os; sorted(os.environ)")
    assert set(eval(seen.value)) == {
        "HOME",
        "LANG",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED",
        "TMPDIR",
        "TZ",
    }
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


def test_no_daemon_outlives_its_call(box, census):
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
    assert census.leaves_nothing(box, code).value == "'left'"


def test_no_daemon_outlives_its_cell(box, census):
    sessions = Sessions(box)
    journal, _ = sessions.run(Journal(), "x = 1")
    before = census.settled()
    code = "import os, select\nif os.fork() == 0:\n    os.setsid()\n    while True: select.select([], [], [], 1)"
    journal, _ = sessions.run(journal, code)
    # One more process waits, for the next cell.
    assert census.eventually(lambda: census.count() <= before + 1)
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
    code = (
        f"import os, struct\npayload = {payload!r}\nos.write(4, struct.pack('!I', len(payload)) + payload)\nos._exit(0)"
    )
    outcome = box.run(code)
    assert (outcome.stop, outcome.value, outcome.files) == ("killed", "", {})
    assert box.run("6 * 7").value == "42"


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
        "import os, select; os.close(4); select.select([], [], [], 60)",
        "import os; os._exit(0)",
        "import os; os.abort()",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_broken_framing_is_the_calls_own_loss(box, code):
    outcome = box.run(code)
    assert outcome.stop == "killed"
    assert box.run("6 * 7").value == "42"


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
def test_nothing_is_left_when_the_host_is_killed(tier, census, tmp_path):
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
    environment = dict(os.environ) | {"TMPDIR": str(tmp_path)}  # T1 leaves a folder there, for the next --clean
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert host.stdout.readline() == "ready\n"
    assert census.eventually(lambda: len(census.below(host.pid)) >= 6)
    left = census.below(host.pid)
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    assert census.eventually(lambda: not any(census.lives(pid, start) for pid, start in left)), [
        Path(f"/proc/{pid}/status").read_text() for pid, start in left if census.lives(pid, start)
    ]


def test_a_killed_fork_server_is_started_again(box, census):
    with Sandbox(box.tier, box.limits) as own:
        sessions = Sessions(own)
        journal, _ = sessions.run(Journal(), "x = 1")
        for pid, _ in census.below(os.getpid()):
            if census.status(pid)[:2] == ["S", str(os.getpid())]:
                os.kill(pid, signal.SIGKILL)
        assert census.eventually(lambda: own.run("6 * 7").value == "42")
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

    @pytest.mark.slow
    def test_all_of_this_holds_for_an_ordinary_user():
        """The tests of this file and of test_bounds as nobody, who may be unable to see this Python and this folder."""
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
environment = {{"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}}
environment |= {{"PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}}
files = [f"tests/envs/tools/sandbox/test_{{name}}.py" for name in ("escapes", "bounds")]
os.execve(python, [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files], environment)
"""
