"""D4RL's functions: views of an environment's dataset, and scores, for environments in Gymnasium's API.

``from palaestra.envs import d4rl`` has them under D4RL's names. Differences from D4RL's own: an environment may be
wrapped in Gymnasium's wrappers, which don't forward attributes; the loops over rows are masks; ``sequence_dataset``
leaves out what has no row per step (D4RL's stops at the ``metadata/`` of its own files).
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np

from palaestra.data.dataset import counted_ends
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import reference_score
from palaestra.data.formats.successors import SUCCESSORS


def reach(env: Any, name: str) -> Any:
    """An attribute of an environment, through wrappers.

    Raises:
        InputError: neither the environment nor a wrapper has it.
    """
    try:
        return env.get_wrapper_attr(name) if isinstance(env, gymnasium.Env) else getattr(env, name)
    except AttributeError:
        raise InputError(f"{env}: has no {name}; the environments of D4RL's ids do (`palaestra envs --all`)") from None


class ForwardAttributes(gymnasium.Wrapper):
    """Has every attribute of the environment behind it, through Gymnasium's wrappers, as old gym's wrappers had.

    Put outermost, it keeps code at work that asks the wrapped environment, such as ``hasattr(env,
    "get_normalized_score")``, which is silently False behind Gymnasium's wrappers.
    """

    def __getattr__(self, name: str) -> Any:
        if name == "env" or name.startswith("__"):  # while it is being copied or unpickled
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return self.env.get_wrapper_attr(name)


def qlearning_dataset(
    env: Any,
    dataset: Mapping[str, Any] | None = None,
    terminate_on_end: bool = False,
    successors: Literal["d4rl", "stored"] = "d4rl",
    **options: Any,
) -> dict[str, np.ndarray]:
    """The transitions of a dataset by D4RL's rule.

    Args:
        env: has ``get_dataset``; its horizon counts where the dataset has no ``timeouts``.
        dataset: columns, by default those of ``env.get_dataset``.
        terminate_on_end: keep the row on which time ran out, with the next episode's first observation as its
            successor, as D4RL does; by default it is left out.
        successors: "d4rl" takes the next row's observation as a row's successor, and never has the last row; "stored"
            takes the column ``next_observations``, and has every row.
        **options: of ``env.get_dataset``.

    Returns:
        observations, next_observations (M, d_s), actions (M, d_a) and rewards (M,) float32, terminals (M,) bool.

    Raises:
        InputError: there is no ``next_observations``, or ``get_dataset`` failed.
    """
    data = reach(env, "get_dataset")(**options) if dataset is None else dataset
    observations, terminals = np.asarray(data["observations"]), np.asarray(data["terminals"]).astype(bool)
    if successors == "stored":
        if SUCCESSORS not in data:
            raise InputError(f'{env}: the data have no {SUCCESSORS}, which successors="stored" reads')
        rows, following = np.arange(len(terminals)), np.asarray(data[SUCCESSORS])
    else:
        rows, following = np.arange(len(terminals) - 1), observations[1:]
        if not terminate_on_end:
            rows = rows[~_final_rows(env, data, terminals, dropped_restart=0)[:-1]]
    return {
        "observations": observations[rows].astype(np.float32),
        "actions": np.asarray(data["actions"])[rows].astype(np.float32),
        "next_observations": following[rows].astype(np.float32),
        "rewards": np.asarray(data["rewards"])[rows].astype(np.float32),
        "terminals": terminals[rows],
    }


def sequence_dataset(
    env: Any, dataset: Mapping[str, Any] | None = None, **options: Any
) -> Iterator[dict[str, np.ndarray]]:
    """The episodes of a dataset by D4RL's rule, each a dict of all columns; a last one without an end is left out.

    Args:
        env: as for ``qlearning_dataset``.
        dataset: columns, by default those of ``env.get_dataset``.
        **options: of ``env.get_dataset``.
    """
    data = reach(env, "get_dataset")(**options) if dataset is None else dataset
    terminals = np.asarray(data["terminals"]).astype(bool)
    columns = {name: array for name, array in data.items() if np.shape(array)[:1] == terminals.shape}
    ends = np.flatnonzero(terminals | _final_rows(env, data, terminals, dropped_restart=1)) + 1
    for start, stop in zip([0, *ends], ends):
        yield {name: np.array(array[start:stop]) for name, array in columns.items()}


def _final_rows(env: Any, data: Mapping[str, Any], terminals: np.ndarray, dropped_restart: int) -> np.ndarray:
    """(N,) bool: rows on which time ran out; by D4RL's counter if no flag says so."""
    if "timeouts" in data:
        return np.asarray(data["timeouts"]).astype(bool)
    return counted_ends(terminals, reach(env, "_max_episode_steps"), dropped_restart)


def get_normalized_score(env_name: Any, score: Any) -> Any:
    """A return, or an array of them, as a fraction: 0 for D4RL's random policy, 1 for its expert.

    Args:
        env_name: a D4RL id; or an environment, also a wrapped one.
        score: undiscounted returns.

    Raises:
        InputError: there is no reference.
    """
    low, high = _references(env_name)
    return (score - low) / (high - low)


def reverse_normalized_score(env_name: Any, score: Any) -> Any:
    """The return that ``get_normalized_score`` gives ``score``."""
    low, high = _references(env_name)
    return score * (high - low) + low


def _references(env: Any) -> tuple[float, float]:
    if isinstance(env, str):
        return reference_score(env)
    return reach(env, "ref_min_score"), reach(env, "ref_max_score")


def set_dataset_path(path: str | Path) -> None:
    """Look for D4RL's files in a folder, which is made: set the environment variable ``D4RL_DATASET_DIR`` to it.

    palaestra's own cache comes first, and what is in neither is downloaded into that.
    """
    Path(path).mkdir(parents=True, exist_ok=True)
    os.environ["D4RL_DATASET_DIR"] = os.fspath(path)
