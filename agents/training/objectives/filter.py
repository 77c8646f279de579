"""Which rows of a batch count as right, and which are worth a backward pass."""

import torch
from torch import Tensor


def correct(reward: Tensor, least: float = 1.0) -> Tensor:
    """Rows that solved their task.

    Args:
        reward: (B,), task rewards before shaping.
        least: the lowest reward of a solved task; below it is partial credit.

    Returns:
        (B,), bool.
    """
    return reward >= least


def varied(reward: Tensor, group: Tensor) -> Tensor:
    """Rows of groups whose rewards differ: the others have advantage 0, and no gradient but the divergence's.

    Dropping the others is DAPO's dynamic sampling (Yu et al., 2025, arXiv 2503.14476, section 3.2).

    Args:
        reward: (B,), float.
        group: (B,), integers; rows with equal numbers answer the same task. Any numbers in any order.

    Returns:
        (B,), bool; False for a group of one.
    """
    same = same_group(group)
    highest = torch.where(same, reward, -torch.inf).amax(1)
    lowest = torch.where(same, reward, torch.inf).amin(1)
    return highest != lowest


def same_group(group: Tensor) -> Tensor:
    """(B, B), bool: whether two rows are of one group. Unlike ``torch.unique`` it needs no host synchronisation."""
    return group[:, None] == group
