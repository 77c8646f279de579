"""Statistics of recorded episodes, for a recipe's card."""

import collections
from typing import Any

import numpy as np

from palaestra.data.trajectory import Trajectory
from palaestra.envs.task import Task
from palaestra.envs.text import TextWorld

MIN_VISITS = 3
"""Visits of a decision state from which its most frequent action counts."""


class Statistics:
    """Accumulates episodes.

    Args:
        kind: class of their environments.
    """

    def __init__(self, kind: type[TextWorld]):
        self._kind = kind
        self._outcomes: dict[str, list[float | None]] = collections.defaultdict(list)
        self._lengths: list[int] = []
        self._lengths_of_successes: list[int] = []
        self._actions: collections.Counter[str] = collections.Counter()
        self._errors = self._changed = 0
        self._decisions: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self._right: dict[str, str] = {}

    @property
    def episodes(self) -> int:
        """How many have been added."""
        return len(self._lengths)

    def add(self, trajectory: Trajectory) -> None:
        """Add an episode."""
        fields = trajectory.about["task"]
        task = Task(fields["template"], fields["slots"], 0, fields["instruction"], fields["budget"])
        self._outcomes[task.template].append(trajectory.success)
        self._lengths.append(trajectory.length)
        if trajectory.success:
            self._lengths_of_successes.append(trajectory.length)
        for before, step in zip(trajectory.steps, trajectory.steps[1:]):
            self._actions[str(step.parsed.get("kind", ""))] += 1
            self._errors += bool(step.error)
            decision = self._kind.decision(task, before.observation)
            after = self._kind.decision(task, step.observation)
            if decision is None or after is None:
                continue
            self._changed += decision[0] != after[0]
            state = f"{fields['hash']} {decision[0]}"
            self._decisions[state][step.action or ""] += 1
            self._right[state] = decision[1]

    def summary(self) -> dict[str, Any]:
        """Plain data: shares are of 1.

        ``success`` (overall, and by template with the number of episodes), ``unscored`` episodes, ``length`` in steps,
        of all and of successful episodes, ``actions`` by kind, ``invalid`` actions, and where the environment's class
        knows the right action: ``changed``, the share of steps after which the screen was another, ``decision_states``
        with at least three visits, and ``mode_wrong``, the share of them whose most frequent action is not the right
        one.
        """
        steps = sum(self._lengths)
        scored = {name: [x for x in outcomes if x is not None] for name, outcomes in sorted(self._outcomes.items())}
        every = [x for outcomes in scored.values() for x in outcomes]
        summary: dict[str, Any] = {
            "episodes": self.episodes,
            "steps": steps,
            "success": _mean(every),
            "unscored": self.episodes - len(every),
            "templates": {name: {"episodes": len(x), "success": _mean(x)} for name, x in scored.items()},
            "length": _spread(self._lengths),
            "length_of_successes": _spread(self._lengths_of_successes),
            "actions": {name: round(count / max(steps, 1), 4) for name, count in self._actions.most_common()},
            "invalid": round(self._errors / max(steps, 1), 4),
        }
        if self._right:
            often = [state for state, actions in self._decisions.items() if actions.total() >= MIN_VISITS]
            wrong = [self._decisions[state].most_common(1)[0][0] != self._right[state] for state in often]
            summary["changed"] = round(self._changed / max(steps, 1), 4)
            summary["decision_states"] = len(often)
            summary["mode_wrong"] = _mean([float(each) for each in wrong])
        return summary


def _mean(values: "list[float]") -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _spread(values: list[int]) -> dict[str, float] | None:
    if not values:
        return None
    return {"mean": round(float(np.mean(values)), 2), "min": min(values), "max": max(values)}
