"""The probe, the demand for a tier, the command, and what is cleaned up."""

import dataclasses
import os
import struct
import subprocess
import sys

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox import probe as probing
from palaestra.envs.tools.sandbox.clean import folder_prefix, remove_orphans, start_of
from palaestra.envs.tools.sandbox.filters import DENIED, DENIED_COMMANDS, SIGNALS, build_filter
from palaestra.envs.tools.sandbox.probe import choose, demand, probe, strongest
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.tiers import CLAIMS, Tier, holds, lacks, parse_tier


def palaestra(*arguments):
    command = [sys.executable, "-m", "palaestra", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def weaken(monkeypatch, **failed):
    """Pretend that trials failed, by their names with _ for spaces."""
    features = probe().features | {name.replace("_", " "): reason for name, reason in failed.items()}
    weaker = dataclasses.replace(probe(), features=features)
    monkeypatch.setattr(probing, "probe", lambda: weaker)


def test_each_tier_holds_what_the_weaker_ones_do():
    for weaker, stronger in [(Tier.T0, Tier.T1), (Tier.T1, Tier.T2), (Tier.T2, Tier.T3)]:
        assert set(holds(weaker)) <= set(holds(stronger))
    assert holds(Tier.T0) == ()
    assert set(holds(Tier.T2)) == set(CLAIMS)
    assert {"daemons", "processes", "memory"} <= set(lacks(Tier.T1, "darwin"))


def test_a_machine_without_landlock_has_t1_and_says_why(monkeypatch):
    weaken(monkeypatch, landlock="this kernel has none", user_namespace="Operation not permitted")
    assert strongest() == Tier.T1
    assert choose(None) == Tier.T1
    assert choose(Tier.T1) == Tier.T1
    for tier in (Tier.T2, Tier.T3):
        with pytest.raises(InputError) as raised:
            choose(tier)
        assert str(raised.value) == (
            f"tier {tier} is wanted and this machine has T1: it lacks user namespaces (Operation not permitted),"
            " Landlock (this kernel has none)"
        )
    with pytest.raises(InputError, match="lacks user namespaces"):
        Sandbox("T2")


def test_a_machine_without_bubblewrap_says_so(monkeypatch):
    weaken(monkeypatch, bubblewrap="bubblewrap isn't installed")
    with pytest.raises(InputError, match="bubblewrap isn't installed"):
        choose(Tier.T3)


def test_a_task_demands_a_tier(monkeypatch):
    demand("T2", "T1")
    demand("T1", "T1")
    with pytest.raises(InputError, match="demands sandbox tier T2, this is T1"):
        demand("T1", "T2")
    weaken(monkeypatch, seccomp="there is none")
    with pytest.raises(InputError, match=r"this machine lacks seccomp filters \(there is none\)"):
        demand("T1", "T2")


@pytest.mark.parametrize("name", ["T4", "t2", "", "docker"])
def test_an_unknown_tier_is_refused(name):
    with pytest.raises(InputError, match="there are T0, T1, T2, T3"):
        parse_tier(name)


def test_the_command_prints_what_each_tier_lacks():
    done = palaestra("sandbox")
    assert done.returncode == 0, done.stderr
    for tier in probe().tiers:
        assert f"{tier}: available" in done.stdout
    for name in probe().features:
        assert f"  {name}" in done.stdout
    assert f"doesn't hold: {CLAIMS['network']}" in done.stdout
    assert f"strongest without further programs: {strongest()}" in done.stdout


def test_the_command_runs_a_tier_or_says_in_one_line_why_not():
    done = palaestra("sandbox", "--tier", strongest())
    assert done.stdout == f"{strongest()} runs code: 1 + … + 9 = 45\n"
    done = palaestra("sandbox", "--tier", "T9")
    assert (done.returncode, done.stderr) == (2, "palaestra: tier 'T9': there are T0, T1, T2, T3\n")


def test_folders_of_dead_owners_are_removed(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = tmp_path / f"{folder_prefix()}x"
    gone = tmp_path / f"palaestra-sandbox-{dead.pid}-1-x"
    reused = (
        tmp_path / f"palaestra-sandbox-{os.getpid()}-{start_of(os.getpid()) + 1}-x"
    )  # another start: another process
    other = tmp_path / "palaestra-sandbox-of-mine"
    for folder in (mine, gone, reused, other):
        (folder / "below").mkdir(parents=True)
    assert remove_orphans(tmp_path) == sorted([gone, reused])
    assert sorted(tmp_path.iterdir()) == sorted([mine, other])
    assert remove_orphans(tmp_path) == []


def test_a_killed_host_leaves_a_folder_that_the_command_removes(tmp_path):
    program = (
        "from palaestra.envs.tools.sandbox.run import *\nbox = Sandbox('T1'); box.run('1'); os.kill(os.getpid(), 9)"
    )
    environment = dict(os.environ) | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=100)
    (left,) = tmp_path.glob("palaestra-sandbox-*")
    command = [sys.executable, "-m", "palaestra", "sandbox", "--clean"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.stdout == f"{left}\nremoved 1 folder of ended processes\n"
    assert list(tmp_path.iterdir()) == []


def decide(program, machine, number, argument=0, second=0):
    """What a filter answers for a system call, by interpreting its instructions."""
    words = {0: number, 4: machine, 16: argument, 24: second}
    instructions = [struct.unpack_from("=HBBI", program, start) for start in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            accumulator = words[value]
        else:
            met = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            at += if_true if met else if_false


@pytest.mark.parametrize(("name", "audit", "column"), [("x86_64", 0xC000003E, 0), ("aarch64", 0xC00000B7, 1)])
def test_the_filter_denies_what_it_lists_and_nothing_else(name, audit, column):
    allowed, denied, killed, absent = 0x7FFF0000, 0x50001, 0x80000000, 0x50026
    for session in (False, True):
        program = build_filter(session, name)
        listed = {numbers[column] for numbers in DENIED.values()} - {-1}
        signals = {numbers[column] for numbers in SIGNALS.values()}
        clone, limits = ((56, 220)[column]), ((302, 261)[column])
        for number in range(600):
            if number in listed or (session and number in signals):
                expected = denied
            else:
                expected = absent if number == 435 else allowed
            assert decide(program, audit, number) == expected, number
        assert decide(program, audit, clone, 17) == allowed
        assert decide(program, audit, clone, 0x10000000 | 17) == denied
        assert decide(program, audit, limits, 1) == denied
        for numbers, commands in DENIED_COMMANDS.values():
            for second in (*commands, 1, 3, 2000):
                expected = denied if second in commands else allowed
                assert decide(program, audit, numbers[column], 0, second) == expected, (number, second)
        assert decide(program, 0x40000003, 1) == killed  # 32-bit x86
    assert (decide(build_filter(False, "x86_64"), 0xC000003E, 0x40000001) == killed) or column
