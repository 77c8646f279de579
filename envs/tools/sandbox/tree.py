"""The file tree of tiers T2 and T3: a system's programs and Python's library, read-only, and nothing else."""

import functools
import os
import sys
from collections.abc import Sequence

from palaestra.envs.tools.sandbox import kernel

WORK = "/sandbox"
"""The working directory, a file system in memory of its own for each call."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
BASES = ("/tmp", "/var/tmp", "/mnt")
"""Folders of which one becomes the new root; what they have is still reached by the old one."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")


@functools.cache
def python_folders() -> tuple[str, ...]:
    """The folders outside of the system's that this Python runs from, none below another.

    For a Python without site-packages, whose path is that of the standard library.
    """
    prefix = os.path.realpath(sys.base_prefix)
    wanted = {os.path.join(prefix, "bin"), os.path.join(prefix, "lib")}
    wanted |= {os.path.realpath(path) for path in sys.path}
    wanted.add(os.path.dirname(os.path.realpath(sys.executable)))
    kept: list[str] = []
    for path in sorted(path for path in wanted if path != "/" and os.path.isdir(path)):
        if not any(f"{path}/".startswith(f"{base}/") for base in (*SYSTEM, *kept)):
            kept.append(path)
    return tuple(kept)


def build_tree(own_proc: bool, extra: Sequence[str] = ()) -> None:
    """Replace this mount namespace's root by a small tree. Needs a mount namespace of one's own.

    Args:
        own_proc: mount ``/proc`` for this process's namespace of process ids; otherwise keep the present one.
        extra: more files and folders to show.
    """
    base, shown = next(filter(os.path.isdir, BASES)), (*SYSTEM, *python_folders(), *extra)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", base, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    os.mkdir(f"{base}/old")
    kernel.pivot_root(base, f"{base}/old")
    os.chdir("/")
    for path in shown:
        _show(path)
    for path in DEVICES:
        _show(path, read_only=False)
    os.makedirs(WORK, exist_ok=True)
    os.mkdir("/proc")
    if own_proc:
        # While the old one is still there: the kernel wants to see one that hides nothing.
        mount_proc()
    else:
        kernel.mount("/old/proc", "/proc", flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.unmount("/old")
    os.rmdir("/old")
    if not os.path.exists("/tmp"):
        os.symlink(WORK, "/tmp")
    kernel.mount("none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def mount_proc() -> None:
    """Mount ``/proc`` for this process's namespace of process ids."""
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def mount_work(size: int, entries: int) -> None:
    """Mount an empty working directory.

    Args:
        size: bytes that its files may have together.
        entries: files and folders that it may have.
    """
    options = f"size={size},nr_inodes={entries + 1},mode=700"  # its root is an entry too
    kernel.mount("tmpfs", WORK, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


@functools.cache
def readable_paths() -> list[str]:
    """What code may read in a built tree, for Landlock."""
    paths = (*SYSTEM, *python_folders(), *DEVICES)
    return [path for path in paths if os.path.lexists(path) and not os.path.islink(path)]


def _show(path: str, read_only: bool = True) -> None:
    """Bind a path of the old tree at the same place of the new one; a link stays a link."""
    old = f"/old{path}"
    if os.path.islink(old):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(os.readlink(old), path)
    elif os.path.isdir(old):
        os.makedirs(path, exist_ok=True)
        _bind(old, path, read_only)
    elif os.path.exists(old):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC))
        _bind(old, path, read_only)


def _bind(old: str, path: str, read_only: bool) -> None:
    kernel.mount(old, path, flags=kernel.MS_BIND | kernel.MS_REC)
    if read_only:
        kernel.make_read_only(path)
