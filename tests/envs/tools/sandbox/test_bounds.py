"""Time, memory, processes, output and files are bounded in each tier that this machine has."""

import pytest

from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.tiers import Limits


def test_a_fork_bomb_is_stopped(box, census):
    outcome = census.leaves_nothing(box, "import os\nwhile True:\n    try: os.fork()\n    except BlockingIOError: pass")
    assert outcome.stop in ("processes", "time", "killed")
    assert box.run("6 * 7").value == "42"


def test_a_thread_bomb_is_stopped(box, census):
    code = (
        "import threading, select\nfor _ in range(500): threading.Thread(target=select.select, args=([], [], [], 60))"
    )
    outcome = census.leaves_nothing(box, code + ".start()\nselect.select([], [], [], 5)\n'unbounded'")
    assert outcome.value == ""
    assert outcome.stop or "can't start new thread" in outcome.error


def test_memory_is_bounded(box):
    assert box.run("data = bytearray(900 << 20)").stop == "memory"
    assert box.run("data = []\nwhile True: data.append(bytearray(1 << 20))").stop == "memory"


def test_memory_of_all_processes_together_is_bounded(box, census):
    code = """
import os, select
for _ in range(6):
    if os.fork() == 0:
        data = bytearray(b"x") * (40 << 20)
        select.select([], [], [], 60)
select.select([], [], [], 60)
"""
    assert census.leaves_nothing(box, code).stop == "memory"


def test_memory_is_bounded_for_code_that_raises_its_limits(box):
    code = """
import resource
try: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
except (ValueError, OSError): pass
data = bytearray(b"x") * (900 << 20)
"""
    assert box.run(code).stop == "memory"


def test_time_is_bounded(box, census):
    assert box.run("while True: pass").stop == "time"
    many = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    assert census.leaves_nothing(box, many).stop == "time"


def test_waiting_is_bounded(box):
    with Sandbox(box.tier, Limits(wall=0.5)) as short:
        assert short.run("import select; select.select([], [], [], 60)").stop == "time"


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('spam')",
        "import os\nwhile True: os.write(1, b'x' * 4096)",
        "import sys\nwhile True: sys.stderr.write('x' * 100)",
        "import os, select\nif os.fork() == 0:\n    while True: os.write(2, b'xyz')\nselect.select([], [], [], 60)",
    ],
)
def test_endless_output_is_cut(box, code):
    outcome = box.run(code)
    assert outcome.stop == "output"
    assert len(outcome.stdout) == box.limits.output


def test_output_that_is_no_text_is_cut(box):
    outcome = box.run("import os\nwhile True: os.write(1, bytes([0xff, 0x80, 0x80, 0x80]) * 1000)")
    assert outcome.stop == "output"
    assert len(outcome.stdout) <= box.limits.output


def test_a_huge_value_and_a_huge_error_are_cut(box):
    assert len(box.run("'x' * 1_000_000").value) == box.limits.output
    assert len(box.run("raise ValueError('x' * 1_000_000)").error) == box.limits.output


def test_one_file_is_bounded(box):
    outcome = box.run("file = open('big', 'wb')\nfor _ in range(100): file.write(bytes(1 << 20))")
    assert "OSError" in outcome.error or outcome.stop == "files"
    assert sum(map(len, outcome.files.values())) <= box.limits.files


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
    assert sum(map(len, outcome.files.values())) <= box.limits.files
