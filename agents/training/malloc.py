"""Settings of the C allocator, which accounts for half of the cost of a large update on a CPU."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next update instead of returning it to the system.

    By default a tensor above 32 MB gets pages of its own, which the kernel clears one by one on first use and reclaims
    when the tensor is freed. With a batch of 256, 31 actions each, three seeds and two critics, that takes more than
    half of FamO2O-CQL's update and a quarter of CQL's (see ``benchmarks/offline_steps.py --malloc system``). This
    affects the whole process, whose memory then never shrinks; it does nothing if the C library isn't glibc.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, -1)
