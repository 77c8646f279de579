"""What language agents' evaluations show besides scores: tool calls, productivity, tokens, drift, errors, stops."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.data.results.intervals import bootstrap_interval

COLUMNS = ("success", "calls", "productivity", "tokens", "drift", "errors", "stops")


def numbers(episodes: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """What the columns show, as numbers; empty if the episodes are not a language agent's.

    ``success`` and ``calls`` are means per question over the seeds' means, ``..._low`` and ``..._high`` their 95 %
    bootstrap intervals over seeds. ``productivity`` is the number of right answers divided by that of calls, sums over
    all episodes (Wang et al. 2025, arXiv 2504.14870, Section 3): ``right`` and ``all_calls``. ``drift`` counts turns
    whose text has other tokens than were sampled. None stands for what was not scored, or can't be divided.

    Args:
        episodes: records as of ``palaestra.agents.rollouts.plans.record_of``.
        seeds: to which they belong.
    """
    if not episodes or any("calls" not in each for each in episodes):
        return {}
    errors = Counter[str]()
    for each in episodes:
        errors.update(each["errors"])
    scored = all(each["success"] is not None for each in episodes)
    return {
        **_mean(episodes, "success", seeds),
        **_mean(episodes, "calls", seeds),
        "productivity": productivity(episodes) if scored else None,
        "right": sum(each["success"] for each in episodes) if scored else None,
        "all_calls": sum(each["calls"] for each in episodes),
        "tokens": float(np.mean([each["tokens"] for each in episodes])),
        "drift": sum(each["drift"] for each in episodes),
        "errors": _counted(errors),
        "stops": _counted(Counter(each["stop"] for each in episodes)),
    }


def columns(measured: Mapping[str, Any]) -> dict[str, str]:
    """The columns' texts by name, of what ``numbers`` returned."""
    if not measured:
        return {}
    ratio, right, calls = (measured[name] for name in ("productivity", "right", "all_calls"))
    shown = "no calls" if ratio is None else f"{ratio:.3f}"
    return {
        "success": _with_interval(measured, "success"),
        "calls": _with_interval(measured, "calls"),
        "productivity": "not scored" if right is None else f"{shown} ({right:.0f}/{calls})",
        "tokens": f"{measured['tokens']:.0f}",
        "drift": str(measured["drift"]),
        "errors": measured["errors"],
        "stops": measured["stops"],
    }


def productivity(episodes: Sequence[Mapping[str, Any]]) -> float | None:
    """Right answers per call, of the sums; None without a call. Every episode must be scored."""
    calls = sum(each["calls"] for each in episodes)
    return sum(each["success"] for each in episodes) / calls if calls else None


def _mean(episodes: Sequence[Mapping[str, Any]], name: str, seeds: Sequence[int]) -> dict[str, float | None]:
    """The mean over the seeds' means, and its interval."""
    each = [[record[name] for record in episodes if record["seed"] == seed] for seed in seeds]
    if any(not values or None in values for values in each):
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    means = np.array([math.fsum(values) / len(values) for values in each])
    low, high = bootstrap_interval(means, lambda drawn: drawn.mean(axis=-1)) or (None, None)
    return {name: float(means.mean()), f"{name}_low": low, f"{name}_high": high}


def _with_interval(measured: Mapping[str, Any], name: str) -> str:
    middle, low, high = (measured[key] for key in (name, f"{name}_low", f"{name}_high"))
    if middle is None:
        return "not scored"
    return f"{middle:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")


def _counted(counter: Mapping[str, int]) -> str:
    listed = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name or 'none'} {count}" for name, count in listed if count) or "0"
