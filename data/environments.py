"""What the environment of a dataset says about itself: its registration, horizon and spaces."""

import contextlib
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from palaestra.data.actions import ACTION_TOLERANCE
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import world_of
from palaestra.data.own_code import import_own


def spec_of(env_id: str) -> EnvSpec:
    """The registration of an environment.

    Args:
        env_id: an id, or as in ``gymnasium.make`` ``module:ID``; the module, which registers the id, is imported, and
            so is that of its entry point.

    Raises:
        InputError: there is no such environment, or its module can't be imported.
    """
    module, _, name = env_id.rpartition(":")
    if module:
        import_own(module)
    try:
        spec = gymnasium.spec(name)
    except gymnasium.error.Error as error:
        hint = "`palaestra envs` lists ours, module:ID names one that a module of yours registers"
        raise InputError(f"{env_id}: no such environment ({' '.join(str(error).split())}); {hint}") from None
    entry = spec.entry_point
    if module and isinstance(entry, str) and not entry.startswith("palaestra."):
        import_own(entry.partition(":")[0])
    return spec


def make(env_id: str, **arguments: Any) -> gymnasium.Env:
    """``gymnasium.make`` for every ``env_id`` of ``spec_of``.

    Raises:
        InputError: there is no such environment, or it can't be made.
    """
    spec = spec_of(env_id)
    try:
        return gymnasium.make(spec, **arguments)
    except gymnasium.error.Error as error:
        raise InputError(f"{env_id}: can't be made ({' '.join(str(error).split())})") from None


def horizon_of(env_id: str) -> int | None:
    """Steps after which an environment cuts an episode: ``max_episode_steps`` of its registration.

    Raises:
        InputError: there is no such environment, or its module can't be imported.
    """
    if world := world_of(env_id):
        return world.horizon
    return spec_of(env_id).max_episode_steps


def check_spaces(env_id: str, where: str, observation_dim: int, action_dim: int) -> gymnasium.spaces.Box:
    """Check that an environment has vectors of these sizes as observations and actions; returns the action box.

    Args:
        env_id: the environment, which is made.
        where: beginning of the message: what the sizes are of.
        observation_dim: numbers in an observation.
        action_dim: numbers in an action.

    Raises:
        InputError: it doesn't.
    """
    with contextlib.closing(make(env_id)) as env:
        for name, space, dim in (
            ("observations", env.observation_space, observation_dim),
            ("actions", env.action_space, action_dim),
        ):
            if not isinstance(space, gymnasium.spaces.Box):
                raise InputError(f"{env_id}: {name} are {space}; palaestra's datasets have vectors, as of a Box")
            if space.shape != (dim,):
                raise InputError(f"{where}: {name} have shape {(dim,)}, those of {env_id} have {space.shape}")
        box = env.action_space
        assert isinstance(box, gymnasium.spaces.Box)
    return box


def check_actions(env_id: str, where: str, observation_dim: int, actions: np.ndarray) -> None:
    """``check_spaces``, and check that the environment takes these actions, (N, d_a).

    Raises:
        InputError: it doesn't.
    """
    box = check_spaces(env_id, where, observation_dim, actions.shape[1])
    outside = (actions < box.low - ACTION_TOLERANCE) | (actions > box.high + ACTION_TOLERANCE)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise InputError(
            f"{where}: action {column} in row {row} is {actions[row, column]:g}; {env_id} takes "
            f"{box.low[column]:g} to {box.high[column]:g} there; "
            "`palaestra data convert SOURCE NEW --scale-actions LOW HIGH` maps a range to [-1, 1]"
        )
