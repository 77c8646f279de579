"""Minibatches of transitions."""

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Transitions for every seed, drawn independently per seed; all tensors on one device.

    Attributes:
        observations: (seeds, batch, observation dim), float, as stored (not normalised).
        actions: (seeds, batch, action dim), float, in the environment's action range.
        rewards: (seeds, batch), float.
        next_observations: (seeds, batch, observation dim), float.
        nonterminals: (seeds, batch), float: 0 at terminal transitions, 1 otherwise, including timeouts.
        rows: (seeds, batch), int64: index of each transition in its ``Transitions``.
    """

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    next_observations: Tensor
    nonterminals: Tensor
    rows: Tensor
