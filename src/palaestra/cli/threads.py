"""How many cores this process may use."""

import contextlib
import os

from palaestra.data.errors import InputError


def granted() -> int:
    """Cores that this process may use: its CPU affinity, and ``OMP_NUM_THREADS`` where that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(ValueError):
        cores = min(cores, max(1, int(os.environ.get("OMP_NUM_THREADS", cores))))
    return cores


def set_threads(threads: int) -> None:
    """Set torch's thread count.

    Raises:
        InputError: below 1, or more than are granted.
    """
    import torch

    if threads < 1:
        raise InputError(f"--threads must be at least 1, got {threads}")
    if threads > granted():
        raise InputError(f"--threads {threads}: this process may use {granted()} (CPU affinity, OMP_NUM_THREADS)")
    torch.set_num_threads(threads)
