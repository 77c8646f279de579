"""K seeds of a stable-baselines3 agent side by side, killed and resumed as if unbroken.

stable-baselines3 trains one seed at a time and draws from the global generators of NumPy and PyTorch. Here every seed
has its own state of both, put in place while it trains: a seed learns what it would learn alone, and a checkpoint can
hold all that the next step depends on. Its replay buffer is kept in a file that only grows.
"""

import contextlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Literal

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from torch import Tensor

from palaestra.agents.training.hyperparameters import Count, CountFromZero, check
from palaestra.agents.training.stable_baselines.model_state import (
    COUNTERS,
    load_model,
    model_state,
    of_seed,
    refill,
    rows_of,
    tensor_of,
)
from palaestra.agents.training.stable_baselines.random_state import RandomState
from palaestra.agents.training.stable_baselines.vec_env import Worlds
from palaestra.agents.training.trainer import DivergedError
from palaestra.data.errors import InputError
from palaestra.data.replay import RowFile
from palaestra.data.results.run import Run
from palaestra.data.streams import child_seed
from palaestra.envs.world import World, pack_rng, unpack_rng


@dataclass(frozen=True)
class SB3Config:
    """What every agent's configuration has."""

    seeds: Count = 1
    """How many seeds train, one after the other between evaluations."""
    first_seed: CountFromZero = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes CUDA when there is one."""
    worlds: Count = 1
    """Worlds per seed."""
    hidden: tuple[Count, ...] = (64, 64)
    """Widths of the hidden layers."""

    def __post_init__(self) -> None:
        check(self)
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--device cuda: torch sees no CUDA device here; use --device cpu or auto")


class SB3Ensemble:
    """K agents of one kind, one per seed. A subclass names the ``algorithm`` and how it is set up.

    Args:
        config: hyperparameters.
        env_id: the world.

    Attributes:
        models: stable-baselines3's, one per seed.
        policy: acts with all of them.
        updates: steps in the environments, per seed: what a run of these agents counts.
    """

    Config: ClassVar[type[SB3Config]]
    config: Any
    trainer: ClassVar[str] = "palaestra.agents.training.stable_baselines.trainer:SB3Trainer"
    algorithm: ClassVar[type[BaseAlgorithm]]

    def __init__(self, config: SB3Config, env_id: str):
        self.config, self.env_id = config, env_id
        self.seeds = list(range(config.first_seed, config.first_seed + config.seeds))
        self.action_dim = check_world(env_id)
        self.models: list[Any] = []
        self.random: list[RandomState] = []
        for seed in self.seeds:
            numbers = RandomState()
            with numbers.in_place():
                worlds = Worlds(env_id, config.worlds, seed)
                model = self.algorithm("MlpPolicy", worlds, seed=seed, device=config.device, **self.settings())
            model.set_logger(Logger(None, []))
            self.models.append(model)
            self.random.append(numbers)
        self.policy = SB3Policy(self.models)

    def settings(self) -> dict[str, Any]:
        """Arguments of the algorithm: the configuration's own fields by their names."""
        common = {field.name for field in fields(SB3Config)}
        own = {name: value for name, value in asdict(self.config).items() if name not in common}
        return own | {"policy_kwargs": {"net_arch": list(self.config.hidden)}}

    @property
    def updates(self) -> int:
        """Steps in the environments, per seed."""
        return self.models[0].num_timesteps

    def advance(self, until: int) -> dict[str, list[float]]:
        """Train every seed until it has made ``until`` steps.

        Returns:
            stable-baselines3's last metrics, one value per seed.

        Raises:
            DivergedError: a seed's weights are not finite any more, and stable-baselines3 can't go on with them.
        """
        metrics = []
        for model, numbers in zip(self.models, self.random):
            model.logger.name_to_value.clear()
            with numbers.in_place():
                try:
                    model.learn(until - model.num_timesteps, reset_num_timesteps=False, log_interval=None)
                except ValueError:
                    if _finite(model):
                        raise
                    step = model.num_timesteps
                    reason = f"its weights are not finite after step {step}; try a smaller --learning-rate"
                    raise DivergedError(model.seed, reason) from None
            values = {key.removeprefix("train/"): float(value) for key, value in model.logger.name_to_value.items()}
            with warnings.catch_warnings(action="ignore"):  # no whole episode yet
                metrics.append(values | {"episode_return": float(np.nanmean(model.env.last_returns))})
        return {name: [each[name] for each in metrics] for name in metrics[0] if all(name in each for each in metrics)}

    def rows(self, start: int) -> Tensor:
        """What the replay buffers took in from addition ``start`` on: (additions, K, worlds, width) float32."""
        return torch.stack([rows_of(model.replay_buffer, start, self.additions) for model in self.models], dim=1)

    @property
    def additions(self) -> int:
        """How often each replay buffer was added to; 0 where there is none."""
        return self.updates // self.config.worlds if getattr(self.models[0], "replay_buffer", None) else 0

    def row_file(self, run: Run) -> RowFile:
        """Where the replay buffers' rows are kept."""
        buffer = getattr(self.models[0], "replay_buffer", None)
        width = 0 if buffer is None else rows_of(buffer, 0, 0).shape[-1]
        return RowFile(run.path / "online.rows", (len(self.seeds), self.config.worlds, width), torch.float32)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the replay buffers, flat: tensors, and plain JSON data."""
        state: dict[str, Any] = {}
        for seed, model, numbers in zip(self.seeds, self.models, self.random):
            mine = model_state(model) | numbers.state_dict()
            mine |= {name.strip("_"): getattr(model, name) for name in COUNTERS}
            mine["action_space"] = tensor_of(pack_rng(model.action_space.np_random))
            env = model.env
            mine |= {name: torch.from_numpy(getattr(env, name)) for name in ("observations", "returns", "last_returns")}
            mine["episode_starts"] = torch.from_numpy(np.array(model._last_episode_starts))
            for i, world in enumerate(env.worlds.worlds):
                if isinstance(world, World):
                    mine[f"world.{i}"] = tensor_of(world.snapshot())
            state |= {f"{seed}.{name}": value for name, value in mine.items()}
        return state

    def load_models(self, state: Mapping[str, Any]) -> None:
        """Take the models of ``state_dict()``: enough to act."""
        for seed, model in zip(self.seeds, self.models):
            mine = of_seed(state, seed)
            load_model(model, mine)
            for name in COUNTERS:
                setattr(model, name, mine[name.strip("_")])

    def load(self, state: Mapping[str, Any], file: RowFile) -> None:
        """Continue from ``state_dict()`` and the rows in a file.

        Raises:
            InputError: the worlds could not be saved.
        """
        self.load_models(state)
        file.cut(self.additions)
        for k, (seed, model, numbers) in enumerate(zip(self.seeds, self.models, self.random)):
            mine, env = of_seed(state, seed), model.env
            if "world.0" not in mine:
                raise InputError(f"{self.env_id}: has no snapshot(), so a run in it can't be resumed; train anew")
            numbers.load_state_dict(mine)
            model.action_space._np_random = unpack_rng(mine["action_space"].numpy().tobytes())
            env.reset()
            for name in ("observations", "returns", "last_returns"):
                setattr(env, name, mine[name].numpy().copy())
            for i, world in enumerate(env.worlds.worlds):
                world.restore(mine[f"world.{i}"].numpy().tobytes())
            model._last_obs, model._last_episode_starts = env.observations, mine["episode_starts"].numpy().copy()
            if self.additions:
                refill(model.replay_buffer, file.read(self.additions)[:, k])

    def close(self) -> None:
        """Close the worlds."""
        for model in self.models:
            model.env.close()


class SB3Policy:
    """The policies of K models in a grid of worlds; see ``palaestra.agents.policy.Policy``."""

    def __init__(self, models: Sequence[Any]):
        self.models = models
        self.random = [RandomState() for _ in models]

    def reset(self, which: np.ndarray | None = None) -> None:
        """Set the random numbers back, if all worlds begin anew."""
        for model, numbers in zip(self.models, self.random) if which is None else ():
            with numbers.in_place():
                torch.manual_seed(child_seed(model.seed, "policy"))

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s) -> (K, n, d_a) float32."""
        actions = []
        for model, numbers, s in zip(self.models, self.random, observations.astype(np.float32)):
            with contextlib.nullcontext() if deterministic else numbers.in_place():
                actions.append(_predicted(model, s, deterministic))
        return np.stack(actions).astype(np.float32)


def _predicted(model: Any, s: np.ndarray, deterministic: bool) -> np.ndarray:
    """A model's actions; NaN if it diverged, for which PyTorch's distributions raise an error."""
    try:
        return model.predict(s, deterministic=deterministic)[0]
    except ValueError:
        if _finite(model):
            raise
        return np.full((len(s), *model.action_space.shape), np.nan)


def _finite(model: Any) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in model.policy.parameters())


def check_world(env_id: str) -> int:
    """Numbers in an action of a world that suits these agents.

    Raises:
        InputError: it doesn't, or there is no such world.
    """
    try:
        world = gymnasium.make(env_id)
    except gymnasium.error.Error as error:
        raise InputError(f"{env_id}: no such world ({error}); palaestra envs lists ours") from None
    world.close()
    for name, space in (("observations", world.observation_space), ("actions", world.action_space)):
        if not isinstance(space, gymnasium.spaces.Box) or len(space.shape) != 1:
            raise InputError(f"{env_id}: {name} are {space}, these agents need a Box with one dimension")
    return gymnasium.spaces.flatdim(world.action_space)
