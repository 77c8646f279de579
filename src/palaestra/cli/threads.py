"""The number of cores that this process may use, and torch's thread count."""

import contextlib
import os

from palaestra.data.errors import InputError


def granted() -> int:
    """Number of cores that this process may use: by its CPU affinity, or ``OMP_NUM_THREADS`` if that is lower."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(ValueError):
        cores = min(cores, max(1, int(os.environ.get("OMP_NUM_THREADS", cores))))
    return cores


def set_threads(threads: int) -> None:
    """Set torch's thread count.

    Raises:
        InputError: below 1, or more than ``granted()``.
    """
    import torch

    if threads < 1:
        raise InputError(f"--threads must be at least 1, got {threads}")
    if threads > granted():
        raise InputError(f"--threads {threads}: this process may use {granted()} (CPU affinity, OMP_NUM_THREADS)")
    torch.set_num_threads(threads)
