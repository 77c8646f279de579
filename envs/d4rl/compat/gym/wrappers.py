"""``gym.wrappers``: those that scripts for D4RL use."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

from palaestra.envs.d4rl.compat.gym.env import ActionWrapper, ObservationWrapper, RewardWrapper, Wrapper
from palaestra.envs.d4rl.compat.gym.spaces import Box, flatten, flatten_space

__all__ = [
    "ClipAction",
    "FlattenObservation",
    "NormalizeObservation",
    "NormalizeReward",
    "RecordEpisodeStatistics",
    "RescaleAction",
    "TimeLimit",
    "TransformObservation",
    "TransformReward",
]


class TimeLimit(Wrapper):
    """Ends episodes after a number of steps, with ``info["TimeLimit.truncated"]`` unless they ended themselves."""

    def __init__(self, env: Any, max_episode_steps: int | None = None):
        super().__init__(env)
        self._max_episode_steps = max_episode_steps or env.spec.max_episode_steps
        self._elapsed_steps = -1

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        if self._elapsed_steps < 0:
            raise gymnasium.error.ResetNeeded(f"{self}: call reset() before step()")
        observation, reward, done, info = self.env.step(action)
        self._elapsed_steps += 1
        if self._elapsed_steps >= self._max_episode_steps:
            info["TimeLimit.truncated"] = not done
            done = True
        return observation, reward, done, info

    def reset(self, **options: Any) -> Any:
        """See ``Env``."""
        self._elapsed_steps = 0
        return self.env.reset(**options)


class TransformObservation(ObservationWrapper):
    """Applies a function to observations."""

    def __init__(self, env: Any, f: Callable[[Any], Any]):
        super().__init__(env)
        self.f = f

    def observation(self, observation: Any) -> Any:
        """See ``ObservationWrapper``."""
        return self.f(observation)


class TransformReward(RewardWrapper):
    """Applies a function to rewards."""

    def __init__(self, env: Any, f: Callable[[Any], Any]):
        super().__init__(env)
        self.f = f

    def reward(self, reward: Any) -> Any:
        """See ``RewardWrapper``."""
        return self.f(reward)


class ClipAction(ActionWrapper):
    """Clips actions to the action space."""

    def action(self, action: Any) -> Any:
        """See ``ActionWrapper``."""
        return np.clip(action, self.action_space.low, self.action_space.high)


class RescaleAction(ActionWrapper):
    """Takes actions from ``a`` to ``b``, which it maps to the action space."""

    def __init__(self, env: Any, a: Any, b: Any):
        super().__init__(env)
        inner = env.action_space
        self.a, self.b = (np.broadcast_to(np.asarray(bound, inner.dtype), inner.shape) for bound in (a, b))
        self.action_space = Box(np.array(self.a), np.array(self.b), dtype=inner.dtype)

    def action(self, action: Any) -> Any:
        """See ``ActionWrapper``."""
        low, high = self.env.action_space.low, self.env.action_space.high
        return np.clip(low + (high - low) * ((action - self.a) / (self.b - self.a)), low, high)


class FlattenObservation(ObservationWrapper):
    """Makes vectors of observations."""

    def __init__(self, env: Any):
        super().__init__(env)
        self.observation_space = flatten_space(env.observation_space)

    def observation(self, observation: Any) -> Any:
        """See ``ObservationWrapper``."""
        return flatten(self.env.observation_space, observation)


class RecordEpisodeStatistics(Wrapper):
    """Adds ``info["episode"]`` to an episode's last step: return ``r``, length ``l`` and seconds ``t``."""

    def __init__(self, env: Any, deque_size: int = 100):
        super().__init__(env)
        self.t0, self.episode_count = time.perf_counter(), 0
        self.return_queue: deque[float] = deque(maxlen=deque_size)
        self.length_queue: deque[int] = deque(maxlen=deque_size)
        self.episode_return, self.episode_length = 0.0, 0

    def reset(self, **options: Any) -> Any:
        """See ``Env``."""
        self.episode_return, self.episode_length = 0.0, 0
        return self.env.reset(**options)

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        observation, reward, done, info = self.env.step(action)
        self.episode_return += reward
        self.episode_length += 1
        if done:
            seconds = round(time.perf_counter() - self.t0, 6)
            info["episode"] = {"r": self.episode_return, "l": self.episode_length, "t": seconds}
            self.return_queue.append(self.episode_return)
            self.length_queue.append(self.episode_length)
            self.episode_count += 1
            self.episode_return, self.episode_length = 0.0, 0
        return observation, reward, done, info


class Moments:
    """Running mean and variance, (d,) or a number."""

    def __init__(self, shape: tuple[int, ...] = ()):
        self.mean, self.var, self.count = np.zeros(shape), np.ones(shape), 1e-4

    def update(self, value: Any) -> None:
        """Take in one value."""
        total = self.count + 1
        difference = value - self.mean
        self.mean = self.mean + difference / total
        self.var = (self.var * self.count + np.square(difference) * self.count / total) / total
        self.count = total


class NormalizeObservation(ObservationWrapper):
    """Normalises observations by the moments of those seen so far."""

    def __init__(self, env: Any, epsilon: float = 1e-8):
        super().__init__(env)
        self.obs_rms, self.epsilon = Moments(env.observation_space.shape), epsilon

    def observation(self, observation: Any) -> Any:
        """See ``ObservationWrapper``."""
        self.obs_rms.update(observation)
        return (observation - self.obs_rms.mean) / np.sqrt(self.obs_rms.var + self.epsilon)


class NormalizeReward(Wrapper):
    """Divides rewards by the standard deviation of the discounted returns so far."""

    def __init__(self, env: Any, gamma: float = 0.99, epsilon: float = 1e-8):
        super().__init__(env)
        self.return_rms, self.returns, self.gamma, self.epsilon = Moments(), 0.0, gamma, epsilon

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """See ``Env``."""
        observation, reward, done, info = self.env.step(action)
        self.returns = self.returns * self.gamma + reward
        self.return_rms.update(self.returns)
        if done:
            self.returns = 0.0
        return observation, reward / np.sqrt(self.return_rms.var + self.epsilon), done, info
