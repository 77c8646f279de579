"""What a child gives up before it runs model-written code."""

import os
import resource
import sys
from collections.abc import Mapping
from typing import Any

from palaestra.envs.tools.sandbox import kernel
from palaestra.envs.tools.sandbox.filters import build_filter
from palaestra.envs.tools.sandbox.tree import WORK, WRITABLE_DEVICES, readable_paths

INSIDE_USER = 1000
"""The user's and group's number that code sees in tiers T2 and T3."""
SPARE_THREADS = 256
"""Processes and threads that the user may start elsewhere while T1 runs, before its own limit is met."""
MAX_SESSION_PROCESSES = 80
"""Frozen processes of a session's room, which count as the user's."""


def set_limits(limits: Mapping[str, Any], processes: int, session: bool) -> None:
    """Set this process's resource limits.

    Args:
        limits: the fields of ``Limits``.
        processes: of this user at a time, as the kernel counts them.
        session: leave the processor's time to the supervisor, which counts by cell.
    """
    memory = address_space() + limits["memory"]
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: limits["files"],
        resource.RLIMIT_NOFILE: limits["descriptors"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_MEMLOCK: 0,
    }
    if not session:
        bounds[resource.RLIMIT_CPU] = int(limits["seconds"]) + 2  # the supervisor counts finer, and all processes
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            if sys.platform == "linux":  # elsewhere not every limit can be set
                raise


def address_space() -> int:
    """Bytes of this process's address space; 0 where that can't be read."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def confine(limits: Mapping[str, Any], session: bool, isolated: bool, user_threads: int) -> None:
    """Give up everything that the code isn't allowed, for good.

    Args:
        limits: the fields of ``Limits``.
        session: whether the process will be forked between cells.
        isolated: tiers T2 and T3; otherwise only the limits are set.
        user_threads: that the user had when the sandbox started, for T1.
    """
    processes = limits["processes"] + (MAX_SESSION_PROCESSES if session else 0)
    if isolated:
        # A user namespace of one's own, since the kernel counts processes by namespace.
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(kernel.NEWUSER)
        kernel.map_users(INSIDE_USER, user, group)
    else:
        processes += user_threads + SPARE_THREADS
    set_limits(limits, processes, session)
    if isolated:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.landlock(readable_paths(), [WORK, *WRITABLE_DEVICES])
        kernel.seccomp(build_filter(session))
