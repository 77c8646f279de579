"""The base class of all learners: seeds, networks, optimisers, random streams and counters. Bookkeeping only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from palaestra.agents.policy import ActionNoise, Policy
from palaestra.agents.training.hyperparameters import Count, Integer, check
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.replay import Replay
from palaestra.data.streams import Stream, child_seed
from palaestra.offline_rl.nets import Normaliser


@dataclass(frozen=True)
class LearnerConfig:
    """Hyperparameters common to all learners."""

    seeds: Count = 1
    """Number of seeds that train at once."""
    first_seed: Integer = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto uses CUDA if available."""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of weights, batches and updates."""
    batch_size: Count = 256
    """Transitions per seed and update."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def seed_list(self) -> range:
        """The seeds that train."""
        return range(self.first_seed, self.first_seed + self.seeds)


class View(Protocol):
    """The data from which a learner samples."""

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Sizes of the networks' inputs and outputs; for vectors, (d_s, d_a)."""

    def __len__(self) -> int: ...

    def batch(self, which: Tensor) -> Any:
        """The items ``which``, (K, batch) int64."""


class Component:
    """A part of a learner with hooks that a run calls; by default they do nothing.

    Attributes:
        can_overflow: whether ``overflowed`` can be True.
        capturable: whether updates that use it can be captured in a CUDA graph.
    """

    can_overflow: bool = False
    capturable: bool = True

    def prepare(self, updates: int) -> None:
        """Called once before training, with the number of remaining updates."""

    def go_online(self, replay: Replay) -> None:
        """Called when the learner starts to sample from a replay."""

    def on_transitions(self, batch: Batch) -> None:
        """Called with newly collected transitions, (K, n, ...), before they can be sampled."""

    def overflowed(self) -> bool:
        """Whether a fixed capacity was exceeded since the last call, so that updates are wrong; increases the capacity.

        For searches with fixed shapes on a device; waits for the device.
        """
        return False


ComponentT = TypeVar("ComponentT", bound=Component)


