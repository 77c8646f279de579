"""K seeds of a stable-baselines3 agent, with exact resumption.

stable-baselines3 trains one seed at a time and draws from the global generators of NumPy and PyTorch. Here every seed
has its own state of both, which is swapped in while it trains: a seed learns exactly what it would learn alone, and a
checkpoint holds everything that the next step depends on. Its replay buffer is stored in an append-only file.
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
from palaestra.envs.registered import make
from palaestra.envs.world import World, pack_rng, unpack_rng


@dataclass(frozen=True)
class SB3Config:
    """Hyperparameters common to all agents."""

    seeds: Count = 1
    """Number of seeds; between evaluations they train one after the other."""
    first_seed: CountFromZero = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto uses CUDA if available."""
    worlds: Count = 1
    """Environments per seed."""
    hidden: tuple[Count, ...] = (64, 64)
    """Widths of the hidden layers."""

    def __post_init__(self) -> None:
        check(self)
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--device cuda: no CUDA device is available; use --device cpu or auto")


class SB3Ensemble:
    """K agents of one algorithm, one per seed. A subclass sets ``Config`` and ``algorithm``.

    Args:
        config: hyperparameters.
        env_id: the environment.

    Attributes:
        models: stable-baselines3's models, one per seed.
        policy: acts with all of them.
        updates: environment steps per seed; these agents' runs count steps, not updates.
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
        """Keyword arguments of the algorithm: the fields that the subclass's configuration adds."""
        common = {field.name for field in fields(SB3Config)}
        own = {name: value for name, value in asdict(self.config).items() if name not in common}
        return own | {"policy_kwargs": {"net_arch": list(self.config.hidden)}}

    @property
    def updates(self) -> int:
        """Environment steps per seed."""
        return self.models[0].num_timesteps

    def advance(self, until: int) -> dict[str, list[float]]:
        """Train every seed until it has made ``until`` steps.

        Returns:
            stable-baselines3's last metrics, one value per seed.

        Raises:
            DivergedError: a seed's weights are no longer finite, so stable-baselines3 can't continue.
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
            with warnings.catch_warnings(action="ignore"):  # the mean is NaN before the first episode ends
                metrics.append(values | {"episode_return": float(np.nanmean(model.env.last_returns))})
        return {name: [each[name] for each in metrics] for name in metrics[0] if all(name in each for each in metrics)}

    def rows(self, start: int) -> Tensor:
        """The replay buffers' rows from addition ``start`` on: (additions, K, worlds, width) float32."""
        return torch.stack([rows_of(model.replay_buffer, start, self.additions) for model in self.models], dim=1)

    @property
    def additions(self) -> int:
        """Number of additions to each replay buffer; 0 for algorithms without one."""
        return self.updates // self.config.worlds if getattr(self.models[0], "replay_buffer", None) else 0

    def row_file(self, run: Run) -> RowFile:
        """The file of the replay buffers' rows."""
        buffer = getattr(self.models[0], "replay_buffer", None)
        width = 0 if buffer is None else rows_of(buffer, 0, 0).shape[-1]
        return RowFile(run.path / "online.rows", (len(self.seeds), self.config.worlds, width), torch.float32)

    def state_dict(self) -> dict[str, Any]:
        """The state without the replay buffers, flat: tensors and plain JSON data."""
        state: dict[str, Any] = {}
        for seed, model, numbers in zip(self.seeds, self.models, self.random):
            own = model_state(model) | numbers.state_dict()
            own |= {name.strip("_"): getattr(model, name) for name in COUNTERS}
            own["action_space"] = tensor_of(pack_rng(model.action_space.np_random))
            env = model.env
            own |= {name: torch.from_numpy(getattr(env, name)) for name in ("observations", "returns", "last_returns")}
            own["episode_starts"] = torch.from_numpy(np.array(model._last_episode_starts))
            for i, world in enumerate(env.worlds.worlds):
                if isinstance(world, World):
                    own[f"world.{i}"] = tensor_of(world.snapshot())
            state |= {f"{seed}.{name}": value for name, value in own.items()}
        return state

    def load_models(self, state: Mapping[str, Any]) -> None:
        """Load only the models from ``state_dict()``, which is enough to act."""
        for seed, model in zip(self.seeds, self.models):
            own = of_seed(state, seed)
            load_model(model, own)
            for name in COUNTERS:
                setattr(model, name, own[name.strip("_")])

    def load(self, state: Mapping[str, Any], file: RowFile) -> None:
        """Continue from ``state_dict()`` and a file of replay rows.

        Raises:
            InputError: the state has no snapshots of the environments.
        """
        self.load_models(state)
        file.cut(self.additions)
        for k, (seed, model, numbers) in enumerate(zip(self.seeds, self.models, self.random)):
            own, env = of_seed(state, seed), model.env
            if "world.0" not in own:
                raise InputError(f"{self.env_id}: has no snapshot(), so a run in it can't be resumed; train anew")
            numbers.load_state_dict(own)
            model.action_space._np_random = unpack_rng(own["action_space"].numpy().tobytes())
            env.reset()
            for name in ("observations", "returns", "last_returns"):
                setattr(env, name, own[name].numpy().copy())
            for i, world in enumerate(env.worlds.worlds):
                world.restore(own[f"world.{i}"].numpy().tobytes())
            model._last_obs, model._last_episode_starts = env.observations, own["episode_starts"].numpy().copy()
            if self.additions:
                refill(model.replay_buffer, file.read(self.additions)[:, k])

    def close(self) -> None:
        """Close the environments."""
        for model in self.models:
            model.env.close()


class SB3Policy:
    """The policies of K models in a grid of worlds; see ``palaestra.agents.policy.Policy``."""

    def __init__(self, models: Sequence[Any]):
        self.models = models
        self.random = [RandomState() for _ in models]

    def reset(self, which: np.ndarray | None = None) -> None:
        """Rewind the random streams if all worlds are reset."""
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
                actions.append(_predict(model, s, deterministic))
        return np.stack(actions).astype(np.float32)


def _predict(model: Any, s: np.ndarray, deterministic: bool) -> np.ndarray:
    """A model's actions; NaN if it diverged, in which case PyTorch's distributions raise an error."""
    try:
        return model.predict(s, deterministic=deterministic)[0]
    except ValueError:
        if _finite(model):
            raise
        return np.full((len(s), *model.action_space.shape), np.nan)


def _finite(model: Any) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in model.policy.parameters())


def check_world(env_id: str) -> int:
    """Check that these agents can act in an environment; returns the dimension of its actions.

    Raises:
        InputError: the environment is unknown, or its spaces are not supported.
    """
    world = make(env_id)
    world.close()
    for name, space in (("observations", world.observation_space), ("actions", world.action_space)):
        if not isinstance(space, gymnasium.spaces.Box) or len(space.shape) != 1:
            raise InputError(f"{env_id}: {name} are {space}, these agents need a Box with one dimension")
    return gymnasium.spaces.flatdim(world.action_space)
