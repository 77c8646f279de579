"""Calls: values, errors, files, time and chance, in each tier that this machine has."""

import os
import subprocess
import sys

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Outcome, Sandbox
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier

TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
LIMITS = Limits(output=2000, files=MIB, entries=50)


@pytest.fixture(scope="module", params=TIERS)
def box(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=probe().tiers)
def any_box(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("code", "stdout", "value", "error"),
    [
        ("1 + 1", "", "2", ""),
        ("x = 3\nx * 2", "", "6", ""),
        ("print('a'); print('b', end='')", "a\nb", "", ""),
        ("", "", "", ""),
        ("None", "", "", ""),
        ("'ä€😀'", "", "'ä€😀'", ""),
        ("'\\ud800'", "", "'\\ud800'", ""),
        ("print('ä€😀')", "ä€😀\n", "", ""),
        ("1 / 0", "", "", "ZeroDivisionError: division by zero (line 1)"),
        ("def f():\n    raise KeyError('k')\nprint(1)\nf()", "1\n", "", "KeyError: 'k' (line 2)"),
        ("x = (", "", "", "SyntaxError: '(' was never closed (line 1)"),
        ("raise ValueError('two\\nlines')", "", "", "ValueError: two lines (line 1)"),
        ("import sys; sys.exit()", "", "", ""),
        ("import sys; sys.exit('bad')", "", "", "SystemExit: bad (line 1)"),
        ("raise KeyboardInterrupt", "", "", "KeyboardInterrupt (line 1)"),
        ("def f(): return f()\nf()", "", "", "RecursionError: maximum recursion depth exceeded (line 1)"),
        ("class A:\n    def __repr__(self): raise OSError('no')\nA()", "", "", "OSError: no (line 2)"),
        ("class E(Exception):\n    def __str__(self): return 1\nraise E", "", "", "E: (it can't be printed) (line 3)"),
        ("__name__", "", "'__main__'", ""),
        ("import pickle\nclass A: pass\npickle.loads(pickle.dumps(A())).__class__ is A", "", "True", ""),
        ("from dataclasses import dataclass\n@dataclass\nclass P: x: int\nP(1)", "", "P(x=1)", ""),
        ("input()", "", "", "EOFError: EOF when reading a line (line 1)"),
    ],
)
def test_a_call_gives_output_value_and_error(box, code, stdout, value, error):
    outcome = box.run(code)
    assert (outcome.stdout, outcome.value, outcome.error, outcome.stop) == (stdout, value, error, "")
    assert outcome.tier == box.tier


def test_calls_share_nothing(any_box):
    any_box.run("import builtins\nx = 1\nopen('file', 'w').write('x')")
    assert any_box.run("x").error == "NameError: name 'x' is not defined (line 1)"
    assert any_box.run("import os; os.listdir()").value == "[]"


def test_files_go_in_and_come_out(any_box):
    code = """
import os
os.makedirs("new/folder/empty")
open("new/folder/file", "wb").write(bytes(range(256)))
open("changed", "a").write("!")
os.remove("gone")
(open("same").read(), open("sub/kept").read())
"""
    files = {"same": b"1", "sub/kept": b"2", "changed": b"3", "gone": b"4"}
    outcome = any_box.run(code, files)
    assert outcome.value == "('1', '2')"
    assert outcome.files == {"changed": b"3!", "new/folder/empty/": b"", "new/folder/file": bytes(range(256))}
    assert outcome.removed == ("gone",)


@pytest.mark.parametrize("name", ["/x", "../x", "a/../../x", "", ".", "a//b", "a/./b", "\0", "a\ud800"])
def test_a_file_outside_is_refused(box, name):
    with pytest.raises(InputError, match="relative path inside"):
        box.run("1", {name: b""})


def test_too_many_or_too_large_files_are_refused(box):
    with pytest.raises(InputError, match="don't fit"):
        box.run("1", {"x": bytes(MIB + 1)})
    with pytest.raises(InputError, match="don't fit"):
        box.run("1", {str(number): b"" for number in range(51)})


@pytest.mark.parametrize("code", ["x" * 2_000_000, "'\ud800'"])
def test_code_that_cannot_be_run_is_an_error_and_no_exception(any_box, code):
    assert any_box.run(code).error.startswith("SyntaxError: the code has")


def test_code_with_a_null_byte_is_an_error(any_box):
    assert "null bytes" in any_box.run("1\0").error


CHANCE = """
import datetime, os, random, secrets, tempfile, time, uuid
now = datetime.datetime.now
(random.random(), random.Random().random(), random.SystemRandom().random(), random.choice(range(100)), os.urandom(5),
 secrets.token_hex(4), uuid.uuid4(), uuid.uuid1(), hash("a"), {"x", "y", "z"}, os.path.basename(tempfile.mkdtemp()),
 time.time(), time.monotonic(), time.perf_counter_ns(), time.ctime(), time.strftime("%H:%M"), time.localtime(),
 now(), datetime.date.today(), now(datetime.timezone.utc), os.getpid(), id(object()))
"""


