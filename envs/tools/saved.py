"""Checks of a saved episode's counters, before a world takes them over."""

import math
from collections.abc import Mapping
from typing import Any

from palaestra.data.own_code import is_imported, is_own
from palaestra.envs.tools.adversary import Adversary
from palaestra.envs.tools.budget import Cost, Stop
from palaestra.envs.tools.calls import Fault


def check_counters(state: Mapping[str, Any]) -> None:
    """Check that a saved state is one that a world could have written, as far as types and signs go.

    Args:
        state: of ``ToolEnv``, of an episode.

    Raises:
        ValueError, TypeError, KeyError: it isn't.
    """
    name, seed = state["task"]
    _want(isinstance(name, str) and _is_whole(seed) and abs(seed) < 2**63, "task")
    # A snapshot must not decide what is imported.
    module = name.partition(":")[0]
    _want(not is_own(name.partition("@")[0]) or is_imported(module), f"task {name!r}, of a module not yet imported")
    cost = state["cost"]
    _want(isinstance(cost, dict) and cost.keys() == vars(Cost()).keys(), "cost")
    for each, usual in vars(Cost()).items():
        _want(_is_whole(cost[each]) or (isinstance(usual, float) and isinstance(cost[each], float)), each)
        _want(math.isfinite(cost[each]) and 0 <= cost[each] < 2**53, each)
    errors, answers = state["errors"], state["answers"]
    _want(isinstance(errors, dict) and set(errors) <= set(map(str, Fault)), "errors")
    _want(all(_is_whole(count) and count >= 0 for count in errors.values()), "errors")
    _want(isinstance(answers, list) and all(isinstance(each, str) for each in answers), "answers")
    _want(isinstance(state["facts"], dict) and isinstance(state["more"], dict), "facts")
    _want(state["stop"] in ("", *map(str, Stop)), "stop")
    _want(_is_whole(state["draws"]) and 0 <= state["draws"] < 2**63, "draws")
    check_steps(state["steps"])


def check_steps(steps: Any) -> None:
    """Check a saved number of turns.

    Raises:
        ValueError: it is none.
    """
    _want(_is_whole(steps) and -1 <= steps < 2**63, "steps")


def saved_adversary(shares: Mapping[str, float], saved: Any) -> Adversary | None:
    """A world's adversary from its saved seed and state.

    Raises:
        ValueError, TypeError: they are none, or the world has no adversary.
    """
    _want(bool(saved) == bool(shares), "adversary")
    if not saved:
        return None
    seed, state = saved
    _want(_is_whole(seed) and abs(seed) < 2**63, "adversary")
    adversary = Adversary(shares, seed)
    usual = adversary.state
    _want(isinstance(state, dict) and state.keys() == usual.keys(), "adversary")
    _want(all(type(state[name]) is type(value) for name, value in usual.items()), "adversary")
    texts = [*state["withdrawn"], *state["renamed"], *state["renamed"].values()]
    texts += [*state["memory"], *state["memory"].values(), *state["outage"]]
    _want(all(isinstance(each, str) for each in texts) and 0 <= state["draws"] < 2**63, "adversary")
    _want(all(map(_is_whole, state["outage"].values())), "adversary")
    adversary.state = state
    return adversary


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _want(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"{what} is not what a world saves")
