"""Sessions: state from cell to cell, branches that never meet, replays that are checked."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.session import MAX_FROZEN, Journal, Sessions
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier

TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
LIMITS = Limits(seconds=0.5, memory=64 * MIB, files=MIB)


@pytest.fixture(scope="module", params=TIERS)
def box(request):
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture
def sessions(box):
    sessions = Sessions(box)
    yield sessions
    sessions.close()


def run(sessions, journal, *cells):
    """Run cells one after another; returns the journal and the last outcome."""
    outcome = None
    for cell in cells:
        journal, outcome = sessions.run(journal, cell)
    return journal, outcome


def test_state_stays_from_cell_to_cell(sessions):
    cells = ("import math\nx = 2", "def f(y):\n    return math.sqrt(x * y)", "open('f', 'w').write('text')", "x = 8")
    journal, outcome = run(sessions, Journal(), *cells, "(f(2), open('f').read())")
    assert outcome.value == "(4.0, 'text')"
    assert not outcome.nondeterministic
    assert run(sessions, journal, "_")[1].value == "(4.0, 'text')"


def test_a_cell_that_raises_keeps_its_effects(sessions):
    journal, outcome = run(sessions, Journal(), "x = 1", "x = 2\nopen('f', 'w').write('a')\n1 / 0\nx = 3")
    assert outcome.error == "ZeroDivisionError: division by zero (line 3)"
    assert run(sessions, journal, "(x, open('f').read())")[1].value == "(2, 'a')"


def test_branches_never_see_each_other(sessions):
    trunk, _ = run(sessions, Journal(files={"log": b"0"}), "import random\nitems = []", "random.random()")
    code = "items.append({0})\nopen('log', 'a').write('{0}')\nopen('{0}', 'w')\nimport os"
    left, _ = run(sessions, trunk, code.format(1))
    right, _ = run(sessions, trunk, code.format(2))
    shown = "(items, open('log').read(), sorted(os.listdir()), random.random())"
    one, two = run(sessions, left, shown)[1], run(sessions, right, shown)[1]
    assert one.value.startswith("([1], '01', ['1', 'log'], ")
    assert two.value.startswith("([2], '02', ['2', 'log'], ")
    assert one.value.rpartition(", ")[2] == two.value.rpartition(", ")[2]
    assert run(sessions, trunk, "(items, open('log').read())")[1].value == "([], '0')"


def test_nothing_stays_on_the_working_directory_itself(sessions):
    trunk, _ = run(sessions, Journal(files={"f": b"text"}), "import os")
    mark = "try: os.setxattr('.', 'user.mark', b'left')\nexcept OSError: pass\n"
    code = mark + "os.mkdir('d'); os.chmod('d', 0); os.chmod('.', 0)"
    _, outcome = run(sessions, trunk, code)
    assert outcome.stop in ("", "killed")
    _, outcome = run(sessions, trunk, "(open('f').read(), os.listdir(), os.listxattr('.'), oct(os.stat('.').st_mode))")
    assert outcome.value == "('text', ['f'], [], '0o40700')"


@pytest.mark.parametrize(
    ("first", "stop"),
    [
        ("import os\nx = 2\nopen('f', 'w')\nos._exit(0)", "killed"),
        ("x = 2\nwhile True: pass", "time"),
        ("x = 2\ndata = bytearray(900 << 20)", "memory"),
        ("x = 2\nwhile True: print('x' * 100)", "output"),
    ],
)
def test_a_cell_that_is_stopped_has_no_effect(sessions, first, stop):
    start, _ = run(sessions, Journal(), "x = 1")
    journal, outcome = run(sessions, start, first)
    assert outcome.stop == stop
    assert [cell.failed for cell in journal.cells] == [False, True]
    assert journal.key == start.key
    journal, outcome = run(sessions, journal, "import os; (x, os.listdir())")
    assert (outcome.value, outcome.nondeterministic) == ("(1, [])", False)


REPLAYED = (
    "import random, time, uuid, os, datetime\nx = []",
    "print(random.random(), time.time(), uuid.uuid4(), os.getpid(), hash('a'), {'p', 'q', 'r'})",
    "x.append(random.gauss(0, 1)); open(f'{len(x)}', 'w').write(str(x))",
    "1 / 0",
    "os.remove('1'); time.sleep(3)",
    "(x, datetime.datetime.now(), os.urandom(4), os.listdir())",
)


def test_a_journal_is_plain_data_and_replays_elsewhere(box, sessions):
    journal, _ = run(sessions, Journal(7, 1e9, {"a/b": b"c"}), *REPLAYED)
    copy = Journal.from_data(msgpack.unpackb(msgpack.packb(journal.to_data())))
    assert copy == journal
    assert copy.key == journal.key
    other = Sessions(box, frozen=0)
    _, here = run(sessions, journal, "(x, random.random(), time.time(), sorted(os.listdir()), open('a/b').read())")
    _, there = run(other, copy, "(x, random.random(), time.time(), sorted(os.listdir()), open('a/b').read())")
    other.close()
    assert here == there
    assert not there.nondeterministic


@pytest.mark.parametrize(
    "data",
    [None, 3, {}, {"version": 1}, {"version": 2}, {"version": 1, "seed": 0, "clock": 0, "files": {}, "cells": [{}]}],
)
def test_what_is_no_journal_is_refused(data):
    with pytest.raises(ValueError, match="journal"):
        Journal.from_data(data)


def test_a_replay_that_differs_is_reported(box, sessions):
    code = "open('/dev/urandom', 'rb').read(8)"  # around the standard library's sources of chance
    journal, first = run(sessions, Journal(), code)
    assert not first.nondeterministic
    assert not run(sessions, journal, "1")[1].nondeterministic  # nothing was replayed
    other = Sessions(box)
    after, outcome = run(other, journal, "1")
    assert outcome.nondeterministic
    assert run(other, after, "2")[1].nondeterministic  # its process still comes from that replay
    other.close()


@pytest.mark.parametrize(
    ("first", "then", "value"),
    [
        ("f = open('f', 'w'); f.write('a')", "f.write('b'); f.close(); open('f').read()", "'ab'"),
        ("import mmap; m = mmap.mmap(-1, 100); m[0] = 1", "m[0] += 1; m[0]", "2"),
        (
            "import threading, select\nt = threading.Thread(target=select.select, args=([], [], [], 30)); t.start()",
            "t.is_alive()",
            "True",
        ),
    ],
)
def test_what_cannot_be_forked_is_replayed(sessions, first, then, value):
    journal, _ = run(sessions, Journal(), first)
    for _ in range(2):  # both branches begin alike
        branch, outcome = run(sessions, journal, then)
        assert (outcome.value, outcome.nondeterministic) == (value, False)
    assert branch.cells[-1].failed is False


def test_processes_are_dropped_when_there_are_too_many(box):
    few = Sessions(box, frozen=3)
    journals = [run(few, Journal(seed=seed), f"x = {seed}")[0] for seed in range(6)]
    assert [run(few, journal, "x")[1].value for journal in journals] == list("012345")
    few.close()


def test_a_chain_longer_than_the_cache_goes_on(box):
    few = Sessions(box, frozen=2)
    journal = Journal()
    for number in range(8):
        journal, _ = run(few, journal, f"x = {number}")
    assert run(few, journal, "x")[1].value == "7"
    assert run(few, Journal(cells=journal.cells[:4]), "x")[1].value == "3"
    few.close()


def test_many_branches_of_one_journal(sessions):
    trunk, _ = run(sessions, Journal(), "x = 10")
    assert [run(sessions, trunk, f"x + {n}")[1].value for n in range(MAX_FROZEN + 10)] == [
        str(10 + n) for n in range(MAX_FROZEN + 10)
    ]
    assert run(sessions, trunk, "x")[1].value == "10"


def test_the_clock_of_a_cell_can_be_set(sessions):
    journal, _ = sessions.run(Journal(clock=5.0), "import time")
    journal, outcome = sessions.run(journal, "int(time.time())", clock=1e9)
    assert outcome.value == "1000000000"
    assert sessions.run(journal, "int(time.time())")[1].value == "1000000000"


def test_code_that_cannot_be_sent_leaves_the_journal_as_it_was(sessions):
    journal, outcome = sessions.run(Journal(), "'\ud800'")
    assert journal == Journal()
    assert "half characters" in outcome.error


def test_t0_has_no_sessions():
    with pytest.raises(InputError, match="T1 or higher"):
        Sessions(Sandbox("T0"))
    with pytest.raises(InputError, match="0 to 64"):
        Sessions(Sandbox("T1"), frozen=65)


STATEMENTS = (
    "x += 1",
    "x *= 3",
    "l.append(x)",
    "l = l[-2:]",
    "open('f', 'a').write(str(x))",
    "x = random.randrange(9)",
)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STATEMENTS), st.integers(0, 9)), min_size=3, max_size=12))
def test_random_trees_equal_their_replays(steps):
    """Cells run after any earlier journal; at the end each journal shows the same in a new session."""
    with Sandbox(str(max(tier for tier in TIERS if tier != Tier.T3)), LIMITS) as sandbox:
        forked, replayed = Sessions(sandbox), Sessions(sandbox, frozen=0)
        journals = [run(forked, Journal(), "import random\nx, l = 1, []\nopen('f', 'w').close()")[0]]
        journals += [run(forked, journals[which % len(journals)], code)[0] for code, which in steps[:1]]
        for code, which in steps[1:]:
            journals.append(run(forked, journals[which % len(journals)], code)[0])
        shown = "(x, l, open('f').read(), random.random())"
        for journal in journals:
            one, two = run(forked, journal, shown)[1], run(replayed, journal, shown)[1]
            assert one == two
            assert one.error == ""
        forked.close()
        replayed.close()
