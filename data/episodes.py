"""Columns from a list of episodes, each a dict of arrays: the user's own records, or another library's."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from palaestra.data.errors import InputError

ENDS = {
    "terminals": ("terminals", "terminated", "terminations"),
    "timeouts": ("timeouts", "truncated", "truncations"),
}
"""Names of an episode's flags: the task ended, and time ran out."""
FINAL = ("next_observations", "final_observation")
READ = ("observations", "actions", "rewards", *FINAL, *ENDS["terminals"], *ENDS["timeouts"])

Columns = dict[str, np.ndarray]


def columns_of(episodes: Iterable[Mapping[str, Any]], where: str) -> tuple[Columns, Columns]:
    """Columns and per-episode columns of a ``Dataset``; see ``Dataset.from_episodes``.

    Args:
        episodes: dicts of arrays with one row per step.
        where: beginning of an error's message, before the number of the episode.

    Raises:
        InputError: there is no episode, or one is not as described there.
    """
    parts: list[Columns] = []
    for number, episode in enumerate(episodes):
        label = f"{where}: episode {number}"
        part = _columns_of_one(episode, label)
        if parts:
            _check_alike(part, parts[0], label)
        parts.append(part)
    if not parts:
        raise InputError(f"{where}: no episodes")
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    final = {name: joined.pop(name) for name in ("final_observations",) if name in joined}
    return joined, final


def _columns_of_one(episode: Mapping[str, Any], label: str) -> Columns:
    missing = [name for name in ("observations", "actions", "rewards") if name not in episode]
    if missing:
        raise InputError(f"{label}: missing {', '.join(missing)} (has {', '.join(map(str, episode)) or 'nothing'})")
    rewards = _numbers(episode["rewards"], "rewards", 1, label)
    steps = len(rewards)
    if not steps:
        raise InputError(f"{label}: no steps")
    observations = _numbers(episode["observations"], "observations", 2, label)
    if len(observations) not in (steps, steps + 1):
        raise InputError(f"{label}: {len(observations)} observations for {steps} rewards, expected as many or one more")
    columns = {
        "observations": observations[:steps],
        "actions": _rows(_numbers(episode["actions"], "actions", 2, label), "actions", steps, label),
        "rewards": rewards,
        "terminals": _flags(episode, "terminals", steps, label),
        "timeouts": _flags(episode, "timeouts", steps, label),
    }
    # An episode ends with its dict, whether or not the source says that time ran out.
    columns["timeouts"][-1] |= not columns["terminals"][-1]
    final = _final_observation(episode, observations, steps, label)
    columns |= {} if final is None else {"final_observations": final[None]}
    for name in (name for name in episode if name not in READ):
        columns[name] = _rows(np.asarray(episode[name]), name, steps, label)
    return columns


def _final_observation(
    episode: Mapping[str, Any], observations: np.ndarray, steps: int, label: str
) -> np.ndarray | None:
    """The observation after the last step, None if the episode doesn't have it."""
    if len(observations) == steps + 1:
        return observations[-1]
    if "next_observations" in episode:
        following = _numbers(episode["next_observations"], "next_observations", 2, label)
        if following.shape != observations.shape:
            raise InputError(
                f"{label}: next_observations has shape {following.shape}, observations {observations.shape}"
            )
        broken = (following[:-1] != observations[1:]).any(axis=1)
        if broken.any():
            raise InputError(f"{label}: step {broken.argmax()} doesn't lead to the observation of the step after it")
        return following[-1]
    if "final_observation" in episode:
        final = _numbers(episode["final_observation"], "final_observation", 1, label)
        if final.shape != observations.shape[1:]:
            raise InputError(f"{label}: final_observation has shape {final.shape}, unlike a row of observations")
        return final
    return None


def _numbers(values: Any, name: str, dimensions: int, label: str) -> np.ndarray:
    """A new float32 array."""
    try:
        array = np.array(values, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise InputError(f"{label}: {name} is not an array of numbers ({error})") from None
    if array.ndim != dimensions:
        form = {1: "(steps,)", 2: "(steps, numbers)"}[dimensions] if name != "final_observation" else "(numbers,)"
        raise InputError(f"{label}: {name} has shape {array.shape}, expected {form}")
    return array


def _rows(array: np.ndarray, name: str, steps: int, label: str) -> np.ndarray:
    if array.ndim == 0:
        raise InputError(f"{label}: {name} is not an array with a row for each step; leave it out")
    if len(array) != steps:
        raise InputError(f"{label}: {len(array)} {name} for {steps} rewards")
    return array


def _flags(episode: Mapping[str, Any], column: str, steps: int, label: str) -> np.ndarray:
    """(steps,) bool; a single flag is that of the last step."""
    name = next((name for name in ENDS[column] if name in episode), None)
    flags = np.zeros(steps, bool)
    if name is None:
        return flags
    given = np.asarray(episode[name])
    if given.dtype.kind not in "biuf":
        raise InputError(f"{label}: {name} is not a flag for each step, or one for the episode")
    if given.ndim == 0:
        flags[-1] = bool(given)
    else:
        flags[:] = _rows(given.reshape(-1), name, steps, label) != 0
    early = np.flatnonzero(flags[:-1])
    if len(early):
        raise InputError(f"{label}: {name} is set at step {early[0]} of {steps}; give one dict for each episode")
    return flags


def _check_alike(part: Columns, first: Columns, label: str) -> None:
    """Check that an episode has the columns and shapes of the first one."""
    names = {"final_observations": "the observation after the last step"}
    for name in (*first, *part):
        described = names.get(name, name)
        if name not in part:
            raise InputError(f"{label}: has not {described}, unlike episode 0")
        if name not in first:
            raise InputError(f"{label}: has {described}, unlike episode 0")
        if part[name].shape[1:] != first[name].shape[1:]:
            shapes = f"{part[name].shape[1:]}, in episode 0 {first[name].shape[1:]}"
            raise InputError(f"{label}: a row of {described} has shape {shapes}")
