"""Read and write Minari's datasets.

Minari keeps N+1 observations per episode, so all transitions are exact. Observations that are no vectors are flattened
as Gymnasium's ``FlattenObservation`` does, a choice to one number per option; texts in a dictionary are left out.
Discrete actions likewise become one column per action, and ``Dataset.discrete_actions`` says so; actions with other
bounds are mapped to [-1, 1], in which our
learners act, as D4RL's ``NormalizedBoxEnv`` did; floats become float32. Policies are evaluated in the dataset's
evaluation environment, in wrappers that do the same: ``minari/D4RL.pointmaze.umaze-v2`` is the environment of
``D4RL/pointmaze/umaze-v2``, and has that dataset's reference scores.
"""

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.data import store
from palaestra.data.actions import ACTION_TOLERANCE
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import minari_ids
from palaestra.data.formats.columns import SUCCESSORS, Columns
from palaestra.data.formats.d4rl_ids import reference_score
from palaestra.data.formats.minari_ids import WORLDS
from palaestra.data.store import explain_write_errors, no_space, write_atomically

if TYPE_CHECKING:
    import gymnasium
    from gymnasium.envs.registration import EnvSpec
    from minari import EpisodeData, MinariDataset
    from minari.data_collector import EpisodeBuffer

# ------------------------------------------------------------------------------------------ reading


def load(minari_id: str, columns: Columns = ()) -> Dataset:
    """The Minari dataset ``minari_id``, downloaded by Minari if it is not on this machine.

    Args:
        minari_id: such as ``D4RL/pointmaze/umaze-v2``.
        columns: infos to read, such as ``infos/qpos``, or "all" (those that are numbers, and that every episode has).
            Where Minari keeps one more of them than steps, the last one is in the per-episode column
            ``final_infos/qpos``.

    Raises:
        InputError: no such dataset, no network, damaged data, or spaces that are no vectors of numbers when flattened.
    """
    from gymnasium import spaces

    where = f"minari:{minari_id}"
    stored = _open(minari_id)
    metadata = minari_ids.metadata(minari_id)
    ours = metadata.get("palaestra")
    flatten, act = _flattener(stored.observation_space, where), _unit(stored.action_space, where)
    if isinstance(stored.action_space, spaces.Discrete):
        metadata["discrete_actions"] = int(stored.action_space.n)
    if texts := _texts(stored.observation_space):
        metadata["left_out"] = texts
    with minari_ids.reading(where):
        count = len(stored)
        parts = [
            _episode(episode, flatten, act, columns, where, last=k == count - 1)
            for k, episode in enumerate(stored.iterate_episodes())
            if len(episode)
        ]
    if not parts:
        raise InputError(f"{where}: no rows")
    rows, episodes = (_joined([part[k] for part in parts]) for k in (0, 1))
    absent = [] if columns == "all" else [name for name in columns if name not in (*rows, SUCCESSORS)]
    if absent:
        raise InputError(f"{where}: has no column {', '.join(absent)}")
    horizon = ours["horizon"] if ours else _horizon(metadata, max(len(part[0]["rewards"]) for part in parts))
    env_id = ours["env_id"] if ours else _world_of(minari_id, metadata)
    of_d4rl = ours["metadata"] if ours else {}
    metadata = metadata | {name: value for name, value in of_d4rl.items() if name.startswith("metadata/")}
    return Dataset(where, env_id, rows, horizon, episodes, metadata)


def _world_of(minari_id: str, metadata: Mapping[str, Any]) -> str | None:
    """The id of a dataset's evaluation environment, None if it names none that can be made again."""
    if _spec(metadata) is None:
        return None
    with suppress(InputError):
        return register_world(WORLDS + minari_id.replace("/", "."))
    return None


