"""A Gymnasium environment with ``gym``'s interface."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from palaestra.envs import registered
from palaestra.envs.d4rl.compat import replaced
from palaestra.envs.d4rl.compat.gym import logger
from palaestra.envs.d4rl.compat.gym.env import Env


class Adapted(Env):
    """An environment that Gymnasium makes; all attributes it has itself are reached through this one.

    Actions are clipped to the action space, as D4RL's ``NormalizedBoxEnv`` did. Episodes have no time limit:
    ``TimeLimit`` has it.

    Args:
        id: Gymnasium id.
        options: of ``gymnasium.make``.
    """

    def __init__(self, id: str, options: Mapping[str, Any]):
        given = _drawing(id) | {"disable_env_checker": True} | dict(options)
        env = registered.make(id, **given | {"max_episode_steps": -1})
        self.made = env
        self.action_space, self.observation_space = env.action_space, env.observation_space
        modes = env.metadata.get("render_modes", [])
        speed = env.metadata.get("render_fps")
        self.metadata = {**env.metadata, "render.modes": modes, "video.frames_per_second": speed}
        self._seed: int | None = None

    def __getattr__(self, name: str) -> Any:
        if name == "made" or name.startswith("__"):  # while it is being copied or unpickled
            raise AttributeError(f"{type(self).__name__} has no {name}")
        return self.made.get_wrapper_attr(name)

    @property
    def _max_episode_steps(self) -> int | None:
        """The id's limit, which D4RL's functions read; ``TimeLimit`` keeps it."""
        return self.spec.max_episode_steps

    @property
    def wrapped_env(self) -> "Adapted":
        """As D4RL's ``NormalizedBoxEnv`` has the environment that it wraps."""
        return self

    def _get_obs(self) -> Any:
        """The current observation, as in gym's MuJoCo environments."""
        world: Any = self.made.unwrapped
        return world.observe() if hasattr(world, "observe") else world._get_obs()

    def seed(self, seed: int | None = None) -> list[int]:
        """Seed the next ``reset``; later ones go on with its generator."""
        self._seed = seed
        return [] if seed is None else [seed]

    @property
    def np_random(self) -> np.random.Generator:
        """The environment's generator."""
        return self.made.unwrapped.np_random

    @np_random.setter
    def np_random(self, generator: np.random.Generator) -> None:
        self.made.unwrapped.np_random = generator

    def reset(self, *, seed: int | None = None, return_info: bool = False, **options: Any) -> Any:
        """Begin an episode; returns the observation, with ``return_info`` also the info."""
        seed, self._seed = self._seed if seed is None else seed, None
        observation, info = self.made.reset(seed=seed, **options)
        return (observation, info) if return_info else observation

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """Make a step."""
        if isinstance(self.action_space, gymnasium.spaces.Box):
            action = np.clip(action, self.action_space.low, self.action_space.high)
        observation, reward, terminated, truncated, info = self.made.step(action)
        if truncated:
            info["TimeLimit.truncated"] = not terminated
        return observation, float(reward), bool(terminated or truncated), info

    def render(self, mode: str = "human", **options: Any) -> Any:
        """A picture, (height, width, 3) uint8, with mode "rgb_array"; no window is opened for "human"."""
        if mode != "rgb_array" or self.made.render_mode != mode:
            logger.warn(f"{self}: render(mode={mode!r}) shows nothing here; the modes are {self._modes()}")
            return None
        return self.made.render()

    def _modes(self) -> str:
        return "rgb_array" if self.made.render_mode == "rgb_array" else "none"

    def close(self) -> None:
        """Release the renderer."""
        self.made.close()

    def get_dataset(self, h5path: str | Path | None = None, **options: Any) -> dict[str, Any]:
        """D4RL's ``get_dataset``; by default the data that the user has given for this id, see ``replaced``."""
        return self.made.get_wrapper_attr("get_dataset")(self._source(h5path), **options)

    def get_dataset_chunk(self, chunk_id: int, h5path: str | Path | None = None) -> dict[str, Any]:
        """D4RL's ``get_dataset_chunk``, of the same data."""
        return self.made.get_wrapper_attr("get_dataset_chunk")(chunk_id, self._source(h5path))

    @property
    def dataset_filepath(self) -> str:
        """Where the data are."""
        return replaced.source_of(self.spec.id) or self.made.get_wrapper_attr("dataset_filepath")

    def _source(self, h5path: str | Path | None) -> str | Path | None:
        return replaced.source_of(self.spec.id) if h5path is None else h5path


def _drawing(id: str) -> dict[str, str]:
    """The render mode to make an environment with: pictures, if it has them."""
    entry = gymnasium.registry[id].entry_point
    module, _, name = entry.partition(":") if isinstance(entry, str) else ("", "", "")
    kind = getattr(importlib.import_module(module), name) if module else entry
    return {"render_mode": "rgb_array"} if "rgb_array" in getattr(kind, "metadata", {}).get("render_modes", []) else {}
