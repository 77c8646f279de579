"""The fork server: a process that has Python's library loaded and forks a supervisor for every call.

Started by ``launch_command`` as a program of its own, so that the host may have threads. In tiers T2 and T3 it is
process 1 of a namespace without network; the process that it was started as only waits for it, and ends it when the
host ends.
"""

import importlib
import os
import select
import signal
import socket
import sys
from pathlib import Path

from palaestra.envs.tools.sandbox import kernel, processes, tree
from palaestra.envs.tools.sandbox.bubblewrap import bubblewrap_command, bubblewrap_files
from palaestra.envs.tools.sandbox.frames import send_json
from palaestra.envs.tools.sandbox.room import supervise
from palaestra.envs.tools.sandbox.virtual import VirtualWorld, install

NOBODY = 65534
"""The user that a sandbox of root's runs as."""
NEW_ROOM = b"N"
LOADED = (
    *(
        "abc",
        "argparse",
        "ast",
        "base64",
        "bisect",
        "calendar",
        "collections",
        "contextlib",
        "copy",
        "csv",
        "dataclasses",
    ),
    *("datetime", "decimal", "enum", "fractions", "functools", "glob", "hashlib", "heapq", "io", "itertools", "json"),
    *(
        "math",
        "operator",
        "os",
        "pathlib",
        "pickle",
        "pprint",
        "random",
        "re",
        "secrets",
        "shutil",
        "sqlite3",
        "statistics",
    ),
    *(
        "string",
        "struct",
        "subprocess",
        "tempfile",
        "textwrap",
        "threading",
        "time",
        "traceback",
        "types",
        "typing",
        "uuid",
    ),
    *("unittest", "urllib.parse", "zlib", "encodings.idna", "encodings.latin_1"),
)
"""Modules loaded before the first call."""
BOOT = """
import sys, types
name = ""
for part in ("palaestra", "envs", "tools", "sandbox"):
    name = f"{name}.{part}".strip(".")
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
sys.modules[name].__path__ = [sys.argv[1]]
from palaestra.envs.tools.sandbox.MODULE import main
main(*sys.argv[2:])
"""
"""Imports a module of this folder without the package around it, which needs more than the standard library."""


def launch_command(module: str, *arguments: str, folder: str = "") -> list[str]:
    """The command line that runs ``main`` of a module of this folder in a bare Python.

    Args:
        module: such as ``zygote``.
        arguments: of its ``main``.
        folder: where the module is; by default here.
    """
    executable = getattr(sys, "_base_executable", None) or sys.executable
    here = folder or str(Path(__file__).resolve().parent)
    # Not -I, which would ignore the seed of hashes in the environment; -P -s -S with an empty one is as strict.
    return [os.path.realpath(executable), "-P", "-s", "-S", "-c", BOOT.replace("MODULE", module), here, *arguments]


ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TZ": "UTC",
}
"""The environment of code in the sandbox; ``HOME`` and ``TMPDIR``, its working directory, are added."""


def main(tier: str, descriptor: str, host: str, bubblewrap: str = "") -> None:
    """Run the fork server of a tier.

    Args:
        tier: ``T1``, ``T2`` or ``T3``.
        descriptor: number of the socket to the host.
        host: process number of the host; 0 if another process watches it.
        bubblewrap: the program to run the fork server in; "" for none, or inside of it.
    """
    if sys.platform == "linux" and kernel.fixed_addresses():
        os.execve(sys.executable, sys.orig_argv, os.environ)
    control = socket.socket(fileno=int(descriptor))
    try:
        _start(tier, control, int(host), bubblewrap)
    except OSError as error:
        send_json(control, {"error": str(error)})
    os._exit(1)


def _start(tier: str, control: socket.socket, host: int, bubblewrap: str) -> None:
    """Prepare the tier, then serve; returns when the host is gone."""
    os.environ.clear()  # bubblewrap adds to it
    os.environ.update(ENVIRONMENT)
    world = VirtualWorld()
    install(world)
    for name in LOADED:
        importlib.import_module(name)
    watched = [os.pidfd_open(host)] if host and hasattr(os, "pidfd_open") else []
    if tier == "T1":
        _serve(control, world, processes.threads_of_user(), watched)
        return
    here = sys.argv[1]
    rooted = os.geteuid() == 0
    if rooted:
        # Root hides everything first, then steps aside: as root of a user namespace it would still own root's files.
        kernel.unshare(kernel.NEWNS)
        tree.build_tree(own_proc=False, extra=[here, *bubblewrap_files(bubblewrap)] if bubblewrap else [])
        become_nobody()
    if bubblewrap:
        inner = launch_command("zygote", tier, str(control.fileno()), "0", folder=here)
        command = bubblewrap_command(bubblewrap, [here], inner)
        child = os.fork()
        if child == 0:
            os.set_inheritable(control.fileno(), True)
            os.execve(command[0], command, ENVIRONMENT)
    else:
        user, group = os.geteuid(), os.getegid()
        spaces = kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
        kernel.unshare(kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | spaces)
        kernel.map_users(0, user, group)
        child = os.fork()
        if child == 0:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            if rooted:
                tree.mount_proc()
            else:
                tree.build_tree(own_proc=True)
            _serve(control, world, 0, [])
            os._exit(0)
    control.close()
    _wait(watched, child)


def become_nobody() -> None:
    """Give up being root for good, but stay able to look at oneself in ``/proc``."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def _wait(watched: list[int], child: int) -> None:
    """Wait for the end of the host or of the child, and end the child."""
    poll = select.poll()
    for number in (*watched, os.pidfd_open(child)):
        poll.register(number, select.POLLIN)
    poll.poll()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _serve(control: socket.socket, world: VirtualWorld, user_threads: int, watched: list[int]) -> None:
    """Fork a supervisor for every room that the host opens, until the host is gone.

    Args:
        control: the connection to the host.
        world: clock and chance, for the rooms.
        user_threads: that the user has, in T1; 0 in a namespace of one's own.
        watched: descriptors that become readable when the host ends.
    """
    isolated = user_threads == 0
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes leave of supervisors
    space = os.open("/proc/self/ns/pid", os.O_RDONLY) if isolated else -1
    tree.readable_paths()  # found once, before the forks
    send_json(control, {"error": ""})
    poll = select.poll()
    for number in (control.fileno(), *watched):
        poll.register(number, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if any(number in events for number in watched):
            return
        kind, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if kind != NEW_ROOM or len(descriptors) != 1:
            return
        if _fork_into_room(space) == 0:
            control.close()
            supervise(socket.socket(fileno=descriptors[0]), world, isolated, user_threads)
        os.close(descriptors[0])


def _fork_into_room(space: int) -> int:
    """Fork; in tiers T2 and T3 the child is process 1 of a new namespace.

    Args:
        space: this process's namespace of process ids, -1 for no new one.

    Returns:
        What ``os.fork`` returns; -1 if there may be no more processes.
    """
    try:
        if space >= 0:
            kernel.unshare(kernel.NEWPID)
        child = os.fork()
        if child and space >= 0:
            kernel.setns(space, kernel.NEWPID)
    except OSError:
        return -1
    return child
