"""What this machine can do for a sandbox. Everything is really tried, in a process of its own."""

import functools
import json
import platform
import subprocess
import sys
from dataclasses import dataclass

from palaestra.data.errors import InputError
from palaestra.envs.tools.sandbox.bubblewrap import find_bubblewrap
from palaestra.envs.tools.sandbox.tiers import Tier, parse_tier
from palaestra.envs.tools.sandbox.zygote import ENVIRONMENT, launch_command

WANTED = {
    "user namespace": "user namespaces",
    "process namespace": "namespaces of process ids",
    "network namespace": "network namespaces",
    "mount namespace": "mount namespaces",
    "ipc namespace": "ipc namespaces",
    "host name namespace": "host name namespaces",
    "file tree": "a file tree of its own",
    "landlock": "Landlock",
    "seccomp": "seccomp filters",
}
"""What T2 needs, by the name of its trial."""


@dataclass(frozen=True)
class Probe:
    """What a machine can do.

    Attributes:
        system: the kernel and its release.
        features: by name of a trial "" if it succeeded, or one line that says why not.
        landlock: version of Landlock, 0 for none.
        bubblewrap: path of ``bwrap``, or "".
    """

    system: str
    features: dict[str, str]
    landlock: int
    bubblewrap: str

    def missing(self, tier: Tier) -> str:
        """What the machine lacks for a tier as one line, or ""."""
        if tier <= Tier.T1:
            return ""
        failed = [f"{WANTED[name]} ({self.features[name]})" for name in WANTED if self.features[name]]
        if not failed and tier == Tier.T3 and self.features["bubblewrap"]:
            failed = [self.features["bubblewrap"]]
        return ", ".join(failed)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that this machine has, weakest first."""
        return tuple(tier for tier in Tier if not self.missing(tier))


@functools.cache
def probe() -> Probe:
    """Try what a sandbox needs; once per process, some tenths of a second."""
    system = f"{platform.system()} {platform.release()}"
    bubblewrap = find_bubblewrap()
    if sys.platform != "linux":
        return Probe(system, dict.fromkeys(WANTED, f"{platform.system()} has none") | {"bubblewrap": "no"}, 0, "")
    command = launch_command("trials", bubblewrap)
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, cwd="/")
    try:
        found = json.loads(done.stdout)
    except ValueError:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return Probe(system, dict.fromkeys((*WANTED, "bubblewrap"), f"the trial failed: {reason}"), 0, "")
    return Probe(system, found["features"], found["landlock"], bubblewrap)


def strongest() -> Tier:
    """The strongest tier that this machine has without more than the kernel: T3 needs a program and is asked for."""
    return max(tier for tier in probe().tiers if tier != Tier.T3)


def choose(demanded: Tier | None) -> Tier:
    """The tier to run: the one demanded, never a weaker one, or the strongest if none is.

    Raises:
        InputError: this machine lacks something for the tier; one line names it.
    """
    if demanded is None:
        return strongest()
    if demanded in (Tier.T0, Tier.T1):
        return demanded
    if lacking := probe().missing(demanded):
        raise InputError(f"tier {demanded} is wanted and this machine has {strongest()}: it lacks {lacking}")
    return demanded


def demand(tier: str, minimum: str) -> None:
    """Refuse a tier below a task's minimum.

    Raises:
        InputError: it is weaker, or there is no such tier.
    """
    if parse_tier(tier) >= (wanted := parse_tier(minimum)):
        return
    lacking = probe().missing(wanted)
    remedy = f"this machine lacks {lacking}" if lacking else f"this machine has {wanted}: ask for it"
    raise InputError(f"the task demands sandbox tier {minimum}, this is {tier}; {remedy}")
