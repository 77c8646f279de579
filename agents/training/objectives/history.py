"""What training remembers of each task from one batch to the next."""

from collections.abc import Sequence
from typing import Any


class History:
    """Statistics per task id, in host memory; ``state`` belongs in every checkpoint.

    Each statistic is one dictionary by task id, with methods of its own and one entry of ``state``.
    """

    def __init__(self) -> None:
        self._minima: dict[str, int] = {}

    def lower(self, task: str, value: int) -> int:
        """Lower the running minimum of a task to ``value`` if that is less, and return the minimum.

        Raises:
            ValueError: ``value`` isn't an integer of at least 0.
        """
        _check_count(task, value)
        self._minima[task] = min(value, self._minima.get(task, value))
        return self._minima[task]

    def minimum(self, task: str) -> int | None:
        """The least value that ``lower`` was given for a task; None before the first."""
        return self._minima.get(task)

    def state(self) -> dict[str, Any]:
        """A copy of everything, as plain data for JSON."""
        return {"minima": dict(self._minima)}

    def load(self, state: dict[str, Any]) -> None:
        """Replace everything by what ``state`` returned; unchanged if that fails.

        Raises:
            ValueError: ``state`` isn't of that form.
        """
        if not isinstance(state, dict) or set(state) != {"minima"} or not isinstance(state["minima"], dict):
            raise ValueError(f"expected a dictionary with the one key 'minima' and a dictionary there, got {state!r}")
        for task, value in state["minima"].items():
            if not isinstance(task, str):
                raise ValueError(f"task ids must be strings, got {task!r}")
            _check_count(task, value)
        self._minima = dict(state["minima"])


def update_minimum(history: History, tasks: Sequence[str], correct: Sequence[bool], calls: Sequence[int]) -> list[int]:
    """OTC's n of each row (Wang et al., 2025, arXiv 2504.14870), kept over all batches.

    The correct rows lower the minima first and all rows are read afterwards, so that no correct row has fewer calls
    than its n.

    Args:
        history: updated in place.
        tasks: B task ids.
        correct: for each row, whether its answer is right.
        calls: for each row, its number of tool calls, at least 0.

    Returns:
        B numbers; 0 for a task never answered correctly, where the reward is 0 for any n.

    Raises:
        ValueError: the lengths differ, or a correct row's calls aren't an integer of at least 0.
    """
    for task, right, count in zip(tasks, correct, calls, strict=True):
        if right:
            history.lower(task, count)
    return [history.minimum(task) or 0 for task in tasks]


def _check_count(task: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"the value of task {task!r} must be an integer of at least 0, got {value!r}")
