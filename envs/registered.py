"""Environments by id: ours, those of other packages, the user's own, and those of Minari's recordings."""

from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from palaestra.data import environments
from palaestra.data.formats import minari_ids


def spec_of(env_id: str) -> EnvSpec:
    """The registration of an environment.

    Args:
        env_id: an id, or as in ``gymnasium.make`` ``module:ID``; the module, which registers the id, is imported.

    Raises:
        InputError: there is no such environment, or its module can't be imported.
    """
    _register(env_id)
    return environments.spec_of(env_id)


def make(env_id: str, **arguments: Any) -> gymnasium.Env:
    """``gymnasium.make`` for every ``env_id`` of ``spec_of``.

    Raises:
        InputError: there is no such environment, or it can't be made.
    """
    _register(env_id)
    return environments.make(env_id, **arguments)


def _register(env_id: str) -> None:
    """Register the environment of a Minari recording, if it is one."""
    if env_id.startswith(minari_ids.WORLDS):
        from palaestra.data.formats import minari

        minari.register_world(env_id)
