"""Ranges of actions: learners act in [-1, 1]."""

import numpy as np

from palaestra.data.errors import InputError

ACTION_TOLERANCE = 1e-5  # rounding of an action box's bounds


def scaled_actions(actions: np.ndarray, low: float | np.ndarray, high: float | np.ndarray, where: str) -> np.ndarray:
    """Map actions linearly from a range to [-1, 1].

    Args:
        actions: (N, d_a).
        low: lower bound, for all dimensions or (d_a,).
        high: upper bound, likewise.
        where: beginning of an error's message.

    Returns:
        (N, d_a) float32.

    Raises:
        InputError: the bounds are not a range, or an action is outside of it.
    """
    dim = actions.shape[1]
    try:
        lowest, highest = np.broadcast_to(np.float64(low), dim), np.broadcast_to(np.float64(high), dim)
    except ValueError:
        raise InputError(f"{where}: bounds {low} and {high} don't fit actions of {dim} numbers") from None
    if not (np.isfinite([lowest, highest]).all() and (lowest < highest).all()):
        raise InputError(f"{where}: {low} to {high} is no range of actions; give finite bounds, the lower one first")
    scaled = 2 * (actions.astype(np.float64) - lowest) / (highest - lowest) - 1
    row, column = np.unravel_index(np.abs(scaled).argmax(), scaled.shape)
    if abs(scaled[row, column]) > 1 + ACTION_TOLERANCE:
        raise InputError(f"{where}: an action in row {row} is {actions[row, column]:g}, not between {low} and {high}")
    return np.clip(scaled, -1, 1).astype(np.float32)
