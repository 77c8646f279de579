"""Linux system calls that Python doesn't wrap: namespaces, mounts, Landlock, seccomp.

Everything goes through ctypes. Sources: the manual pages unshare(2), mount(2), mount_setattr(2), landlock(7),
seccomp(2) and prctl(2), and the numbers in the kernel's public headers.
"""

import ctypes
import functools
import os
import struct
import sys
from collections.abc import Iterable

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH = 2
NO_RANDOM_ADDRESSES = 0x0040000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
MOUNT_SETATTR = 442
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

READ_RIGHTS = 1 << 0 | 1 << 2 | 1 << 3
"""Landlock: execute, read a file, list a folder."""
RIGHTS_BY_ABI = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
"""Landlock's rights on files by ABI version; nothing was added after 5."""
FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
"""Landlock: those rights that a file which is no folder can have."""


@functools.cache
def libc() -> ctypes.CDLL:
    """The C library, with errno kept."""
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int) -> None:
    """Set an attribute of this process."""
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(libc().prctl(option, *padded), f"prctl({option})")


def unshare(flags: int) -> None:
    """Move this process, or for process ids its children, into new namespaces."""
    _checked(libc().unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Enter a namespace."""
    _checked(libc().setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or bind a folder."""
    result = libc().mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode())
    _checked(result, f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Detach a mount; it goes when it's no longer in use."""
    _checked(libc().umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root and put the present root at ``old`` below it."""
    _checked(libc().syscall(PIVOT_ROOT[os.uname().machine], new.encode(), old.encode()), "pivot_root")


def make_read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only and free of set-user-id programs."""
    attributes = struct.pack("=QQQQ", MS_RDONLY | MS_NOSUID, 0, 0, 0)
    path = target.encode()
    arguments = (AT_FDCWD, path, AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))
    if libc().syscall(MOUNT_SETATTR, *arguments) == 0:
        return
    # Before Linux 5.12. Flags that the owner of the mount set can't be taken away, so they are named again.
    locked = os.statvfs(target).f_flag & (MS_NODEV | MS_NOEXEC | MS_NOSUID)
    mount("none", target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | locked)


def map_users(inside: int, user: int, group: int) -> None:
    """Name the one user and group of a new user namespace: ``inside`` is its number in there."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {user} 1"), ("gid_map", f"{inside} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def fixed_addresses() -> bool:
    """Switch off address randomisation for programs executed from here; whether that changed anything."""
    before = libc().personality(ctypes.c_ulong(0xFFFFFFFF))
    if before < 0 or before & NO_RANDOM_ADDRESSES:
        return False
    return libc().personality(ctypes.c_ulong(before | NO_RANDOM_ADDRESSES)) >= 0


def landlock_abi() -> int:
    """The version of Landlock, 0 if the kernel has none."""
    return max(0, libc().syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)) if sys.platform == "linux" else 0


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Confine this process and its children to some files, for good. Needs ``no_new_privs``.

    Also forbids TCP (from ABI 4) and signals and abstract sockets to processes outside (from ABI 6).

    Args:
        readable: files and folders that may be read and executed.
        writable: those that may also be changed.
    """
    abi = landlock_abi()
    rights = RIGHTS_BY_ABI[min(abi, len(RIGHTS_BY_ABI) - 1)]
    words = (rights,) + ((3,) if abi >= 4 else ()) + ((3,) if abi >= 6 else ())
    attributes = struct.pack(f"={len(words)}Q", *words)
    size = ctypes.c_size_t(len(attributes))
    ruleset = _checked(libc().syscall(LANDLOCK_CREATE, attributes, size, 0), "landlock_create_ruleset")
    try:
        for paths, allowed in ((readable, READ_RIGHTS), (writable, rights)):
            for path in paths:
                _landlock_path(ruleset, path, allowed & rights)
        _checked(libc().syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _landlock_path(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if os.path.isdir(path) else rights & FILE_RIGHTS
        rule = struct.pack("=Qi", allowed, descriptor)
        _checked(libc().syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(descriptor)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def seccomp(program: bytes) -> None:
    """Install a filter of system calls for this process and its children. Needs ``no_new_privs``.

    Args:
        program: instructions of classic BPF, 8 bytes each.
    """
    structure = _Program(len(program) // 8, program)
    _checked(libc().prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(structure), 0, 0), "seccomp")
