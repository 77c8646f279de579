"""How this process gets its memory, which is half of the cost of a large update on a CPU."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the next update, instead of giving it back to the system.

    By default a tensor above 32 MB gets pages of its own, which the kernel clears one by one on first use and takes
    back when the tensor is gone: at a batch of 256 with 31 actions each, three seeds and two critics, more than half of
    FamO2O-CQL's update and a quarter of CQL's (``benchmarks/offline_steps.py --malloc system`` shows it). For the whole
    process, which afterwards never shrinks; nothing happens where the C library isn't glibc.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, -1)
