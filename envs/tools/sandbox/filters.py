"""The seccomp filter: which system calls model-written code may not make.

A list of what is denied, not of what is allowed: Python and the programs of a distribution use several hundred
calls. What is denied gives EPERM, so that code sees an ordinary error. Numbers are from the kernel's public headers.
"""

import errno
import os
import struct

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""How the kernel names a machine's calling convention."""
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
PRLIMIT = {"x86_64": 302, "aarch64": 261}
NAMESPACE_FLAGS = 0x7E020000
X32 = 0x40000000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, DENY, ABSENT, KILL = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
NUMBER, MACHINE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
"""Where the filter finds the call, the machine and the low halves of the arguments (little endian)."""

DENIED = {
    # name: (x86_64, aarch64); -1 where a machine hasn't got it
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept4": (288, 242),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "syslog": (103, 116),
    "personality": (135, 92),
    "vhangup": (153, 58),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # Memory that no process shows as its own.
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),  # a pipe holds a huge page of 2 MiB in each of its places, which no process shows
    # What is counted for the host's user or for the whole host, not for a namespace.
    "io_setup": (206, 0),
    "inotify_init": (253, -1),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),  # like the two before it tells which of the shown files others on the host open
    # The supervisor, and a session's frozen processes, belong to the same user of the host.
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # Some options give an unnamed socket an abstract name, by which other calls could send to it.
    "setsockopt": (54, 208),
}
DENIED_COMMANDS = {
    # name: ((x86_64, aarch64), values of the second argument)
    # Signals by way of a descriptor (F_SETOWN, F_SETSIG, F_SETOWN_EX), leases on files of the host (F_SETLEASE), and
    # news of what others do in a folder (F_NOTIFY).
    "fcntl": ((72, 25), (8, 10, 15, 1024, 1026)),
    "ioctl": ((16, 29), (0x8901, 0x8902)),  # FIOSETOWN, SIOCSPGRP
}
SIGNALS = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
}
"""Denied in sessions, whose frozen processes share a namespace."""


def build_filter(session: bool, machine: str = "") -> bytes:
    """The filter as instructions of classic BPF, for ``kernel.seccomp``.

    Args:
        session: deny sending signals too.
        machine: ``os.uname().machine``; by default this one's.

    Raises:
        KeyError: there are no numbers for such a machine.
    """
    machine = machine or os.uname().machine
    column = list(AUDIT).index(machine)
    program = [(LOAD, 0, 0, MACHINE), (JUMP_EQUAL, 1, 0, AUDIT[machine]), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    if machine == "x86_64":
        program += [(JUMP_AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for numbers in [*DENIED.values(), *(SIGNALS.values() if session else ())]:
        if numbers[column] >= 0:
            program += [(JUMP_EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, DENY)]
    for numbers, commands in DENIED_COMMANDS.values():
        program += [(JUMP_EQUAL, 0, len(commands) + 3, numbers[column]), (LOAD, 0, 0, SECOND_ARGUMENT)]
        program += [(JUMP_EQUAL, len(commands) - place, 0, command) for place, command in enumerate(commands)]
        program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENY)]
    # clone3 has its flags in memory, out of the filter's reach; C libraries fall back to clone.
    program += [(JUMP_EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ABSENT)]
    # Limits of other processes; one's own are addressed by 0.
    program += [(JUMP_EQUAL, 0, 4, PRLIMIT[machine]), (LOAD, 0, 0, FIRST_ARGUMENT), (JUMP_EQUAL, 0, 1, 0)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENY)]
    program += [(JUMP_EQUAL, 0, 3, CLONE[machine]), (LOAD, 0, 0, FIRST_ARGUMENT)]
    program += [(JUMP_ANY_BIT, 0, 1, NAMESPACE_FLAGS), (RETURN, 0, 0, DENY), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
