"""Agents' actions, of which MuJoCo takes only the finite ones."""

from typing import Any

import numpy as np

MAX_ACTION = 1e10  # mjMAXVAL: MuJoCo treats a larger control as diverged, zeroes it and writes a log file


def sanitise_action(action: Any, size: int) -> tuple[np.ndarray, str | None]:
    """An agent's action as a (size,) float32 or float64 array, and an error message.

    Any array or sequence of ``size`` finite real numbers is valid, in or out of range (the engine clips). For anything
    else the result is zeros and the reason, otherwise the message is empty.
    """
    try:
        array = np.asarray(action)
    except (ValueError, TypeError, RuntimeError) as error:
        return np.zeros(size), f"not an array of numbers ({error})"
    if array.shape != (size,):
        return np.zeros(size), f"shape {array.shape}, expected {(size,)}"
    if array.dtype != np.float32 and array.dtype != np.float64:
        if array.dtype.kind not in "fiu":
            return np.zeros(size), f"dtype {array.dtype}, expected real numbers"
        array = array.astype(np.float64)
    bad = [value for value in array.tolist() if not -MAX_ACTION <= value <= MAX_ACTION]
    if bad:
        return np.zeros(size), f"holds {bad[0]}, expected finite numbers up to {MAX_ACTION:g}"
    return array, None


def reject_actions(torques: np.ndarray) -> dict[int, str]:
    """Zero invalid rows in place; returns why they are invalid, by row."""
    bad = np.flatnonzero(~(np.abs(torques) <= MAX_ACTION).all(axis=1))
    errors = {}
    for row in bad.tolist():
        value = next(value for value in torques[row].tolist() if not -MAX_ACTION <= value <= MAX_ACTION)
        errors[row] = f"holds {value}, expected finite numbers up to {MAX_ACTION:g}"
        torques[row] = 0.0
    return errors