def test_time_and_chance_are_the_seeds_and_the_clocks(box):
    first = box.run(CHANCE, seed=5, clock=1e9)
    assert first.error == ""
    assert "datetime.datetime(2001, 9, 9, 1, 46, 40" in first.value
    assert first == box.run(CHANCE, seed=5, clock=1e9)
    assert box.run("import random; random.random()", seed=5) != box.run("import random; random.random()", seed=6)
    other = box.run("import os; os.urandom(8)", seed=6)
    assert other.value != box.run("import os; os.urandom(8)", seed=5).value


def test_time_and_chance_are_equal_in_another_process():
    tier = max(tier for tier in TIERS if tier != Tier.T3)
    program = (
        f"from palaestra.envs.tools.sandbox.run import *\nprint(Sandbox({str(tier)!r}).run({CHANCE!r}, seed=5).value)"
    )
    environment = dict(os.environ) | {"PYTHONHASHSEED": "7", "LONGER": "x" * 1000}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    with Sandbox(tier) as sandbox:
        assert done.stdout.strip() == sandbox.run(CHANCE, seed=5).value


def test_sleeping_takes_virtual_time_only(box):
    outcome = box.run("import time; before = time.time(); time.sleep(86400); time.time() - before >= 86400", clock=50.0)
    assert outcome.value == "True"
    assert outcome.clock == pytest.approx(50 + 86400, abs=0.01)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("import asyncio; asyncio.run(asyncio.wait_for(asyncio.sleep(7200, 1), 86400))", "1"),
        ("import queue; queue.Queue().get(timeout=0.05)", "Empty"),
        ("import threading; threading.Event().wait(0.05)", "False"),
        ("import threading; threading.Condition().wait_for(lambda: False, 0.05)", "RuntimeError"),
        ("import subprocess; subprocess.Popen(['sleep', '0.2']).wait(timeout=10)", "0"),
        ("import subprocess; subprocess.run(['sleep', '60'], timeout=0.1, capture_output=True)", "TimeoutExpired"),
        (
            "import threading, time\nl = []\nthreading.Thread(target=lambda: l.append(1)).start()\ntime.sleep(0.2)\nl",
            "[1]",
        ),
    ],
)
def test_waiting_ends(box, code, value):
    outcome = box.run(code)
    assert outcome.stop == ""
    assert (outcome.value or outcome.error).startswith(value)


def test_the_standard_library_works(box):
    code = """
import csv, decimal, json, re, sqlite3, statistics, subprocess, sys, threading, zlib, asyncio, multiprocessing, zoneinfo
from concurrent.futures import ThreadPoolExecutor
database = sqlite3.connect("data.db"); database.execute("create table t (a)"); database.commit(); database.close()
async def wait(): await asyncio.sleep(0.01); return "waited"
(asyncio.run(wait()), list(ThreadPoolExecutor(2).map(abs, [-1, -2])),
 subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout,
 subprocess.run("ls", capture_output=True, text=True).stdout)
"""
    outcome = box.run(code)
    assert outcome.value == "('waited', [1, 2], '42\\n', 'data.db\\n')", outcome


def test_output_of_programs_is_output(box):
    assert box.run("import os; print('a', flush=True); os.system('echo b')").stdout == "a\nb\n"


def test_output_can_be_closed(box):
    assert box.run("import os\nos.close(1); os.close(2)\n6 * 7").value == "42"


def test_a_call_that_is_stopped_shows_only_what_does_not_depend_on_speed(box):
    with Sandbox(box.tier, Limits(seconds=0.2)) as short:
        outcome = short.run("import os\nopen('file', 'w')\nos.write(1, b'x')\nwhile True: pass")
    assert outcome == Outcome(stop="time", tier=box.tier)


def test_closing_ends_the_fork_server_and_calling_again_starts_one(box):
    own = Sandbox(box.tier)
    assert own.run("1").value == "1"
    own.close()
    own.close()
    other = Sandbox(box.tier)
    assert other.run("2").value == "2"
    other.close()


def test_a_forked_host_starts_its_own_fork_server(box):
    program = f"""
import os
from palaestra.envs.tools.sandbox.run import Sandbox
box = Sandbox({str(box.tier)!r})
box.run("1")
child = os.fork()
print(box.run("42").value, flush=True)
if child:
    os.waitpid(child, 0)
    print(box.run("43").value)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    assert sorted(done.stdout.split()) == ["42", "42", "43"], done.stderr


def test_calls_leak_no_descriptors(box):
    box.run("1")
    before = len(os.listdir("/dev/fd"))
    for _ in range(30):
        box.run("1")
    assert len(os.listdir("/dev/fd")) <= before


@pytest.mark.parametrize(
    "limits", [{"seconds": 0}, {"memory": -1}, {"output": 1.5}, {"wall": float("nan")}, {"files": True}]
)
def test_a_senseless_limit_is_refused(limits):
    with pytest.raises(InputError, match=next(iter(limits))):
        Limits(**limits)
