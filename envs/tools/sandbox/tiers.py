"""The tiers of isolation, what each holds, and the limits of a call."""

from dataclasses import dataclass
from enum import StrEnum

from palaestra.data.errors import InputError

MIB = 1 << 20


class Tier(StrEnum):
    """How model-written code is confined, weakest first; the sandbox reports which one ran."""

    T0 = "T0"
    """In this process: for trusted code only."""
    T1 = "T1"
    """A process of its own with resource limits, an empty environment and a temporary folder.

    Its supervisor is a process of the same user: code that signals it (see ``signals`` in ``CLAIMS``) gets rid of what
    the supervisor holds, so this tier is for code that goes wrong, not for code that attacks.
    """
    T2 = "T2"
    """T1 in namespaces of its own, with Landlock and a seccomp filter."""
    T3 = "T3"
    """T2 inside bubblewrap."""


SUBPROCESS = ("time", "memory", "output", "results", "environment", "descriptors")
CONFINED = ("processes", "daemons", "disk", "files", "network", "proc", "signals", "ptrace", "namespaces")
CLAIMS = {
    "time": "processor time and wall time are bounded",
    "memory": "memory is bounded",
    "output": "endless output is cut while it is printed",
    "results": "results are checked plain data; nothing from the code is unpickled",
    "environment": "the host's environment variables are out of sight",
    "descriptors": "the host's open files are not inherited",
    "processes": "a fork bomb is stopped",
    "daemons": "no process outlives its call",
    "disk": "the space that all files together take is bounded",
    "files": "the host's files can be neither read nor written",
    "network": "there is no network",
    "proc": "other processes are out of sight",
    "signals": "other processes can't be signalled",
    "ptrace": "other processes can't be traced",
    "namespaces": "no new namespaces, mounts or other rights can be had",
}
"""What a tier may hold, by name."""


def holds(tier: Tier, system: str = "linux") -> tuple[str, ...]:
    """The names of ``CLAIMS`` that a tier holds.

    Args:
        tier: of isolation.
        system: ``sys.platform``; elsewhere than on Linux, T1 can't count processes and memory, nor adopt orphans.
    """
    if tier == Tier.T0:
        return ()
    if tier == Tier.T1:
        if system == "linux":
            return (*SUBPROCESS, "processes", "daemons")
        return tuple(name for name in SUBPROCESS if name != "memory")
    return (*SUBPROCESS, *CONFINED)


def lacks(tier: Tier, system: str = "linux") -> tuple[str, ...]:
    """The names of ``CLAIMS`` that a tier doesn't hold."""
    return tuple(name for name in CLAIMS if name not in holds(tier, system))


def parse_tier(name: str) -> Tier:
    """A tier by its name.

    Raises:
        InputError: there is no such tier.
    """
    try:
        return Tier(name)
    except ValueError:
        raise InputError(f"tier {name!r}: there are {', '.join(Tier)}") from None


@dataclass(frozen=True)
class Limits:
    """What one call may use.

    Attributes:
        seconds: processor time of all its processes together.
        wall: seconds until it is stopped even if it only waits.
        memory: bytes, of all its processes together and of the address space of each, beyond a bare interpreter's.
        output: characters of standard output and error, and each of the value and the error.
        files: bytes of its files together, and of each.
        entries: files and folders.
        processes: processes and threads at a time.
        descriptors: open files of each process.
    """

    seconds: float = 5.0
    wall: float = 20.0
    memory: int = 256 * MIB
    output: int = 16 * 1024
    files: int = 16 * MIB
    entries: int = 1000
    processes: int = 16
    descriptors: int = 64

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**48:
                raise InputError(f"limit {name}={value!r}: a positive number is wanted")
            if name not in ("seconds", "wall") and not isinstance(value, int):
                raise InputError(f"limit {name}={value!r}: a whole number is wanted")
