"""What language agents' evaluations show besides scores: tool calls, productivity, tokens, drift, errors, stops."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.data.results.intervals import bootstrap_interval

COLUMNS = ("success", "calls", "productivity", "tokens", "drift", "errors", "stops")


def columns(episodes: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> dict[str, str]:
    """The columns' texts by name; empty if the episodes are not a language agent's.

    ``success`` and ``calls`` are means per question with 95 % bootstrap intervals over seeds. ``productivity`` is the
    number of right answers divided by that of calls, sums over all episodes (Wang et al. 2025, arXiv 2504.14870,
    Section 3), followed by the two sums. ``drift`` counts turns whose text has other tokens than were sampled.

    Args:
        episodes: records as of ``palaestra.agents.rollouts.plans.record_of``.
        seeds: to which they belong.
    """
    if not episodes or any("calls" not in each for each in episodes):
        return {}
    errors = Counter[str]()
    for each in episodes:
        errors.update(each["errors"])
    stops = Counter(each["stop"] for each in episodes)
    return {
        "success": _mean(episodes, "success", seeds),
        "calls": _mean(episodes, "calls", seeds),
        "productivity": _productivity(episodes),
        "tokens": f"{np.mean([each['tokens'] for each in episodes]):.0f}",
        "drift": str(sum(each["drift"] for each in episodes)),
        "errors": _counted(errors),
        "stops": _counted(stops),
    }


def productivity(episodes: Sequence[Mapping[str, Any]]) -> float | None:
    """Right answers per call, of the sums; None without a call. Every episode must be scored."""
    calls = sum(each["calls"] for each in episodes)
    return sum(each["success"] for each in episodes) / calls if calls else None


def _productivity(episodes: Sequence[Mapping[str, Any]]) -> str:
    """The ratio and, in parentheses, the two sums."""
    if any(each["success"] is None for each in episodes):
        return "not scored"
    ratio = productivity(episodes)
    right, calls = (sum(each[name] for each in episodes) for name in ("success", "calls"))
    return f"{'no calls' if ratio is None else f'{ratio:.3f}'} ({right:.0f}/{calls})"


def _mean(episodes: Sequence[Mapping[str, Any]], name: str, seeds: Sequence[int]) -> str:
    """The mean over the seeds' means, with its interval."""
    each = [[record[name] for record in episodes if record["seed"] == seed] for seed in seeds]
    if any(not values or None in values for values in each):
        return "not scored"
    means = np.array([math.fsum(values) / len(values) for values in each])
    interval = bootstrap_interval(means, lambda drawn: drawn.mean(axis=-1))
    return f"{means.mean():.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _counted(counter: Mapping[str, int]) -> str:
    listed = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name or 'none'} {count}" for name, count in listed if count) or "0"
