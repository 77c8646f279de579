"""``gym``'s environment and wrapper classes."""

from typing import Any

import numpy as np
from gymnasium.utils import seeding

from palaestra.envs.d4rl.compat.gym.spaces import Space


class Env:
    """``gym.Env``: ``reset`` returns an observation, ``step`` (observation, reward, done, info)."""

    metadata: dict[str, Any] = {"render.modes": []}  # noqa: RUF012 (gym's name and form)
    reward_range = (-float("inf"), float("inf"))
    spec: Any = None
    action_space: Space[Any]
    observation_space: Space[Any]
    _np_random: np.random.Generator | None = None

    @property
    def np_random(self) -> np.random.Generator:
        """The environment's generator, seeded by ``seed``."""
        if self._np_random is None:
            self._np_random, _ = seeding.np_random()
        return self._np_random

    @np_random.setter
    def np_random(self, generator: np.random.Generator) -> None:
        self._np_random = generator

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """Make a step."""
        raise NotImplementedError

    def reset(self, **options: Any) -> Any:
        """Begin an episode."""
        raise NotImplementedError

    def render(self, mode: str = "human", **options: Any) -> Any:
        """Draw the state."""
        raise NotImplementedError

    def close(self) -> None:
        """Release what the environment holds."""

    def seed(self, seed: int | None = None) -> list[int]:
        """Seed the generator."""
        self._np_random, used = seeding.np_random(seed)
        return [used]

    @property
    def unwrapped(self) -> Any:
        """The environment without wrappers."""
        return self

    def __str__(self) -> str:
        return f"<{type(self).__name__}{f'<{self.spec.id}>' if self.spec else ''}>"

    def __enter__(self) -> "Env":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Inherited:
    """The wrapped environment's attribute, until the wrapper is given its own."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, wrapper: Any, owner: type) -> Any:
        return self if wrapper is None else getattr(wrapper.env, self.name)


class Wrapper(Env):
    """``gym.Wrapper``; forwards every attribute that it doesn't have, ``_max_episode_steps`` too."""

    metadata: Any = _Inherited()
    reward_range: Any = _Inherited()
    spec: Any = _Inherited()
    action_space: Any = _Inherited()
    observation_space: Any = _Inherited()
    np_random: Any = _Inherited()

    def __init__(self, env: Any):
        self.env = env

    def __getattr__(self, name: str) -> Any:
        if name == "env" or name.startswith("__"):  # while it is being copied or unpickled
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return getattr(self.env, name)

    @property
    def unwrapped(self) -> Any:
        """See ``Env``."""
        return self.env.unwrapped

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        return self.env.step(action)

    def reset(self, **options: Any) -> Any:
        """See ``Env``."""
        return self.env.reset(**options)

    def render(self, mode: str = "human", **options: Any) -> Any:
        """See ``Env``."""
        return self.env.render(mode, **options)

    def close(self) -> None:
        """See ``Env``."""
        self.env.close()

    def seed(self, seed: int | None = None) -> list[int]:
        """See ``Env``."""
        return self.env.seed(seed)

    def __str__(self) -> str:
        return f"<{type(self).__name__}{self.env}>"


class ObservationWrapper(Wrapper):
    """A wrapper whose ``observation`` changes observations."""

    def observation(self, observation: Any) -> Any:
        """Change an observation."""
        raise NotImplementedError

    def reset(self, **options: Any) -> Any:
        """See ``Env``."""
        if options.get("return_info"):
            observation, info = self.env.reset(**options)
            return self.observation(observation), info
        return self.observation(self.env.reset(**options))

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        observation, *outcome = self.env.step(action)
        return (self.observation(observation), *outcome)


class RewardWrapper(Wrapper):
    """A wrapper whose ``reward`` changes rewards."""

    def reward(self, reward: Any) -> Any:
        """Change a reward."""
        raise NotImplementedError

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        observation, reward, done, info = self.env.step(action)
        return observation, self.reward(reward), done, info


class ActionWrapper(Wrapper):
    """A wrapper whose ``action`` changes actions."""

    def action(self, action: Any) -> Any:
        """Change an action."""
        raise NotImplementedError

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        return self.env.step(self.action(action))