def _open(minari_id: str) -> "MinariDataset":
    import minari

    where = f"minari:{minari_id}"
    _check_id(minari_id)
    if not (minari_ids.folder(minari_id) / "data").is_dir():
        missing = f"{where}: not in {minari_ids.folder(minari_id)}, and Minari could not download it"
        if os.environ.get("MINARI_REMOTE", "hf://").startswith("hf://") and not store.hub_is_reachable():
            raise InputError(f"{missing} ({store.hub()} cannot be reached)")
        try:
            minari.download_dataset(minari_id)
        except Exception as error:  # of any class, from its storage back-ends and their HTTP clients
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise InputError(f"{missing} ({reason[0]})") from None
    with minari_ids.reading(where):
        return minari.load_dataset(minari_id)


def _check_id(minari_id: str) -> None:
    from minari.dataset.minari_dataset import parse_dataset_id

    try:
        parse_dataset_id(minari_id)
    except (ValueError, TypeError):  # TypeError: no version
        forms = "name-v0, or namespace/name-v0 with two letters or more before the /"
        raise InputError(f"minari:{minari_id}: not a Minari id, those read {forms}") from None


def _flattener(space: "gymnasium.Space[Any]", where: str) -> Callable[[Any], np.ndarray]:
    """(T, ...) observations of a space to (T, d_s) float32, in the order of Gymnasium's ``flatten``."""
    from gymnasium import spaces

    if isinstance(space, spaces.Box | spaces.MultiBinary):
        return lambda values: np.asarray(values, dtype=np.float32).reshape(len(values), -1)
    if isinstance(space, spaces.Discrete):
        return _one_hot(space)
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = dict(space.spaces) if isinstance(space, spaces.Dict) else dict(enumerate(space.spaces))
        texts = _texts(space)
        inner = {key: _flattener(part, where) for key, part in parts.items() if key not in texts}
        if inner:
            return lambda values: np.concatenate([flatten(values[key]) for key, flatten in inner.items()], axis=1)
    raise InputError(
        f"{where}: observations are {type(space).__name__}; boxes, choices, and dictionaries or tuples of them are read"
    )


def _one_hot(space: "gymnasium.spaces.Discrete") -> Callable[[Any], np.ndarray]:
    """(T,) choices of a space to (T, n) float32: 1 in the column of the choice."""
    return lambda values: np.eye(int(space.n), dtype=np.float32)[
        np.asarray(values, dtype=np.int64).reshape(-1) - space.start
    ]


def _texts(space: "gymnasium.Space[Any]") -> list[str]:
    """The keys of a dictionary's texts."""
    from gymnasium import spaces

    if not isinstance(space, spaces.Dict):
        return []
    return [name for name, part in space.spaces.items() if isinstance(part, spaces.Text)]