class Learner:
    """Base class of all learners. A subclass builds its networks and writes its paper's update in ``step``.

    Attributes:
        trainer: entry point of the ``Trainer`` that the training loop drives.
        config: the hyperparameters.
        transitions: the data on the device, as returned by ``view``; online, the replay.
        dimensions: of the view; ``state_dim`` and ``action_dim`` are the first two.
        policy: acts in environments with the current weights; a subclass sets it.
        updates: number of updates made.
        components: parts with hooks that a run calls.
        takes_discrete_actions: whether it learns from data whose actions are numbers of choices.
        period, phase: the policy is updated in the updates n with n = phase (mod period).
    """

    Config: ClassVar[type[LearnerConfig]]
    trainer: ClassVar[str] = "palaestra.offline_rl.trainer:LearnerTrainer"
    config: Any
    policy: Policy
    period: int = 1
    phase: int = 0

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Networks that ``add`` has registered."""

    takes_discrete_actions: ClassVar[bool] = False

    def __init__(self, config: LearnerConfig, dataset: Dataset):
        self.check_actions(dataset)
        self.config, self.dataset = config, dataset
        self.device = torch.device(_device(config.device))
        self.dtype = getattr(torch, config.dtype)
        self.seeds = list(config.seed_list)
        self.transitions = self.view(dataset)
        self.dimensions = tuple(self.transitions.dimensions)
        self.updates = 0
        self.modules: dict[str, nn.Module] = {}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}
        self.components: list[Component] = []
        self.minibatches = self.stream("minibatches", (config.batch_size,), high=len(self.transitions))

    @classmethod
    def check_actions(cls, dataset: Dataset) -> None:
        """Raise an ``InputError`` if the learner can't take the kind of actions in the data."""
        if dataset.discrete_actions is not None and not cls.takes_discrete_actions:
            raise InputError(
                f"{cls.__name__}: acts in [-1, 1], and the actions of {dataset.id} are Discrete"
                f"({dataset.discrete_actions}); no learner here takes them"
            )

    @classmethod
    def blank(cls, config: Any, dataset_id: str, env_id: str | None, dimensions: Sequence[int]) -> "Learner":
        """A learner without data, for loading a checkpoint's weights and acting.

        Args:
            config: of the run.
            dataset_id: of the training data.
            env_id: the environment of the training data, if it is known.
            dimensions: of the view.
        """
        state_dim, action_dim = dimensions
        rows = 4  # two episodes with different returns, so that statistics over episodes are defined
        columns = {
            "observations": np.zeros((rows, state_dim), np.float32),
            "actions": np.zeros((rows, action_dim), np.float32),
            "rewards": np.arange(rows, dtype=np.float32),
            "terminals": np.array([False, True, False, True]),
            "timeouts": np.zeros(rows, bool),
        }
        return cls(config, Dataset(dataset_id, env_id, columns, horizon=rows))

    @property
    def state_dim(self) -> int:
        """d_s."""
        return self.dimensions[0]

    @property
    def action_dim(self) -> int:
        """d_a."""
        return self.dimensions[1]

    def view(self, dataset: Dataset) -> Any:
        """The ``View`` of the data that this learner samples from: transitions, unless overridden."""
        return dataset.transitions(self.device, self.dtype)

    def stream(self, purpose: str, shape: tuple[int, ...], high: int | None = None, **options: Any) -> Stream:
        """A random stream of this learner, one independent row per seed; ``options`` are those of ``Stream``."""
        options = {"dtype": self.dtype, "device": self.device} | options
        return Stream(self.seeds, purpose, shape, high=high, **options)

    def add(self, **modules: nn.Module) -> None:
        """Move networks to the learner's device and dtype; they become attributes and part of its state."""
        for name, module in modules.items():
            self.modules[name] = module.to(self.device, self.dtype)
            setattr(self, name, module)

    def attach(self, component: ComponentT) -> ComponentT:
        """Register a component."""
        self.components.append(component)
        return component

    def prepare(self, updates: int) -> None:
        """Called once before training, with the number of remaining updates, for schedules."""

    def schedule(self) -> None:
        """Set values on the device that depend on ``updates``, such as step sizes.

        Called before every ``step``, outside of compiled and captured code; ``updates`` already includes the next one.
        """

    def go_online(self, replay: Replay, minibatches: Stream) -> None:
        """Sample from a replay from now on, at indices drawn by ``minibatches``."""
        self.transitions, self.minibatches = replay, minibatches

    def sample(self) -> Batch:
        """The next minibatch, drawn uniformly with replacement for every seed."""
        return self.transitions.batch(self.minibatches.draw())

    def draw_noise(self) -> dict[str, Tensor]:
        """The random numbers for one update, by name; none unless overridden."""
        return {}

    def update(self, batch: Batch, noise: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Make one gradient update of every seed.

        Args:
            batch: transitions of every seed, (K, batch, ...).
            noise: from ``draw_noise``; drawn if omitted.

        Returns:
            Named metrics, each (K,), still on the device, of the losses computed in this update.
        """
        noise = self.draw_noise() if noise is None else noise
        self.updates += 1
        self.schedule()
        return self.step(batch, noise, self.update_policy)

    @property
    def update_policy(self) -> bool:
        """Whether update number ``updates`` includes the policy."""
        return (self.updates - self.phase) % self.period == 0

    def step(self, batch: Any, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """The paper's update; ``batch`` is from the view's ``batch``."""
        raise TypeError(f"{type(self).__name__} has no step")

    @property
    def streams(self) -> dict[str, Stream]:
        """Every random stream by its purpose."""
        return {value.purpose: value for value in vars(self).values() if isinstance(value, Stream)}

    def state_dict(self) -> dict[str, Tensor | int]:
        """The state, except the data, that the next update depends on: a flat dict of tensors and integers."""
        state: dict[str, Tensor | int] = {"updates": self.updates}
        state |= {f"stream.{purpose}": stream.position for purpose, stream in self.streams.items()}
        for name, module in self.modules.items():
            state |= {f"{name}.{key}": value.detach() for key, value in module.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for i, slots in optimiser.state_dict()["state"].items():
                state |= {f"{name}.{i}.{slot}": value for slot, value in slots.items()}
        return state

    def load_state_dict(self, state: Mapping[str, Tensor | int]) -> None:
        """Continue from ``state_dict()``; the next updates equal those of an uninterrupted run.

        Tensors are loaded in place, so that captured CUDA graphs remain valid.
        """
        self.updates = int(state["updates"])
        for purpose, stream in self.streams.items():
            stream.position = int(state[f"stream.{purpose}"])
        for name, module in self.modules.items():
            module.load_state_dict({key: state[f"{name}.{key}"] for key in module.state_dict()})
        for name, optimiser in self.optimisers.items():
            slots: dict[int, dict[str, Tensor]] = {}
            for key, value in state.items():
                if key.startswith(f"{name}."):
                    index, slot = key.removeprefix(f"{name}.").split(".")
                    slots.setdefault(int(index), {})[slot] = torch.as_tensor(value)
            _load_in_place(optimiser, slots)


def _load_in_place(optimiser: torch.optim.Optimizer, slots: dict[int, dict[str, Tensor]]) -> None:
    """Set an optimiser's state; parameters without saved slots get the state before the first step."""
    current = optimiser.state_dict()
    if not current["state"]:
        optimiser.load_state_dict({**current, "state": slots})
        return
    for index, of_parameter in current["state"].items():
        for slot, tensor in of_parameter.items():
            tensor.copy_(slots[index][slot]) if index in slots else tensor.zero_()


class ActorPolicy:
    """A trained deterministic policy: normalises observations and acts; it has no memory.

    Args:
        normaliser: applied to observations first.
        actor: maps normalised observations (K, n, d_s) to actions (K, n, d_a).
    """

    def __init__(self, normaliser: Normaliser, actor: nn.Module):
        self.normaliser, self.actor = normaliser, actor

    def reset(self, which: np.ndarray | None = None) -> None:
        """Do nothing: the policy has no memory."""

    @torch.no_grad()
    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s) -> (K, n, d_a) float32."""
        mean = self.normaliser.mean
        s = torch.as_tensor(observations, device=mean.device, dtype=mean.dtype)
        return self.actor(self.normaliser(s)).cpu().numpy().astype(np.float32)


class StochasticPolicy:
    """A trained stochastic policy: normalises observations and acts by the mode or a sample.

    Args:
        normaliser: applied to observations first.
        actor: maps normalised observations (K, n, d_s) to a distribution with ``mode`` and ``sample(noise)``.
        seeds: of the K rows; with the world's index they key the random streams.
        action_dim: d_a.

    Attributes:
        draws: the random streams; their only state is ``draws.position``.
    """

    def __init__(self, normaliser: nn.Module, actor: nn.Module, seeds: Sequence[int], action_dim: int):
        self.normaliser, self.actor = normaliser, actor
        # Independent of the same seeds' online exploration.
        self.draws = ActionNoise([child_seed(seed, "policy") for seed in seeds], "normal", action_dim)

    def reset(self, which: np.ndarray | None = None) -> None:
        """See ``Policy.reset``."""
        if which is None:
            self.draws.position = 0

    @torch.no_grad()
    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s) -> (K, n, d_a) float32, clipped to [-1, 1]."""
        like = next(self.actor.parameters())
        s = torch.as_tensor(observations, device=like.device, dtype=like.dtype)
        pi = self.actor(self.normaliser(s))
        a = pi.mode if deterministic else pi.sample(torch.tensor(self.draws.draw(s.shape[1])).to(s))
        return a.clamp(-1, 1).cpu().numpy().astype(np.float32)


def _device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: no CUDA device is available; use --device cpu or auto")
    return name
