"""Gymnasium's ``max_episode_steps`` for worlds, which count their steps themselves."""

from typing import Any

import gymnasium
from gymnasium.envs.registration import WrapperSpec
from gymnasium.wrappers import TimeLimit


class OwnHorizon(tuple[WrapperSpec, ...]):
    """``additional_wrappers`` of a world's spec: ``own_horizon``, which leaves nothing wrapped.

    ``gymnasium.make`` applies them after its TimeLimit. Their number is 0, because ``gymnasium.make_vec`` would refuse
    to use the vector entry point of an id with wrappers.
    """

    __slots__ = ()

    def __len__(self) -> int:
        return 0


def wrappers(*, limited: bool) -> OwnHorizon:
    """The ``additional_wrappers`` to register a world with.

    Args:
        limited: whether the id is registered with ``max_episode_steps``.
    """
    return OwnHorizon([WrapperSpec("OwnHorizon", "palaestra.envs.horizon:own_horizon", {"limited": limited})])


def own_horizon(env: gymnasium.Env, limited: bool) -> gymnasium.Env:
    """Give a world the horizon of Gymnasium's TimeLimit and remove the wrapper, so that ``make`` returns the world.

    Args:
        env: what ``gymnasium.make`` has made so far.
        limited: whether a missing TimeLimit means that there is no horizon (``max_episode_steps=-1``); otherwise the
            world keeps its own.
    """
    world: Any = env.unwrapped
    spec = world.spec
    spec.additional_wrappers = wrappers(limited=limited)
    if isinstance(env, TimeLimit):
        spec.max_episode_steps = env._max_episode_steps
        world.set_horizon(env._max_episode_steps)
        return env.env
    if limited:
        world.set_horizon(-1)
    return env