def _unit(space: "gymnasium.Space[Any]", where: str) -> Callable[[np.ndarray], np.ndarray]:
    """(T, d_a) actions of a space to [-1, 1] float32."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return _one_hot(space)
    if not isinstance(space, spaces.Box):
        raise InputError(f"{where}: actions are {space}; boxes and choices (Discrete) can be read")
    if not space.is_bounded():
        raise InputError(f"{where}: actions have no bounds, the learners act in [-1, 1]")
    if _is_unit(space):
        return lambda actions: np.asarray(actions, dtype=np.float32).reshape(len(actions), -1)
    centre, half = (space.high + space.low) / 2, (space.high - space.low) / 2

    def scaled(actions: np.ndarray) -> np.ndarray:
        unit = (np.asarray(actions, dtype=np.float64) - centre) / half
        return unit.astype(np.float32).reshape(len(actions), -1)

    return scaled


def _is_unit(space: "gymnasium.Space[Any]") -> bool:
    """Whether actions of a space need no scaling: they are in [-1, 1], or numbers of choices."""
    from gymnasium import spaces

    if not isinstance(space, spaces.Box):
        return True
    return bool((space.low == -1).all() and (space.high == 1).all())


def _episode(
    episode: "EpisodeData",
    flatten: Callable[[Any], np.ndarray],
    act: Callable[[np.ndarray], np.ndarray],
    columns: Columns,
    where: str,
    last: bool,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Row columns and per-episode columns of one of Minari's episodes."""
    observations, steps = flatten(episode.observations), len(episode)
    if len(observations) != steps + 1:
        raise InputError(f"{where}: episode {episode.id} has {len(observations)} observations for {steps} steps")
    terminals, timeouts = np.array(episode.terminations, dtype=bool), np.array(episode.truncations, dtype=bool)
    if not last and not terminals[-1]:
        timeouts[-1] = True  # the recording stopped; unmarked, the episode would run into the next one
    ends = np.flatnonzero(terminals | timeouts)
    if not len(ends) or ends[-1] != steps - 1:
        ends = np.append(ends, steps - 1)
    rows = {"observations": observations[:-1], "actions": act(episode.actions)}
    rows |= {"rewards": np.asarray(episode.rewards, dtype=np.float32), "terminals": terminals, "timeouts": timeouts}
    ours = {"final_observations": observations[ends + 1]}
    for name, values in _infos(episode.infos or {}).items():
        if name.startswith("infos/palaestra/"):
            ours[name.removeprefix("infos/palaestra/")] = values
        elif columns == "all" or name in columns:
            if len(values) == steps + 1:
                rows[name], ours["final_" + name] = values[:-1], values[ends + 1]
            elif len(values) == steps:
                rows[name] = values
    return rows, ours


