"""Sandboxes of each tier that this machine has, and a census of the processes below the tests."""

import os
import time
from pathlib import Path

import pytest

from palaestra.envs.tools.sandbox.probe import probe
from palaestra.envs.tools.sandbox.run import Sandbox
from palaestra.envs.tools.sandbox.tiers import MIB, Limits, Tier

TIERS = [tier for tier in probe().tiers if tier != Tier.T0]
LIMITS = Limits(seconds=0.8, wall=8.0, memory=96 * MIB, output=4000, files=4 * MIB, entries=200, processes=12)


@pytest.fixture(scope="module", params=TIERS)
def box(request):
    """A sandbox of each tier, in a host with a secret in its environment."""
    os.environ["PALAESTRA_TEST_SECRET"] = "the host's secret"
    with Sandbox(request.param, LIMITS) as sandbox:
        assert sandbox.run("6 * 7").value == "42"
        yield sandbox
    del os.environ["PALAESTRA_TEST_SECRET"]


@pytest.fixture(scope="module", params=[tier for tier in TIERS if tier >= Tier.T2])
def confined(request):
    """A sandbox of each tier that holds everything."""
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def weak():
    """A sandbox of the weakest tier that confines anything."""
    with Sandbox("T1", LIMITS) as sandbox:
        yield sandbox


class Census:
    """Counts processes."""

    @staticmethod
    def below(pid):
        """All living processes below one, as pairs of number and start."""
        parents = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            fields = Census.status(name)
            if fields and fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append((int(name), int(fields[19])))
        below, waiting = set(), [pid]
        while waiting:
            new = parents.get(waiting.pop(), [])
            below.update(new)
            waiting += [number for number, _ in new]
        return below

    @staticmethod
    def status(pid):
        """The fields of a process's status from the third on; empty if there is none."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return []

    @staticmethod
    def lives(pid, start):
        """Whether a process is there and no zombie, which is one that only waits to be counted as dead."""
        fields = Census.status(pid)
        return bool(fields) and fields[0] != "Z" and int(fields[19]) == start

    @staticmethod
    def count():
        """How many processes there are below this one."""
        return len(Census.below(os.getpid()))

    @staticmethod
    def settled():
        """The same, once it stays the same."""
        counts = [-1]
        while len(counts) < 4 or len(set(counts[-4:])) > 1:
            counts.append(Census.count())
            time.sleep(0.03)
        return counts[-1]

    @staticmethod
    def eventually(condition, seconds=20.0):
        """Whether a condition comes true within some time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    @staticmethod
    def leaves_nothing(sandbox, code):
        """Run code and check that no process of it is left; returns the outcome."""
        sandbox.run("0")
        servers = Census.settled()
        outcome = sandbox.run(code)
        sandbox.run("0")
        assert Census.eventually(lambda: Census.count() <= servers)
        return outcome


@pytest.fixture
def census():
    """Counts processes."""
    return Census
