"""``gym.envs.registration``: the script's own environments, and every environment that Gymnasium can make."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium

from palaestra.data.formats.d4rl_ids import ROBOTS, unknown
from palaestra.envs.d4rl.compat.gym.adapted import Adapted
from palaestra.envs.d4rl.compat.gym.wrappers import TimeLimit

OLD_NAMES = {
    f"{name}-v{version}": robot.world
    for robot, name in zip(ROBOTS.values(), ("HalfCheetah", "Hopper", "Walker2d", "Ant"))
    for version in (2, 3)
}
"""gym's own ids of D4RL's robots, which Gymnasium no longer makes: the robots' base environments have their rules."""


@dataclass
class EnvSpec:
    """``gym``'s registration of an environment."""

    id: str
    entry_point: str | Callable[..., Any] | None = None
    reward_threshold: float | None = None
    nondeterministic: bool = False
    max_episode_steps: int | None = None
    order_enforce: bool = True
    kwargs: dict[str, Any] = field(default_factory=dict)

    def make(self, **options: Any) -> Any:
        """``gym.make`` of this id."""
        return make(self.id, **options)


class Registry(Mapping[str, EnvSpec]):
    """Registrations by id: the script's own, then Gymnasium's."""

    def __init__(self) -> None:
        self.own: dict[str, EnvSpec] = {}

    def __getitem__(self, id: str) -> EnvSpec:
        if id in self.own:
            return self.own[id]
        known = gymnasium.registry[OLD_NAMES.get(id, id)]
        return EnvSpec(id, known.entry_point, known.reward_threshold, max_episode_steps=known.max_episode_steps)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.own, *gymnasium.registry, *OLD_NAMES]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    @property
    def env_specs(self) -> "Registry":
        """Registrations by id."""
        return self

    def all(self) -> list[EnvSpec]:
        """All registrations."""
        return list(self.values())

    def spec(self, id: str) -> EnvSpec:
        """See ``spec``."""
        return spec(id)


registry = Registry()


def register(id: str, entry_point: Any = None, **settings: Any) -> None:
    """Register an environment of the script's own, with ``gym``'s interface."""
    registry.own[id] = EnvSpec(id, entry_point, **settings)


def spec(id: str) -> EnvSpec:
    """The registration of an environment, an id or ``module:ID``; the module, which registers the id, is imported.

    Raises:
        InputError: there is none.
    """
    module, _, name = id.rpartition(":")
    if module:
        importlib.import_module(module)
    if name not in registry:
        raise unknown(name)
    return registry[name]


def make(id: str, **options: Any) -> Any:
    """Make an environment with ``gym``'s interface; its time limit is the outermost wrapper, as in ``gym``.

    Raises:
        InputError: there is no such environment, or it can't be made.
    """
    about = spec(id)
    limit = options.pop("max_episode_steps", about.max_episode_steps)
    if about.id in registry.own:
        entry: Any = about.entry_point
        if isinstance(entry, str):
            module, _, name = entry.partition(":")
            entry = getattr(importlib.import_module(module), name)
        env = entry(**about.kwargs | options)
    else:
        env = Adapted(OLD_NAMES.get(about.id, about.id), options)
    env.unwrapped.spec = about
    return env if limit is None else TimeLimit(env, limit)