def _infos(tree: Mapping[str, Any], prefix: str = "infos") -> dict[str, np.ndarray]:
    flat: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _infos(value, f"{prefix}/{name}")
        elif np.asarray(value).dtype.kind in "fiub" and np.ndim(value):
            flat[f"{prefix}/{name}"] = np.asarray(value)
    return flat


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Concatenate the columns that all parts have in the same shape."""
    shared = [name for name in parts[0] if all(name in part for part in parts)]
    shared = [name for name in shared if len({part[name].shape[1:] for part in parts}) == 1]
    return {name: np.concatenate([part[name] for part in parts]) for name in shared}


# ------------------------------------------------------------------------------------------ its environment


def register_world(env_id: str) -> str:
    """Register the evaluation environment of a Minari dataset on this machine if it isn't yet; returns ``env_id``.

    Args:
        env_id: ``minari/`` and the dataset's id with dots for slashes.

    Raises:
        InputError: the dataset is not on this machine, or does not name an environment that can be made again.
    """
    import gymnasium
    from gymnasium.envs.registration import WrapperSpec

    if env_id in gymnasium.registry:
        return env_id
    minari_id = minari_ids.id_of(env_id)
    spec = _spec(minari_ids.metadata(minari_id))
    if spec is None:
        reason = "wrappers with functions or arrays for arguments cannot be stored"
        raise InputError(f"minari:{minari_id}: names no environment ({reason}); {name_one(minari_id)}")
    unknown = [wrapper.name for wrapper in spec.additional_wrappers if wrapper.kwargs is None]
    if unknown:
        reason = f"recorded behind {', '.join(unknown)}, whose arguments were not stored"
        raise InputError(f"minari:{minari_id}: {reason}; {name_one(minari_id)}")
    stored = _open(minari_id)
    recorded, wrappers = spec.additional_wrappers, []
    registered = gymnasium.registry.get(spec.id)
    if registered is not None and registered.additional_wrappers == recorded:
        recorded = registered.additional_wrappers  # in a world's own type, with which it can be a vector
    if texts := _texts(stored.observation_space):
        kept = [name for name in stored.observation_space.spaces if name not in texts]
        keys = {"filter_keys": kept}
        wrappers.append(WrapperSpec("FilterObservation", "gymnasium.wrappers:FilterObservation", keys))
    if not isinstance(stored.observation_space, gymnasium.spaces.Box) or len(stored.observation_space.shape) > 1:
        wrappers.append(WrapperSpec("FlattenObservation", "gymnasium.wrappers:FlattenObservation", {}))
    if not _is_unit(stored.action_space):
        number = stored.action_space.dtype.type
        bounds = {"min_action": number(-1), "max_action": number(1)}
        wrappers.append(WrapperSpec("RescaleAction", "gymnasium.wrappers:RescaleAction", bounds))
    vector = None if recorded or wrappers else spec.vector_entry_point
    wrapped = (*recorded, *wrappers) if wrappers else recorded
    gymnasium.registry[env_id] = replace(spec, id=env_id, additional_wrappers=wrapped, vector_entry_point=vector)
    return env_id


def name_one(minari_id: str) -> str:
    """What to do about a dataset without an environment."""
    return f"`palaestra data convert minari:{minari_id} NEW --as ENV_ID` writes a copy that names one"


def _spec(metadata: Mapping[str, Any]) -> "EnvSpec | None":
    """Spec of the evaluation environment, by default that of the recording."""
    from gymnasium.envs.registration import EnvSpec

    text = metadata.get("eval_env_spec") or metadata.get("env_spec")
    if text is None:
        return None
    known = {field.name for field in fields(EnvSpec)}  # files of older Gymnasium versions have further fields
    return EnvSpec.from_json(json.dumps({name: value for name, value in json.loads(text).items() if name in known}))


def _horizon(metadata: Mapping[str, Any], longest: int) -> int:
    spec = _spec(metadata)
    return longest if spec is None or spec.max_episode_steps is None else spec.max_episode_steps


# ------------------------------------------------------------------------------------------ writing


def save(dataset: Dataset, minari_id: str) -> None:
    """Write a dataset into Minari's folder atomically; ``minari.load_dataset`` reads it.

    Further columns become infos, per-episode columns infos under ``palaestra/``.

    Args:
        dataset: with final observations, or with ``next_observations`` among its columns.
        minari_id: ``(namespace/)name-v0``, not yet taken.

    Raises:
        InputError: the id is malformed or taken, the dataset lacks final observations or has actions outside of
            [-1, 1], no space.
    """
    from minari.dataset.minari_storage import MinariStorage

    _check_id(minari_id)
    path = minari_ids.folder(minari_id)
    if path.exists():
        raise InputError(f"minari:{minari_id}: exists already in {path}; choose another id, or `minari delete` it")
    dataset = _with_final_observations(dataset)
    if np.abs(dataset.columns["actions"]).max() > 1 + ACTION_TOLERANCE:
        raise InputError(
            f"{dataset.id}: actions exceed [-1, 1], the action space of the file; map their range with --scale-actions"
        )
    with write_atomically(path) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about an environment that cannot be stored: its id is in our metadata
        made.mkdir()
        _check_room(dataset, made, path)
        storage = MinariStorage.new(made / "data", **_spaces(dataset), env_spec=_registered(dataset.env_id))
        storage.update_metadata(_described(dataset, minari_id))
        storage.update_episodes(_buffers(dataset))
    with explain_write_errors(path):
        _name_folders(minari_id)


def _with_final_observations(dataset: Dataset) -> Dataset:
    if dataset.split == "exact":
        return dataset
    if dataset.split == "counter" or SUCCESSORS not in dataset.columns:
        raise InputError(
            f"{dataset.id}: Minari keeps the observation after every episode's last step, which these data don't have"
            ' (D4RL\'s v1 and v2 files have: load them with columns="all")'
        )
    rows = np.flatnonzero(dataset.columns["terminals"] | dataset.columns["timeouts"])
    if not len(rows) or rows[-1] != len(dataset) - 1:
        rows = np.append(rows, len(dataset) - 1)
    final = {"final_observations": dataset.columns[SUCCESSORS][rows]}
    return replace(dataset, episode_columns={**dataset.episode_columns, **final})


def _spaces(dataset: Dataset) -> "dict[str, gymnasium.Space[Any]]":
    from gymnasium.spaces import Box, Discrete

    choices = dataset.discrete_actions
    return {
        "observation_space": Box(-np.inf, np.inf, (dataset.observation_dim,), np.float32),
        "action_space": Box(-1, 1, (dataset.action_dim,), np.float32) if choices is None else Discrete(choices),
    }


def _check_room(dataset: Dataset, folder: Path, path: Path) -> None:
    """Check beforehand that it fits: Minari writes plain HDF5, in which a full disk crashes the process.

    Args:
        dataset: what will be written.
        folder: where, until it is complete.
        path: its place then.

    Raises:
        InputError: it doesn't fit.
    """
    arrays = [*dataset.columns.values(), *dataset.episode_columns.values()]
    padding = 2048 * len(arrays) * len(dataset.episodes)  # headers and half-filled chunks of each episode's arrays
    if shutil.disk_usage(folder).free < 1.5 * sum(array.nbytes for array in arrays) + padding:
        raise no_space(path)


def _registered(env_id: str | None) -> "EnvSpec | None":
    import gymnasium

    spec = gymnasium.registry.get((env_id or "").rpartition(":")[2])
    return spec if spec is not None and isinstance(spec.entry_point, str) else None


def _described(dataset: Dataset, minari_id: str) -> dict[str, Any]:
    from importlib.metadata import version

    about: dict[str, Any] = {"dataset_id": minari_id, "minari_version": version("minari")}
    about |= {"description": f"{dataset.id}, {len(dataset)} steps, converted by palaestra"}
    metadata = {name: value for name, value in dataset.metadata.items() if name != "palaestra"}
    ours = {"id": dataset.id, "env_id": dataset.env_id, "horizon": dataset.horizon, "metadata": metadata}
    about["palaestra"] = ours
    with suppress(InputError):
        about["ref_min_score"], about["ref_max_score"] = reference_score(dataset.env_id)
    return about


def _buffers(dataset: Dataset) -> "Iterator[EpisodeBuffer]":
    from minari.data_collector import EpisodeBuffer

    columns, final_observations = dataset.columns, dataset.episode_columns["final_observations"]
    further = [name for name in columns if name.startswith("infos/")]
    timeouts = columns.get("timeouts", np.zeros(len(dataset), dtype=bool))
    actions = columns["actions"]
    if dataset.discrete_actions is not None:
        actions = actions.argmax(axis=1)
    for k, (start, stop) in enumerate(dataset.episodes):
        infos: dict[str, Any] = {}
        for name in further:
            values, final = columns[name][start:stop], dataset.episode_columns.get(f"final_{name}")
            _put(infos, name, values if final is None else np.concatenate([values, final[k : k + 1]]))
        for name, values in dataset.episode_columns.items():
            if name != "final_observations" and not name.startswith("final_infos/"):
                _put(infos, f"infos/palaestra/{name}", values[k : k + 1])
        yield EpisodeBuffer(
            observations=np.concatenate([columns["observations"][start:stop], final_observations[k : k + 1]]),
            actions=np.array(actions[start:stop]),
            rewards=np.array(columns["rewards"][start:stop]),
            terminations=np.array(columns["terminals"][start:stop]),
            truncations=np.array(timeouts[start:stop]),
            infos=infos,
        )


def _put(infos: dict[str, Any], name: str, values: np.ndarray) -> None:
    *path, leaf = name.split("/")[1:]
    for part in path:
        infos = infos.setdefault(part, {})
    infos[leaf] = np.array(values)


def _name_folders(minari_id: str) -> None:
    """Write the file by which Minari recognises namespaces into the folders above a dataset."""
    for parent in Path(minari_id).parents:
        about = minari_ids.root() / parent / "namespace_metadata.json"
        if parent != Path() and not about.exists():
            about.write_text("{}")
