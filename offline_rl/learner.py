"""What every learner keeps: its seeds, networks, optimisers, random streams and counters. Bookkeeping only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from palaestra.agents.policy import Draws, Policy
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.replay import Replay
from palaestra.data.settings import check
from palaestra.data.streams import Stream, child_seed
from palaestra.offline_rl.nets import Normaliser


@dataclass(frozen=True)
class LearnerConfig:
    """What every learner's configuration has."""

    seeds: int = 1
    """How many seeds train at once."""
    first_seed: int = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes CUDA when there is one."""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of weights, batches and updates."""
    batch_size: int = 256
    """Transitions per seed and update."""

    def __post_init__(self):
        check(self)

    @property
    def seed_list(self) -> range:
        """The seeds that train."""
        return range(self.first_seed, self.first_seed + self.seeds)


class Learner:
    """Base of all learners. A subclass builds its networks, and writes its paper's update in ``step``.

    Attributes:
        trainer: entry point of what drives it in the training loop.
        config: the hyperparameters.
        transitions: the data on the device, as ``view`` made it.
        policy: acts in worlds with the current weights; a subclass sets it.
        updates: how many updates were made.
        acting: settings that a learner has when it is restored only to act.
        capturable: whether ``step`` can be captured in a CUDA graph.
        redoes: whether ``settled`` can be False.
        period, phase: ``step`` is told that it is the policy's turn at the updates n with n = phase (mod period).
    """

    Config: ClassVar[type[LearnerConfig]]
    trainer: ClassVar[str] = "palaestra.offline_rl.trainer:LearnerTrainer"
    config: Any
    policy: Policy
    acting: ClassVar[dict[str, Any]] = {}
    capturable: bool = True
    redoes: bool = False
    period: int = 1
    phase: int = 0

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Networks are attributes once ``add`` has them."""

    def __init__(self, config: LearnerConfig, dataset: Dataset):
        self.config, self.dataset = config, dataset
        self.device = torch.device(_device(config.device))
        self.dtype = getattr(torch, config.dtype)
        self.seeds = list(config.seed_list)
        self.state_dim, self.action_dim = dataset.observation_dim, dataset.action_dim
        self.transitions = self.view(dataset)
        self.updates = 0
        self.modules: dict[str, nn.Module] = {}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}
        self.minibatches = self.stream("minibatches", (config.batch_size,), high=len(self.transitions))

    def view(self, dataset: Dataset) -> Any:
        """The data as this learner samples them: transitions, or anything with a length and ``batch(which)``."""
        return dataset.transitions(self.device, self.dtype)

    def stream(self, purpose: str, shape: tuple[int, ...], high: int | None = None, **options: Any) -> Stream:
        """Random numbers of this learner, one independent row per seed; ``options`` as of ``Stream``."""
        options = {"dtype": self.dtype, "device": self.device} | options
        return Stream(self.seeds, purpose, shape, high=high, **options)

    def add(self, **modules: nn.Module) -> None:
        """Move networks to the learner's device and dtype; they become attributes and part of its state."""
        for name, module in modules.items():
            self.modules[name] = module.to(self.device, self.dtype)
            setattr(self, name, module)

    def prepare(self, updates: int) -> None:
        """Told once, before training, how many updates will follow; for schedules and what only pays in a long run."""

    def schedule(self) -> None:
        """Set on the device what follows from ``updates``, which counts the update that comes now: step sizes, say.

        Called before every ``step``, outside of compiled and captured code.
        """

    def go_online(self, replay: Replay, minibatches: Stream) -> None:
        """Sample from a replay from now on, at the indices that ``minibatches`` draws."""
        self.transitions, self.minibatches = replay, minibatches

    def lived(self, steps: Batch) -> None:
        """Told of all that is added to the replay, (K, n, ...), n steps of every seed, before it is sampled."""

    def settled(self) -> bool:
        """Whether all updates since the last call are right; if not, there is more room from now on: make them again.

        For searches that have fixed shapes on a device and may find that they lacked room; waits for the device.
        """
        return True

    def sample(self) -> Batch:
        """The next minibatch, drawn uniformly with replacement for every seed."""
        return self.transitions.batch(self.minibatches.draw())

    def draw_noise(self) -> dict[str, Tensor]:
        """The random numbers that one update needs, by name; none unless a learner says so."""
        return {}

    def update(self, batch: Batch, noise: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Make one gradient update of every seed.

        Args:
            batch: transitions of every seed, (K, batch, ...).
            noise: as ``draw_noise`` returns it; drawn when not given.

        Returns:
            Named metrics, each (K,), still on the device. What was not computed in this update is absent.
        """
        noise = self.draw_noise() if noise is None else noise
        self.updates += 1
        self.schedule()
        return self.step(batch, noise, self.policy_turn)

    @property
    def policy_turn(self) -> bool:
        """Whether the update that ``updates`` counts is one of the policy's."""
        return (self.updates - self.phase) % self.period == 0

    def step(self, batch: Batch, noise: dict[str, Tensor], policy_turn: bool) -> dict[str, Tensor]:
        """The paper's update."""
        raise TypeError(f"{type(self).__name__} has no step")

    @property
    def streams(self) -> dict[str, Stream]:
        """Every random stream by its purpose."""
        return {value.purpose: value for value in vars(self).values() if isinstance(value, Stream)}

    def state_dict(self) -> dict[str, Tensor | int]:
        """Everything that the next update depends on besides the data: tensors and integers, flat."""
        state: dict[str, Tensor | int] = {"updates": self.updates}
        state |= {f"stream.{purpose}": stream.position for purpose, stream in self.streams.items()}
        for name, module in self.modules.items():
            state |= {f"{name}.{key}": value.detach() for key, value in module.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for i, slots in optimiser.state_dict()["state"].items():
                state |= {f"{name}.{i}.{slot}": value for slot, value in slots.items()}
        return state

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        """Continue from ``state_dict()``; the next updates are those of the unbroken run.

        Tensors keep their place in memory, so that captured CUDA graphs go on seeing them.
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
    """Set an optimiser's state; parameters without saved slots are set back to the state before the first step."""
    whole = optimiser.state_dict()
    if not whole["state"]:
        optimiser.load_state_dict({**whole, "state": slots})
        return
    for index, present in whole["state"].items():
        for slot, tensor in present.items():
            tensor.copy_(slots[index][slot]) if index in slots else tensor.zero_()


class ActorPolicy:
    """A trained deterministic policy for worlds: normalises, acts, and needs no memory.

    Args:
        normaliser: applied to observations first.
        actor: maps normalised observations (K, n, d_s) to actions (K, n, d_a).
    """

    def __init__(self, normaliser: Normaliser, actor: nn.Module):
        self.normaliser, self.actor = normaliser, actor

    def reset(self, which: np.ndarray | None = None) -> None:
        """Nothing to forget."""

    @torch.no_grad()
    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s) -> (K, n, d_a) float32."""
        mean = self.normaliser.mean
        s = torch.as_tensor(observations, device=mean.device, dtype=mean.dtype)
        return self.actor(self.normaliser(s)).cpu().numpy().astype(np.float32)


class StochasticPolicy:
    """A trained stochastic policy for worlds: normalises, then acts by its mode or by a sample.

    Args:
        normaliser: applied to observations first.
        actor: maps normalised observations (K, n, d_s) to a distribution with ``mode`` and ``sample(noise)``.
        seeds: of the K rows; with the world's index they key the random streams.
        action_dim: d_a.

    Attributes:
        draws: the random streams; ``draws.position`` is all there is to save of them.
    """

    def __init__(self, normaliser: nn.Module, actor: nn.Module, seeds: Sequence[int], action_dim: int):
        self.normaliser, self.actor = normaliser, actor
        # Not the numbers that the same seeds explore with online.
        self.draws = Draws([child_seed(seed, "policy") for seed in seeds], "normal", action_dim)

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
        raise InputError("--device cuda: torch sees no CUDA device here; use --device cpu or auto")
    return name
