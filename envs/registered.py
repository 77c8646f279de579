"""Environments by id: ours, those of other packages, the user's own, and those of Minari's recordings."""

from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from palaestra.data.errors import InputError
from palaestra.data.formats import minari_ids
from palaestra.data.own_code import import_own


def spec_of(env_id: str) -> EnvSpec:
    """The registration of an environment.

    Args:
        env_id: an id, or as in ``gymnasium.make`` ``module:ID``; the module, which registers the id, is imported.

    Raises:
        InputError: there is no such environment, or its module can't be imported.
    """
    module, _, name = env_id.rpartition(":")
    if module:
        import_own(module)
    if name.startswith(minari_ids.WORLDS):
        from palaestra.data.formats import minari

        minari.register_world(name)
    try:
        return gymnasium.spec(name)
    except gymnasium.error.Error as error:
        hint = "`palaestra envs` lists ours, module:ID names one that a module of yours registers"
        raise InputError(f"{env_id}: no such environment ({' '.join(str(error).split())}); {hint}") from None


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
