"""Palaestra's environments as a stable-baselines3 VecEnv."""

import copy
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from palaestra.agents.rollouts.play import Stage, Start
from palaestra.data.streams import child_seed
from palaestra.envs.vector import make_worlds


class Worlds(VecEnv):
    """A VecEnv of palaestra's environments: float32, autoreset, the final observation in the info.

    Args:
        env_id: the environment.
        count: number of environments.
        seed: of their first episodes.

    Attributes:
        stage: resets and steps the environments.
        worlds: the vector environment.
        observations: (count, d_s) float32, the current observations.
        returns: (count,) undiscounted returns of the running episodes.
        last_returns: (count,) returns of the last complete episodes; NaN before the first.
    """

    def __init__(self, env_id: str, count: int, seed: int):
        self.stage = Stage(make_worlds(env_id, count))
        self.worlds = self.stage.worlds
        box = self.worlds.single_observation_space
        assert isinstance(box, gymnasium.spaces.Box)  # checked by ``check_world``
        space = gymnasium.spaces.Box(box.low.astype(np.float32), box.high.astype(np.float32), dtype=np.float32)
        super().__init__(count, space, copy.deepcopy(self.worlds.single_action_space))
        self.first_seeds = [child_seed(seed, "training", i) % 2**31 for i in range(count)]
        self.observations = np.zeros((count, *space.shape), np.float32)
        self.returns, self.last_returns = np.zeros(count), np.full(count, np.nan)

    def reset(self) -> np.ndarray:
        """Begin an episode in every environment."""
        self.stage.reset(starts=[Start(seed) for seed in self.first_seeds])
        self.observations = self.stage.observations.astype(np.float32)
        return self.observations

    def step_async(self, actions: np.ndarray) -> None:
        """Store the actions for ``step_wait``."""
        self.actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Step every environment; after an episode's end the observation is the first one of the next episode."""
        step = self.stage.step(self.actions)
        self.returns += step.rewards
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if (ended := step.ended).any():
            for i in np.flatnonzero(ended).tolist():
                infos[i] = {
                    "terminal_observation": step.next_observations[i].astype(np.float32),
                    "TimeLimit.truncated": bool(step.truncated[i] and not step.terminated[i]),
                }
            self.last_returns[ended] = self.returns[ended]
            self.returns[ended] = 0
            self.stage.reset(ended)
        self.observations = self.stage.observations.astype(np.float32)
        return self.observations, step.rewards.astype(np.float32), ended, infos

    def close(self) -> None:
        """Close the environments."""
        self.stage.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the environments."""
        return [getattr(self.worlds.worlds[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the environments."""
        for i in self._get_indices(indices):
            setattr(self.worlds.worlds[i], attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the environments."""
        return [method(*method_args, **method_kwargs) for method in self.get_attr(method_name, indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: Any = None) -> list[bool]:
        """Whether each environment is an instance of a wrapper."""
        return [isinstance(self.worlds.worlds[i], wrapper_class) for i in self._get_indices(indices)]
